"""The command `selfseed fit`: learn the parameters of a scenario from what was measured."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from selfseed.base.errors import OutputError, Problem, ScenarioError
from selfseed.doors import folder
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.doors.many import Hands
    from selfseed.inference.design import Advice
    from selfseed.inference.diagnostics import Bands
    from selfseed.inference.optimum import Optimum, ProfileOfFit
    from selfseed.inference.posterior import Posterior
    from selfseed.inference.study import Study
    from selfseed.results.chunks import Chunks

MARKER, KIND = "summary.json", "fit"
RESAMPLED = 1000
"""Samples that stand for the weighted particles of abc."""
HARDLY = 0.5
"""Shrinking of the variance below which a parameter is said to be hardly told."""


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
    from selfseed.doors.many import Hands
    from selfseed.doors.question import draw_seed, run_directory
    from selfseed.inference.likelihood import make_likelihood
    from selfseed.inference.study import read_study
    from selfseed.results import chunks

    talk = Talk(quiet)
    _check_hands(method, threads, workers, cluster)
    study = read_study(source)
    likelihood = None if method is Method.population else make_likelihood(study)
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
        try:
            if method is Method.population:
                told = _of_population(study, draft, kept, talk, seed, threads or 1)
            elif method is Method.abc:
                told = _by_animals(likelihood, draft, kept, talk, seed, particles, rounds, Hands(workers, cluster))
            else:
                told = _carry_out(likelihood, draft, kept, talk, method, seed, starts, samples, threads or 1)
        except KeyboardInterrupt:
            talk.say(f"stopped; the same command with --seed {seed} --out {place} --resume goes on")
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
    asked = {"command": "fit", "study": digest, "method": method.value, "seed": seed, "starts": starts}
    return asked | ({"samples": samples} if method is Method.mcmc else {}) | {"version": __version__}


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


def _carry_out(
    likelihood: Any, draft: Path, kept: Chunks, talk: Talk, method: Method, seed: int, starts: int, samples: int,
    threads: int,
) -> dict[str, Any]:  # fmt: skip
    """Fit, write everything into the draft, and return the summary."""
    from selfseed.inference.design_words import say_designs, tell_designs
    from selfseed.inference.diagnostics import correlations, judge, predictive_bands, words
    from selfseed.inference.optimum import find_optimum, make_profiles
    from selfseed.inference.posterior import sample_posterior

    study: Study = likelihood.study
    with talk.progress("searching") as progress:
        best = find_optimum(likelihood, starts=starts, seed=seed, threads=threads, chunks=kept, progress=progress)
    talk.say(f"{best.reached} of {best.starts} searches reached the best")
    with talk.progress("profiles") as progress:
        profiles = make_profiles(likelihood, best, threads=threads, chunks=kept, progress=progress)
    posterior, sentences, together = None, _words_on_optimum(best, profiles), None
    values = best.values[None]
    told: tuple = ()
    if method is Method.mcmc:
        with talk.progress("sampling") as progress:
            posterior = sample_posterior(
                likelihood, best, samples=samples, seed=seed, threads=threads, chunks=kept, progress=progress
            )
        import numpy as np

        values = posterior.flat()
        told = judge(study, np.stack([posterior.chains(n) for n in range(len(study.names))], axis=-1))
        together = correlations(study, values)
        sentences += words(told)
    advices = _advise(likelihood, best, profiles, told, together)
    bands = predictive_bands(likelihood, values, seed=seed)
    sentences += say_designs(study, advices)
    summary = _summary(study, method, seed, best, profiles, posterior, told, bands, sentences)
    summary["designs"] = tell_designs(advices)
    _write(draft, study, summary, profiles, posterior, bands)
    talk.say("drawing the report ...")
    from selfseed.views.fit import write_report

    write_report(draft / "report.html", study, summary, profiles, values if posterior else None, bands)
    return summary


def _by_animals(
    likelihood: Any, draft: Path, kept: Chunks, talk: Talk, seed: int, particles: int, rounds: int, hands: Hands
) -> dict[str, Any]:
    """Fit by simulated animals, write everything into the draft, and return the summary."""
    import numpy as np

    from selfseed import __version__
    from selfseed.inference.abc_of_study import run_abc
    from selfseed.inference.diagnostics import predictive_bands

    study: Study = likelihood.study
    with talk.progress("rounds") as progress:
        found = run_abc(
            study, seed=seed, particles=particles, generations=rounds, workers=hands.workers, cluster=hands.cluster,
            chunks=kept, progress=progress, say=talk.say,
        )  # fmt: skip
    result = found.result
    shares = (np.arange(RESAMPLED) + 0.5) / RESAMPLED
    values = found.values[np.searchsorted(np.cumsum(result.weights), shares).clip(max=len(result.weights) - 1)]
    parameters: list[dict[str, Any]] = []
    for one, column in zip(study.parameters, values.T, strict=True):
        low, median, high = (float(value) for value in np.quantile(column, [0.025, 0.5, 0.975]))
        before = np.var(one.prior.to_scale(np.asarray(one.prior.draw((np.arange(999) + 0.5) / 999))))
        after = {"median": median, "low": low, "high": high, "r_hat": None, "effective": result.effective}
        after["contraction"] = 1.0 - float(np.var(one.prior.to_scale(column)) / before)
        entry = {"name": one.name, "unit": one.unit, "optimum": None, "profile_95": [None, None], "posterior": after}
        parameters.append(entry)
    sentences = [
        f"{one['name']}: these data hardly tell it (its spread shrank by {one['posterior']['contraction']:.0%})"
        for one in parameters
        if one["posterior"]["contraction"] < HARDLY
    ]
    bands = predictive_bands(likelihood, values, seed=seed)
    summary = {
        "kind": KIND, "schema_version": 1, "title": study.title, "scenario": study.scenario.title, "method": "abc",
        "seed": seed, "version": __version__, "measurements": len(study.data), "log_likelihood": None,
        "log_posterior": None, "starts": None, "reached": None, "accepted": list(result.accepted),
        "tolerances": [_finite(one) for one in result.tolerances], "simulations": result.simulations,
        "parameters": parameters, "inside_90": _finite(bands.inside), "words": sentences,
    }  # fmt: skip
    _write(draft, study, summary, (), None, bands, values)
    talk.say("drawing the report ...")
    from selfseed.views.fit import write_report

    write_report(draft / "report.html", study, summary, (), values, bands)
    return summary


def _of_population(study: Study, draft: Path, kept: Chunks, talk: Talk, seed: int, threads: int) -> dict[str, Any]:
    """Fit how animals differ, write everything into the draft, and return the summary."""
    import pandas as pd

    from selfseed import __version__
    from selfseed.inference.population_of_study import fit_population
    from selfseed.views.many import write_page

    talk.say("one mean field for each animal and point of the quadrature ...")
    found = fit_population(study, threads=threads, chunks=kept)
    parameters: list[dict[str, Any]] = []
    for one in study.parameters:
        if one.name not in found.median:
            continue
        at = one.prior.to_scale(found.median[one.name])
        reach = 1.96 * found.standard_error[one.name]
        limits = [one.prior.from_scale(float(at + sign * reach)) if math.isfinite(reach) else None for sign in (-1, 1)]
        between = found.spread.get(one.name)
        error = None if between is None else _finite(found.standard_error[f"spread {one.name}"])
        parameters.append({"name": one.name, "unit": one.unit, "optimum": found.median[one.name], "profile_95": limits,
                           "between": between, "between_error": error})  # fmt: skip
    words = [] if found.converged else ["the search did not come to an end: do not trust these numbers"]
    summary = {
        "kind": KIND, "schema_version": 1, "title": study.title, "scenario": study.scenario.title,
        "method": "population", "seed": seed, "version": __version__, "measurements": len(study.data),
        "log_likelihood": found.log_likelihood, "animals": len(found.animals), "error": found.error,
        "correlation": found.correlation.tolist(), "converged": found.converged, "parameters": parameters,
        "words": words,
    }  # fmt: skip
    animals = pd.DataFrame(found.of_animals, columns=list(found.names))
    animals.insert(0, "animal", found.animals)
    rows = [
        {"parameter": one["name"], "unit": one["unit"], "median of animals": one["optimum"],
         "95 % from": one["profile_95"][0] or math.nan, "to": one["profile_95"][1] or math.nan,
         "spread of the logarithm": math.nan if one["between"] is None else one["between"]}
        for one in parameters
    ]  # fmt: skip
    facts = f"{len(study.data)} volumes of {len(found.animals)} animals; one measurement errs by {found.error:.0%}"
    try:
        animals.to_csv(draft / "animals.tsv", sep="\t", index=False, float_format="%.10g")
        (draft / MARKER).write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        write_page(
            draft / "report.html", study.title or "A fit", facts, list, rows, caption="Parameters with 95 % limits"
        )
    except OSError as error:
        raise OutputError(f"{draft} cannot be written: {error.strerror or error}") from None
    return summary


def _advise(
    likelihood: Any, best: Optimum, profiles: Sequence[ProfileOfFit], told: Sequence[Any], together: Any
) -> tuple[Advice, ...]:
    """Return what else to measure for all that the data do not tell; nothing where the mean field cannot be solved."""
    from selfseed.base.errors import RunError
    from selfseed.inference.design import advise, know
    from selfseed.inference.diagnostics import SILENT

    try:
        knowledge = know(likelihood, best.point)
    except RunError:
        return ()
    flat = [one.name for one in profiles if not all(map(math.isfinite, one.interval()))]
    flat += [one.name for one in told if one.contraction < SILENT and one.name not in flat]
    return advise(knowledge, knowledge.correlations() if together is None else together, flat)


def _words_on_optimum(best: Optimum, profiles: Sequence[ProfileOfFit]) -> tuple[str, ...]:
    said = []
    if best.starts > 1 and best.reached == 1:
        said.append("only one search reached the best: there may be a better one; take more --starts")
    for profile in profiles:
        low, high = profile.interval()
        if not (math.isfinite(low) and math.isfinite(high)):
            side = "either side" if math.isinf(low) and math.isinf(high) else "one side"
            said.append(f"{profile.name}: no limit to {side} within the prior; these data do not tell it")
    return tuple(said)


def _summary(
    study: Study, method: Method, seed: int, best: Optimum, profiles: Sequence[ProfileOfFit],
    posterior: Posterior | None, told: Sequence[Any], bands: Bands, sentences: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    from selfseed import __version__

    parameters = []
    for number, (one, profile) in enumerate(zip(study.parameters, profiles, strict=True)):
        entry = {
            "name": one.name, "unit": one.unit, "optimum": float(best.values[number]),
            "profile_95": [_finite(limit) for limit in profile.interval()],
        }  # fmt: skip
        if told:
            after = {key: _finite(value) for key, value in asdict(told[number]).items() if key != "name"}
            entry["posterior"] = after
        parameters.append(entry)
    return {
        "kind": KIND, "schema_version": 1, "title": study.title, "scenario": study.scenario.title,
        "method": method.value, "seed": seed, "version": __version__, "measurements": len(study.data),
        "log_likelihood": best.log_likelihood, "log_posterior": best.log_posterior, "starts": best.starts,
        "reached": best.reached, "accepted": posterior.accepted if posterior else None, "parameters": parameters,
        "inside_90": _finite(bands.inside), "words": list(sentences),
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _write(
    draft: Path, study: Study, summary: Mapping[str, Any], profiles: Sequence[ProfileOfFit],
    posterior: Posterior | None, bands: Bands, values: Any = None,
) -> None:  # fmt: skip
    import pandas as pd

    from selfseed.scenario import to_yaml

    falls = [
        {"parameter": one.name, "value": value, "fall": fall}
        for one in profiles
        for value, fall in zip(one.value, one.fall, strict=True)
    ]
    data = pd.DataFrame({**vars(study.data), "low": bands.low, "median": bands.median, "high": bands.high})
    tables = {"predicted.tsv": data} | ({"profiles.tsv": pd.DataFrame(falls)} if falls else {})
    values = posterior.flat() if posterior is not None else values
    if values is not None:
        tables["posterior.tsv.gz"] = pd.DataFrame(values, columns=list(study.names))
    try:
        for name, frame in tables.items():
            packed: Any = {"method": "gzip", "mtime": 0} if name.endswith(".gz") else None
            frame.to_csv(draft / name, sep="\t", index=False, float_format="%.10g", compression=packed)
        (draft / "scenario.yaml").write_text(to_yaml(study.scenario), encoding="utf-8")
        (draft / MARKER).write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{draft} cannot be written: {error.strerror or error}") from None


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
