"""List the papers that a scenario stands on, in words or as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selfseed.scenario import Scenario
    from selfseed.scenario.drugs import Source

_ENTRY = re.compile(r"^@\w+\{.*\}$", re.MULTILINE)
_DOI = re.compile(r"doi = \{(?P<doi>[^}]+)\}")


def papers(scenario: Scenario) -> str:
    """Return one line per paper: where to find it, and what it gave to ``scenario``.

    Sources without a DOI come last, in the words of the table of parameters; numbers that nobody measured have none.
    """
    from selfseed.processes import PARAMETERS

    given = {doi: ["this experiment"] for doi in scenario.references}
    without: dict[str, list[str]] = {}
    sources: dict[str, list[str]] = {}
    for parameter in PARAMETERS.values():
        if parameter.doi:
            given.setdefault(parameter.doi, []).append(parameter.name)
            sources.setdefault(parameter.doi, []).append(parameter.source)
        elif parameter.confidence != "assumed":
            without.setdefault(parameter.source, []).append(parameter.name)
    for name, source in _of_drugs(scenario):
        if source.doi:
            given.setdefault(source.doi, []).append(name)
            sources.setdefault(source.doi, []).append(source.says)
        elif source.confidence != "assumed":
            without.setdefault(source.says, []).append(name)
    shortest = {doi: f"{min(named, key=len)}: " for doi, named in sources.items()}
    return "\n".join(
        [
            *(f"https://doi.org/{doi}  {shortest.get(doi, '')}{', '.join(what)}" for doi, what in given.items()),
            *(f"no DOI  {source}: {', '.join(what)}" for source, what in without.items()),
        ]
    )


def _of_drugs(scenario: Scenario) -> Iterator[tuple[str, Source]]:
    """Yield the numbers of all drugs that are given in any arm, each with its source."""
    from selfseed.scenario import resolve

    steps = (step for arm in resolve(scenario) for step in arm.procedures)
    drugs = {step.given.name: step.given.drug for step in steps if step.given is not None}
    for name, drug in drugs.items():
        for number, source in drug.sources.items():
            yield f"{name} {number}", source


def bibtex(scenario: Scenario) -> str:
    """Return the BibTeX entries of selfseed and of all papers with a DOI that ``scenario`` stands on."""
    from selfseed import __version__
    from selfseed.processes import PARAMETERS

    wanted = [*scenario.references, *(parameter.doi for parameter in PARAMETERS.values() if parameter.doi)]
    wanted += [source.doi for _, source in _of_drugs(scenario) if source.doi]
    known = bibliography()
    software = "@software{selfseed, author = {{The selfseed developers}}, title = {selfseed}, version = {"
    entries = [known.get(doi, _bare(doi)) for doi in dict.fromkeys(wanted)]
    return "\n".join([software + __version__ + "}}", *entries])


@lru_cache(maxsize=1)
def bibliography() -> dict[str, str]:
    """Return the BibTeX entry of each DOI that selfseed knows."""
    whole = (files("selfseed.processes") / "references.bib").read_text(encoding="utf-8")
    return {_DOI.search(entry)["doi"]: entry for entry in _ENTRY.findall(whole)}  # type: ignore[index]


def _bare(doi: str) -> str:
    """Return the entry of a paper of which only the DOI is known, as it may be in a user's own scenario."""
    key = re.sub(r"\W+", "-", doi)
    return f"@misc{{{key}, doi = {{{doi}}}}}"
