"""What an arm gains over the control: days of life, risk taken away, patients to treat for one to be spared.

Arms share their patients and the random streams of these, so that each patient is compared with himself: intervals
come from drawing whole patients anew, with all their arms.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.cohort.outcomes import arms_of, follow
from selfseed.cohort.survival import TAIL
from selfseed.results.estimates import Estimate, share_difference

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 2000
FEWEST_DIFFERING = 5
"""With fewer patients who differ between two arms, redrawing patients says nothing about chance."""
LEAST_DAY = 1.0 / 24.0
"""Patients whose days differ by less do not differ."""
_CELLS = 4_000_000


@dataclass(frozen=True)
class _Arm:
    """Hold one arm: for each row its patient's number, time [day] and event, in order of time."""

    patient: np.ndarray
    time: np.ndarray
    event: np.ndarray


def compare_restricted_means(
    patients: pd.DataFrame,
    endpoint: str,
    day: float,
    *,
    control: str | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    metastatic: str = "leave out",
) -> pd.DataFrame:
    """Compare the mean days without the event, up to ``day``, of each arm with those of the control.

    Parameters
    ----------
    patients : DataFrame
        One row per patient and arm.
    endpoint : str
        A name in `ENDPOINTS`.
    day : float, > 0 [day]
        The mean counts the days until then. Patients of every arm must have been followed so long.
    control : str, optional
        If absent, the first arm.
    resamples : int, >= 1
        How often patients are drawn anew.
    seed : int, >= 0
    metastatic : "leave out" or "count"

    Returns
    -------
    DataFrame
        One row per arm but the control: arm, control, day, mean_day, control_mean_day, gain_day, low_day, high_day
        (95 %), patients, differing (patients whose course differs by an hour or more), carried_by (how many carry the
        gain, see `carried_by`). NaN limits: fewer than five differ, or carry it.

    Raises
    ------
    ScenarioError
        If nobody of an arm was followed until ``day``.

    References
    ----------
    Royston & Parmar (2013), https://doi.org/10.1186/1471-2288-13-152
    """
    import pandas as pd

    table = []
    for arm, base, pair, shared in _pairs(patients, endpoint, day, control, metastatic):
        value = [float(_of_arm(one, day, np.ones((1, shared)))[1][0]) for one in pair]
        drawn = np.concatenate([_of_arm(pair[0], day, counts)[1] - _of_arm(pair[1], day, counts)[1]
                                for counts in _redraw(shared, resamples, seed)])  # fmt: skip
        time, event, alone = _shared(pair, day)
        differing = count_differing(time, event) + alone
        carried = carried_by(time[0] - time[1]) + alone
        enough = min(differing, carried) >= FEWEST_DIFFERING
        low, high = np.quantile(drawn, [TAIL, 1.0 - TAIL]) if enough else (np.nan, np.nan)
        table.append({"arm": arm, "control": base, "day": day, "mean_day": value[0], "control_mean_day": value[1],
                      "gain_day": value[0] - value[1], "low_day": low, "high_day": high, "patients": shared,
                      "differing": differing, "carried_by": carried})  # fmt: skip
    return pd.DataFrame(table)


def compare_risks(
    patients: pd.DataFrame,
    endpoint: str,
    day: float,
    *,
    control: str | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    metastatic: str = "leave out",
) -> pd.DataFrame:
    """Compare the risk of the event by ``day`` in each arm with that in the control, and count whom to treat.

    Parameters
    ----------
    patients, endpoint, day, control, resamples, seed, metastatic
        See `compare_restricted_means`.

    Returns
    -------
    DataFrame
        One row per arm but the control: arm, control, day, risk, control_risk, reduction (control minus arm), low,
        high (95 %), needed (patients to treat for one to be spared; negative: for one to be harmed), needed_low,
        needed_high, words, patients, differing.

    Raises
    ------
    ScenarioError
        If nobody of an arm was followed until ``day``.

    Notes
    -----
    Where it is known of every patient whether he had the event by ``day``, the interval is that of paired shares
    (Tango's score interval), honest also where few pairs differ; otherwise that of redrawn patients. The limits of the
    number needed to treat are one over those of the reduction: where these lie on both sides of 0, the interval goes
    from ``needed_low`` to spare one, through infinity, to ``needed_high`` (negative) to harm one.

    References
    ----------
    Altman (1998), https://doi.org/10.1136/bmj.317.7168.1309;
    Tango (1998), https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B
    """
    import pandas as pd

    table = []
    for arm, base, pair, shared in _pairs(patients, endpoint, day, control, metastatic):
        risk, control_risk = (1.0 - float(_of_arm(one, day, np.ones((1, shared)))[0][0]) for one in pair)
        differing = _differing(pair, day)
        reduction = _reduction(pair, day, shared, resamples, seed, control_risk - risk, differing)
        low, high = (np.nan if limit is None else limit for limit in (reduction.low, reduction.high))
        needed, needed_low, needed_high = number_needed(control_risk - risk, low, high)
        table.append({"arm": arm, "control": base, "day": day, "risk": risk, "control_risk": control_risk,
                      "reduction": control_risk - risk, "low": low, "high": high, "needed": needed,
                      "needed_low": needed_low, "needed_high": needed_high,
                      "words": tell_needed(control_risk - risk, low, high), "patients": shared,
                      "differing": differing})  # fmt: skip
    return pd.DataFrame(table)


def number_needed(reduction: float, low: float, high: float) -> tuple[float, float, float]:
    """Return how many to treat for one to be spared, and the limits: one over the reduction and over its limits.

    Examples
    --------
    >>> number_needed(0.04, 0.02, 0.05)
    (25.0, 20.0, 50.0)
    >>> number_needed(0.02, -0.01, 0.05)
    (50.0, 20.0, -100.0)
    """
    value, first, last = (1.0 / share if share else math.inf for share in (reduction, high, low))
    return value, first, last


def tell_needed(reduction: float, low: float, high: float) -> str:
    """Return the number needed to treat, with its 95 % interval, in words that a reader cannot take wrongly.

    Examples
    --------
    >>> tell_needed(0.04, 0.02, 0.05)
    'treat 25 to spare one (95 % interval 20 to 50)'
    >>> tell_needed(-0.04, -0.05, -0.02)
    'treat 25 to harm one (95 % interval 20 to 50)'
    >>> tell_needed(0.02, -0.01, 0.05)
    'no difference shown: from 20 treated to spare one, through infinity, to 100 treated to harm one'
    """
    if math.isnan(low) or math.isnan(high):
        return "not known: too few patients differ between the arms"
    if low <= 0.0 <= high:
        best = f"from {_patients(high)} treated to spare one" if high > 0.0 else ""
        worst = f"to {_patients(-low)} treated to harm one" if low < 0.0 else ""
        return "no difference shown: " + ", ".join(part for part in (best, "through infinity", worst) if part)
    done, limits = ("spare", (high, low)) if low > 0.0 else ("harm", (-low, -high))
    first, last = (_patients(limit) for limit in limits)
    return f"treat {_patients(abs(reduction))} to {done} one (95 % interval {first} to {last})"


def _patients(share: float) -> str:
    """Return one over ``share`` in whole patients, rounded up: nobody can treat a part of one."""
    return f"{math.ceil(1.0 / share - 1e-9):,}"


def _pairs(
    patients: pd.DataFrame, endpoint: str, day: float, control: str | None, metastatic: str
) -> Iterator[tuple[str, str, tuple[_Arm, _Arm], int]]:
    """Yield each arm but the control, the control, the courses of both, and how many patients they have."""
    if not day > 0.0:
        raise ScenarioError("the question", [Problem("day", f"= {day:g}", "must be > 0 day after diagnosis")])
    rows = follow(patients, endpoint, metastatic=metastatic)
    base, *arms = arms_of(rows, control) or ("",)
    if not arms:
        raise ScenarioError("the table of patients", [Problem("arm", "has one value", "a comparison needs two")])
    for arm in arms:
        two = rows[rows["arm"].isin((arm, base))]
        names, number = np.unique(two["patient"].to_numpy(), return_inverse=True)
        is_arm = (two["arm"] == arm).to_numpy()
        pair = tuple(_arm(two, number, chosen, day) for chosen in (is_arm, ~is_arm))
        yield arm, base, (pair[0], pair[1]), len(names)


def _arm(rows: pd.DataFrame, number: np.ndarray, chosen: np.ndarray, day: float) -> _Arm:
    time, event = rows["time_day"].to_numpy(float)[chosen], rows["event"].to_numpy(bool)[chosen]
    longest = time.max(initial=0.0)
    if longest < day and not event[time == longest].all():
        arm = rows["arm"].to_numpy()[chosen][0]
        what = f"= {day:g}, but nobody of arm {arm!r} was followed beyond day {longest:g}"
        raise ScenarioError("the question", [Problem("day", what, f"must be <= {longest:g} day")])
    order = np.argsort(time, kind="stable")
    return _Arm(number[chosen][order], time[order], event[order])


def _of_arm(arm: _Arm, day: float, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return survival on ``day`` and mean days until then, for each row of ``counts`` (resample, patient)."""
    weights = counts[:, arm.patient]
    seen = arm.event & (arm.time <= day)
    times = np.unique(arm.time[seen])
    if not len(times):
        return np.ones(len(counts)), np.full(len(counts), float(day))
    at_risk = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1][:, np.searchsorted(arm.time, times, side="left")]
    place = np.searchsorted(arm.time[seen], times, side="left")
    died = np.add.reduceat(weights[:, seen], place, axis=1)
    survival = np.cumprod(1.0 - died / np.maximum(at_risk, 1.0), axis=1)
    lengths = np.diff(np.append(times, day))
    return survival[:, -1], times[0] + survival @ lengths


def _redraw(patients: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield how often each patient is drawn (resample, patient), some resamples at a time."""
    rng = np.random.default_rng(seed)
    at_once = max(1, _CELLS // max(1, patients))
    for start in range(0, resamples, at_once):
        rows = min(at_once, resamples - start)
        drawn = rng.integers(0, patients, (rows, patients)) + patients * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * patients).reshape(rows, patients).astype(float)


def count_differing(time: np.ndarray, event: np.ndarray) -> int:
    """Return how many patients have another course in one arm than in the other.

    Parameters
    ----------
    time : float[2, patient] [day]
        In either arm.
    event : bool[2, patient]
    """
    return int(((abs(time[0] - time[1]) >= LEAST_DAY) | (event[0] != event[1])).sum())


def carried_by(days: np.ndarray) -> float:
    r"""Return how many patients carry a gain: :math:`(\sum |d|)^2 / \sum d^2`.

    It is n where n patients gain or lose the same, and one where a single patient gains nearly all.

    Parameters
    ----------
    days : float[patient] [day]
        What each gains, or loses.

    References
    ----------
    Kish (1965), Survey Sampling, chapter 8.

    Examples
    --------
    >>> carried_by(np.array([10.0, -10.0, 10.0])), round(carried_by(np.array([100.0, 0.1, 0.1])), 2)
    (3.0, 1.0)
    """
    square = float((days**2).sum())
    return float(abs(days).sum()) ** 2 / square if square > 0.0 else 0.0


def _shared(pair: tuple[_Arm, _Arm], day: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Return time [day] and event until ``day`` (arm, patient) of those in both arms, and how many are in one only."""
    both, *places = np.intersect1d(pair[0].patient, pair[1].patient, return_indices=True)
    time = np.stack([np.minimum(one.time[place], day) for one, place in zip(pair, places, strict=True)])
    event = np.stack([(one.event & (one.time <= day))[place] for one, place in zip(pair, places, strict=True)])
    return time, event, sum(len(one.patient) for one in pair) - 2 * len(both)


def _differing(pair: tuple[_Arm, _Arm], day: float) -> int:
    """Return how many patients have another course until ``day`` in one arm than in the other, or are in one only."""
    time, event, alone = _shared(pair, day)
    return count_differing(time, event) + alone


def _reduction(
    pair: tuple[_Arm, _Arm], day: float, shared: int, resamples: int, seed: int, value: float, differing: int
) -> Estimate:
    if all(len(one.patient) == shared and (one.event | (one.time >= day)).all() for one in pair):
        had = [np.zeros(shared, dtype=bool) for _ in pair]
        for flags, one in zip(had, pair, strict=True):
            flags[one.patient] = one.event & (one.time <= day)
        return share_difference(had[1], had[0])
    if differing < FEWEST_DIFFERING:
        return Estimate(value, None, None, shared)
    drawn = np.concatenate([_of_arm(pair[0], day, counts)[0] - _of_arm(pair[1], day, counts)[0]
                            for counts in _redraw(shared, resamples, seed)])  # fmt: skip
    low, high = np.quantile(drawn, [TAIL, 1.0 - TAIL])
    return Estimate(value, float(low), float(high), shared)
