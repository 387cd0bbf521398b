"""What the posterior says: whether, where and how surely cells came back, and what the answer leans on."""

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from selfseed.history.model import Ground
from selfseed.history.tree import Arc, History, MigrationGraph

Key = TypeVar("Key")

MENTION = 3.0
"""A Bayes factor between 1/3 and 3 is 'not worth more than a bare mention' (Kass and Raftery 1995)."""


@dataclass(frozen=True)
class Pool:
    """Hold weighed histories of one or several clone trees of a patient.

    Parameters
    ----------
    grounds : tuple of Ground
        The clone trees, all with the same sites and primary.
    tree : integer array (m,)
        Which of the grounds each history refines.
    up : sequence of m integer arrays (n, k)
        The histories; see ``kernels.histories``.
    weight : array (m,), sums to 1
        Posterior probability, at the base rate of reseeding among the patients the model was learned from.
    arcs : integer array (m, k, k)
        Migrations from site to site.
    cycle, metastatic_cycle : bool array (m,)
        Whether the migration graph has a directed cycle; one that does not touch the primary.
    """

    grounds: tuple[Ground, ...]
    tree: NDArray[np.int64]
    up: Sequence[NDArray[np.int16]]
    weight: NDArray[np.float64]
    arcs: NDArray[np.int64]
    cycle: NDArray[np.bool_]
    metastatic_cycle: NDArray[np.bool_]

    def history(self, position: int) -> History:
        """Return one history."""
        return self.grounds[self.tree[position]].history(self.up[position])

    def at_odds(self, factor: float) -> "Pool":
        """Return the pool with the odds of reseeding multiplied by ``factor``."""
        weight = self.weight * np.where(self.cycle, factor, 1.0)
        return replace(self, weight=weight / weight.sum())


@dataclass(frozen=True)
class LeftOut:
    """Say how the answer moves when one sample, or site, is left out.

    Parameters
    ----------
    name : str
        The sample or site.
    p_reseeding, p_primary_reseeded : float, in [0, 1]
    """

    name: str
    p_reseeding: float
    p_primary_reseeded: float


@dataclass(frozen=True)
class Trust:
    """Say how far the draws behind an answer can be trusted.

    Parameters
    ----------
    effective_draws : float
        Draws of ``reseeding`` that would be as sure if each were independent.
    shrink_factor : float, >= 1
        Gelman and Rubin's R-hat, the largest over reseeding and all arcs: 1 where walks agree.
    seconds : float
    truncated : bool
        Whether the time budget ended the work before its planned end.
    """

    effective_draws: float
    shrink_factor: float
    seconds: float
    truncated: bool = False

    @property
    def converged(self) -> bool:
        """Whether the walks agree (R-hat at most 1.1) and are long enough (100 effective draws)."""
        return self.shrink_factor <= 1.1 and self.effective_draws >= 100 and not self.truncated


@dataclass(frozen=True)
class Answer:
    """Hold what was inferred for one patient.

    Parameters
    ----------
    pool : Pool
        The histories at the prior that was asked for.
    learned_pool_probability : float
        The probability of reseeding before the prior was applied, at the model's own base rate.
    prior, base_rate : float, in (0, 1)
        The prior probability of reseeding; the share of reseeding among the patients the model was learned from.
    trust : Trust
    left_out : tuple of LeftOut
    primaries : dict of site to probability
        How probable each site is as the primary; one site with probability 1 where it is known.
    notes : tuple of str
        What a reader must know of the input: what was assumed, merged or dropped.
    """

    pool: Pool
    learned_pool_probability: float
    prior: float
    base_rate: float
    trust: Trust
    left_out: tuple[LeftOut, ...] = ()
    primaries: dict[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def primary(self) -> str:
        """The site where the tumour began, or the most probable one."""
        return self.pool.grounds[0].primary

    @property
    def sites(self) -> tuple[str, ...]:
        """All sites, in the order of their names."""
        return self.pool.grounds[0].sites

    @cached_property
    def p_reseeding(self) -> float:
        """The probability that some site was reseeded: that the migration graph has a directed cycle.

        From prior odds and Bayes factor, so that a finite number of draws never makes it 0 or 1.
        """
        odds = odds_of(self.prior) * self.bayes_factor
        return odds / (1 + odds)

    @cached_property
    def p_primary_reseeded(self) -> float:
        """The probability that cells came into the primary."""
        into = np.asarray(self.pool.arcs[:, :, self._primary].any(axis=1))
        return min(self._share(into), self.p_reseeding)

    @cached_property
    def p_metastases_reseeded(self) -> float:
        """The probability of a directed cycle between metastases alone."""
        return min(self._share(self.pool.metastatic_cycle), self.p_reseeding)

    @cached_property
    def bayes_factor(self) -> float:
        """How much more probable the data are with reseeding than without: posterior odds over prior odds."""
        return odds_of(self.learned_pool_probability) / odds_of(self.base_rate)

    @property
    def verdict(self) -> str:
        """``undecidable`` where the data hardly move the prior, else ``likely`` or ``unlikely``."""
        if 1 / MENTION < self.bayes_factor < MENTION:
            return "undecidable"
        return "likely" if self.p_reseeding >= 0.5 else "unlikely"

    @cached_property
    def p_migration(self) -> dict[Arc, float]:
        """The probability of at least one migration from one site to another, all arcs ever met."""
        probability = np.tensordot(self.pool.weight, self.pool.arcs > 0, axes=1)
        return self._by_arc(probability)

    @cached_property
    def expected_migrations(self) -> dict[Arc, float]:
        """The mean number of migrations from one site to another."""
        return self._by_arc(np.tensordot(self.pool.weight, self.pool.arcs, axes=1))

    @cached_property
    def p_polyclonal(self) -> dict[Arc, float]:
        """The probability that several clones went from one site to another, given that one did."""
        several = self._by_arc(np.tensordot(self.pool.weight, self.pool.arcs > 1, axes=1))
        return {arc: several.get(arc, 0.0) / probability for arc, probability in self.p_migration.items()}

    @cached_property
    def _graphs(self) -> tuple[tuple[MigrationGraph, float], ...]:
        """The different migration graphs with their probabilities."""
        arcs = self.pool.arcs.reshape(len(self.pool.arcs), -1)
        distinct, which = np.unique(arcs, axis=0, return_inverse=True)
        weight = np.bincount(which.ravel(), weights=self.pool.weight)
        k = len(self.sites)
        return tuple(
            (
                MigrationGraph(
                    {arc: int(count) for arc, count in self._by_arc(row.reshape(k, k)).items()}, self.primary
                ),
                float(probability),
            )
            for row, probability in zip(distinct, weight, strict=True)
        )

    @cached_property
    def p_pattern(self) -> dict[str, float]:
        """The probability of each pattern of seeding, such as ``mPS`` or ``pR``, the most probable first."""
        total: dict[str, float] = defaultdict(float)
        for graph, weight in self._graphs:
            total[graph.pattern] += weight
        return _descending(total)

    @cached_property
    def p_site_reseeded(self) -> dict[str, float]:
        """The probability that each site lies on a directed cycle."""
        total = dict.fromkeys(self.sites, 0.0)
        for graph, weight in self._graphs:
            for site in graph.reseeded:
                total[site] += weight
        return total

    @cached_property
    def p_clone_returned(self) -> dict[str, float]:
        """The probability, by clone, that its cells came back: moved into a site from which its line had come.

        A clone is named by the clone that arrived; a return is a migration into a site where an ancestor on the path
        from the root had lived before another site.
        """
        total: dict[str, float] = defaultdict(float)
        for position in self._leading(self.pool.cycle):
            for name in returned(self.pool.history(position)):
                total[name] += float(self.pool.weight[position])
        return _descending(total)

    @cached_property
    def order(self) -> dict[str, float]:
        """The expected rank at which each site received its first tumour cells, by mutations; the primary is first."""
        total, weights = np.zeros(len(self.sites)), 0.0
        for position in self._leading(np.ones(len(self.pool.weight), dtype=np.bool_)):
            weights += self.pool.weight[position]
            total += self.pool.weight[position] * _ranks(self.pool.history(position), self.sites)
        total /= weights
        return dict(sorted(zip(self.sites, map(float, total), strict=True), key=lambda item: item[1]))

    @cached_property
    def best(self) -> int:
        """The position in the pool of the single history to show.

        Of the histories on the side of the call (with reseeding where its probability is at least 1/2), the one whose
        migration graph and migrating clones are expected to agree most (F1) with the truth, should the posterior hold.
        """
        return _most_expected(self.pool, self._leading(self.pool.weight > 0), self.p_reseeding >= 0.5)

    @property
    def history(self) -> History:
        """The single history to show; see ``best``."""
        return self.pool.history(self.best)

    def _leading(self, which: NDArray[np.bool_]) -> list[int]:
        """Return the most probable histories among ``which``: as many as count, and no more than can be looked at."""
        chosen = np.flatnonzero(which)
        order = chosen[np.argsort(-self.pool.weight[chosen], kind="stable")]
        most = max(20, min(2000, 200_000 // max(1, max(len(ground.tree) for ground in self.pool.grounds))))
        return [int(position) for position in order[:most]]

    @cached_property
    def _primary(self) -> int:
        return self.sites.index(self.primary)

    def _share(self, which: NDArray[np.bool_]) -> float:
        return float(min(1.0, self.pool.weight[which].sum()))

    def _by_arc(self, values: NDArray) -> dict[Arc, float]:
        found = {
            (self.sites[source], self.sites[target]): float(values[source, target])
            for source, target in zip(*np.nonzero(values), strict=True)
        }
        return _descending(found)


def returned(history: History) -> frozenset[str]:
    """Return the names of the clones that arrived in a site from which their line had come.

    Where the cycle of the graph lies on no single path from the root, the clones that moved along it are named instead.
    """
    names = set()
    passed: list[frozenset[str]] = []
    for vertex, above in enumerate(history.parent):
        before = passed[above] if above >= 0 else frozenset()
        site = history.site[vertex]
        if above >= 0 and site != history.site[above] and site in before:
            names.add(history.tree.names[history.clone[vertex]])
        passed.append(before | {site})
    if names or not history.graph.reseeding:
        return frozenset(names)
    cycle = history.graph.reseeded
    return frozenset(
        history.tree.names[history.clone[vertex]]
        for above, vertex in history.migrations
        if history.site[vertex] in cycle and history.site[above] in cycle
    )


def migrating_clones(history: History) -> frozenset[frozenset[str]]:
    """Return the clones that left a site, each as the set of its mutations (of the names on its path where unknown)."""
    known = any(history.tree.mutations)
    carried: list[frozenset[str]] = []
    for clone, above in enumerate(history.tree.parent):
        gained = history.tree.mutations[clone] if known else (history.tree.names[clone],)
        carried.append((carried[above] if above >= 0 else frozenset()) | frozenset(gained))
    return frozenset(carried[history.clone[above]] for above, _ in history.migrations)


def _descending(values: Mapping[Key, float]) -> dict[Key, float]:
    return dict(sorted(values.items(), key=lambda item: -item[1]))


def odds_of(probability: float) -> float:
    """Return the odds of a probability, which is kept a millionth away from 0 and 1."""
    bounded = min(max(probability, 1e-6), 1 - 1e-6)
    return bounded / (1 - bounded)


def agreement(one: Set[Hashable], other: Set[Hashable]) -> float:
    """Return F1 of two sets: 1 where they are equal, or both empty."""
    size = len(one) + len(other)
    return 2 * len(one & other) / size if size else 1.0


def _most_expected(pool: Pool, looked_at: list[int], reseeding: bool, most: int = 200) -> int:
    """Return the history of greatest expected agreement with the others, of all with or without reseeding."""
    groups: dict[tuple, list] = {}
    for position in looked_at:
        history = pool.history(position)
        arcs = frozenset((arc, copy) for arc, number in history.graph.arcs.items() for copy in range(number))
        group = groups.setdefault((arcs, migrating_clones(history)), [0.0, position])
        group[0] += float(pool.weight[position])
    leading = sorted(groups.items(), key=lambda item: -item[1][0])[:most]
    on_side = [item for item in groups.items() if pool.cycle[item[1][1]] == reseeding]
    on_side = sorted(on_side, key=lambda item: -item[1][0])[:most] or leading

    def expected(candidate: tuple) -> float:
        (arcs, clones), _ = candidate
        return sum(
            weight * (agreement(arcs, others) + 0.5 * agreement(clones, moving))
            for (others, moving), (weight, _) in leading
        )

    return max(on_side, key=expected)[1][1]


def _ranks(history: History, sites: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the rank of each site by the mutations its first cells carried, ties shared, array (k,)."""
    depth: list[int] = []
    first = dict.fromkeys(sites, np.inf)
    for vertex, above in enumerate(history.parent):
        gained = len(history.tree.mutations[history.clone[vertex]]) or 1
        entered = above >= 0 and history.clone[above] == history.clone[vertex]
        depth.append((depth[above] if above >= 0 else -1) + (0 if entered else gained))
        first[history.site[vertex]] = min(first[history.site[vertex]], depth[vertex] + 1e-6 * vertex)
    arrival = np.array([first[site] for site in sites])
    return np.array([1 + (arrival < own).sum() for own in arrival], dtype=np.float64)
