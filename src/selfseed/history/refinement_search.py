"""The search for the best histories of one clone tree from one primary: by list where it is short, else by program."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from selfseed.history.placements import IMPOSSIBLE, Placements
from selfseed.history.refinement_forest import (
    Bundle,
    Edge,
    Forest,
    Packed,
    TooManyError,
    arcs_on_cycles,
    history_of,
)
from selfseed.history.refinement_program import OutOfTimeError, Program
from selfseed.history.tree import Arc, CloneTree, History

PATTERNS = ("PS", "S", "M", "R")
LISTING = 50_000
"""How many combinations are looked at before an integer program is asked instead."""
WITHIN_ONE_GRAPH = 500_000
"""How many combinations are looked at to count the histories along given arcs."""
MORE_GRAPHS = "more graphs share these values than can be listed: only those with fewest {} are"


@dataclass(frozen=True, order=True)
class Point:
    """Hold the four criteria of a history.

    Parameters
    ----------
    unobserved, migrations, comigrations, seeding_sites : int, >= 0
    """

    unobserved: int
    migrations: int
    comigrations: int
    seeding_sites: int

    def of(self, criteria: str) -> tuple[int, ...]:
        """Return the values in the order of the letters of ``criteria``."""
        by_letter = dict(
            zip("UMCS", (self.unobserved, self.migrations, self.comigrations, self.seeding_sites), strict=True)
        )
        return tuple(by_letter[letter] for letter in criteria)


@dataclass(frozen=True)
class Answer:
    """Hold the graphs found at one point, and what is known of them.

    Parameters
    ----------
    values : tuple of int
        The criteria, in the order asked; empty where nothing was found.
    packed : tuple of (Search, Packed)
    proved, complete : bool
        Whether no history is better; whether no graph is missing.
    notes : tuple of str
    """

    values: tuple[int, ...]
    packed: "tuple[tuple[Search, Packed], ...]"
    proved: bool
    complete: bool
    notes: tuple[str, ...] = ()


IMPOSSIBLE_ANSWER = Answer((), (), True, True)


class Search:
    """Find the best histories of a clone tree from one primary.

    Parameters
    ----------
    tree : CloneTree
    primary : str
    criteria : str
    required, forbidden : tuple of (str, str)
    limit : int
        The most graphs to list.
    deadline : float [s]
        When to stop, on the clock of ``time.perf_counter``.
    """

    def __init__(
        self,
        tree: CloneTree,
        primary: str,
        criteria: str,
        required: Sequence[Arc],
        forbidden: Sequence[Arc],
        limit: int,
        deadline: float,
    ):
        self.tree, self.criteria, self.limit, self.deadline = tree, criteria, limit, deadline
        self.sites = tuple(sorted({primary, *tree.sites}))
        self.position = {site: number for number, site in enumerate(self.sites)}
        self.primary = self.position[primary]
        self.lead = criteria[: len(criteria) - len(criteria.lstrip("UM"))]
        self.most = 2 * len(tree) * len(self.sites) + 1
        self.required = tuple((self.position[a], self.position[b]) for a, b in required)
        dropped = {(self.position[a], self.position[b]) for a, b in forbidden}
        everywhere = range(len(self.sites))
        self.arcs = [(a, b) for a in everywhere for b in everywhere if a != b and (a, b) not in dropped]
        self._lists: dict[int, list[Packed] | None] = {}

    @cached_property
    def weights(self) -> Placements:
        """The placements weighed by the unobserved places and migrations that lead the order."""
        weight = {letter: self.most ** (len(self.lead) - 1 - rank) for rank, letter in enumerate(self.lead)}
        return Placements(self.tree, self.sites, self.primary, weight.get("U", 0), weight.get("M", 0))

    def cost(self, values: Mapping[str, int]) -> int:
        """Return what leads the order as one number."""
        return self.weights.unobserved * values.get("U", 0) + self.weights.migration * values.get("M", 0)

    def history(self, entry: Packed) -> History:
        """Write out one of the histories of an entry."""
        return history_of(self.tree, self.sites, self.primary, next(entry.bundle.edges()))

    def fits(self, used: Collection[tuple[int, int]], family: str) -> bool:
        """Say whether a graph with these arcs keeps to the rule, and has all that is required."""
        if not set(self.required) <= set(used):
            return False
        cyclic = bool(arcs_on_cycles(list(used)))
        if family in ("any", "cyclic"):
            return family == "any" or cyclic
        sources = max(Counter(target for _, target in used).values(), default=0)
        seeding = {source for source, _ in used}
        rules = {
            "acyclic": True,
            "tree": sources <= 1,
            "primary": seeding <= {self.primary},
            "several": sources > 1,
            "relay": sources <= 1 < len(seeding),
        }
        return not cyclic and rules[family]

    def best(self, family: str, one: bool = False) -> Answer:
        """Return the best graphs that keep to the rule ``family``, or just ``one``."""
        try:
            fixed = self._leading(family)
        except OutOfTimeError:
            note = "time ran out before the best values were proved; allow more seconds"
            return Answer((), (), False, False, (note,))
        return IMPOSSIBLE_ANSWER if fixed is None else self.at(family, fixed, one)

    def at(self, family: str, fixed: Mapping[str, int], one: bool = False) -> Answer:
        """Return the best graphs among those with the ``fixed`` values."""
        listed = self._listed(self.cost(fixed)) if set(self.lead) <= set(fixed) and self.lead else None
        if listed is None:
            return self._by_program(family, fixed, one)
        kept = [
            (point(entry).of(self.criteria), entry)
            for entry in listed
            if self.fits(entry.used, family) and all(point(entry).of(x) == (n,) for x, n in fixed.items())
        ]
        if not kept:
            return IMPOSSIBLE_ANSWER
        values = min(value for value, _ in kept)
        entries = self._merged([entry for value, entry in kept if value == values], self.criteria)
        return Answer(values, tuple((self, entry) for entry in entries), True, True)

    def nondominated(self, family: str) -> tuple[list[tuple[int, ...]], bool]:
        """Return the points no history beats in one criterion without losing in another, and whether these are all."""
        free = Placements(self.tree, self.sites, self.primary, 0, 0)
        program = Program(free, 0, self.arcs, self.required, family, self.deadline)
        points: list[tuple[int, ...]] = []
        try:
            while (edges := program.least([(letter, 1.0) for letter in self.criteria])) is not None:
                points.append(self._values(edges, self.criteria))
                program.improve_on(dict(zip(self.criteria, points[-1], strict=True)))
        except OutOfTimeError:
            return points, False
        return points, True

    def within_graph(self, arcs: Collection[tuple[int, int]], values: Mapping[str, int]) -> list[Packed]:
        """Return the graphs along some of ``arcs`` with about these values.

        Raises
        ------
        TooManyError
            If there are too many to list.
        """
        unobserved, migration = self.most * ("U" in values), int("M" in values)
        weights = Placements(self.tree, self.sites, self.primary, unobserved, migration)
        budget = unobserved * values.get("U", 0) + migration * values.get("M", 0)
        return Forest(weights, budget, sorted(arcs), WITHIN_ONE_GRAPH).graphs()

    def _listed(self, budget: int) -> list[Packed] | None:
        """Return all graphs of cost ``budget`` or less, or None where they are too many."""
        if budget not in self._lists:
            try:
                self._lists[budget] = Forest(self.weights, budget, self.arcs, LISTING).graphs()
            except TooManyError:
                self._lists[budget] = None
        return self._lists[budget]

    def _leading(self, family: str) -> dict[str, int] | None:
        """Return the least values of the criteria that lead the order, or None if no history keeps to the rule."""
        if not self.lead:
            return {}
        listed = self._listed(self.weights.least)
        kept = [point(entry) for entry in listed or () if self.fits(entry.used, family)]
        known = IMPOSSIBLE - 1
        if kept:
            return dict(zip(self.lead, kept[0].of(self.lead), strict=True))
        for budget in self._budgets():
            edges = self._cheapest(family, min(budget, known))
            if edges is not None:
                values = dict(zip(self.lead, self._values(edges, self.lead), strict=True))
                if self.cost(values) <= min(budget, known) + 1:
                    return values
                known = self.cost(values)
        return None

    def _budgets(self) -> list[int]:
        """Return costs within which to look: small programs first, as each holds all of its budget."""
        least, step = self.weights.least, max(self.weights.migration, 1)
        leap = max(self.weights.unobserved, 3 * step)
        extra = (0, step, 2 * step, leap, 2 * leap, 3 * leap)
        return [*(least + more for more in extra), IMPOSSIBLE - 1]

    def _cheapest(self, family: str, budget: int) -> tuple[Edge, ...] | None:
        program = Program(self.weights, budget, self.arcs, self.required, family, self.deadline)
        return program.least([(letter, float(self.cost({letter: 1}))) for letter in self.lead])

    def _by_program(self, family: str, fixed: Mapping[str, int], one: bool) -> Answer:
        """Find the best values one after the other, then the graphs that have them."""
        missing = "".join(letter for letter in "CS" if letter not in self.criteria)
        letters = self.criteria + missing
        notes = [MORE_GRAPHS.format(" and ".join(missing))] if missing else []
        program = Program(self.weights, self.cost(fixed), self.arcs, self.required, family, self.deadline)
        for letter, value in fixed.items():
            program.bound(letter, value, value)
        edges: tuple[Edge, ...] | None = None
        try:
            for letter in [letter for letter in letters if letter not in fixed] or [""]:
                better = program.least([(letter, 1.0)] if letter else [])
                if better is None:
                    return IMPOSSIBLE_ANSWER
                edges = better
                if letter:
                    (value,) = self._values(edges, letter)
                    program.bound(letter, value, value)
        except OutOfTimeError:
            note = ("time ran out before the best values were proved",)
            if edges is None:
                return Answer((), (), False, False, note)
            return Answer(self._values(edges, self.criteria), ((self, self._single(edges)),), False, False, note)
        assert edges is not None
        values = self._values(edges, letters)
        if one:
            return Answer(values[: len(self.criteria)], ((self, self._single(edges)),), True, False)
        entries, complete = self._all_graphs(program, letters, values, notes)
        packed = tuple((self, entry) for entry in entries)
        return Answer(values[: len(self.criteria)], packed, True, complete and not missing, tuple(notes))

    def _all_graphs(
        self, program: Program, letters: str, values: tuple[int, ...], notes: list[str]
    ) -> tuple[list[Packed], bool]:
        """List the graphs with these values: set of arcs by set of arcs, and all graphs within each."""
        entries: list[Packed] = []
        try:
            while (edges := program.least()) is not None:
                used = {(a[1], b[1]) for a, b in edges if a[1] != b[1]}
                try:
                    graphs = self.within_graph(used, dict(zip(letters, values, strict=True)))
                except TooManyError:
                    graphs = [self._single(edges)]
                    notes.append("the histories along some arcs are too many to count: one stands for them")
                kept = [entry for entry in graphs if entry.used == used and point(entry).of(letters) == values]
                entries += self._merged(kept, letters)
                program.forbid_graph(used)
                if len(entries) > self.limit:
                    notes.append(f"the list of graphs was cut at {len(entries)}")
                    return entries, False
        except OutOfTimeError:
            notes.append("time ran out before every graph was listed")
            return entries, False
        return entries, not any("too many" in note for note in notes)

    def _merged(self, entries: Iterable[Packed], letters: str) -> list[Packed]:
        """Put together the entries that share graph and values of the criteria; the best in the others first."""
        merged: dict[tuple[object, ...], Packed] = {}
        for entry in sorted(entries, key=point):
            key = (entry.arcs, point(entry).of(letters))
            first = merged.get(key)
            merged[key] = entry if first is None else first.joined_with(entry)
        return list(merged.values())

    def _values(self, edges: Sequence[Edge], letters: str) -> tuple[int, ...]:
        return point_of(history_of(self.tree, self.sites, self.primary, edges)).of(letters)

    def _single(self, edges: tuple[Edge, ...]) -> Packed:
        """Return an entry for a single history, its companions not counted."""
        history = history_of(self.tree, self.sites, self.primary, edges)
        arcs = {(self.position[a], self.position[b]): number for (a, b), number in history.graph.arcs.items()}
        bundle = Bundle()
        bundle.ways = [(edges, ())]
        unobserved, migrations, comigrations, seeding_sites = point_of(history).of("UMCS")
        return Packed(unobserved, migrations, comigrations, seeding_sites, tuple(sorted(arcs.items())), bundle)


def best_of(answers: Sequence[Answer]) -> Answer:
    """Return the best of several answers, together with those that are as good."""
    least = min((answer.values for answer in answers if answer.packed), default=())
    kept = [answer for answer in answers if answer.packed and answer.values == least]
    notes = tuple(note for answer in answers if answer in kept or not answer.proved for note in answer.notes)
    packed = tuple(item for answer in kept for item in answer.packed)
    proved = all(answer.proved for answer in answers)
    return Answer(least, packed, proved, proved and all(answer.complete for answer in kept), notes)


def point(entry: Packed) -> Point:
    """Return the four criteria of an entry."""
    return Point(entry.unobserved, entry.migrations, entry.comigrations, entry.seeding_sites)


def point_of(history: History) -> Point:
    """Return the four criteria of a history."""
    graph = history.graph
    return Point(history.unobserved, graph.migrations, history.comigrations, graph.seeding_sites)


def families(patterns: Iterable[str]) -> tuple[str, ...]:
    """Return the rules that together allow exactly ``patterns``.

    ``any``; ``acyclic`` PS, S or M; ``tree`` PS or S; ``primary`` PS; ``cyclic`` R; ``several`` M; ``relay`` S.
    """
    left = set(patterns)
    if left == set(PATTERNS):
        return ("any",)
    found = []
    for kind, covered in (
        ("acyclic", {"PS", "S", "M"}),
        ("tree", {"PS", "S"}),
        ("primary", {"PS"}),
        ("relay", {"S"}),
        ("several", {"M"}),
        ("cyclic", {"R"}),
    ):
        if covered <= left:
            found.append(kind)
            left -= covered
    return tuple(found)
