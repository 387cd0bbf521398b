"""Which clones are in which sites: the most probable pairs of a clone tree and the presence of its clones."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selfseed.history.counts import ReadCounts
from selfseed.history.tree import CloneTree
from selfseed.kernels.clone_presence import presence_patterns
from selfseed.kernels.clone_trees import Law, State, log_tree_prior, set_tree

MOST_CANDIDATES, MOST_WEIGHED, MOST_LOOKED_AT = 300, 1500, 8000
ENOUGH = 0.98
"""Posterior mass at which the list of candidates ends."""

DRAWS, MOST_PATTERNS = 120, 24
"""Draws of all shares of a tree that look for sets of present clones, and the sets kept a sample."""


@dataclass(frozen=True)
class Candidate:
    """Hold one clone tree with the sites of its clones, and how probable it is.

    Parameters
    ----------
    tree : CloneTree
        Clones are named by their mutations, joined by ``;``; the root is ``GL``, the normal cells.
    weight : float, in (0, 1]
        The posterior mass, among all candidates.
    log_posterior : float
        The log of the joint density of reads, clustering, tree and presence, up to a constant [nat].
    share : array (m, clones)
        The mean share of the tumour cells of each sample that each clone makes up; its first column, of the root, is 0.
    """

    tree: CloneTree
    weight: float
    log_posterior: float
    share: NDArray[np.float64]


@dataclass
class TreePresence:
    """Hold one tree and what may be present in its samples; site patterns are sorted, the most probable first."""

    tree: CloneTree
    log_prior: float
    clones: int
    pattern: list[NDArray[np.bool_]]
    log_pattern: list[NDArray[np.float64]]
    share: list[NDArray[np.float64]]
    few: NDArray[np.bool_]


class PresenceFinder:
    """Find the presences of clones in sites, tree by tree, and list the most probable pairs."""

    def __init__(
        self,
        law: Law,
        state: State,
        reads: ReadCounts,
        group: NDArray[np.int64],
        further_site: float,
        rng: np.random.Generator,
    ):
        self.law, self.state, self.reads, self.group, self.rng = law, state, reads, group, rng
        self.further_site = further_site
        self.samples_of = [[p for p, name in enumerate(reads.site) if name == site] for site in reads.sites]

    def describe(self, first: NDArray[np.int16], above: NDArray[np.int16]) -> TreePresence:
        """Return what may be present where in the tree of ``first`` and ``above``."""
        _, parent, cluster = _parents_first(first, above)
        set_tree(self.law, self.state, parent, cluster)
        clones = len(parent) - 1
        count, logs, present, share = presence_patterns(self.law, self.state, clones, DRAWS, MOST_PATTERNS, self.rng)
        few = np.bincount(parent[1:], minlength=clones + 1) < 2
        few[0] = False
        entry = TreePresence(
            self._tree(parent, cluster), log_tree_prior(self.law, self.state), clones, [], [], [],
            few,
        )  # fmt: skip
        for samples in self.samples_of:
            pattern, weight, mean = _join(samples, count, logs, present, share)
            entry.pattern.append(pattern)
            entry.log_pattern.append(weight)
            entry.share.append(mean)
        return entry

    def _tree(self, parent: NDArray[np.int64], cluster: NDArray[np.int64]) -> CloneTree:
        gained = [
            tuple(self.reads.mutations[i] for i in np.flatnonzero(cluster[self.group] == clone))
            for clone in range(len(parent))
        ]
        names = ("GL", *(";".join(mutations) for mutations in gained[1:]))
        return CloneTree(names, tuple(int(p) for p in parent), (frozenset(),) * len(parent), tuple(gained))

    def list_candidates(self, entries: Sequence[TreePresence]) -> tuple[tuple[Candidate, ...], float]:
        """Return the most probable pairs of tree and presence, and their part of the posterior that was weighed."""
        weighed = [
            (
                base + self.further_site * float(np.maximum(self._sites(entries[tree], choice) - 1, 0).sum()),
                tree,
                choice,
            )
            for base, tree, choice in self._best_first(entries)
        ]
        weighed.sort(key=lambda one: (-one[0], one[1:]))
        best = weighed[0][0]
        mass = np.exp(np.array([log for log, *_ in weighed]) - best)
        part = np.cumsum(mass) / mass.sum()
        kept = min(int(np.searchsorted(part, ENOUGH)) + 1, MOST_CANDIDATES, len(weighed))
        total = float(mass[:kept].sum())
        made = [
            self._candidate(entries[number], choice, log, math.exp(log - best) / total)
            for log, number, choice in weighed[:kept]
        ]
        return tuple(made), float(part[kept - 1])

    def _best_first(self, entries: Sequence[TreePresence]) -> list[tuple[float, int, tuple[int, ...]]]:
        """Return (log posterior, tree, pattern of each site), the most probable first, sites being independent.

        Where it can be had, each clone of fewer than two children is in some site.
        """
        start = [(number, (0,) * len(entry.pattern)) for number, entry in enumerate(entries)]
        waiting = [(-self._log(entries[number], choice), number, choice) for number, choice in start]
        heapq.heapify(waiting)
        seen = set(start)
        found: list[tuple[float, int, tuple[int, ...]]] = []
        refused: list[tuple[float, int, tuple[int, ...]]] = []
        while waiting and len(found) < MOST_WEIGHED and len(found) + len(refused) < MOST_LOOKED_AT:
            minus, number, choice = heapq.heappop(waiting)
            seen_all = np.all(self._sites(entries[number], choice)[entries[number].few] > 0)
            (found if seen_all else refused).append((-minus, number, choice))
            for site in range(len(choice)):
                after = (*choice[:site], choice[site] + 1, *choice[site + 1 :])
                if after[site] < len(entries[number].log_pattern[site]) and (number, after) not in seen:
                    seen.add((number, after))
                    heapq.heappush(waiting, (-self._log(entries[number], after), number, after))
        return found or refused

    def _sites(self, entry: TreePresence, choice: tuple[int, ...]) -> NDArray[np.int64]:
        """Return in how many sites each clone is."""
        return np.asarray(np.sum(self._present(entry, choice), axis=0, dtype=np.int64))

    @staticmethod
    def _present(entry: TreePresence, choice: tuple[int, ...]) -> NDArray[np.bool_]:
        return np.array([pattern[pick] for pattern, pick in zip(entry.pattern, choice, strict=True)])

    @staticmethod
    def _log(entry: TreePresence, choice: tuple[int, ...]) -> float:
        return entry.log_prior + sum(float(logs[pick]) for logs, pick in zip(entry.log_pattern, choice, strict=True))

    def _candidate(self, entry: TreePresence, choice: tuple[int, ...], log: float, weight: float) -> Candidate:
        present = self._present(entry, choice)
        sites = self.reads.sites
        observed = tuple(frozenset(sites[s] for s in np.flatnonzero(column)) for column in present.T)
        share = np.zeros((len(self.reads.samples), entry.clones + 1))
        for samples, mean, pick in zip(self.samples_of, entry.share, choice, strict=True):
            share[samples] = mean[pick]
        tree = CloneTree(entry.tree.names, entry.tree.parent, observed, entry.tree.mutations)
        return Candidate(tree, weight, log, share)


Site = tuple[NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]


def _join(
    samples: Sequence[int],
    count: NDArray[np.int64],
    logs: NDArray[np.float64],
    present: NDArray[np.bool_],
    share: NDArray[np.float64],
) -> Site:
    """Return the presences in one site, a clone being there if it is in any sample, with their log-likelihoods."""
    joined: dict[bytes, tuple[float, NDArray[np.bool_], NDArray[np.float64]]] = {}
    clones = present.shape[2]
    joined[bytes(clones)] = (0.0, np.zeros(clones, dtype=bool), np.zeros((0, clones)))
    for p in samples:
        longer: dict[bytes, tuple[float, NDArray[np.bool_], NDArray[np.float64]]] = {}
        for log, pattern, mean in joined.values():
            for k in range(count[p]):
                if not math.isfinite(logs[p, k]):
                    continue
                both = pattern | present[p, k]
                value = log + float(logs[p, k])
                rows = np.vstack([mean, share[p, k]])
                known = longer.get(both.tobytes())
                if known is None:
                    longer[both.tobytes()] = (value, both, rows)
                else:
                    total = float(np.logaddexp(known[0], value))
                    part = math.exp(value - total)
                    longer[both.tobytes()] = (total, both, (1.0 - part) * known[2] + part * rows)
        joined = dict(sorted(longer.items(), key=lambda item: -item[1][0])[:64])
    kept = list(joined.values())
    return np.array([row[1] for row in kept]), np.array([row[0] for row in kept]), np.array([row[2] for row in kept])


def _parents_first(
    first: NDArray[np.int16], above: NDArray[np.int16]
) -> tuple[list[int], NDArray[np.int64], NDArray[np.int64]]:
    """Return the mutations that name the clones, parents first, the parents' positions, and each mutation's clone."""
    parent_of = {int(f): int(a) for f, a in zip(first, above, strict=True)}
    below: dict[int, list[int]] = {}
    for name in sorted(parent_of):
        below.setdefault(parent_of[name], []).append(name)
    names, parent = [-1], [-1]
    for place, name in enumerate(names):
        for child in below.get(name, ()):
            names.append(child)
            parent.append(place)
    position = {name: place for place, name in enumerate(names)}
    return names, np.array(parent), np.array([position[int(f)] for f in first])
