"""The command `selfseed branch`: go on from the middle of a run with another treatment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from selfseed.base.errors import OutputError, Problem, RunError, ScenarioError, nearest
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.results import Run
    from selfseed.scenario import Scenario

CHECKPOINTS = "checkpoints"


def branch(
    directory: Annotated[Path, typer.Argument(metavar="RUN", help="A directory of results.")],
    at: Annotated[str, typer.Option(metavar="TIME", help="When the treatment changes, as '30 day'.")],
    to: Annotated[list[str], typer.Option(metavar="ARM", help="The arm to go on in; repeat it for several.")],
    since: Annotated[
        str | None, typer.Option("--from", metavar="ARM", help="The arm that all were in before. If absent: the first.")
    ] = None,
    arms: Annotated[
        Path | None, typer.Option(help="A YAML file with more arms, written as under `arms:` in a scenario.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads to use; never changes a number.")] = None,
    out: Annotated[Path | None, typer.Option(help="Directory for the results. If absent: beside RUN.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the results that are there.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave the report out.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Go on from a day of a finished run with another treatment: the same animals until then, another arm from then on.

    The state of every animal on that day is kept in RUN/checkpoints, so that the next branch starts there at once.
    """
    from selfseed.analysis import summary
    from selfseed.doors.run import draw
    from selfseed.engine.branch import branch as go_on
    from selfseed.results import store
    from selfseed.results.chunks import Chunks

    talk = Talk(quiet)
    run = store.open_run(directory)
    if run.manifest["parameters"]["engine"] != "stochastic":
        raise RunError("the mean field has no animals to go on with; branch a run of the stochastic engine")
    scenario = _with_arms(run.scenario, arms)
    past = since or next(iter(scenario.arms))
    day = _day(at)
    _refuse_unknown(scenario, [("--from", past), *(("--to", arm) for arm in to)])
    place = out or directory.with_name(f"{directory.name}-from-day-{day:g}")
    checkpoints = directory / CHECKPOINTS
    try:
        checkpoints.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{checkpoints} cannot be made: {error.strerror or error}") from None
    asked = run.manifest["parameters"]
    with store.prepare(place, force=force) as held:
        branched = go_on(
            scenario, seed=asked["seed"], replicates=asked["replicates"], past=past, futures=to, day=day,
            chunks=Chunks(checkpoints, talk.say), threads=threads,
        )  # fmt: skip
        _prove_same(run, branched, past, day)
        held.write(branched, summary(branched), log="\n".join(talk.said) + "\n")
    print(branched)
    print(place if no_report else draw(branched, place / "report.html", None, talk))


def _with_arms(scenario: Scenario, file: Path | None) -> Scenario:
    """Return the scenario with the arms of a file besides its own."""
    if file is None:
        return scenario
    from selfseed.interchange.text import read_text
    from selfseed.scenario.document import parse
    from selfseed.scenario.problems import to_problems
    from selfseed.scenario.read import from_dict

    document = parse(read_text(file))
    value = document.value
    if document.findings:
        raise ScenarioError(str(file), to_problems(document.findings, value, document.lines))
    more = value.get("arms", value) if isinstance(value, dict) else None
    if not isinstance(more, dict) or not more:
        raise ScenarioError(
            str(file), [Problem("file", "holds no arms", "write a name and what differs, as in a scenario")]
        )
    twice = [name for name in more if name in scenario.arms]
    if twice:
        raise ScenarioError(str(file), [Problem(name, "is an arm of the run", "give another name") for name in twice])
    own = json.loads(scenario.model_dump_json(by_alias=True, exclude_unset=True))
    return from_dict({**own, "arms": {**own.get("arms", {"control": {}}), **more}})


def _refuse_unknown(scenario: Scenario, asked: list[tuple[str, str]]) -> None:
    problems = []
    for option, arm in asked:
        if arm not in scenario.arms:
            close = nearest(arm, scenario.arms)
            remedy = f"did you mean '{close}'?" if close else f"there are: {', '.join(scenario.arms)}"
            problems.append(Problem(option, repr(arm), remedy))
    if problems:
        raise ScenarioError("the command", problems)


def _day(text: str) -> float:
    from pydantic import TypeAdapter, ValidationError

    from selfseed.scenario.model import Day

    try:
        return float(TypeAdapter(Day).validate_python(text))
    except ValidationError as error:
        remedy = str(error.errors()[0]["msg"])
        raise ScenarioError("the command", [Problem("--at", repr(text), remedy)]) from None


def _prove_same(run: Run, branched: Run, past: str, day: float) -> None:
    """Refuse to go on where this machine, or this version, does not repeat the run bit by bit."""
    import numpy as np

    if past not in run.arrays["arm"].values:
        return
    before = run.arrays["time"].values <= day + 1e-6
    own = run.arrays["cells"].sel(arm=past).values[:, before]
    again = branched.arrays["cells"].sel(arm=past).values[:, before]
    if own.shape != again.shape or not np.array_equal(own, again):
        raise RunError(
            f"this version does not repeat the run until day {day:g} bit by bit; it was made with "
            f"selfseed {run.manifest['software']['version']}: simulate it again, then branch"
        )
