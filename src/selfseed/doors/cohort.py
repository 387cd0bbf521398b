"""The commands `selfseed cohort`: virtual patients, and what may be asked of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from selfseed.doors import folder
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.cohort.model import Cohort
    from selfseed.results.chunks import Chunks

MARKER = "summary.json"

app = typer.Typer(name="cohort", no_args_is_help=True, help="Virtual patients: treatment, size and outcome, trials.")

Source = Annotated[str, typer.Argument(metavar="FILE", help="A cohort file, or breast-cohort, colon-cohort, ...")]
Patients = Annotated[int | None, typer.Option(min=1, help="Virtual patients; if absent, as the file says.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Where the random numbers start.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; never changes a number.")]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Dask: `local`, or a scheduler, as tcp://host:8786.")
]
Out = Annotated[Path | None, typer.Option(help="Directory for the results.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with an interrupted job.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the results that are there.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be simulated, and do nothing.")]
NoReport = Annotated[bool, typer.Option("--no-report", help="Leave the report out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary for a program to read.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


@dataclass(frozen=True)
class Job:
    """Hold what one command was asked, and where its results go.

    Attributes
    ----------
    asked : mapping
        All that decides the numbers, ready for JSON.
    """

    cohort: Cohort
    seed: int
    out: Path
    asked: Mapping[str, Any]
    resume: bool
    force: bool


@app.command("run")
def run(
    source: Source,
    patients: Patients = None,
    seed: Seed = None,
    workers: Workers = None,
    cluster: Cluster = None,
    out: Out = None,
    resume: Resume = False,
    force: Force = False,
    dry_run: DryRun = False,
    no_report: NoReport = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Follow virtual patients, untreated until they are found and then once in each arm, on the same random numbers.

    The last line on stdout is the path of the report; summary.json and patients.tsv.gz are beside it.
    """
    from selfseed.cohort.survival import require_lifelines

    require_lifelines()
    talk = Talk(quiet)
    job = make_job("run", source, patients, seed, out, resume=resume, force=force)
    if dry_run:
        print("\n".join(plan(job)))
        return
    talk.say(f"{job.cohort.patients:,} patients, {len(job.cohort.arms)} arms, seed {job.seed}")
    with holding(job, "cohort", talk) as (draft, kept), following(job, kept, talk, workers, cluster) as follow_all:
        table = follow_all(job.cohort, job.seed, name="patients")
        summary = _finish(job, draft, table, talk, report=not no_report)
    for sentence in summary["words"]:
        talk.say(sentence)
    print(json.dumps(summary, indent=2) if as_json else job.out / ("patients.tsv.gz" if no_report else "report.html"))


def _finish(job: Job, draft: Path, table: pd.DataFrame, talk: Talk, *, report: bool) -> dict[str, Any]:
    """Write the results of a run into its draft, and return the summary."""
    from selfseed.cohort.summary import answer_cohort, summarise

    talk.say("reading the patients ...")
    answer = answer_cohort(job.cohort, table, seed=job.seed)
    summary = summarise(job.cohort, answer, seed=job.seed)
    write_results(job, draft, summary, {"patients": table, **answer.curves_by_file()})
    if report:
        talk.say("drawing the report ...")
        from selfseed.cohort.read import treated_scenario
        from selfseed.views.cohort_page import write_cohort

        write_cohort(draft / "report.html", summary, answer, table, treated_scenario(job.cohort))
    return summary


def make_job(
    command: str, source: str, patients: int | None, seed: int | None, out: Path | None, *, resume: bool, force: bool,
    more: Mapping[str, Any] | None = None,
) -> Job:  # fmt: skip
    """Return what a command was asked: the cohort as it will be followed, its seed, and the place of its results."""
    from selfseed import __version__
    from selfseed.base.errors import Problem, ScenarioError
    from selfseed.cohort.model import LAYOUT
    from selfseed.cohort.read import read
    from selfseed.doors.question import draw_seed, run_directory
    from selfseed.results.chunks import asked_before

    cohort = read(source)
    if command == "size-outcome" and cohort.stage != "all":
        remedy = (
            "its worlds differ in who is metastatic at diagnosis, and each must follow the same patients: leave it out"
        )
        raise ScenarioError(source, [Problem("stage", f"= {cohort.stage}", remedy)])
    if command == "rank" and cohort.stage == "metastatic":
        remedy = "cohort rank asks who will have metastases: leave it out, or say 'not metastatic'"
        raise ScenarioError(source, [Problem("stage", "= metastatic", remedy)])
    if patients is not None:
        cohort = cohort.model_copy(update={"patients": patients})
    if seed is None:
        before = asked_before(out) if resume and out else None
        known = before.get("seed") if before else None
        seed = known if isinstance(known, int) else cohort.seed
    used = draw_seed() if seed is None else seed
    text = cohort.model_dump_json(by_alias=True)
    asked = {
        "command": f"cohort {command}", "cohort": hashlib.sha256(text.encode()).hexdigest(), "seed": used,
        "version": __version__, "layout": LAYOUT, **(more or {}),
    }  # fmt: skip
    name = f"{Path(source).stem}-{command}"
    place = out or run_directory(name, json.dumps(asked, sort_keys=True)).with_name(name)
    return Job(cohort, used, place, asked, resume, force)


@contextmanager
def holding(job: Job, kind: str, talk: Talk) -> Iterator[tuple[Path, Chunks]]:
    """Hold the place of the results, and the chunks beside it; say after Ctrl-C how to go on."""
    from selfseed.results import chunks

    with (
        chunks.hold(job.out, job.asked, resume=job.resume, force=job.force, say=talk.say) as kept,
        folder.hold(job.out, MARKER, kind, force=job.force) as draft,
    ):
        try:
            yield draft, kept
        except KeyboardInterrupt:
            talk.say(kept.tell_stopped(f"the same command with --seed {job.seed} --out {job.out} --resume"))
            raise
        if kept.found:
            talk.say(f"{kept.found} chunks were there from before")


@contextmanager
def following(
    job: Job, kept: Chunks, talk: Talk, workers: int | None, cluster: str | None
) -> Iterator[Callable[..., pd.DataFrame]]:
    """Yield what follows one cohort after the other as `run_cohort` does, with workers that stay between them."""
    from selfseed.cohort.patients import AS_IT_IS, World
    from selfseed.cohort.run import PER_CHUNK, run_cohort
    from selfseed.engine.many import hire

    most = -(-job.cohort.patients // PER_CHUNK)
    count = workers or os.cpu_count() or 1
    with hire(count if cluster else min(count, most), cluster, talk.say) as work:

        def follow_all(cohort: Cohort, seed: int, *, name: str, world: World = AS_IT_IS) -> pd.DataFrame:
            with talk.progress(name) as progress:
                return run_cohort(cohort, seed, world=world, work=work, chunks=kept, name=name, progress=progress)

        yield follow_all


def write_results(job: Job, draft: Path, summary: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the cohort, the summary and tables into a draft.

    Raises
    ------
    OutputError
        If the disk does not take them.
    """
    import yaml

    try:
        document = job.cohort.model_dump(mode="json", by_alias=True, exclude_unset=True)
        (draft / "cohort.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        (draft / MARKER).write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        for name, table in tables.items():
            how = {"method": "gzip", "mtime": 0}
            table.to_csv(draft / f"{name}.tsv.gz", sep="\t", index=False, float_format="%.10g", compression=how)
    except OSError as error:
        raise folder.cannot_be_written(draft, error) from None


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON has them."""
    from selfseed.cohort.summary import rows_of as to_rows

    return to_rows(table)


def plan(job: Job) -> list[str]:
    """Return in words what would be simulated."""
    from selfseed.cohort.read import treated_scenario
    from selfseed.scenario.explain import tell_differences

    cohort = job.cohort
    years = cohort.follow_up / 365.25
    lines = [
        f"{cohort.title or 'A cohort'}: {cohort.patients:,} patients, followed for {years:g} years, seed {job.seed}"
    ]
    treated = treated_scenario(cohort)
    for name, arm in cohort.arms.items():
        lines.append(f"  {name}: {arm.description}" if arm.description else f"  {name}:")
        lines += [f"    {what.removeprefix('added: ')}" for what in tell_differences(treated, arm)] or [
            "    nothing is done"
        ]
    return [*lines, "days of arms count from the diagnosis", f"to {job.out}"]
