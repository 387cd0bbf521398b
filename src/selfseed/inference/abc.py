"""Calibration without a likelihood: simulated animals that look like the measured ones, in ever narrower rounds.

Approximate Bayesian computation by sequential Monte Carlo, in batches: one call simulates many particles, so that the
bookkeeping costs microseconds for each, and random numbers hang on the round and the batch alone. Batches are simulated
in any order, on any number of processes or machines, a few ahead of what is needed, and counted in the order of their
numbers: so what they find is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from selfseed.base.errors import RunError
from selfseed.engine.many import Work, hire
from selfseed.results.chunks import Chunks

BATCH = 200
"""Particles that are proposed together; a part of what the numbers hang on."""
FEWEST_ACCEPTED = 0.002
"""Share of accepted particles below which no further round is begun."""
MOST_PER_PARTICLE = 10.0 / FEWEST_ACCEPTED
"""Proposals for each particle that is wanted, after which a round ends with fewer."""
LEAST_SPREAD = 1e-12
SIMULATED = 1
"""Marks the random numbers of a simulated batch, as against those of where it was proposed."""

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
    batch: int = BATCH,
    workers: int | None = 1,
    cluster: str | None = None,
    chunks: Chunks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    say: Callable[[str], None] = lambda sentence: None,
) -> AbcResult:
    """Return particles whose summaries are near to those observed.

    Parameters
    ----------
    simulate : callable (points, rng) -> summaries
        Points are standard normal under the prior. With more than one process it must be found by others: of a module.
    observed : float[summary]
    parameters : int
    particles, generations : int
        Kept in each round; rounds at most.
    seed : int
    quantile : float, in (0, 1)
        Of the distances of a round, which is the tolerance of the next.
    batch : int
        Particles that are simulated by one call; the numbers hang on it.
    workers, cluster : see `selfseed.engine.many.map_tasks`
        Never change a number.
    chunks : Chunks, optional
        Where each batch, and then each round, is kept, and looked for first.
    progress : callable (done, total), optional
        In particles.
    say : callable (sentence), optional
        Is told when workers are lost.

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
    with hire(workers, cluster, say) as work:
        for number in range(generations):
            name = f"round-{number:03d}"
            kept = chunks.read(name) if chunks else None
            if kept is None:
                before = rounds[-1] if rounds else None
                proposals = _Proposals(simulate, parameters, before, batch, (seed, number))

                def tell(taken: int, number: int = number) -> None:
                    progress(number * particles + min(taken, particles), generations * particles)

                with closing(_in_order(work, proposals, chunks, f"{name}-")) as batches:
                    kept = _round(proposals, batches, observed, particles, quantile, tell)
                if chunks:
                    chunks.write(name, kept)
                    chunks.drop(f"{name}-")
            rounds.append(kept)
            progress((number + 1) * particles, generations * particles)
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


@dataclass(frozen=True)
class _Proposals:
    """Propose the batches of one round, each from random numbers of its own."""

    simulate: Simulator
    parameters: int
    before: dict[str, np.ndarray] | None
    size: int
    name: tuple[int, int]
    law: np.ndarray | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "law", None if self.before is None else _law(self.before))

    def __call__(self, number: int) -> np.ndarray:
        """Return the points of a batch."""
        rng = np.random.default_rng([*self.name, number])
        points = rng.standard_normal((self.size, self.parameters))
        if self.before is not None and self.law is not None:
            chosen = rng.choice(len(self.before["weights"]), self.size, p=self.before["weights"])
            points = self.before["points"][chosen] + points @ self.law.T
        return points


def simulate_batch(task: tuple[Simulator, np.ndarray, tuple[int, ...]]) -> np.ndarray:
    """Return the summaries of one batch; what other processes are asked."""
    simulate, points, name = task
    return simulate(points, np.random.default_rng(name))


def _in_order(work: Work, proposals: _Proposals, chunks: Chunks | None, name: str) -> Generator[np.ndarray]:
    """Yield the summaries of batch after batch without end, as far as they are there from before, then as they come."""
    early: dict[int, np.ndarray] = {}
    if chunks:
        for one in chunks.names(name):
            if (kept := chunks.read(one)) is not None:
                early[int(one.removeprefix(name))] = kept["summaries"]
    there, next_one = frozenset(early), 0
    while next_one in early:
        yield early.pop(next_one)
        next_one += 1
    asked: list[int] = []

    def missing() -> Iterator[tuple[Simulator, np.ndarray, tuple[int, ...]]]:
        for number in count(next_one):
            if number not in there:
                asked.append(number)
                yield proposals.simulate, proposals(number), (*proposals.name, number, SIMULATED)

    for which, found in work(simulate_batch, missing()):
        if chunks:
            chunks.write(f"{name}{asked[which]:06d}", {"summaries": found})
        early[asked[which]] = found
        while next_one in early:
            yield early.pop(next_one)
            next_one += 1


def _round(
    proposals: _Proposals,
    batches: Iterator[np.ndarray],
    observed: np.ndarray,
    particles: int,
    quantile: float,
    tell: Callable[[int], None],
) -> dict[str, np.ndarray]:
    """Take batches, in their order, until enough particles are within the tolerance of this round."""
    before = proposals.before
    tolerance = np.inf if before is None else float(np.quantile(before["distances"], quantile, method="lower"))
    spread = None if before is None else before["spread"]
    points, seen, proposed, taken = [], [], 0, 0
    for number, found in enumerate(batches):
        proposed += len(found)
        near = np.isfinite(found).all(axis=1)
        if spread is not None:
            near &= _distances(found, observed, spread) <= tolerance
        points.append(proposals(number)[near])
        seen.append(found[near])
        taken += int(near.sum())
        tell(taken)
        if taken >= particles or proposed > MOST_PER_PARTICLE * particles:
            break
    if taken == 0:
        raise RunError("no simulated animal could be compared with the measured ones; are the priors far off?")
    kept, told = np.concatenate(points)[:particles], np.concatenate(seen)[:particles]
    if spread is None:
        spread = 1.4826 * np.median(np.abs(told - np.median(told, axis=0)), axis=0)
        spread = np.where(spread > LEAST_SPREAD, spread, np.maximum(told.std(axis=0), LEAST_SPREAD))
    return {
        "points": kept,
        "weights": _weights(kept, before, proposals.law),
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
