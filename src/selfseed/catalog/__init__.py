"""Published experiments as scenarios, each with its source; one set of cell lines for each host and cancer.

A preset names the lines it uses, ``clones: {mouse-breast: [parental, LM2]}``; what they are stands once, in ``lines/``.
What a user gets, `text`, is a whole scenario with the lines written out.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.scenario import Scenario, read

SUFFIX = ".yaml"
_LINES_USED = re.compile(r"^clones: \{(?P<lines>[a-z-]+): \[(?P<names>[^]]*)\]\}$", re.MULTILINE)
_CLONE = re.compile(r"^(?P<name>[^\s#].*?):(?=\s)", re.MULTILINE)
_FROM = re.compile(r"^  from: (?P<name>.+?)\s*(#.*)?$", re.MULTILINE)


def names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    folder = files(__package__)
    return tuple(sorted(entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX)))


def text(name: str) -> str:
    """Return the scenario ``name`` as YAML, comments and all, its cell lines written out.

    Raises
    ------
    ScenarioError
        When there is no such preset.
    """
    if name not in names():
        raise ScenarioError("the catalogue", [Problem(name, "unknown preset", _remedy(name, names()))])
    return _LINES_USED.sub(lambda used: _clones(*used.group("lines", "names")), _file(f"{name}{SUFFIX}"))


def get(name: str) -> Scenario:
    """Return the scenario ``name``, checked.

    Raises
    ------
    ScenarioError
        When there is no such preset.

    Examples
    --------
    >>> get("kim2009-two-gland").duration
    60.0
    """
    return read(text(name))


def lines(cancer: str) -> dict[str, str]:
    """Return the cell lines of a host and cancer, such as "mouse-breast": for each its name and its YAML."""
    whole = _file(f"lines/{cancer}{SUFFIX}")
    starts = list(_CLONE.finditer(whole))
    ends = [start.start() for start in starts[1:]] + [len(whole)]
    return {start["name"]: whole[start.start() : end] for start, end in zip(starts, ends, strict=True)}


def cancer_of(name: str) -> str:
    """Return of which host and cancer the cell lines of the preset ``name`` are, such as "mouse-breast"."""
    used = _LINES_USED.search(_file(f"{name}{SUFFIX}"))
    assert used is not None, f"{name} must name its cell lines"
    return used["lines"]


def _clones(cancer: str, wanted: str) -> str:
    """Return the block ``clones:`` with the lines ``wanted`` and all those that they come from."""
    known = lines(cancer)
    used: set[str] = set()
    queue = [name.strip() for name in wanted.split(",")]
    while queue:
        name = queue.pop()
        used.add(name)
        queue += [parent["name"] for parent in _FROM.finditer(known[name])]
    head = _file(f"lines/{cancer}{SUFFIX}").split("\n\n")[0]
    comment = "\n".join(line for line in head.splitlines() if line.startswith("#"))
    blocks = "".join(block for name, block in known.items() if name in used)
    return f"{comment}\nclones:\n" + "".join(f"  {line}\n" for line in blocks.splitlines()).rstrip("\n")


@lru_cache
def _file(path: str) -> str:
    return files(__package__).joinpath(*path.split("/")).read_text(encoding="utf-8")


def _remedy(name: str, allowed: Sequence[str]) -> str:
    close = nearest(name, allowed)
    return f"did you mean '{close}'?" if close else f"one of: {', '.join(allowed)}"
