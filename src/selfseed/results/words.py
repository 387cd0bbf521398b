"""The names, dimensions, units and meanings of everything a run holds: arrays and tables, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from selfseed.processes import SEED_ROUTES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

DRAWS = ("vein", "artery")
STAGES = ("arrested", "infiltrated", "established")
ENTRIES = (
    "implanted",
    "injected",
    "born",
    "died",
    "died_in_blood",
    "lost_at_wall",
    "not_established",
    "removed",
    "alive",
    "dormant",
)
INJECTION = "injection"
TABLES = ("families", "deposits", "events", "uncertain")


@dataclass(frozen=True)
class Variable:
    """Describe one array: its dimensions, its unit, and what it is, as the CF conventions ask."""

    dims: tuple[str, ...]
    units: str
    long_name: str

    @property
    def attrs(self) -> dict[str, str]:
        """Return the CF attributes."""
        return {"units": self.units, "long_name": self.long_name}


def _over(dims: str, units: str, long_name: str) -> Variable:
    return Variable(("arm", "replicate", *dims.split()), units, long_name)


VARIABLES: Mapping[str, Variable] = {
    "cells": _over("time site clone", "1", "living cells"),
    "seeded_cells": _over("time site", "1", "living cells that descend from a cell that came by blood"),
    "dormant_cells": _over("time site", "1", "cells that came by blood and sleep"),
    "stroma": _over("time site", "1", "stroma relative to that of a parental tumour"),
    "volume": _over("time site", "mm^3", "volume of the tumours at a site"),
    "label_share": _over("time site label", "1", "share of the living cells that carries a label"),
    "ctc_per_ml": _over("time draw", "mL^-1", "circulating tumour cells per volume of drawn blood"),
    "flow": _over("source site stage", "1", "cells and clusters from a source that reached a stage at a site"),
    "seeds_by_route": _over("site route", "1", "seeds that took root at a site, by the way they came"),
    "ledger": _over("entry", "1", "cells by what became of them, over the whole run"),
}

COORDINATES: Mapping[str, Variable] = {
    "arm": Variable(("arm",), "", "group of animals or patients; the first is the control"),
    "arm_kind": Variable(("arm",), "", "arm of the experiment, or switch: a counterfactual copy of the control"),
    "replicate": Variable(("replicate",), "1", "animal or patient; equal numbers share their chance across arms"),
    "time": Variable(("time",), "day", "time since the start"),
    "site": Variable(("site",), "", "place in the body"),
    "clone": Variable(("clone",), "", "cells that share a phenotype"),
    "label": Variable(("label",), "", "label that cells carry"),
    "draw": Variable(("draw",), "", "vessel from which blood is drawn"),
    "source": Variable(("source",), "", "site, or injection, from which a cell came"),
    "route": Variable(("route",), "", "primary and secondary: home from the home tumour or through another; "
                      "cross: into another tumour; metastatic: into an organ without tumour"),
    "stage": Variable(("stage",), "", "last step of seeding that was reached"),
    "entry": Variable(("entry",), "", "line of the account of cells"),
}  # fmt: skip

COLUMNS: Mapping[str, Mapping[str, type]] = {
    "families": {
        "arm": str,
        "replicate": int,
        "family": int,
        "parent_family": int,
        "deposit": int,
        "site": str,
        "clone": str,
        "label": str,
        "home": str,
        "kind": str,
        "source": str,
        "route": str,
        "time_day": float,
        "founders": float,
        "cells_end": float,
        "extinct_day": float,
        "dormant": bool,
    },
    "deposits": {
        "arm": str,
        "replicate": int,
        "deposit": int,
        "site": str,
        "kind": str,
        "founded_day": float,
        "founder_family": int,
        "cells_end": float,
    },
    "events": {
        "arm": str,
        "replicate": int,
        "time_day": float,
        "event": str,
        "source": str,
        "site": str,
        "clone": str,
        "cells": float,
        "route": str,
        "fate": str,
        "family": int,
    },
    "uncertain": {
        "parameter": str,
        "value": float,
        "arm": str,
        "site": str,
        "quantity": str,
        "mean": float,
        "low": float,
        "high": float,
        "replicates": int,
    },
}


def dataset(
    arrays: Mapping[str, np.ndarray],
    *,
    arms: Sequence[str],
    arm_kinds: Sequence[str],
    times_day: Sequence[float] | np.ndarray,
    sites: Sequence[str],
    clones: Sequence[str],
    labels: Sequence[str],
    engine: str,
    title: str = "",
) -> xr.Dataset:
    """Return the arrays of a run with names, units and coordinates.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        One array for every name in ``VARIABLES``, with the dimensions given there.
    arms, arm_kinds : sequence of str, equally long
        Names, and "arm" or "switch" for each.
    times_day : sequence of float [day]
    sites, clones, labels : sequence of str
    engine : str
    title : str

    Returns
    -------
    xarray.Dataset
        All variables as float64.

    Raises
    ------
    ValueError
        If an array is missing, unknown, or of a shape that its coordinates do not allow; all are named.

    Examples
    --------
    >>> VARIABLES["volume"].dims, VARIABLES["volume"].units
    (('arm', 'replicate', 'time', 'site'), 'mm^3')
    """
    import xarray as xr

    values: dict[str, Sequence | np.ndarray] = {
        "arm": arms,
        "arm_kind": arm_kinds,
        "replicate": np.arange(np.shape(arrays["cells"])[1]),
        "time": np.asarray(times_day, dtype=np.float64),
        "site": sites,
        "clone": clones,
        "label": labels,
        "draw": DRAWS,
        "source": (*sites, INJECTION),
        "route": SEED_ROUTES,
        "stage": STAGES,
        "entry": ENTRIES,
    }
    _check_shapes(arrays, {name: len(coordinate) for name, coordinate in values.items()})
    return xr.Dataset(
        {
            name: (variable.dims, np.ascontiguousarray(arrays[name], dtype=np.float64), variable.attrs)
            for name, variable in VARIABLES.items()
        },
        coords={name: (meaning.dims, _plain(values[name]), _known(meaning)) for name, meaning in COORDINATES.items()},
        attrs={"Conventions": "CF-1.11", "title": title, "engine": engine},
    )


def table(name: str, columns: Mapping[str, Sequence | np.ndarray]) -> pd.DataFrame:
    """Return the table ``name`` with exactly the columns, order and types that ``COLUMNS`` promises.

    Parameters
    ----------
    name : {"families", "deposits", "events", "uncertain"}
    columns : mapping of str to sequence or ndarray

    Raises
    ------
    ValueError
        If a column is missing or unknown.

    Examples
    --------
    >>> nothing = {column: [] for column in COLUMNS["deposits"]}
    >>> table("deposits", nothing).shape
    (0, 8)
    """
    import pandas as pd

    promised = COLUMNS[name]
    if set(columns) != set(promised):
        raise ValueError(f"columns of {name}: {sorted(set(columns) ^ set(promised))} are missing or unknown")
    return pd.DataFrame({column: pd.Series(columns[column], dtype=kind) for column, kind in promised.items()})


def _check_shapes(arrays: Mapping[str, np.ndarray], sizes: Mapping[str, int]) -> None:
    problems = [f"{name} is missing or unknown" for name in sorted(set(arrays) ^ set(VARIABLES))]
    if sizes["arm_kind"] != sizes["arm"]:
        problems.append(f"arm_kind has {sizes['arm_kind']} entries for {sizes['arm']} arms")
    for name in VARIABLES.keys() & arrays.keys():
        wanted = tuple(sizes[dim] for dim in VARIABLES[name].dims)
        if np.shape(arrays[name]) != wanted:
            problems.append(f"{name} has shape {np.shape(arrays[name])} instead of {wanted}")
    if problems:
        raise ValueError("; ".join(sorted(problems)))


def _plain(values: Sequence | np.ndarray) -> np.ndarray:
    """Return words as objects: the one form that numpy, pandas and zarr all give back unchanged."""
    array = np.asarray(values)
    return array if array.dtype.kind in "if" else np.array([str(word) for word in values], dtype=object)


def _known(variable: Variable) -> dict[str, str]:
    """Return the CF attributes of a coordinate; words have no unit."""
    return {name: value for name, value in variable.attrs.items() if value}
