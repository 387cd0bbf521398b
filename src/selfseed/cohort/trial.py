"""Trials of patients, drawn from simulated ones: power against size and follow-up, and whom to let in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.cohort.outcomes import DAYS_PER_YEAR, arms_of, check_patients, follow
from selfseed.results.estimates import share

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
TRIALS = 1000
_CELLS = 2_000_000
_FEWEST_PATIENTS = 20


@dataclass(frozen=True)
class _Pool:
    """Hold the patients from whom trials are drawn: time [day] and event in either arm (arm, patient)."""

    time: np.ndarray
    event: np.ndarray


def estimate_power(
    patients: pd.DataFrame,
    arm: str,
    endpoint: str,
    sizes: Sequence[int],
    *,
    follow_up_years: Sequence[float] = (5.0,),
    accrual_years: float = 3.0,
    lost_per_year: float = 0.0,
    alpha: float = ALPHA,
    trials: int = TRIALS,
    control: str | None = None,
    metastatic: str = "leave out",
    seed: int = 0,
) -> pd.DataFrame:
    """Estimate the power of a trial of ``arm`` against the control, by drawing trials from simulated patients.

    Each trial draws its patients anew, gives half of them to either arm, lets them enter at an even rate, follows the
    last of them for ``follow_up_years``, and asks the log-rank test.

    Parameters
    ----------
    patients : DataFrame
        One row per patient and arm; the courses in both arms must have been simulated for long enough.
    arm, endpoint : str
    sizes : sequence of int, >= 4
        Patients randomised, both arms together; odd numbers give one more to the control.
    follow_up_years : sequence of float, > 0 [year]
        From the entry of the last patient to the analysis.
    accrual_years : float, >= 0 [year]
    lost_per_year : float, in [0, 1)
        Share of patients lost to follow-up each year.
    alpha : float, in (0, 1)
        Two-sided.
    trials : int, >= 1
    control : str, optional
    metastatic : "leave out" or "count"
    seed : int, >= 0

    Returns
    -------
    DataFrame
        One row per size and follow-up: size, follow_up_years, accrual_years, power, low, high (95 %, Wilson),
        schoenfeld (power by Schoenfeld's formula for the hazard ratio and the events at hand), events (mean of a
        trial), hazard_ratio (of the whole pool, under this follow-up), trials.

    Raises
    ------
    ScenarioError
        If the courses were not simulated for as long as a trial would follow them, or a number is out of its range.

    Notes
    -----
    A trial longer than the simulation cannot be told. Simulated patients are drawn with replacement, so that a pool
    of few makes trials too alike: take a pool several times the largest trial. Schoenfeld's formula supposes
    proportional hazards; where it and the drawn power differ, hazards are not proportional.

    References
    ----------
    Mantel (1966), https://pubmed.ncbi.nlm.nih.gov/5910392; Schoenfeld (1983), https://doi.org/10.2307/2531021

    Examples
    --------
    >>> estimate_power(patients, "chemotherapy", "overall survival", [200, 400])    # doctest: +SKIP
    """
    import pandas as pd

    _refuse(sizes, follow_up_years, accrual_years, lost_per_year, alpha, trials)
    pool = _pool(patients, arm, endpoint, control, metastatic, accrual_years + max(follow_up_years))
    table = []
    for number, years in enumerate(follow_up_years):
        design = (accrual_years, float(years), lost_per_year)
        log_ratio, event_share = _whole(pool, design, np.random.default_rng([seed, 1, number]))
        for size in sizes:
            rng = np.random.default_rng([seed, 0, number, size])
            scores, events = _drawn(pool, size, design, trials, rng)
            found = share(abs(scores) > _quantile(1.0 - alpha / 2.0))
            table.append({"size": size, "follow_up_years": float(years), "accrual_years": accrual_years,
                          "power": found.value, "low": found.low, "high": found.high,
                          "schoenfeld": tell_power(np.exp(log_ratio), event_share * size, alpha=alpha),
                          "events": events.mean(), "hazard_ratio": np.exp(log_ratio), "trials": trials})  # fmt: skip
    return pd.DataFrame(table)


def compare_designs(
    patients: pd.DataFrame,
    arm: str,
    endpoint: str,
    biomarker: str,
    thresholds: Sequence[float],
    sizes: Sequence[int],
    *,
    power: float = 0.8,
    control: str | None = None,
    alpha: float = ALPHA,
    **design: Any,
) -> pd.DataFrame:
    """Compare a trial of all comers with trials of those whose ``biomarker`` is at or above a threshold.

    Parameters
    ----------
    patients, arm, endpoint, sizes, control, alpha
        See `estimate_power`; its other settings can be given as well.
    biomarker : str
        A column measured at diagnosis, such as "il6", "il8" or "ctc".
    thresholds : sequence of float
        In the unit of the column; a patient is let in at or above.
    power : float, in (0, 1)
        For which the number of patients is told.

    Returns
    -------
    DataFrame
        The columns of `estimate_power`, and design ("all comers" or e.g. "il6 ≥ 2"), threshold (NaN for all comers),
        prevalence (share let in), screened (patients to test for so many to be randomised), needed (patients to
        randomise for ``power``, by Schoenfeld's formula) and needed_screened.

    Raises
    ------
    ScenarioError
        If the column is missing, or fewer than twenty patients reach a threshold.
    """
    import pandas as pd

    check_patients(patients, (biomarker,))
    base = arms_of(patients, control)[0]
    eligible = follow(patients[patients["arm"] == base], endpoint, metastatic=design.get("metastatic", "leave out"))
    measured = eligible.set_index("patient")[biomarker].astype(float)
    parts = []
    for threshold in (np.nan, *thresholds):
        chosen = measured.index if np.isnan(threshold) else measured.index[measured >= threshold]
        if len(chosen) < _FEWEST_PATIENTS:
            what = f"{threshold:g} is reached by {len(chosen)} of {len(measured)} simulated patients"
            remedy = f"must be reached by {_FEWEST_PATIENTS} or more: simulate more patients, or take a lower one"
            raise ScenarioError("the question", [Problem(f"threshold of {biomarker}", what, remedy)])
        kept = patients[patients["patient"].isin(chosen)]
        part = estimate_power(kept, arm, endpoint, sizes, control=base, alpha=alpha, **design)
        prevalence = len(chosen) / len(measured)
        needed = [
            count_needed(ratio, events / size, power=power, alpha=alpha)
            for ratio, events, size in zip(part["hazard_ratio"], part["events"], part["size"], strict=True)
        ]
        name = "all comers" if np.isnan(threshold) else f"{biomarker} ≥ {threshold:.3g}"
        parts.append(part.assign(design=name, threshold=threshold, prevalence=prevalence,
                                 screened=np.ceil(part["size"] / prevalence), needed=needed,
                                 needed_screened=np.ceil(np.array(needed) / prevalence)))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def tell_power(hazard_ratio: float, events: float, *, alpha: float = ALPHA) -> float:
    r"""Return the power of the log-rank test by Schoenfeld's formula, for two arms of equal size.

    .. math:: 1 - \beta = \Phi(\sqrt{d / 4}\,|\ln\theta| - z_{1 - \alpha/2})
              + \Phi(-\sqrt{d / 4}\,|\ln\theta| - z_{1 - \alpha/2}) .

    Parameters
    ----------
    hazard_ratio : float, > 0
    events : float, >= 0
        Expected in both arms together.
    alpha : float
        Two-sided.

    Returns
    -------
    float, in (0, 1)

    References
    ----------
    Schoenfeld (1983), https://doi.org/10.2307/2531021

    Examples
    --------
    >>> round(tell_power(0.7, 247), 2), round(tell_power(1.0, 247), 3)
    (0.8, 0.05)
    """
    from scipy.special import ndtr

    shift, limit = np.sqrt(events / 4.0) * abs(np.log(hazard_ratio)), _quantile(1.0 - alpha / 2.0)
    return float(ndtr(shift - limit) + ndtr(-shift - limit))


def count_events(hazard_ratio: float, *, power: float = 0.8, alpha: float = ALPHA) -> float:
    r"""Return the events that the log-rank test needs: :math:`4 (z_{1-\alpha/2} + z_{1-\beta})^2 / \ln^2\theta`.

    Infinite where the hazards are equal.

    Parameters
    ----------
    hazard_ratio : float, > 0
    power, alpha : float, in (0, 1)
        The second is two-sided.

    Returns
    -------
    float [events]
        In both arms together.

    References
    ----------
    Schoenfeld (1983), https://doi.org/10.2307/2531021

    Examples
    --------
    >>> round(count_events(0.5), 1), round(count_events(0.7, power=0.9), 1)
    (65.3, 330.4)
    """
    distance = np.log(hazard_ratio) ** 2
    return float(4.0 * (_quantile(1.0 - alpha / 2.0) + _quantile(power)) ** 2 / distance) if distance else float("inf")


def count_needed(hazard_ratio: float, event_share: float, *, power: float = 0.8, alpha: float = ALPHA) -> float:
    """Return how many patients to randomise, in whole pairs; infinite where no number is enough, nan for no ratio.

    Parameters
    ----------
    hazard_ratio : float, > 0
    event_share : float, in [0, 1]
        Share of the patients of a trial, both arms together, who have the event in it.
    power, alpha : float, in (0, 1)

    Examples
    --------
    >>> count_needed(0.7, 0.4)
    618.0
    """
    events = count_events(hazard_ratio, power=power, alpha=alpha)
    if math.isnan(events):
        return math.nan
    return float(2.0 * np.ceil(events / event_share / 2.0)) if event_share > 0.0 and np.isfinite(events) else np.inf


def log_rank(time: np.ndarray, event: np.ndarray, treated: np.ndarray) -> np.ndarray:
    """Return the log-rank score of many trials at once: about standard normal where the arms do the same.

    Parameters
    ----------
    time : float[trials, n]
    event, treated : bool[trials, n]

    Returns
    -------
    float[trials]
        Below 0 where the treated fare better; 0 where nothing can be told.

    Notes
    -----
    Equal times are taken in the order in which they stand, not together; the error is of the size of the share of
    ties, and simulated days have few.
    """
    order = np.argsort(time, axis=1, kind="stable")
    died = np.take_along_axis(event, order, axis=1).astype(float)
    ours = np.take_along_axis(treated, order, axis=1).astype(float)
    at_risk = np.arange(time.shape[1], 0, -1, dtype=float)
    expected = np.cumsum(ours[:, ::-1], axis=1)[:, ::-1] / at_risk
    difference = (died * (ours - expected)).sum(axis=1)
    variance = (died * expected * (1.0 - expected)).sum(axis=1)
    return np.where(variance > 0.0, difference / np.sqrt(np.where(variance > 0.0, variance, 1.0)), 0.0)


def _quantile(probability: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)


def _refuse(
    sizes: Sequence[int], years: Sequence[float], accrual: float, lost: float, alpha: float, trials: int
) -> None:
    """Raise, with all of them, where numbers of a design are out of their range."""
    checks = [
        ("sizes", list(sizes), bool(len(sizes)) and min(sizes) >= 4, "at least 4 patients each"),
        ("follow_up_years", list(years), bool(len(years)) and min(years) > 0.0, "must be > 0 year each"),
        ("accrual_years", accrual, accrual >= 0.0, "must be >= 0 year"),
        ("lost_per_year", lost, 0.0 <= lost < 1.0, "must be in [0, 1): a share each year"),
        ("alpha", alpha, 0.0 < alpha < 1.0, "must be in (0, 1)"),
        ("trials", trials, trials >= 1, "must be >= 1"),
    ]
    problems = [Problem(name, f"= {given}", remedy) for name, given, fine, remedy in checks if not fine]
    if problems:
        raise ScenarioError("the design of the trial", problems)


def _pool(patients: pd.DataFrame, arm: str, endpoint: str, control: str | None, metastatic: str, years: float) -> _Pool:
    """Return the courses of all patients in the control and in ``arm``, known for ``years`` after diagnosis."""
    base = arms_of(patients, control)[0]
    if arm not in set(patients["arm"]) or arm == base:
        others = [name for name in arms_of(patients, base) if name != base]
        problem = Problem("arm", f"{arm!r} is not to be compared", f"must be one of: {', '.join(others)}")
        raise ScenarioError("the design of the trial", [problem])
    rows = follow(patients[patients["arm"].isin((base, arm))], endpoint, metastatic=metastatic)
    known = rows["death_day"].notna() | rows["event"] | (rows["follow_up_day"] >= years * DAYS_PER_YEAR - 1e-6)
    if not known.all():
        longest = rows.loc[~known, "follow_up_day"].min() / DAYS_PER_YEAR
        what = f"take {years:g} years, but a patient was simulated for only {longest:.3g}"
        raise ScenarioError("the design of the trial", [Problem("accrual and follow-up", what, "simulate for longer")])
    wide = [rows[rows["arm"] == name].set_index("patient") for name in (base, arm)]
    shared = wide[0].index.intersection(wide[1].index)
    if len(shared) < _FEWEST_PATIENTS:
        what = f"{len(shared)} patients are in both arms"
        raise ScenarioError("the table of patients", [Problem("patient", what, f"{_FEWEST_PATIENTS} are needed")])
    wide = [table.loc[shared] for table in wide]
    return _Pool(np.stack([table["time_day"].to_numpy(float) for table in wide]),
                 np.stack([table["event"].to_numpy(bool) for table in wide]))  # fmt: skip


def _drawn(
    pool: _Pool, size: int, design: tuple[float, float, float], trials: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the log-rank score and the events of each trial."""
    scores, events = [], []
    at_once = max(1, _CELLS // size)
    treated = np.arange(size) >= size - size // 2
    for start in range(0, trials, at_once):
        shape = (min(at_once, trials - start), size)
        who = rng.integers(0, pool.time.shape[1], shape)
        time, event = _observed(pool, who, np.broadcast_to(treated.astype(int), shape), design, rng)
        scores.append(log_rank(time, event, np.broadcast_to(treated, shape)))
        events.append(event.sum(axis=1))
    return np.concatenate(scores), np.concatenate(events)


def _observed(
    pool: _Pool, who: np.ndarray, arm: np.ndarray, design: tuple[float, float, float], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a trial sees of patients ``who``: until the analysis, or until they are lost."""
    accrual, years, lost = design
    end = (years + accrual * rng.random(who.shape)) * DAYS_PER_YEAR
    if lost:
        end = np.minimum(end, rng.exponential(-1.0 / np.log1p(-lost), who.shape) * DAYS_PER_YEAR)
    time, event = pool.time[arm, who], pool.event[arm, who]
    return np.minimum(time, end), event & (time <= end)


def _whole(pool: _Pool, design: tuple[float, float, float], rng: np.random.Generator) -> tuple[float, float]:
    """Return the logarithm of the hazard ratio in the whole pool under a design, and the share who have the event."""
    count = pool.time.shape[1]
    who, arm = np.tile(np.arange(count), 2), np.repeat([0, 1], count)
    time, event = _observed(pool, who, arm, design, rng)
    return _log_ratio(time, event, arm.astype(float)), float(event.mean())


def _log_ratio(time: np.ndarray, event: np.ndarray, treated: np.ndarray) -> float:
    """Return Cox's estimate for two arms, by Newton's method; nan where one of them has no event."""
    order = np.argsort(time, kind="stable")
    died, ours = event[order], treated[order]
    if not died[ours > 0.0].any() or not died[ours == 0.0].any():
        return math.nan
    treated_left, control_left = np.cumsum(ours[::-1])[::-1][died], np.cumsum(1.0 - ours[::-1])[::-1][died]
    estimate = 0.0
    for _ in range(50):
        chance = treated_left * np.exp(estimate) / (treated_left * np.exp(estimate) + control_left)
        step = float((ours[died] - chance).sum() / (chance * (1.0 - chance)).sum())
        estimate += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-9:
            break
    return estimate
