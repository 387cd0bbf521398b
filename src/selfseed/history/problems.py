"""Find what keeps the rows of a file from being a clone tree or a table of reads, each at its line."""

import os
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from selfseed.interchange.counts import LONGEST_NAME, CountRow, IntervalRow
from selfseed.interchange.machina import Edge, Label
from selfseed.interchange.mistakes import Mistakes, quoted, suggestion
from selfseed.interchange.newick import MOST_VERTICES

MOST_SITES = 64
MOST_CELLS = 20_000_000
"""Mutations times samples."""


def check_edges(edges: Sequence[Edge], mistakes: Mistakes) -> dict[str, str]:
    """Return the parent of each vertex but the root; note second parents, second roots and circles."""
    parent: dict[str, str] = {}
    line_of: dict[str, int] = {}
    for line, above, name in edges:
        if above == name:
            mistakes.add(line, f"{quoted(name)} is its own parent", "an edge joins two vertices")
        elif name not in parent:
            parent[name], line_of[name] = above, line
        elif parent[name] == above:
            mistakes.add(line, f"repeats line {line_of[name]}", "one line an edge")
        else:
            what = f"{quoted(name)} has a second parent {quoted(above)}"
            mistakes.add(line, what, f"its parent is {quoted(parent[name])}, line {line_of[name]}")
    _check_roots(edges, parent, mistakes)
    _check_circles(parent, line_of, mistakes)
    if len(parent) >= MOST_VERTICES:
        mistakes.add("file", f"{len(parent) + 1} vertices", f"at most {MOST_VERTICES}")
    return parent


def check_labels(
    labels: Sequence[Label], vertices: Sequence[str], leaves: Sequence[str], mistakes: Mistakes
) -> dict[str, tuple[str, ...]]:
    """Return the sites of each labeled vertex; note labels of no vertex, contradictions, and leaves without a site."""
    sites: dict[str, tuple[str, ...]] = {}
    line_of: dict[str, int] = {}
    there = frozenset(vertices)
    for line, name, given in labels:
        if name not in there:
            mistakes.add(line, f"{quoted(name)} is not in the tree", suggestion(name, vertices))
        elif name in sites and set(sites[name]) != set(given):
            mistakes.add(line, f"{quoted(name)} has other sites than in line {line_of[name]}", "all sites on one line")
        else:
            sites[name], line_of[name] = given, line
    for name in leaves:
        if not sites.get(name):
            where: int | str = line_of.get(name, "file")
            mistakes.add(where, f"leaf {quoted(name)} has no site", "each leaf was seen in one site or more")
    check_sites(sorted({site for given in sites.values() for site in given}), mistakes)
    return sites


def check_sites(sites: Sequence[str], mistakes: Mistakes) -> None:
    """Note too many sites, and names of sites that are too long."""
    if len(sites) > MOST_SITES:
        mistakes.add("file", f"{len(sites)} sites", f"at most {MOST_SITES}")
    for site in sites:
        if len(site) > LONGEST_NAME:
            mistakes.add("file", f"site {quoted(site)} is too long", f"at most {LONGEST_NAME} characters")


def check_primary(primary: str, sites: Sequence[str], source: str | os.PathLike[str] = "primary") -> str:
    """Return ``primary`` if it is one of the sites.

    Raises
    ------
    ScenarioError
        If it is not, with the site that may be meant.

    Examples
    --------
    >>> check_primary("brest", ["breast", "lung"])
    Traceback (most recent call last):
        ...
    selfseed.base.errors.ScenarioError: 1 problem in primary
      primary  'brest' is not a site  did you mean 'breast'?
    """
    if primary in sites:
        return primary
    mistakes = Mistakes(os.fspath(source))
    raise mistakes.refuse("primary", f"{quoted(primary)} is not a site", suggestion(primary, list(sites)))


def _check_roots(edges: Sequence[Edge], parent: dict[str, str], mistakes: Mistakes) -> None:
    roots: dict[str, int] = {}
    for line, above, _ in edges:
        if above not in parent:
            roots.setdefault(above, line)
    first, *others = roots or [""]
    for other in others:
        what = f"{quoted(other)} is a second root, beside {quoted(first)}"
        mistakes.add(roots[other], what, "a tree has one vertex without a parent")


def _check_circles(parent: dict[str, str], line_of: dict[str, int], mistakes: Mistakes) -> None:
    """Walk up from each vertex; one that is met again on the same walk lies on a circle."""
    walk_of: dict[str, int] = {}
    for walk, start in enumerate(parent):
        name = start
        while name in parent and name not in walk_of:
            walk_of[name] = walk
            name = parent[name]
        if name in parent and walk_of[name] == walk:
            _tell_circle(name, parent, line_of, mistakes)


def _tell_circle(start: str, parent: dict[str, str], line_of: dict[str, int], mistakes: Mistakes) -> None:
    circle = [start]
    while parent[circle[-1]] != start and len(circle) < 4:
        circle.append(parent[circle[-1]])
    rest = "" if parent[circle[-1]] == start else " ..."
    shown = " under ".join([*(quoted(name) for name in circle), quoted(start)] if not rest else map(quoted, circle))
    mistakes.add(line_of[start], f"a circle: {shown}{rest}", "no vertex stands under itself")


def check_size(rows: int, samples: int, mistakes: Mistakes) -> None:
    """Stop if a table has more cells than fit into memory.

    Raises
    ------
    ScenarioError
        With everything found so far.
    """
    if rows * samples > MOST_CELLS:
        raise mistakes.refuse("file", f"{rows} mutations in {samples} samples", f"at most {MOST_CELLS} cells in all")


def check_samples(rows: Sequence[CountRow] | Sequence[IntervalRow], mistakes: Mistakes) -> dict[str, str]:
    """Return the site of each sample; note samples in two sites."""
    site: dict[str, str] = {}
    for row in rows:
        if site.setdefault(row.sample, row.site) != row.site:
            what = f"sample {quoted(row.sample)} in {quoted(row.site)} and {quoted(site[row.sample])}"
            mistakes.add(row.line, what, "a sample was taken from one site")
    check_sites(sorted(set(site.values())), mistakes)
    return site


def check_cells(cells: Iterable[tuple[int, str, str]], mistakes: Mistakes) -> None:
    """Note a mutation that has two rows for one sample; ``cells`` are (line, mutation, sample)."""
    first: dict[tuple[str, str], int] = {}
    for line, mutation, sample in cells:
        before = first.setdefault((mutation, sample), line)
        if before != line:
            what = f"{quoted(mutation)} in sample {quoted(sample)} again"
            mistakes.add(line, what, f"first in line {before}; one row for each mutation and sample")


def check_claims(
    claims: Sequence[tuple[int, str, str]], sites: int, samples: int, mutations: int, mistakes: Mistakes
) -> None:
    """Compare the numbers above the header of a table of MACHINA with what the table holds."""
    for line, number, what in claims:
        word = what.split()[-1] if what.split() else ""
        held = {"sites": sites, "samples": samples, "mutations": mutations, "clusters": mutations}.get(word)
        if held is not None and number != str(held):
            mistakes.add(line, f"{quoted(number)} {what}", f"the table below has {held}")


def purities(
    rows: Sequence[CountRow], samples: Sequence[str], given: float | Mapping[str, float] | None, mistakes: Mistakes
) -> NDArray[np.float64]:
    """Return the purity of each sample: as ``given``, else as its rows say, else 1."""
    if given is not None:
        return _given_purities(samples, given, mistakes)
    found: dict[str, tuple[float, int]] = {}
    for row in rows:
        if row.purity is None:
            continue
        first, line = found.setdefault(row.sample, (row.purity, row.line))
        if abs(first - row.purity) > 1e-6:
            what = f"purity {row.purity:g} of sample {quoted(row.sample)}"
            remedy = (
                f"{first:g} in line {line}; one a sample: leave out mutations with altered copy number, or say 'purity'"
            )
            mistakes.add(row.line, what, remedy)
    return np.array([found.get(sample, (1.0, 0))[0] for sample in samples])


def clusters(rows: Sequence[CountRow], mutations: Sequence[str], mistakes: Mistakes) -> NDArray[np.int64] | None:
    """Return the cluster of each mutation; None where no row names one."""
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        first, line = found.setdefault(row.mutation, (row.cluster, row.line))
        if first != row.cluster:
            what = f"{quoted(row.mutation)} in cluster {row.cluster}"
            mistakes.add(row.line, what, f"cluster {first} in line {line}; one cluster a mutation")
    numbers = np.array([found[name][0] for name in mutations], dtype=np.int64)
    return numbers if (numbers >= 0).any() else None


def _given_purities(
    samples: Sequence[str], given: float | Mapping[str, float], mistakes: Mistakes
) -> NDArray[np.float64]:
    by_sample = dict(given) if isinstance(given, Mapping) else dict.fromkeys(samples, given)
    for sample in (name for name in by_sample if name not in samples):
        mistakes.add("purity", f"no sample {quoted(str(sample))}", suggestion(str(sample), list(samples)))
    for sample in samples:
        value = by_sample.get(sample)
        if value is None:
            mistakes.add("purity", f"nothing for sample {quoted(sample)}", "a number for each sample")
        elif not 0.0 < float(value) <= 1.0:
            mistakes.add("purity", f"{value:g} of sample {quoted(sample)}", "above 0, at most 1")
    return np.array([float(by_sample.get(sample) or 1.0) for sample in samples])
