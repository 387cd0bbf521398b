"""The commands `selfseed sensitivity` and `selfseed identify`: what a result hangs on, and what a design can tell."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from selfseed.base.errors import OutputError, Problem, ScenarioError, nearest
from selfseed.doors.talk import Progress, Talk

if TYPE_CHECKING:
    import numpy as np

    from selfseed.inference.experiment import Experiment, Span
    from selfseed.inference.identifiability import Judgement, Profile
    from selfseed.inference.sensitivity import Indices


FIGURES = (".png", ".svg", ".pdf")


class Engine(StrEnum):
    """The two engines over the one law."""

    mean_field = "mean-field"
    stochastic = "stochastic"


Source = Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file, or a preset of `selfseed list`.")]
Parameters = Annotated[
    list[str] | None, typer.Option("--parameter", help="A parameter to vary, or NAME=LOW:HIGH; repeat it for several.")
]
Site = Annotated[str | None, typer.Option(help="Where outcomes are read. If absent: the recipient.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads to use; never changes a number.")]
Picture = Annotated[Path | None, typer.Option("--figure", help="Draw it, as .png, .svg or .pdf.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the figure that is there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print everything for a program to read.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


def sensitivity(
    source: Source,
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="gain, label_share, seeded_share, seeds, metastasis, ctc; repeat it. If absent: all."),
    ] = None,
    engine: Annotated[Engine, typer.Option(help="The mean, or whole cells by chance.")] = Engine.mean_field,
    parameter: Parameters = None,
    factor: Annotated[
        float, typer.Option(help="Either way, where the literature names no other value; its root if sourced.")
    ] = 3.0,
    samples: Annotated[int, typer.Option(help="Base points, a power of 2; times parameters + 2 are run.")] = 64,
    most: Annotated[int, typer.Option(min=1, help="With more parameters than this, Morris chooses.")] = 8,
    replicates: Annotated[int, typer.Option(min=2, help="Animals per point of the stochastic engine.")] = 16,
    site: Site = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Where the random numbers start.")] = 0,
    threads: Threads = None,
    figure: Picture = None,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say which parameters the results of a scenario hang on: Sobol indices with intervals.

    Stdout is a table: for each outcome and parameter the share of the variance that is its own (first), and with
    everything it takes part in (total). Spans, convergence and what chance does are said on stderr.
    """
    from selfseed.doors import question
    from selfseed.inference.experiment import OUTCOMES, make_experiment, make_spans
    from selfseed.inference.sensitivity import sobol

    talk = Talk(quiet)
    _check_figure(figure, force)
    wanted = _outcomes(outcome or list(OUTCOMES), list(OUTCOMES))
    if not 1.0 < factor <= 1e6:
        raise ScenarioError("the command", [Problem("--factor", f"{factor:g}", "must be above 1")])
    scenario = question.read(source)
    experiment = make_experiment(scenario, site)
    spans, notes = make_spans(scenario, parameter or (), factor=factor)
    for note in notes:
        talk.say(note)
    talk.say(f"outcomes of arm '{experiment.arm.name}', read in '{experiment.arm.sites[experiment.site][0]}'")
    count = replicates if engine is Engine.stochastic else 1
    places = [list(OUTCOMES).index(name) for name in wanted]

    def evaluate_for(chosen: Sequence[Span], talk: Talk, what: str) -> Callable[[np.ndarray], np.ndarray]:
        return lambda points: _evaluate(experiment, chosen, points, engine, count, seed, threads, talk, what)[
            ..., places
        ]

    if len(spans) > most:
        spans = _choose(spans, evaluate_for(spans, talk, "screening"), wanted, most, seed, talk)
    for span in spans:
        scale = "log-uniform" if span.is_log else "uniform"
        talk.say(f"{span.name}: {span.low:.4g} to {span.high:.4g}, {scale}, {span.why}")
    found = sobol(spans, evaluate_for(spans, talk, "points"), wanted, samples=samples, seed=seed)
    for line in _remarks(found, wanted, engine):
        talk.say(line)
    told = _sensitivity_told(found, spans, engine, samples, seed)
    if figure is not None:
        from selfseed.views.indices import draw_indices, write_figure

        write_figure(draw_indices(told), figure)
    print(json.dumps(told, indent=2) if as_json else "\n".join(_table(found, spans)))


def identify(
    source: Source,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", help="A parameter to tell; repeat it. If absent: the open ones.")
    ] = None,
    animals: Annotated[int, typer.Option(min=1, help="Mice in each group.")] = 20,
    site: Site = None,
    profiles: Annotated[int, typer.Option(min=0, help="Profile likelihoods of so many parameters, the worst.")] = 0,
    sampled: Annotated[int, typer.Option(min=50, help="Simulated animals that say how animals differ.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Where the random numbers start.")] = 0,
    figure: Picture = None,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Say which parameters an experiment could tell, which it could not, and what to measure besides.

    Stdout is a table: for each design the parameters that it tells, and the standard error of each logarithm.
    """
    from selfseed.doors import question
    from selfseed.inference.experiment import make_experiment
    from selfseed.inference.identifiability import jacobian, judge_designs, profile
    from selfseed.inference.measurements import DESIGNS, KINDS, OPEN_PARAMETERS, make_measurements

    talk = Talk(quiet)
    _check_figure(figure, force)
    experiment = make_experiment(question.read(source), site)
    measurements = make_measurements(experiment, parameter or OPEN_PARAMETERS)
    names = measurements.names
    for kind, meaning in KINDS.items():
        talk.say(f"{kind}: {meaning}")
    talk.say(f"noise: {animals} mice in each group that differ as {sampled} simulated ones, and errors of measurement")
    covariance = measurements.covariance(animals, sampled, seed)
    with talk.progress("derivatives") as progress:
        predict = _counted(measurements.predict, 2 * len(names), progress)
        derivative = jacobian(predict, len(names))
    judged = judge_designs(derivative, covariance, names, measurements.kinds, DESIGNS)
    for design, judgement in judged.items():
        talk.say(f"{design}: {judgement.words()}")
    talk.say(_best_addition(judged))
    worst = _worst(judged["all"], profiles)
    drawn: list[Profile] = []
    for name in worst:
        talk.say(f"profile likelihood of {name} ...")
        drawn.append(profile(measurements.predict, names, covariance, name, start=derivative))
        low, high = drawn[-1].interval()
        talk.say(f"{name}: with everything measured, its 95 % interval is {low:.3g}- to {high:.3g}-fold")
    told = _identify_told(judged, drawn, animals, seed)
    if figure is not None:
        from selfseed.views.indices import draw_designs, write_figure

        write_figure(draw_designs(told), figure)
    print(json.dumps(told, indent=2) if as_json else "\n".join(_judgements(judged)))


def _check_figure(path: Path | None, force: bool) -> None:
    if path is None:
        return
    if path.suffix not in FIGURES:
        raise ScenarioError("the command", [Problem("--figure", str(path), f"must end in {', '.join(FIGURES)}")])
    if path.exists() and not force:
        raise OutputError(f"{path} exists; --force replaces it")


def _outcomes(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    problems = []
    for name in wanted:
        if name not in known:
            close = nearest(name, known)
            hint = f"did you mean '{close}'?" if close else f"there are: {', '.join(known)}"
            problems.append(Problem("--outcome", repr(name), hint))
    if problems:
        raise ScenarioError("the command", problems)
    return list(dict.fromkeys(wanted))


def _evaluate(
    experiment: Experiment,
    spans: Sequence[Span],
    points: np.ndarray,
    engine: Engine,
    replicates: int,
    seed: int,
    threads: int | None,
    talk: Talk,
    what: str,
) -> np.ndarray:
    """Return the outcomes of all points, in their order, on any number of threads."""
    import numpy as np

    names = [span.name for span in spans]

    def run(point: np.ndarray) -> np.ndarray:
        values = dict(zip(names, map(float, point), strict=True))
        return experiment.outcomes(values, engine.value, replicates, seed)

    found = []
    with talk.progress(what) as progress, ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for done, outcome in enumerate(pool.map(run, points), start=1):
            found.append(outcome)
            progress(done, len(points))
    return np.array(found)


def _choose(
    spans: Sequence[Span],
    evaluate: Callable[[np.ndarray], np.ndarray],
    wanted: Sequence[str],
    most: int,
    seed: int,
    talk: Talk,
) -> tuple[Span, ...]:
    from selfseed.inference.sensitivity import morris

    talk.say(f"{len(spans)} parameters: Morris chooses the {most} that do most")
    screening = morris(spans, evaluate, wanted, trajectories=8, seed=seed)
    chosen = screening.strongest(most)
    effect = dict(zip((span.name for span in spans), screening.effect.max(axis=0), strict=True))
    left = sorted((name for name in effect if name not in {span.name for span in chosen}), key=lambda n: -effect[n])
    if left:
        shown = ", ".join(f"{name} {effect[name]:.2f}" for name in left[:5])
        weakest = min(effect[span.name] for span in chosen)
        talk.say(f"left out, the strongest first (effect over spread; the weakest kept has {weakest:.2f}): {shown}")
    return chosen


def _remarks(found: Sequence[Indices], wanted: Sequence[str], engine: Engine) -> Iterator[str]:
    told = {indices.outcome for indices in found}
    for name in wanted:
        if name not in told:
            yield f"{name}: does not change, or less than by chance"
    for indices in found:
        state = "converged" if indices.converged else "NOT converged, give more --samples"
        noise = f", {indices.noise:.0%} of the variance was chance and is taken out" if engine == "stochastic" else ""
        yield (
            f"{indices.outcome}: {state} (widest interval +-{indices.widest:.2f}, last doubling moved an index by "
            f"{indices.moved:.2f}){noise}"
        )


def _table(found: Sequence[Indices], spans: Sequence[Span]) -> Iterator[str]:
    yield "outcome\tparameter\tlow\thigh\tfirst\tfirst_low\tfirst_high\ttotal\ttotal_low\ttotal_high"
    for indices in found:
        for number in (-indices.total).argsort():
            span = spans[number]
            numbers = [
                indices.first[number], *indices.first_interval[number],
                indices.total[number], *indices.total_interval[number],
            ]  # fmt: skip
            shown = "\t".join(f"{value:.3f}" for value in numbers)
            yield f"{indices.outcome}\t{span.name}\t{span.low:.4g}\t{span.high:.4g}\t{shown}"


def _sensitivity_told(
    found: Sequence[Indices], spans: Sequence[Span], engine: Engine, samples: int, seed: int
) -> dict[str, Any]:
    return {
        "engine": engine.value,
        "samples": samples,
        "seed": seed,
        "spans": [{**vars(span), "scale": "log" if span.is_log else "linear"} for span in spans],
        "outcomes": [_plain(vars(indices)) | {"converged": indices.converged} for indices in found],
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.tolist() if hasattr(value, "tolist") else value for name, value in values.items()}


def _counted(predict: Callable[[np.ndarray], np.ndarray], total: int, progress: Progress) -> Any:
    done = 0

    def counted(logs: np.ndarray) -> np.ndarray:
        nonlocal done
        found = predict(logs)
        done += 1
        progress(done, total)
        return found

    return counted


def _best_addition(judged: dict[str, Judgement]) -> str:
    """Say which single addition to volumes and label share narrows the parameters most."""
    import numpy as np

    base = judged["volumes, label share"]
    gain = {
        design: float(np.log(base.error / judgement.error).sum())
        for design, judgement in judged.items()
        if design.startswith("...")
    }
    best = max(gain, key=lambda design: gain[design])
    order = ", ".join(
        f"{design.removeprefix('... and ')} {gain[design]:.2f}" for design in sorted(gain, key=lambda d: -gain[d])
    )
    return (
        f"beside volumes and label share, {best.removeprefix('... and ')} helps most "
        f"(e-folds by which it narrows all parameters together: {order})"
    )


def _worst(judgement: Judgement, count: int) -> list[str]:
    """Return the parameters that the data tell least, from the worst direction on."""
    order = abs(judgement.error).argsort()[::-1]
    return [judgement.names[number] for number in order[:count]]


def _judgements(judged: dict[str, Judgement]) -> Iterator[str]:
    names = next(iter(judged.values())).names
    yield "\t".join(["design", "told", "rank", "condition", *names])
    for design, judgement in judged.items():
        errors = [f"{error:.3g}" for error in judgement.error]
        condition = f"{judgement.condition:.2g}"
        yield "\t".join([design, str(len(judgement.told)), str(judgement.rank), condition, *errors])


def _identify_told(judged: dict[str, Judgement], drawn: Sequence[Profile], animals: int, seed: int) -> dict[str, Any]:
    import math

    def finite(value: Any) -> Any:
        if isinstance(value, list):
            return [finite(entry) for entry in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    designs = {
        design: {name: finite(value) for name, value in _plain(vars(judgement)).items()}
        | {"told": list(judgement.told), "words": judgement.words()}
        for design, judgement in judged.items()
    }
    profiles = [_plain(vars(one)) | {"interval": finite(list(one.interval()))} for one in drawn]
    return {"animals": animals, "seed": seed, "designs": designs, "profiles": profiles}
