"""Ratios of hazards by Cox's regression, with intervals that know that arms share their patients."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.base.errors import Problem, RunError, ScenarioError
from selfseed.cohort.benefit import FEWEST_DIFFERING, count_differing
from selfseed.cohort.outcomes import arms_of, check_patients, follow
from selfseed.cohort.survival import TAIL, require_lifelines

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "model", "covariate", "level", "reference", "per", "hazard_ratio", "low", "high", "p", "log_ratio",
    "standard_error", "patients", "events", "concordance", "note",
)  # fmt: skip
MODELS = ("alone", "together")
FEWEST_EVENTS = 5
"""For each number that a regression estimates; see Vittinghoff & McCulloch 2007, https://doi.org/10.1093/aje/kwk052"""
MOST_ERROR = 2.0
"""Of a log hazard ratio per standard deviation; above it the likelihood has no peak that is worth the name."""
NO_EVENTS = "no events on one side: the ratio is not known"
FEW_EVENTS = f"fewer than {FEWEST_EVENTS} patients with the event for each covariate: the ratio is not known"
FORETOLD = "a covariate foretells the event without fail, so that no ratio is too high: not known"
FEW_DIFFER = f"fewer than {FEWEST_DIFFERING} patients differ between the arms: no interval"


def estimate_hazard_ratios(
    patients: pd.DataFrame,
    endpoint: str,
    covariates: Sequence[str] | Mapping[str, float],
    *,
    models: Sequence[str] = MODELS,
    control: str | None = None,
    metastatic: str = "leave out",
) -> pd.DataFrame:
    """Estimate the hazard ratio of each covariate, alone and together with the others.

    Parameters
    ----------
    patients : DataFrame
        One row per patient and arm. Rows in which a covariate is missing are left out.
    endpoint : str
        A name in `ENDPOINTS`.
    covariates : sequence of str, or mapping of str to float
        Columns. A mapping says for each how large a step its ratio is for, in the unit of the column: ``10`` for
        ``diameter_mm`` gives the ratio per 10 mm. Columns of words, and ``arm``, give a ratio for each of their
        values against the first (the control).
    models : sequence of "alone", "together"
    control : str, optional
        The arm with which others are compared; if absent, the first.
    metastatic : "leave out" or "count"

    Returns
    -------
    DataFrame
        One row per model, covariate and level, with the columns in ``COLUMNS``; ratios with 95 % intervals. What
        cannot be told is NaN, with a note: ratios where an event is wanting on one side, where fewer than five
        patients per covariate have it, or where a covariate foretells it without fail; intervals of arms between which
        fewer than five patients differ.

    Raises
    ------
    ScenarioError
        If a covariate is unknown, or the same in everybody.
    RunError
        If the regression does not come to an end, as where two covariates say the same.

    Notes
    -----
    Standard errors are robust and clustered by patient: one patient stands in several arms, on the same random
    streams. Hazards are taken to be proportional; where they are not, the ratio is a mean over time that depends on
    follow-up. Ties are handled by Efron's method.

    References
    ----------
    Cox (1972), https://doi.org/10.1111/j.2517-6161.1972.tb00899.x;
    Lin & Wei (1989), https://doi.org/10.1080/01621459.1989.10478874
    """
    import pandas as pd

    require_lifelines()
    steps = dict(covariates) if isinstance(covariates, Mapping) else dict.fromkeys(covariates, 1.0)
    check_patients(patients, steps)
    rows = follow(patients, endpoint, metastatic=metastatic)
    rows = rows[rows[list(steps)].notna().all(axis=1)]
    parts = {name: _columns(rows, name, step, control) for name, step in steps.items()}
    table: list[dict[str, Any]] = []
    for model in models:
        groups = [[name] for name in steps] if model == "alone" else [list(steps)]
        for names in groups:
            table += [{"model": model} | row for row in _fit(rows, {name: parts[name] for name in names})]
    for row in table:
        if row["covariate"] == "arm" and not row["note"] and _few_differ(rows, row["level"], row["reference"]):
            row |= dict.fromkeys(("low", "high", "p", "standard_error"), np.nan) | {"note": FEW_DIFFER}
    return pd.DataFrame(table, columns=list(COLUMNS))


def _few_differ(rows: pd.DataFrame, arm: str, control: str) -> bool:
    """Tell whether two arms of the same patients are too alike for errors clustered by patient to say anything."""
    courses = [rows[rows["arm"].astype(str) == name].set_index("patient") for name in (arm, control)]
    shared = courses[0].index.intersection(courses[1].index)
    time, event = (np.stack([one.loc[shared, name] for one in courses]) for name in ("time_day", "event"))
    alone = sum(len(one) for one in courses) - 2 * len(shared)
    return count_differing(time, event) + alone < FEWEST_DIFFERING


def _columns(rows: pd.DataFrame, name: str, step: float, control: str | None) -> dict[tuple[str, str, float], Any]:
    """Return the columns of numbers that stand for a covariate, by level, reference and step."""
    values = rows[name]
    if name == "arm" or values.dtype == object or str(values.dtype) in ("category", "string", "bool"):
        levels = arms_of(rows, control) if name == "arm" else sorted(dict.fromkeys(values), key=str)
        if str(values.dtype) == "category":
            levels = [level for level in values.cat.categories if (values == level).any()]
        found = {(str(level), str(levels[0]), 1.0): (values == level).to_numpy(float) for level in list(levels)[1:]}
    else:
        numbers = values.to_numpy(float)
        found = {("", "", float(step)): numbers / step} if len(numbers) and np.ptp(numbers) > 0.0 else {}
    if not found:
        problem = Problem(name, "is the same in every patient", "leave it out: nothing can be learned about it")
        raise ScenarioError("the covariates", [problem])
    return found


def _fit(rows: pd.DataFrame, parts: Mapping[str, Mapping[tuple[str, str, float], Any]]) -> list[dict[str, Any]]:
    """Return one row for each column of numbers, from one regression on all that can be told."""
    event = rows["event"].to_numpy(bool)
    columns = [(name, *key, values) for name, part in parts.items() for key, values in part.items()]
    notes = ["" if key[1] == "" or _events_on_both_sides(key[4], event) else NO_EVENTS for key in columns]
    usable = [not note for note in notes]
    if rows.loc[event, "patient"].nunique() < FEWEST_EVENTS * sum(usable):
        notes = [note or FEW_EVENTS for note in notes]
    elif any(usable):
        fitted = _regress(rows, np.stack([key[4] for key, use in zip(columns, usable, strict=True) if use], -1))
    told, place = [], 0
    for (name, level, reference, step, _), note in zip(columns, notes, strict=True):
        row = {
            "covariate": name,
            "level": level,
            "reference": reference,
            "per": step,
            "patients": rows["patient"].nunique(),
            "events": int(event.sum()),
            "note": note,
        }
        if not note:
            row |= {key: values[place] for key, values in fitted.items()}
            place += 1
        told.append(row)
    return told


def _events_on_both_sides(values: np.ndarray, event: np.ndarray) -> bool:
    return bool(event[values > 0.0].any() and event[values == 0.0].any())


def _regress(rows: pd.DataFrame, design: np.ndarray) -> dict[str, list[Any]]:
    """Return per column of ``design`` the ratio, its interval, a note, and the concordance of the regression."""
    import pandas as pd
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError, StatError
    from scipy.special import ndtr, ndtri

    time, event = rows["time_day"].to_numpy(float), rows["event"].to_numpy(bool)
    data = pd.DataFrame(design).assign(time=time, event=event)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = CoxPHFitter().fit(data, "time", "event")
    except (ConvergenceError, StatError, np.linalg.LinAlgError, ValueError) as cause:
        remedy = "leave out covariates that say the same as others, or that foretell the outcome without fail"
        raise RunError(f"Cox's regression came to no end: {remedy}") from cause
    log_ratio, spread = fitted.params_.to_numpy(), fitted.variance_matrix_.to_numpy()
    loose = np.sqrt(np.diag(spread)) * design.std(axis=0) > MOST_ERROR
    if loose.any() or is_separated(time, event, design @ log_ratio):
        return {"note": [FORETOLD] * len(log_ratio)}
    moves = score_residuals(time, event, design, log_ratio) @ spread
    _, cluster = np.unique(rows["patient"].to_numpy(), return_inverse=True)
    summed = np.zeros((cluster.max() + 1, design.shape[1]))
    np.add.at(summed, cluster, moves)
    error = np.sqrt((summed**2).sum(axis=0))
    half = -ndtri(TAIL) * error
    try:
        concordance = float(fitted.concordance_index_)
    except ZeroDivisionError:  # no two patients of whom it is known who had the event first
        concordance = np.nan
    return {
        "hazard_ratio": list(np.exp(log_ratio)),
        "low": list(np.exp(log_ratio - half)),
        "high": list(np.exp(log_ratio + half)),
        "p": list(2.0 * ndtr(-abs(log_ratio) / np.where(error > 0.0, error, np.nan))),
        "log_ratio": list(log_ratio),
        "standard_error": list(error),
        "concordance": [concordance] * len(log_ratio),
        "note": [""] * len(log_ratio),
    }


def is_separated(time: np.ndarray, event: np.ndarray, score: np.ndarray) -> bool:
    """Tell whether all who have the event then have the highest score of those at risk, so that no ratio is too high.

    Parameters
    ----------
    time : float[n] [day]
    event : bool[n]
    score : float[n]
        What the regression makes of each row's covariates; the same in all is no foretelling.

    References
    ----------
    Bryson & Johnson (1981), https://doi.org/10.2307/1267823
    """
    order = np.argsort(-time, kind="stable")
    later = np.searchsorted(-time[order], -time[order], side="right") - 1
    highest = np.maximum.accumulate(score[order])[later]
    tolerance = 1e-9 * np.ptp(score)
    return bool(np.ptp(score) > 0.0 and (score[order] >= highest - tolerance)[event[order]].all())


def score_residuals(time: np.ndarray, event: np.ndarray, design: np.ndarray, log_ratio: np.ndarray) -> np.ndarray:
    r"""Return what each row adds to the score of Cox's partial likelihood, and to its spread.

    .. math:: u_i = \delta_i (x_i - \bar x(t_i)) - e^{\beta x_i} \sum_{t_j \le t_i} \delta_j
              \frac{x_i - \bar x(t_j)}{S_0(t_j)} .

    Parameters
    ----------
    time : float[n] [day]
    event : bool[n]
    design : float[n, k]
    log_ratio : float[k]
        The estimate :math:`\beta`.

    Returns
    -------
    float[n, k]

    References
    ----------
    Lin & Wei (1989), https://doi.org/10.1080/01621459.1989.10478874
    """
    order = np.argsort(time, kind="stable")
    t, died, x = time[order], event[order].astype(float), design[order] - design.mean(axis=0)
    risk = np.exp(x @ log_ratio)
    first, last = np.searchsorted(t, t, side="left"), np.searchsorted(t, t, side="right") - 1
    at_risk = np.cumsum(risk[::-1])[::-1][first]
    centre = (np.cumsum((risk[:, None] * x)[::-1], axis=0)[::-1])[first] / at_risk[:, None]
    hazard = np.cumsum(died / at_risk)[last]
    drift = np.cumsum(died[:, None] * centre / at_risk[:, None], axis=0)[last]
    found = np.empty_like(x)
    found[order] = died[:, None] * (x - centre) - risk[:, None] * (x * hazard[:, None] - drift)
    return found
