"""How sure we are: which numbers this scenario set, which nobody has measured, and what carries the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from selfseed.base.units import number_text, with_unit
from selfseed.views.words import listed

if TYPE_CHECKING:
    from selfseed.processes import Parameter
    from selfseed.results import Run

MEANINGS = {
    "read": "read in their source",
    "quoted": "quoted by another source that was read",
    "derived": "derived from sourced figures",
    "memory": "recalled from the literature",
    "assumed": "assumed",
}
HEAD = ["parameter", "value", "meaning", "source", "confidence"]


def confidence_sentence() -> str:
    """Return in one sentence how many numbers of the law are read, quoted, derived, recalled and assumed."""
    from selfseed.processes import PARAMETERS

    counts: Counter[str] = Counter(parameter.confidence for parameter in PARAMETERS.values())
    words = [f"{counts[kind]} are {meaning}" for kind, meaning in MEANINGS.items() if counts[kind]]
    return f"The law has {len(PARAMETERS)} parameters: {listed(words)}."


def set_rows(run: Run) -> list[list[str]]:
    """Return a row for every value that the scenario, its clones or its arms give to a parameter."""
    from selfseed.processes import PARAMETERS

    places: dict[tuple[str, float], list[str]] = {}
    for name, value, where in _set(run):
        places.setdefault((name, value), []).append(where)
    return [
        [
            f"{name} ({', '.join(filter(None, where))})" if any(where) else name,
            with_unit(value, PARAMETERS[name].unit),
            PARAMETERS[name].meaning,
            f"this scenario; the table says {number_text(PARAMETERS[name].default(run.scenario.host))}",
            "set here",
        ]
        for (name, value), where in places.items()
    ]


def assumed_rows(run: Run) -> list[list[str]]:
    """Return a row for every parameter that is assumed and that the scenario leaves as it is."""
    from selfseed.processes import PARAMETERS

    host = run.scenario.host
    return [
        _row(name, entry, entry.default(host))
        for name, entry in PARAMETERS.items()
        if entry.confidence == "assumed"
        and run.scenario.parameters.get(name, entry.default(host)) == entry.default(host)
    ]


def expression_rows(run: Run) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of a table of the clones of the control arm: label and expression of each gene."""
    from selfseed.processes import GENES
    from selfseed.scenario import resolve

    clones = resolve(run.scenario)[0].clones
    rows = [[clone.name, clone.label or "none", *(number_text(fold) for fold in clone.expression)] for clone in clones]
    return ["clone", "label", *GENES], rows


def _set(run: Run) -> Iterator[tuple[str, float, str]]:
    """Yield name and value of every parameter that is not as in the table, and for whom it holds."""
    from selfseed.processes import PARAMETERS
    from selfseed.scenario import resolve
    from selfseed.scenario.resolve import table_values

    scenario, values = run.scenario, table_values(run.scenario)
    for name, value in values.items():
        if value != PARAMETERS[name].default(scenario.host):
            yield name, value, ""
    for clone in resolve(scenario)[0].clones:
        for name, value in clone.parameters.items():
            if value != values[name]:
                yield name, value, clone.name
    for arm, entry in scenario.arms.items():
        for name, value in entry.parameters.items():
            yield name, value, f"arm {arm}"


def _row(name: str, parameter: Parameter, value: float) -> list[str]:
    source = parameter.source + (f", doi:{parameter.doi}" if parameter.doi else "")
    return [name, with_unit(value, parameter.unit), parameter.meaning, source, parameter.confidence]
