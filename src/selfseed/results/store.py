"""Keep a run in a directory, whole or not at all, and read it again.

The directory is first written beside its place, under a hidden name; ``manifest.json`` comes last, and one rename
then puts it into its place. So a directory that holds a manifest is finished, whatever interrupted its writing.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.base.errors import OutputError
from selfseed.results.run import Run
from selfseed.results.words import COLUMNS, TABLES

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

OTHERS = ("fit", "sweep")
SCENARIO, MANIFEST, SUMMARY, LOG, ARRAYS = "scenario.yaml", "manifest.json", "summary.json", "log.txt", "results.zarr"
LARGEST_CHUNK_BYTES = 2**28


@dataclass(frozen=True)
class Place:
    """A place for one run, proven to be writable.

    Attributes
    ----------
    path : Path
        Where the run will be; nothing new is there before `write`.
    draft : Path
        Where it is put together.
    force : bool
        Whether a run that is there may be replaced.
    """

    path: Path
    draft: Path
    force: bool = False

    def write(self, run: Run, summary: Mapping[str, Any] | None = None, log: str = "") -> Path:
        """Write the run and put it into its place in one step; return the path.

        Parameters
        ----------
        run : Run
        summary : mapping, optional
            Kept as ``summary.json``.
        log : str
            What was said during the run; kept as ``log.txt``.

        Raises
        ------
        OutputError
            If the disk does not take it, or if another has taken the place meanwhile; the message says where the
            run is kept then.
        """
        try:
            _fill(self.draft, run, summary, log)
            self._put()
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written: {error.strerror or error}") from None
        return self.path

    def _put(self) -> None:
        """Rename the draft to its place; what was there before goes only when the new is in its place."""
        try:
            _refuse_what_must_stay(self.path, self.path, self.force)
        except OutputError as error:
            aside = self.draft.rename(self.path.with_name(f"{self.path.name}-{secrets.token_hex(4)}"))
            raise OutputError(f"{error}; this run is kept in {aside}") from None
        if not self.path.exists():
            self.draft.rename(self.path)
            return
        old = self.path.rename(_hidden_beside(self.path))
        try:
            self.draft.rename(self.path)
        except BaseException:
            old.rename(self.path)
            raise
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def prepare(out: str | Path, *, force: bool = False) -> Iterator[Place]:
    """Prove, before anything is computed, that a run can be written to ``out``, and hold the place.

    Whatever interrupts the block leaves nothing behind.

    Parameters
    ----------
    out : str or path
        Must not exist; its parent must.
    force : bool
        Replace the run, or the empty directory, that is there; anything else is never touched.

    Raises
    ------
    OutputError
        If something is there that must stay, or if the place cannot be written to.

    Examples
    --------
    >>> with prepare("runs/mine") as place:    # doctest: +SKIP
    ...     place.write(selfseed.simulate(scenario))
    """
    path = Path(os.path.abspath(out))
    _refuse_what_must_stay(path, out, force)
    draft = _hidden_beside(path)
    try:
        draft.mkdir()
    except OSError as error:
        raise OutputError(f"{out} cannot be made: {_reason(path.parent, error)}; --out names another place") from None
    try:
        yield Place(path, draft, force)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write(run: Run, out: str | Path, summary: Mapping[str, Any] | None = None, *, force: bool = False) -> Path:
    """Write a run that is already there to ``out``, and return the path; see `prepare` for what may go wrong."""
    with prepare(out, force=force) as place:
        return place.write(run, summary)


def open_run(path: str | Path) -> Run:
    """Open the run in the directory ``path``; its arrays are read when they are first looked at.

    Raises
    ------
    OutputError
        If there is no finished run.
    """
    from selfseed.scenario import read

    place = Path(path)
    if not place.is_dir():
        raise OutputError(f"{path} is {'a file' if place.exists() else 'not there'}; name a directory of results")
    if not _is_run(place):
        raise OutputError(f"{path} is not a finished run: it holds no {MANIFEST} of selfseed")
    if (place / "ensemble.zarr").exists():
        raise OutputError(f"{path} holds an ensemble, not every family of a run; open_ensemble reads it")
    if (kind := _other_kind(place)) is not None:
        raise OutputError(f"{path} holds a {kind}, not a run")
    missing = [name for name in (SCENARIO, ARRAYS, *map(_table_file, TABLES)) if not (place / name).exists()]
    if missing:
        raise OutputError(f"{path} is damaged: {', '.join(missing)} is missing")
    try:
        return Run(
            scenario=read(place / SCENARIO),
            arrays=_read_arrays(place / ARRAYS),
            manifest=json.loads((place / MANIFEST).read_text(encoding="utf-8")),
            **{name: _read_table(place / _table_file(name), name) for name in TABLES},
        )
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise OutputError(f"{path} is damaged: {error}") from None


open = open_run


def _fill(draft: Path, run: Run, summary: Mapping[str, Any] | None, log: str) -> None:
    from selfseed.scenario import to_yaml

    _write_text(draft / SCENARIO, to_yaml(run.scenario))
    _write_arrays(draft / ARRAYS, run.arrays)
    (draft / "tables").mkdir()
    for name, table in run.tables.items():
        _write_table(draft / _table_file(name), table)
    if summary is not None:
        _write_json(draft / SUMMARY, summary)
    if log:
        _write_text(draft / LOG, log)
    _flush(draft)
    _write_json(draft / MANIFEST, run.manifest)


def _refuse_what_must_stay(path: Path, out: str | Path, force: bool) -> None:
    if not os.path.lexists(path):
        return
    if not force:
        raise OutputError(f"{out} exists; --force replaces it, --out names another place")
    is_directory = path.is_dir() and not path.is_symlink()
    if not is_directory or not ((_is_run(path) and _other_kind(path) is None) or not any(path.iterdir())):
        raise OutputError(
            f"{out} is not a run of selfseed, and --force replaces nothing else; --out names another place"
        )


def _is_run(path: Path) -> bool:
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        return manifest["software"]["name"] == "selfseed"
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _other_kind(path: Path) -> str | None:
    """Return what a directory of results holds that is no simulation at all: a sweep or a fit."""
    try:
        kind = json.loads((path / SUMMARY).read_text(encoding="utf-8"))["kind"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return str(kind) if kind in OTHERS else None


def _hidden_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _reason(parent: Path, error: OSError) -> str:
    if not parent.exists():
        return f"its parent {parent} is not there"
    if not parent.is_dir():
        return f"{parent} is a file"
    return f"{parent} does not let itself be written ({error.strerror})"


def _write_arrays(path: Path, arrays: xr.Dataset) -> None:
    """Write each variable as one compressed chunk, unless it is huge: few files, quick to write and to read."""
    encoding = {
        str(name): {"chunks": tuple(max(1, size) for size in variable.shape)}
        for name, variable in arrays.data_vars.items()
        if variable.nbytes < LARGEST_CHUNK_BYTES
    }
    arrays.to_zarr(path, mode="w-", zarr_format=3, consolidated=False, encoding=encoding)


def _read_arrays(path: Path) -> xr.Dataset:
    import xarray as xr

    arrays = xr.open_zarr(path, chunks=None, consolidated=False, decode_times=False)
    words = {name: (values.dims, values.values.astype(object), values.attrs)
             for name, values in arrays.coords.items() if values.dtype.kind not in "if"}  # fmt: skip
    return arrays.assign_coords(words)


def _table_file(name: str) -> str:
    return f"tables/{name}.tsv.gz"


def _write_table(path: Path, table: pd.DataFrame) -> None:
    """Write tab-separated text; equal tables give equal bytes, since no time goes into the compressed file."""
    text = table.to_csv(sep="\t", index=False, lineterminator="\n").encode()
    path.write_bytes(gzip.compress(text, compresslevel=3, mtime=0))


def _read_table(path: Path, name: str) -> pd.DataFrame:
    import pandas as pd

    kinds = COLUMNS[name]
    missing = {column: [""] for column, kind in kinds.items() if kind is float}
    return pd.read_csv(
        path, sep="\t", dtype=dict(kinds), keep_default_na=False, na_values=missing, float_precision="round_trip"
    )


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    _write_text(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Have the system put every file of ``folder`` on the disk before the manifest says that all is there."""
    for file in (file for file in folder.rglob("*") if file.is_file()):
        with contextlib.suppress(OSError), file.open("rb") as content:
            os.fsync(content.fileno())
