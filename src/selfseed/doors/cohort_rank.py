"""The command `selfseed cohort rank`: which treatment, and when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any

import typer

from selfseed.base.errors import Problem, ScenarioError
from selfseed.doors import cohort as room
from selfseed.doors.talk import Talk


def rank(
    source: room.Source,
    control: Annotated[
        str | None, typer.Option(help="The arm to compare with; if absent, surgery and least else.")
    ] = None,
    starts: Annotated[
        str, typer.Option(metavar="DAYS", help="Days from surgery at which interventions start, with commas.")
    ] = "-30,0,180,1825",
    years: Annotated[float, typer.Option(min=0.5, max=40.0, help="Gains are counted within these years.")] = 10.0,
    map_too: Annotated[
        bool, typer.Option("--map", help="Also where blocking attraction or infiltration can matter at all.")
    ] = False,
    sensitivity: Annotated[
        int | None, typer.Option(metavar="POINTS", help="Also Sobol indices over what is disputed; a power of 2.")
    ] = None,
    patients: room.Patients = None,
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
    """Rank interventions and their starts by what they gain, each on the same patients and random numbers.

    The last line on stdout is the path of the report; summary.json and rank.tsv.gz are beside it.
    """
    from selfseed import __version__
    from selfseed.cohort.rank import find_control, lay_out, map_of_return, rank_arms, tell, tell_map
    from selfseed.cohort.survival import require_lifelines

    require_lifelines()
    talk = Talk(quiet)
    days = _read_starts(starts)
    more = {"control": control, "starts": list(days), "years": years, "map": map_too, "sensitivity": sensitivity}
    job = room.make_job("rank", source, patients, seed, out, resume=resume, force=force, more=more)
    if years * 365.25 > job.cohort.follow_up:
        remedy = f"at most {job.cohort.follow_up / 365.25:g}, the follow-up"
        raise ScenarioError("the command", [Problem("--years", f"{years:g}", remedy)])
    beyond = [f"{day:g}" for day in days if day >= years * 365.25]
    if beyond:
        remedy = f"must lie before day {years * 365.25:.0f}, the end of what is counted; --years counts longer"
        raise ScenarioError("the command", [Problem("--starts", ", ".join(beyond), remedy)])
    base, first = job.cohort, find_control(job.cohort, control)
    laid, choices = lay_out(base, first, days)
    job = replace(job, cohort=laid)
    if dry_run:
        print("\n".join(room.plan(job)))
        return
    talk.say(f"{laid.patients:,} patients, {len(laid.arms)} arms, seed {job.seed}")
    with (
        room.holding(job, "cohort-rank", talk) as (draft, kept),
        room.following(job, kept, talk, workers, cluster) as follow_all,
    ):
        table = follow_all(laid, job.seed, name="rank")
        ranked = rank_arms(table, choices, first, years, seed=job.seed)
        indices = None
        if sensitivity is not None:
            from selfseed.cohort.sensitivity import ask_sensitivity

            indices = ask_sensitivity(base, first, job.seed, years, sensitivity, follow_all)
        chart = map_of_return(base, first, job.seed, years, follow_all) if map_too else None
        summary: dict[str, Any] = {
            "kind": "cohort-rank", "schema_version": 1, "version": __version__, "title": base.title, "seed": job.seed,
            "patients": base.patients, "followed": int(table["patient"].nunique()), "arms": len(laid.arms),
            "control": first, "years": years, "ranking": room.rows_of(ranked),
            "map": [] if chart is None else room.rows_of(chart),
            "sensitivity": [] if indices is None else room.rows_of(indices),
            "words": tell(ranked, first, years) + ([] if chart is None else tell_map(chart)),
        }  # fmt: skip
        room.write_results(job, draft, summary, {"patients": table, "rank": ranked})
        talk.say("drawing the report ...")
        from selfseed.views.rank import write_rank

        write_rank(draft / "report.html", summary)
    for sentence in summary["words"]:
        talk.say(sentence)
    print(json.dumps(summary, indent=2) if as_json else job.out / "report.html")


def _read_starts(text: str) -> tuple[float, ...]:
    """Return the days in a text such as "-30,0,180"."""
    try:
        days = tuple(float(part) for part in text.split(","))
    except ValueError:
        remedy = "must be days with commas between them, like -30,0,180"
        raise ScenarioError("the command", [Problem("--starts", f"'{text}'", remedy)]) from None
    wrong = [day for day in days if not -3650.0 <= day <= 14_600.0]
    if wrong or len(set(days)) < len(days):
        raise ScenarioError("the command", [Problem("--starts", f"'{text}'", "each once, from -3650 to 14600 days")])
    return days
