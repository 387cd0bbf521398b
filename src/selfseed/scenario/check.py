"""What no single field can show: references, cycles, impossible arms, sites that nothing reaches, times."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from selfseed.base.errors import ScenarioError, nearest
from selfseed.base.units import with_unit
from selfseed.scenario.drugs import built_in_drugs
from selfseed.scenario.model import (
    Arm,
    Ctc,
    Filter,
    Implant,
    Inject,
    Irradiate,
    LabelShare,
    Procedure,
    Resect,
    Scenario,
    Volume,
)
from selfseed.scenario.problems import Finding, Path, to_problems
from selfseed.scenario.resolve import ResolvedArm, arm_procedures, label_of, resolve

MOST_OUTPUT_TIMES = 20_000
REFERENCES = (
    ("implant", "clone"), ("inject", "clone"), ("site", "site"), ("resect", "site"), ("irradiate", "site"),
    ("give", "drug"),
)  # fmt: skip
"""What a key of a procedure names."""


def check(scenario: Scenario) -> None:
    """Raise if the scenario asks for something impossible.

    Raises
    ------
    ScenarioError
        With every problem, each at its dotted path.
    """
    findings = findings_in(scenario)
    if findings:
        raise ScenarioError("the scenario", to_problems(findings, scenario.model_dump(by_alias=True)))


def findings_in(scenario: Scenario) -> list[Finding]:
    """Return everything that is wrong with a scenario whose fields are each valid."""
    blocking = [*_references(scenario), *_cycles(scenario), *_too_many_times(scenario)]
    findings = [*blocking, *_names(scenario), *_late(scenario), *_repeats(scenario), *_looked_at_alike(scenario)]
    if blocking:
        return findings
    arms = {arm.name: arm for arm in resolve(scenario) if arm.kind == "arm"}
    bare = list(_without_tumour(scenario, arms))
    if bare:
        return findings + bare
    return [
        *findings,
        *_labels(scenario, arms),
        *_idle(scenario, arms),
        *_resections(scenario, arms),
        *_unreached(scenario, arms),
        *_too_much_blood(scenario, arms),
        *_ranges_without_effect(scenario),
        *_too_many_changes(scenario, arms),
    ]


def _references(scenario: Scenario) -> Iterator[Finding]:
    clones = tuple(scenario.clones)
    for name, clone in scenario.clones.items():
        if clone.from_ is not None:
            yield from _unknown(("clones", name, "from"), clone.from_, "clone", clones)
    for index, change in enumerate(scenario.clone_changes):
        yield from _unknown(("clone_changes", index, "from"), change.from_, "clone", clones)
        yield from _unknown(("clone_changes", index, "to"), change.to, "clone", clones)
    yield from _procedure_references(scenario, ("procedures",), scenario.procedures)
    for name, arm in scenario.arms.items():
        yield from _arm_references(scenario, ("arms", name), arm)
    for path, site in _measured_sites(scenario):
        yield from _unknown(path, site, "site", tuple(scenario.sites))


def _arm_references(scenario: Scenario, path: Path, arm: Arm) -> Iterator[Finding]:
    clones = tuple(scenario.clones)
    for key in ("knock_down", "over_express"):
        for index, entry in enumerate(getattr(arm, key)):
            yield from _unknown((*path, key, index, "clone"), entry.clone, "clone", clones)
    for old, new in arm.swap.items():
        yield from _unknown((*path, "swap", old), new, "clone", clones)
        for finding in _unknown((*path, "swap", old), old, "clone", clones):
            yield replace(finding, what=old)
    for place, index in enumerate(arm.remove):
        if index >= len(scenario.procedures):
            yield Finding((*path, "remove", place), f"there are {len(scenario.procedures)} procedures, counted from 0")
    yield from _procedure_references(scenario, (*path, "add"), arm.add)


def _procedure_references(scenario: Scenario, path: Path, procedures: Sequence[Procedure]) -> Iterator[Finding]:
    drugs = tuple(dict.fromkeys((*scenario.drugs, *built_in_drugs())))
    allowed = {"clone": tuple(scenario.clones), "site": tuple(scenario.sites), "drug": drugs}
    for index, procedure in enumerate(procedures):
        for key, kind in REFERENCES:
            if getattr(procedure, key, None) is not None:
                yield from _unknown((*path, index, key), getattr(procedure, key), kind, allowed[kind])
        when = getattr(procedure, "when", None)
        if when is not None:
            yield from _unknown((*path, index, "when", "site"), when.site, "site", allowed["site"])


def _unknown(path: Path, name: str, kind: str, allowed: tuple[str, ...]) -> Iterator[Finding]:
    if name not in allowed:
        close = nearest(name, allowed)
        advice = f"did you mean '{close}'?" if close else f"there are: {_some(allowed)}"
        yield Finding(path, f"unknown {kind}; {advice}")


def _cycles(scenario: Scenario) -> Iterator[Finding]:
    parents = [
        (name, clone.from_, ("clones", name, "from"))
        for name, clone in scenario.clones.items()
        if clone.from_ is not None
    ]
    changes = [
        (change.from_, change.to, ("clone_changes", index)) for index, change in enumerate(scenario.clone_changes)
    ]
    yield from _closing(parents, "a clone cannot be made from itself")
    yield from _closing(changes, "clones cannot change back")


def _closing(edges: Sequence[tuple[str, str, Path]], remedy: str) -> Iterator[Finding]:
    """Add the edges one by one and name each that closes a cycle."""
    onward: dict[str, list[str]] = {}
    for start, end, path in edges:
        way_back = _way(onward, end, start)
        if way_back:
            yield Finding(path, f"cycle {' -> '.join([start, *way_back])}; {remedy}")
        else:
            onward.setdefault(start, []).append(end)


def _way(onward: dict[str, list[str]], start: str, end: str) -> list[str]:
    """Return the names on a way from ``start`` to ``end``, both included; empty when there is none."""
    ways = {start: [start]}
    waiting = [start]
    while waiting:
        here = waiting.pop()
        for following in onward.get(here, ()):
            if following not in ways:
                ways[following] = [*ways[here], following]
                waiting.append(following)
    return ways.get(end, [])


def _names(scenario: Scenario) -> Iterator[Finding]:
    if "injection" in scenario.sites:
        yield Finding(("sites", "injection"), "the name stands for cells from the blood; choose another")
    for name in scenario.arms:
        if name.removeprefix("without ") in scenario.switch_off and name.startswith("without "):
            yield Finding(("arms", name), "switch_off makes an arm of this name; choose another")
    yield from _twice(("switch_off",), scenario.switch_off)
    for parameter, values in scenario.uncertain.items():
        yield from _twice(("uncertain", parameter), values)
        if len(values) < 2:
            yield Finding(("uncertain", parameter), "must hold at least two values")
    for index, measurement in enumerate(scenario.measurements):
        yield from _twice(("measurements", index, _listing(measurement)), getattr(measurement, _listing(measurement)))


def _repeats(scenario: Scenario) -> Iterator[Finding]:
    """Name each gene that an arm silences, or raises, twice in one clone."""
    for name, arm in scenario.arms.items():
        for key in ("knock_down", "over_express"):
            seen: set[tuple[str, str]] = set()
            for index, entry in enumerate(getattr(arm, key)):
                if (entry.gene, entry.clone) in seen:
                    yield Finding(("arms", name, key, index), f"{entry.gene} of {entry.clone} stands twice; keep one")
                seen.add((entry.gene, entry.clone))


def _looked_at_alike(scenario: Scenario) -> Iterator[Finding]:
    """Name what would make arms be measured differently: all arms are measured alike."""
    for name, arm in scenario.arms.items():
        for parameter in arm.parameters:
            if parameter.startswith("measurement."):
                path = ("arms", name, "parameters", parameter)
                yield Finding(path, "arms are measured alike; set it for all of them")


def _twice(path: Path, values: Sequence[object]) -> Iterator[Finding]:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield Finding((*path, index), "stands twice")
        seen.add(value)


def _listing(measurement: Volume | LabelShare | Ctc) -> str:
    """Return the key under which a measurement lists its sites or draws."""
    return {Volume: "volume", LabelShare: "sites", Ctc: "ctc"}[type(measurement)]


def _measured_sites(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    for index, measurement in enumerate(scenario.measurements):
        key = _listing(measurement)
        if key != "ctc":
            for place, site in enumerate(getattr(measurement, key)):
                yield ("measurements", index, key, place), site


def _late(scenario: Scenario) -> Iterator[Finding]:
    remedy = f"after the end; must be <= {with_unit(scenario.duration, 'day')}, the duration"
    for path, procedure in _all_procedures(scenario):
        if (procedure.at or 0.0) > scenario.duration:
            yield Finding((*path, "at"), remedy)
    for index, measurement in enumerate(scenario.measurements):
        for place, time in enumerate(measurement.at):
            if time > scenario.duration:
                yield Finding(("measurements", index, "at", place), remedy)
        if measurement.every is not None and measurement.every > scenario.duration:
            yield Finding(("measurements", index, "every"), remedy.removeprefix("after the end; "))


def _too_many_times(scenario: Scenario) -> Iterator[Finding]:
    for index, measurement in enumerate(scenario.measurements):
        if measurement.every is not None and scenario.duration / measurement.every > MOST_OUTPUT_TIMES:
            remedy = f"makes more than {MOST_OUTPUT_TIMES} times; measure less often"
            yield Finding(("measurements", index, "every"), remedy)


def _all_procedures(scenario: Scenario) -> Iterator[tuple[Path, Procedure]]:
    for index, procedure in enumerate(scenario.procedures):
        yield ("procedures", index), procedure
    for name, arm in scenario.arms.items():
        for index, procedure in enumerate(arm.add):
            yield ("arms", name, "add", index), procedure


def _without_tumour(scenario: Scenario, arms: dict[str, ResolvedArm]) -> Iterator[Finding]:
    bare = [name for name, arm in arms.items() if all(procedure.clone < 0 for procedure in arm.procedures)]
    remedy = "nothing is implanted or injected; add {implant: CLONE, site: SITE, cells: 1e6}"
    if len(bare) == len(arms):
        yield Finding(("procedures",), remedy, what="procedures")
        return
    for name in bare:
        yield Finding(("arms", name), "nothing is implanted or injected in this arm")


def _used(scenario: Scenario, arm: ResolvedArm) -> tuple[str, ...]:
    """Return the clones that are given in ``arm`` or arise from these by change."""
    used = {procedure.clone for procedure in arm.procedures if procedure.clone >= 0}
    for _ in arm.changes:
        used |= {end for start, end, rate in arm.changes if start in used and rate > 0}
    return tuple(name for index, name in enumerate(scenario.clones) if index in used)


def _labels(scenario: Scenario, arms: dict[str, ResolvedArm]) -> Iterator[Finding]:
    used = {clone for arm in arms.values() for clone in _used(scenario, arm)}
    labels = sorted({label for clone in used if (label := label_of(scenario, clone))})
    for index, measurement in enumerate(scenario.measurements):
        if isinstance(measurement, LabelShare) and measurement.label_share not in labels:
            there = f"labels in use: {_some(labels)}" if labels else "no clone in use has a label"
            yield Finding(("measurements", index, "label_share"), f"no cell carries it; {there}")


def _idle(scenario: Scenario, arms: dict[str, ResolvedArm]) -> Iterator[Finding]:
    """Name what an arm changes without any effect, and arms that change nothing at all."""
    control = next(iter(arms.values()))
    given = {getattr(procedure, "implant", getattr(procedure, "inject", None)) for procedure in scenario.procedures}
    for name, arm in scenario.arms.items():
        idle = [*_idle_genes(scenario, ("arms", name), arm, _used(scenario, arms[name]))]
        idle += [
            Finding(("arms", name, "swap", old), "is neither implanted nor injected", what=old)
            for old in arm.swap
            if old not in given
        ]
        if not idle and arms[name] is not control and _same(arms[name], control):
            idle = [Finding(("arms", name), f"changes nothing: the same as '{control.name}'")]
        yield from idle


def _idle_genes(scenario: Scenario, path: Path, arm: Arm, used: tuple[str, ...]) -> Iterator[Finding]:
    for key in ("knock_down", "over_express"):
        for index, entry in enumerate(getattr(arm, key)):
            if entry.clone not in used:
                yield Finding((*path, key, index, "clone"), f"not used in this arm; used: {_some(used)}")


def _same(one: ResolvedArm, other: ResolvedArm) -> bool:
    return replace(one, name="", description="") == replace(other, name="", description="")


def _resections(scenario: Scenario, arms: dict[str, ResolvedArm]) -> Iterator[Finding]:
    """Name what treats a site where, in no arm that keeps it, any cell can be by then."""
    useful: dict[Path, bool] = {}
    for name, arm in arms.items():
        placed = list(_placed(scenario, name))
        for path, procedure in placed:
            local = _treated_site(procedure)
            if local is not None and not useful.get((*path, local[0])):
                useful[*path, local[0]] = _reached(scenario, arm, local[1], _before(procedure, placed))
    for path, is_useful in useful.items():
        if not is_useful:
            yield Finding(path, "no cell can be there by then; implant cells there earlier")


def _treated_site(procedure: Procedure) -> tuple[str, str] | None:
    """Return the key and the name of the site that a procedure treats, if any."""
    if isinstance(procedure, Resect):
        return "resect", procedure.resect
    if isinstance(procedure, Irradiate):
        return "irradiate", procedure.irradiate
    if isinstance(procedure, Filter) and procedure.site is not None:
        return "site", procedure.site
    return None


def _before(procedure: Procedure, placed: Sequence[tuple[Path, Procedure]]) -> list[Procedure]:
    """Return what may be done before a procedure; all, where it waits for a tumour or works on for a time."""
    waits = isinstance(procedure, Filter) or getattr(procedure, "when", None) is not None
    last = math.inf if waits else procedure.at or 0.0
    return [other for _, other in placed if (other.at or 0.0) <= last]


def _placed(scenario: Scenario, name: str) -> Iterator[tuple[Path, Procedure]]:
    """Yield what is done in an arm, each with the path at which the document says so."""
    arm = scenario.arms[name]
    kept: list[Path] = [("procedures", index) for index in range(len(scenario.procedures)) if index not in arm.remove]
    added: list[Path] = [("arms", name, "add", index) for index in range(len(arm.add))]
    yield from zip(kept + added, arm_procedures(scenario, arm), strict=True)


def _unreached(scenario: Scenario, arms: dict[str, ResolvedArm]) -> Iterator[Finding]:
    for path, site in _measured_sites(scenario):
        if not any(
            _reached(scenario, arms[name], site, arm_procedures(scenario, arm)) for name, arm in scenario.arms.items()
        ):
            organ = scenario.sites[site].organ
            yield Finding(path, f"nothing reaches it: no implant there, and flow.{organ} = 0")


def _reached(scenario: Scenario, arm: ResolvedArm, site: str, procedures: Iterable[Procedure]) -> bool:
    """Tell whether cells can be at ``site``: implanted there, or come by blood from any others."""
    organ = scenario.sites[site].organ
    has_flow = organ == "lung" or arm.parameters[f"flow.{organ}"] > 0  # all blood passes the lungs
    return any(
        (isinstance(procedure, Implant) and procedure.site == site)
        or (isinstance(procedure, Implant | Inject) and has_flow)
        for procedure in procedures
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "none"


def _too_much_blood(scenario: Scenario, arms: dict[str, ResolvedArm]) -> Iterator[Finding]:
    """Find arms whose organs together would take all of the blood, or more, that the heart gives."""
    for name, arm in arms.items():
        organs = {organ for _, organ in arm.sites if organ != "lung"} | {"gut"}
        share = sum(arm.parameters[f"flow.{organ}"] for organ in organs)
        if share >= 1.0:
            path: Path = ("arms", name, "parameters") if scenario.arms[name].parameters else ("parameters",)
            yield Finding(path, f"the organs together take {share:.3g} of the cardiac output; it must be below 1")
            return


def _too_many_changes(scenario: Scenario, arms: dict[str, ResolvedArm]) -> Iterator[Finding]:
    """Find clones that change more often than they divide, and changes that are stated twice."""
    edges = [(change.from_, change.to) for change in scenario.clone_changes]
    for index, edge in enumerate(edges):
        if edge in edges[:index]:
            yield Finding(("clone_changes", index), f"{edge[0]} to {edge[1]} stands twice; keep one")
    for position, clone in enumerate(scenario.clones):
        for arm in arms.values():
            chance = sum(rate for source, _, rate in arm.changes if source == position)
            if chance > 1.0:
                yield Finding(("clone_changes",), f"{clone} changes with chance {chance:g} per division; at most 1")
                break


def _ranges_without_effect(scenario: Scenario) -> Iterator[Finding]:
    """Find open magnitudes that the control arm sets itself, so that their values would change nothing."""
    control = next(iter(scenario.arms.values()))
    for name in scenario.uncertain:
        if name in control.parameters:
            yield Finding(("uncertain", name), "the first arm sets it, so the range would change nothing; take it out")
