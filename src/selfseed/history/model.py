r"""The model of seeding: how surely one migration history is the true one, against another of the same clone tree.

A history is weighed by what it asks for: how many migrations, from where to where, along how many different arcs, how
many clones in places where nobody saw them, and on how long a branch each migration sits. Its weight is

.. math:: P(H \mid T) \propto \exp \sum_i w_i f_i(H),

the least committed law under which each feature :math:`f_i` is as frequent as in patients whose truth is known. The
weights were learned from simulated patients by maximum likelihood, see ``history/learn.py``, and are kept with their
origin in ``learned.json``.
"""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from selfseed.history.tree import CloneTree, History


@dataclass(frozen=True)
class Learned:
    """Hold the hyper-parameters of the model and where they come from.

    Parameters
    ----------
    weights : array (features,)
        The weight of each feature, in the order of ``kernels.histories.FEATURES``.
    base_rate : float, in (0, 1)
        The share of patients with reseeding among those learned from.
    origin : dict
        Which simulator, how many patients, which seed.
    """

    weights: NDArray[np.float64]
    base_rate: float
    origin: dict[str, object]


@lru_cache(maxsize=1)
def learned() -> Learned:
    """Return the hyper-parameters that come with this version."""
    from selfseed.kernels.histories import FEATURES

    text = json.loads(files("selfseed.history").joinpath("learned.json").read_text(encoding="utf-8"))
    return Learned(
        np.array([text["weights"][name] for name in FEATURES]),
        float(text["base_rate"]),
        text["origin"],
    )


@dataclass(frozen=True)
class Ground:
    """Hold what all histories of one tree share, as arrays.

    Parameters
    ----------
    tree : CloneTree
    primary : str
        The site of the root.
    further_sites : tuple of str
        Sites that were sampled though no clone of this tree was seen there.
    """

    tree: CloneTree
    primary: str
    further_sites: tuple[str, ...] = ()

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """The sites, the primary among them, in the order of their names."""
        return tuple(sorted({*self.tree.sites, self.primary, *self.further_sites}))

    @cached_property
    def _shared(self) -> tuple[Any, ...]:
        tree, position = self.tree, {site: index for index, site in enumerate(self.sites)}
        observed = np.zeros((len(tree), len(self.sites)), dtype=np.bool_)
        for clone, seen in enumerate(tree.observed):
            observed[clone, [position[site] for site in seen]] = True
        first = np.concatenate([[0], np.cumsum([len(below) for below in tree.children])])
        children = np.array([child for below in tree.children for child in below] or [0], dtype=np.int64)
        return (
            np.array(tree.parent, dtype=np.int64),
            first.astype(np.int64),
            children,
            observed,
            observed.any(axis=1),
            branch_lengths(tree),
            np.log((1 + observed.sum(axis=0)) / (1 + observed.sum(axis=0)).mean()),
            np.array([position[self.primary]], dtype=np.int64),
            np.array([_founder(tree)], dtype=np.int64),
        )

    def walk(self) -> Any:
        """Return an empty ``Walk`` on this ground."""
        from selfseed.kernels.histories import NOWHERE, PLACES, Walk

        n, k = len(self.tree), len(self.sites)
        own = (
            np.full((n, k), NOWHERE, dtype=np.int16),
            np.zeros(n, dtype=np.int64),
            np.zeros((n, k), dtype=np.int32),
            np.zeros((n, k, k), dtype=np.int32),
            np.zeros((k, k), dtype=np.int64),
            np.zeros(PLACES),
        )
        return Walk._make(self._shared + own)

    def features(self, history: History) -> NDArray[np.float64]:
        """Return the features of a history of this tree, array (features,)."""
        from selfseed.kernels.histories import FEATURES, count_all, graph_features

        walk = self.walk()
        walk.up[:], walk.entry[:] = self.code(history)
        count_all(walk)
        values = np.zeros(len(FEATURES))
        graph_features(walk, values)
        return values

    def code(self, history: History) -> tuple[NDArray, NDArray]:
        """Return the history as the arrays ``up`` (n, k) and ``entry`` (n,) of ``kernels.histories.Walk``.

        Raises
        ------
        ValueError
            If a clone has no place, two places in one site, or hangs below neither itself nor its parent.
        """
        n, k = len(self.tree), len(self.sites)
        position = {site: index for index, site in enumerate(self.sites)}
        up, entry = np.full((n, k), -1, dtype=np.int16), np.full(n, -1, dtype=np.int64)
        for vertex, (clone, site) in enumerate(zip(history.clone, history.site, strict=True)):
            above, here = history.parent[vertex], position[site]
            if up[clone, here] != -1:
                raise ValueError(f"the clone {self.tree.names[clone]} has two places in {site}")
            if above >= 0 and history.clone[above] == clone:
                up[clone, here] = k + position[history.site[above]]
                continue
            if entry[clone] != -1 or (above >= 0 and history.clone[above] != self.tree.parent[clone]):
                raise ValueError(f"the clone {self.tree.names[clone]} hangs below neither itself nor its parent")
            up[clone, here] = position[history.site[above]] if above >= 0 else 0
            entry[clone] = here
        if (entry < 0).any():
            raise ValueError("a clone has no place")
        return up, entry

    def history(self, up: NDArray) -> History:
        """Return the history that ``up`` (n, k) stands for."""
        n, k = up.shape
        below: list[list[tuple[int, int]]] = [[] for _ in range(n * k)]
        for clone in range(1, n):
            for site in map(int, np.flatnonzero(up[clone] >= 0)):
                code = int(up[clone, site])
                above = clone * k + code - k if code >= k else self.tree.parent[clone] * k + code
                below[above].append((clone, site))
        order, parent = [(0, int(np.flatnonzero(up[0] >= 0)[0]))], [-1]
        for vertex, (clone, site) in enumerate(order):
            for place in below[clone * k + site]:
                order.append(place)
                parent.append(vertex)
        clones, sites = zip(*order, strict=True)
        return History(self.tree, clones, tuple(self.sites[site] for site in sites), tuple(parent))


def _founder(tree: CloneTree) -> int:
    """Return the clone that began the tumour, in the primary, where the root stands for healthy cells; else -1."""
    healthy = not tree.mutations[0] and not tree.observed[0] and len(tree.children[0]) == 1
    return tree.children[0][0] if healthy and any(tree.mutations) else -1


def branch_lengths(tree: CloneTree) -> NDArray[np.float64]:
    """Return how long the branch into each clone is, array (n, 3); see ``kernels.histories.Walk``."""
    gained = np.array([len(mutations) for mutations in tree.mutations], dtype=np.float64)
    mean = gained[1:].mean() if len(tree) > 1 else 0.0
    if mean == 0:
        return np.zeros((len(tree), 3))
    length = np.log((gained + 0.5) / mean)
    length[0] = 0.0
    return np.column_stack([length, length * np.log(mean), length**2])
