"""Carry out the main job: from an order to a directory of results with a report in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.base.errors import OutputError
from selfseed.doors import question
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.results import Run
    from selfseed.results.chunks import Chunks
    from selfseed.scenario import Scenario


@dataclass(frozen=True)
class Order:
    """Hold everything that one call of ``selfseed simulate`` asks for."""

    source: str
    scenario: Scenario
    seed: int
    seed_is_drawn: bool
    replicates: int
    threads: int | None
    engine: str
    out: Path
    data: Path | None
    force: bool
    resume: bool = False

    @property
    def asked(self) -> dict[str, Any]:
        """Return all that decides the numbers, ready for JSON."""
        from selfseed import __version__
        from selfseed.scenario import to_yaml

        return {
            "command": "simulate",
            "scenario": hashlib.sha256(to_yaml(self.scenario).encode()).hexdigest(),
            "seed": self.seed,
            "replicates": self.replicates,
            "engine": self.engine,
            "version": __version__,
        }


def make_order(
    source: str,
    *,
    seed: int | None,
    replicates: int | None,
    threads: int | None,
    engine: str,
    out: Path | None,
    data: Path | None,
    force: bool,
    resume: bool = False,
) -> Order:
    """Return the order for ``source``: what is not given comes from the scenario, a missing seed from chance.

    Raises
    ------
    ScenarioError
        If the scenario has problems.
    """
    from selfseed.results.chunks import asked_before
    from selfseed.scenario import to_yaml

    scenario = question.read(source)
    given_seed = scenario.seed if seed is None else seed
    if resume and given_seed is None and out is not None:
        given_seed = (asked_before(out) or {}).get("seed")
    final_seed = question.draw_seed() if given_seed is None else given_seed
    final_replicates = 1 if engine == "mean-field" else replicates or scenario.replicates
    asked = f"{to_yaml(scenario)} {final_seed} {final_replicates} {engine}"
    return Order(
        source=source,
        scenario=scenario,
        seed=final_seed,
        seed_is_drawn=given_seed is None,
        replicates=final_replicates,
        threads=threads,
        engine=engine,
        out=out or question.run_directory(source, asked),
        data=data,
        force=force,
        resume=resume,
    )


def plan(order: Order) -> str:
    """Return what carrying out ``order`` would do: arms, mice, days, seed and place."""
    from selfseed.scenario import resolve

    arms = resolve(order.scenario)
    width = max(len(arm.name) for arm in arms)
    seed = f"{order.seed} (drawn)" if order.seed_is_drawn else str(order.seed)
    ranges = ", ".join(order.scenario.uncertain)
    return "\n".join(
        [
            order.scenario.title,
            f"  arms        {len(arms)}",
            *(f"              {arm.name:<{width}}  {arm.description}".rstrip() for arm in arms),
            f"  replicates  {order.replicates} in each arm, {len(arms) * order.replicates} in all",
            *([f"  ranges      {ranges}"] if ranges else []),
            f"  duration    {arms[0].duration_day:g} days",
            f"  engine      {order.engine}",
            f"  seed        {seed}",
            f"  results     {order.out}{' (is there; --force replaces it)' if order.out.exists() else ''}",
        ]
    )


def carry_out(order: Order, talk: Talk, *, report: bool) -> tuple[Run, Path]:
    """Simulate ``order``, keep it and draw it; return the run, and the path of its report or else of its directory.

    Raises
    ------
    OutputError
        Before anything is computed, if the results cannot be written where they should go.
    ScenarioError
        Before anything is computed, if the measured volumes cannot be read.
    RunError
        If the simulation cannot be carried through.
    """
    from selfseed.analysis import summary
    from selfseed.results import chunks, store

    if order.data is not None:
        _prove_readable(order.data)
    make_parents(order.out)
    with (
        store.prepare(order.out, force=order.force) as place,
        chunks.hold(order.out, order.asked, resume=order.resume, force=order.force, say=talk.say) as kept,
    ):
        run = _simulate(order, talk, kept)
        talk.say(f"keeping the results in {order.out} ...")
        place.write(run, summary(run), log="\n".join(talk.said) + "\n")
    return run, draw(run, order.out / "report.html", order.data, talk) if report else order.out


def draw(run: Run, path: Path, data: Path | None, talk: Talk) -> Path:
    """Draw the report of ``run`` and its figures, and return its path.

    Raises
    ------
    OutputError
        If the report cannot be written to ``path``.
    ScenarioError
        If the measured volumes in ``data`` cannot be read.
    """
    from selfseed.views.report import write_report

    talk.say("drawing the report ...")
    try:
        return write_report(run, path, data=data, log=talk.detail)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}; --out names another place") from None


def _simulate(order: Order, talk: Talk, kept: Chunks) -> Run:
    from selfseed.engine import simulate

    if order.seed_is_drawn:
        talk.say(f"no seed was given: {order.seed} is drawn and kept; --seed {order.seed} repeats this run")
    with talk.progress("simulating") as progress:
        try:
            run = simulate(
                order.scenario,
                seed=order.seed,
                replicates=order.replicates,
                engine=order.engine,
                threads=order.threads,
                progress=progress,
                notify=talk.say,
                chunks=kept,
            )
        except KeyboardInterrupt:
            talk.say(kept.tell_stopped(f"the same command with --seed {order.seed} --out {order.out} --resume"))
            raise
    if kept.found:
        talk.say(f"{kept.found} chunks were there from before")
    return replace(run, manifest={**run.manifest, "inputs": _inputs(order)})


def _inputs(order: Order) -> list[dict[str, str]]:
    from selfseed.results import hash_files

    return hash_files([path for path in (Path(order.source), order.data) if path is not None and path.is_file()])


def _prove_readable(data: Path) -> None:
    from selfseed.views.measured import read_volumes

    read_volumes(data)


def make_parents(out: Path) -> None:
    """Make the directory in which ``out`` will be.

    Raises
    ------
    OutputError
        If it cannot be made.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out} cannot be made: {error.strerror}; --out names another place") from None
