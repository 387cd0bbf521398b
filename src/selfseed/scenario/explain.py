"""Say in sentences what a scenario will do and when, and on which numbers it stands."""

import textwrap
from collections.abc import Iterator

from selfseed.base.units import number_text, unit_text, with_unit
from selfseed.processes import GENES, PARAMETERS, Parameter
from selfseed.scenario.model import Arm, Filter, Give, Implant, Irradiate, Procedure, Resect, Scenario
from selfseed.scenario.resolve import (
    ResolvedArm,
    ResolvedClone,
    ResolvedMeasurement,
    arm_procedures,
    drug_of,
    resolve,
    resolve_measurements,
    table_values,
)

_INDENT = "  "
_MOST_TIMES = 6


def explain(scenario: Scenario) -> str:
    """Return what happens, what differs between the arms, what is measured, and the table of parameters.

    Overridden parameters are marked with a star.
    """
    arms = resolve(scenario)
    parts = [
        _heading(scenario),
        _section("Clones", [_clone_sentence(clone) for clone in arms[0].clones] + _changes(arms[0])),
        _section(f"What is done ({arms[0].name})", _procedure_sentences(scenario, next(iter(scenario.arms.values())))),
        _section("What differs between the arms", list(_arm_sentences(scenario, arms))),
        _section("What is measured", [_measurement_sentence(one) for one in resolve_measurements(scenario)]),
        _section("What the literature leaves open", list(_uncertain_sentences(scenario))),
        _parameter_table(scenario, arms[0]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _heading(scenario: Scenario) -> str:
    seed = "a seed made at the start" if scenario.seed is None else f"seed {scenario.seed}"
    count = len(scenario.arms) + len(scenario.switch_off)
    who = {"mouse": "mice", "human": "patients"}[scenario.host]
    lines = [scenario.title] if scenario.title else []
    lines += textwrap.wrap(" ".join(scenario.description.split()), 100)
    lines.append(
        f"{scenario.replicates} {who} in each of {count} arm{'s' * (count > 1)}, "
        f"{number_text(scenario.duration)} days, {seed}."
    )
    lines += [f"https://doi.org/{doi}" for doi in scenario.references]
    return "\n".join(lines)


def _section(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"{_INDENT}{line}" for line in lines)]) if lines else ""


def _clone_sentence(clone: ResolvedClone) -> str:
    label = f"labelled {clone.label}" if clone.label else "unlabelled"
    genes = [f"{gene} x {number_text(fold)}" for gene, fold in zip(GENES, clone.expression, strict=True) if fold != 1]
    expression = ", ".join(genes) if genes else "all genes as in the parental line"
    return f"{clone.name}: {label}, {clone.law.replace('_', ' ')} growth, {expression}."


def _changes(arm: ResolvedArm) -> list[str]:
    return [
        f"{arm.clones[start].name} becomes {arm.clones[end].name} in {number_text(rate)} of its divisions."
        for start, end, rate in arm.changes
    ]


def _procedure_sentences(scenario: Scenario, arm: Arm) -> list[str]:
    in_order = sorted(arm_procedures(scenario, arm), key=lambda one: (_waits(one), one.at or 0.0))
    return [f"{_procedure_phrase(scenario, procedure)}." for procedure in in_order]


def _procedure_phrase(scenario: Scenario, procedure: Procedure) -> str:
    when = _date(procedure)
    if isinstance(procedure, Resect):
        usual = table_values(scenario)["treatment.residual"]
        residual = usual if procedure.residual is None else procedure.residual
        stays = f"{100 * residual:g} % of its cells stay" if residual else "no cell stays"
        return f"{when} the tumour at {procedure.resect} is cut out, {stays}"
    if isinstance(procedure, Give):
        return f"{when} {_given(scenario, procedure)}"
    if isinstance(procedure, Filter):
        return f"{when} {_filtered(procedure)}"
    if isinstance(procedure, Irradiate):
        times = f"{procedure.fractions} times " if procedure.fractions > 1 else ""
        pace = f", every {number_text(procedure.every)} days" if procedure.fractions > 1 else ""
        dose = f"{number_text(procedure.dose)} Gy{pace}"
        return f"{when} the tumour at {procedure.irradiate} is irradiated {times}with {dose}"
    if isinstance(procedure, Implant):
        organ = scenario.sites[procedure.site].organ.replace("_", " ")
        cells = f"{number_text(procedure.cells)} cells of {procedure.implant}"
        return f"{when} {cells} are implanted at {procedure.site} ({organ})"
    cells = f"{number_text(procedure.cells)} cells of {procedure.inject}"
    return f"{when} {cells} are injected ({procedure.route.replace('_', ' ')})"


def _waits(procedure: Procedure) -> bool:
    return getattr(procedure, "when", None) is not None


def _date(procedure: Procedure) -> str:
    days = number_text(procedure.at or 0.0)
    if isinstance(procedure, Implant) or procedure.when is None:
        return f"day {days}:"
    grown = f"the tumour at {procedure.when.site} has grown to {number_text(procedure.when.reaches)} mm"
    return f"{days} days after {grown}:" if procedure.at else f"when {grown}:"


def _given(scenario: Scenario, give: Give) -> str:
    drug = drug_of(scenario, give.give)
    own = ((give.dose, drug.dose), (give.every, drug.every), (give.doses, drug.doses))
    dose, every, doses = (usual if value is None else value for value, usual in own)
    times = f"{doses} times every {_days_or_hours(every)}" if doses > 1 else "once"
    effect = "slows and kills what grows" if drug.acts_on == "growth" else f"acts on {drug.acts_on}"
    return f"{give.give} is given {times}, {number_text(dose)} mg/kg ({drug.route}); it {effect}"


def _days_or_hours(days: float) -> str:
    return f"{number_text(days)} days" if days >= 1.0 else f"{24.0 * days:.3g} hours"


def _filtered(procedure: Filter) -> str:
    days = "from then on" if procedure.days is None else f"for {number_text(procedure.days)} days"
    where = f"in the vein that drains {procedure.site}"
    if procedure.site is None:
        where = f"in a peripheral vein ({number_text(procedure.flow or 0.0)} ml/min)"
    return f"a filter {where} holds back {100 * procedure.removes:g} % of the cells that pass it, {days}"


def _arm_sentences(scenario: Scenario, arms: tuple[ResolvedArm, ...]) -> Iterator[str]:
    for position, (name, arm) in enumerate(scenario.arms.items()):
        differences = list(tell_differences(scenario, arm))
        said = "; ".join(differences) if differences else "nothing is changed"
        role = "the control arm; " if position == 0 else ""
        about = f" ({arm.description.rstrip('.')})" if arm.description else ""
        yield f"{name}: {role}{said}{about}."
    for copy in arms[len(scenario.arms) :]:
        yield f"{copy.name}: as {arms[0].name}, but {copy.description}."


def tell_differences(scenario: Scenario, arm: Arm) -> Iterator[str]:
    """Return in words each thing in which an arm differs from the scenario as it stands."""
    usual = (table_values(scenario) | dict(arm.parameters))["treatment.knock_down"]
    for knock_down in arm.knock_down:
        share = usual if knock_down.remaining is None else knock_down.remaining
        yield f"{knock_down.gene} of {knock_down.clone} is silenced to {100 * share:g} %"
    for over_express in arm.over_express:
        yield f"{over_express.gene} of {over_express.clone} is raised {number_text(over_express.fold)}-fold"
    for old, new in arm.swap.items():
        yield f"{new} takes the place of {old}"
    for index in arm.remove:
        yield f"left out: {_procedure_phrase(scenario, scenario.procedures[index])}"
    for procedure in arm.add:
        yield f"added: {_procedure_phrase(scenario, procedure)}"
    for name, value in arm.parameters.items():
        yield f"{name} = {with_unit(value, PARAMETERS[name].unit)}"


def _measurement_sentence(measurement: ResolvedMeasurement) -> str:
    names = " and ".join(measurement.names)
    when = _times_phrase(measurement.times_day)
    if measurement.kind == "volume":
        return f"The tumour volume at {names}, {when}."
    if measurement.kind == "ctc":
        return f"Circulating tumour cells per ml of blood from {names}, {when}."
    limit = number_text(measurement.detection_limit or 0.0)
    return f"The share of {measurement.label} cells at {names}, {when}; seeded means at least {limit} of them."


def _times_phrase(times_day: tuple[float, ...]) -> str:
    if len(times_day) <= _MOST_TIMES:
        return f"on day {', '.join(map(number_text, times_day))}"
    return f"{len(times_day)} times from day {number_text(times_day[0])} to day {number_text(times_day[-1])}"


def _uncertain_sentences(scenario: Scenario) -> Iterator[str]:
    for name, values in scenario.uncertain.items():
        unit = unit_text(PARAMETERS[name].unit)
        yield f"{name}: also run with {', '.join(map(number_text, values))} {unit}".rstrip() + "."


def _parameter_table(scenario: Scenario, control: ResolvedArm) -> str:
    header = ("parameter", "value", "unit", "allowed", "confidence", "source")
    rows = [header, *_rows(scenario, control)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header) - 1)]
    lines = [
        _INDENT + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
    return "\n".join(["Parameters (* set by this scenario)", *lines])


def _rows(scenario: Scenario, control: ResolvedArm) -> Iterator[tuple[str, ...]]:
    values = table_values(scenario)
    for name, parameter in PARAMETERS.items():
        usual = number_text(parameter.default(scenario.host))
        yield _row(name, values[name], parameter, usual if name in scenario.parameters else None)
        if parameter.scope == "clone":
            for clone in control.clones:
                if clone.parameters[name] != values[name]:
                    yield _row(f"{name} ({clone.name})", clone.parameters[name], parameter, usual)


def _row(name: str, value: float, parameter: Parameter, usual: str | None) -> tuple[str, ...]:
    """Return the row of a parameter; ``usual`` is what the table says where the scenario says otherwise."""
    source = f"{parameter.source} https://doi.org/{parameter.doi}" if parameter.doi else parameter.source
    confidence: str = parameter.confidence
    allowed = f"{number_text(parameter.low)} to {number_text(parameter.high)}"
    if usual is not None:
        name, confidence, source = f"* {name}", "set here", f"this scenario; the table says {usual}"
    return name, number_text(value), unit_text(parameter.unit), allowed, confidence, source
