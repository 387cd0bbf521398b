"""Carry out a fit: search, sample or simulate, and leave the numbers, where they came from, and a report."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.base.errors import OutputError
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    import pandas as pd

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
NO_SETTING = ("command", "seed", "version")
LIBRARIES = {"mcmc": ("emcee",), "abc": (), "optimum": (), "population": ()}
"""What a method needs beyond the usual libraries."""

Tables = dict[str, "pd.DataFrame"]


@dataclass(frozen=True)
class Job:
    """State a fit: what is asked, who does the work, and where it goes.

    Attributes
    ----------
    study : Study
    draft : Path
        The folder that is filled.
    kept : Chunks
    talk : Talk
    seed : int
    asked : mapping
        All that decides the numbers: ``method``, ``starts``, ``samples``, ``particles``, ``rounds``.
    threads : int
    hands : Hands
        Of abc; like threads, they never change a number.
    """

    study: Study
    draft: Path
    kept: Chunks
    talk: Talk
    seed: int
    asked: Mapping[str, Any]
    threads: int
    hands: Hands


def carry_out(job: Job) -> dict[str, Any]:
    """Fit, write everything into the draft, and return the summary.

    Raises
    ------
    OutputError
        If the disk does not take it.
    """
    import xarray as xr

    from selfseed.results import build_manifest, hash_files, resources_used

    started, clock, before = datetime.now(UTC), time.perf_counter(), resources_used()
    inputs = hash_files(job.study.files)
    how = {"abc": _by_animals, "population": _of_population}.get(job.asked["method"], _by_searches)
    told, tables = how(job)
    settings = {name: value for name, value in job.asked.items() if name not in NO_SETTING}
    notes = [f"{job.kept.found} chunks were there from before"] if job.kept.found else []
    manifest = build_manifest(
        job.study.scenario, xr.Dataset(), tables, seed=job.seed, settings=settings, started=started,
        elapsed_s=time.perf_counter() - clock, usage_before=before, notes=notes, inputs=inputs,
        libraries=LIBRARIES[job.asked["method"]],
    )  # fmt: skip
    _write(job, told, tables, manifest)
    return told


def _by_searches(job: Job) -> tuple[dict[str, Any], Tables]:
    """Search, follow profiles, and sample where asked; return the summary and the tables."""
    from selfseed.inference.design_words import say_designs, tell_designs
    from selfseed.inference.diagnostics import correlations, judge, predictive_bands, words
    from selfseed.inference.likelihood import make_likelihood
    from selfseed.inference.optimum import find_optimum, make_profiles
    from selfseed.inference.posterior import sample_posterior
    from selfseed.views.fit import write_report

    study, talk, likelihood = job.study, job.talk, make_likelihood(job.study)
    how: dict[str, Any] = {"threads": job.threads, "chunks": job.kept}
    with talk.progress("searching") as progress:
        best = find_optimum(likelihood, starts=job.asked["starts"], seed=job.seed, progress=progress, **how)
    talk.say(f"{best.reached} of {best.starts} searches reached the best")
    with talk.progress("profiles") as progress:
        profiles = make_profiles(likelihood, best, progress=progress, **how)
    posterior, sentences, together = None, _words_on_optimum(best, profiles), None
    values = best.values[None]
    told: tuple = ()
    if job.asked["method"] == "mcmc":
        import numpy as np

        samples = job.asked["samples"]
        with talk.progress("sampling") as progress:
            posterior = sample_posterior(likelihood, best, samples=samples, seed=job.seed, progress=progress, **how)
        values = posterior.flat()
        told = judge(study, np.stack([posterior.chains(n) for n in range(len(study.names))], axis=-1))
        together = correlations(study, values)
        sentences += words(told)
    advices = _advise(likelihood, best, profiles, told, together)
    bands = predictive_bands(likelihood, values, seed=job.seed)
    sentences += say_designs(study, advices)
    summary = _summary(job, best, profiles, posterior, told, bands, sentences)
    summary["designs"] = tell_designs(advices)
    sampled = values if posterior else None
    _draw(job, lambda path: write_report(path, study, summary, profiles, sampled, bands))
    return summary, _tables(study, profiles, sampled, bands)


def _by_animals(job: Job) -> tuple[dict[str, Any], Tables]:
    """Fit by simulated animals; return the summary and the tables."""
    import numpy as np

    from selfseed import __version__
    from selfseed.inference.abc_of_study import run_abc
    from selfseed.inference.diagnostics import predictive_bands
    from selfseed.inference.likelihood import make_likelihood
    from selfseed.views.fit import write_report

    study, asked, hands = job.study, job.asked, job.hands
    with job.talk.progress("rounds") as progress:
        found = run_abc(
            study, seed=job.seed, particles=asked["particles"], generations=asked["rounds"], workers=hands.workers,
            cluster=hands.cluster, chunks=job.kept, progress=progress, say=job.talk.say,
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
    bands = predictive_bands(make_likelihood(study), values, seed=job.seed)
    summary = {
        "kind": KIND, "schema_version": 1, "title": study.title, "scenario": study.scenario.title, "method": "abc",
        "seed": job.seed, "version": __version__, "measurements": len(study.data), "log_likelihood": None,
        "log_posterior": None, "starts": None, "reached": None, "accepted": list(result.accepted),
        "tolerances": [_finite(one) for one in result.tolerances], "simulations": result.simulations,
        "parameters": parameters, "inside_90": _finite(bands.inside), "words": sentences,
    }  # fmt: skip
    _draw(job, lambda path: write_report(path, study, summary, (), values, bands))
    return summary, _tables(study, (), values, bands)


def _of_population(job: Job) -> tuple[dict[str, Any], Tables]:
    """Fit how animals differ; return the summary and the table of the animals."""
    import pandas as pd

    from selfseed import __version__
    from selfseed.inference.population_of_study import fit_population
    from selfseed.views.many import write_page

    study = job.study
    job.talk.say("one mean field for each animal and point of the quadrature ...")
    found = fit_population(study, threads=job.threads, chunks=job.kept)
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
        "method": "population", "seed": job.seed, "version": __version__, "measurements": len(study.data),
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
    title, caption = study.title or "A fit", "Parameters with 95 % limits"
    _draw(job, lambda path: write_page(path, title, facts, list, rows, caption=caption))
    return summary, {"animals.tsv": animals}


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
    job: Job, best: Optimum, profiles: Sequence[ProfileOfFit],
    posterior: Posterior | None, told: Sequence[Any], bands: Bands, sentences: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    from selfseed import __version__

    study = job.study
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
        "method": job.asked["method"], "seed": job.seed, "version": __version__, "measurements": len(study.data),
        "log_likelihood": best.log_likelihood, "log_posterior": best.log_posterior, "starts": best.starts,
        "reached": best.reached, "accepted": posterior.accepted if posterior else None, "parameters": parameters,
        "inside_90": _finite(bands.inside), "words": list(sentences),
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _tables(study: Study, profiles: Sequence[ProfileOfFit], values: Any, bands: Bands) -> Tables:
    """Return what goes to the disk as tables: predictions, and profiles and samples where there are any."""
    import pandas as pd

    falls = [
        {"parameter": one.name, "value": value, "fall": fall}
        for one in profiles
        for value, fall in zip(one.value, one.fall, strict=True)
    ]
    data = pd.DataFrame({**vars(study.data), "low": bands.low, "median": bands.median, "high": bands.high})
    tables = {"predicted.tsv": data} | ({"profiles.tsv": pd.DataFrame(falls)} if falls else {})
    if values is not None:
        tables["posterior.tsv.gz"] = pd.DataFrame(values, columns=list(study.names))
    return tables


def _draw(job: Job, write: Callable[[Path], Any]) -> None:
    job.talk.say("drawing the report ...")
    try:
        write(job.draft / "report.html")
    except OSError as error:
        raise OutputError(f"{job.draft} cannot be written: {error.strerror or error}") from None


def _write(job: Job, summary: Mapping[str, Any], tables: Tables, manifest: Mapping[str, Any]) -> None:
    from selfseed.scenario import to_yaml

    draft = job.draft
    try:
        for name, frame in tables.items():
            packed: Any = {"method": "gzip", "mtime": 0} if name.endswith(".gz") else None
            frame.to_csv(draft / name, sep="\t", index=False, float_format="%.10g", compression=packed)
        (draft / "scenario.yaml").write_text(to_yaml(job.study.scenario), encoding="utf-8")
        (draft / MARKER).write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        (draft / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{draft} cannot be written: {error.strerror or error}") from None
