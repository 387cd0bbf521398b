"""What each arm did: shares, spreads, and differences to the control arm, animal by animal.

Equal replicates of different arms share their chance, so a difference is taken within each replicate first. The
mean over replicates then rests on pairs, and its interval is that of a paired experiment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from selfseed.results.estimates import Estimate, difference, share
from selfseed.results.measures import MEASURES, Reading, final_volume_mm3, is_seeded, label_share, readings, seeds

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.results.run import Run

__all__ = [
    "MEASURES",
    "Reading",
    "against_control",
    "control_arm",
    "final_volume_mm3",
    "is_seeded",
    "kinds",
    "label_share",
    "paired_differences",
    "readings",
    "seeds",
    "share_seeded",
    "table",
]


def kinds(run: Run) -> dict[str, str]:
    """Return all arms in their order, each "arm", or "switch" for a counterfactual copy of the control."""
    return dict(zip(run.arrays["arm"].values, run.arrays["arm_kind"].values, strict=True))


def control_arm(run: Run) -> str:
    """Return the arm with which all others are compared: the first."""
    return next(iter(kinds(run)))


def share_seeded(run: Run, site: str) -> dict[str, Estimate]:
    """Return for each arm the share of animals in which ``site`` is seeded, with its Wilson interval."""
    return {arm: share(animals) for arm, animals in zip(kinds(run), is_seeded(run, site), strict=True)}


def paired_differences(run: Run, measure: str, site: str) -> np.ndarray:
    """Return how much each animal differs from its twin in the control arm (arm, replicate).

    Parameters
    ----------
    run : Run
    measure : str
        One of ``MEASURES``.
    site : str
        A measured site.
    """
    values = MEASURES[measure](run, site).astype(float)
    return values - values[0]


def against_control(run: Run, measure: str, site: str) -> dict[str, Estimate]:
    """Return for each arm but the control the mean paired difference of ``measure`` at ``site``, with its interval.

    "log_volume_ratio" rests on the pairs in which both animals have a tumour there.
    """
    values = MEASURES[measure](run, site)
    estimates = {arm: difference(animals, values[0]) for arm, animals in zip(kinds(run), values, strict=True)}
    del estimates[control_arm(run)]
    return estimates


def table(run: Run) -> pd.DataFrame:
    """Return all paired differences to the control: one row per arm, measured site and measure."""
    import pandas as pd

    rows = [
        (arm, kinds(run)[arm], site, measure, estimate.value, estimate.low, estimate.high, estimate.replicates)
        for site in readings(run)
        for measure in MEASURES
        for arm, estimate in against_control(run, measure, site).items()
    ]
    numbers = {"difference": float, "low": float, "high": float, "pairs": int}
    return pd.DataFrame(rows, columns=["arm", "kind", "site", "measure", *numbers]).astype(numbers)
