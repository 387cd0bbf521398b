"""The command `selfseed cohort size-outcome`: whether size causes metastasis, or marks it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from selfseed.base.errors import RunError
from selfseed.doors import cohort as room
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.cohort.model import Cohort
    from selfseed.cohort.patients import World
    from selfseed.cohort.size import SizeAnswer

Arm = Annotated[str | None, typer.Option(help="An arm in which the primary is cut out; if absent, the first such.")]
Ranges = Annotated[bool, typer.Option("--ranges", help="Ask again under each disputed assumption.")]


def size_outcome(
    source: room.Source,
    arm: Arm = None,
    patients: room.Patients = None,
    ranges: Ranges = False,
    seed: room.Seed = None,
    workers: room.Workers = None,
    cluster: room.Cluster = None,
    out: room.Out = None,
    resume: room.Resume = False,
    force: room.Force = False,
    dry_run: room.DryRun = False,
    as_json: room.AsJson = False,
    quiet: room.Quiet = False,
) -> None:
    """Ask by intervening on the same patients what part of the association of size and metastasis is causal.

    The last line on stdout is the path of the report; summary.json and patients.tsv.gz are beside it.
    """
    from selfseed.cohort.disputed import AS_FILE, DISPUTED
    from selfseed.cohort.size import SIZES_MM, ask_size, find_surgery
    from selfseed.cohort.survival import require_lifelines

    require_lifelines()
    talk = Talk(quiet)
    asked = DISPUTED if ranges else {AS_FILE: DISPUTED[AS_FILE]}
    more = {"arm": arm, "ranges": list(asked)}
    job = room.make_job("size-outcome", source, patients, seed, out, resume=resume, force=force, more=more)
    job = replace(job, cohort=find_surgery(job.cohort, arm))
    if dry_run:
        print("\n".join(room.plan(job)))
        return
    answers: dict[str, SizeAnswer] = {}
    silent: dict[str, str] = {}
    with (
        room.holding(job, "size-outcome", talk) as (draft, kept),
        room.following(job, kept, talk, workers, cluster) as follow_all,
    ):
        table = None
        for number, (name, assumption) in enumerate(asked.items()):
            talk.say(f"{name} ...")
            follow = partial(_follow_named, follow_all, number)
            sizes = () if number else SIZES_MM
            try:
                answers[name], followed = ask_size(
                    assumption.apply(job.cohort), job.seed, follow_all=follow, sizes_mm=sizes
                )
            except RunError as error:
                if not number:
                    raise
                silent[name] = str(error)
                talk.say(f"{name}: {error}")
            else:
                table = followed if table is None else table
        assert table is not None
        summary = summarise(job, answers, silent)
        room.write_results(job, draft, summary, {"patients": table})
        talk.say("drawing the report ...")
        from selfseed.views.size import write_size

        write_size(draft / "report.html", summary)
    for sentence in summary["words"]:
        talk.say(sentence)
    print(json.dumps(summary, indent=2) if as_json else job.out / "report.html")


def _follow_named(
    follow_all: Callable[..., pd.DataFrame], number: int, cohort: Cohort, seed: int, *, world: World, name: str
) -> pd.DataFrame:
    return follow_all(cohort, seed, world=world, name=f"{number}-{name}")


def summarise(job: room.Job, answers: dict[str, SizeAnswer], silent: dict[str, str]) -> dict[str, Any]:
    """Return what ``summary.json`` holds; see docs/size-outcome.md. ``silent`` are assumptions without an answer."""
    from selfseed import __version__

    first = next(iter(answers.values()))
    return {
        "kind": "size-outcome", "schema_version": 1, "version": __version__, "title": job.cohort.title,
        "seed": job.seed, "patients": job.cohort.patients, "arm": next(iter(job.cohort.arms)),
        "associations": room.rows_of(first.associations),
        "shares": room.rows_of(first.shares),
        "regressions": room.rows_of(first.regressions),
        "risks": room.rows_of(first.risks),
        "ranges": [
            {"assumption": name, **row, "hazard_ratio": float(answer.associations["hazard_ratio"].iloc[0])}
            for name, answer in answers.items()
            for row in room.rows_of(answer.shares)
        ],
        "unanswered": [{"assumption": name, "why": why} for name, why in silent.items()],
        "words": _tell(first),
    }  # fmt: skip


def _tell(answer: SizeAnswer) -> list[str]:
    observed = answer.associations.iloc[0]
    sentences = [
        f"in patients as they are found, twice the diameter goes with {observed['hazard_ratio']:.2f} times the hazard "
        "of metastasis: a regression that tells nothing of why"
    ]
    if answer.shares["estimate"].isna().all():
        return [*sentences, str(answer.shares["note"].iloc[0])]
    for row in answer.shares.to_dict("records"):
        if math.isnan(row["low"]):
            sentences.append(f"{row['share']}: {_percent(row['estimate'])} of it ({row['note']})")
            continue
        unsure = "; the interval holds 0" if row["low"] <= 0.0 <= row["high"] else ""
        sentences.append(
            f"{row['share']}: {_percent(row['estimate'])} of it (95 % interval {_percent(row['low'])} to "
            f"{_percent(row['high'])}{unsure})"
        )
    return [*sentences, *_tell_regressions(answer)]


def _percent(share: float) -> str:
    """Return a share in whole percent, never as -0."""
    return f"{round(100.0 * share) + 0:d} %" if math.isfinite(share) else "not known"


def _tell_regressions(answer: SizeAnswer) -> list[str]:
    """Return how far regressions lie from what the intervention says, in patients without a metastasis at diagnosis."""
    from selfseed.cohort.naive import CLINIC, INTERVENED, NO_METASTASIS

    rows = room.rows_of(answer.regressions)
    ratio = {row["regression"]: row["hazard_ratio"] for row in rows if row["patients_are"] == NO_METASTASIS}
    beside, dealt = ratio[CLINIC], ratio[INTERVENED]
    if beside is None or dealt is None:
        return []
    return [
        f"without a metastasis at diagnosis, a regression beside age, screening, circulating cells, IL-6 and IL-8 says "
        f"{beside:.2f} per doubling; dealing sizes out says {dealt:.2f}"
    ]
