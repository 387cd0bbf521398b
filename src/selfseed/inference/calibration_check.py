"""Whether a posterior can be believed: truths drawn from the prior must take every rank in it equally often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import binom

from selfseed.inference.likelihood import Likelihood
from selfseed.inference.optimum import find_optimum
from selfseed.inference.posterior import sample_posterior

NULLS = 2000
"""Sets of uniform ranks to which those of a method are compared."""


@dataclass(frozen=True)
class Ranks:
    """Hold how many draws of each posterior lie below the truth that made its data.

    Attributes
    ----------
    names : tuple of str
    ranks : int[fit, parameter], in [0, draws]
    draws : int
        Of each posterior.
    """

    names: tuple[str, ...]
    ranks: np.ndarray
    draws: int

    @property
    def shares(self) -> np.ndarray:
        """Return float[fit, parameter]: ranks as shares, in the middle of their step."""
        return (self.ranks + 0.5) / (self.draws + 1.0)


def rank_fits(
    truth: Callable[[np.random.Generator], np.ndarray],
    simulate: Callable[[np.ndarray, np.random.Generator], Any],
    sample: Callable[[Any, int], np.ndarray],
    names: Sequence[str],
    *,
    fits: int,
    seed: int,
    threads: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Ranks:
    """Return the rank of each truth in the posterior of the data that it made.

    Parameters
    ----------
    truth : callable (rng) -> float[parameter]
        Draws from the prior.
    simulate : callable (truth, rng) -> data
    sample : callable (data, seed) -> float[draw, parameter]
        Draws from the posterior that are nearly independent: thin a chain first.
    names : sequence of str
    fits, seed : int
    threads : int
        Never changes a number.
    progress : callable (done, total), optional

    References
    ----------
    Talts et al. (2018), https://doi.org/10.48550/arXiv.1804.06788; Modrák et al. (2023),
    https://doi.org/10.1214/23-BA1404
    """

    def one(number: int) -> tuple[np.ndarray, int]:
        rng = np.random.default_rng([seed, number])
        made = np.asarray(truth(rng), float)
        drawn = sample(simulate(made, rng), int(rng.integers(2**31)))
        below = (drawn < made).sum(axis=0)
        ties = (drawn == made).sum(axis=0)
        return below + rng.integers(0, ties + 1), len(drawn)

    found = []
    with ThreadPoolExecutor(threads) as pool:
        for done, result in enumerate(pool.map(one, range(fits)), start=1):
            found.append(result)
            progress(done, fits)
    counts = {draws for _, draws in found}
    if len(counts) != 1:
        raise ValueError(f"all posteriors must have equally many draws, not {sorted(counts)}")
    return Ranks(tuple(names), np.array([ranks for ranks, _ in found]), counts.pop())


def rank_study(
    likelihood: Likelihood,
    *,
    fits: int,
    samples: int,
    seed: int,
    starts: int = 1,
    made_at: Callable[[np.ndarray], np.ndarray] = lambda truth: truth,
    threads: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Ranks:
    """Return the ranks of known truths in posteriors of a study, sampled as `selfseed fit --method mcmc` does it.

    Truths are drawn from the priors of the study. Each makes data as in the study, with errors: the same animals, days,
    sites and observables.

    Parameters
    ----------
    likelihood : Likelihood
        Of a study without censored data: their limits are not known for values that were seen.
    fits : int
    samples : int
        Of each posterior. Only the last place of each walker is ranked, since steps of a walker hang on each other;
        so many of them that ranks fall into ten or twenty equal bars.
    seed : int
    starts : int
        Searches for the optimum around which the walkers start.
    made_at : callable (truth) -> float[parameter]
        The values that make the data, for a control in which they are not the truth.
    threads : int
        Never changes a number.
    progress : callable (done, total), optional

    Raises
    ------
    ValueError
        If data are censored.
    """
    study = likelihood.study
    if (study.data.censored != "").any():
        raise ValueError("the data of a study that is checked must not be censored")

    def truth(rng: np.random.Generator) -> np.ndarray:
        return np.array([float(fitted.prior.draw(rng.random())) for fitted in study.parameters])

    def simulate(values: np.ndarray, rng: np.random.Generator) -> Likelihood:
        used = made_at(values)
        drawn = likelihood.draw(likelihood.predict(used), used, rng)
        return replace(likelihood, study=replace(study, data=replace(study.data, value=drawn)))

    def sample(made: Likelihood, its_seed: int) -> np.ndarray:
        best = find_optimum(made, starts=starts, seed=its_seed)
        posterior = sample_posterior(made, best, samples=samples, seed=its_seed)
        last = posterior.values[:, -1].reshape(-1, len(study.names))
        return last[: len(last) // 10 * 10 - 1]

    return rank_fits(
        truth, simulate, sample, study.names, fits=fits, seed=seed, threads=threads, progress=progress
    )  # fmt: skip


def chance_if_calibrated(ranks: Ranks) -> dict[str, float]:
    r"""Return for each parameter how often a calibrated method has ranks that are less uniform than these.

    The measure is how far the empirical distribution of the ranks leaves the diagonal at its worst place, each place
    judged by the binomial law it has there:

    .. math:: \gamma = 2 \min_i \min\{F_{Bin}(R_i | N, z_i),\; 1 - F_{Bin}(R_i - 1 | N, z_i)\}

    Notes
    -----
    A posterior that is too narrow has too many ranks at both ends; one that is shifted, too many at one end. Chances
    hang on `NULLS` simulated sets of uniform ranks, with a seed of their own.

    References
    ----------
    Säilynoja, Bürkner & Vehtari (2022), https://doi.org/10.1007/s11222-022-10090-6
    """
    fits = len(ranks.ranks)
    uniform = np.random.default_rng(0).integers(0, ranks.draws + 1, (NULLS, fits))
    null = np.array([_least_chance(row, ranks.draws) for row in uniform])
    chances = {}
    for name, column in zip(ranks.names, ranks.ranks.T, strict=True):
        chances[name] = float((1 + (null <= _least_chance(column, ranks.draws)).sum()) / (NULLS + 1))
    return chances


def _least_chance(ranks: np.ndarray, draws: int) -> float:
    """Return the chance of the least likely count of ranks below any place."""
    fits = len(ranks)
    below = np.cumsum(np.bincount(ranks, minlength=draws + 1))[:-1]
    share = np.arange(1, draws + 1) / (draws + 1.0)
    return float(2.0 * np.minimum(binom.cdf(below, fits, share), binom.sf(below - 1, fits, share)).min())
