"""Score an inferred migration history against the true one, with the measures of the published benchmarks."""

from collections.abc import Hashable, Set
from typing import Any

from selfseed.history.answer import agreement, migrating_clones
from selfseed.history.clones import carried_mutations
from selfseed.history.tree import History, MigrationGraph

CALLS = {(True, True): "TP", (True, False): "FN", (False, True): "FP", (False, False): "TN"}
"""What (truly so, inferred so) is called."""


def score(true: History, inferred: History, primary: str | None = None) -> dict[str, Any]:
    """Return how close an inferred history is to the true one.

    Parameters
    ----------
    true, inferred : History
    primary : str, optional
        The site where the tumour began; unless told, of each history the site of its root.

    Returns
    -------
    dict
        ``clones``, ``clones_arriving``: recall, precision and F1 of the clones that left, and that arrived, each as its
        set of mutations. ``graph_multi``, ``graph_set``: the same of the arcs of the migration graph, with and without
        their multiplicities. ``true``, ``inferred``: the numbers of each history, see ``numbers_of``. ``reseed_call``,
        ``reseed_primary_call``: TP, FN, FP or TN. ``pattern_right``: whether the pattern is right but for its
        polyclonality. ``vertex_accuracy``, only where both trees are the same: the share of inner vertices that stand
        in the right site.

    References
    ----------
    El-Kebir, Satas and Raphael (2018), https://doi.org/10.1038/s41588-018-0106-z
    """
    truth, found = numbers_of(true, primary), numbers_of(inferred, primary)
    scores: dict[str, Any] = {
        "clones": similarity(migrating_clones(true), migrating_clones(inferred)),
        "clones_arriving": similarity(arriving_clones(true), arriving_clones(inferred)),
        "graph_multi": similarity(_copies(true.graph), _copies(inferred.graph)),
        "graph_set": similarity(set(true.graph.arcs), set(inferred.graph.arcs)),
        "true": truth,
        "inferred": found,
        "reseed_call": CALLS[truth["reseed"], found["reseed"]],
        "reseed_primary_call": CALLS[truth["reseed_primary"], found["reseed_primary"]],
        "pattern_right": truth["pattern"][1:] == found["pattern"][1:],
    }
    accuracy = vertex_accuracy(true, inferred)
    return scores if accuracy is None else {**scores, "vertex_accuracy": accuracy}


def numbers_of(history: History, primary: str | None = None) -> dict[str, Any]:
    """Return the numbers of one history.

    ``mu`` migrations, ``gamma`` comigrations, ``sigma`` seeding sites, the ``pattern``, whether some site was reseeded
    (``reseed``), whether cells came into the primary (``reseed_primary``), and the sites on a directed cycle
    (``reseed_sites``).
    """
    graph = history.graph if primary is None else MigrationGraph(history.graph.arcs, primary)
    return {
        "mu": graph.migrations,
        "gamma": history.comigrations,
        "sigma": graph.seeding_sites,
        "pattern": graph.pattern,
        "reseed": graph.reseeding,
        "reseed_primary": graph.primary_reseeded,
        "reseed_sites": sorted(graph.reseeded),
    }


def similarity(true: Set[Hashable], inferred: Set[Hashable]) -> dict[str, float]:
    """Return the recall, precision and F1 of one set in place of another; 1 where there is nothing to find.

    >>> similarity({"a", "b"}, {"b"})
    {'recall': 0.5, 'precision': 1.0, 'f1': 0.6666666666666666}
    """
    hit = len(true & inferred)
    return {
        "recall": hit / len(true) if true else 1.0,
        "precision": hit / len(inferred) if inferred else 1.0,
        "f1": agreement(true, inferred),
    }


def arriving_clones(history: History) -> frozenset[frozenset[str]]:
    """Return the clones that arrived in a site, each as the set of its mutations."""
    carried = carried_mutations(history.tree)
    return frozenset(carried[history.clone[vertex]] for _, vertex in history.migrations)


def vertex_accuracy(true: History, inferred: History) -> float | None:
    """Return the share of inner vertices that stand in the right site; None where the trees differ."""
    wanted, found = (dict(zip(history.names, history.site, strict=True)) for history in (true, inferred))
    if wanted.keys() != found.keys() or _edges(true) != _edges(inferred):
        return None
    inner = {above for above, _ in _edges(true)}
    return sum(wanted[name] == found[name] for name in inner) / len(inner) if inner else None


def _edges(history: History) -> set[tuple[str, str]]:
    return {(history.names[above], history.names[vertex]) for vertex, above in enumerate(history.parent) if above >= 0}


def _copies(graph: MigrationGraph) -> set[tuple[str, str, int]]:
    return {(source, target, copy) for (source, target), number in graph.arcs.items() for copy in range(number)}
