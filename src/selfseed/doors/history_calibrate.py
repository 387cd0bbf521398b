"""Carry out `selfseed history calibrate`: infer patients whose truth is known, and hold each probability against it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from selfseed.doors.folder import hold
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.history.calibrate import Calibration
    from selfseed.history.simulate import SimulatedPatient

INDEX, KIND = "calibration.json", "calibration"
SIMULATORS, TRACKS = ("engine", "seeding"), ("tree", "reads")
IN_ONE_GO = 10
HEAD = "patient\tp_reseeding\treseeded\tp_primary_reseeded\tprimary_reseeded\tclones\tsites\tseconds"


@dataclass(frozen=True)
class Plan:
    """Hold everything that one call of ``selfseed history calibrate`` asks for."""

    out: Path
    patients: int
    simulator: str
    track: str
    prior: float
    seed: int
    budget_seconds: float
    workers: int
    force: bool


def carry_out(plan: Plan, talk: Talk) -> Path:
    """Infer all patients, write their table, the reliability curve and the scores, and return the curve's path."""
    from selfseed.history.calibrate import Calibration

    with hold(plan.out, INDEX, KIND, force=plan.force) as folder:
        rows = list(_all_rows(plan, talk))
        table = np.array([row[:2] for row in rows], dtype=np.float64).reshape(-1, 2)
        calibration = Calibration(table[:, 0], table[:, 1] > 0.5)
        lines = ["\t".join(str(value) for value in (number, *row)) for number, row in enumerate(rows)]
        (folder / "patients.tsv").write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
        (folder / "reliability.tsv").write_text(calibration.table(), encoding="utf-8")
        text = json.dumps({"kind": KIND, "asked": _asked(plan), **scores(calibration)}, indent=2)
        (folder / INDEX).write_text(text + "\n", encoding="utf-8")
    talk.say(told(calibration))
    return plan.out / "reliability.tsv"


def scores(calibration: Calibration) -> dict[str, float | int]:
    """Return the scores of a calibration by name."""
    bins = calibration.bins()
    return {
        "patients": int(calibration.truth.size),
        "reseeded": int(calibration.truth.sum()),
        "found": calibration.found,
        "false": calibration.false,
        "brier": calibration.brier,
        "log_loss": calibration.log_loss,
        "area_under_curve": calibration.area,
        "bins": len(bins),
        "bins_outside_band": sum(not each.inside for each in bins),
    }


def told(calibration: Calibration) -> str:
    """Return the scores in words."""
    bins = calibration.bins()
    outside = sum(not each.inside for each in bins)
    return (
        f"{calibration.truth.size} patients, {calibration.truth.sum()} reseeded: {calibration.found} found, "
        f"{calibration.false} false; Brier {calibration.brier:.3f}, log loss {calibration.log_loss:.3f}, "
        f"area under the curve {calibration.area:.3f}; "
        f"{outside} of {len(bins)} bins of the reliability curve outside their 95 % band"
    )


def _asked(plan: Plan) -> dict[str, object]:
    return {name: value for name, value in asdict(plan).items() if name not in ("out", "force")}


def _all_rows(plan: Plan, talk: Talk) -> Iterator[tuple]:
    """Yield a row a patient, in the same order and with the same numbers for any number of workers."""
    starts = range(0, plan.patients, IN_ONE_GO)
    tasks = [(plan, start, min(IN_ONE_GO, plan.patients - start)) for start in starts]
    workers = max(1, min(plan.workers, len(tasks), os.cpu_count() or 1))
    with ProcessPoolExecutor(workers) as pool:
        done = 0
        for rows in pool.map(_rows, tasks):
            done += len(rows)
            talk.say(f"{done} of {plan.patients} patients")
            yield from rows


def _rows(task: tuple[Plan, int, int]) -> list[tuple]:
    from selfseed.history.infer import infer_from_reads, infer_from_tree

    plan, start, count = task
    rows = []
    for patient in _patients(plan, start, count):
        tree, graph = patient.history.tree, patient.history.graph
        if plan.track == "reads":
            answer = infer_from_reads(
                patient.reads,
                graph.primary,
                prior=plan.prior,
                seed=plan.seed,
                budget_seconds=plan.budget_seconds,
                leave_out=False,
            )
        else:
            answer = infer_from_tree(tree, graph.primary, prior=plan.prior, seed=plan.seed, leave_out=False)
        rows.append(
            (
                round(answer.p_reseeding, 6),
                int(graph.reseeding),
                round(answer.p_primary_reseeded, 6),
                int(graph.primary_reseeded),
                len(tree),
                len(tree.sites),
                round(answer.trust.seconds, 2),
            )
        )
    return rows


def _patients(plan: Plan, start: int, count: int) -> Iterator[SimulatedPatient]:
    """Yield the patients of one task: of the engine, or of the simulator that the weights were learned from."""
    if plan.simulator == "engine":
        from selfseed.engine.patients import simulate_patients as of_engine

        return of_engine(count, seed=plan.seed + 1_000_003 * (1 + start // IN_ONE_GO))
    from selfseed.history.simulate import simulate_patients as of_seeding

    return of_seeding(count, seed=plan.seed, kinds=("mS", "S", "M", "R"), first=start)
