"""Sample virtual tumours, and say which true migration history the samples can show."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selfseed.history.settings import Settings
from selfseed.history.tree import CloneTree, History
from selfseed.kernels import seeding
from selfseed.kernels.places import Places, see

GERMLINE = "GL"
"""The name of the root: the healthy cell, in the primary."""


@dataclass(frozen=True)
class Sampling:
    """Hold what samples of the detectable sites hold.

    Parameters
    ----------
    places : Places
        Where clones stand, with the number of the founding lineage as the name of a clone.
    upper : int array (lineages,)
        The clone above each clone.
    names : dict of int to str
        The detectable sites: P the primary, M1, M2... the others in the order they were seeded.
    samples, sample_site : tuple of str
    shares : dict of (clone, site) to array (samples,), in [0, 1]
        The share of cells in each sample; only what some sample holds.
    """

    places: Places
    upper: NDArray[np.int32]
    names: dict[int, str]
    samples: tuple[str, ...]
    sample_site: tuple[str, ...]
    shares: dict[tuple[int, int], NDArray[np.float64]]


@dataclass(frozen=True)
class Truth:
    """Hold the true history, and which of the kernel's lineages founded each of its clones; -1 for the germline."""

    history: History
    founder: tuple[int, ...]


def sample_sites(tumours: seeding.Tumours, settings: Settings, rng: np.random.Generator) -> Sampling | None:
    """Return samples of all detectable sites; None where the tumours died, grew too old or lost the primary."""
    if tumours.counts[seeding.STATUS] != seeding.FINISHED:
        return None
    cells = seeding.site_cells(tumours)
    wanted = np.flatnonzero(cells > seeding.DETECTABLE * tumours.capacity[: len(cells)])
    if not len(wanted) or wanted[0] != 0:
        return None
    column = np.full(seeding.MOST_SITES, -1)
    column[wanted] = np.arange(len(wanted))
    least = np.maximum(1, np.ceil(settings.smallest_observable * cells[wanted])).astype(np.int64)
    kept = int(tumours.counts[seeding.LINEAGES])
    lineages = (tumours.parent[:kept], tumours.site[:kept], tumours.mutations[:kept], tumours.cells[:kept])
    places, upper = see(*lineages, column, least)
    if settings.counts_as_back:
        places = joined_where_alike(places)
    names = {int(site): f"M{rank}" if rank else "P" for rank, site in enumerate(wanted)}
    counts = [settings.samples_of_metastasis if site else settings.samples_of_primary for site in wanted]
    samples = [f"{names[site]}_{number}" for site, count in zip(names, counts, strict=True) for number in range(count)]
    sample_site = [names[site] for site, count in zip(names, counts, strict=True) for _ in range(count)]
    shares: dict[tuple[int, int], NDArray[np.float64]] = {}
    start = 0
    for site, count in zip(names, counts, strict=True):
        within = _shares_in_site(places, site, int(cells[site]), settings)
        drawn = draw_shares(np.array(list(within.values())), count, settings, rng)
        for clone, share in zip(within, drawn.T, strict=True):
            if share.any():
                row = np.zeros(len(samples))
                row[start : start + count] = share
                shares[clone, site] = row
        start += count
    return Sampling(places, upper, names, tuple(samples), tuple(sample_site), shares)


def joined_where_alike(places: Places) -> Places:
    """Return the places with cells that stayed and cells that came back, where no mutation tells them apart, as one.

    What left a site and came back without a new mutation is counted as come back, with all cells of its clone there.
    """
    parent, cells = places.parent.copy(), places.cells.copy()
    last: dict[tuple[int, int], int] = {}
    for place, key in enumerate(zip(places.clone.tolist(), places.site.tolist(), strict=True)):
        earlier = last.get(key)
        step = place
        while step > 0 and parent[step] != earlier:
            step = int(parent[step])
        if earlier is not None and step > 0 and cells[place] > 0:
            stays = parent[step]
            parent[parent == earlier] = place
            parent[step] = stays
            cells[place] += cells[earlier]
            cells[earlier] = 0
        last.setdefault(key, place)
        if step > 0:
            last[key] = place
    order = _upper_first(parent)
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    above = np.where(parent[order] >= 0, rank[parent[order]], -1).astype(np.int32)
    return Places(above, places.clone[order], places.site[order], cells[order])


def _upper_first(parent: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the places in an order in which each comes after its parent."""
    below: dict[int, list[int]] = {}
    for place, above in enumerate(parent.tolist()):
        below.setdefault(above, []).append(place)
    order = list(below[-1])
    for place in order:
        order += below.get(place, ())
    return np.array(order)


def _shares_in_site(places: Places, site: int, cells: int, settings: Settings) -> dict[int, float]:
    """Return the share of each clone in a site, of those common enough to be seen, or of the commonest."""
    here = np.flatnonzero(places.site == site)
    clones, position = np.unique(places.clone[here], return_inverse=True)
    share = np.bincount(position, weights=places.cells[here]) / cells
    common = share > min(settings.smallest_observable, share.max() * (1 - 1e-9))
    return {int(clone): float(part) for clone, part in zip(clones[common], share[common], strict=True)}


def draw_shares(
    share: NDArray[np.float64], samples: int, settings: Settings, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the shares of clones in samples of one site, array (samples, clones), each row of sum 1.

    Parameters
    ----------
    share : array (clones,)
        In the whole site; the mean of what is drawn from Dirichlet's law, before rare clones are left out.
    samples : int, >= 1
    settings : Settings
        ``concentration`` and ``smallest_share`` are used.
    rng : numpy.random.Generator
    """
    drawn = rng.dirichlet(settings.concentration * share, samples)
    drawn[(drawn < settings.smallest_share) & (drawn < drawn.max(axis=1, keepdims=True))] = 0.0
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True), dtype=np.float64)


def true_history(tumours: seeding.Tumours, sampling: Sampling) -> Truth | None:
    """Return the history that the samples can show; None where it is not one history of one clone tree.

    Places without samples stay only where the genealogy branches. Left out are patients in whom a site of the history
    cannot be detected, or in whom one place seeded two clones into one other site, which no tree of clones tells from
    one clone that divided there.
    """
    places, names = sampling.places, sampling.names
    children = _branching(places, _seen(sampling))
    if children is None:
        return None
    vertices = sorted(children)
    above = {below: vertex for vertex in vertices for below in children[vertex]}
    site = [names.get(int(places.site[vertex])) for vertex in vertices]
    clone = [int(places.clone[vertex]) for vertex in vertices]
    if None in site:
        return None
    position = {vertex: number for number, vertex in enumerate(vertices, start=1)}
    parent = [-1, *(position.get(above.get(vertex, -1), 0) for vertex in vertices)]
    placed = ["P", *map(str, site)]
    if parent.count(0) != 1 or _seeds_twice(parent, placed):
        return None
    tree, founder = _clone_tree(tumours, sampling, [-1, *clone], parent)
    rank = {lineage: number for number, lineage in enumerate(founder)}
    return Truth(History(tree, tuple(rank[each] for each in (-1, *clone)), tuple(placed), tuple(parent)), founder)


def _seen(sampling: Sampling) -> set[int]:
    """Return the place that each sampled clone of each site stands for: of several the one with most cells."""
    places = sampling.places
    seen = set()
    for clone, site in sampling.shares:
        here = np.flatnonzero((places.clone == clone) & (places.site == site))
        seen.add(int(here[np.argmax(places.cells[here])]))
    return seen


def _branching(places: Places, seen: set[int]) -> dict[int, list[int]] | None:
    """Return the children of each place that was seen, or where the genealogy of those seen branches."""
    below: dict[int, list[int]] = {}
    kept: dict[int, list[int]] = {}
    for place in range(len(places.parent) - 1, -1, -1):
        children = below.pop(place, [])
        if place in seen or len(children) > 1:
            kept[place] = children
            children = [place]
        if children:
            below.setdefault(int(places.parent[place]), []).extend(children)
    return kept or None


def _seeds_twice(parent: list[int], site: list[str]) -> bool:
    """Return whether some place has two children in one other site."""
    edges = [(above, site[vertex]) for vertex, above in enumerate(parent) if above >= 0 and site[above] != site[vertex]]
    return len(set(edges)) < len(edges)


def _clone_tree(
    tumours: seeding.Tumours, sampling: Sampling, clone: list[int], parent: list[int]
) -> tuple[CloneTree, tuple[int, ...]]:
    """Return the tree of the clones, each with the mutations of clones that were merged into it, and their founders."""
    founder = tuple(dict.fromkeys(clone))
    rank = {lineage: number for number, lineage in enumerate(founder)}
    above = [-1] * len(founder)
    for vertex, upper in enumerate(parent):
        if upper >= 0 and clone[upper] != clone[vertex]:
            above[rank[clone[vertex]]] = rank[clone[upper]]
    numbers = _mutation_numbers(tumours, sampling)
    gained: list[tuple[str, ...]] = [()]
    for lineage, upper in zip(founder[1:], above[1:], strict=True):
        merged: list[str] = []
        while lineage not in (founder[upper], -1):
            merged = numbers[lineage] + merged
            lineage = int(sampling.upper[lineage])
        gained.append(tuple(merged))
    observed: list[set[str]] = [set() for _ in founder]
    for lineage, site in sampling.shares:
        observed[rank[lineage]].add(sampling.names[site])
    names = (GERMLINE, *(";".join(mutations) for mutations in gained[1:]))
    return CloneTree(names, tuple(above), tuple(map(frozenset, observed)), tuple(gained)), founder


def _mutation_numbers(tumours: seeding.Tumours, sampling: Sampling) -> dict[int, list[str]]:
    """Return the names of the mutations that each clone gained, numbered in the order they arose."""
    number = 0
    numbers = {}
    for lineage in map(int, np.unique(sampling.places.clone)):
        gained = int(tumours.mutations[lineage])
        numbers[lineage] = [str(number + each) for each in range(gained)]
        number += gained
    return numbers


def shares_of_mutations(truth: Truth, sampling: Sampling) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return the mutations, and the share of cells of each sample that carry each, array (samples, mutations)."""
    tree = truth.history.tree
    rank = {lineage: number for number, lineage in enumerate(truth.founder)}
    carried = np.zeros((len(tree), len(sampling.samples)))
    for (lineage, _), share in sampling.shares.items():
        carried[rank[lineage]] += share
    for clone in range(len(tree) - 1, 0, -1):
        carried[tree.parent[clone]] += carried[clone]
    pairs = sorted((int(name), clone) for clone, names in enumerate(tree.mutations) for name in names)
    shares = carried[[clone for _, clone in pairs]].T
    return tuple(str(number) for number, _ in pairs), np.minimum(shares, 1.0)
