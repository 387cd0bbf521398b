"""One tree in Newick, with the ``[&key=value]`` comments of BEAST and FigTree.

Read and written without recursion, so that a tree may be as deep as it has vertices; DendroPy 5.1, which
recurses, stops at a depth of about a thousand.

References
----------
https://phylipweb.github.io/phylip/newicktree.html
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from selfseed.interchange.mistakes import Mistakes, quoted

MOST_VERTICES = 100_000

TOKEN = re.compile(r"\s+|'(?:[^']|'')*'|\[[^\]]*\]|[(),:;]|[^\s(),:;\[\]']+|.", re.DOTALL)
ANNOTATION = re.compile(r"""([^=,:\s]+)\s*=\s*("[^"]*"|'[^']*'|\{[^}]*\}|[^,]*)""")
PLAIN = re.compile(r"[A-Za-z0-9.]+")
LENGTH = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass
class Vertex:
    """Hold one vertex as it stood in the text; parents come before their children, the root has parent -1."""

    parent: int
    line: int
    name: str = ""
    inner: bool = False
    notes: dict[str, str] = field(default_factory=dict)


def parse(text: str, mistakes: Mistakes, first_line: int = 1) -> list[Vertex]:
    """Return the vertices of the one tree in a text.

    Raises
    ------
    ScenarioError
        If the brackets do not fit, or there is more than one tree.

    Examples
    --------
    >>> [(vertex.name, vertex.parent, vertex.notes) for vertex in parse("(A[&site=lung],B)R;", Mistakes("T.nwk"))]
    [('R', -1, {}), ('A', 0, {'site': 'lung'}), ('B', 0, {})]
    """
    reader = _Reader(mistakes)
    for line, token in _tokens(text, first_line):
        reader.take(line, token)
    return reader.end()


def annotations(comment: str) -> dict[str, str]:
    """Return what a comment between brackets says, without quotes; nothing for a plain comment.

    >>> annotations('[&site="left lung",posterior=0.9]')
    {'site': 'left lung', 'posterior': '0.9'}
    """
    if not comment.startswith("[&"):
        return {}
    inside = comment[2:-1]
    inside = inside.removeprefix("&NHX:").replace(":", ",") if inside.startswith("&NHX:") else inside
    return {found[1]: found[2].strip().strip("\"'") for found in ANNOTATION.finditer(inside)}


def text(
    names: Sequence[str],
    parent: Sequence[int],
    lengths: Sequence[float] | None = None,
    notes: Sequence[Mapping[str, str | float]] | None = None,
) -> str:
    """Return a tree in Newick.

    Parameters
    ----------
    names : sequence of str, length n
    parent : sequence of int, length n
        The position of each vertex's parent; -1 for the root, which comes first.
    lengths : sequence of float, length n, optional
        The length of the branch into each vertex.
    notes : sequence of dict, length n, optional
        What the comment of each vertex says.

    Examples
    --------
    >>> text(["R", "3;17", "B"], [-1, 0, 0], notes=[{}, {"site": "lung"}, {}])
    "('3;17'[&site=lung],B)R;"
    """
    below: list[list[int]] = [[] for _ in names]
    for vertex, above in enumerate(parent):
        if above >= 0:
            below[above].append(vertex)
    pieces: list[str] = []
    waiting: list[int | str] = [0]
    while waiting:
        step = waiting.pop()
        if isinstance(step, str):
            pieces.append(step)
        elif not below[step]:
            pieces.append(_label(step, names, lengths, notes))
        else:
            pieces.append("(")
            waiting.append(")" + _label(step, names, lengths, notes))
            for place, child in enumerate(reversed(below[step])):
                waiting += [",", child] if place else [child]
    return "".join(pieces) + ";"


def _label(
    vertex: int,
    names: Sequence[str],
    lengths: Sequence[float] | None,
    notes: Sequence[Mapping[str, str | float]] | None,
) -> str:
    name = names[vertex]
    shown = name if PLAIN.fullmatch(name) else "'" + name.replace("'", "''") + "'"
    said = ",".join(f"{key}={_value(value)}" for key, value in (notes[vertex] if notes else {}).items())
    return shown + (f"[&{said}]" if said else "") + (f":{lengths[vertex]:g}" if lengths else "")


def _value(value: str | float) -> str:
    if not isinstance(value, str):
        return f"{value:.6g}"
    safe = re.sub(r"[\[\]{}\"',=]", "-", value)
    return safe if PLAIN.fullmatch(safe) else f'"{safe}"'


def _tokens(text: str, first_line: int) -> Iterator[tuple[int, str]]:
    breaks = [found.start() for found in re.finditer("\n", text)]
    for found in TOKEN.finditer(text):
        if not found[0].isspace():
            yield first_line + bisect_right(breaks, found.start()), found[0]


class _Reader:
    """Take the tokens of a tree one by one."""

    def __init__(self, mistakes: Mistakes):
        self.mistakes = mistakes
        self.vertices: list[Vertex] = []
        self.open: list[int] = []
        self.current: Vertex | None = None
        self.expects = "label"
        self.line = 1

    def take(self, line: int, token: str) -> None:
        self.line = line
        if token.startswith("[") and len(token) > 1:
            if self.current is not None:
                self.current.notes |= annotations(token)
        elif self.expects == "nothing":
            raise self._wrong(token, "one tree a file")
        elif self.expects == "length":
            self._take_length(token)
        elif token in "(),:;":
            getattr(self, {"(": "_begin", ")": "_close", ",": "_next", ":": "_colon", ";": "_stop"}[token])()
        else:
            self._take_name(token)

    def end(self) -> list[Vertex]:
        if self.expects != "nothing":
            missing = "')'" if self.open else "';'"
            raise self.mistakes.refuse(
                self.line, f"the tree ends without {missing}", "check that it was written in full"
            )
        return self.vertices

    def _wrong(self, token: str, remedy: str) -> Exception:
        return self.mistakes.refuse(self.line, f"{quoted(token)} out of place", remedy)

    def _new(self, inner: bool) -> Vertex:
        if len(self.vertices) >= MOST_VERTICES:
            raise self.mistakes.refuse(self.line, "too many vertices", f"at most {MOST_VERTICES}")
        if not self.open and self.vertices:
            raise self._wrong("(" if inner else "name", "one tree a file")
        vertex = Vertex(self.open[-1] if self.open else -1, self.line, inner=inner)
        self.vertices.append(vertex)
        return vertex

    def _begin(self) -> None:
        if self.current is not None:
            raise self._wrong("(", "a bracket opens a subtree: after '(' or ','")
        self._new(inner=True)
        self.open.append(len(self.vertices) - 1)

    def _ended(self) -> None:
        """End a subtree; one of which nothing was said is a leaf without a name."""
        if self.current is None:
            self._new(inner=False)
            self.mistakes.add(self.line, "a leaf has no name", "each leaf is a named clone")

    def _next(self) -> None:
        self._ended()
        if not self.open:
            raise self._wrong(",", "check the brackets")
        self.current, self.expects = None, "label"

    def _close(self) -> None:
        self._ended()
        if not self.open:
            raise self._wrong(")", "check the brackets")
        self.current, self.expects = self.vertices[self.open.pop()], "label"

    def _colon(self) -> None:
        if self.current is None:
            raise self._wrong(":", "a branch length comes after a name or ')'")
        self.expects = "length"

    def _stop(self) -> None:
        self._ended()
        if self.open:
            raise self.mistakes.refuse(self.line, f"{len(self.open)} '(' not closed", "check the brackets")
        self.expects = "nothing"

    def _take_length(self, token: str) -> None:
        if not LENGTH.fullmatch(token):
            self.mistakes.add(self.line, f"branch length {quoted(token)}", "a number")
            if token in "(),:;":
                raise self._wrong(token, "a number comes after ':'")
        self.expects = "end"

    def _take_name(self, token: str) -> None:
        if token in ("'", "[", "]"):
            raise self._wrong(token, "close every quote and every comment")
        if self.expects != "label":
            raise self._wrong(token, "a name comes before its branch length, and names with blanks in quotes")
        if self.current is None:
            self.current = self._new(inner=False)
        self.current.name = token[1:-1].replace("''", "'") if token.startswith("'") else token
        self.expects = "end"
