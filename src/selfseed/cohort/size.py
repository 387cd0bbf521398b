"""Does size cause metastasis, or mark it? Asked by intervening on the same virtual patients, not by regression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from selfseed.base.errors import Problem, RunError, ScenarioError
from selfseed.cohort.benefit import FEWEST_DIFFERING, count_differing
from selfseed.cohort.model import Cohort
from selfseed.cohort.naive import compare_regressions
from selfseed.cohort.outcomes import DAYS_PER_YEAR, follow
from selfseed.cohort.patients import AS_IT_IS, World
from selfseed.cohort.run import run_cohort

if TYPE_CHECKING:
    import pandas as pd

ENDPOINT = "freedom from distant metastasis"
OBSERVED, CLAMPED, SLOWED, NO_RETURN, APART = (
    "as they are", "resected at a given size", "primary slowed", "nothing returns", "aggressiveness not shared",
)  # fmt: skip
MEANING = {
    OBSERVED: "patients as they are found",
    CLAMPED: "each is found at a size that was dealt out anew, whatever else they are like",
    SLOWED: "the primary grows at half the pace, and nothing else is changed",
    NO_RETURN: "no circulating cell takes root in a tumour",
    APART: "what makes the tumour grow is no longer tied to what makes it spread",
}
SIZES_MM = (10.0, 20.0, 30.0, 50.0)
YEARS = (5.0, 10.0)
SLOW_PACE = 0.5
RESAMPLES = 400
MOST_FAILING = 0.05
"""Share of redrawings in which the association may be missing, since too few patients have a metastasis."""
NO_ASSOCIATION = (
    "size and metastasis do not go together beyond chance: there is nothing to share out; take more patients"
)
FEW_DIFFER = f"fewer than {FEWEST_DIFFERING} patients differ: no interval"
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class SizeAnswer:
    """Hold what size and metastasis have to do with each other.

    Attributes
    ----------
    associations : DataFrame
        One row per world: log hazard ratio of distant metastasis per doubling of the diameter, its 95 % interval.
    shares : DataFrame
        One row per share of the association: causal, common cause, self-seeding; estimate and 95 % interval. NaN,
        with a note, where the interval of the association itself holds none.
    regressions : DataFrame
        What regressions on the same patients would say; see `selfseed.cohort.naive.compare_regressions`.
    risks : DataFrame
        Share with distant metastasis by 5 and 10 years if all were resected at one size.
    """

    associations: pd.DataFrame
    shares: pd.DataFrame
    regressions: pd.DataFrame
    risks: pd.DataFrame


def find_surgery(cohort: Cohort, arm: str | None = None) -> Cohort:
    """Return the cohort with one arm alone: the one named, or else the first in which the primary is cut out.

    Parameters
    ----------
    cohort : Cohort
    arm : str, optional

    Raises
    ------
    ScenarioError
        If there is no such arm, or the primary is not cut out in it.
    """
    cut = [
        name
        for name, one in cohort.arms.items()
        if any(getattr(step, "resect", None) == cohort.primary for step in one.add)
    ]
    chosen = arm if arm is not None else next(iter(cut), "")
    if chosen not in cut:
        remedy = f"one of {', '.join(cut)}" if cut else f"add an arm with {{resect: {cohort.primary}, at: 30 day}}"
        raise ScenarioError("the command", [Problem("--arm", f"'{chosen}' does not cut out {cohort.primary}", remedy)])
    return cohort.model_copy(update={"arms": {chosen: cohort.arms[chosen]}, "compared_as": {}})


def ask_size(
    cohort: Cohort,
    seed: int,
    *,
    follow_all: Callable[..., pd.DataFrame] = run_cohort,
    resamples: int = RESAMPLES,
    sizes_mm: Sequence[float] = SIZES_MM,
) -> tuple[SizeAnswer, pd.DataFrame]:
    """Return what part of the association of size and metastasis is causal, and the patients of all worlds.

    Parameters
    ----------
    cohort : Cohort
        With one arm, see `find_surgery`.
    seed : int, >= 0
    follow_all : callable (cohort, seed, world=, name=)
        `selfseed.cohort.run.run_cohort`, with whatever workers and chunks.
    resamples : int
        Of patients, the same ones in all worlds, for intervals.
    sizes_mm : sequence of float, > 0 [mm]
        Sizes at which all are resected, for ``risks``.

    Returns
    -------
    answer : SizeAnswer
    patients : DataFrame
        The tables of `selfseed.cohort.run_cohort` of all worlds, with a column ``world``.

    Raises
    ------
    RunError
        If there are too few metastases to compare, or for intervals.

    Notes
    -----
    The association is Cox's log hazard ratio per doubling of the diameter at diagnosis. *Causal* is what is left of it
    when sizes are dealt out anew: to grow that large, time included. *Common cause* is what goes when growth and spread
    share no aggressiveness, *self-seeding* what goes when nothing returns. They overlap, and need not sum to one.
    """
    import pandas as pd

    asked = [years for years in YEARS if years * DAYS_PER_YEAR <= cohort.follow_up] or [
        cohort.follow_up / DAYS_PER_YEAR
    ]
    observed = follow_all(cohort, seed, world=AS_IT_IS, name="observed")
    # a permutation of the sizes seen; who was not found takes the median
    sizes = np.full(cohort.patients, float(np.median(observed["diameter_mm"])))
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(62,))))
    sizes[observed["patient"]] = rng.permutation(observed["diameter_mm"].to_numpy())
    alone = set_parameters(cohort, {"establishment.home": 0.0})
    worlds = {
        OBSERVED: observed,
        CLAMPED: follow_all(cohort, seed, world=World(diameters_mm=tuple(sizes)), name="clamped"),
        SLOWED: follow_all(cohort, seed, world=World(primary_pace=SLOW_PACE), name="slowed"),
        NO_RETURN: follow_all(alone, seed, world=AS_IT_IS, name="alone"),
        APART: follow_all(cohort, seed, world=World(shared=False), name="apart"),
    }
    at_size = {
        size: follow_all(cohort, seed, world=World(diameters_mm=(size,) * cohort.patients), name=f"at-{size:g}")
        for size in sizes_mm
    }
    found = {name: _rows(table, sizes if name == CLAMPED else None) for name, table in worlds.items()}
    estimates = {name: log_ratio(*rows[1:]) for name, rows in found.items()}
    drawn = _resampled(found, cohort.patients, resamples, seed)
    answer = SizeAnswer(
        associations=pd.DataFrame([_association(name, estimates, drawn, found, cohort.patients) for name in worlds]),
        shares=pd.DataFrame(_shares(estimates, drawn, found)),
        regressions=compare_regressions(observed, worlds[CLAMPED], sizes, ENDPOINT),
        risks=pd.DataFrame([_risk(size, years, table) for size, table in at_size.items() for years in asked]),
    )
    tables = [table.assign(world=name) for name, table in worlds.items()]
    tables += [table.assign(world=f"all resected at {size:g} mm") for size, table in at_size.items()]
    return answer, pd.concat(tables, ignore_index=True)


def set_parameters(cohort: Cohort, values: Mapping[str, float]) -> Cohort:
    """Return the cohort with other parameters of its scenario."""
    scenario = cohort.scenario.model_copy(update={"parameters": {**cohort.scenario.parameters, **values}})
    return cohort.model_copy(update={"scenario": scenario})


def log_ratio(time: Floats, event: Bools, doubling: Floats, weight: Floats | None = None) -> float:
    r"""Return Cox's log hazard ratio for one covariate, ties as Breslow has them.

    Parameters
    ----------
    time : float[n] [day]
    event : bool[n]
    doubling : float[n]
        The covariate; here the binary logarithm of the diameter.
    weight : float[n], optional
        How often each patient counts.

    Raises
    ------
    RunError
        When the search does not come to an end.

    References
    ----------
    Cox (1972), https://doi.org/10.1111/j.2517-6161.1972.tb00899.x
    """
    order = np.argsort(-time, kind="stable")
    time, event, value = time[order], event[order], doubling[order] - doubling.mean()
    count = np.ones(time.size) if weight is None else weight[order]
    last = np.searchsorted(-time, -time, side="right") - 1  # all who are at risk at that time
    ratio = 0.0
    for _ in range(50):
        risk = count * np.exp(ratio * value)
        whole, first, second = (np.cumsum(part)[last] for part in (risk, risk * value, risk * value**2))
        mean = first / whole
        score = np.sum((count * (value - mean))[event])
        information = np.sum((count * (second / whole - mean**2))[event])
        if information <= 0.0:
            break
        step = score / information
        ratio += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-7:
            return ratio
    raise RunError("size and metastasis cannot be compared: too few metastases, or all at one size; take more patients")


def _rows(table: pd.DataFrame, dealt_mm: Floats | None) -> tuple[NDArray[np.int64], Floats, Bools, Floats]:
    """Return patient, time, event and doublings of the diameter; who is metastatic at diagnosis counts, on day 0.

    Where sizes were dealt out these count, whatever became of the patient on the way there.
    """
    rows = follow(table, ENDPOINT, metastatic="count")
    days = np.maximum(rows["time_day"].to_numpy(float), 0.5)
    patient = rows["patient"].to_numpy(np.int64)
    diameter = rows["diameter_mm"].to_numpy(float) if dealt_mm is None else dealt_mm[patient]
    return patient, days, rows["event"].to_numpy(bool), np.log2(diameter)


def _resampled(found: Mapping[str, Any], patients: int, resamples: int, seed: int) -> dict[str, Floats]:
    """Return the association in each world for each redrawing of the patients, the same in all worlds."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(63,))))
    drawn: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(resamples):
        count = np.bincount(rng.integers(0, patients, patients), minlength=patients).astype(float)
        for name, (patient, time, event, doubling) in found.items():
            try:
                drawn[name].append(log_ratio(time, event, doubling, count[patient]))
            except RunError:
                drawn[name].append(np.nan)
    whole = {name: np.array(values) for name, values in drawn.items()}
    if any(np.isnan(values).mean() > MOST_FAILING for values in whole.values()):
        raise RunError("too few metastases for intervals; take more patients")
    return whole


def _association(
    name: str, estimates: Mapping[str, float], drawn: Mapping[str, Floats], found: Any, patients: int
) -> dict[str, Any]:
    low, high = np.nanquantile(drawn[name], [0.025, 0.975])
    return {
        "world": name, "meaning": MEANING[name], "log_ratio": estimates[name], "low": low, "high": high,
        "hazard_ratio": float(np.exp(estimates[name])), "patients": found[name][0].size,
        "never_found": patients - found[name][0].size,
        "metastases": int(found[name][2].sum()), "median_mm": float(2.0 ** np.median(found[name][3])),
    }  # fmt: skip


def _shares(estimates: Mapping[str, float], drawn: Mapping[str, Floats], found: Any) -> list[dict[str, Any]]:
    """Return the shares of the association, if there is one; no interval where hardly a patient differs."""
    least, most = np.nanquantile(drawn[OBSERVED], [0.025, 0.975])
    nothing = least <= 0.0 <= most

    def row(share: str, world: str, of: Callable[[Mapping[str, Any]], Any]) -> dict[str, Any]:
        low, high = np.nanquantile(of(drawn), [0.025, 0.975])
        value, note = float(of(estimates)), ""
        if nothing:
            value, low, high, note = np.nan, np.nan, np.nan, NO_ASSOCIATION
        elif _differing(found[OBSERVED], found[world]) < FEWEST_DIFFERING:
            low, high, note = np.nan, np.nan, FEW_DIFFER
        return {"share": share, "estimate": value, "low": float(low), "high": float(high), "note": note}

    return [
        row("causal", CLAMPED, lambda it: it[CLAMPED] / it[OBSERVED]),
        row("common cause", APART, lambda it: (it[OBSERVED] - it[APART]) / it[OBSERVED]),
        row("through self-seeding", NO_RETURN, lambda it: (it[OBSERVED] - it[NO_RETURN]) / it[OBSERVED]),
    ]


def _differing(one: Any, other: Any) -> int:
    """Return how many patients have another course or size in one world than in the other, or are in one only."""
    both, *places = np.intersect1d(one[0], other[0], return_indices=True)
    time, event, size = (
        np.stack([of[column][place] for of, place in zip((one, other), places, strict=True)]) for column in (1, 2, 3)
    )
    resized = abs(size[0] - size[1]) > 1e-6
    return count_differing(np.where(resized, [[0.0], [1.0]], time), event) + one[0].size + other[0].size - 2 * both.size


def _risk(size: float, years: float, table: pd.DataFrame) -> dict[str, Any]:
    """Return the share with distant metastasis so many years after surgery at one size, by Kaplan and Meier."""
    from selfseed.cohort.survival import estimate_survival, read_survival

    curve = estimate_survival(table, ENDPOINT, metastatic="count")
    row = read_survival(curve, [years * DAYS_PER_YEAR]).iloc[0]
    return {
        "diameter_mm": size, "years": years, "risk": 1.0 - row["survival"], "low": 1.0 - row["high"],
        "high": 1.0 - row["low"],
    }  # fmt: skip
