"""List the papers that a scenario stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selfseed.scenario import Scenario


def papers(scenario: Scenario) -> str:
    """Return one line per paper: where to find it, and what it gave to ``scenario``."""
    from selfseed.processes import PARAMETERS

    given: dict[str, tuple[str, list[str]]] = {doi: ("this experiment", []) for doi in scenario.references}
    for parameter in PARAMETERS.values():
        if parameter.doi:
            _, names = given.setdefault(parameter.doi, (parameter.source, []))
            names.append(parameter.name)
    return "\n".join(
        f"https://doi.org/{doi}  {': '.join(filter(None, (source, ', '.join(names))))}"
        for doi, (source, names) in given.items()
    )
