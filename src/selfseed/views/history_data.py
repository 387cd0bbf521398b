"""What the page of a migration history carries to recompute in the browser: weighed graphs, and histories to draw.

Histories that draw the same migration graph on the same clone tree are one entry, with the sum of their weights: what
is asked of arcs needs no more. The tree that is drawn for an entry is its most probable history.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from selfseed.history.answer import Answer, Pool
    from selfseed.history.tree import History

MOST_GRAPHS = 2000
MOST_HISTORIES = 200
COVER = 0.99
_GRAPH_BYTES = 350_000
_HISTORY_BYTES = 450_000
_CYCLE, _PRIMARY, _METASTATIC = 1, 2, 4


@dataclass(frozen=True)
class Weighed:
    """Hold the histories that draw one migration graph on one clone tree.

    Parameters
    ----------
    weight : float
        Their summed posterior probability.
    tree : int
        Which clone tree.
    arcs : integer array (k, k)
    members : integer array
        Their positions in the pool.
    """

    weight: float
    tree: int
    arcs: NDArray[np.int64]
    members: NDArray[np.int64]


def weighed_graphs(pool: Pool) -> list[Weighed]:
    """Return the different migration graphs of a pool, the most probable first."""
    size = len(pool.weight)
    rows = np.column_stack([np.asarray(pool.tree).reshape(size, 1), np.asarray(pool.arcs).reshape(size, -1)])
    rows = np.ascontiguousarray(rows, dtype=np.int32)
    keys = rows.view([("", rows.dtype)] * rows.shape[1]).ravel()
    _, first, group = np.unique(keys, return_index=True, return_inverse=True)
    weight = np.bincount(group, weights=pool.weight)
    members = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    order = np.argsort(-weight, kind="stable")
    return [
        Weighed(float(weight[which]), int(pool.tree[first[which]]), pool.arcs[first[which]], members[which])
        for which in order
    ]


def returning(history: History) -> tuple[bool, ...]:
    """Return for each vertex whether the branch above it brought cells back to a site their line had left.

    Where the cycle of the graph lies on no single path from the root, all migrations along it are meant; see
    ``selfseed.history.answer.returned``.
    """
    passed: list[frozenset[str]] = []
    back = []
    for site, above in zip(history.site, history.parent, strict=True):
        before = passed[above] if above >= 0 else frozenset()
        back.append(above >= 0 and site != history.site[above] and site in before)
        passed.append(before | {site})
    cycle = history.graph.reseeded
    if any(back) or not cycle:
        return tuple(back)
    return tuple(
        above >= 0 and site != history.site[above] and site in cycle and history.site[above] in cycle
        for site, above in zip(history.site, history.parent, strict=True)
    )


def p_return(answer: Answer, graphs: list[Weighed]) -> NDArray[np.float64]:
    """Return how probable it is that each arc leads back: into the primary, or on a cycle between metastases.

    Returns
    -------
    array (k, k)
    """
    total = np.zeros((len(answer.sites),) * 2)
    primary = answer.sites.index(answer.primary)
    for graph in graphs:
        linked = graph.arcs > 0
        among = linked.copy()
        among[primary] = among[:, primary] = False
        leads = among & _reach(among).T
        leads[:, primary] = linked[:, primary]
        total += graph.weight * leads
    return total


def _reach(linked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether a path leads from one site to another."""
    reach = linked.copy()
    for middle in range(len(linked)):
        reach |= np.outer(reach[:, middle], reach[middle])
    return reach


def page_data(answer: Answer, graphs: list[Weighed], looks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the page carries along, as plain lists and numbers.

    Parameters
    ----------
    answer : Answer
    graphs : list of Weighed
    looks : list of dict
        Colour and shape of each site.

    Returns
    -------
    dict
        ``graphs`` are rows (weight, tree, flags, arcs and their numbers of migrations, history or -1); ``share`` is the
        sum of their weights.
    """
    arcs = list(answer.p_migration)
    index = {arc: number for number, arc in enumerate(arcs)}
    back = p_return(answer, graphs)
    places = [(answer.sites.index(source), answer.sites.index(target)) for source, target in arcs]
    kept = _kept(graphs, places)
    drawn = _drawn(answer, kept, places)
    support = _Support(answer.pool)
    positions = [answer.best, *(_representative(answer.pool, graph) for graph in drawn.values())]
    number = {which: 1 + order for order, which in enumerate(drawn)}
    rows = [_row(answer, graph, index, number.get(which, -1)) for which, graph in enumerate(kept)]
    return {
        "sites": [{"name": site, **look} for site, look in zip(answer.sites, looks, strict=True)],
        "primary": answer.sites.index(answer.primary),
        "trees": [_tree(answer, which) for which in range(len(answer.pool.grounds))],
        "arcs": [
            {
                "from": arc[0],
                "to": arc[1],
                "p": _short(answer.p_migration[arc]),
                "mean": _short(answer.expected_migrations[arc]),
                "poly": _short(answer.p_polyclonal[arc]),
                "back": _short(float(back[source, target])),
            }
            for arc, (source, target) in zip(arcs, places, strict=True)
        ],
        "graphs": rows,
        "share": _short(sum(row[0] for row in rows)),
        "p": [_short(value) for value in (answer.p_reseeding, answer.p_primary_reseeded, answer.p_metastases_reseeded)],
        "histories": [_history(answer, position, support) for position in positions],
    }


def as_json(data: dict[str, Any]) -> str:
    """Return ``data`` as JSON that can stand inside an element ``script``: no name can close it."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _short(value: float) -> float:
    return round(float(value), 6)


def _kept(graphs: list[Weighed], places: list[tuple[int, int]]) -> list[Weighed]:
    """Return the leading graphs that the page has room for, and for each arc at least one that has it."""
    kept: list[Weighed] = []
    covered, size = 0.0, 0
    for graph in graphs[:MOST_GRAPHS]:
        size += 20 + 6 * int((graph.arcs > 0).sum())
        if size > (_GRAPH_BYTES if covered >= COVER else 2 * _GRAPH_BYTES):
            break
        kept.append(graph)
        covered += graph.weight
    missing = [place for place in places if not any(graph.arcs[place] for graph in kept)]
    for place in missing:
        if not any(graph.arcs[place] for graph in kept):
            kept.append(next(graph for graph in graphs if graph.arcs[place]))
    return kept


def _drawn(answer: Answer, kept: list[Weighed], places: list[tuple[int, int]]) -> dict[int, Weighed]:
    """Return the graphs to draw a history of: the leading ones, and the best with and the best without each arc."""
    largest = max(len(ground.tree) for ground in answer.pool.grounds)
    room = max(1, min(MOST_HISTORIES, _HISTORY_BYTES // (20 * largest)))
    wanted: dict[int, None] = {}
    for place in places:
        for present in (True, False):
            found = [which for which, graph in enumerate(kept) if (graph.arcs[place] > 0) == present]
            wanted.update(dict.fromkeys(found[:1]))
    chosen = {*sorted(wanted)[: max(1, room // 2)]}
    for which in range(len(kept)):
        if len(chosen) >= room:
            break
        chosen.add(which)
    return {which: kept[which] for which in sorted(chosen)}


def _representative(pool: Pool, graph: Weighed) -> int:
    """Return the position of the most probable of the histories that draw a graph."""
    total: dict[bytes, float] = defaultdict(float)
    place: dict[bytes, int] = {}
    for position in map(int, graph.members):
        key = np.asarray(pool.up[position]).tobytes()
        total[key] += float(pool.weight[position])
        place.setdefault(key, position)
    return place[max(total, key=total.__getitem__)]


def _row(answer: Answer, graph: Weighed, index: dict[tuple[str, str], int], history: int) -> list[Any]:
    member = int(graph.members[0])
    into = bool(graph.arcs[:, answer.sites.index(answer.primary)].any())
    flags = _CYCLE * bool(answer.pool.cycle[member]) + _PRIMARY * into
    flags += _METASTATIC * bool(answer.pool.metastatic_cycle[member])
    counts: list[int] = []
    for source, target in np.argwhere(graph.arcs > 0):
        counts += [index[answer.sites[source], answer.sites[target]], int(graph.arcs[source, target])]
    return [round(graph.weight, 8), graph.tree, flags, counts, history]


def _tree(answer: Answer, which: int) -> dict[str, Any]:
    pool, tree = answer.pool, answer.pool.grounds[which].tree
    place = {site: number for number, site in enumerate(answer.sites)}
    return {
        "p": _short(float(pool.weight[pool.tree == which].sum())),
        "names": list(tree.names),
        "gained": [len(mutations) for mutations in tree.mutations],
        "seen": [sorted(place[site] for site in seen) for seen in tree.observed],
    }


class _Support:
    """Say how much of the posterior has a clone in a place, hung where a history hangs it."""

    def __init__(self, pool: Pool) -> None:
        self.shares: list[dict[tuple[int, int, int], float]] = []
        for which, ground in enumerate(pool.grounds):
            n, k = len(ground.tree), len(ground.sites)
            total = np.zeros((n, k, 2 * k + 1))
            clone, site = np.indices((n, k))
            members = np.flatnonzero(pool.tree == which)
            for position in members:
                total[clone, site, np.asarray(pool.up[int(position)])] += pool.weight[position]
            total[:, :, 2 * k] = 0.0  # the code -1, where the clone does not live
            total /= max(float(pool.weight[members].sum()), 1e-300)
            found = zip(*map(np.ndarray.tolist, np.nonzero(total)), strict=True)
            self.shares.append({(c, s, code): float(total[c, s, code]) for c, s, code in found})

    def of(self, tree: int, up: NDArray[np.int16], clone: int, site: int) -> float:
        return self.shares[tree].get((clone, site, int(up[clone, site])), 0.0)


def _history(answer: Answer, position: int, support: _Support) -> dict[str, Any]:
    pool = answer.pool
    tree, up, history = int(pool.tree[position]), np.asarray(pool.up[position]), pool.history(position)
    sites = [answer.sites.index(site) for site in history.site]
    shares = [support.of(tree, up, clone, site) for clone, site in zip(history.clone, sites, strict=True)]
    return {
        "tree": tree,
        "clone": list(history.clone),
        "site": sites,
        "parent": list(history.parent),
        "back": [vertex for vertex, back in enumerate(returning(history)) if back],
        "support": [min(100, round(100 * share)) for share in shares],
    }
