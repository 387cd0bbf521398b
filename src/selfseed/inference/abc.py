"""Calibration without a likelihood: simulated animals that look like the measured ones, in ever narrower rounds.

Approximate Bayesian computation by sequential Monte Carlo, in batches: one call simulates many particles, so that the
bookkeeping costs microseconds for each, and random numbers hang on the round and the batch alone.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import numpy as np
from scipy.special import ndtr

from selfseed.base.errors import RunError
from selfseed.base.streams import replicate_key
from selfseed.engine.animal import run_animal
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.inference.likelihood import Likelihood, arm_with, make_likelihood
from selfseed.inference.noise import draw
from selfseed.inference.study import Study
from selfseed.results.chunks import Chunks

BATCH = 200
"""Particles that are proposed together; a part of what the numbers hang on."""
FEWEST_ACCEPTED = 0.002
"""Share of accepted particles below which no further round is begun."""
LEAST_SPREAD = 1e-12

Simulator = Callable[[np.ndarray, np.random.Generator], np.ndarray]
"""From float[n, parameter] (standard normal under the prior) and random numbers to summaries float[n, summary]."""


@dataclass(frozen=True)
class AbcResult:
    """Hold the particles of the last round.

    Attributes
    ----------
    points : float[particle, parameter]
        Standard normal under the prior.
    weights : float[particle]
        They add up to 1.
    distances : float[particle]
    tolerances : tuple of float
        Of each round; the first takes all.
    accepted : tuple of float
        Share of the proposals that were accepted in each round.
    simulations : int
        In all rounds.
    """

    points: np.ndarray
    weights: np.ndarray
    distances: np.ndarray
    tolerances: tuple[float, ...]
    accepted: tuple[float, ...]
    simulations: int

    @property
    def effective(self) -> float:
        """Return the effective number of particles."""
        return float(1.0 / (self.weights**2).sum())


def abc_smc(
    simulate: Simulator,
    observed: np.ndarray,
    parameters: int,
    *,
    particles: int,
    generations: int,
    seed: int,
    quantile: float = 0.5,
    threads: int = 1,
    chunks: Chunks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> AbcResult:
    """Return particles whose summaries are near to those observed.

    Parameters
    ----------
    simulate : callable (points, rng) -> summaries
        Points are standard normal under the prior; batches may be simulated at the same time.
    observed : float[summary]
    parameters : int
    particles, generations : int
        Kept in each round; rounds at most.
    seed : int
    quantile : float, in (0, 1)
        Of the distances of a round, which is the tolerance of the next.
    threads : int
        Never changes a number.
    chunks : Chunks, optional
        Where each round is kept, and looked for first.
    progress : callable (done, total), optional

    Notes
    -----
    Distances are Euclidean, each summary in units of its spread under the prior (median absolute deviation). Particles
    move by a normal law of twice the weighted covariance of the round before.

    References
    ----------
    Toni et al. (2009), https://doi.org/10.1098/rsif.2008.0172; Beaumont et al. (2009),
    https://doi.org/10.1093/biomet/asp052; adaptive tolerances: Del Moral, Doucet & Jasra (2012),
    https://doi.org/10.1007/s11222-011-9271-y
    """
    rounds: list[dict[str, np.ndarray]] = []
    with ThreadPoolExecutor(threads) as pool:
        for number in range(generations):
            name = f"round-{number:03d}"
            kept = chunks.read(name) if chunks else None
            if kept is None:
                before = rounds[-1] if rounds else None
                kept = _round(
                    simulate, observed, parameters, before, particles, quantile, (seed, number), pool, threads
                )
                if chunks:
                    chunks.write(name, kept)
            rounds.append(kept)
            progress(number + 1, generations)
            if float(kept["accepted"]) < FEWEST_ACCEPTED or float(kept["tolerance"]) == 0.0:
                break
    last = rounds[-1]
    return AbcResult(
        points=last["points"],
        weights=last["weights"],
        distances=last["distances"],
        tolerances=tuple(float(one["tolerance"]) for one in rounds),
        accepted=tuple(float(one["accepted"]) for one in rounds),
        simulations=int(sum(int(one["simulations"]) for one in rounds)),
    )


def _round(
    simulate: Simulator,
    observed: np.ndarray,
    parameters: int,
    before: dict[str, np.ndarray] | None,
    particles: int,
    quantile: float,
    name: tuple[int, int],
    pool: ThreadPoolExecutor,
    threads: int,
) -> dict[str, np.ndarray]:
    """Propose batches, in their order, until enough particles are within the tolerance of this round."""
    tolerance = np.inf if before is None else float(np.quantile(before["distances"], quantile, method="lower"))
    law = None if before is None else _law(before)

    def batch(number: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng([*name, number])
        points = rng.standard_normal((BATCH, parameters))
        if before is not None and law is not None:
            chosen = rng.choice(len(before["weights"]), BATCH, p=before["weights"])
            points = before["points"][chosen] + points @ law.T
        return points, simulate(points, rng)

    points, summaries, proposed = [], [], 0
    spread = None if before is None else before["spread"]
    taken = 0
    for first in count(0, threads):
        for proposals, found in pool.map(batch, range(first, first + threads)):
            if taken >= particles:
                break
            proposed += BATCH
            near = np.isfinite(found).all(axis=1)
            if spread is not None:
                near &= _distances(found, observed, spread) <= tolerance
            points.append(proposals[near])
            summaries.append(found[near])
            taken += int(near.sum())
        if taken >= particles or proposed * FEWEST_ACCEPTED > 10.0 * particles:
            break
    if taken == 0:
        raise RunError("no simulated animal could be compared with the measured ones; are the priors far off?")
    kept, told = np.concatenate(points)[:particles], np.concatenate(summaries)[:particles]
    if spread is None:
        spread = 1.4826 * np.median(np.abs(told - np.median(told, axis=0)), axis=0)
        spread = np.where(spread > LEAST_SPREAD, spread, np.maximum(told.std(axis=0), LEAST_SPREAD))
    return {
        "points": kept,
        "weights": _weights(kept, before, law),
        "distances": _distances(told, observed, spread),
        "spread": spread,
        "tolerance": np.array(tolerance),
        "accepted": np.array(taken / proposed),
        "simulations": np.array(proposed),
    }


def _distances(summaries: np.ndarray, observed: np.ndarray, spread: np.ndarray) -> np.ndarray:
    return np.sqrt((((summaries - observed) / spread) ** 2).mean(axis=1))


def _law(before: dict[str, np.ndarray]) -> np.ndarray:
    """Return a root of twice the weighted covariance of a round."""
    apart = before["points"] - before["weights"] @ before["points"]
    covariance = 2.0 * (before["weights"][:, None] * apart).T @ apart
    return np.linalg.cholesky(covariance + 1e-12 * np.eye(len(covariance)))


def _weights(points: np.ndarray, before: dict[str, np.ndarray] | None, law: np.ndarray | None) -> np.ndarray:
    """Return prior over proposal density, adding up to 1."""
    if before is None or law is None:
        return np.full(len(points), 1.0 / len(points))
    steps = np.linalg.solve(law, (points[:, None] - before["points"][None]).reshape(-1, points.shape[1]).T).T
    exponent = -0.5 * (steps**2).sum(axis=1).reshape(len(points), -1)
    highest = exponent.max(axis=1)
    proposal = highest + np.log(np.exp(exponent - highest[:, None]) @ before["weights"])
    logs = -0.5 * (points**2).sum(axis=1) - proposal
    weights = np.exp(logs - logs.max())
    return weights / weights.sum()


@dataclass(frozen=True)
class FittedByAbc:
    """Hold what `run_abc` found: values in the unit of the table of parameters, with weights that add up to 1."""

    names: tuple[str, ...]
    values: np.ndarray
    result: AbcResult


def run_abc(
    study: Study,
    *,
    seed: int,
    particles: int = 500,
    generations: int = 8,
    threads: int = 1,
    chunks: Chunks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FittedByAbc:
    """Fit a study with simulated animals: as many in each arm as were measured, each measured with its error.

    Summaries are, for every arm, site, day and observable, the mean over animals and, from 4 animals on, the standard
    deviation; of logarithms, or of logits of shares. What animals differ by is thus a part of the fit.

    Parameters
    ----------
    study, seed, particles, generations, threads, chunks, progress : see `abc_smc`

    Raises
    ------
    RunError
        When nothing that was simulated can be compared with the data.
    """
    likelihood = make_likelihood(study)
    groups = _groups(study)
    observed = _summaries(study, study.data.value, groups)

    def values_of(points: np.ndarray) -> np.ndarray:
        shares = np.clip(ndtr(points), 1e-12, 1.0 - 1e-12)
        return np.stack(
            [fitted.prior.draw(shares[:, place]) for place, fitted in enumerate(study.parameters)], axis=-1
        )  # fmt: skip

    def simulate(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return np.array([
            _summaries(study, _measured(likelihood, values, rng), groups) for values in values_of(points)
        ])  # fmt: skip

    result = abc_smc(
        simulate, observed, len(study.parameters), particles=particles, generations=generations, seed=seed,
        threads=threads, chunks=chunks, progress=progress,
    )  # fmt: skip
    return FittedByAbc(study.names, values_of(result.points), result)


def _measured(likelihood: Likelihood, values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
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


def _groups(study: Study) -> list[np.ndarray]:
    """Return the rows that one summary stands for: the animals of an arm, at a site, on a day."""
    data = study.data
    names = list(zip(data.arm, data.site, data.day, data.observable, strict=True))
    return [np.flatnonzero([name == one for name in names]) for one in dict.fromkeys(names)]


def _summaries(study: Study, values: np.ndarray, groups: list[np.ndarray]) -> np.ndarray:
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
        if rows.size >= 4 and observable != "seeded":
            told.append(here.std(ddof=1))
    return np.array(told)
