"""From the text of a YAML file to plain Python values, each with its line; nothing in it can run or swell."""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from selfseed.scenario.problems import Finding, Path, dotted, shortened

DEEPEST = 20
MOST_VALUES = 20_000
_PLAIN = "tag:yaml.org,2002:"
_TAGS = {_PLAIN + kind for kind in ("null", "bool", "int", "float", "str", "seq", "map")}


class Refused:
    """Stand in for a value that was refused already, so that it is reported once."""


@dataclass
class Document:
    """Hold what a YAML text says: plain values, the line of each path, and what had to be refused."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def parse(text: str) -> Document:
    """Read a YAML text by the rules of YAML 1.2, without tags, within limits of depth and size."""
    document = Document(lines={(): 1})
    loader = None
    try:
        loader = Loader(text)
        root = loader.get_single_node()
        document.value = None if root is None else _Builder(document).build(root, (), 1)
    except _TooMuchError as error:
        document.findings.append(Finding((), error.remedy, what=error.what, line=error.line))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        document.findings.append(Finding((), _hint(error), what=_text_at(mark), line=mark.line + 1 if mark else 1))
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        document.findings.append(Finding((), "not allowed in YAML; remove it", f"character {error.character:#x}", line))
    except (ValueError, OverflowError):  # PyYAML lets these escape for "\U99999999"
        line = loader.line + 1 if loader else 1
        document.findings.append(Finding((), "this is not YAML: no such character", what="\\U", line=line))
    return document


class _TooMuchError(Exception):
    def __init__(self, what: str, remedy: str, line: int):
        self.what, self.remedy, self.line = what, remedy, line


def _limit(depth: int, values: int, line: int) -> None:
    if depth > DEEPEST:
        raise _TooMuchError("nested too deeply", f"at most {DEEPEST} levels", line)
    if values > MOST_VALUES:
        raise _TooMuchError("too many values", f"at most {MOST_VALUES}, aliases unfolded", line)


class Loader(yaml.SafeLoader):
    """Compose nodes by YAML 1.2, where `no` is a word, 1e6 a number and 1:30 a text; stop when they are too many."""

    yaml_implicit_resolvers: dict[str, Any] = {}

    def __init__(self, text: str):
        super().__init__(text)
        self.depth = self.values = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Compose one node and what is in it."""
        self.depth += 1
        self.values += 1
        _limit(self.depth, self.values, self.line + 1)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
RESOLVERS = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", _NUMBER, list("-+.0123456789")),
)
for _kind, _pattern, _first in RESOLVERS:
    Loader.add_implicit_resolver(_PLAIN + _kind, re.compile(f"^(?:{_pattern})$"), _first)


class _Builder:
    """Build plain values from nodes, unfolding aliases one by one so that they count."""

    def __init__(self, document: Document):
        self.document = document
        self.values = 0

    def build(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self.values += 1
        _limit(depth, self.values, _line(node))
        if node.tag not in _TAGS:
            tag = node.tag.replace(_PLAIN, "!!")
            self._refuse(path, node, tag, "tags are not read; write plain text, numbers, lists and mappings")
            return Refused()
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self._entry(item, (*path, index), depth) for index, item in enumerate(node.value)]
        return self._mapping(node, path, depth)

    def _entry(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self.document.lines[path] = _line(node)
        return self.build(node, path, depth + 1)

    def _mapping(self, node: yaml.Node, path: Path, depth: int) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(path, key_node, dotted(path) or "key", "a key must be a word")
                continue
            key = key_node.value
            if key in built:
                first = self.document.lines[(*path, key)]
                self._refuse((*path, key), key_node, key, f"stands twice; first in line {first}")
                continue
            self.document.lines[(*path, key)] = _line(key_node)
            built[key] = self.build(value_node, (*path, key), depth + 1)
        return built

    def _refuse(self, path: Path, node: yaml.Node, what: str, remedy: str) -> None:
        self.document.findings.append(Finding(path, remedy, what=what, line=_line(node)))


def _scalar(node: yaml.ScalarNode) -> Any:
    text = node.value
    try:
        match node.tag.removeprefix(_PLAIN):
            case "null":
                return None
            case "bool":
                return {"true": True, "false": False}[text.lower()]
            case "int":
                return int(text)
            case "float":
                return float(re.sub(r"\.(inf|nan)$", r"\1", text.lower()))
    except (ValueError, KeyError):  # "!!int word": the check of the value says what it must be
        return text
    return text


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _hint(error: yaml.MarkedYAMLError) -> str:
    said = ", ".join(part for part in (error.context, error.problem) if part)
    if "'\\t'" in said:
        return "this is not YAML: indent with spaces, not with tabs"
    if "mapping values" in said:
        return "this is not YAML: put a text that holds a colon in quotes"
    return f"this is not YAML: {said}"


def _text_at(mark: yaml.Mark | None) -> str:
    """Return the line of text at ``mark``, shortened."""
    if mark is None or mark.buffer is None:
        return ""
    start = mark.buffer.rfind("\n", 0, mark.pointer) + 1
    return shortened(mark.buffer[start:].partition("\n")[0].rstrip("\0").strip())
