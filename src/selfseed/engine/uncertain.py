"""What a magnitude that nobody has measured would change: the control arm over its range."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from selfseed.results import Run
from selfseed.results.estimates import Estimate, mean, share
from selfseed.results.measures import is_seeded, label_share, log_volume, readings
from selfseed.results.words import COLUMNS, table
from selfseed.scenario import Scenario

MOST_REPLICATES = 24
"""Animals per value: enough to see a trend, few enough not to keep anybody waiting."""


def outcome_over_ranges(scenario: Scenario, replicates: int, simulate: Callable[[Scenario, int], Run]) -> pd.DataFrame:
    """Return the table "uncertain": one row per parameter, value, measured site and quantity.

    Parameters
    ----------
    scenario : Scenario
        Names in ``uncertain`` the parameters and the values that each is to take.
    replicates : int
        At most ``MOST_REPLICATES`` of them are used.
    simulate : callable (scenario, replicates) -> Run
        Called once for each value, with the control arm and its copy without return.
    """
    rows = []
    first = next(iter(scenario.arms))
    narrow = scenario.model_copy(update={"switch_off": ("return",), "arms": {first: scenario.arms[first]}})
    for name, values in scenario.uncertain.items():
        for value in values:
            run = simulate(narrow.at(name, value), min(replicates, MOST_REPLICATES))
            rows += [
                {
                    **{"parameter": name, "value": float(value), "arm": first, "site": site, "quantity": quantity},
                    **_columns(estimate),
                }
                for site in readings(run)
                for quantity, estimate in _outcome(run, site).items()
            ]
    return table("uncertain", {column: [row[column] for row in rows] for column in COLUMNS["uncertain"]})


def _outcome(run: Run, site: str) -> dict[str, Estimate]:
    """Return what the report shows: share seeded, label share, and the fold by which return raised the volume."""
    with_return, without = log_volume(run, site)
    with np.errstate(invalid="ignore"):
        gain = with_return - without
    return {
        "share_seeded": share(is_seeded(run, site)[0]),
        "label_share": mean(_finite(label_share(run, site)[0])),
        "fold_of_volume": mean(_finite(gain)).exp(),
    }


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)]


def _columns(estimate: Estimate) -> dict[str, float | int]:
    limits = {"mean": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: np.nan if limit is None else limit for name, limit in limits.items()} | {
        "replicates": estimate.replicates
    }
