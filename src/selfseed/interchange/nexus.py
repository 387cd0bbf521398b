"""The one tree of a NEXUS file, its names translated, and a NEXUS file around a tree.

References
----------
Maddison, Swofford, Maddison (1997), https://doi.org/10.1093/sysbio/46.4.590
"""

import re
from collections.abc import Iterator

from selfseed.interchange import newick
from selfseed.interchange.mistakes import Mistakes

COMMAND = re.compile(r"(?:'(?:[^']|'')*'|\[[^\]]*\]|[^;'\[])+;")
TREE = re.compile(r"\s*(?:\[[^\]]*\]\s*)*U?TREE\s[^=]*=", re.IGNORECASE)
TRANSLATE = re.compile(r"\s*(?:\[[^\]]*\]\s*)*TRANSLATE\s", re.IGNORECASE)
PAIR = re.compile(r"\s*(\S+)\s+('(?:[^']|'')*'|[^\s,;]+)\s*[,;]")


def is_nexus(text: str) -> bool:
    """Return whether a text says of itself that it is NEXUS.

    >>> is_nexus("#nexus begin trees;")
    True
    """
    return text.lstrip()[:6].upper() == "#NEXUS"


def parse(text: str, mistakes: Mistakes) -> list[newick.Vertex]:
    r"""Return the vertices of the one tree in a NEXUS file.

    Raises
    ------
    ScenarioError
        If there is none, or more than one, or its brackets do not fit.

    Examples
    --------
    >>> file = "#NEXUS\nBEGIN TREES;\nTRANSLATE 1 lung, 2 liver;\nTREE one = [&R] (1,2)R;\nEND;\n"
    >>> [(vertex.name, vertex.line) for vertex in parse(file, Mistakes("T.nex"))]
    [('R', 4), ('lung', 4), ('liver', 4)]
    """
    names: dict[str, str] = {}
    trees: list[tuple[int, str]] = []
    for line, command in _commands(text):
        found = TREE.match(command)
        if found:
            trees.append((line + command[: found.end()].count("\n"), command[found.end() :]))
        translated = TRANSLATE.match(command)
        if translated:
            pairs = PAIR.finditer(command, translated.end())
            names |= {pair[1]: pair[2].strip("'").replace("''", "'") for pair in pairs}
    if len(trees) != 1:
        where = trees[1][0] if trees else "file"
        raise mistakes.refuse(where, f"holds {len(trees)} trees" if trees else "holds no tree", "one tree a file")
    vertices = newick.parse(trees[0][1], mistakes, trees[0][0])
    for vertex in vertices:
        vertex.name = names.get(vertex.name, vertex.name)
    return vertices


def text(tree: str, name: str = "history") -> str:
    r"""Return a NEXUS file that holds one tree given in Newick.

    >>> text("(A,B)R;")
    '#NEXUS\nBEGIN TREES;\n  TREE history = [&R] (A,B)R;\nEND;\n'
    """
    return f"#NEXUS\nBEGIN TREES;\n  TREE {name} = [&R] {tree}\nEND;\n"


def _commands(text: str) -> Iterator[tuple[int, str]]:
    """Yield each command with the line it begins on."""
    line, done = 1, 0
    for found in COMMAND.finditer(text):
        line += text.count("\n", done, found.start())
        done = found.start()
        yield line, found[0]
