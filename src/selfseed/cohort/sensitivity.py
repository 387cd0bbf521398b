"""On which disputed numbers a gain hangs: Sobol indices, the noise of finitely many patients taken out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from selfseed.base.errors import Problem, ScenarioError
from selfseed.cohort.benefit import compare_restricted_means
from selfseed.cohort.model import Cohort
from selfseed.cohort.outcomes import DAYS_PER_YEAR
from selfseed.cohort.rank import ENDPOINTS, change_chances, lay_out
from selfseed.cohort.run import run_cohort

if TYPE_CHECKING:
    import pandas as pd

SPANS: Mapping[str, tuple[float, float]] = {
    "return": (1.0, 1000.0), "half-life of circulating cells": (1.0, 50.0), "establishment in organs": (0.3, 3.0),
}  # fmt: skip
"""Folds of the file's values, log-uniform; see `selfseed.cohort.rank.map_of_return`."""
LARGEST = 1024


def ask_sensitivity(
    cohort: Cohort, control: str, seed: int, years: float, points: int,
    follow_all: Callable[..., pd.DataFrame] = run_cohort,
) -> pd.DataFrame:  # fmt: skip
    """Return on which disputed numbers the gain of each perfect blocker hangs.

    Parameters
    ----------
    cohort : Cohort
    control : str
        The arm with surgery alone.
    seed : int, >= 0
        Each point is asked twice, with other patients each time and at each point: their difference is noise.
    years : float [year]
        Gains are mean days without distant metastasis within these years.
    points : int, a power of 2
        Base points; times the parameters and two, times two, cohorts are followed.
    follow_all : callable (cohort, seed, name=)
        `selfseed.cohort.run_cohort`, with whatever workers and chunks.

    Returns
    -------
    DataFrame
        One row per intervention and parameter: first (share of the variance of the gain due to it alone) and total
        (with all it takes part in), each with its 95 % half-width, and noise: the share of the variance that chance
        makes. First and total are of what is left without that share; nan where all of it is noise.

    Raises
    ------
    ScenarioError
        If ``points`` is no power of 2 from 2 to 1024.

    Notes
    -----
    With noise of variance v added independently to each point, indices of the noisy gain are
    :math:`S_i (1 - v)` and :math:`T_i (1 - v) + v`, all as shares of the variance seen; these are turned round.

    References
    ----------
    Saltelli et al. (2010), https://doi.org/10.1016/j.cpc.2009.09.018
    """
    import pandas as pd
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as design

    if points not in {2**power for power in range(1, 11)}:
        remedy = f"must be a power of 2 from 2 to {LARGEST}"
        raise ScenarioError("the command", [Problem("--sensitivity", str(points), remedy)])
    space = {"num_vars": len(SPANS), "names": list(SPANS), "bounds": [list(np.log(span)) for span in SPANS.values()]}
    folds = np.exp(design.sample(space, points, calc_second_order=False, seed=seed % 2**32))
    gains = _gains(cohort, control, seed, years, folds, follow_all)
    rows = []
    for intervention, (one, other) in gains.items():
        mean = 0.5 * (one + other)
        whole = float(np.var(mean))
        noise = float(np.mean((one - other) ** 2)) / 4.0 / whole if whole > 0.0 else np.inf
        if noise >= 1.0:
            nothing = {"first": np.nan, "first_error": np.nan, "total": np.nan, "total_error": np.nan}
            told = {**nothing, "noise": 1.0, "mean_gain_day": float(mean.mean())}
            rows += [{"intervention": intervention, "parameter": name, **told} for name in SPANS]
            continue
        found = analysis.analyze(space, mean, calc_second_order=False, seed=seed % 2**32)
        for number, name in enumerate(SPANS):
            rows.append(
                {
                    "intervention": intervention,
                    "parameter": name,
                    "first": float(found["S1"][number]) / (1.0 - noise),
                    "first_error": float(found["S1_conf"][number]) / (1.0 - noise),
                    "total": (float(found["ST"][number]) - noise) / (1.0 - noise),
                    "total_error": float(found["ST_conf"][number]) / (1.0 - noise),
                    "noise": noise,
                    "mean_gain_day": float(mean.mean()),
                }
            )
    return pd.DataFrame(rows)


def _gains(
    cohort: Cohort, control: str, seed: int, years: float, folds: NDArray[np.float64],
    follow_all: Callable[..., pd.DataFrame],
) -> dict[str, NDArray[np.float64]]:  # fmt: skip
    """Return for each intervention float[2, point]: its gain in two groups of patients."""
    found: dict[str, list[list[float]]] = {}
    for which in range(2):
        for number, (back, life, roots) in enumerate(folds):
            point = change_chances(cohort, float(back), float(life), float(roots))
            laid, choices = lay_out(point.model_copy(update={"arms": {control: point.arms[control]}}), control, (-1e6,))
            table = follow_all(laid, _seed_of(seed, which, number), name=f"sobol-{which}-{number}")
            day = years * DAYS_PER_YEAR
            gain = compare_restricted_means(table, ENDPOINTS[1], day, control=control, resamples=1).set_index("arm")
            for choice in choices:
                pair = found.setdefault(choice.intervention, [[], []])
                pair[which].append(float(gain["gain_day"].to_dict()[choice.arm]))
    return {intervention: np.array(gains) for intervention, gains in found.items()}


def _seed_of(seed: int, which: int, number: int) -> int:
    """Return the seed of the patients of one point: those of all points together would share their chance."""
    return int(np.random.SeedSequence(seed, spawn_key=(which, number)).generate_state(1, np.uint64)[0] >> 1)
