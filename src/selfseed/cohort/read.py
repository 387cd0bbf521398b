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
from selfseed.scenario.problems import Finding, Path, from_validation, to_problems

SUFFIX = ".yaml"
PRESETS = "selfseed.catalog.cohorts"


def names() -> tuple[str, ...]:
    """Return the names of the cohorts that come with selfseed, sorted.

    Examples
    --------
    >>> names()
    ('breast-cohort', 'colon-cohort', 'melanoma-cohort')
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
    name = os.fspath(source)
    if name in names():
        text, folder = files(PRESETS).joinpath(name + SUFFIX).read_text(encoding="utf-8"), None
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
    return _cohort(name, document.value, list(document.findings), document.lines, folder)


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
    folder: FilePath | None,
) -> Cohort:  # fmt: skip
    whole = dict(document)
    if isinstance(whole.get("scenario"), str):
        whole["scenario"] = _scenario(whole["scenario"], folder)
    try:
        cohort = Cohort.model_validate(whole)
    except ValidationError as error:
        findings += from_validation(error, _schema())
    else:
        findings += _misfits(cohort)
        findings += [one for one in findings_in(treated_scenario(cohort)) if one.path[:1] == ("arms",)]
        if not findings:
            return cohort
    raise ScenarioError(name, to_problems(findings, document, lines))


def _misfits(cohort: Cohort) -> Iterator[Finding]:
    """Find what names a site, an organ or an arm that is not there."""
    sites = tuple(cohort.scenario.sites)
    if cohort.primary not in sites:
        yield Finding(("primary",), _meant(cohort.primary, sites, "site"))
    organs = {site.organ for site in cohort.scenario.sites.values()}
    missing = sorted(organs - set(cohort.lethal))
    if missing:
        yield Finding(("lethal",), f"must say how many cells kill in {', '.join(missing)}", what="lethal")
    for role, arm in cohort.compared_as.items():
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
