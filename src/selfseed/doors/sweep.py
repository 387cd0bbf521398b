"""The command `selfseed sweep`: a scenario over many values of any of its fields."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from selfseed.base.errors import Problem, ScenarioError
from selfseed.doors.talk import Talk


class Design(StrEnum):
    """How points are chosen."""

    grid = "grid"
    latin_hypercube = "latin-hypercube"
    sobol = "sobol"


class Engine(StrEnum):
    """The two engines over the one law."""

    stochastic = "stochastic"
    mean_field = "mean-field"


def sweep(
    source: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file, or a preset of `selfseed list`.")],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=VALUES",
            help="shedding.rate=1e-7,1e-6 or procedures.0.cells=1e4:1e6:5:log; repeat it for several fields.",
        ),
    ] = None,
    table: Annotated[Path | None, typer.Option(help="Take the points from a table: columns are fields.")] = None,
    design: Annotated[Design, typer.Option(help="All combinations, or points that fill the space.")] = Design.grid,
    points: Annotated[int, typer.Option(min=1, help="Points of the designs that fill the space.")] = 64,
    seed: Annotated[int | None, typer.Option(min=0, help="Where the random numbers start.")] = None,
    replicates: Annotated[int | None, typer.Option(min=1, help="Mice or patients per arm and point.")] = None,
    engine: Annotated[Engine, typer.Option(help="Whole cells by chance, or their mean.")] = Engine.stochastic,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes; never changes a number.")] = None,
    cluster: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask: `local`, or a scheduler, as tcp://host:8786.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Directory for the results.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted sweep.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the results that are there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the points, and do nothing.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave the report out.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Simulate a scenario at many values of any of its fields, all on the same random numbers.

    The last line on stdout is the path of the report; sweep.tsv beside it has a row per point, arm, site and quantity.
    """
    from selfseed.doors import many
    from selfseed.doors.run import make_order
    from selfseed.scenario.design import describe, make_points, read_varied

    order = make_order(
        source, seed=seed, replicates=replicates, threads=None, engine=engine, out=out, data=None, force=force,
        resume=resume,
    )  # fmt: skip
    if (table is None) == (not vary):
        raise ScenarioError("the command", [Problem("--vary", "nothing, or a table besides", "give --vary or --table")])
    chosen = many.read_points(table) if table else make_points(read_varied(vary or []), design, points, order.seed)
    if out is None:
        place = many.sweep_directory(source, f"{order.asked} {chosen}")
        order = replace(order, out=place)
    if dry_run:
        many.scenarios_at(order.scenario, chosen)
        print(f"{len(chosen)} points of {order.replicates} replicates in each arm, to {order.out}")
        print("\n".join(f"  {number}  {describe(point)}" for number, point in enumerate(chosen)))
        return
    talk = Talk(quiet)
    _, path = many.sweep(order, chosen, many.Hands(workers, cluster), talk, report=not no_report)
    print(path)
