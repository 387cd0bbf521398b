"""Read a cohort from a file, a preset or a mapping; every mistake is reported at once, each at its place."""

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from selfseed import catalog
from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.cohort.model import Cohort
from selfseed.interchange.text import read_text
from selfseed.scenario import Scenario
from selfseed.scenario.check import findings_in
from selfseed.scenario.document import parse
from selfseed.scenario.model import Implant
from selfseed.scenario.problems import Finding, Path, from_validation, to_problems
from selfseed.scenario.read import OF_COHORTS

SUFFIX = ".yaml"
PRESETS = "selfseed.catalog.cohorts"
LIKE = "like"
"""The key that names the cohort whose keys hold where a file says nothing."""
WHOLE = ("arms", "compared_as")
"""Keys that say nothing beside other arms."""
VERSION = "selfseed"
"""The key with which a whole scenario begins."""


def names() -> tuple[str, ...]:
    """Return the names of the cohorts that come with selfseed, sorted.

    Examples
    --------
    >>> names()
    ('breast-cohort', 'colon-cohort', 'melanoma-cohort', 'metastatic-trials')
    """
    return tuple(
        sorted(entry.name.removesuffix(SUFFIX) for entry in files(PRESETS).iterdir() if entry.name.endswith(SUFFIX))
    )


def read(source: str | os.PathLike[str]) -> Cohort:
    """Read a cohort from a YAML file, or one that comes with selfseed, by its name.

    Parameters
    ----------
    source : path or str
        A file, or a name in `names`. A scenario that a file names as another file is looked for beside it.

    Returns
    -------
    Cohort
        Complete and in units; `Cohort.model_copy` makes one with, say, fewer patients.

    Raises
    ------
    ScenarioError
        With every problem, each at its line.

    Examples
    --------
    >>> read("breast-cohort").primary
    'breast'
    """
    return _read(os.fspath(source), ())


def _read(name: str, before: tuple[str, ...]) -> Cohort:
    """Read a cohort that those in ``before`` are like, one after the other."""
    if name in names():
        text, folder = files(PRESETS).joinpath(name + SUFFIX).read_text(encoding="utf-8"), None
    elif name in catalog.names():
        raise ScenarioError(
            name, [Problem("preset", "is a scenario, no cohort", f"`selfseed simulate {name}` runs it")]
        )
    elif not FilePath(name).exists():
        close = nearest(name, names())
        remedy = f"did you mean '{close}'?" if close else f"name a YAML file, or one of {', '.join(names())}"
        raise ScenarioError(name, [Problem("file", "does not exist", remedy)])
    else:
        text, folder = read_text(name), FilePath(name).parent
    document = parse(text)
    if not isinstance(document.value, Mapping):
        problems = to_problems(document.findings, document.value, document.lines) or [
            Problem("file", "is no mapping", "a cohort starts with 'selfseed-cohort: 1'")
        ]
        raise ScenarioError(name, problems)
    if VERSION in document.value and OF_COHORTS not in document.value:
        raise ScenarioError(name, [Problem("file", "is a scenario, no cohort", f"`selfseed simulate {name}` runs it")])
    return _cohort(name, document.value, list(document.findings), document.lines, folder, before)


def from_dict(document: Mapping[str, Any]) -> Cohort:
    """Return the cohort that a mapping describes, with the keys of the YAML form.

    Parameters
    ----------
    document : mapping
        Its scenario is a mapping too, or the name of a preset or file.

    Returns
    -------
    Cohort

    Raises
    ------
    ScenarioError
        With every problem, each at its dotted path.
    """
    return _cohort("the cohort", document, [], None, None)


def treated_scenario(cohort: Cohort) -> Scenario:
    """Return the scenario of a cohort with its arms, times counted from the diagnosis."""
    update = {"arms": cohort.arms, "duration": cohort.follow_up, "measurements": cohort.scenario.measurements[:1]}
    return cohort.scenario.model_copy(update=update)


def _cohort(
    name: str, document: Mapping[str, Any], findings: list[Finding], lines: Mapping[Path, int] | None,
    folder: FilePath | None, before: tuple[str, ...] = (),
) -> Cohort:  # fmt: skip
    if LIKE in document:
        document = _filled(name, dict(document), lines, folder, before)
    whole = dict(document)
    if isinstance(whole.get("scenario"), str):
        whole["scenario"] = _scenario(whole["scenario"], folder)
    try:
        cohort = Cohort.model_validate(whole)
    except ValidationError as error:
        found = from_validation(error, _schema())
        findings += found + _deeper(whole, found)
    else:
        findings += _misfits(cohort)
        findings += [one for one in findings_in(treated_scenario(cohort)) if one.path[:1] == ("arms",)]
        if not findings:
            return cohort
    raise ScenarioError(name, to_problems(findings, document, lines))


def _deeper(whole: Mapping[str, Any], found: list[Finding]) -> list[Finding]:
    """Return what else is wrong with the arms, where what was found lies neither in them nor in the scenario."""
    if {path[0] for path in (finding.path for finding in found) if path} & {"scenario", "arms"}:
        return []
    scenario = whole.get("scenario")
    if isinstance(scenario, Scenario):
        scenario = scenario.model_dump(by_alias=True, exclude_unset=True)
    try:
        treated = Scenario.model_validate({**dict(scenario or {}), "arms": whole["arms"]})
    except (ValidationError, KeyError, TypeError):
        return []
    return [one for one in findings_in(treated) if one.path[:1] == ("arms",)]


def _filled(
    name: str, document: dict[str, Any], lines: Mapping[Path, int] | None, folder: FilePath | None,
    before: tuple[str, ...],
) -> dict[str, Any]:  # fmt: skip
    """Return a document with what it leaves to the cohort that it is like."""
    other = document.pop(LIKE)
    place = other if folder is None or other in names() else str(folder / str(other))
    what, remedy = f"{LIKE}: {other}", f"name a YAML file, or one of {', '.join(names())}"
    if place in (*before, name):
        what, remedy = f"{other} is like itself", "name a cohort that is not like this one"
    elif not isinstance(other, str) or (other not in names() and not FilePath(place).exists()):
        close = nearest(str(other), names())
        remedy = f"did you mean '{close}'?" if close else remedy
    else:
        what = ""
    if what:
        raise ScenarioError(name, to_problems([Finding((LIKE,), remedy, what=what)], document, lines))
    known = _read(place, (*before, name)).model_dump(mode="json", by_alias=True, exclude_unset=True)
    del known[OF_COHORTS]  # each file says itself of which version it is
    return merged(known, document)


def merged(known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``known`` with the keys that are given.

    Mappings are taken key by key; arms and what hangs on them, and a scenario that has its version, as a whole.

    Examples
    --------
    >>> merged({"age": {"mean": 61, "spread": 13}, "arms": {"a": {}}}, {"age": {"mean": 50}, "arms": {"b": {}}})
    {'age': {'mean': 50, 'spread': 13}, 'arms': {'b': {}}}
    """
    found = {key: value for key, value in known.items() if "arms" not in given or key not in WHOLE}
    for key, value in given.items():
        both = isinstance(value, Mapping) and isinstance(found.get(key), Mapping) and VERSION not in value
        found[key] = merged(found[key], value) if both else value
    return found


def _misfits(cohort: Cohort) -> Iterator[Finding]:
    """Find what names a site, an organ or an arm that is not there."""
    sites = tuple(cohort.scenario.sites)
    if cohort.primary not in sites:
        yield Finding(("primary",), _meant(cohort.primary, sites, "site"))
    if cohort.scenario.host != "human":
        yield Finding(("scenario", "host"), "patients are human: their blood is drawn, and they age", what="host")
    for number, step in enumerate(cohort.scenario.procedures):
        if not isinstance(step, Implant):
            remedy = "only implants happen before the diagnosis; what is done after it stands under arms, add"
            yield Finding(("scenario", "procedures", number), remedy)
    for name, treated in cohort.arms.items():
        for number, step in enumerate(treated.add):
            if isinstance(step, Implant):
                yield Finding(
                    ("arms", name, "add", number), "nothing is implanted in patients; inject, or leave it out"
                )
    organs = {site.organ for site in cohort.scenario.sites.values()}
    missing = sorted(organs - set(cohort.lethal))
    if missing:
        yield Finding(("lethal",), f"must say how many cells kill in {', '.join(missing)}", what="lethal")
    from selfseed.cohort.figures import ROLES

    for role, arm in cohort.compared_as.items():
        if role not in ROLES:
            yield Finding(("compared_as", role), _meant(role, ROLES, "role"))
        if arm not in cohort.arms:
            yield Finding(("compared_as", role), _meant(arm, tuple(cohort.arms), "arm"))


def _meant(name: str, known: tuple[str, ...], kind: str) -> str:
    close = nearest(name, known)
    return f"unknown {kind}; " + (f"did you mean '{close}'?" if close else f"there are: {', '.join(known)}")


def _scenario(name: str, folder: FilePath | None) -> Scenario:
    from selfseed.scenario import read as read_scenario

    if name in catalog.names():
        return catalog.get(name)
    return read_scenario(name if folder is None else folder / name)


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    return Cohort.model_json_schema(by_alias=True)
