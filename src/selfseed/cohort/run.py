"""Follow all patients of a cohort in chunks, on any number of processes with the same result."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.cohort.course import LATE_YEARS, TUBE_ML, Diagnosis, Follower, Outcome, plan_cohort
from selfseed.cohort.model import TRAITS, Cohort
from selfseed.cohort.patients import AS_IT_IS, DAYS_PER_YEAR, Patients, World, draw_patients
from selfseed.engine.many import Work, map_tasks

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.results.chunks import Chunks

PER_CHUNK = 50
BLOOD_STREAM = 62
SAME_DAY = 1e-6
OUTCOME = ("relapse_day", "distant_day", "tumour_death_day", "progression_day", "response_day")
LATE = tuple(f"{year:g}y" for year in LATE_YEARS)
COUNTED = (*OUTCOME, *(f"{what}_{when}" for what in ("blood", "asleep") for when in LATE))
HOW = ("", "screening", "symptoms", "metastasis")


@dataclass(frozen=True)
class Task:
    """Name some patients of a cohort; see `run_cohort`."""

    cohort: Cohort
    seed: int
    first: int
    last: int
    world: World


def run_cohort(
    cohort: Cohort,
    seed: int,
    *,
    world: World = AS_IT_IS,
    workers: int | None = None,
    cluster: str | None = None,
    work: Work | None = None,
    chunks: Chunks | None = None,
    name: str = "cohort",
    progress: Callable[[int, int], None] = lambda done, total: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> pd.DataFrame:
    """Return what becomes of every patient in every arm.

    Parameters
    ----------
    cohort : Cohort
    seed : int, >= 0
        Patients hang on it and on their number alone, so arms and interventions are paired patient by patient.
    world : World
        What is made otherwise in the same patients.
    workers : int, optional
        Processes on this machine; default: one per core. They never change a number.
    cluster : str, optional
        ``local`` for a Dask cluster on this machine, else the address of a scheduler, as ``tcp://host:8786``.
    work : Work, optional
        Workers hired before (`selfseed.engine.many.hire`), in place of ``workers`` and ``cluster``.
    chunks : Chunks, optional
        Where finished patients are kept, under ``name``, and looked for first.
    progress : callable (done, total), optional
    say : callable (sentence), optional

    Returns
    -------
    DataFrame
        One row for each arm and patient who is found at the stage that the cohort follows; see docs/cohort.md for the
        columns. Days count from the diagnosis; nan is not seen until death or the end of follow-up.

    Raises
    ------
    ScenarioError
        If there are no patients.
    RunError
        When a table of families overflows.
    """
    if cohort.patients < 1:
        raise ScenarioError("the cohort", [Problem("patients", f"= {cohort.patients}", "must be >= 1")])
    starts = range(0, cohort.patients, PER_CHUNK)
    tasks = [Task(cohort, seed, first, min(first + PER_CHUNK, cohort.patients), world) for first in starts]
    parts: list[dict[str, np.ndarray] | None] = [
        None if chunks is None else chunks.read(f"{name}-{task.first:07d}") for task in tasks
    ]
    missing = [number for number, part in enumerate(parts) if part is None]
    done = sum(task.last - task.first for task, part in zip(tasks, parts, strict=True) if part is not None)
    asked = [tasks[number] for number in missing]
    if work is None:
        results = map_tasks(follow_some, asked, workers=workers, cluster=cluster, say=say)
    else:
        results = work(follow_some, asked)
    for which, found in results:
        number = missing[which]
        parts[number] = found
        if chunks is not None:
            chunks.write(f"{name}-{tasks[number].first:07d}", found)
        done += tasks[number].last - tasks[number].first
        progress(done, cohort.patients)
    return _table(cohort, [part for part in parts if part is not None], draw_patients(cohort, seed, world), seed)


def follow_some(task: Task) -> dict[str, np.ndarray]:
    """Return the bare numbers of some patients of a cohort."""
    follower = _follower(task.cohort.model_dump_json(by_alias=True), task.seed, task.world)
    rows = [follower.follow(patient) for patient in range(task.first, task.last)]
    arms = len(follower.plan.arms)
    return {
        "patient": np.arange(task.first, task.last),
        "how": np.array([HOW.index(diagnosis.how) for diagnosis, _ in rows]),
        "found": np.array([_found(diagnosis) for diagnosis, _ in rows]),
        "outcome": np.array([_outcomes(outcomes, arms, len(follower.plan.natural.sites)) for _, outcomes in rows]),
    }


@lru_cache(maxsize=2)
def _follower(text: str, seed: int, world: World) -> Follower:
    cohort = Cohort.model_validate_json(text)
    return Follower(plan_cohort(cohort), draw_patients(cohort, seed, world), seed, world)


def _found(one: Diagnosis) -> list[float]:
    return [
        one.day, one.diameter_mm, one.ctc, one.ctc_per_ml, one.metastatic, one.early_ctc_per_ml, one.cells_per_seed,
    ]  # fmt: skip


def _outcomes(outcomes: Sequence[Outcome], arms: int, sites: int) -> np.ndarray:
    """Return float[arm, counted + site]: what ``COUNTED`` names, and the days of metastases in each site."""
    if not outcomes:
        return np.full((arms, len(COUNTED) + sites), math.nan)
    return np.array([
        [*(getattr(one, name) for name in OUTCOME), *one.late_ctc_per_ml, *one.late_asleep, *one.organ_days]
        for one in outcomes
    ])  # fmt: skip


def _table(cohort: Cohort, parts: Sequence[dict[str, np.ndarray]], patients: Patients, seed: int) -> pd.DataFrame:
    import pandas as pd

    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    number, found, outcome = whole["patient"], whole["found"], whole["outcome"]
    sites = list(cohort.scenario.sites)
    tubes = _draw_tubes(seed, number)
    frames = []
    for arm, name in enumerate(cohort.arms):
        of = dict(zip(COUNTED, outcome[:, arm].T, strict=False))
        organs, tumour = outcome[:, arm, len(COUNTED) :].T, of["tumour_death_day"]
        other = patients.other_death_day[number]
        end = np.fmin(np.minimum(other, cohort.follow_up), tumour)
        died = np.where(np.isfinite(tumour) & (tumour <= end), "tumour", np.where(other <= end, "other", ""))
        organ_days = {site: until(day, end) for site, day in zip(sites, organs, strict=True) if site != cohort.primary}
        frames.append(
            pd.DataFrame(
                {
                    "patient": number,
                    "arm": name,
                    "age_year": patients.age_year[number],
                    "detected_by": np.array(HOW, dtype=object)[whole["how"]],
                    "diagnosis_day": found[:, 0],
                    "diameter_mm": found[:, 1],
                    "ctc": found[:, 2].astype(int),
                    "ctc_per_ml": found[:, 3],
                    "metastatic": found[:, 4] > 0.0,
                    "early_ctc_per_litre": 1000.0 * found[:, 5],
                    "cells_per_seed": found[:, 6],
                    "aggressiveness": patients.aggressiveness[number],
                    "il6": patients.fold("IL6")[number],
                    "il8": patients.fold("CXCL8")[number],
                    **{f"{trait}_fold": patients.fold(trait)[number] for trait in TRAITS},
                    "follow_up_day": end,
                    "relapse_day": until(of["relapse_day"], end),
                    "distant_day": until(of["distant_day"], end),
                    "response_day": until(of["response_day"], end),
                    "progression_day": until(of["progression_day"], end),
                    "death_day": np.where(died != "", end, math.nan),
                    "cause": died,
                    "first_site": _first_site(organ_days),
                    **organ_days,
                    **_late(of, tubes, end),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    table = table[table["detected_by"] != ""]
    if cohort.stage != "all":
        table = table[table["metastatic"] == (cohort.stage == "metastatic")]
    return table.reset_index(drop=True)


def _draw_tubes(seed: int, patients: np.ndarray) -> np.ndarray:
    """Return a uniform number for each patient and late draw of blood, the same in every arm: float[patient, late]."""
    streams = (np.random.SeedSequence(seed, spawn_key=(BLOOD_STREAM, int(patient))) for patient in patients)
    return np.array([np.random.Generator(np.random.PCG64(stream)).random(len(LATE)) for stream in streams])


def _late(of: dict[str, np.ndarray], tubes: np.ndarray, end: np.ndarray) -> dict[str, np.ndarray]:
    """Return cells in 7.5 ml of blood and cells that sleep, years after the diagnosis, of who is still followed."""
    found = {}
    for number, (when, year) in enumerate(zip(LATE, LATE_YEARS, strict=True)):
        mean = TUBE_ML * of[f"blood_{when}"]
        found[f"ctc_{when}"] = np.where(end >= year * DAYS_PER_YEAR, count_at(mean, tubes[:, number]), math.nan)
    for when, year in zip(LATE, LATE_YEARS, strict=True):
        found[f"asleep_{when}"] = np.where(end >= year * DAYS_PER_YEAR, np.rint(of[f"asleep_{when}"]), math.nan)
    return found


def count_at(mean: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return the Poisson count at each quantile, so that a mean that is no larger gives no larger a count."""
    from scipy.stats import poisson

    return np.where(mean > 0.0, poisson.ppf(uniform, np.where(mean > 0.0, mean, 1.0)), 0.0 * mean)


def until(day: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the days that are not after the end, but for rounding; nan for the others."""
    return np.where(day <= end + SAME_DAY, np.minimum(day, end), math.nan)


def _first_site(organ_days: dict[str, np.ndarray]) -> np.ndarray:
    names = np.array([*organ_days, ""], dtype=object)
    days = np.stack([np.nan_to_num(day, nan=math.inf) for day in organ_days.values()], axis=1)
    first = np.where(np.isfinite(days).any(axis=1), days.argmin(axis=1), len(organ_days))
    return np.asarray(names[first])
