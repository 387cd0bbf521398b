"""The command `selfseed fit`: learn the parameters of a scenario from what was measured."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from selfseed.base.errors import Problem, ScenarioError
from selfseed.doors import folder
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.inference.study import Study


class Method(StrEnum):
    """How much is wanted: best values and how far they may move, samples besides, or no likelihood at all."""

    optimum = "optimum"
    mcmc = "mcmc"
    abc = "abc"
    population = "population"


def fit(
    source: Annotated[Path, typer.Argument(metavar="STUDY", help="A study: scenario, data, priors, noise, in YAML.")],
    method: Annotated[
        Method,
        typer.Option(help="Best values and profiles; samples besides; simulated animals; or how animals differ."),
    ] = Method.optimum,
    seed: Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="Where the random numbers start.")] = None,
    starts: Annotated[int, typer.Option(min=1, max=10_000, help="Searches, from a Latin hypercube.")] = 8,
    samples: Annotated[int, typer.Option(min=100, max=10_000_000, help="Samples kept by mcmc.")] = 4000,
    particles: Annotated[int, typer.Option(min=20, max=1_000_000, help="Kept in each round of abc.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Rounds of abc, each nearer to the data.")] = 8,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads to use; never changes a number.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes of abc; never changes a number.")] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Of abc, Dask: `local`, or a scheduler, as tcp://host:8786.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Directory for the results.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted fit.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the results that are there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be fitted, and do nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary for a program to read.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Learn parameters from measurements: best values, profiles, samples, and what the data could not tell.

    The last line on stdout is the path of the report; summary.json and tables are beside it.
    """
    from selfseed.doors.fit_job import KIND, MARKER, Job, carry_out
    from selfseed.doors.many import Hands
    from selfseed.doors.question import draw_seed, run_directory
    from selfseed.inference.likelihood import make_likelihood
    from selfseed.inference.study import read_study
    from selfseed.results import chunks

    talk = Talk(quiet)
    _check_hands(method, threads, workers, cluster)
    study = read_study(source)
    if method is not Method.population:
        make_likelihood(study)  # refuses a study that this method cannot use
    if seed is None:
        seed = _seed_before(out) if resume else draw_seed()
    asked = _asked(study, method, seed, starts, samples)
    if method is Method.abc:
        asked |= {"particles": particles, "rounds": rounds}
    place = out or run_directory(str(source), json.dumps(asked, sort_keys=True)).with_name(f"{source.stem}-fit")
    if dry_run:
        print("\n".join(_plan(study, method, starts, samples, place)))
        return
    talk.say(f"{len(study.data)} measurements, {len(study.parameters)} parameters, seed {seed}")
    with (
        chunks.hold(place, asked, resume=resume, force=force, say=talk.say) as kept,
        folder.hold(place, MARKER, KIND, force=force) as draft,
    ):
        job = Job(study, draft, kept, talk, seed, asked, threads or 1, Hands(workers, cluster))
        try:
            told = carry_out(job)
        except KeyboardInterrupt:
            talk.say(kept.tell_stopped(f"the same command with --seed {seed} --out {place} --resume"))
            raise
        if kept.found:
            talk.say(f"{kept.found} chunks were there from before")
    for sentence in told["words"]:
        talk.say(sentence)
    print(json.dumps(told, indent=2) if as_json else f"{_table(told)}\n{place / 'report.html'}")


def _check_hands(method: Method, threads: int | None, workers: int | None, cluster: str | None) -> None:
    """Refuse hands that would not do anything: abc works in processes, all else in threads."""
    given = {"--threads": threads} if method is Method.abc else {"--workers": workers, "--cluster": cluster}
    remedy = "abc works in processes: use --workers" if method is Method.abc else "for --method abc only: use --threads"
    problems = [Problem(name, str(value), remedy) for name, value in given.items() if value is not None]
    if problems:
        raise ScenarioError("the command", problems)


def _seed_before(out: Path | None) -> int:
    from selfseed.results.chunks import asked_before

    before = asked_before(out) if out else None
    if before is None or not isinstance(before.get("seed"), int):
        raise ScenarioError("the command", [Problem("--resume", "no seed", "give the --seed and --out of that fit")])
    return int(before["seed"])


def _asked(study: Study, method: Method, seed: int, starts: int, samples: int) -> dict[str, Any]:
    """Return all that decides the numbers."""
    from selfseed import __version__
    from selfseed.scenario import to_yaml

    data = [column.tolist() for column in vars(study.data).values()]
    content: list[Any] = [to_yaml(study.scenario), data, [asdict(one) for one in study.parameters]]
    content.append({name: asdict(noise) for name, noise in study.noise.items()})
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    asked = {"command": "fit", "study": digest, "method": method.value, "seed": seed}
    searched = {"starts": starts} if method in (Method.optimum, Method.mcmc) else {}
    return asked | searched | ({"samples": samples} if method is Method.mcmc else {}) | {"version": __version__}


def _plan(study: Study, method: Method, starts: int, samples: int, place: Path) -> list[str]:
    from collections import Counter

    counts = Counter(study.data.observable.tolist())
    lines = [f"{study.title or study.source}: {', '.join(f'{n} of {name}' for name, n in sorted(counts.items()))}"]
    for one in study.parameters:
        first, second = ("median", "spread") if one.prior.kind.endswith("normal") else ("low", "high")
        unit = "" if one.unit == "1" else f", in {one.unit}"
        lines.append(
            f"  {one.name}: {one.prior.kind}, {first} {one.prior.centre:g}, {second} {one.prior.width:g}{unit}"
        )
    if method is Method.population:
        return [*lines, f"each animal by its own mean field, all together, to {place}"]
    if method is Method.abc:
        return [*lines, f"simulated animals in ever narrower rounds, to {place}"]
    much = f", then {samples} samples" if method is Method.mcmc else ""
    return [*lines, f"{starts} searches and a profile of each parameter{much}, to {place}"]


def _table(told: Mapping[str, Any]) -> str:
    """Return the parameters as a table: the best value, and 95 % limits from the profile and from the samples."""
    head = ["parameter", "unit", "optimum", "low", "high"]
    sampled = "posterior" in told["parameters"][0]
    head += ["median", "sampled_low", "sampled_high", "r_hat", "effective"] if sampled else []
    lines = ["\t".join(head)]
    for one in told["parameters"]:
        cells = [one["optimum"], *one["profile_95"]]
        cells += [one["posterior"][key] for key in ("median", "low", "high", "r_hat", "effective")] if sampled else []
        lines.append("\t".join([one["name"], one["unit"], *("" if cell is None else f"{cell:.4g}" for cell in cells)]))
    return "\n".join(lines)
