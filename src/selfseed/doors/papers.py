"""List the papers that a scenario stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selfseed.scenario import Scenario


def papers(scenario: Scenario) -> str:
    """Return one line per paper: where to find it, and what it gave to ``scenario``."""
    from selfseed.processes import PARAMETERS

    given = {doi: ["this experiment"] for doi in scenario.references}
    sources: dict[str, list[str]] = {}
    for parameter in filter(lambda parameter: parameter.doi, PARAMETERS.values()):
        given.setdefault(parameter.doi, []).append(parameter.name)
        sources.setdefault(parameter.doi, []).append(parameter.source)
    shortest = {doi: f"{min(named, key=len)}: " for doi, named in sources.items()}
    return "\n".join(f"https://doi.org/{doi}  {shortest.get(doi, '')}{', '.join(what)}" for doi, what in given.items())
