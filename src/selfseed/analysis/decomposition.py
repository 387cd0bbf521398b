"""Why growth sped up: what return gained, and what of it is lost when one mechanism alone is switched off.

Everything is a logarithm of a ratio of volumes at the end, animal by animal, so that parts add up:
gain = control / without return, part = control / without the mechanism, remainder = gain - sum of the parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from selfseed.analysis.effects import kinds
from selfseed.results.estimates import Estimate, mean, ratio
from selfseed.results.measures import is_seeded, log_volume, readings

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.results.run import Run

MECHANISMS = ("crowding_relief", "selection", "niche")
GAIN, REMAINDER = "gain", "remainder"


def parts_of_gain(run: Run, site: str) -> dict[str, np.ndarray]:
    """Return the gain by return at ``site``, the part of each mechanism, and the remainder, for each animal.

    Returns
    -------
    dict of str to ndarray (pairs,)
        Natural logarithms of ratios of volumes, for "gain", each mechanism that was switched off, and "remainder";
        only animals that have a tumour at the site in all arms concerned. Empty without the counterfactual
        "without return".

    Notes
    -----
    The remainder is what no single mechanism accounts for: how they act together (each switch leaves the others on,
    so a part that two share counts twice and makes the remainder negative), and any gain without them. A mechanism
    that also acts on cells that never left, as selection and niche may, can lose more than return gained.
    """
    arms = list(kinds(run))
    names = {part: f"without {part}" for part in MECHANISMS if f"without {part}" in arms}
    if "without return" not in arms:
        return {}
    compared = [arms.index(name) for name in ("without return", *names.values())]
    volumes = log_volume(run, site)
    lost = volumes[0] - volumes[compared]
    lost = lost[:, np.isfinite(lost).all(axis=0)]
    return {GAIN: lost[0], **dict(zip(names, lost[1:], strict=True)), REMAINDER: lost[0] - lost[1:].sum(axis=0)}


def table(run: Run) -> pd.DataFrame:
    """Return why growth sped up at each measured site that was seeded in the control arm.

    Returns
    -------
    pandas.DataFrame
        One row per site and part: log_ratio, low, high (mean over animals and its interval); fold, fold_low,
        fold_high (the same as a ratio of volumes); share, share_low, share_high (of the gain; missing where the gain
        itself is not distinct from nothing); pairs.
    """
    import pandas as pd

    rows = [
        {"site": site, "part": part, **_columns(values, parts[GAIN])}
        for site in readings(run)
        if is_seeded(run, site)[0].any()
        for parts in [parts_of_gain(run, site)]
        for part, values in parts.items()
    ]
    numbers = dict.fromkeys(_columns(np.zeros(0), np.zeros(0)), float) | {"pairs": int}
    return pd.DataFrame(rows, columns=["site", "part", *numbers]).astype(numbers)


def _columns(values: np.ndarray, gain: np.ndarray) -> dict[str, float | None]:
    estimate, fold, share = mean(values), mean(values).exp(), _share(values, gain)
    return {
        "log_ratio": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "fold": fold.value,
        "fold_low": fold.low,
        "fold_high": fold.high,
        "share": share.value,
        "share_low": share.low,
        "share_high": share.high,
        "pairs": estimate.replicates,
    }


def _share(values: np.ndarray, gain: np.ndarray) -> Estimate:
    """Return the share of the gain that ``values`` are; nothing where there is no gain to share."""
    lowest = mean(gain).low
    if lowest is None or lowest <= 0.0:
        return Estimate(None, None, None, len(values))
    return ratio(values, gain)
