"""A simulated cohort beside real figures, with the misfit in numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.base.errors import Problem, RunError, ScenarioError
from selfseed.cohort.figures import ROLES
from selfseed.cohort.figures_of_breast_cancer import FIGURES, Figure
from selfseed.cohort.measures import count_risk
from selfseed.cohort.outcomes import DAYS_PER_YEAR, arms_of, check_patients
from selfseed.cohort.real import COHORTS, can_load, classify, estimate_real_survival, load_real
from selfseed.cohort.survival import read_survival
from selfseed.results.estimates import Estimate, share

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "group", "name", "kind", "real", "real_low", "real_high", "real_count", "simulated", "simulated_low",
    "simulated_high", "simulated_count", "difference", "misfit", "ratio", "inside", "arm", "source", "doi",
    "confidence", "note",
)  # fmt: skip
MISFIT_LIMIT = 1.96
FEWEST_SCORED = 20
"""With fewer simulated patients anything fits: no misfit is told."""


def compare_with_real(
    patients: pd.DataFrame,
    *,
    roles: Mapping[str, str] | None = None,
    control: str | None = None,
    figures: Sequence[Figure] = FIGURES,
    cohorts: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Lay a simulated cohort beside published figures, one row each.

    Parameters
    ----------
    patients : DataFrame
        One row per patient and arm.
    roles : mapping of str to str, optional
        Which arm stands for "surgery" (breast-conserving, without radiotherapy; otherwise the control),
        "radiotherapy", "endocrine", what the roles of ``figures`` are else, and for each name in ``cohorts``
        (otherwise the control).
    control : str, optional
        If absent, the first arm.
    figures : sequence of Figure
        See `selfseed.cohort.figures.figures_of`.
    cohorts : sequence of str, optional
        Names in `COHORTS`; if absent, those whose package is installed.

    Returns
    -------
    DataFrame
        Columns in ``COLUMNS``: the real value and its 95 % interval, the simulated one and its, their difference
        (simulated minus real), ``misfit`` (the difference in standard errors of both; of ratios, on the logarithmic
        scale), ``ratio`` (simulated over real) and ``inside`` (the misfit is below 1.96). NaN, with a note, where no
        arm has the role, a column is missing or follow-up is too short; misfit and inside also where fewer than twenty
        simulated patients, or no interval, are there.

    Raises
    ------
    ScenarioError
        If the table does not hold patients, or a role or an arm is unknown.

    Notes
    -----
    Where a source does not say how many patients a figure rests on, only the chance of the simulation counts, and
    many simulated patients make any difference many standard errors: read ``ratio`` there.
    """
    import pandas as pd

    check_patients(patients)
    arms = arms_of(patients, control)
    arm_of = {"control": arms[0], "surgery": arms[0]} | dict(roles or {})
    _refuse_unknown(arm_of, arms)
    rows = [_row(figure, patients, arm_of) for figure in figures]
    for name in (name for name in COHORTS if can_load(name)) if cohorts is None else cohorts:
        rows += _survival_by_size(name, patients[patients["arm"] == arm_of.get(name, arms[0])])
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _refuse_unknown(arm_of: Mapping[str, str], arms: Sequence[str]) -> None:
    problems = [
        Problem(f"role {role!r}", "is unknown", f"must be one of: {', '.join(ROLES)}")
        for role in arm_of if role not in ROLES
    ] + [
        Problem(f"role {role!r}", f"= {arm!r}, which is no arm", f"must be one of: {', '.join(map(str, arms))}")
        for role, arm in arm_of.items() if arm not in arms
    ]  # fmt: skip
    if problems:
        raise ScenarioError("the question", problems)


def _row(figure: Figure, patients: pd.DataFrame, arm_of: Mapping[str, str]) -> dict[str, Any]:
    """Return the row of one figure."""
    arm, simulated, note = arm_of.get(figure.role, ""), Estimate(None, None, None, 0), figure.note
    value = figure.value if isinstance(figure.value, float) else np.nan
    base = arm_of.get(figure.against, "") if figure.is_pair else ""
    if not arm or (figure.is_pair and arm == base):
        note = f"no arm has the role {figure.role!r}"
    elif figure.is_pair and not base:
        note = f"no arm has the role {figure.against!r}"
    else:
        chosen = patients[patients["arm"].isin((arm, base))] if figure.is_pair else patients[patients["arm"] == arm]
        chosen = chosen.sort_values("arm", key=lambda names: names != base, kind="stable") if figure.is_pair else chosen
        try:
            simulated = figure.measure(chosen)
            value = figure.value if isinstance(figure.value, float) else figure.value(chosen)
        except KeyError as missing:
            note = f"column {missing} is missing"
        except ScenarioError as mistake:
            note = "; ".join(f"{problem.where} {problem.what}" for problem in mistake.problems)
        except RunError as mistake:  # too few events in a group of so few patients
            note = str(mistake)
    if simulated.value is None and note == figure.note:
        note = "not known: no such patients, no events, or follow-up too short"
    real = _real(figure, value)
    told = {"group": figure.group, "name": figure.name, "kind": figure.kind, "arm": arm, "source": figure.source,
            "doi": figure.doi, "confidence": figure.confidence, "note": note}  # fmt: skip
    return _scored(told, real, simulated)


def _real(figure: Figure, value: float) -> Estimate:
    """Return the published value with its interval, if one can be told."""
    if figure.low is not None and figure.high is not None:
        return Estimate(value, figure.low, figure.high, figure.count or 0)
    if figure.count is None or figure.kind != "share" or np.isnan(value):
        return Estimate(value, None, None, figure.count or 0)
    around = share(np.arange(figure.count) < round(value * figure.count))
    return Estimate(value, around.low, around.high, figure.count)


def _scored(told: Mapping[str, Any], real: Estimate, simulated: Estimate) -> dict[str, Any]:
    """Return one row: what is told of it, and the misfit unless too few patients make it up."""
    row = {**told, **_misfit(real, simulated, told["kind"])}
    if simulated.value is None:
        return row
    why = ""
    if simulated.replicates < FEWEST_SCORED:
        why = f"not scored: {simulated.replicates} simulated patients, of {FEWEST_SCORED} needed"
    elif simulated.low is None and simulated.high is None:
        why = "not scored: too little chance was seen for an interval"
    if not why:
        return row
    return row | {"misfit": np.nan, "inside": "", "note": "; ".join(part for part in (told["note"], why) if part)}


def _misfit(real: Estimate, simulated: Estimate, kind: str) -> dict[str, Any]:
    """Return the numbers of one row: both values, and how far they are from each other."""
    r, r_low, r_high, s, s_low, s_high = (
        np.nan if it is None else float(it)
        for it in (real.value, real.low, real.high, simulated.value, simulated.low, simulated.high)
    )
    scaled = np.array([r, r_low, r_high, s, s_low, s_high])
    if kind in ("ratio", "number"):
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled = np.log(scaled)
    widths = np.array([_width(*scaled[:3]), _width(*scaled[3:])])
    error = float(np.sqrt((widths**2).sum())) / (2.0 * MISFIT_LIMIT)
    misfit = (scaled[3] - scaled[0]) / error if error > 0.0 else np.nan
    inside = "" if np.isnan(misfit) else "yes" if abs(misfit) <= MISFIT_LIMIT else "no"
    return {"real": r, "real_low": r_low, "real_high": r_high, "real_count": real.replicates, "simulated": s,
            "simulated_low": s_low, "simulated_high": s_high, "simulated_count": simulated.replicates,
            "difference": s - r, "misfit": misfit, "ratio": s / r if r else np.nan, "inside": inside}  # fmt: skip


def _width(value: float, low: float, high: float) -> float:
    """Return the width of an interval: 0 if there is none, and twice the one side where the other has no end."""
    if np.isnan([low, high]).all():
        return 0.0
    sides = np.array([value - low, high - value])
    return 2.0 * float(sides[np.isfinite(sides)].mean()) if np.isfinite(sides).any() else np.nan


def _survival_by_size(name: str, patients: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield a row for each class of size and year of a real cohort."""
    cohort, real = COHORTS[name], load_real(name)
    days = [years * DAYS_PER_YEAR for years in cohort.years]
    found = read_survival(estimate_real_survival(name), days, by=("size",))
    wanted = {"negative": lambda nodes: nodes == 0, "positive": lambda nodes: nodes > 0}.get(cohort.nodes)
    missing = ["diameter_mm"] if "diameter_mm" not in patients else []
    without_nodes = wanted is not None and "nodes" not in patients
    chosen = patients if wanted is None or without_nodes else patients[wanted(patients["nodes"])]
    for size in cohort.classes:
        of_size = chosen.iloc[:0] if missing else chosen[classify(chosen["diameter_mm"].to_numpy(), cohort) == size]
        count = int((real["size"] == size).sum())
        for years, day in zip(cohort.years, days, strict=True):
            row, note = found[(found["size"] == size) & (found["day"] == day)].iloc[0], cohort.about
            risk = Estimate(1.0 - row["survival"], 1.0 - row["high"], 1.0 - row["low"], count)
            try:
                simulated = count_risk(cohort.endpoint, years)(of_size)
            except ScenarioError as mistake:
                simulated = Estimate(None, None, None, 0)
                note = "; ".join(f"{problem.where} {problem.what}" for problem in mistake.problems)
            if without_nodes:
                note = f"{note}; the simulated ones with any nodes, since these are not simulated".removeprefix("; ")
            if missing:
                note = f"column {missing[0]!r} is missing"
            told = {"group": f"event by size, {name}", "name": f"{size}, {years:g} years", "kind": "share",
                    "arm": patients["arm"].iloc[0] if len(patients) else "", "source": cohort.source,
                    "doi": cohort.doi, "confidence": "read", "note": note}  # fmt: skip
            yield _scored(told, risk, simulated)
