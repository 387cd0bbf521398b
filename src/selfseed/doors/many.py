"""Carry out long jobs: very many replicates of a scenario, or a sweep over any of its fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.base.errors import OutputError, Problem, ScenarioError
from selfseed.doors import folder, question
from selfseed.doors.run import Order, make_parents
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selfseed.results.chunks import Chunks
    from selfseed.results.ensemble import Ensemble
    from selfseed.scenario import Scenario

MANY = 1000
"""Replicates per arm above which means, quantiles and some courses are kept, not every family of cells."""

MARKER = "summary.json"


@dataclass(frozen=True)
class Hands:
    """Say who does the work; it never changes a number.

    Attributes
    ----------
    workers : int or None
        Processes on this machine, or workers of a local cluster.
    cluster : str or None
        ``local``, or the address of a Dask scheduler.
    """

    workers: int | None
    cluster: str | None


def simulate_many(order: Order, hands: Hands, talk: Talk, *, report: bool) -> tuple[Ensemble, Path]:
    """Simulate very many replicates of ``order``, keep what is left of them, and draw it.

    Raises
    ------
    OutputError
        Before anything is computed, if the results cannot be written where they should go.
    RunError
        If the simulation cannot be carried through.
    """
    from selfseed.analysis.ensembles import summary
    from selfseed.engine.ensemble import simulate_ensembles

    make_parents(order.out)
    with (
        _holding(order, "ensemble", {**order.asked, "kept": "summary"}, talk) as (draft, kept),
        talk.progress("simulating") as progress,
    ):
        _, ensemble = next(
            simulate_ensembles(
                [order.scenario], seed=order.seed, replicates=order.replicates, engine=order.engine,
                workers=hands.workers, cluster=hands.cluster, chunks=kept, progress=progress, say=talk.say,
            )
        )  # fmt: skip
        _keep(draft, order.scenario, ensemble.manifest, summary(ensemble))
        ensemble.arrays.to_zarr(draft / "ensemble.zarr", mode="w-", zarr_format=3, consolidated=False)
        _write_rows(draft / "outcomes.tsv", _rows(ensemble))
        if report:
            talk.say("drawing the report ...")
            from selfseed.views.many import draw_courses, write_page

            write_page(
                draft / "report.html", order.scenario.title, _subtitle(order), lambda: draw_courses(ensemble),
                _rows(ensemble),
            )  # fmt: skip
    return ensemble, order.out / "report.html" if report else order.out


def sweep(
    order: Order, points: Sequence[Mapping[str, Any]], hands: Hands, talk: Talk, *, report: bool
) -> tuple[list[dict[str, Any]], Path]:
    """Simulate a scenario at every point, and return one row per point, arm, site and quantity, and their path.

    Raises
    ------
    ScenarioError
        Before anything is computed, if a point is not allowed.
    OutputError
        Before anything is computed, if the results cannot be written where they should go.
    RunError
        If the simulation cannot be carried through.
    """
    from selfseed.engine.ensemble import simulate_ensembles

    scenarios = scenarios_at(order.scenario, points)
    make_parents(order.out)
    asked = {**order.asked, "command": "sweep", "points": _hash(points)}
    with _holding(order, "sweep", asked, talk) as (draft, kept), talk.progress("sweeping") as progress:
        found: dict[int, list[dict[str, Any]]] = {}
        manifest: Mapping[str, Any] = {}
        for number, ensemble in simulate_ensembles(
            scenarios, seed=order.seed, replicates=order.replicates, engine=order.engine, workers=hands.workers,
            cluster=hands.cluster, chunks=kept, progress=progress, say=talk.say,
        ):  # fmt: skip
            found[number] = [{"point": number, **points[number], **row} for row in _rows(ensemble)]
            manifest = ensemble.manifest
        rows = [row for number in range(len(points)) for row in found[number]]
        told = {
            "kind": "sweep", "schema_version": 1, "scenario": order.scenario.title, "seed": order.seed,
            "replicates": order.replicates, "engine": order.engine, "points": [dict(point) for point in points],
            "rows_sha256": _hash(rows),
        }  # fmt: skip
        _keep(draft, order.scenario, manifest, told)
        _write_rows(draft / "points.tsv", [{"point": number, **point} for number, point in enumerate(points)])
        _write_rows(draft / "sweep.tsv", rows)
        if report:
            talk.say("drawing the report ...")
            from selfseed.views.many import draw_sweep, write_page

            title = f"{order.scenario.title}: a sweep"
            write_page(draft / "report.html", title, _subtitle(order), lambda: draw_sweep(rows, points), rows)
    return rows, order.out / "report.html" if report else order.out


def scenarios_at(scenario: Scenario, points: Sequence[Mapping[str, Any]]) -> list[Scenario]:
    """Return the scenario at every point; the problems of all points are told at once.

    Raises
    ------
    ScenarioError
        With what each point is not allowed to be.
    """
    from selfseed.scenario.vary import vary

    found, problems = [], []
    for number, point in enumerate(points):
        try:
            found.append(vary(scenario, point))
        except ScenarioError as error:
            problems += [Problem(f"point {number}: {one.where}", one.what, one.remedy) for one in error.problems]
    if problems:
        raise ScenarioError("the sweep", problems)
    return found


@contextmanager
def _holding(order: Order, kind: str, asked: Mapping[str, Any], talk: Talk) -> Iterator[tuple[Path, Chunks]]:
    """Hold the place of the results, and the chunks beside it; say after Ctrl-C how to go on."""
    from selfseed.results import chunks

    with (
        chunks.hold(order.out, asked, resume=order.resume, force=order.force, say=talk.say) as kept,
        folder.hold(order.out, MARKER, kind, force=order.force) as draft,
    ):
        try:
            yield draft, kept
        except KeyboardInterrupt:
            talk.say(kept.tell_stopped(f"the same command with --seed {order.seed} --out {order.out} --resume"))
            raise
        if kept.found:
            talk.say(f"{kept.found} chunks were there from before")


def _rows(ensemble: Ensemble) -> list[dict[str, Any]]:
    from selfseed.analysis.ensembles import rows

    return list(rows(ensemble))


def _keep(draft: Path, scenario: Scenario, manifest: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    from selfseed.scenario import to_yaml

    try:
        (draft / "scenario.yaml").write_text(to_yaml(scenario), encoding="utf-8")
        (draft / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        (draft / MARKER).write_text(json.dumps(told, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise folder.cannot_be_written(draft, error) from None


def _write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import pandas as pd

    try:
        pd.DataFrame(rows).to_csv(path, sep="\t", index=False, float_format="%.10g")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None


def _hash(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()


def _subtitle(order: Order) -> str:
    return f"{order.replicates:,} replicates in each arm, seed {order.seed}, {order.engine} engine"


def read_points(path: Path) -> list[dict[str, Any]]:
    """Return the points that a table holds: columns are fields of the scenario, rows are points.

    Raises
    ------
    ScenarioError
        If there is no such table, or if it is not one.
    """
    from selfseed.interchange import table
    from selfseed.interchange.mistakes import Mistakes
    from selfseed.interchange.text import read_text
    from selfseed.scenario.design import points_of_table

    mistakes = Mistakes(str(path))
    found = table.parse(read_text(path), mistakes)
    mistakes.stop()
    return points_of_table(found.columns, found.rows)


def sweep_directory(source: str, asked: str) -> Path:
    """Return where the results of a sweep go when nobody says."""
    place = question.run_directory(source, asked)
    return place.with_name(f"{place.name}-sweep")
