"""Survival of each arm, or class of patients: Kaplan and Meier's estimate with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.cohort.outcomes import check_patients, follow
from selfseed.results.estimates import CONFIDENCE

if TYPE_CHECKING:
    import pandas as pd

TAIL = (1.0 - CONFIDENCE) / 2.0


def estimate_survival(
    patients: pd.DataFrame, endpoint: str, *, by: Sequence[str] = ("arm",), metastatic: str = "leave out"
) -> pd.DataFrame:
    """Estimate the share of patients whom ``endpoint`` has not met, over time, by Kaplan and Meier.

    Parameters
    ----------
    patients : DataFrame
        One row per patient and arm; see `selfseed.cohort.outcomes.follow`.
    endpoint : str
        A name in `ENDPOINTS`.
    by : sequence of str
        Columns whose values make a curve each, in the order in which they come; a row in which one of them is
        missing is in no curve.
    metastatic : "leave out" or "count"

    Returns
    -------
    DataFrame
        The columns ``by``, then time_day [day], survival, low, high (95 %), at_risk, events, censored. Each curve
        begins at day 0.

    Raises
    ------
    ScenarioError
        If the table does not hold what is needed, or lifelines is not installed.

    Notes
    -----
    The interval is Greenwood's on the scale of log(-log survival). Where nobody has had the event yet that scale has
    no value, and the lower limit is that of an exact binomial of those still at risk.

    References
    ----------
    Kaplan & Meier (1958), https://doi.org/10.1080/01621459.1958.10501452
    """
    import pandas as pd

    check_patients(patients, by)
    rows = follow(patients, endpoint, metastatic=metastatic)
    curves = [estimate_curve(group).assign(**key) for key, group in _groups(rows, by)]
    columns = [*by, "time_day", "survival", "low", "high", "at_risk", "events", "censored"]
    return pd.concat(curves, ignore_index=True)[columns] if curves else pd.DataFrame(columns=columns)


def estimate_curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Estimate one curve from columns time_day [day] and event; see `estimate_survival` for what comes back."""
    import pandas as pd

    require_lifelines()
    from lifelines import KaplanMeierFitter

    fitted = KaplanMeierFitter(alpha=1.0 - CONFIDENCE).fit(rows["time_day"].astype(float), rows["event"].astype(bool))
    counts, limits = fitted.event_table, fitted.confidence_interval_.to_numpy()
    survival, at_risk = fitted.survival_function_.to_numpy()[:, 0], counts["at_risk"].to_numpy(int)
    none_yet, nobody_left = survival == 1.0, survival == 0.0
    low = np.where(none_yet, TAIL ** (1.0 / np.maximum(at_risk, 1)), limits[:, 0])
    high = np.where(none_yet, 1.0, limits[:, 1])
    if nobody_left.any():
        low[nobody_left], high[nobody_left] = 0.0, high[~nobody_left][-1] if (~nobody_left).any() else 1.0
    return pd.DataFrame(
        {
            "time_day": counts.index.to_numpy(float),
            "survival": survival,
            "low": low,
            "high": high,
            "at_risk": at_risk,
            "events": counts["observed"].to_numpy(int),
            "censored": counts["censored"].to_numpy(int),
        }
    )


def read_survival(curves: pd.DataFrame, days: Sequence[float], *, by: Sequence[str] = ("arm",)) -> pd.DataFrame:
    """Read the curves of `estimate_survival` on given days.

    Parameters
    ----------
    curves : DataFrame
    days : sequence of float, >= 0 [day]
    by : sequence of str
        As they were given to `estimate_survival`.

    Returns
    -------
    DataFrame
        The columns ``by``, then day, survival, low, high, at_risk. NaN where nobody was followed so long.
    """
    import pandas as pd

    table = []
    for key, curve in _groups(curves, by):
        times = curve["time_day"].to_numpy(float)
        left = curve["at_risk"].to_numpy() - curve["events"].to_numpy() - curve["censored"].to_numpy()
        for day in days:
            place = int(np.searchsorted(times, day, side="right")) - 1
            values = curve[["survival", "low", "high"]].to_numpy(float)[max(place, 0)]
            known = place >= 0 and (day <= times[-1] or values[0] == 0.0)
            here = int(curve["at_risk"].iloc[place]) if place >= 0 and times[place] == day else int(left[place])
            survival, low, high = values if known else (np.nan,) * 3
            table.append(key | {"day": day, "survival": survival, "low": low, "high": high, "at_risk": here})
    return pd.DataFrame(table, columns=[*by, "day", "survival", "low", "high", "at_risk"])


def require_lifelines() -> None:
    """Raise unless lifelines is installed.

    Raises
    ------
    ScenarioError
        With the line that installs it.
    """
    from importlib.util import find_spec

    if find_spec("lifelines") is None:
        problem = Problem("survival", "lifelines is not installed", "pip install 'selfseed[cohort]'")
        raise ScenarioError("the command", [problem])


def _groups(rows: pd.DataFrame, by: Sequence[str]) -> Iterator[tuple[dict[str, Any], pd.DataFrame]]:
    """Yield the values of the columns ``by`` and the rows that have them; all rows where ``by`` is empty."""
    if not by:
        yield {}, rows
        return
    for key, group in rows.groupby(list(by), sort=False, observed=True):
        yield dict(zip(by, key, strict=True)), group
