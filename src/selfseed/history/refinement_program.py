"""The integer program of migration histories: a best history under any order of criteria and any rule on the graph.

Binary variables say which clone stands where, through which edges it came, which migrations happen at all, and which
sites seed. Two things are demanded only when a solution lacks them, and the program is solved again until none does:
that the places of a clone hang together, and that a migration repeated on one path is one comigration more.
"""

import math
import time
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from selfseed.history.placements import Placements
from selfseed.history.refinement_forest import Edge, Place

Terms = dict[int, float]
"""Coefficients by variable."""
BINDING = 0.5


class OutOfTimeError(Exception):
    """Say that time ran out before an answer was proved."""


class Program:
    """Search the histories that cost ``budget`` or less, along the arcs allowed.

    Parameters
    ----------
    placements : Placements
    budget : int
        The greatest cost, in the weights of ``placements``: it decides which variables exist. Histories that cost more
        may be left out.
    arcs : sequence of (int, int)
        The migrations allowed, as positions of sites.
    required : iterable of (int, int)
        Migrations that must happen.
    family : {'any', 'acyclic', 'tree', 'primary', 'cyclic', 'several', 'relay'}
        The rule on the migration graph; see ``parsimony.families``.
    deadline : float [s]
        When to give up, on the clock of ``time.perf_counter``.

    Notes
    -----
    Solved with HiGHS (Huangfu and Hall 2018, https://doi.org/10.1007/s12532-017-0130-5), to a gap of zero.
    """

    def __init__(
        self,
        placements: Placements,
        budget: int,
        arcs: Sequence[tuple[int, int]],
        required: Iterable[tuple[int, int]],
        family: str,
        deadline: float,
    ):
        self.placements, self.deadline = placements, deadline
        self.variables: dict[Hashable, int] = {}
        self._upper: list[float] = []
        self._whole: list[bool] = []
        self._rows: list[tuple[Terms, float, float]] = []
        self._sent = 0
        self._counting = False
        self._solver: Any = None
        self._arcs = [arc for arc in arcs if family != "primary" or arc[0] == placements.primary]
        if family not in ("any", "cyclic"):
            self._arcs = [arc for arc in self._arcs if arc[1] != placements.primary]
        self._ordered = family == "cyclic"
        self._add_places(budget)
        self._add_graph()
        for arc in required:
            self._demand({self._graph_variable(arc): 1.0}, 1.0)
        self._add_rule(family)
        self.terms = self._criteria()

    # What histories are

    def _variable(self, key: Hashable, upper: float = 1.0, whole: bool = True) -> int:
        self.variables[key] = len(self._upper)
        self._upper.append(upper)
        self._whole.append(whole)
        return self.variables[key]

    def _graph_variable(self, arc: tuple[int, int]) -> int:
        """Return the variable of a migration, or one that is always 0 where the migration is impossible."""
        key = ("happens", arc)
        return self.variables[key] if key in self.variables else self._variable(key, 0.0)

    def _demand(self, terms: Terms, lower: float, upper: float = math.inf) -> None:
        self._rows.append((terms, lower, upper))

    def _add_places(self, budget: int) -> None:
        """Say that each clone is entered once, and each of its places reached by one edge."""
        weights = self.placements
        tree, allowed = weights.tree, set(self._arcs)
        held = [_union(sets) for sets in weights.held(budget)]
        self._edges: dict[int, Edge] = {}
        self._use: dict[tuple[int, int], list[int]] = {arc: [] for arc in self._arcs}
        self._into: dict[Place, list[int]] = {}
        for clone, above in enumerate(tree.parent):
            sites = _bits(held[clone])
            for site in sites:
                self._variable(("holds", (clone, site)))
                self._into[clone, site] = []
            starts = [(above, site) for site in _bits(held[above])] if above >= 0 else []
            came: Terms = {}
            for source in starts + [(clone, site) for site in sites]:
                for site in sites:
                    arc = (source[1], site)
                    if arc not in allowed and (source[0] == clone or arc[0] != arc[1]):
                        continue
                    edge = self._variable(("edge", (source, (clone, site))))
                    self._edges[edge] = (source, (clone, site))
                    self._into[clone, site].append(edge)
                    if source[0] == above:
                        came[edge] = 1.0
                    if arc[0] != arc[1]:
                        self._use[arc].append(edge)
            if above >= 0:
                self._demand(came, 1.0, 1.0)
            self._tie(clone, sites)
        self._add_departures()

    def _add_departures(self) -> None:
        """Say that an edge leaves only a place that is held."""
        out: dict[Hashable, list[int]] = {}
        for edge, (source, place) in self._edges.items():
            within = source[0] == place[0]
            out.setdefault((source, place if within else place[0]), []).append(edge)
        for key, edges in out.items():
            self._demand(dict.fromkeys(edges, -1.0) | {self.variables["holds", key[0]]: 1.0}, 0.0)  # type: ignore[index]

    def _tie(self, clone: int, sites: Sequence[int]) -> None:
        """Hold what must be held, and lead one edge into each place that is held, none round in a pair."""
        weights = self.placements
        for site in sites:
            holds = self.variables["holds", (clone, site)]
            at_root = clone == 0 and site == weights.primary
            if weights.observed[clone] >> site & 1 or at_root:
                self._demand({holds: 1.0}, 1.0)
            reached = dict.fromkeys(self._into[clone, site], 1.0)
            if at_root:
                self._demand(reached, 0.0, 0.0)
            else:
                self._demand(reached | {holds: -1.0}, 0.0, 0.0)
            for other in sites:
                there = self.variables.get(("edge", ((clone, site), (clone, other))))
                back = self.variables.get(("edge", ((clone, other), (clone, site))))
                if there is not None and len(sites) > 2 and (self._ordered or weights.observed[clone].bit_count() > 2):
                    steps = len(sites) * 1.0
                    rank, next_rank = (self._rank(clone, here, steps) for here in (site, other))
                    self._demand({next_rank: 1.0, rank: -1.0, there: -steps}, 1.0 - steps)
                if site < other and there is not None and back is not None:
                    self._demand({holds: 1.0, there: -1.0, back: -1.0}, 0.0)

    def _rank(self, clone: int, site: int, most: float) -> int:
        """Return the variable that puts the places of a clone in an order."""
        key = ("order", (clone, site))
        return self.variables[key] if key in self.variables else self._variable(key, most - 1, whole=False)

    def _add_graph(self) -> None:
        """Tie the migration graph to the edges: an arc happens exactly when an edge along it does."""
        sites = range(len(self.placements.sites))
        for arc, edges in self._use.items():
            if not edges:
                continue
            happens = self._variable(("happens", arc))
            self._variable(("repeats", arc), len(self.placements.tree) * 2.0)
            self._demand(dict.fromkeys(edges, 1.0) | {happens: -1.0}, 0.0)
            by_place: dict[Place, list[int]] = {}
            for edge in edges:
                by_place.setdefault(self._edges[edge][1], []).append(edge)
            for some in by_place.values():
                self._demand(dict.fromkeys(some, -1.0) | {happens: 1.0}, 0.0)
        for site in sites:
            out = [
                self.variables["happens", arc]
                for arc in self._arcs
                if arc[0] == site and ("happens", arc) in self.variables
            ]
            if not out:
                continue
            seeds = self._variable(("seeds", site))
            for happens in out:
                self._demand({seeds: 1.0, happens: -1.0}, 0.0)
            self._demand(dict.fromkeys(out, 1.0) | {seeds: -1.0}, 0.0)
        seen = _union(self.placements.observed)
        for site in sites:
            if seen >> site & 1 and site != self.placements.primary:
                self._demand({happens: 1.0 for arc, happens in self.graph.items() if arc[1] == site}, 1.0)

    @property
    def graph(self) -> dict[tuple[int, int], int]:
        """The variable of each migration that may happen."""
        return {arc: self.variables["happens", arc] for arc in self._arcs if ("happens", arc) in self.variables}

    def _add_rule(self, family: str) -> None:
        """Restrict the migration graph."""
        graph, number = self.graph, len(self.placements.sites)
        if family == "cyclic":
            self._add_cycle()
        elif family != "any":
            rank = [self._variable(("rank", site), number - 1.0, whole=False) for site in range(number)]
            for (source, target), happens in graph.items():
                self._demand({rank[target]: 1.0, rank[source]: -1.0, happens: -number * 1.0}, 1.0 - number)
                if source < target and (target, source) in graph:
                    self._demand({happens: -1.0, graph[target, source]: -1.0}, -1.0)
        sources = [{happens: 1.0 for arc, happens in graph.items() if arc[1] == site} for site in range(number)]
        if family in ("tree", "relay"):
            for terms in sources:
                self._demand(terms, 0.0, 1.0)
        if family == "relay":
            self._demand({seeds: 1.0 for key, seeds in self.variables.items() if _kind(key) == "seeds"}, 2.0)
        if family == "several":
            twice = [self._variable(("several", site)) for site in range(number)]
            for several, terms in zip(twice, sources, strict=True):
                self._demand(terms | {several: -2.0}, 0.0)
            self._demand(dict.fromkeys(twice, 1.0), 1.0)

    def _add_cycle(self) -> None:
        """Demand that some of the migrations that happen lead round.

        Each site but the primary is reached; with one arc into each the graph is a tree, so a cycle takes one arc more.
        """
        self._demand(dict.fromkeys(self.graph.values(), 1.0), float(len(self.placements.sites)))
        flow = {arc: self._variable(("round", arc)) for arc in self.graph}
        for arc, round_ in flow.items():
            self._demand({self.graph[arc]: 1.0, round_: -1.0}, 0.0)
        for site in range(len(self.placements.sites)):
            out = {round_: -1.0 for arc, round_ in flow.items() if arc[0] == site}
            self._demand({round_: 1.0 for arc, round_ in flow.items() if arc[1] == site} | out, 0.0, 0.0)
        self._demand(dict.fromkeys(flow.values(), 1.0), 2.0)

    def _criteria(self) -> dict[str, Terms]:
        """Return each criterion as a sum of variables."""
        observed = self.placements.observed
        terms: dict[str, Terms] = {letter: {} for letter in "UMCS"}
        places = (key[1] for key in self.variables if _kind(key) == "holds")  # type: ignore[index]
        unseen = [place for place in places if not observed[place[0]] >> place[1] & 1]
        terms["U"] = {self.variables["holds", place]: 1.0 for place in unseen}
        terms["M"] = {edge: 1.0 for edges in self._use.values() for edge in edges}
        for key, variable in self.variables.items():
            if _kind(key) in ("happens", "repeats"):
                terms["C"][variable] = 1.0
            elif _kind(key) == "seeds":
                terms["S"][variable] = 1.0
        return terms

    # What is asked

    def bound(self, letter: str, lower: float = 0.0, upper: float = math.inf) -> None:
        """Keep a criterion between two values, from now on."""
        self._counting |= letter == "C"
        self._demand(self.terms[letter], lower, upper)

    def improve_on(self, point: Mapping[str, int]) -> None:
        """Demand, from now on, a smaller value than in ``point`` in one of the criteria it names."""
        chosen: Terms = {}
        self._counting |= "C" in point
        for letter, value in point.items():
            better = self._variable(("better", (letter, len(self._rows))))
            most = len(self.placements.tree) * len(self.placements.sites) * 1.0
            self._demand(self.terms[letter] | {better: most}, -math.inf, value - 1 + most)
            chosen[better] = 1.0
        self._demand(chosen, 1.0)

    def forbid_graph(self, arcs: Iterable[tuple[int, int]]) -> None:
        """Leave out the histories that migrate along exactly these arcs, from now on."""
        happening = set(arcs)
        terms = {variable: -1.0 if arc in happening else 1.0 for arc, variable in self.graph.items()}
        self._demand(terms, 1.0 - len(happening))

    def least(self, criteria: Sequence[tuple[str, float]] = ()) -> tuple[Edge, ...] | None:
        """Return the edges of a history with the least weighted sum of criteria, or None if there is no history.

        Raises
        ------
        OutOfTimeError
            If the deadline came first.
        """
        cost: Terms = {}
        for letter, weight in criteria:
            self._counting |= letter == "C"
            for variable in self.terms[letter]:
                cost[variable] = weight
        while True:
            values = self._solve(cost)
            if values is None:
                return None
            edges = [edge for variable, edge in self._edges.items() if values[variable] > BINDING]
            if self._is_whole(edges) and (not self._counting or self._counts_repeats(edges, values)):
                return tuple(edges)

    # How it is solved

    def _is_whole(self, edges: Sequence[Edge]) -> bool:
        """Say whether all places hang together; where some do not, demand an edge into them."""
        above = {place: source for source, place in edges}
        loops: dict[int, set[Place]] = {}
        for place in above:
            if _loops(place, above):
                loops.setdefault(place[0], set()).add(place)
        for places in loops.values():
            into = [edge for place in places for edge in self._into[place] if self._edges[edge][0] not in places]
            for place in places:
                self._demand(dict.fromkeys(into, 1.0) | {self.variables["holds", place]: -1.0}, 0.0)
        return not loops

    def _counts_repeats(self, edges: Sequence[Edge], values: Sequence[float]) -> bool:
        """Say whether the comigrations are as many as the program thinks; where not, demand them."""
        above = {place: (source, self.variables["edge", (source, place)]) for source, place in edges}
        counted = True
        for place in above:
            path = _path(place, above)
            arcs = Counter((self._edges[edge][0][1], self._edges[edge][1][1]) for edge in path)
            for arc, number in arcs.items():
                if arc[0] == arc[1] or number < 2 or values[self.variables["repeats", arc]] > number - 1 - BINDING:
                    continue
                counted = False
                if ("used", arc, number, place) not in self.variables:
                    self._follow(arc, number)
        return counted

    def _follow(self, arc: tuple[int, int], number: int) -> None:
        """Say, place by place, whether ``arc`` was used ``number`` times or more on the path there."""
        if number > 1 and ("used", arc, number - 1, (0, self.placements.primary)) not in self.variables:
            self._follow(arc, number - 1)
        places = list(self._into)
        used = {place: self._variable(("used", arc, number, place), whole=False) for place in places}
        for edge, (source, place) in self._edges.items():
            self._demand({used[place]: 1.0, used[source]: -1.0, edge: -1.0}, -1.0)
            if (source[1], place[1]) == arc and number == 1:
                self._demand({used[place]: 1.0, edge: -1.0}, 0.0)
            elif (source[1], place[1]) == arc:
                before = self.variables["used", arc, number - 1, source]
                self._demand({used[place]: 1.0, before: -1.0, edge: -1.0}, -1.0)
        for place in places if number > 1 else ():
            again = {self.variables["used", arc, level, place]: -1.0 for level in range(2, number + 1)}
            self._demand(again | {self.variables["repeats", arc]: 1.0}, 0.0)

    def _solve(self, cost: Terms) -> Sequence[float] | None:
        """Return the values of all variables at an optimum."""
        import highspy
        import numpy as np

        if self._solver is None:
            self._solver = highspy.Highs()
            for option, value in (("output_flag", False), ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.1), ("threads", 1)):
                self._solver.setOptionValue(option, value)
        solver = self._solver
        known = solver.getNumCol()
        if known < len(self._upper):
            new = len(self._upper) - known
            empty = np.zeros(0, dtype=np.int32)
            solver.addCols(
                new, np.zeros(new), np.zeros(new), np.array(self._upper[known:]), 0, empty, empty, np.zeros(0)
            )
            everything = np.arange(len(self._upper), dtype=np.int32)
            solver.changeColsIntegrality(len(everything), everything, np.array(self._whole, dtype=np.uint8))
        self._send_rows(np)
        prices = np.zeros(len(self._upper))
        for variable, price in cost.items():
            prices[variable] = price
        solver.changeColsCost(len(prices), np.arange(len(prices), dtype=np.int32), prices)
        left = self.deadline - time.perf_counter()
        if left <= 0:
            raise OutOfTimeError
        solver.setOptionValue("time_limit", solver.getRunTime() + left)
        solver.run()
        status = solver.getModelStatus()
        if status in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible):
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise OutOfTimeError
        return list(solver.getSolution().col_value)

    def _send_rows(self, np: Any) -> None:
        """Hand the solver the rows it does not know yet."""
        rows = self._rows[self._sent :]
        if rows:
            starts = np.cumsum([0, *(len(terms) for terms, _, _ in rows[:-1])]).astype(np.int32)
            columns = np.array([variable for terms, _, _ in rows for variable in terms], dtype=np.int32)
            values = np.array([value for terms, _, _ in rows for value in terms.values()], dtype=float)
            lower = np.array([low for _, low, _ in rows])
            upper = np.array([high for _, _, high in rows])
            self._solver.addRows(len(rows), lower, upper, len(values), starts, columns, values)
        self._sent = len(self._rows)


def _kind(key: Hashable) -> str:
    return key[0]  # type: ignore[index]


def _union(sets: Iterable[int]) -> int:
    union = 0
    for sites in sets:
        union |= sites
    return union


def _bits(sites: int) -> list[int]:
    return [bit for bit in range(sites.bit_length()) if sites >> bit & 1]


def _loops(place: Place, above: Mapping[Place, Place]) -> bool:
    """Say whether walking up from ``place`` leads back to it."""
    seen = set()
    here = above[place]
    while here != place and here in above and here not in seen:
        seen.add(here)
        here = above[here]
    return here == place


def _path(place: Place, above: Mapping[Place, tuple[Place, int]]) -> list[int]:
    """Return the edges from the root to ``place``."""
    path = []
    while place in above:
        place, edge = above[place]
        path.append(edge)
    return path[::-1]
