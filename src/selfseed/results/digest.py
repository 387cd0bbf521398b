"""One hash for all that a run computed: equal for equal bits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


def sha256(arrays: xr.Dataset, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the hash of names, dimensions, types, shapes and bytes of all arrays and columns, in order of name.

    Numbers are hashed in C order and little endian, words as UTF-8, so that the machine does not matter; neither
    do attributes, the order of arrays and columns, nor how words are held in memory.

    Examples
    --------
    >>> import numpy as np, xarray as xr
    >>> one = xr.Dataset({"cells": ("time", np.array([1.0, 2.0]))})
    >>> sha256(one, {}) == sha256(one.copy(deep=True), {}), sha256(one, {}) == sha256(one + 1e-15, {})
    (True, False)
    """
    hasher = hashlib.sha256()
    for name in sorted(map(str, arrays.variables)):
        variable = arrays.variables[name]
        _add(hasher, name, tuple(map(str, variable.dims)), variable.values)
    for table in sorted(tables):
        for column in sorted(tables[table].columns):
            _add(hasher, f"{table}.{column}", ("row",), tables[table][column].to_numpy())
    return hasher.hexdigest()


def _add(hasher: hashlib._Hash, name: str, dims: tuple[str, ...], values: np.ndarray) -> None:
    if values.dtype.kind in "OUT":
        _add_words(hasher, name, dims, values)
        return
    array = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    hasher.update(f"{name} {dims} {array.dtype.str} {array.shape}\n".encode())
    hasher.update(array.reshape(-1).data)


def _add_words(hasher: hashlib._Hash, name: str, dims: tuple[str, ...], values: np.ndarray) -> None:
    """Add each different word once, its length before it, and then the number of the word in every place."""
    import pandas as pd

    codes, words = pd.factorize(values.astype(object))
    for word in words:
        encoded = str(word).encode()
        hasher.update(f"{len(encoded)} ".encode() + encoded)
    _add(hasher, name, dims, codes.astype(np.int64))
