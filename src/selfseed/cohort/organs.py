"""Metastases by organ, while death may come first: the cumulative incidence of Aalen and Johansen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from selfseed.cohort.outcomes import ORGANS, check_patients, follow
from selfseed.cohort.survival import TAIL

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("arm", "organ", "time_day", "incidence", "low", "high", "at_risk", "events", "deaths")


def estimate_incidence(
    patients: pd.DataFrame,
    organs: Sequence[str] = ORGANS,
    *,
    only_first: bool = False,
    metastatic: str = "leave out",
) -> pd.DataFrame:
    """Estimate the share of patients who have had a metastasis in each organ, over time, where others have died first.

    Parameters
    ----------
    patients : DataFrame
        One row per patient and arm; each organ is a column of days [day since diagnosis], NaN: none.
    organs : sequence of str
    only_first : bool
        Count only the site of the first metastasis (columns first_site and distant_day), so that organs compete
        with each other as well as with death and their shares add up.
    metastatic : "leave out" or "count"
        See `selfseed.cohort.outcomes.follow`.

    Returns
    -------
    DataFrame
        arm, organ, time_day [day], incidence, low, high (95 %), at_risk, events, deaths; each curve begins at day 0.

    Raises
    ------
    ScenarioError
        If the table does not hold what is needed.

    References
    ----------
    Aalen & Johansen (1978), https://www.jstor.org/stable/4615704
    """
    import pandas as pd

    needed = ("first_site", "distant_day", "death_day") if only_first else (*organs, "death_day")
    check_patients(patients, needed)
    rows = follow(patients, "distant-metastasis-free survival", metastatic=metastatic)
    curves = []
    for arm, group in rows.groupby("arm", sort=False, observed=True):
        for organ in organs:
            time, cause = _first_of(group, organ, only_first)
            curves.append(estimate_incidence_curve(time, cause).assign(arm=arm, organ=organ))
    return pd.concat(curves, ignore_index=True)[list(COLUMNS)] if curves else pd.DataFrame(columns=list(COLUMNS))


def estimate_incidence_curve(time_day: np.ndarray, cause: np.ndarray) -> pd.DataFrame:
    r"""Estimate the cumulative incidence of cause 1 where cause 2 may come first.

    .. math:: F(t) = \sum_{t_i \le t} S(t_i^-) \, d_{1i} / n_i ,

    where S is Kaplan and Meier's estimate for either cause.

    Parameters
    ----------
    time_day : float[n], >= 0 [day]
    cause : int[n]
        0: censored; 1: the event; 2: what competes with it.

    Returns
    -------
    DataFrame
        time_day, incidence, low, high (95 %), at_risk, events, deaths (of cause 2).

    Notes
    -----
    The variance is that of the delta method (Dinse & Larson); the interval is taken on the scale of
    log(-log(1 - F)), so that it stays between 0 and 1. Before the first event its upper limit is that of an exact
    binomial of those at risk.

    References
    ----------
    Dinse & Larson (1986), https://doi.org/10.1093/biomet/73.2.379
    """
    import pandas as pd
    from scipy.special import ndtri

    time, cause = np.asarray(time_day, float), np.asarray(cause, int)
    times, place = np.unique(np.append(time, 0.0), return_inverse=True)
    place = place[:-1]
    count = [np.bincount(place[cause == kind], minlength=len(times)).astype(float) for kind in (0, 1, 2)]
    at_risk = np.cumsum((count[0] + count[1] + count[2])[::-1])[::-1]
    events, either = count[1], count[1] + count[2]
    n = np.maximum(at_risk, 1.0)
    survival = np.cumprod(1.0 - either / n)
    before = np.append(1.0, survival[:-1])
    incidence = np.cumsum(before * events / n)
    error = np.sqrt(_variance(incidence, before, events, either, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        log_free = np.log1p(-incidence)
        half = -ndtri(TAIL) * error / ((1.0 - incidence) * abs(log_free))
        low, high = (-np.expm1(log_free * np.exp(sign * half)) for sign in (-1.0, 1.0))
    none_yet, everybody = incidence <= 0.0, incidence >= 1.0 - 1e-12
    low = np.where(none_yet, 0.0, np.where(everybody, np.nan_to_num(low, nan=0.0), low))
    high = np.where(none_yet, -np.expm1(np.log(TAIL) / n), np.where(everybody, 1.0, high))
    return pd.DataFrame(
        {"time_day": times, "incidence": incidence, "low": low, "high": high, "at_risk": at_risk.astype(int),
         "events": events.astype(int), "deaths": count[2].astype(int)}
    )  # fmt: skip


def _variance(
    incidence: np.ndarray, before: np.ndarray, events: np.ndarray, either: np.ndarray, at_risk: np.ndarray
) -> np.ndarray:
    """Return the variance of ``incidence`` by the delta method, over time, in one pass."""
    n = at_risk
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(n > either, either / (n * (n - either)), 0.0)
    own = before**2 * events * (n - events) / n**3
    shared = before * events / n**2
    summed = [np.cumsum(values) for values in (spread, spread * incidence, spread * incidence**2, own,
                                               shared, shared * incidence)]  # fmt: skip
    first = incidence**2 * summed[0] - 2.0 * incidence * summed[1] + summed[2]
    return np.maximum(first + summed[3] - 2.0 * (incidence * summed[4] - summed[5]), 0.0)


def _first_of(rows: pd.DataFrame, organ: str, only_first: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return when each patient had a metastasis in ``organ`` (cause 1), died or spread elsewhere (2), or left (0)."""
    end, death = rows["follow_up_day"].to_numpy(float), rows["death_day"].to_numpy(float)
    death = np.where(np.isnan(death), np.inf, death)
    if only_first:
        spread = rows["distant_day"].to_numpy(float)
        spread = np.where(np.isnan(spread), np.inf, spread)
        here = (rows["first_site"] == organ).to_numpy()
        event, other = np.where(here, spread, np.inf), np.minimum(death, np.where(here, np.inf, spread))
    else:
        event, other = rows[organ].to_numpy(float), death
        event = np.where(np.isnan(event), np.inf, event)
    time = np.maximum(np.minimum(np.minimum(event, other), end), 0.0)
    cause = np.where((event <= other) & (event <= end), 1, np.where(other <= end, 2, 0))
    return time, cause
