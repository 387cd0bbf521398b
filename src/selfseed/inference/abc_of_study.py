"""Fit a study with simulated animals: as many as were measured, as different, and measured with errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from selfseed.base.errors import RunError
from selfseed.base.streams import replicate_key
from selfseed.engine.animal import run_animal
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.inference.abc import AbcResult, abc_smc
from selfseed.inference.likelihood import Likelihood, arm_with, make_likelihood
from selfseed.inference.noise import draw
from selfseed.inference.study import Study
from selfseed.results.chunks import Chunks

BATCH = 50
"""Particles that are simulated together: each costs whole animals, and a batch is what an interruption may cost."""


@dataclass(frozen=True)
class FittedByAbc:
    """Hold what `run_abc` found: values in the unit of the table of parameters, with weights that add up to 1."""

    names: tuple[str, ...]
    values: np.ndarray
    result: AbcResult


@dataclass(frozen=True)
class _Animals:
    """Simulate the animals of a study at points, and tell their summaries; other processes are sent it whole."""

    likelihood: Likelihood
    groups: Sequence[np.ndarray]

    def __call__(self, points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        study = self.likelihood.study
        return np.array([
            summaries(study, measured(self.likelihood, values, rng), self.groups) for values in values_of(study, points)
        ])  # fmt: skip


def values_of(study: Study, points: np.ndarray) -> np.ndarray:
    """Return the values of the parameters at points float[n, parameter] that are standard normal under the prior."""
    shares = np.clip(ndtr(points), 1e-12, 1.0 - 1e-12)
    return np.stack(
        [fitted.prior.draw(shares[:, place]) for place, fitted in enumerate(study.parameters)], axis=-1
    )  # fmt: skip


def run_abc(
    study: Study,
    *,
    seed: int,
    particles: int = 500,
    generations: int = 8,
    workers: int | None = 1,
    cluster: str | None = None,
    chunks: Chunks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> FittedByAbc:
    """Fit a study with simulated animals: as many in each arm as were measured, each measured with its error.

    Summaries are, for every arm, site, day and observable, the mean over animals and, from 4 animals on, the standard
    deviation; of logarithms, or of logits of shares. What animals differ by is thus a part of the fit.

    Parameters
    ----------
    study, seed, particles, generations, workers, cluster, chunks, progress, say : see `abc_smc`

    Raises
    ------
    RunError
        When nothing that was simulated can be compared with the data, or the workers cannot be had.
    """
    likelihood = make_likelihood(study)
    groups = groups_of(study)
    result = abc_smc(
        _Animals(likelihood, groups), summaries(study, study.data.value, groups), len(study.parameters),
        particles=particles, generations=generations, seed=seed, batch=BATCH, workers=workers,
        cluster=cluster, chunks=chunks, progress=progress, say=say,
    )  # fmt: skip
    return FittedByAbc(study.names, values_of(study, result.points), result)


def measured(likelihood: Likelihood, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one set of measurements of simulated animals; NaN where one could not be carried through."""
    study = likelihood.study
    data, numerics = study.data, study.scenario.numerics
    found = np.full(len(data), np.nan)
    errors = likelihood.errors(values)
    key = int(rng.integers(2**62))
    for arm in likelihood.arms:
        changed = arm_with(arm, dict(zip(study.names, map(float, values), strict=True)), likelihood.usual)
        setting, between, course = plan_setting(changed), plan_between(changed), plan_course(changed, numerics)
        here = data.arm == arm.name
        for number, animal in enumerate(dict.fromkeys(data.animal[here])):
            rows = np.flatnonzero(here & (data.animal == animal))
            try:
                outcome = run_animal(setting, between, course, replicate_key(key, number), numerics.max_families)
            except RunError:
                return found
            found[rows] = [likelihood.read(data, int(row), changed, outcome) for row in rows]
    for name, error in errors.items():
        rows = np.flatnonzero(data.observable == name)
        found[rows] = draw(study.noise[name], found[rows], rng, error)
    return found


def groups_of(study: Study) -> list[np.ndarray]:
    """Return the rows that one summary stands for: the animals of an arm, at a site, on a day."""
    data = study.data
    names = list(zip(data.arm, data.site, data.day, data.observable, strict=True))
    return [np.flatnonzero([name == one for name in names]) for one in dict.fromkeys(names)]


def summaries(study: Study, values: np.ndarray, groups: Sequence[np.ndarray]) -> np.ndarray:
    """Return what is compared: of each group the mean, and from 4 animals on the standard deviation."""
    told = []
    for rows in groups:
        observable, here = study.data.observable[rows[0]], values[rows]
        if observable == "label_share":
            here = np.log(np.maximum(here, 1e-9)) - np.log1p(-np.minimum(here, 1.0 - 1e-9))
        elif observable in ("ctc", "seeds"):
            here = np.log1p(here)
        elif observable != "seeded":
            here = np.log(np.maximum(here, 1e-9))
        told.append(here.mean())
        if has_spread(study, rows):
            told.append(here.std(ddof=1))
    return np.array(told)


def summary_names(study: Study, groups: Sequence[np.ndarray]) -> tuple[str, ...]:
    """Return what each of the `summaries` is: arm, site, day, observable, and whether mean or spread."""
    data, names = study.data, []
    for rows in groups:
        one = rows[0]
        name = f"{data.arm[one]}, {data.site[one]}, day {data.day[one]:g}, {data.observable[one]}"
        names += [f"{name}: mean"] + ([f"{name}: spread"] if has_spread(study, rows) else [])
    return tuple(names)


def has_spread(study: Study, rows: np.ndarray) -> bool:
    """Tell whether the spread between these animals is compared, and not their mean alone."""
    return rows.size >= 4 and study.data.observable[rows[0]] != "seeded"
