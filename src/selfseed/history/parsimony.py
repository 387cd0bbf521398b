"""The fewest events that explain a clone tree: every best migration history, and what reseeding costs more.

Four criteria are counted in a history: ``U`` unobserved places (a clone where it was not seen), ``M`` migrations, ``C``
comigrations, ``S`` seeding sites. An order of letters says which is made least first: ``UMCS`` trusts that clones were
seen wherever they are; ``MCS`` lets clones stand unseen wherever that saves a migration.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.history.refinement_forest import Packed, history_of
from selfseed.history.refinement_search import PATTERNS, Answer, Point, Search, best_of, families, point_of
from selfseed.history.refinement_search import point as _point
from selfseed.history.tree import Arc, CloneTree, History


@dataclass(frozen=True)
class Price:
    """Compare the best history without a directed cycle and the best with one.

    Parameters
    ----------
    without, returning : History
    proved : bool
        Whether both were proved best.
    """

    without: History
    returning: History
    proved: bool

    @property
    def delta(self) -> Point:
        """What reseeding costs more in each criterion; below zero where it saves."""
        some, more = point_of(self.without), point_of(self.returning)
        return Point(*(b - a for a, b in zip(some.of("UMCS"), more.of("UMCS"), strict=True)))


@dataclass(frozen=True)
class Front:
    """Hold the best migration histories, one for each migration graph and point.

    Parameters
    ----------
    criteria : str
        The order in which the criteria were made least, or for a Pareto front those weighed.
    points : tuple of Point
        The criteria of the histories, each once, best first.
    histories : tuple of History
        One history for each graph at each point.
    arrangements : tuple of (int or None)
        How many histories share the graph and point of each; None where they are too many to count.
    proved : bool
        Whether every point was proved best.
    complete : bool
        Whether every graph at these points is listed.
    notes : tuple of str
        What was left out, and why.
    seconds : float [s]
    optima : int or None
        How many histories have the least ``U`` and ``M`` (in the order asked), before further criteria; None where the
        order starts with neither, or the migrations were restricted.
    price : Price or None
        The price of reseeding, where it was asked for and found in time.
    """

    criteria: str
    points: tuple[Point, ...]
    histories: tuple[History, ...]
    arrangements: tuple[int | None, ...]
    proved: bool
    complete: bool
    notes: tuple[str, ...]
    seconds: float
    optima: int | None = None
    price: Price | None = None


def parsimonious(
    tree: CloneTree,
    primary: str | None = None,
    *,
    criteria: str = "UMCS",
    patterns: Iterable[str] = PATTERNS,
    required: Iterable[Arc] = (),
    forbidden: Iterable[Arc] = (),
    extra_migrations: int = 0,
    price: bool = True,
    limit: int = 1000,
    seconds: float = 60.0,
) -> Front:
    """Find the migration histories with the fewest events, all of them up to within-clone detail.

    Parameters
    ----------
    tree : CloneTree
    primary : str, optional
        The site where the tumour began. Without it every site is tried, and the best of all are kept.
    criteria : str, letters of U, M, C, S
        What to make least, the first letter first. Criteria not named are free.
    patterns : iterable of {'PS', 'S', 'M', 'R'}
        The patterns of seeding allowed; without ``R`` no site is reseeded. No migration at all counts as ``PS``.
    required, forbidden : iterable of (str, str)
        Migrations that must, or must not, happen.
    extra_migrations : int, >= 0
        Also find the best histories with up to so many migrations more than the best has, and otherwise equal in
        what stands before M; needs M in ``criteria``.
    price : bool
        Whether to find the price of reseeding too.
    limit : int, > 0
        The most graphs to list.
    seconds : float, > 0 [s]
        When to stop. What was not proved by then is said in ``proved``, ``complete`` and ``notes``.

    Returns
    -------
    front : Front

    Raises
    ------
    ScenarioError
        If a site, pattern or criterion is unknown.

    References
    ----------
    El-Kebir, Satas and Raphael (2018), https://doi.org/10.1038/s41588-018-0106-z
    """
    started = time.perf_counter()
    rules = (tuple(required), tuple(forbidden))
    searches = _searches(tree, primary, criteria, tuple(patterns), rules, limit, started + seconds)
    kinds = families(patterns)
    found = best_of([search.best(kind) for search in searches for kind in kinds])
    answers = [found]
    if extra_migrations and found.packed:
        before, values = criteria.partition("M")[0], dict(zip(criteria, found.values, strict=True))
        for more in range(1, extra_migrations + 1):
            fixed = {letter: values[letter] for letter in before} | {"M": values["M"] + more}
            answers.append(best_of([search.at(kind, fixed) for search in searches for kind in kinds]))
    cost = _price(searches, found if set(kinds) == {"any"} else None) if price else None
    optima = None
    if "M" in searches[0].lead and not any(rules) and kinds == ("any",):
        optima = sum(search.weights.count() for search in {id(s): s for s, _ in found.packed}.values())
    if price and cost is None:
        answers.append(
            Answer((), (), True, True, ("no price: with or without reseeding, no history was found in time",))
        )
    return _front(criteria, answers, limit, started, optima, cost)


def pareto_front(
    tree: CloneTree,
    primary: str | None = None,
    *,
    criteria: str = "UMCS",
    patterns: Iterable[str] = PATTERNS,
    required: Iterable[Arc] = (),
    forbidden: Iterable[Arc] = (),
    limit: int = 1000,
    seconds: float = 60.0,
) -> Front:
    """Find every point that no history beats in one criterion without losing in another, and the graphs at each.

    Parameters are those of `parsimonious`; the order of ``criteria`` decides only how the points are listed.

    Returns
    -------
    front : Front
        With ``proved`` false if time ran out before all points were found: those listed are on the front all the same.

    References
    ----------
    Sylva and Crema (2004), https://doi.org/10.1016/j.ejor.2003.06.037
    """
    started = time.perf_counter()
    rules = (tuple(required), tuple(forbidden))
    searches = _searches(tree, primary, criteria, tuple(patterns), rules, limit, started + seconds)
    found, proved = [], True
    for search in searches:
        for kind in families(patterns):
            points, ended = search.nondominated(kind)
            found += [(search, kind, point) for point in points]
            proved &= ended
    values = {point for _, _, point in found}
    kept = {point for point in values if not any(_dominates(other, point) for other in values)}
    answers = [
        best_of([search.at(kind, dict(zip(criteria, point, strict=True))) for search, kind, at in found if at == point])
        for point in sorted(kept)
    ]
    if not proved:
        answers.append(Answer((), (), False, False, ("time ran out before every point of the front was found",)))
    return _front(criteria, answers, limit, started, None, None)


def every_arrangement(history: History, criteria: str = "UMCS") -> Iterator[History]:
    """Go through all histories of the same clone tree with the same migration graph and the same ``criteria``."""
    search = Search(history.tree, history.primary, criteria, (), (), 1, float("inf"))
    arcs = {(search.position[a], search.position[b]): n for (a, b), n in history.graph.arcs.items()}
    values = point_of(history).of(criteria)
    for entry in search.within_graph(arcs, dict(zip(criteria, values, strict=True))):
        if dict(entry.arcs) == arcs and _point(entry).of(criteria) == values:
            for edges in entry.bundle.edges():
                yield history_of(history.tree, search.sites, search.primary, edges)


def _dominates(some: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return some != other and all(a <= b for a, b in zip(some, other, strict=True))


def _searches(
    tree: CloneTree,
    primary: str | None,
    criteria: str,
    patterns: tuple[str, ...],
    rules: tuple[tuple[Arc, ...], tuple[Arc, ...]],
    limit: int,
    deadline: float,
) -> list[Search]:
    """Check what is asked, and return one search for each site that may be the primary."""
    problems = []
    known = set(tree.sites) | ({primary} if primary is not None else set())
    if not criteria or set(criteria) - set("UMCS") or len(set(criteria)) < len(criteria):
        problems.append(
            Problem("criteria", repr(criteria), "must be some of the letters U, M, C, S, each at most once")
        )
    if not patterns or set(patterns) - set(PATTERNS):
        problems.append(Problem("patterns", repr(patterns), "must be some of PS, S, M, R"))
    for name, arcs in zip(("required", "forbidden"), rules, strict=True):
        for arc in arcs:
            for site in set(arc) - known:
                near = nearest(site, known)
                hint = f"; did you mean {near!r}?" if near else ""
                problems.append(Problem(name, repr(arc), f"{site!r} is no site of this patient{hint}"))
    if not known:
        problems.append(Problem("observed", "no clone was observed anywhere", "name the sites where clones were seen"))
    if problems:
        raise ScenarioError("the question", problems)
    primaries = [primary] if primary is not None else list(tree.sites)
    return [Search(tree, site, criteria, *rules, limit, deadline) for site in primaries]


def _price(searches: Sequence[Search], found: Answer | None) -> Price | None:
    """Find the best history without and with a cycle, among those found where there are such."""
    pair: list[History] = []
    proved = True
    for kind in ("acyclic", "cyclic"):
        known = [] if found is None else [item for item in found.packed if item[0].fits(item[1].used, kind)]
        if not known:
            answer = best_of([search.best(kind, one=True) for search in searches])
            known, proved = list(answer.packed), proved and answer.proved
        else:
            proved = proved and found is not None and found.proved
        if not known:
            return None
        search, entry = min(known, key=lambda item: (_point(item[1]), item[1].arcs))
        pair.append(search.history(entry))
    return Price(pair[0], pair[1], proved)


def _front(
    criteria: str,
    answers: Sequence[Answer],
    limit: int,
    started: float,
    optima: int | None,
    price: Price | None,
) -> Front:
    """Write out the answers."""
    listed: list[tuple[Search, Packed]] = []
    notes = [note for answer in answers for note in answer.notes]
    complete = all(answer.complete for answer in answers)
    for answer in answers:
        order = sorted(answer.packed, key=lambda item: (_point(item[1]).of("CS"), item[0].primary, item[1].arcs))
        if len(order) > limit:
            complete = False
            notes.append(f"{len(order)} graphs were found at one point, {limit} are listed: fewest comigrations first")
        listed += order[:limit]
    if not listed:
        notes.append("no history was found that keeps to all that is asked")
    points = list(dict.fromkeys(_point(entry) for _, entry in listed))
    return Front(
        criteria,
        tuple(sorted(points, key=lambda point: point.of(criteria))),
        tuple(search.history(entry) for search, entry in listed),
        tuple(entry.bundle.count or None for _, entry in listed),
        all(answer.proved for answer in answers),
        complete,
        tuple(dict.fromkeys(notes)),
        time.perf_counter() - started,
        optima,
        price,
    )
