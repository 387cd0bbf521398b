"""Clone trees, migration histories of them, and the migration graph a history draws between sites.

A *clone tree* is a rooted tree of clones: each vertex gained its own mutations on the branch above it, and was observed
in some sites, or in none. A *migration history* places each clone in one or more sites: it is a refinement of the clone
tree, a tree whose vertices each belong to one clone and stand in one site, so that a clone seen in three sites has at
least three vertices. An edge between two sites is a *migration*.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

Arc = tuple[str, str]
"""From a site, to a site."""


@dataclass(frozen=True)
class CloneTree:
    """Hold a rooted tree of clones and the sites where each was observed.

    Parameters
    ----------
    names : tuple of str
        One name a clone, all different; parents come before their children, the root first.
    parent : tuple of int
        The position of each clone's parent; -1 for the root.
    observed : tuple of frozenset of str
        The sites where each clone was seen; empty for a clone known only from its descendants.
    mutations : tuple of tuple of str
        The mutations gained on the branch into each clone; empty where they are not known.

    Raises
    ------
    ValueError
        If the order of the vertices is not as said. Files are checked, with their line numbers, by ``history.read``.
    """

    names: tuple[str, ...]
    parent: tuple[int, ...]
    observed: tuple[frozenset[str], ...]
    mutations: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if not self.mutations:
            object.__setattr__(self, "mutations", ((),) * len(self.names))
        if {len(self.parent), len(self.observed), len(self.mutations)} != {len(self.names)}:
            raise ValueError("names, parent, observed and mutations must be equally long")
        if len(set(self.names)) != len(self.names):
            raise ValueError("two clones have one name")
        if not self.names or self.parent[0] != -1:
            raise ValueError("the first clone must be the root, with parent -1")
        if any(not 0 <= above < clone for clone, above in enumerate(self.parent[1:], start=1)):
            raise ValueError("each clone must come after its parent, and only the first may lack one")

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The positions of each clone's children."""
        below: list[list[int]] = [[] for _ in self.names]
        for clone, above in enumerate(self.parent[1:], start=1):
            below[above].append(clone)
        return tuple(map(tuple, below))

    @cached_property
    def sites(self) -> tuple[str, ...]:
        """All sites where some clone was seen, in the order of their names."""
        return tuple(sorted(frozenset().union(*self.observed)))

    @classmethod
    def from_edges(
        cls,
        edges: Sequence[tuple[str, str]],
        observed: Mapping[str, Sequence[str]],
        mutations: Mapping[str, Sequence[str]] | None = None,
        root: str | None = None,
    ) -> "CloneTree":
        """Return the tree of ``edges`` (parent, child); ``root`` names it where there is no edge."""
        order, parent = _order(edges, root)
        gained = mutations or {}
        return cls(
            tuple(order),
            tuple(parent),
            tuple(frozenset(observed.get(name, ())) for name in order),
            tuple(tuple(gained.get(name, ())) for name in order),
        )


@dataclass(frozen=True)
class MigrationGraph:
    """Count the migrations between each two sites.

    Parameters
    ----------
    arcs : dict of (site, site) to int, >= 1
        How many migrations went from the first to the second.
    primary : str
        The site where the tumour began.
    """

    arcs: Mapping[Arc, int]
    primary: str

    @cached_property
    def key(self) -> tuple[tuple[Arc, int], ...]:
        """The arcs in the order of their names: equal for equal graphs."""
        return tuple(sorted(self.arcs.items()))

    @property
    def migrations(self) -> int:
        """The migration number."""
        return sum(self.arcs.values())

    @property
    def seeding_sites(self) -> int:
        """The number of sites that some migration left."""
        return len({source for source, _ in self.arcs})

    @cached_property
    def reseeded(self) -> frozenset[str]:
        """The sites that lie on a directed cycle: cells left them and cells came back."""
        below: dict[str, set[str]] = {}
        for source, target in self.arcs:
            below.setdefault(source, set()).add(target)
        return frozenset(site for site in below if site in _reached(below, site))

    @property
    def reseeding(self) -> bool:
        """Whether some site lies on a directed cycle."""
        return bool(self.reseeded)

    @property
    def primary_reseeded(self) -> bool:
        """Whether a migration went into the primary."""
        return any(target == self.primary for _, target in self.arcs)

    @property
    def metastases_reseeded(self) -> bool:
        """Whether a directed cycle runs between metastases alone."""
        rest = {arc: n for arc, n in self.arcs.items() if self.primary not in arc}
        return bool(MigrationGraph(rest, self.primary).reseeded)

    @property
    def pattern(self) -> str:
        """The pattern of seeding.

        ``N`` no migration; ``PS`` only the primary seeds; ``S`` each site has one source; ``M`` some site has several;
        ``R`` some site was reseeded. A leading ``m`` says that no two migrations share source and target, a ``p`` that
        some do (several clones came).
        """
        if not self.arcs:
            return "N"
        sources = Counter(target for _, target in self.arcs)
        if self.reseeding:
            kind = "R"
        elif max(sources.values()) > 1:
            kind = "M"
        else:
            kind = "S" if self.seeding_sites > 1 else "PS"
        return ("p" if max(self.arcs.values()) > 1 else "m") + kind


@dataclass(frozen=True)
class History:
    """Hold one migration history: a refinement of a clone tree whose every vertex stands in one site.

    Parameters
    ----------
    tree : CloneTree
        The tree that is refined.
    clone : tuple of int
        Which clone of ``tree`` each vertex belongs to; parents come before their children.
    site : tuple of str
        Where each vertex stands. The root stands in the primary.
    parent : tuple of int
        The position of each vertex's parent; -1 for the root.
    """

    tree: CloneTree
    clone: tuple[int, ...]
    site: tuple[str, ...]
    parent: tuple[int, ...]
    names: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not self.names:
            object.__setattr__(self, "names", self._names())

    def _names(self) -> tuple[str, ...]:
        """Name the vertex that enters a clone by the clone, and its further places ``clone^site``."""
        entered: set[int] = set()
        names: dict[str, None] = {}
        for clone, site in zip(self.clone, self.site, strict=True):
            name = self.tree.names[clone]
            if clone in entered:
                name = f"{name}^{site}"
            while name in names:
                name += "'"
            entered.add(clone)
            names[name] = None
        return tuple(names)

    @property
    def primary(self) -> str:
        """The site of the root."""
        return self.site[0]

    @cached_property
    def migrations(self) -> tuple[tuple[int, int], ...]:
        """The edges (upper vertex, lower vertex) that lead from one site to another."""
        return tuple(
            (above, vertex)
            for vertex, above in enumerate(self.parent)
            if above >= 0 and self.site[above] != self.site[vertex]
        )

    @cached_property
    def graph(self) -> MigrationGraph:
        """The migration graph."""
        arcs = Counter((self.site[above], self.site[vertex]) for above, vertex in self.migrations)
        return MigrationGraph(dict(arcs), self.primary)

    @property
    def comigrations(self) -> int:
        """Count comigrations: for each two sites, the most migrations between them on one path from the root."""
        most: Counter[Arc] = Counter()
        seen: list[Counter[Arc]] = []
        for vertex, above in enumerate(self.parent):
            path = seen[above] if above >= 0 else Counter()
            if above >= 0 and self.site[above] != self.site[vertex]:
                arc = (self.site[above], self.site[vertex])
                path = path.copy()
                path[arc] += 1
                most[arc] = max(most[arc], path[arc])
            seen.append(path)
        return most.total()

    @property
    def unobserved(self) -> int:
        """Count the places (clone, site) of the history where the clone was not observed."""
        places = set(zip(self.clone, self.site, strict=True))
        return sum(site not in self.tree.observed[clone] for clone, site in places)


def without_repeats(history: History) -> History:
    """Return the history with one place at most for each clone in each site.

    Of two places of a clone in one site, the one that came later stays: what hung below the other hangs below it. Cells
    that left a site and came back without a new mutation so keep their way out and back.
    """
    clone, site, parent = list(history.clone), list(history.site), list(history.parent)
    gone: set[int] = set()
    kept: dict[tuple[int, str], int] = {}
    for vertex in range(len(parent)):
        earlier = kept.get((clone[vertex], site[vertex]))
        if earlier is not None:
            step = vertex
            while step != -1 and parent[step] != earlier:
                step = parent[step]
            if step not in (-1, vertex):
                parent[step] = parent[earlier]
            else:
                parent[vertex] = parent[earlier]
            for other, above in enumerate(parent):
                if above == earlier:
                    parent[other] = vertex
            gone.add(earlier)
        kept[clone[vertex], site[vertex]] = vertex
    return _sorted(history.tree, clone, site, parent, gone)


def _sorted(tree: CloneTree, clone: list[int], site: list[str], parent: list[int], gone: set[int]) -> History:
    """Return the history of the vertices that are not gone, parents first."""
    below: dict[int, list[int]] = {}
    for vertex, above in enumerate(parent):
        if vertex not in gone:
            below.setdefault(above, []).append(vertex)
    order, above_in_order = list(below[-1]), [-1]
    for position, vertex in enumerate(order):
        for child in below.get(vertex, ()):
            order.append(child)
            above_in_order.append(position)
    return History(
        tree,
        tuple(clone[vertex] for vertex in order),
        tuple(site[vertex] for vertex in order),
        tuple(above_in_order),
    )


def _order(edges: Sequence[tuple[str, str]], root: str | None) -> tuple[list[str], list[int]]:
    """Return the names, parents first, and the position of each one's parent."""
    below: dict[str, list[str]] = {}
    children = set()
    for above, name in edges:
        below.setdefault(above, []).append(name)
        children.add(name)
    roots = [name for name in below if name not in children] or ([root] if root is not None else [])
    if len(roots) != 1:
        raise ValueError(f"a tree has one root, these edges have {len(roots)}")
    order, parent = [roots[0]], [-1]
    for position, name in enumerate(order):
        for child in below.get(name, ()):
            order.append(child)
            parent.append(position)
        if len(order) > len(edges) + 1:
            raise ValueError("the edges do not form a tree")
    if len(order) != len(edges) + 1:
        raise ValueError("the edges do not form one tree")
    return order, parent


def _reached(below: Mapping[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    waiting = list(below.get(start, ()))
    while waiting:
        site = waiting.pop()
        if site not in reached:
            reached.add(site)
            waiting += below.get(site, ())
    return reached
