"""Every history within a budget, packed so that those with one migration graph are counted and not listed.

The tables go up the clone tree. For each clone and each site where its first cells may have arrived they hold what the
history from there down can amount to (unobserved places, migrations between each two sites, and the most migrations
between each two sites on one path), in how many ways, and how each way is put together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from selfseed.history.placements import Placements
from selfseed.history.tree import CloneTree, History

Place = tuple[int, int]
"""A clone, and a site where it stands."""
Edge = tuple[Place, Place]
State = tuple[int, int, int, int]
"""Unobserved places, migrations, migrations by arc, most migrations on one path by arc (16 bits an arc)."""
WIDTH = 16


class TooManyError(Exception):
    """Say that a listing grew beyond what was allowed."""


class Bundle:
    """Count some histories of a part of the clone tree, and remember how to write out each."""

    __slots__ = ("count", "ways")

    def __init__(self) -> None:
        self.count = 0
        self.ways: list[tuple[tuple[Edge, ...], tuple[Bundle, ...]]] = []

    def edges(self) -> Iterator[tuple[Edge, ...]]:
        """Write out the histories one after the other, as edges between places."""
        waiting: list[tuple[tuple[Edge, ...], tuple[Bundle, ...]]] = [((), (self,))]
        while waiting:
            edges, bundles = waiting.pop()
            if not bundles:
                yield edges
                continue
            for more, parts in reversed(bundles[0].ways):
                waiting.append((edges + more, parts + bundles[1:]))


@dataclass(frozen=True)
class Packed:
    """Hold the histories that share a migration graph and all four criteria.

    Parameters
    ----------
    unobserved, migrations, comigrations, seeding_sites : int, >= 0
    arcs : tuple of ((int, int), int)
        The migrations between each two sites.
    bundle : Bundle
    """

    unobserved: int
    migrations: int
    comigrations: int
    seeding_sites: int
    arcs: tuple[tuple[tuple[int, int], int], ...]
    bundle: Bundle

    @property
    def used(self) -> set[tuple[int, int]]:
        """The arcs of the graph."""
        return {arc for arc, _ in self.arcs}

    def joined_with(self, other: "Packed") -> "Packed":
        """Return the histories of both, under the numbers of this one."""
        both = Bundle()
        for part in (self.bundle, other.bundle):
            _add(both, part.count, (), (part,))
        return replace(self, bundle=both)


class Forest:
    """List the migration graphs of all histories of cost ``budget`` or less that migrate along ``arcs`` only.

    Parameters
    ----------
    placements : Placements
    budget : int
        The greatest cost allowed, in the weights of ``placements``.
    arcs : sequence of (int, int)
        The migrations allowed, as positions of sites.
    limit : int
        The most combinations that may be looked at.

    Raises
    ------
    TooManyError
        If there are more.
    """

    def __init__(self, placements: Placements, budget: int, arcs: Sequence[tuple[int, int]], limit: int):
        self.placements, self.budget, self.limit = placements, budget, limit
        self.arcs = list(arcs)
        self._bit = {arc: 1 << (WIDTH * number) for number, arc in enumerate(self.arcs)}
        self._guard = sum(1 << (WIDTH * number + WIDTH - 1) for number in range(len(self.arcs)))
        on_cycle = arcs_on_cycles(self.arcs)
        self._tracked = {arc: bit if arc in on_cycle else 0 for arc, bit in self._bit.items()}
        self._work = 0
        self._spans: dict[tuple[int, int], list[tuple[tuple[int, int], ...]]] = {}

    def graphs(self) -> list[Packed]:
        """Return one entry for each migration graph and each value of the criteria."""
        tree = self.placements.tree
        held = self.placements.held(self.budget)
        tables: list[dict[int, dict[State, Bundle]]] = [{} for _ in tree.names]
        for clone in reversed(range(len(tree))):
            for sites in held[clone]:
                self._place(clone, sites, tables)
        packed: dict[tuple[int, int, int], Packed] = {}
        for state, bundle in tables[0].get(self.placements.primary, {}).items():
            entry = self._read(state, bundle)
            key = (state[0], state[2], entry.comigrations)
            packed[key] = packed[key].joined_with(entry) if key in packed else entry
        return list(packed.values())

    def _place(self, clone: int, sites: int, tables: list[dict[int, dict[State, Bundle]]]) -> None:
        """Add to the table of ``clone`` what happens when it holds ``sites``."""
        weights = self.placements
        children = weights.tree.children[clone]
        ahead = [int(weights.paid[child, sites]) for child in children]
        spent = weights.unobserved * (sites & ~weights.observed[clone]).bit_count()
        room = self.budget - int(weights.outside[clone, sites]) - weights.migration * (sites.bit_count() - 1) - spent
        for paths, spans in self._spans_by_paths(clone, sites).items():
            below: dict[State, Bundle] = {(0, 0, 0, 0): _seed()}
            for number, child in enumerate(children):
                joined = self._joined(clone, child, paths, tables[child])
                below = self._combine(below, joined, room - sum(ahead[number + 1 :]))
            for start, span in spans:
                self._enter(clone, sites, start, span, below, tables[clone].setdefault(start, {}))

    def _spans_by_paths(
        self, clone: int, sites: int
    ) -> dict[tuple[tuple[int, int], ...], list[tuple[int, tuple[tuple[int, int], ...]]]]:
        """Group the trees between the sites of a clone by what they put on the path to each site."""
        entries = (
            [self.placements.primary]
            if clone == 0
            else [s for s in range(len(self.placements.sites)) if sites >> s & 1]
        )
        groups: dict[tuple[tuple[int, int], ...], list[tuple[int, tuple[tuple[int, int], ...]]]] = {}
        for start in entries:
            if self.placements.outside[clone, 1 << start] + self.placements.within[clone, sites] > self.budget:
                continue
            for span in self._spanning(sites, start):
                path = {start: 0}
                for source, target in span:
                    path[target] = path[source] + self._tracked[source, target]
                groups.setdefault(tuple(sorted(path.items())), []).append((start, span))
        return groups

    def _spanning(self, sites: int, start: int) -> list[tuple[tuple[int, int], ...]]:
        """Return the trees along the allowed arcs from ``start`` to all of ``sites``, in walking order."""
        key = (sites, start)
        if key not in self._spans:
            if self._count_spanning(sites, start) > self.limit:
                raise TooManyError
            self._spans[key] = list(self._grow(sites, 1 << start))
        return self._spans[key]

    def _count_spanning(self, sites: int, start: int) -> float:
        """Count the trees from ``start`` to all of ``sites`` (Tutte's determinant)."""
        others = [site for site in range(sites.bit_length()) if (sites & ~(1 << start)) >> site & 1]
        laplacian = np.zeros((len(others), len(others)))
        row = {site: number for number, site in enumerate(others)}
        for source, target in self.arcs:
            if target in row and sites >> source & 1:
                laplacian[row[target], row[target]] += 1
                if source in row:
                    laplacian[row[source], row[target]] -= 1
        return float(np.linalg.det(laplacian))

    def _grow(self, sites: int, start: int) -> Iterator[tuple[tuple[int, int], ...]]:
        """Choose where each site of ``sites`` is reached from, and keep the choices that all lead back to ``start``."""
        targets = [site for site in range(sites.bit_length()) if (sites & ~start) >> site & 1]
        chosen: dict[int, int] = {}

        def choose(number: int) -> Iterator[tuple[tuple[int, int], ...]]:
            self._tick()
            if number == len(targets):
                yield _walk(chosen)
                return
            target = targets[number]
            for source, other in self.arcs:
                if other == target and sites >> source & 1 and not _leads(chosen, source, target):
                    chosen[target] = source
                    yield from choose(number + 1)
                    del chosen[target]

        return choose(0)

    def _joined(
        self, clone: int, child: int, paths: Sequence[tuple[int, int]], table: dict[int, dict[State, Bundle]]
    ) -> dict[State, Bundle]:
        """Return what the histories from ``child`` down amount to when they start from a place of ``clone``."""
        joined: dict[State, Bundle] = {}
        for site, path in paths:
            for entry, states in table.items():
                arc = (site, entry)
                if site != entry and arc not in self._bit:
                    continue
                moved = int(site != entry)
                by_arc, on_path = (self._bit[arc], path + self._tracked[arc]) if moved else (0, path)
                for (unobserved, migrations, arcs, most), bundle in states.items():
                    state = (unobserved, migrations + moved, arcs + by_arc, most + on_path)
                    self._tick()
                    way = (((clone, site), (child, entry)),)
                    _add(joined.setdefault(state, Bundle()), bundle.count, way, (bundle,))
        return joined

    def _combine(self, some: dict[State, Bundle], more: dict[State, Bundle], room: int) -> dict[State, Bundle]:
        """Return what two parts amount to together, where that is not too dear."""
        weights = self.placements
        both: dict[State, Bundle] = {}
        for (unobserved, migrations, arcs, most), bundle in some.items():
            for (unobserved_2, migrations_2, arcs_2, most_2), bundle_2 in more.items():
                self._tick()
                all_unobserved, all_migrations = unobserved + unobserved_2, migrations + migrations_2
                if weights.unobserved * all_unobserved + weights.migration * all_migrations > room:
                    continue
                state = (all_unobserved, all_migrations, arcs + arcs_2, self._larger(most, most_2))
                _add(both.setdefault(state, Bundle()), bundle.count * bundle_2.count, (), (bundle, bundle_2))
        return both

    def _enter(
        self,
        clone: int,
        sites: int,
        start: int,
        span: tuple[tuple[int, int], ...],
        below: dict[State, Bundle],
        table: dict[State, Bundle],
    ) -> None:
        """Add the tree ``span`` between the places of ``clone`` to what lies below them."""
        extra = (sites & ~self.placements.observed[clone]).bit_count()
        by_arc, most_within = 0, 0
        path = {start: 0}
        for source, target in span:
            by_arc += self._bit[source, target]
            path[target] = path[source] + self._tracked[source, target]
            most_within = self._larger(most_within, path[target])
        way = tuple(((clone, source), (clone, target)) for source, target in span)
        for (unobserved, migrations, arcs, most), bundle in below.items():
            self._tick()
            state = (unobserved + extra, migrations + len(span), arcs + by_arc, self._larger(most, most_within))
            _add(table.setdefault(state, Bundle()), bundle.count, way, (bundle,))

    def _larger(self, some: int, more: int) -> int:
        """Return the larger number field by field."""
        if some == more or not more:
            return some
        ahead = ((some | self._guard) - more) & self._guard
        keep = ahead - (ahead >> (WIDTH - 1))
        return (some & keep) | (more & ~keep)

    def _read(self, state: State, bundle: Bundle) -> Packed:
        """Unpack the numbers of a state."""
        unobserved, migrations, packed, most = state
        field = (1 << WIDTH) - 1
        used = [
            (arc, packed // bit & field, most // bit & field) for arc, bit in self._bit.items() if packed // bit & field
        ]
        return Packed(
            unobserved,
            migrations,
            sum(repeated or 1 for _, _, repeated in used),
            len({source for (source, _), _, _ in used}),
            tuple(sorted((arc, number) for arc, number, _ in used)),
            bundle,
        )

    def _tick(self) -> None:
        self._work += 1
        if self._work > self.limit:
            raise TooManyError


def arcs_on_cycles(arcs: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return those of ``arcs`` whose end leads back to their start."""
    below: dict[int, int] = {}
    for source, target in arcs:
        below[source] = below.get(source, 0) | 1 << target
    found = set()
    for source, target in arcs:
        reached, news = 0, 1 << target
        while news:
            site = news.bit_length() - 1
            reached |= 1 << site
            news = (news | below.get(site, 0)) & ~reached
        if reached >> source & 1:
            found.add((source, target))
    return found


def history_of(tree: CloneTree, sites: Sequence[str], primary: int, edges: Sequence[Edge]) -> History:
    """Return the history with these edges between places."""
    below: dict[Place, list[Place]] = {}
    for above, place in edges:
        below.setdefault(above, []).append(place)
    order, parent = [(0, primary)], [-1]
    for position, place in enumerate(order):
        for next_place in below.get(place, ()):
            order.append(next_place)
            parent.append(position)
    return History(tree, tuple(clone for clone, _ in order), tuple(sites[site] for _, site in order), tuple(parent))


def _seed() -> Bundle:
    bundle = Bundle()
    bundle.count, bundle.ways = 1, [((), ())]
    return bundle


def _add(bundle: Bundle, count: int, edges: tuple[Edge, ...], parts: tuple[Bundle, ...]) -> None:
    bundle.count += count
    bundle.ways.append((edges, parts))


def _leads(chosen: dict[int, int], source: int, target: int) -> bool:
    """Say whether ``source`` is reached from ``target`` by the choices made."""
    while source != target and source in chosen:
        source = chosen[source]
    return source == target


def _walk(chosen: dict[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the arcs of a tree, each after the arc that leads to its start."""
    arcs: list[tuple[int, int]] = []
    reached = set(chosen.values()) - set(chosen)
    waiting = dict(chosen)
    while waiting:
        ready = sorted(target for target, source in waiting.items() if source in reached)
        arcs += [(waiting.pop(target), target) for target in ready]
        reached.update(ready)
    return tuple(arcs)
