"""Where each clone can stand when few places are unobserved and few migrations happen: exact tables over sets of sites.

Suppose that every migration is allowed. Then a history is as good as the sets of sites its clones hold: a clone in
``|X|`` sites takes ``|X| - 1`` migrations within, and an edge of the clone tree one more exactly when its two clones
share no site. So the least cost follows from one pass up the tree, and what any choice would cost from one pass down:
Fitch's parsimony, with sets of sites in place of sites. With some migrations forbidden these costs are lower bounds.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from selfseed.history.tree import CloneTree

IMPOSSIBLE = 2**40
"""A cost above every cost of a history."""


@dataclass(frozen=True)
class Placements:
    r"""Weigh every set of sites for every clone.

    .. math:: f_v(X) = w_U |X \setminus O_v| + w_M (|X| - 1)
              + \sum_{w \text{ below } v} \min_Y \left( f_w(Y) + w_M [X \cap Y = \emptyset] \right)

    Parameters
    ----------
    tree : CloneTree
    sites : tuple of str, length k
        Bit ``i`` of a set of sites stands for ``sites[i]``.
    primary : int
        The position of the primary in ``sites``; the root holds it.
    unobserved, migration : int, >= 0
        The weights :math:`w_U, w_M` of one unobserved place and of one migration.

    References
    ----------
    Fitch (1971), https://doi.org/10.1093/sysbio/20.4.406
    """

    tree: CloneTree
    sites: tuple[str, ...]
    primary: int
    unobserved: int
    migration: int

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        return np.bitwise_count(np.arange(2 ** len(self.sites))).astype(np.int64)

    @cached_property
    def observed(self) -> tuple[int, ...]:
        """The sites where each clone was seen, as bits."""
        position = {site: bit for bit, site in enumerate(self.sites)}
        return tuple(sum(1 << position[site] for site in seen) for seen in self.tree.observed)

    def _least_within(self, costs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return, for each set X, the least of ``costs`` over the sets that meet X, or that do not and then migrate."""
        everything = np.arange(len(costs))
        least = np.full(len(costs), costs.min() + self.migration)
        for bit in range(len(self.sites)):
            best = costs[everything >> bit & 1 == 1].min()
            least[1 << bit : 2 << bit] = np.minimum(least[: 1 << bit], best)
        return least

    @cached_property
    def _up(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What the clones from each one down cost when it holds X, and what its parent pays for them when it does."""
        everything = np.arange(2 ** len(self.sites))
        within = np.empty((len(self.tree), len(everything)), dtype=np.int64)
        paid = np.empty_like(within)
        for clone in reversed(range(len(self.tree))):
            seen = self.observed[clone]
            must = seen | (1 << self.primary if clone == 0 else 0)
            cost = self.unobserved * self._sizes[everything & ~seen] + self.migration * (self._sizes - 1)
            cost = cost + sum(paid[child] for child in self.tree.children[clone])
            within[clone] = np.where((everything & must == must) & (everything > 0), cost, IMPOSSIBLE)
            paid[clone] = self._least_within(within[clone])
        return within, paid

    @property
    def within(self) -> NDArray[np.int64]:
        """The least cost from each clone down when it holds X, array (n, 2**k)."""
        return self._up[0]

    @property
    def paid(self) -> NDArray[np.int64]:
        """The least cost of each clone and its edge, from there down, when its parent holds X, array (n, 2**k)."""
        return self._up[1]

    @cached_property
    def outside(self) -> NDArray[np.int64]:
        """The least cost of all that is not at or below each clone when it is entered within X, array (n, 2**k)."""
        outside = np.zeros_like(self.within)
        for clone, above in enumerate(self.tree.parent[1:], start=1):
            rest = np.minimum(self.within[above] + outside[above], IMPOSSIBLE) - self.paid[clone]
            outside[clone] = self._least_within(np.where(self.within[above] < IMPOSSIBLE, rest, IMPOSSIBLE))
        return outside

    @cached_property
    def least(self) -> int:
        """The least cost of a history."""
        return int(self.within[0].min())

    def held(self, budget: int) -> list[list[int]]:
        """Return the sets of sites that each clone holds in some history of cost ``budget`` or less."""
        return [np.flatnonzero(row <= budget).tolist() for row in self.within + self.outside]

    def count(self) -> int:
        """Count the histories of least cost, each placement of each clone and each tree between its sites apart.

        Of the trees on the sites of a clone, :math:`|X|^{|X|-2}` start at a given one (Cayley).
        """
        held = self.held(self.least)
        ways: list[dict[int, int]] = [{} for _ in self.tree.names]
        for clone in reversed(range(len(self.tree))):
            for sites in held[clone]:
                number = sites.bit_count() ** max(sites.bit_count() - 2, 0)
                for child in self.tree.children[clone]:
                    number *= sum(self._joins(sites, below, child) * n for below, n in ways[child].items())
                ways[clone][sites] = number
        return sum(number for sites, number in ways[0].items() if self.within[0, sites] == self.least)

    def _joins(self, sites: int, below: int, child: int) -> int:
        """Count the cheapest ways to lead from a clone that holds ``sites`` into a ``child`` that holds ``below``."""
        shared = (sites & below).bit_count()
        cost = int(self.within[child, below]) + (0 if shared else self.migration)
        return (shared or sites.bit_count() * below.bit_count()) if cost == self.paid[child, sites] else 0
