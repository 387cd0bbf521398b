"""From what a check found to what a scientist reads: the place, the value given, what is allowed, the remedy."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from selfseed.base.errors import Problem, nearest
from selfseed.base.units import number_text

Path = tuple[str | int, ...]
MOST_SHOWN = 50
LONGEST_VALUE = 40


@dataclass(frozen=True)
class Finding:
    """Name one mistake by its path.

    ``what`` and ``line`` replace what the document says there. To look for further mistakes as if this one were
    mended, ``meant`` is the right key, empty where the key is best left out, or ``instead`` a valid value.
    """

    path: Path
    remedy: str
    what: str | None = None
    line: int | None = None
    meant: str | None = None
    instead: object = None


def dotted(path: Path) -> str:
    """Write a path as ``arms.more.add[0].cells``.

    Examples
    --------
    >>> dotted(("arms", "more", "add", 0, "cells"))
    'arms.more.add[0].cells'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return _printable(text.removeprefix("."))


def to_problems(
    findings: Iterable[Finding], document: object, lines: Mapping[Path, int] | None = None
) -> tuple[Problem, ...]:
    """Turn findings into problems, in the order of the lines, or of the findings where there are none."""
    located = [(_line(finding, lines), _what(finding, document), finding) for finding in findings]
    if lines:
        located.sort(key=lambda entry: entry[0])
    problems = [
        Problem(f"line {line}" if lines else dotted(finding.path) or "scenario", what, finding.remedy)
        for line, what, finding in located
    ]
    problems = list(dict.fromkeys(problems))
    if len(problems) > MOST_SHOWN:
        rest = len(problems) - MOST_SHOWN
        problems[MOST_SHOWN:] = [Problem("...", f"{rest} more", "correct those above first")]
    return tuple(problems)


def value_at(document: object, path: Path) -> tuple[object, Path]:
    """Return the value at ``path``, or at its deepest part that exists, and the path of that part."""
    for depth, step in enumerate(path):
        inside = (isinstance(document, Mapping) and step in document) or (
            isinstance(document, list | tuple) and isinstance(step, int) and step < len(document)
        )
        if not inside:
            return document, path[:depth]
        document = document[step]  # type: ignore[index]
    return document, path


def from_validation(error: ValidationError, schema: Mapping[str, Any]) -> list[Finding]:
    """Turn what pydantic found into findings; ``schema`` is the JSON Schema that knows the allowed keys.

    pydantic calls a list empty when all of its entries are wrong; that is left out.
    """
    found = error.errors(include_url=False)
    findings = [_one(entry, schema) for entry in found if not (entry["type"] == "too_short" and entry["input"])]
    misspelt = {(*finding.path[:-1], finding.meant) for finding in findings if finding.meant}
    return [finding for finding in findings if not (finding.remedy.startswith("missing") and finding.path in misspelt)]


def _one(entry: Any, schema: Mapping[str, Any]) -> Finding:
    location: Path = entry["loc"]
    on_key = location[-1:] == ("[key]",) and entry["type"] != "extra_forbidden"
    if on_key:
        location = location[:-1]
    path = tuple(step for place, step in enumerate(location) if not _is_mark(location, place))
    if entry["type"] == "extra_forbidden":
        key, allowed = str(path[-1]), list(_node(schema, location[:-1]).get("properties", ()))
        meant = nearest(key, allowed) or next((name for name in allowed if name.endswith(f".{key}")), "")
        return Finding(path, _unknown_key(meant, allowed), what=shortened(key), meant=meant)
    if on_key:
        return Finding(path, _remedy(entry), what=shortened(str(path[-1])))
    instead = _valid_value(_node(schema, location))
    if entry["type"] == "missing":
        advice = "" if instead is None else f"; add it, like '{path[-1]}: {instead}'"
        return Finding(path, f"missing{advice}", what=dotted(path[-1:]), instead=instead)
    return Finding(path, _remedy(entry), instead=instead)


def _is_mark(location: Path, place: int) -> bool:
    """Tell the marks for the kind of a list entry, like "<Implant>", from the keys of the document."""
    step = location[place]
    behind_index = place > 0 and isinstance(location[place - 1], int)
    return behind_index and isinstance(step, str) and step.startswith("<") and step.endswith(">")


_REMEDIES: Mapping[str, Callable[[Mapping[str, Any], object], str]] = {
    "value_error": lambda context, given: str(context["error"]),
    "kind": lambda context, given: _unknown_kind(context["words"].split(", "), given),
    "literal_error": lambda context, given: f"must be {context['expected']}",
    "too_short": lambda context, given: "must not be empty",
    "too_long": lambda context, given: f"must hold at most {context['max_length']} entries",
    "string_too_long": lambda context, given: f"must have at most {context['max_length']} characters",
    "string_type": lambda context, given: "must be text",
    "string_unicode": lambda context, given: "must be text",
    "dict_type": lambda context, given: "must be a mapping, like {name: value}",
    "model_type": lambda context, given: "must be a mapping, like {name: value}",
    "tuple_type": lambda context, given: "must be a list, like [first, second]",
}


def _remedy(entry: Any) -> str:
    remedy = _REMEDIES.get(entry["type"])
    return remedy(entry.get("ctx", {}), entry["input"]) if remedy else str(entry["msg"]).lower()


def _unknown_kind(kinds: list[str], given: object) -> str:
    if not isinstance(given, Mapping):
        return f"must be a mapping with one of: {', '.join(kinds)}"
    close = next((f"; '{key}': did you mean '{kind}'?" for key in given if (kind := nearest(str(key), kinds))), "")
    return f"must have one of: {', '.join(kinds)}{close}"


def _unknown_key(meant: str, allowed: list[str]) -> str:
    if meant:
        return f"unknown; did you mean '{meant}'?"
    if len(allowed) <= 20:
        return f"unknown; allowed: {', '.join(allowed)}"
    return "unknown; 'selfseed explain' lists the parameters"


def _node(schema: Mapping[str, Any], location: Path) -> Mapping[str, Any]:
    """Return the part of the JSON Schema that describes what stands at ``location``."""
    node: Any = schema
    for place, step in enumerate(location):
        if _is_mark(location, place):
            node = schema["$defs"].get(str(step).strip("<>"), {})
        else:
            choices = [node, *node.get("anyOf", ())]
            items = next((choice["items"] for choice in choices if "items" in choice), None)
            patterns = node.get("patternProperties") or {"": node.get("additionalProperties")}
            node = items or node.get("properties", {}).get(step) or next(iter(patterns.values())) or {}
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return dict(node)


def _valid_value(node: Mapping[str, Any]) -> object:
    """Return a value that the schema allows, None where it gives no example."""
    node = node.get("anyOf", [node])[0]
    return next(iter(node.get("enum") or node.get("examples") or [node.get("const")]))


def _line(finding: Finding, lines: Mapping[Path, int] | None) -> int:
    if finding.line or not lines:
        return finding.line or 0
    return next(
        lines[finding.path[:depth]] for depth in range(len(finding.path), -1, -1) if finding.path[:depth] in lines
    )


def _what(finding: Finding, document: object) -> str:
    if finding.what is not None:
        return finding.what
    value, path = value_at(document, finding.path)
    name = _short(path)
    if isinstance(value, Mapping | list | tuple):
        return name or "a list"
    return f"{name} = {_shown(value)}" if name else _shown(value)


def _short(path: Path) -> str:
    """Return the end of a path, as much of it as names the value."""
    behind_index = len(path) > 2 and isinstance(path[-2], int)
    return dotted(path[-3:] if behind_index else path[-2:])


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and abs(value) >= 10**LONGEST_VALUE:
        return "a number of very many digits"
    if isinstance(value, float) and math.isfinite(value):
        return number_text(value)
    return shortened(str(value))


def shortened(text: str) -> str:
    """Return ``text`` in printable letters, cut where it is long."""
    text = _printable(text)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
