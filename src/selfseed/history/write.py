"""Write migration histories for the programs that show and compare them.

Names lose their white space: "-" stands for it. Nothing is overwritten unless asked for.
"""

import datetime
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from selfseed.base.errors import OutputError
from selfseed.history.counts import ReadCounts
from selfseed.history.tree import CloneTree, History
from selfseed.interchange import auspice, mach2_viz, machina, newick, nexus

PathLike = str | os.PathLike[str]
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#666666")
"""The palette of Okabe and Ito, which colour-blind readers can tell apart."""


def write_machina(history: History, directory: PathLike, stem: str = "map", *, force: bool = False) -> tuple[Path, ...]:
    """Write a history as MACHINA and MACH2 do, and return the paths of the files.

    Parameters
    ----------
    history : History
    directory : path
        Made if need be.
    stem : str
        The files are ``stem.tree`` (parent child), ``stem.labeling`` (vertex site) and ``stem.nodes`` (vertex clone).
    force : bool
        Replace files that are there.

    Raises
    ------
    OutputError
        If a file is there, or cannot be written.
    """
    names, clones, sites = _safe(history)
    edges = [(names[above], names[vertex]) for vertex, above in enumerate(history.parent) if above >= 0]
    texts = {
        f"{stem}.tree": machina.tree_text(edges),
        f"{stem}.labeling": machina.tree_text(zip(names, sites, strict=True)),
        f"{stem}.nodes": machina.tree_text(zip(names, clones, strict=True)),
    }
    return _write(Path(directory), texts, force)


def write_front(
    front: Sequence[tuple[History, Mapping[str, float]]], directory: PathLike, *, force: bool = False
) -> tuple[Path, ...]:
    """Write several histories, numbered from 1, and a table ``front.tsv`` of their scores; return the paths.

    Parameters
    ----------
    front : sequence of (History, dict of str to float)
        Each history and its scores, by name.
    directory : path
        Made if need be.
    force : bool
        Replace files that are there.

    Raises
    ------
    OutputError
        If a file is there, or cannot be written.
    """
    rows = [{**scores, **_counted(history, scores)} for history, scores in front]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    digits = len(str(len(front)))
    lines = ["\t".join(["history", *columns])]
    for number, row in enumerate(rows, start=1):
        lines.append("\t".join([f"{number:0{digits}d}", *(_cell(row.get(name, "")) for name in columns)]))
    stems = [f"{number:0{digits}d}" for number in range(1, len(front) + 1)]
    wanted = ["front.tsv", *(f"{stem}.{end}" for stem in stems for end in ("tree", "labeling", "nodes"))]
    _refuse_existing(Path(directory), wanted, force)
    paths = _write(Path(directory), {"front.tsv": "\n".join(lines) + "\n"}, force)
    for stem, (history, _) in zip(stems, front, strict=True):
        paths += write_machina(history, directory, stem, force=force)
    return paths


def write_clone_tree(
    tree: CloneTree, directory: PathLike, stem: str = "clones", *, force: bool = False
) -> tuple[Path, ...]:
    """Write a clone tree as MACH2 reads it, and return the paths of the files.

    Parameters
    ----------
    tree : CloneTree
    directory : path
        Made if need be.
    stem : str
        The files are ``stem.tree`` (parent child) and ``stem.observed.labeling`` (clone and its sites, none or more).
    force : bool
        Replace files that are there.

    Raises
    ------
    OutputError
        If a file is there, or cannot be written.
    """
    names = machina.safe_names(tree.names)
    safe = dict(zip(tree.sites, machina.safe_names(tree.sites), strict=True))
    edges = [(names[above], names[clone]) for clone, above in enumerate(tree.parent) if above >= 0]
    seen = [
        " ".join([name, *(safe[site] for site in sorted(sites))])
        for name, sites in zip(names, tree.observed, strict=True)
    ]
    texts = {f"{stem}.tree": machina.tree_text(edges), f"{stem}.observed.labeling": "\n".join(seen) + "\n"}
    return _write(Path(directory), texts, force)


def write_reads(reads: ReadCounts, path: PathLike, *, force: bool = False) -> Path:
    """Write read counts as MACHINA's table, and return the path; purity and clusters have no place in it.

    Raises
    ------
    OutputError
        If the file is there and not to be replaced, or cannot be written.
    """
    text = machina.counts_text(
        reads.samples, reads.site, reads.mutations, reads.reference.tolist(), reads.variant.tolist()
    )
    return _write(Path(path).parent, {Path(path).name: text}, force)[0]


def write_newick(history: History, support: Mapping[int, float] | None = None) -> str:
    """Return a history in Newick, each vertex with a comment ``[&site=...,posterior=...]``.

    Parameters
    ----------
    history : History
    support : dict of int to float, in [0, 1], optional
        The probability of vertices standing where they do, by position.

    Returns
    -------
    str
        A branch is as long as the number of mutations gained on it: 0 within a clone.

    Examples
    --------
    >>> from selfseed.history.tree import CloneTree
    >>> tree = CloneTree(("A", "B"), (-1, 0), (frozenset(["breast"]), frozenset(["lung"])), (("1",), ("2", "3")))
    >>> print(write_newick(History(tree, (0, 1), ("breast", "lung"), (-1, 0)), {1: 0.9}))
    (B[&site=lung,posterior=0.9]:2)A[&site=breast]:1;
    """
    names, _, sites = _safe(history)
    notes: list[dict[str, str | float]] = [{"site": site} for site in sites]
    for vertex, probability in (support or {}).items():
        notes[vertex]["posterior"] = float(probability)
    return newick.text(names, history.parent, [float(number) for number in _gained(history)], notes)


def write_nexus(history: History, support: Mapping[int, float] | None = None) -> str:
    """Return a history in NEXUS, as ``write_newick`` does: FigTree colours it by its sites."""
    return nexus.text(write_newick(history, support))


def write_auspice(
    history: History,
    confidence: Mapping[int, Mapping[str, float]] | None = None,
    *,
    title: str = "Migration history",
    updated: str | None = None,
) -> str:
    """Return a history as a Nextstrain dataset (JSON), which Auspice shows: drop the file on https://auspice.us.

    Parameters
    ----------
    history : History
    confidence : dict of int to dict of str to float, in [0, 1], optional
        The probability of each site, by position of the vertex.
    title, updated : str
        What is shown at the top, and a date such as 2024-12-31; today if none is given.

    Returns
    -------
    str
        Divergence counts mutations. Branches are labeled with their migration, and ``event`` says which of these lie
        on a directed cycle between sites.
    """
    names, clones, _ = _safe(history)
    gained = _gained(history)
    divergence: list[int] = []
    for vertex, above in enumerate(history.parent):
        divergence.append(gained[vertex] + (divergence[above] if above >= 0 else 0))
    labels = _branch_labels(history)
    named = sorted({*history.site, *(site for given in (confidence or {}).values() for site in given)})
    safe = dict(zip(named, machina.safe_names(named), strict=True))
    tree = [
        auspice.Vertex(
            names[vertex],
            above,
            divergence[vertex],
            {"site": safe[history.site[vertex]], "clone": clones[vertex]},
            {"site": {safe[site]: float(p) for site, p in confidence[vertex].items()}}
            if confidence and vertex in confidence
            else {},
            labels.get(vertex, {}),
        )
        for vertex, above in enumerate(history.parent)
    ]
    colorings = {"site": ("Site", colours(list(safe.values()))), "clone": ("Clone", colours(clones))}
    return auspice.dataset(title, updated or datetime.date.today().isoformat(), colorings, tree)


def write_mach2_viz(histories: Sequence[History], name: str = "patient") -> str:
    """Return histories of one clone tree as the JSON that MACH2-viz opens, the clone tree with them.

    Raises
    ------
    ValueError
        If there is no history, or they are not of one clone tree.
    """
    if not histories or any(history.tree != histories[0].tree for history in histories):
        raise ValueError("MACH2-viz shows one or more histories of one clone tree")
    tree = histories[0].tree
    clones = machina.safe_names(tree.names)
    every = sorted({site for history in histories for site in history.site} | set(tree.sites))
    safe = dict(zip(every, machina.safe_names(every), strict=True))
    return mach2_viz.document(
        name,
        [_solution(history, f"history {number}", clones, safe) for number, history in enumerate(histories, start=1)],
        [(clones[above], clones[clone]) for clone, above in enumerate(tree.parent) if above >= 0],
        [(clones[n], [safe[site] for site in sorted(seen)]) for n, seen in enumerate(tree.observed) if seen],
        colours([safe[site] for site in every]),
    )


def colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each name, by their order; the palette begins again where it ends.

    >>> colours(["lung", "breast"])
    {'breast': '#0072B2', 'lung': '#E69F00'}
    """
    return {name: PALETTE[number % len(PALETTE)] for number, name in enumerate(sorted(set(names)))}


def _safe(history: History) -> tuple[list[str], list[str], list[str]]:
    """Return the names of the vertices, their clones and their sites, without white space."""
    clones = machina.safe_names(history.tree.names)
    return (
        machina.safe_names(history.names),
        [clones[clone] for clone in history.clone],
        machina.safe_names(history.site),
    )


def _gained(history: History) -> list[int]:
    """Return how many mutations were gained on the branch into each vertex."""
    entered = [
        above < 0 or history.clone[above] != history.clone[vertex] for vertex, above in enumerate(history.parent)
    ]
    return [len(history.tree.mutations[clone]) if new else 0 for clone, new in zip(history.clone, entered, strict=True)]


def _branch_labels(history: History) -> dict[int, dict[str, str]]:
    reached = _reached_from(history)
    labels: dict[int, dict[str, str]] = {}
    for above, vertex in history.migrations:
        source, target = history.site[above], history.site[vertex]
        labels[vertex] = {"migration": f"{source} to {target}"}
        if source in reached[target]:
            labels[vertex]["event"] = "reseeding"
    return labels


def _reached_from(history: History) -> dict[str, set[str]]:
    """Return the sites that can be reached from each site along migrations."""
    reached: dict[str, set[str]] = {site: set() for site in history.site}
    for source, target in history.graph.arcs:
        reached[source].add(target)
    for between in reached:
        for found in reached.values():
            if between in found:
                found |= reached[between]
    return reached


def _solution(history: History, name: str, clones: Sequence[str], safe: Mapping[str, str]) -> mach2_viz.Solution:
    names = machina.safe_names(history.names)
    return mach2_viz.Solution(
        name,
        [(names[above], names[vertex]) for vertex, above in enumerate(history.parent) if above >= 0],
        [(vertex, safe[site]) for vertex, site in zip(names, history.site, strict=True)],
        {(safe[source], safe[target]): number for (source, target), number in history.graph.arcs.items()},
        [(vertex, clones[clone]) for vertex, clone in zip(names, history.clone, strict=True)],
    )


def _counted(history: History, given: Mapping[str, float]) -> dict[str, float | str]:
    """Return the numbers of a history that are not among its scores already."""
    graph = history.graph
    numbers: dict[str, float | str] = {
        "migrations": graph.migrations,
        "comigrations": history.comigrations,
        "seeding_sites": graph.seeding_sites,
        "unobserved": history.unobserved,
        "pattern": graph.pattern,
        "reseeded": " ".join(machina.safe_names(sorted(graph.reseeded))),
    }
    return {name: number for name, number in numbers.items() if name not in given}


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"


def _refuse_existing(directory: Path, names: Sequence[str], force: bool) -> None:
    there = [name for name in names if (directory / name).exists()]
    if there and not force:
        raise OutputError(f"{directory / there[0]} is there already; name another directory, or force to replace it")


def _write(directory: Path, texts: Mapping[str, str], force: bool) -> tuple[Path, ...]:
    _refuse_existing(directory, list(texts), force)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (directory / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"{directory} cannot be written: {(error.strerror or str(error)).lower()}") from None
    return tuple(directory / name for name in texts)
