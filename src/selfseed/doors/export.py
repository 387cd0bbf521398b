"""``selfseed export``: a scenario as SBML, SED-ML, an OMEX archive, or a PEtab problem."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from selfseed.base.errors import OutputError, Problem, ScenarioError, nearest
from selfseed.doors import question
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.interchange.equations import Equations
    from selfseed.interchange.petab import Estimated, Observed, Point
    from selfseed.scenario import ResolvedArm, Scenario


class Form(StrEnum):
    """What an export can be."""

    sbml = "sbml"
    sedml = "sedml"
    omex = "omex"
    petab = "petab"


ENDINGS = {Form.sbml: ".xml", Form.sedml: ".sedml", Form.omex: ".omex", Form.petab: "-petab"}


def export(
    source: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file, or a preset of `selfseed list`.")],
    form: Annotated[Form, typer.Option("--format", help="The format.")] = Form.sbml,
    arm: Annotated[str | None, typer.Option(help="The arm. If absent: the first.")] = None,
    stochastic: Annotated[
        bool, typer.Option("--stochastic", help="As reactions of single cells (SBML alone), not as the mean field.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="With petab: measured volumes of the first measured site."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write. If absent: named after scenario and arm.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Write the model of one arm for other programs: SBML, SED-ML, OMEX or PEtab.

    The mean field, with implants, surgery and injections as events. The last line on stdout is the path.
    """
    from selfseed.interchange.sbml import to_sbml

    scenario = question.read(source)
    chosen = _arm_of(scenario, arm)
    if stochastic and form is not Form.sbml:
        raise typer.BadParameter("--stochastic goes with --format sbml")
    if data is not None and form is not Form.petab:
        raise typer.BadParameter("--data goes with --format petab")
    stem = f"{Path(source).stem}-{chosen.name}".replace(" ", "-")
    path = out or Path(f"{stem}{ENDINGS[form]}")
    if path.exists() and not force:
        raise OutputError(f"{path} exists; --force replaces it, --out names another place")
    equations = equations_of(scenario, chosen, stochastic)
    Talk(quiet).say(
        f"{len(equations.variables)} variables, {len(equations.assignments)} rules; libSBML is checking ..."
    )
    model = to_sbml(equations)
    if form is Form.sbml:
        write(path, model)
    elif form is Form.sedml:
        from selfseed.interchange.sedml import to_sedml

        beside = path.with_suffix(".xml")
        if beside.exists() and not force:
            raise OutputError(f"{beside} exists; --force replaces it, --out names another place")
        write(beside, model)
        write(path, to_sedml(beside.name, equations.observables, equations.duration_day))
    elif form is Form.omex:
        pack(path, scenario, equations, model)
    else:
        write_problem(path, scenario, chosen, equations, model, data)
    print(path)


def equations_of(scenario: Scenario, arm: ResolvedArm, stochastic: bool = False) -> Equations:
    """Return the model of one arm: its mean field, or reactions of single cells."""
    from selfseed.engine.equations import mean_field_equations
    from selfseed.engine.reactions import stochastic_equations

    if stochastic:
        return stochastic_equations(arm, scenario.title, scenario.references)
    return mean_field_equations(arm, scenario.numerics, scenario.title, scenario.references)


def write(path: Path, text: str) -> None:
    """Write a text file.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}; choose another place with --out") from None


def pack(path: Path, scenario: Scenario, equations: Equations, model: str) -> None:
    """Write an archive with the model, what to simulate, and the scenario."""
    from selfseed.interchange.omex import write_omex
    from selfseed.interchange.sedml import to_sedml
    from selfseed.scenario import to_yaml

    files = {
        "model.xml": model,
        "simulation.sedml": to_sedml("model.xml", equations.observables, equations.duration_day),
        "scenario.yaml": to_yaml(scenario),
    }
    write_omex(path, files, "simulation.sedml", equations.title)


def write_problem(
    folder: Path, scenario: Scenario, arm: ResolvedArm, equations: Equations, model: str, data: Path | None
) -> None:
    """Write a PEtab problem: the measured volumes, or those that the mean field gives, marked as simulated."""
    from selfseed.interchange.petab import MODEL, to_petab

    observed = _observed(scenario, arm, equations, data)
    if not observed:
        raise ScenarioError(
            "the scenario", [Problem("measurements", "none is a volume", "PEtab needs one: add 'volume'")]
        )
    origin = data.stem if data is not None else "simulated-by-selfseed"
    files = to_petab(_estimated(equations), observed, arm.name, origin) | {MODEL: model}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror}; choose another place with --out") from None
    for name, text in files.items():
        write(folder / name, text)


def _estimated(equations: Equations) -> list[Estimated]:
    """Return the parameters of the table that are symbols of the model and above zero, with the table's bounds."""
    from selfseed.interchange.petab import Estimated
    from selfseed.processes import PARAMETERS

    found = []
    for constant in equations.constants:
        if constant.parameter and constant.value > 0.0 and constant.parameter != "growth.max_rate":
            entry = PARAMETERS[constant.parameter]
            low = max(entry.low, constant.value * 1e-3)
            found.append(Estimated(constant.identifier, low, min(entry.high, constant.value * 1e3), constant.value))
    return found


def _observed(scenario: Scenario, arm: ResolvedArm, equations: Equations, data: Path | None) -> list[Observed]:
    import numpy as np

    from selfseed.engine.mean_field import run_mean_field
    from selfseed.engine.plan import plan_course, plan_setting
    from selfseed.interchange.petab import Observed, Point, volume_id
    from selfseed.scenario import resolve_measurements

    noise = scenario.parameters.get("measurement.volume_error", arm.parameters["measurement.volume_error"])
    volumes = [entry for entry in resolve_measurements(scenario) if entry.kind == "volume"]
    sites = [(site, entry.times_day) for entry in volumes for site in entry.names]
    sites = [pair for pair in sites if volume_id(pair[0]) in equations.observables]
    if data is not None:
        identifier = volume_id(sites[0][0])
        return [Observed(identifier, identifier, noise, True, _measured(data))] if sites else []
    record = run_mean_field(plan_setting(arm), plan_course(arm, scenario.numerics), scenario.numerics.cohorts).record
    names = [name for name, _ in arm.sites]
    simulated = record.cells.sum(axis=-1) / arm.parameters["growth.cell_density"]
    found = []
    for site, days in sites:
        identifier = volume_id(site)
        at = [int(np.argmin(np.abs(np.array(arm.times_day) - day))) for day in days]
        points = [Point(arm.times_day[row], float(simulated[row, names.index(site)])) for row in at]
        found.append(Observed(identifier, identifier, noise, True, [point for point in points if point.value > 0.0]))
    return [one for one in found if one.points]


def _measured(data: Path) -> list[Point]:
    from selfseed.interchange.petab import Point
    from selfseed.views.measured import read_volumes

    table = read_volumes(data)
    columns = (table[column].to_numpy() for column in table.columns[:3])
    return [
        Point(float(day), float(volume), str(animal))
        for animal, day, volume in zip(*columns, strict=True)
        if volume > 0.0
    ]


def _arm_of(scenario: Scenario, name: str | None) -> ResolvedArm:
    from selfseed.scenario import resolve

    arms = {arm.name: arm for arm in resolve(scenario)}
    if name is None:
        return next(iter(arms.values()))
    if name not in arms:
        close = nearest(name, arms)
        remedy = f"did you mean '{close}'?" if close else f"one of: {', '.join(arms)}"
        raise ScenarioError("the command", [Problem("--arm", f"'{name}' is unknown", remedy)])
    return arms[name]
