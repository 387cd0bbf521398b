"""The command line: stdout carries data, stderr talk; 0 is done, 1 the run failed, 2 the question was wrong.

Every heavy module is imported inside the command that needs it, so that ``selfseed --help`` answers at once.
"""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from selfseed import __version__
from selfseed.base.errors import OutputError, ScenarioError
from selfseed.doors import cohort, history, question
from selfseed.doors.branch import branch
from selfseed.doors.cohort_rank import rank
from selfseed.doors.cohort_size import size_outcome
from selfseed.doors.cohort_trial import trial
from selfseed.doors.export import export as export_model
from selfseed.doors.fit import fit
from selfseed.doors.score import score as score_expression
from selfseed.doors.sensitivity import identify, sensitivity
from selfseed.doors.sweep import sweep
from selfseed.doors.talk import Talk, fail

app = typer.Typer(
    name="selfseed",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(history.app)
cohort.app.command("size-outcome")(size_outcome)
cohort.app.command("rank")(rank)
cohort.app.command("trial")(trial)
app.add_typer(cohort.app)
app.command("export")(export_model)
app.command("score")(score_expression)
app.command()(sensitivity)
app.command()(identify)
app.command()(sweep)
app.command()(branch)
app.command()(fit)


class Engine(StrEnum):
    """The two engines over the one law."""

    stochastic = "stochastic"
    mean_field = "mean-field"


class Kept(StrEnum):
    """What is kept of a run."""

    everything = "everything"
    summary = "summary"


Source = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file, or a preset of `selfseed list`.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say the details too.")]
Data = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Measured volumes to draw beside the simulated ones."),
]


def _tell_version(asked: bool) -> None:
    if asked:
        print(f"selfseed {__version__}")
        raise typer.Exit


@app.callback()
def selfseed(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected error arose.")] = False,
) -> None:
    """Simulate tumour self-seeding: from a scenario in one YAML file to a report.

    Begin with `selfseed simulate kim2009-two-gland`, then make the experiment yours with `selfseed init`.
    """


@app.command("list")
def list_presets() -> None:
    """List the published experiments that come with selfseed."""
    from selfseed import catalog

    names = catalog.names()
    width = max(len(name) for name in names)
    for name in names:
        print(f"{name:<{width}}  {catalog.get(name).title}")


@app.command()
def show(preset: Annotated[str, typer.Argument(help="A preset of `selfseed list`.")]) -> None:
    """Show a published experiment as a scenario: what was found, its sources, its cell lines, its arms."""
    print(question.preset(preset), end="")


@app.command()
def check(
    source: Source,
    as_json: Annotated[bool, typer.Option("--json", help="Print the problems for a program to read.")] = False,
) -> None:
    """Check a scenario: every word, unit, range and reference, all problems at once."""
    try:
        question.read(source)
    except ScenarioError as error:
        if not as_json:
            raise
        print(json.dumps({"source": source, "problems": [vars(problem) for problem in error.problems]}, indent=2))
        raise typer.Exit(error.exit_code) from None
    print(json.dumps({"source": source, "problems": []}, indent=2) if as_json else f"{source}: no problems")


@app.command()
def explain(
    source: Annotated[
        str | None, typer.Argument(metavar="[SCENARIO]", help="A scenario file, or a preset of `selfseed list`.")
    ] = None,
    why: Annotated[
        Path | None,
        typer.Option(metavar="RUN", help="Explain a finished run instead: what each mechanism, route and gene did."),
    ] = None,
    arm: Annotated[str | None, typer.Option(help="With --why: the arm to explain. If absent: the first.")] = None,
    site: Annotated[str | None, typer.Option(help="With --why: the site to explain. If absent: the main one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --why: print it for a program to read.")] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="With --why: threads to use.")] = None,
    quiet: Quiet = False,
) -> None:
    """Explain in sentences what will happen and when, and list every number with its source.

    With --why RUN: simulate the run again with mechanisms, routes and genes switched off, and tell what each did.
    """
    if (source is None) == (why is None):
        raise typer.BadParameter("give a scenario, or --why and the directory of a run")
    if why is not None:
        from selfseed.doors.why import as_json as plain
        from selfseed.doors.why import as_text, explain_run

        told = explain_run(why, arm=arm, site=site, threads=threads, talk=Talk(quiet))
        print(json.dumps(plain(told), indent=2) if as_json else as_text(told))
        return
    from selfseed.scenario import explain as sentences

    print(sentences(question.read(str(source))))


@app.command()
def simulate(
    source: Source,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Where the random numbers start. If absent: the scenario's, else drawn.")
    ] = None,
    replicates: Annotated[
        int | None, typer.Option(min=1, help="Mice or patients per arm. If absent: the scenario's.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads to use; never changes a number.")] = None,
    engine: Annotated[Engine, typer.Option(help="Whole cells by chance, or their mean.")] = Engine.stochastic,
    keep: Annotated[
        Kept | None,
        typer.Option(help="Every family of cells, or means, quantiles and some courses. If absent: all up to 1000."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes for what is kept in summary; never changes a number.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask: `local`, or a scheduler, as tcp://host:8786.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Directory for the results. If absent: runs/<date>-<scenario>-<hash>.")
    ] = None,
    data: Data = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the results that are there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and do nothing.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave the report out.")] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Simulate every arm of a scenario, keep the results, and draw the report.

    The last line on stdout is the path of the report.
    """
    from selfseed.doors import many
    from selfseed.doors import run as job

    order = job.make_order(
        source, seed=seed, replicates=replicates, threads=threads, engine=engine, out=out, data=data, force=force,
        resume=resume,
    )  # fmt: skip
    if dry_run:
        print(job.plan(order))
        return
    talk = Talk(quiet, verbose)
    if keep is None and order.replicates > many.MANY or cluster is not None:
        talk.say(
            f"{order.replicates:,} replicates in each arm: means, quantiles and some courses are kept; "
            "--keep everything keeps every family of cells"
        )
    if keep is Kept.summary or (keep is None and (order.replicates > many.MANY or cluster is not None)):
        _, path = many.simulate_many(order, many.Hands(workers, cluster), talk, report=not no_report)
        print(path)
        return
    run, path = job.carry_out(order, talk, report=not no_report)
    print(run)
    print(path)


@app.command()
def report(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A directory of results.")],
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="The file to write. If absent: report.html in DIR.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file given with --out.")] = False,
    quiet: Quiet = False,
) -> None:
    """Draw the report of a finished run again, for example with measured volumes beside it."""
    from selfseed.doors.run import draw
    from selfseed.results.store import open_run

    if out is not None:
        _refuse_to_overwrite(out, force)
    print(draw(open_run(directory), out or directory / "report.html", data, Talk(quiet)))


@app.command()
def init(
    preset: Annotated[str, typer.Argument(help="The preset to start from.")] = "kim2009-two-gland",
    out: Annotated[Path | None, typer.Option(help="The file to write. If absent: <preset>.yaml.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file that is there.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write a scenario with comments, for you to edit."""
    text = question.preset(preset)
    path = out or Path(f"{preset}.yaml")
    _refuse_to_overwrite(path, force)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}; choose another place with --out") from None
    Talk(quiet).say(f"Edit it, then:\n  selfseed check {path}\n  selfseed explain {path}\n  selfseed simulate {path}")
    print(path)


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors that complete and check as you type."""
    from selfseed.scenario import json_schema

    print(json.dumps(json_schema(), indent=2))


@app.command()
def cite(
    source: Source,
    as_bibtex: Annotated[
        bool, typer.Option("--bibtex", help="Print them as BibTeX, with an entry for selfseed.")
    ] = False,
) -> None:
    """Print the papers that a scenario and its numbers stand on."""
    from selfseed.doors.papers import bibtex, papers

    scenario = question.read(source)
    print(bibtex(scenario) if as_bibtex else papers(scenario))


def _refuse_to_overwrite(path: Path, force: bool) -> None:
    if path.exists() and not force:
        raise OutputError(f"{path} exists; --force replaces it, --out names another place")


def main() -> None:
    """Answer one command; a mistake of the user's is told in words, never as a traceback."""
    arguments = sorted(sys.argv[1:], key=lambda argument: argument != "--debug")
    try:
        app(arguments)
    except Exception as error:
        if "--debug" in arguments:
            raise
        sys.exit(fail(error))
