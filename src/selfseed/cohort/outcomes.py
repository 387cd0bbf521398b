"""The table of patients, and the endpoints that are read from it: how long each was followed, and what ended it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from selfseed.base.errors import Problem, ScenarioError, nearest

if TYPE_CHECKING:
    import pandas as pd

DAYS_PER_YEAR = 365.25
ORGANS = ("lung", "bone", "liver", "brain")
TABLE = "the table of patients"
METASTATIC = ("leave out", "count")
_DAYS = ("relapse_day", "distant_day", "response_day", "progression_day", "death_day", *ORGANS)
_AFTER_DIAGNOSIS = ("relapse_day", "response_day", "progression_day", "death_day")
_MOST_NAMED = 3


@dataclass(frozen=True)
class Endpoint:
    """Say which events end an endpoint, and who is at risk of them.

    Attributes
    ----------
    events : tuple of str
        Columns of days; the first of them ends it.
    meaning : str
        What is counted, in one sentence.
    cause : str
        If given, only deaths of this cause count; others censor.
    after_spread : bool
        Whether patients who had a detectable distant metastasis at diagnosis are at risk.
    only_spread : bool
        Whether they alone are at risk; others are left out.
    """

    events: tuple[str, ...]
    meaning: str
    cause: str = ""
    after_spread: bool = False
    only_spread: bool = False


ENDPOINTS = {
    "overall survival": Endpoint(("death_day",), "death from any cause", after_spread=True),
    "tumour-specific survival": Endpoint(("death_day",), "death from the tumour", cause="tumour", after_spread=True),
    "distant-metastasis-free survival": Endpoint(
        ("distant_day", "death_day"), "distant metastasis, or death from any cause"
    ),
    "relapse-free survival": Endpoint(
        ("relapse_day", "distant_day", "death_day"), "relapse anywhere, or death from any cause"
    ),
    "freedom from distant metastasis": Endpoint(("distant_day",), "distant metastasis; death before it censors"),
    "freedom from relapse": Endpoint(("relapse_day", "distant_day"), "relapse anywhere; death before it censors"),
    "progression-free survival": Endpoint(
        ("progression_day", "death_day"), "progression of metastases seen at diagnosis, or death from any cause",
        after_spread=True, only_spread=True,
    ),
}  # fmt: skip
"""Endpoints by name, as trials of early breast cancer define them: https://doi.org/10.1200/JCO.20.03613; progression
as RECIST 1.1 does: https://doi.org/10.1016/j.ejca.2008.10.026"""


def check_patients(patients: pd.DataFrame, columns: Iterable[str] = ()) -> None:
    """Raise unless ``patients`` is a table of one row per patient and arm, with ``columns`` and possible days.

    Parameters
    ----------
    patients : DataFrame
        Days count from diagnosis; NaN: not seen. A metastasis that is there at diagnosis has day 0, or below.
    columns : iterable of str
        Columns that are needed besides patient, arm and follow_up_day.

    Raises
    ------
    ScenarioError
        With every mistake found.
    """
    needed = dict.fromkeys(("patient", "arm", "follow_up_day", *columns))
    problems = [_missing(name, patients.columns) for name in needed if name not in patients.columns]
    if not problems:
        problems = _impossible(patients)
    if problems:
        raise ScenarioError(TABLE, problems)


def follow(patients: pd.DataFrame, endpoint: str, *, metastatic: str = "leave out") -> pd.DataFrame:
    """Return how long each patient was followed for ``endpoint``, and whether it was seen.

    Parameters
    ----------
    patients : DataFrame
        One row per patient and arm. Patients who were never diagnosed (diagnosis_day is NaN) are left out.
    endpoint : str
        A name in `ENDPOINTS`.
    metastatic : "leave out" or "count"
        What to do with patients who are metastatic at diagnosis, for endpoints of freedom from metastasis: they are
        no longer at risk; or they had the event on day 0, which is right where arms differ before diagnosis.

    Returns
    -------
    DataFrame
        The rows of ``patients`` with time_day [day since diagnosis] and event (bool).

    Raises
    ------
    ScenarioError
        If the table does not hold what is needed, or if some patients are metastatic at diagnosis in one arm and not
        in another, so that leaving them out would compare different people.
    """
    asked = find_endpoint(endpoint)
    spread = ("metastatic",) if asked.only_spread or not asked.after_spread else ()
    check_patients(patients, (*asked.events, "death_day", *spread, *(("cause",) if asked.cause else ())))
    if metastatic not in METASTATIC:
        raise ScenarioError("the question", [_unknown("metastatic", metastatic, METASTATIC)])
    rows = patients[patients["diagnosis_day"].notna()] if "diagnosis_day" in patients else patients
    days = rows[list(asked.events)].to_numpy(float)
    if asked.cause:
        days = np.where((rows["cause"] == asked.cause).to_numpy()[:, None], days, np.nan)
    first = np.maximum(np.where(np.isnan(days), np.inf, days).min(axis=1), 0.0)
    if spread:
        known = rows["metastatic"].to_numpy(bool)
        if asked.only_spread:
            _refuse_other_people(rows)
            rows, first = rows[known], first[known]
        elif metastatic == "count":
            first = np.where(known, 0.0, first)
        else:
            _refuse_other_people(rows)
            rows, first = rows[~known], first[~known]
    end = np.fmin(rows["follow_up_day"].to_numpy(float), rows["death_day"].to_numpy(float))
    return rows.assign(time_day=np.minimum(first, end), event=first <= end)


def find_endpoint(name: str) -> Endpoint:
    """Return the endpoint called ``name``.

    Raises
    ------
    ScenarioError
        If there is none, with the nearest name.
    """
    if name not in ENDPOINTS:
        raise ScenarioError("the question", [_unknown("endpoint", name, ENDPOINTS)])
    return ENDPOINTS[name]


def arms_of(patients: pd.DataFrame, control: str | None = None) -> tuple[str, ...]:
    """Return the arms, the control first: ``control``, or the first arm of the table.

    Raises
    ------
    ScenarioError
        If no arm is called ``control``.
    """
    arms = list(dict.fromkeys(patients["arm"]))
    if control is None or not arms:
        return tuple(arms)
    if control not in arms:
        raise ScenarioError("the question", [_unknown("control", control, arms)])
    return (control, *(arm for arm in arms if arm != control))


def _missing(name: str, present: Iterable[object]) -> Problem:
    close = nearest(name, map(str, present))
    return Problem(name, "is missing", f"did you mean the column {close!r}?" if close else "add this column")


def _unknown(where: str, given: object, allowed: Iterable[str]) -> Problem:
    allowed = list(allowed)
    close = nearest(str(given), allowed)
    remedy = f"did you mean {close!r}?" if close else f"must be one of: {', '.join(allowed)}"
    return Problem(where, f"{given!r} is unknown", remedy)


def _impossible(patients: pd.DataFrame) -> list[Problem]:
    """Return what cannot be in a table whose columns are all there."""
    problems = []
    twice = patients.duplicated(["patient", "arm"])
    if twice.any():
        problems.append(Problem("patient, arm", _who(patients, twice, "stands twice"), "one row per patient and arm"))
    diagnosed = patients.get("diagnosis_day", patients["patient"]).notna()
    end = patients["follow_up_day"].astype(float)
    unknown = diagnosed & ~(end >= 0.0)
    if unknown.any():
        problems.append(Problem("follow_up_day", _who(patients, unknown, "is absent or below 0"), "must be >= 0 day"))
    for name in (name for name in _DAYS if name in patients):
        days = patients[name].astype(float)
        if name in _AFTER_DIAGNOSIS and (early := diagnosed & (days < 0.0)).any():
            problems.append(Problem(name, _who(patients, early, "lies before diagnosis"), "days count from diagnosis"))
        if (late := diagnosed & (days > end)).any():
            remedy = "NaN for what was not seen, or a longer follow_up_day"
            problems.append(Problem(name, _who(patients, late, "lies after the end of follow-up"), remedy))
    return problems


def _who(patients: pd.DataFrame, guilty: pd.Series, what: str) -> str:
    """Return ``what``, with the first few patients of whom it is true."""
    ids: Sequence[object] = list(dict.fromkeys(patients.loc[guilty, "patient"]))
    more = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    return f"{what}: patient {', '.join(map(str, ids[:_MOST_NAMED]))}{more}"


def _refuse_other_people(rows: pd.DataFrame) -> None:
    """Raise where leaving out metastatic patients would leave different people in different arms."""
    differ = rows.groupby("patient")["metastatic"].nunique() > 1
    if differ.any():
        what = f"differs between arms in {int(differ.sum()):,} patients"
        remedy = "metastatic='count' counts them as an event on day 0 of every arm where they are"
        raise ScenarioError(TABLE, [Problem("metastatic", what, remedy)])
