"""Trees and labelings of MACHINA and MACH2, and the counts that stand above MACHINA's tables.

A tree has one line an edge, ``parent child``; a third column (the time stamps of MACH2) is ignored. A labeling has one
line a vertex: ``vertex site`` (MACHINA), or ``clone`` and the sites where it was observed, none or more (MACH2). Names
hold no white space.

References
----------
El-Kebir, Satas, Raphael (2018), https://doi.org/10.1038/s41588-018-0106-z; file formats:
https://github.com/raphael-group/machina and https://github.com/elkebir-group/MACH2
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from selfseed.interchange.mistakes import Mistakes, quoted
from selfseed.interchange.text import LONGEST_WORD, numbered_lines

Edge = tuple[int, str, str]
"""Line, parent, child."""

Label = tuple[int, str, tuple[str, ...]]
"""Line, vertex, sites."""

TABLE_COLUMNS = (
    "sample_index",
    "sample_label",
    "anatomical_site_index",
    "anatomical_site_label",
    "character_index",
    "character_label",
)
COUNT_COLUMNS = {"mutation": "character_label", "sample": "sample_label", "site": "anatomical_site_label"}

CLAIM = re.compile(r"\s*(\S+)\s+#\s*(.+)")
"""A line such as ``5 #anatomical sites``."""


def edges(text: str, mistakes: Mistakes) -> list[Edge]:
    r"""Return the edges of a tree file.

    >>> edges("A B\nA C 3\n", Mistakes("T.tree"))
    [(1, 'A', 'B'), (2, 'A', 'C')]
    """
    found = []
    for line, cells in _rows(text, mistakes):
        if len(cells) not in (2, 3):
            mistakes.add(line, f"{len(cells)} column{'s' * (len(cells) != 1)}", "an edge is 'parent child'")
        else:
            found.append((line, cells[0], cells[1]))
    return found


def labels(text: str, mistakes: Mistakes) -> list[Label]:
    r"""Return what a labeling file says of each vertex.

    >>> labels("A\nB lung liver\n", Mistakes("T.labeling"))
    [(1, 'A', ()), (2, 'B', ('lung', 'liver'))]
    """
    return [(line, cells[0], tuple(cells[1:])) for line, cells in _rows(text, mistakes)]


def claims(line: str) -> tuple[str, str] | None:
    """Return the number and what it counts, for a line above the header of a table of MACHINA; None for any other.

    >>> claims("5 #anatomical sites")
    ('5', 'anatomical sites')
    """
    found = CLAIM.fullmatch(line)
    return (found[1], found[2].strip()) if found and "\t" not in line else None


def tree_text(pairs: Iterable[tuple[str, str]]) -> str:
    r"""Return a tree file with one line an edge, or a labeling with one line a vertex.

    >>> tree_text([("A", "B"), ("A", "C")])
    'A B\nA C\n'
    """
    return "".join(f"{first} {second}\n" for first, second in pairs)


def counts_text(
    samples: Sequence[str],
    sites: Sequence[str],
    mutations: Sequence[str],
    reference: Sequence[Sequence[int]],
    variant: Sequence[Sequence[int]],
) -> str:
    r"""Return a table of read counts, a row for each sample and mutation.

    Parameters
    ----------
    samples, sites : sequence of str, length m
        The samples, and where each was taken from.
    mutations : sequence of str, length n
    reference, variant : (m, n) [reads]

    Examples
    --------
    >>> print(counts_text(["P_0"], ["P"], ["7"], [[90]], [[10]]).splitlines()[-1].split("\t"))
    ['0', 'P_0', '0', 'P', '0', '7', '90', '10']
    """
    labels, places, characters = safe_names(samples), safe_names(sites), safe_names(mutations)
    number = {site: position for position, site in enumerate(dict.fromkeys(places))}
    lines = [f"{len(number)} #anatomical sites", f"{len(labels)} #samples", f"{len(characters)} #mutations"]
    lines.append("\t".join(["#" + TABLE_COLUMNS[0], *TABLE_COLUMNS[1:], "ref", "var"]))
    for sample, (label, site) in enumerate(zip(labels, places, strict=True)):
        lines += [
            f"{sample}\t{label}\t{number[site]}\t{site}\t{character}\t{name}\t{without}\t{with_it}"
            for character, (name, without, with_it) in enumerate(
                zip(characters, reference[sample], variant[sample], strict=True)
            )
        ]
    return "\n".join(lines) + "\n"


def safe_names(names: Sequence[str]) -> list[str]:
    """Return ``names`` without white space, all different where they were; "-" stands for it.

    >>> safe_names(["left lung", "left-lung", "liver"])
    ['left-lung', "left-lung'", 'liver']
    """
    taken: set[str] = set()
    given: dict[str, str] = {}
    for name in names:
        if name in given:
            continue
        changed = re.sub(r"\s+", "-", name) or "-"
        while changed in taken:
            changed += "'"
        taken.add(changed)
        given[name] = changed
    return [given[name] for name in names]


def _rows(text: str, mistakes: Mistakes) -> Iterator[tuple[int, list[str]]]:
    for line, content in numbered_lines(text):
        inside = content.strip()
        cells = inside.split()
        if "\t" in inside and re.search(r"\S +\S", inside):
            mistakes.add(line, "mixes tabs and blanks", "names without white space, one way to part them")
        elif max(map(len, cells)) > LONGEST_WORD:
            mistakes.add(line, f"{quoted(max(cells, key=len))} is too long", f"at most {LONGEST_WORD} characters")
        else:
            yield line, cells
