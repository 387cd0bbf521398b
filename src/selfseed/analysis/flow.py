"""Where seeds come from and go to, and how much of self-seeding is secondary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from selfseed.analysis.effects import kinds
from selfseed.results.estimates import ratio

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from selfseed.results.run import Run

ALL_SITES = "all sites"


def flow(run: Run) -> xr.DataArray:
    """Return the cells and clusters from each source that reached each stage at each site, per animal.

    Returns
    -------
    xarray.DataArray (arm, source, site, stage) [1]
        Means over replicates.
    """
    return run.arrays["flow"].mean("replicate", keep_attrs=True)


def primary_and_secondary(run: Run) -> pd.DataFrame:
    """Return primary and secondary self-seeding, in seeds per animal, and their ratio with its interval.

    Primary seeds come home straight from their home tumour; secondary ones through another tumour.

    Returns
    -------
    pandas.DataFrame
        Columns arm, kind, site, primary, secondary, ratio, low, high; a row per arm for each site and for all of
        them together. The ratio is missing where no seed is primary.
    """
    import pandas as pd

    routes = list(run.arrays["route"].values)
    seeds = run.arrays["seeds_by_route"].values
    seeds = np.concatenate([seeds, seeds.sum(axis=2, keepdims=True)], axis=2)
    primary, secondary = (seeds[..., routes.index(route)] for route in ("primary", "secondary"))
    rows = []
    for arm, (name, kind) in enumerate(kinds(run).items()):
        for number, site in enumerate([*run.arrays["site"].values, ALL_SITES]):
            here, through = primary[arm, :, number], secondary[arm, :, number]
            estimate = ratio(through, here)
            rows.append((name, kind, site, here.mean(), through.mean(), estimate.value, estimate.low, estimate.high))
    numbers = dict.fromkeys(["primary", "secondary", "ratio", "low", "high"], float)
    return pd.DataFrame(rows, columns=["arm", "kind", "site", *numbers]).astype(numbers)
