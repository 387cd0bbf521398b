"""What is left of very many replicates: one number per replicate and measured site, and courses reduced over time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.base.errors import OutputError

if TYPE_CHECKING:
    import xarray as xr

    from selfseed.scenario import Scenario

QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
"""Of the courses."""

OUTCOMES: Mapping[str, tuple[str, str]] = {
    "is_seeded": ("1", "1 where the site is seeded: cells that came by blood are seen there"),
    "label_share": ("1", "share of cells with the label, on the day it is looked for"),
    "final_volume": ("mm^3", "volume of the tumours at a site, at the end"),
    "seeds": ("1", "seeds that took root at a site, by any route, over the whole run"),
}
"""One number per arm, replicate and measured site: unit, meaning."""

COURSES: Mapping[str, tuple[str, str]] = {
    "volume": ("mm^3", "volume of the tumours at a site"),
    "seeded_share": ("1", "share of the living cells that descends from a cell that came by blood"),
    "label_share": ("1", "share of the living cells that carries a label"),
    "stroma": ("1", "stroma relative to that of a parental tumour"),
    "ctc_per_ml": ("mL^-1", "circulating tumour cells per volume of drawn blood"),
}
"""Over time, reduced over replicates to count, mean, standard deviation and quantiles: unit, meaning."""

TRACED = ("volume", "label_share", "ctc_per_ml")
"""Kept whole for the first few replicates."""


@dataclass(frozen=True, eq=False, repr=False)
class Ensemble:
    """Hold the reduced results of one scenario with very many replicates.

    Attributes
    ----------
    scenario : Scenario
    arrays : xarray.Dataset
        ``outcome_*`` over arm, replicate and site; ``course_*`` over arm and time as mean, standard deviation and
        quantiles; ``trace_*`` whole, for the first replicates.
    manifest : mapping
        Provenance, as of a `Run`.
    """

    scenario: Scenario
    arrays: xr.Dataset
    manifest: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Return the hash of the arrays: equal for equal bits, and for nothing else."""
        return self.manifest["arrays_sha256"]

    def __repr__(self) -> str:
        sizes = self.arrays.sizes
        return f"<Ensemble '{self.scenario.title}': {sizes['arm']} arms of {sizes['replicate']}>"


ARRAYS = "ensemble.zarr"


def open_ensemble(path: str | Path) -> Ensemble:
    """Open the ensemble in the directory ``path``; its arrays are read when they are first looked at.

    Raises
    ------
    OutputError
        If there is none, or if it is damaged.
    """
    import xarray as xr

    from selfseed.scenario import read

    place = Path(path)
    if not (place / ARRAYS).exists():
        raise OutputError(f"{path} holds no {ARRAYS}; name a directory of `selfseed simulate --keep summary`")
    try:
        arrays = xr.open_zarr(place / ARRAYS, chunks=None, consolidated=False)
        manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
        return Ensemble(read(place / "scenario.yaml"), arrays, manifest)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise OutputError(f"{path} is damaged: {error}") from None
