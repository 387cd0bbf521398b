"""Read clone trees, read counts, frequencies and histories from the files of other programs.

Every mistake of a file is told at once, with its line; no file makes a reader fail in any other way. What is read is
listed in ``docs/history-formats.md``.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from selfseed.history import problems
from selfseed.history.clones import clone_tree
from selfseed.history.counts import Frequencies, ReadCounts
from selfseed.history.tree import CloneTree, History
from selfseed.interchange import conipher, counts, machina, metient, newick, nexus, pyclone_vi, table
from selfseed.interchange.mistakes import Mistakes, quoted, suggestion
from selfseed.interchange.text import read_text

PathLike = str | os.PathLike[str]
Purity = float | Mapping[str, float]

LAYOUTS = (
    counts.Layout("MACHINA", machina.COUNT_COLUMNS | {"ref": "ref", "var": "var"}),
    metient.LAYOUT,
    pyclone_vi.LAYOUT,
    conipher.LAYOUT,
)
SITE_NOTES = ("site", "location", "anatomical_site", "state")
COUNT_WORDS = {"ref", "var", "f_lb", "f_ub", "ref_counts", "alt_counts", "REF_COUNT", "VAR_COUNT"}


@dataclass(frozen=True)
class _Rooted:
    """Hold the names of a tree, parents first, the parent of each but the root, and sites noted in the file itself."""

    names: list[str]
    parent: dict[str, str]
    noted: list[machina.Label]


def read(*paths: PathLike) -> CloneTree | ReadCounts | Frequencies:
    """Read whatever one or two files hold.

    Parameters
    ----------
    *paths : path
        A table of read counts or frequencies; a tree in Newick or NEXUS; or a tree and its labeling, in either order if
        the name of one ends in ``.labeling``.

    Returns
    -------
    CloneTree, ReadCounts or Frequencies

    Raises
    ------
    ScenarioError
        With every problem of a file, each at its line.
    """
    if not 1 <= len(paths) <= 2:
        raise Mistakes("files").refuse("files", f"{len(paths)} given", "one, or a tree and its labeling")
    if len(paths) == 2:
        tree, labeling = sorted(paths, key=lambda path: os.fspath(path).endswith(".labeling"))
        return read_tree(tree, labeling)
    text = read_text(paths[0])
    if nexus.is_nexus(text) or text.lstrip()[0] in "([":
        return read_tree(paths[0])
    cells = table.parse(text, Mistakes(os.fspath(paths[0])))
    if {"f_lb", "f_ub"} & set(cells.columns):
        return read_frequencies(paths[0])
    is_tree = len(text.lstrip().split("\n", 1)[0].split()) in (2, 3) and not cells.claims
    return read_tree(paths[0]) if is_tree and not COUNT_WORDS & set(cells.columns) else read_counts(paths[0])


def read_tree(tree_path: PathLike, labeling_path: PathLike | None = None, *, clones_by_name: bool = True) -> CloneTree:
    r"""Read a clone tree and the sites where its clones were observed.

    Parameters
    ----------
    tree_path : path
        Edges "parent child" a line (MACHINA, MACH2, Metient), or one tree in Newick or NEXUS.
    labeling_path : path, optional
        A leaf or vertex labeling of MACHINA, an observed labeling of MACH2, or a presence table of Metient. Without
        one, sites are taken from the leaves of Newick or NEXUS: ``[&site=lung]`` or ``name|lung``.
    clones_by_name : bool
        Take a leaf that gained no mutation for an occurrence of its parent clone, not for a clone. Where names list
        mutations ("3;17;20") it is one that lists only those of its ancestors; elsewhere one named as its parent and
        digits or one capital letter ("A1" under "A", "goldC" under "gold"); in both, one named as its parent, "_", "^"
        or "|", and its site. With False every vertex is a clone.

    Returns
    -------
    CloneTree
        A clone's ``mutations`` are those its name lists (before "^" or "_") and no ancestor does; where no name lists
        any, its name stands for them.

    Raises
    ------
    ScenarioError
        With every problem of a file, each at its line.

    Notes
    -----
    Where some leaves are occurrences and every vertex has just one site, the sites of inner vertices are places that
    someone inferred (a vertex labeling), not observations, and are left out; so are notes at inner vertices of Newick.
    """
    tree = _tree_file(tree_path)
    mistakes = Mistakes(os.fspath(tree_path if labeling_path is None else labeling_path))
    if labeling_path is None and not tree.noted:
        raise mistakes.refuse("file", "names no sites", "give a labeling of the leaves")
    labels = tree.noted if labeling_path is None else _labels(labeling_path, mistakes)
    inner = set(tree.parent.values())
    sites = problems.check_labels(labels, tree.names, [name for name in tree.names if name not in inner], mistakes)
    mistakes.stop()
    return clone_tree(tree.names, tree.parent, sites, clones_by_name)


def read_counts(
    path: PathLike,
    *,
    purity: Purity | None = None,
    columns: counts.Columns | None = None,
    drop_altered: bool = False,
) -> ReadCounts:
    """Read how many reads carry each mutation in each sample.

    Parameters
    ----------
    path : path
        A table of MACHINA, Metient, PyClone-VI or CONIPHER, or any with a header, and ``columns``.
    purity : float or dict of sample to float, in (0, 1], optional
        The share of tumour cells; instead of what the table says, and 1 where nothing does.
    columns : dict, optional
        Which column holds the "mutation", "sample", "site", "ref", "var", "purity" and "cluster"; a list of columns is
        joined by ":". Without a column for the site each sample is a site, and the other way round.
    drop_altered : bool
        Leave out mutations whose copy number is not one of each allele in every sample; without it they are problems.

    Returns
    -------
    ReadCounts
        Mutations and samples in the order of the file; 0 reads where a sample has no row for a mutation.

    Raises
    ------
    ScenarioError
        With every problem of the file, each at its line.
    """
    mistakes = Mistakes(os.fspath(path))
    cells = table.parse(read_text(path), mistakes)
    layout = counts.named_columns(cells, LAYOUTS, columns, mistakes)
    if purity is not None:
        kept = {meaning: name for meaning, name in layout.columns.items() if meaning != "purity"}
        layout = counts.Layout(layout.name, kept, 1.0, layout.normal, layout.case)
    rows = counts.count_rows(cells, layout, mistakes, drop_altered=drop_altered)
    site = problems.check_samples(rows, mistakes)
    mutations = _positions(row.mutation for row in rows)
    samples = _positions(row.sample for row in rows)
    problems.check_size(len(mutations), len(samples), mistakes)
    problems.check_cells(((row.line, row.mutation, row.sample) for row in rows), mistakes)
    if not drop_altered:
        problems.check_claims(cells.claims, len(set(site.values())), len(samples), len(mutations), mistakes)
    shares = problems.purities(rows, list(samples), purity, mistakes)
    cluster = problems.clusters(rows, list(mutations), mistakes)
    mistakes.stop()
    at = ([samples[row.sample] for row in rows], [mutations[row.mutation] for row in rows])
    reference = np.zeros((len(samples), len(mutations)), dtype=np.int64)
    variant = np.zeros_like(reference)
    reference[at] = [row.reference for row in rows]
    variant[at] = [row.variant for row in rows]
    where = tuple(site[name] for name in samples)
    return ReadCounts(tuple(mutations), tuple(samples), where, reference, variant, shares, cluster)


def read_frequencies(path: PathLike) -> Frequencies:
    """Read the bounds of the share of cells that carry each mutation cluster, from a table of MACHINA.

    Where a sample has no row for a cluster, nothing is known: the bounds are 0 and 1.

    Raises
    ------
    ScenarioError
        With every problem of the file, each at its line.
    """
    mistakes = Mistakes(os.fspath(path))
    cells = table.parse(read_text(path), mistakes)
    rows = counts.interval_rows(cells, mistakes)
    site = problems.check_samples(rows, mistakes)
    clusters = _positions(row.cluster for row in rows)
    samples = _positions(row.sample for row in rows)
    problems.check_size(len(clusters), len(samples), mistakes)
    problems.check_cells(((row.line, row.cluster, row.sample) for row in rows), mistakes)
    problems.check_claims(cells.claims, len(set(site.values())), len(samples), len(clusters), mistakes)
    mistakes.stop()
    at = ([samples[row.sample] for row in rows], [clusters[row.cluster] for row in rows])
    lower, upper = np.zeros((len(samples), len(clusters))), np.ones((len(samples), len(clusters)))
    lower[at] = [row.lower for row in rows]
    upper[at] = [row.upper for row in rows]
    return Frequencies(tuple(clusters), tuple(samples), tuple(site[name] for name in samples), lower, upper)


def read_history(tree_path: PathLike, labeling_path: PathLike, nodes_path: PathLike | None = None) -> History:
    """Read a migration history: a tree whose every vertex has one site, and which clone each vertex belongs to.

    Parameters
    ----------
    tree_path, labeling_path : path
        Edges, and "vertex site" a line.
    nodes_path : path, optional
        "vertex clone" a line; without it each vertex is a clone.

    Returns
    -------
    History
        Of a clone tree of which no observations are known.

    Raises
    ------
    ScenarioError
        With every problem of a file, each at its line.
    """
    found = _tree_file(tree_path)
    site = _one_each(labeling_path, found.names, "site")
    mistakes = Mistakes(os.fspath(labeling_path))
    problems.check_sites(sorted(set(site.values())), mistakes)
    mistakes.stop()
    clone = dict(zip(found.names, found.names, strict=True))
    if nodes_path is not None:
        clone = _one_each(nodes_path, found.names, "clone")
        _check_clones(os.fspath(nodes_path), found, clone)
    entered = [name for name in found.names if name not in found.parent or clone[found.parent[name]] != clone[name]]
    above = {clone[name]: clone[found.parent[name]] for name in entered if name in found.parent}
    tree = clone_tree([clone[name] for name in entered], above, {}, False)
    clones = _positions(tree.names)
    at = _positions(found.names)
    return History(
        tree,
        tuple(clones[clone[name]] for name in found.names),
        tuple(site[name] for name in found.names),
        tuple(at[found.parent[name]] if name in found.parent else -1 for name in found.names),
        tuple(found.names),
    )


def read_primaries(path: PathLike) -> tuple[str, ...]:
    """Return the sites that a table of Metient calls primary; none where it does not say.

    Raises
    ------
    ScenarioError
        If a row calls its site something else than primary or metastasis.
    """
    mistakes = Mistakes(os.fspath(path))
    found = metient.primaries(table.parse(read_text(path), mistakes), mistakes)
    mistakes.stop()
    return found


def read_colours(path: PathLike, sites: Sequence[str]) -> dict[str, str]:
    """Return the colour that a colour map of MACHINA, "site colour" a line, gives each of ``sites``.

    Raises
    ------
    ScenarioError
        If it names another site, or leaves one out.
    """
    mistakes = Mistakes(os.fspath(path))
    found: dict[str, str] = {}
    for line, site, given in machina.labels(read_text(path), mistakes):
        if site not in sites:
            mistakes.add(line, f"{quoted(site)} is not a site", suggestion(site, list(sites)))
        elif len(given) != 1:
            mistakes.add(line, f"{len(given)} colours", "a line is 'site colour'")
        else:
            found[site] = given[0]
    for site in sites:
        if site not in found and not mistakes.count:
            mistakes.add("file", f"no colour for {quoted(site)}", "a line for each site")
    mistakes.stop()
    return found


def _tree_file(path: PathLike) -> _Rooted:
    """Return the tree of a file in any of the three formats.

    Raises
    ------
    ScenarioError
        If it is no tree.
    """
    mistakes = Mistakes(os.fspath(path))
    text = read_text(path)
    if nexus.is_nexus(text) or text.lstrip()[0] in "([":
        vertices = nexus.parse(text, mistakes) if nexus.is_nexus(text) else newick.parse(text, mistakes)
        return _bracketed(vertices, mistakes)
    edges = machina.edges(text, mistakes)
    parent = problems.check_edges(edges, mistakes)
    mistakes.stop()
    below: dict[str, list[str]] = {}
    for name, above in parent.items():
        below.setdefault(above, []).append(name)
    names = [next(above for above in below if above not in parent)]
    for name in names:
        names += below.get(name, ())
    return _Rooted(names, parent, [])


def _bracketed(vertices: Sequence[newick.Vertex], mistakes: Mistakes) -> _Rooted:
    """Return the tree of a text in Newick; inner vertices without a name are called v1, v2 and so on."""
    given = {vertex.name for vertex in vertices}
    free = (f"v{number}" for number in range(1, 2 * len(vertices) + 1) if f"v{number}" not in given)
    names = [vertex.name or next(free) for vertex in vertices]
    line_of: dict[str, int] = {}
    for vertex, name in zip(vertices, names, strict=True):
        if name in line_of:
            mistakes.add(
                vertex.line, f"two vertices are called {quoted(name)}", "names differ; support goes into [&...]"
            )
        line_of[name] = vertex.line
    mistakes.stop()
    parent = {name: names[vertex.parent] for vertex, name in zip(vertices, names, strict=True) if vertex.parent >= 0}
    noted = [
        (vertex.line, name, _noted_sites(vertex))
        for vertex, name in zip(vertices, names, strict=True)
        if not vertex.inner and _noted_sites(vertex)
    ]
    return _Rooted(names, parent, noted)


def _noted_sites(vertex: newick.Vertex) -> tuple[str, ...]:
    """Return the sites in the comment of a vertex, or the one behind "|" in its name."""
    said = next((vertex.notes[key] for key in SITE_NOTES if vertex.notes.get(key)), "")
    if said:
        return tuple(part.strip().strip("\"'") for part in said.strip("{}").split(",") if part.strip())
    _, _, site = vertex.name.rpartition("|")
    return (site,) if site and site != vertex.name else ()


def _labels(path: PathLike, mistakes: Mistakes) -> list[machina.Label]:
    text = read_text(path)
    header = text.lstrip().split("\n", 1)[0]
    if not all(word in header for word in metient.PRESENCE):
        return machina.labels(text, mistakes)
    sites: dict[str, list[str]] = {}
    line_of: dict[str, int] = {}
    for line, cluster, (site,) in metient.presence(table.parse(text, mistakes), mistakes):
        sites.setdefault(cluster, []).append(site)
        line_of.setdefault(cluster, line)
    return [(line_of[cluster], cluster, tuple(dict.fromkeys(found))) for cluster, found in sites.items()]


def _one_each(path: PathLike, names: Sequence[str], what: str) -> dict[str, str]:
    """Return the one site, or clone, that a file gives each vertex.

    Raises
    ------
    ScenarioError
        If it gives some vertex none, or several.
    """
    mistakes = Mistakes(os.fspath(path))
    found: dict[str, str] = {}
    there = frozenset(names)
    for line, name, given in machina.labels(read_text(path), mistakes):
        if name not in there:
            mistakes.add(line, f"{quoted(name)} is not in the tree", suggestion(name, names))
        elif len(given) != 1:
            mistakes.add(line, f"{quoted(name)} has {len(given)} {what}s", f"one {what} a vertex")
        elif found.setdefault(name, given[0]) != given[0]:
            mistakes.add(line, f"{quoted(name)} has another {what} above", f"one {what} a vertex")
    if not mistakes.count:
        for name in names:
            if name not in found:
                mistakes.add("file", f"no {what} for {quoted(name)}", f"one {what} a vertex")
    mistakes.stop()
    return found


def _check_clones(source: str, tree: _Rooted, clone: Mapping[str, str]) -> None:
    """Stop where the vertices of a clone do not hang together.

    Raises
    ------
    ScenarioError
        With each such clone.
    """
    mistakes = Mistakes(source)
    entered: dict[str, str] = {}
    for name in tree.names:
        if name in tree.parent and clone[tree.parent[name]] == clone[name]:
            continue
        first = entered.setdefault(clone[name], name)
        if first != name:
            what = f"clone {quoted(clone[name])} begins at {quoted(first)} and {quoted(name)}"
            mistakes.add("file", what, "the vertices of a clone hang together")
    mistakes.stop()


def _positions(names: Iterable[str]) -> dict[str, int]:
    """Return the position of each name among the different ones, in the order in which they first come."""
    return {name: position for position, name in enumerate(dict.fromkeys(names))}
