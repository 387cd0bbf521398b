"""Read a scenario from a file, a text or a mapping; report every problem at once."""

import os
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.scenario.check import findings_in
from selfseed.scenario.document import DEEPEST, Refused, parse
from selfseed.scenario.model import Scenario
from selfseed.scenario.problems import MOST_SHOWN, Finding, Path, from_validation, to_problems, value_at
from selfseed.scenario.schema import json_schema

MOST_BYTES = 1_000_000
OF_COHORTS = "selfseed-cohort"
"""The key with which a file of virtual patients begins; it holds a scenario, and is none."""


def read(source: str | os.PathLike[str]) -> Scenario:
    """Read a scenario from a YAML file, or from a text of more than one line.

    Parameters
    ----------
    source : path or str
        The file; a str that holds a line break is taken for the YAML itself.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        With every problem, each at its line.

    Examples
    --------
    >>> read("no such file.yaml")
    Traceback (most recent call last):
        ...
    selfseed.base.errors.ScenarioError: 1 problem in no such file.yaml
      file  does not exist  check the path; 'selfseed list' shows what is built in
    """
    is_text = isinstance(source, str) and "\n" in source
    name = "the scenario" if is_text else os.fspath(source)
    document = parse(_decode(name, str(source).encode(errors="replace") if is_text else _bytes(name)))
    if document.value is None and not document.findings:
        raise _refuse_file(name, "is empty", "a scenario starts with 'selfseed: 1'")
    if isinstance(document.value, Mapping) and OF_COHORTS in document.value:
        raise _refuse_file(name, "is a cohort of patients", f"`selfseed cohort run {name} --dry-run` checks it")
    return _scenario(name, document.value, document.findings, document.lines)


def from_dict(document: Mapping[str, Any]) -> Scenario:
    """Return the scenario that a mapping describes, with the keys of the YAML form.

    Raises
    ------
    ScenarioError
        With every problem, each at its dotted path.
    """
    return _scenario("the scenario", document, [], None)


def _scenario(name: str, document: object, findings: list[Finding], lines: Mapping[Path, int] | None) -> Scenario:
    if findings and document is None:
        raise ScenarioError(name, to_problems(findings, document, lines))
    try:
        scenario = Scenario.model_validate(document)
    except ValidationError as error:
        found = from_validation(error, json_schema())
        findings = findings + [finding for finding in found if not _refused(document, finding.path)]
        findings += _deeper_findings(document, found)
    else:
        findings = findings + findings_in(scenario)
        if not findings:
            return scenario
    raise ScenarioError(name, to_problems(findings, document, lines))


def _refused(document: object, path: Path) -> bool:
    return isinstance(value_at(document, path)[0], Refused)


def _deeper_findings(document: object, found: list[Finding]) -> list[Finding]:
    """Return what would still be wrong if everything in ``found`` were mended; nothing where that is a guess."""
    mistakes = {finding.path: finding for finding in found}
    can_mend = all(finding.meant is not None or finding.instead is not None for finding in found)
    if not can_mend or ("duration",) in mistakes or len(mistakes) > MOST_SHOWN:
        return []
    try:
        scenario = Scenario.model_validate(_mended(document, mistakes))
    except ValidationError:
        return []
    branches = [path[:-1] if isinstance(path[-1], int) else path for path in mistakes]
    return [
        deeper for deeper in findings_in(scenario) if not any(_same_branch(deeper.path, branch) for branch in branches)
    ]


def _same_branch(one: Path, other: Path) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _mended(value: object, mistakes: Mapping[Path, Finding], here: Path = ()) -> object:
    """Copy a document with wrong values replaced, misspelt keys renamed, and unknown ones left out."""
    if len(here) > DEEPEST:
        return value
    if isinstance(value, list | tuple):
        return [_mended(entry, mistakes, (*here, index)) for index, entry in enumerate(value)]
    if here in mistakes and mistakes[here].instead is not None:
        return mistakes[here].instead
    if not isinstance(value, Mapping):
        return value
    copy: dict[Any, object] = {}
    for key, entry in value.items():
        mistake = mistakes.get((*here, key))
        if mistake is None or mistake.instead is not None:
            copy[key] = _mended(entry, mistakes, (*here, key))
        elif mistake.meant and mistake.meant not in value:
            copy[mistake.meant] = entry
    for path, mistake in mistakes.items():
        if path and path[:-1] == here and path[-1] not in value and mistake.instead is not None:
            copy[path[-1]] = mistake.instead
    return copy


def _bytes(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _refuse_file(name, "does not exist", f"check the path; {_neighbour(name)}") from None
    except IsADirectoryError:
        raise _refuse_file(name, "is a directory", "name a YAML file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _refuse_file(name, "cannot be read", reason.lower()) from None


def _neighbour(name: str) -> str:
    path = FilePath(name)
    there = [file.name for file in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
    close = nearest(path.name, there)
    return f"did you mean '{close}'?" if close else "'selfseed list' shows what is built in"


def _decode(name: str, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise _refuse_file(name, "is too large", f"a scenario has at most {MOST_BYTES // 1_000_000} MB")
    if b"\0" in data:
        raise _refuse_file(name, "is not text", "a scenario is a text file in YAML")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = Problem(f"line {line}", f"byte {data[error.start]:#x} is not UTF-8", "save the file as UTF-8 text")
        raise ScenarioError(name, [problem]) from None


def _refuse_file(name: str, what: str, remedy: str) -> ScenarioError:
    return ScenarioError(name, [Problem("file", what, remedy)])
