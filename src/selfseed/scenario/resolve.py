"""From what is asked to what is computed: every number explicit, in the units of the table of parameters."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from selfseed.processes import GENES, ORGANS, PARAMETERS, ROUTES
from selfseed.scenario.drugs import Drug, Given, built_in_drugs
from selfseed.scenario.model import (
    Arm,
    Clone,
    Ctc,
    Dated,
    Give,
    Implant,
    Inject,
    Irradiate,
    LabelShare,
    Procedure,
    Resect,
    Scenario,
    Timed,
    Volume,
)
from selfseed.scenario.switches import SWITCHES

DEFAULT_GROWTH_LAW = "gompertz"
MOST_GRID_TIMES = 400


@dataclass(frozen=True)
class ResolvedClone:
    """State everything about a clone in one arm.

    Attributes
    ----------
    expression : tuple of float
        Relative to the parental line, in the order of ``GENES``.
    parameters : mapping of str to float
        Every parameter of scope "clone".
    tropism : mapping of str to float
        Fold on establishment in every organ.
    """

    name: str
    label: str | None
    expression: tuple[float, ...]
    law: str
    parameters: Mapping[str, float]
    tropism: Mapping[str, float]


@dataclass(frozen=True)
class Filtered:
    """State what a filter does: in the vein that drains a site, or in a vein with ``flow_ml_per_minute``."""

    removes: float
    flow_ml_per_minute: float
    days: float


@dataclass(frozen=True)
class ResolvedProcedure:
    """State one procedure; an index is -1 where it has no meaning, ``residual`` a share of the cells.

    With a ``trigger`` (site, diameter in mm) ``at_day`` counts from the day on which the tumour there is so large.
    """

    kind: Literal["implant", "inject", "resect", "irradiate", "give", "filter"]
    at_day: float
    clone: int = -1
    site: int = -1
    route: int = -1
    cells: float = 0.0
    residual: float = 0.0
    dose_gy: float = 0.0
    trigger: tuple[int, float] | None = None
    given: "Given | None" = None
    filtered: "Filtered | None" = None


@dataclass(frozen=True)
class ResolvedArm:
    """State everything about one arm.

    Attributes
    ----------
    kind : {"arm", "switch"}
        A switch arm is a counterfactual copy of the first arm.
    parameters : mapping of str to float
        Every parameter of scope "host".
    sites : tuple of (name, organ)
    changes : tuple of (index of clone, index of clone, chance per division)
    procedures : tuple of ResolvedProcedure
        In the order of time.
    residents : tuple of int
        For each site the clone whose growth all clones take there, or -1: each its own.
    closed_routes : tuple of str
        The routes of ``SEED_ROUTES`` by which no cell takes root.
    times_day : tuple of float
        When the state is stored: 0, every day (every few days in long runs), all measurements, the end.
    """

    name: str
    description: str
    kind: Literal["arm", "switch"]
    host: str
    parameters: Mapping[str, float]
    clones: tuple[ResolvedClone, ...]
    sites: tuple[tuple[str, str], ...]
    changes: tuple[tuple[int, int, float], ...]
    procedures: tuple[ResolvedProcedure, ...]
    residents: tuple[int, ...]
    closed_routes: tuple[str, ...]
    switched_off: frozenset[str]
    times_day: tuple[float, ...]
    duration_day: float


@dataclass(frozen=True)
class ResolvedMeasurement:
    """State one measurement: ``names`` are sites, or draws for circulating cells; the limit is in cells."""

    kind: Literal["volume", "label_share", "ctc"]
    names: tuple[str, ...]
    times_day: tuple[float, ...]
    label: str | None = None
    detection_limit: float | None = None


def resolve(scenario: Scenario) -> tuple[ResolvedArm, ...]:
    """Return all arms with every number explicit: the arms in their order, then one copy of the first per switch."""
    times_day = _output_times(scenario)
    arms = tuple(_arm(scenario, name, arm, times_day) for name, arm in scenario.arms.items())
    return arms + tuple(counterfactual(arms[0], f"without {name}", (name,)) for name in scenario.switch_off)


def resolve_measurements(scenario: Scenario) -> tuple[ResolvedMeasurement, ...]:
    """Return all measurements with their times in days and their limits of detection."""
    return tuple(_measurement(scenario, measurement) for measurement in scenario.measurements)


def table_values(scenario: Scenario) -> dict[str, float]:
    """Return every parameter of the table as it holds in this scenario, before arms and clones set their own."""
    default = {name: parameter.default(scenario.host) for name, parameter in PARAMETERS.items()}
    return default | dict(scenario.parameters)


def lineage(scenario: Scenario, name: str) -> Iterator[Clone]:
    """Yield the clones from which ``name`` takes what it does not set, the most remote first, itself last."""
    clone = scenario.clones[name]
    if clone.from_ is not None:
        yield from lineage(scenario, clone.from_)
    yield clone


def label_of(scenario: Scenario, name: str) -> str | None:
    """Return the label of the clone ``name``, inherited where it sets none."""
    return next(
        (clone.label for clone in reversed(list(lineage(scenario, name))) if "label" in clone.model_fields_set), None
    )


def arm_procedures(scenario: Scenario, arm: Arm) -> tuple[Procedure, ...]:
    """Return what is done in ``arm``: what it removes left out, its swaps made, what it adds at the end."""
    kept = (procedure for index, procedure in enumerate(scenario.procedures) if index not in arm.remove)
    return (*(_swapped(procedure, arm.swap) for procedure in kept), *arm.add)


def _swapped(procedure: Procedure, swap: Mapping[str, str]) -> Procedure:
    if isinstance(procedure, Implant):
        return procedure.model_copy(update={"implant": swap.get(procedure.implant, procedure.implant)})
    if isinstance(procedure, Inject):
        return procedure.model_copy(update={"inject": swap.get(procedure.inject, procedure.inject)})
    return procedure


def _arm(scenario: Scenario, name: str, arm: Arm, times_day: tuple[float, ...]) -> ResolvedArm:
    parameters = {**table_values(scenario), **arm.parameters}
    return ResolvedArm(
        name=name,
        description=arm.description,
        kind="arm",
        host=scenario.host,
        parameters={key: value for key, value in parameters.items() if PARAMETERS[key].scope == "host"},
        clones=tuple(_clone(scenario, clone, arm, parameters) for clone in scenario.clones),
        sites=tuple((site, entry.organ) for site, entry in scenario.sites.items()),
        changes=_changes(scenario, parameters["change.rate"]),
        procedures=_procedures(scenario, arm, parameters["treatment.residual"]),
        residents=(-1,) * len(scenario.sites),
        closed_routes=(),
        switched_off=frozenset(),
        times_day=times_day,
        duration_day=scenario.duration,
    )


def _clone(scenario: Scenario, name: str, arm: Arm, parameters: Mapping[str, float]) -> ResolvedClone:
    values = {key: value for key, value in parameters.items() if PARAMETERS[key].scope == "clone"}
    expression = dict.fromkeys(GENES, 1.0)
    tropism = dict.fromkeys(ORGANS, 1.0)
    law = DEFAULT_GROWTH_LAW
    for clone in lineage(scenario, name):
        law = str(clone.growth.get("law", law))
        values |= _own_values(clone)
        expression |= clone.expression
        tropism |= clone.tropism
    for gene, fold in _gene_folds(arm, name, parameters["treatment.knock_down"]):
        expression[gene] *= fold
    return ResolvedClone(name, label_of(scenario, name), tuple(expression.values()), law, values, tropism)


def _own_values(clone: Clone) -> dict[str, float]:
    return {
        f"{group}.{key}": float(value)
        for group in ("growth", "shedding", "attraction", "treatment")
        for key, value in getattr(clone, group).items()
        if key != "law"
    }


def _gene_folds(arm: Arm, clone: str, usual_remaining: float) -> Iterator[tuple[str, float]]:
    for knock_down in arm.knock_down:
        if knock_down.clone == clone:
            yield knock_down.gene, usual_remaining if knock_down.remaining is None else knock_down.remaining
    for over_express in arm.over_express:
        if over_express.clone == clone:
            yield over_express.gene, over_express.fold


def _changes(scenario: Scenario, usual_rate: float) -> tuple[tuple[int, int, float], ...]:
    index = {name: position for position, name in enumerate(scenario.clones)}
    return tuple(
        (index[change.from_], index[change.to], usual_rate if change.rate is None else change.rate)
        for change in scenario.clone_changes
    )


def drug_of(scenario: Scenario, name: str) -> Drug:
    """Return the drug of a name: the scenario's own, or one that comes with selfseed."""
    return scenario.drugs[name] if name in scenario.drugs else built_in_drugs()[name]


def _procedures(scenario: Scenario, arm: Arm, usual_residual: float) -> tuple[ResolvedProcedure, ...]:
    """Return what is done, in the order of time; what waits for a tumour comes last."""
    resolver = _Resolver(scenario, usual_residual)
    in_order = [one for procedure in arm_procedures(scenario, arm) for one in resolver.resolve(procedure)]
    return tuple(sorted(in_order, key=lambda procedure: (procedure.trigger is not None, procedure.at_day)))


class _Resolver:
    """Turn procedures into numbers; a course of radiation is one procedure for each fraction."""

    def __init__(self, scenario: Scenario, usual_residual: float):
        self.scenario, self.usual_residual = scenario, usual_residual
        self.clones, self.sites = list(scenario.clones), list(scenario.sites)

    def resolve(self, procedure: Procedure) -> Iterator[ResolvedProcedure]:
        at, trigger = round(procedure.at or 0.0, 6), self._trigger(procedure)
        if isinstance(procedure, Implant):
            clone, site = self.clones.index(procedure.implant), self.sites.index(procedure.site)
            yield ResolvedProcedure("implant", at, clone=clone, site=site, cells=procedure.cells)
        elif isinstance(procedure, Inject):
            clone, route = self.clones.index(procedure.inject), ROUTES.index(procedure.route)
            yield ResolvedProcedure("inject", at, clone=clone, route=route, cells=procedure.cells, trigger=trigger)
        elif isinstance(procedure, Resect):
            residual = self.usual_residual if procedure.residual is None else procedure.residual
            site = self.sites.index(procedure.resect)
            yield ResolvedProcedure("resect", at, site=site, residual=residual, trigger=trigger)
        elif isinstance(procedure, Irradiate):
            site = self.sites.index(procedure.irradiate)
            for fraction in range(procedure.fractions):
                day = round(at + fraction * procedure.every, 6)
                yield ResolvedProcedure("irradiate", day, site=site, dose_gy=procedure.dose, trigger=trigger)
        elif isinstance(procedure, Give):
            yield ResolvedProcedure("give", at, trigger=trigger, given=self._given(procedure))
        else:
            site = -1 if procedure.site is None else self.sites.index(procedure.site)
            days = math.inf if procedure.days is None else procedure.days
            filtered = Filtered(procedure.removes, procedure.flow or 0.0, days)
            yield ResolvedProcedure("filter", at, site=site, trigger=trigger, filtered=filtered)

    def _trigger(self, procedure: Procedure) -> tuple[int, float] | None:
        if not isinstance(procedure, Dated) or procedure.when is None:
            return None
        return self.sites.index(procedure.when.site), procedure.when.reaches

    def _given(self, give: Give) -> Given:
        drug = drug_of(self.scenario, give.give)
        return Given(
            name=give.give,
            drug=drug,
            dose_mg_per_kg=drug.dose if give.dose is None else give.dose,
            every_day=drug.every if give.every is None else give.every,
            doses=drug.doses if give.doses is None else give.doses,
        )


def counterfactual(
    control: ResolvedArm, name: str, off: Sequence[str] = (), silenced: Mapping[str, float] | None = None
) -> ResolvedArm:
    """Return a copy of an arm in which some mechanisms are off and some genes silenced in all clones.

    Parameters
    ----------
    control : ResolvedArm
    name : str
        Of the copy.
    off : sequence of str
        Keys of ``SWITCHES``.
    silenced : mapping of str to float, optional
        For each gene the share of its expression that remains.
    """
    switches = [SWITCHES[one] for one in off]
    remaining = [(silenced or {}).get(gene, 1.0) for gene in GENES]
    equal_growth = any(switch.equal_growth for switch in switches)
    parameters = dict(control.parameters)
    for switch in switches:
        parameters |= switch.parameters
    return replace(
        control,
        name=name,
        description="; ".join(
            [switch.meaning for switch in switches]
            + [f"{gene} is silenced to {100 * share:g} % in all cells" for gene, share in (silenced or {}).items()]
        ),
        kind="switch",
        parameters=parameters,
        clones=tuple(
            replace(clone, expression=tuple(a * b for a, b in zip(clone.expression, remaining, strict=True)))
            for clone in control.clones
        ),
        residents=_residents(control) if equal_growth else control.residents,
        closed_routes=tuple(dict.fromkeys(route for switch in switches for route in switch.closed_routes)),
        switched_off=frozenset(off),
    )


def _residents(arm: ResolvedArm) -> tuple[int, ...]:
    """Return for each site the clone that is implanted there first, or -1."""
    first = {step.site: step.clone for step in reversed(arm.procedures) if step.kind == "implant"}
    return tuple(first.get(site, -1) for site in range(len(arm.sites)))


def _measurement(scenario: Scenario, measurement: Timed) -> ResolvedMeasurement:
    times_day = _times(measurement, scenario.duration)
    if isinstance(measurement, Volume):
        return ResolvedMeasurement("volume", measurement.volume, times_day)
    if isinstance(measurement, Ctc):
        return ResolvedMeasurement("ctc", measurement.ctc, times_day)
    assert isinstance(measurement, LabelShare)
    limit = measurement.detection_limit
    if limit is None:
        limit = table_values(scenario)["measurement.detection_limit"]
    return ResolvedMeasurement("label_share", measurement.sites, times_day, measurement.label_share, limit)


def _times(measurement: Timed, duration: float) -> tuple[float, ...]:
    regular = () if measurement.every is None else _steps(measurement.every, duration)
    return _sorted_once((*measurement.at, *regular))


def _output_times(scenario: Scenario) -> tuple[float, ...]:
    days = max(1, math.ceil(scenario.duration / MOST_GRID_TIMES))
    measured = [time for measurement in scenario.measurements for time in _times(measurement, scenario.duration)]
    return _sorted_once((*_steps(days, scenario.duration), scenario.duration, *measured))


def _steps(step: float, duration: float) -> tuple[float, ...]:
    return tuple(index * float(step) for index in range(int(duration / step + 1e-9) + 1))


def _sorted_once(times: Iterable[float]) -> tuple[float, ...]:
    """Sort, and let times that differ by rounding only count once (1e-6 day is 0.1 s)."""
    return tuple(sorted({round(time, 6) for time in times}))
