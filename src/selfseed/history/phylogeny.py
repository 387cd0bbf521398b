"""From sequencing reads to clone trees: a weighted sample of clustering, tree and presence of clones in sites."""

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from selfseed.history.counts import Frequencies, ReadCounts
from selfseed.history.phylogeny_prepare import (
    TreePrior,
    estimate_error,
    first_tree,
    gather,
    prepare_law,
    read_likelihood,
)
from selfseed.history.phylogeny_presence import Candidate, PresenceFinder
from selfseed.kernels.clone_moves import Record, walk
from selfseed.kernels.clone_trees import Law, State, new_state, set_tree

CHAINS = 4
MARGIN = 10.0
"""Trees that are this much less probable than the best are forgotten [nat]."""

MOST_TREES = 300
TRACE = 60

Progress = Callable[[float], None]


@dataclass(frozen=True)
class TreeSample:
    """Hold the candidates, the most probable first, and how they were found.

    Parameters
    ----------
    candidates : tuple of Candidate
        Their weights sum to 1.
    covered : float, in (0, 1]
        The posterior mass of the candidates among all trees and presences that were weighed.
    trees : int
        Distinct clusterings and trees among which the presences were searched.
    steps : int
        Steps of all chains together.
    effective : float
        The effective number of independent trees of all chains.
    disagreement : float
        How much the chains differ: the scale reduction of tree features (1: not at all).
    error_rate : float
        The estimated chance that a read of a sample without a mutation shows it.
    truncated : bool
        Whether ``budget_seconds`` ended the search before its steps were done.
    seconds : float
    """

    candidates: tuple[Candidate, ...]
    covered: float
    trees: int
    steps: int
    effective: float
    disagreement: float
    error_rate: float
    truncated: bool
    seconds: float = field(compare=False)


@dataclass
class _Chain:
    state: State
    book: Record
    rng: np.random.Generator
    log: float
    trace: list[tuple[NDArray[np.float64], NDArray[np.int16], NDArray[np.int16]]]


def sample_clone_trees(
    reads: ReadCounts,
    *,
    seed: int,
    budget_seconds: float = 10.0,
    progress: Progress | None = None,
    prior: TreePrior | None = None,
    effort: float = 1.0,
) -> TreeSample:
    """Return clone trees with the sites of their clones, weighted by their posterior given ``reads``.

    Parameters
    ----------
    reads : ReadCounts
    seed : int
        The same seed gives the same candidates, unless the budget cuts the search short.
    budget_seconds : float, > 0 [s]
        The search ends after this time even if its steps are not done.
    progress : callable, optional
        Called with the part of the work that is done.
    prior : TreePrior, optional
    effort : float, > 0
        Steps as a multiple of what the number of mutations asks for.

    Returns
    -------
    TreeSample

    Raises
    ------
    ValueError
        If there is no mutation or no sample.

    Notes
    -----
    Shares of clones are summed out on a grid, so each tree's posterior is known exactly; a Metropolis-Hastings walk of
    several chains only looks for trees. Weights are the posterior renormalized over all trees found.
    """
    if not reads.mutations or not reads.samples:
        raise ValueError("a clone tree needs at least one mutation in one sample")
    prior = prior or TreePrior()
    error = estimate_error(reads)
    group, likelihood = gather(reads, read_likelihood(reads, prior, error))
    law = prepare_law(likelihood, prior, likelihood.shape[0] + 2)
    all_given = reads.cluster is not None and bool(np.all(reads.cluster >= 0))
    given = np.arange(likelihood.shape[0]) if all_given else None
    chains = [_start(law, given, seed, number) for number in range(CHAINS)]
    _walk(law, 0, 1.0, 1.0, given is not None, 0, chains[0])  # compiles first, where it has to
    started = time.perf_counter()
    steps, truncated = _search(law, chains, given is not None, effort, started + budget_seconds, progress)
    trees = _best_trees(chains)
    found = PresenceFinder(
        law, chains[0].state, reads, group, prior.further_site, np.random.default_rng([seed, CHAINS])
    )
    entries = [found.describe(first, above) for _, first, above in trees]
    candidates, covered = found.list_candidates(entries)
    effective, disagreement = _mixing(chains)
    return TreeSample(
        candidates, covered, len(trees), steps, effective, disagreement, error, truncated,
        time.perf_counter() - started,
    )  # fmt: skip


def _start(law: Law, given: NDArray[np.int64] | None, seed: int, number: int) -> _Chain:
    mutations, samples, points = law.likelihood.shape
    rng = np.random.default_rng([seed, number])
    state = new_state(mutations, samples, points, law.prior.size)
    parent, cluster = first_tree(law, given, rng)
    log = set_tree(law, state, parent, cluster)
    return _Chain(state, _empty_book(mutations), rng, log, [])


def _empty_book(mutations: int, size: int = 1 << 13) -> Record:
    return Record(
        np.zeros(size, np.uint64),
        np.zeros(size),
        np.zeros((size, mutations), np.int16),
        np.zeros((size, mutations), np.int16),
        np.array([0.0, -np.inf, MARGIN]),
    )


def _search(
    law: Law, chains: list[_Chain], clustered: bool, effort: float, deadline: float, progress: Progress | None
) -> tuple[int, bool]:
    """Walk all chains, cooling first; return the steps done and whether time ran out."""
    mutations = law.likelihood.shape[0]
    piece = int(effort * (800 + 30 * mutations))
    schedule = [(2.5, 1.5), (1.5, 1.0)] + [(1.0, 1.0)] * 6
    done = 0
    workers = min(CHAINS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        for number, (hot, cold) in enumerate(schedule):
            if number and time.perf_counter() > deadline:
                return done, True
            every = max(1, piece // TRACE) if number >= 3 else 0
            list(pool.map(partial(_walk, law, piece, hot, cold, clustered, every), chains))
            done += piece * len(chains)
            if progress is not None:
                progress((number + 1) / len(schedule))
    return done, False


def _walk(law: Law, steps: int, hot: float, cold: float, clustered: bool, every: int, chain: _Chain) -> None:
    mutations = law.likelihood.shape[0]
    length = TRACE if every else 0
    trace = (np.zeros(length), np.zeros((length, mutations), np.int16), np.zeros((length, mutations), np.int16))
    if chain.book.state[0] > chain.book.key.size // 2:
        chain.book = _shrink(chain.book)
    chain.log, _ = walk(law, chain.state, chain.log, steps, hot, cold, clustered, every, chain.rng, chain.book, *trace)
    if every:
        chain.trace.append(trace)


def _shrink(book: Record) -> Record:
    """Return the better half of a record."""
    used = np.flatnonzero(book.key)
    used = used[np.argsort(-book.log_posterior[used])][: book.key.size // 4]
    fresh = _empty_book(book.first.shape[1], book.key.size)
    size = book.key.size
    for entry in used:
        place = int(book.key[entry]) & (size - 1)
        while fresh.key[place]:
            place = (place + 1) & (size - 1)
        fresh.key[place], fresh.log_posterior[place] = book.key[entry], book.log_posterior[entry]
        fresh.first[place], fresh.above[place] = book.first[entry], book.above[entry]
    fresh.state[:] = len(used), book.state[1], book.state[2]
    return fresh


def _best_trees(chains: list[_Chain]) -> list[tuple[float, NDArray[np.int16], NDArray[np.int16]]]:
    """Return (log posterior, first, above) of the most probable distinct trees of all chains."""
    found: dict[int, tuple[float, NDArray[np.int16], NDArray[np.int16]]] = {}
    for chain in chains:
        book = chain.book
        for entry in np.flatnonzero(book.key):
            log = float(book.log_posterior[entry])
            if log > book.state[1] - MARGIN:
                found[int(book.key[entry])] = (log, book.first[entry], book.above[entry])
    ordered = sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    best = ordered[0][1][0]
    return [value for _, value in ordered[:MOST_TREES] if value[0] > best - MARGIN]


def _mixing(chains: list[_Chain]) -> tuple[float, float]:
    """Return the effective number of trees and the scale reduction over which mutation is above or with which."""
    if any(not chain.trace for chain in chains):
        return 0.0, math.inf
    features = []
    for chain in chains:
        first = np.concatenate([piece[1] for piece in chain.trace]).astype(int)
        above = np.concatenate([piece[2] for piece in chain.trace]).astype(int)
        features.append(np.concatenate([first, above], axis=1))
    values = np.stack(features).astype(float)
    common = np.array(
        [[np.bincount(column.astype(int) + 1).argmax() - 1] for column in values.reshape(-1, values.shape[2]).T]
    )
    hits = (values == common[:, 0]).astype(float)
    within = hits.var(axis=1, ddof=1).mean(axis=0)
    between = hits.mean(axis=1).var(axis=0, ddof=1)
    # 0.01 keeps a feature that no chain ever changes from dividing by nothing
    reduction = np.sqrt((within + between + 0.01) / (within + 0.01))
    logs = [np.concatenate([piece[0] for piece in chain.trace]) for chain in chains]
    return float(sum(_effective(series) for series in logs)), float(np.quantile(reduction, 0.95))


def _effective(series: NDArray[np.float64]) -> float:
    """Return the effective number of independent values, summing autocorrelations while they are positive in pairs."""
    centred = series - series.mean()
    variance = float(centred @ centred)
    if variance <= 0.0:
        return 1.0
    total = 1.0
    for lag in range(1, series.size - 1, 2):
        pair = float(centred[:-lag] @ centred[lag:] + centred[: -lag - 1] @ centred[lag + 1 :]) / variance
        if pair <= 0.0:
            break
        total += 2.0 * pair
    return series.size / total


def counts_from_frequencies(frequencies: Frequencies) -> ReadCounts:
    """Return read counts that say as much as the 95 % intervals: the same middle, the same width.

    Parameters
    ----------
    frequencies : Frequencies

    Returns
    -------
    ReadCounts
        One mutation a cluster, clusters kept, purity 1 (normal cells are a free part of each sample).

    Notes
    -----
    A mutation in the fraction f of cells shows in f/2 of the reads, so D reads give f the standard deviation
    sqrt(f (2 - f) / D); an interval with lower bound 0 is taken as no variant read in D, upper = 2 (1 - 0.05^(1/D)).
    """
    middle = np.clip((frequencies.lower + frequencies.upper) / 2.0, 0.0, 1.0)
    width = np.maximum(frequencies.upper - frequencies.lower, 1e-4)
    depth = middle * (2.0 - middle) / (width / 3.92) ** 2
    none = frequencies.lower <= 0.0
    upper = np.clip(frequencies.upper, 1e-4, 1.0)
    depth = np.where(none, np.log(0.05) / np.log1p(-upper / 2.0), depth)
    reads = np.clip(np.rint(depth), 1, 100_000).astype(np.int64)
    variant = np.where(none, 0, np.rint(reads * middle / 2.0)).astype(np.int64)
    return ReadCounts(
        frequencies.clusters,
        frequencies.samples,
        frequencies.site,
        reads - variant,
        variant,
        np.ones(len(frequencies.samples)),
        np.arange(len(frequencies.clusters)),
    )
