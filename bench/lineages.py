"""Clones with ancestry, trees of samples, a patient of 10^12 cells, the mean field, and how cost grows.

python bench/lineages.py [--figure FILE]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from records import add, record

import selfseed
from selfseed import __version__
from selfseed.base.streams import replicate_key
from selfseed.engine.animal import run_animal
from selfseed.engine.lineages import sample_ancestry, simulate_lineages
from selfseed.engine.mean_field import TOLERANCES, run_mean_field
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.scenario import resolve

SISTEM_S = 1081.0
"""CPU seconds of SISTEM 1.0.5 for 5,664 clones (it tracks genomes, too), measured once on such a machine."""

PATIENT = """
selfseed: 1
title: Fifteen years to 10^12 cells
host: human
clones: {tumour: {growth: {law: exponential, initial_rate: 0.00318}, shedding: {rate: 1e-4}}}
sites: {breast: {organ: mammary_gland}, lung: {organ: lung}, bone: {organ: bone}, liver: {organ: liver}}
procedures: [{implant: tumour, site: breast, cells: 1e6, at: 0 day}]
measurements: [{volume: [breast, lung], every: 365 day}]
duration: 5475 day
replicates: 1
parameters: {growth.between_rate: 0, growth.between_decay: 0}
"""
FIELD = """
selfseed: 1
title: The mean of a mouse
host: mouse
clones: {mine: {}}
sites: {SITES}
procedures: [{implant: mine, site: left, cells: 1e6, at: 0 day}]
measurements: [{volume: left, every: 2 day}]
duration: 40 day
replicates: 1
numerics: {cohorts: 1}
"""
FIELDS = {
    "one tumour": "left: {organ: mammary_gland}",
    "two tumours": "left: {organ: mammary_gland}, right: {organ: mammary_gland}",
    "tumour and lung": "left: {organ: mammary_gland}, lung: {organ: lung}",
}
EXACT = (1e-12, 1e-11)
MOUSE = """
selfseed: 1
title: How cost grows
host: mouse
clones: {mine: {}, CLONES}
sites: {left: {organ: mammary_gland}, SITES}
procedures: [{implant: mine, site: left, cells: 1e6, at: 0 day}, PROCEDURES]
measurements: [{volume: left, every: 10 day}]
parameters: {establishment.home: HOME}
duration: 40 day
replicates: 1
"""


def seconds_of(work: Callable[[], object], times: int = 1) -> float:
    """Return the CPU seconds of one call, the first of which may compile and is not counted."""
    work()
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


def clones() -> list[dict]:
    """Measure clones with ancestry."""
    rates = ([1.0], [0.5], [[0.05]])
    number = next(n for n in range(50) if simulate_lineages(*rates, 20.0, seed=1, replicate=n).size > 3000)
    found = simulate_lineages(*rates, 30.0, seed=1, replicate=number)
    spent = seconds_of(lambda: simulate_lineages(*rates, 30.0, seed=1, replicate=number))
    per_s = found.size / spent
    note = f"{per_s:.3g} clones per CPU second, {found.itemsize} bytes each, {found['cells'].sum():.3g} cells alive"
    return [
        record("lineages", "selfseed", f"{found.size:,} clones", version=__version__, cpu_seconds=spent,
               ratio_to_selfseed=1.0, accuracy="exact law", note=note),
        record("lineages", "SISTEM", "5,664 clones", version="1.0.5", cpu_seconds=SISTEM_S,
               ratio_to_selfseed=SISTEM_S / 5664 * per_s,
               note="per clone; it tracks genomes, so this is not like for like; measured once, not by this command"),
    ]  # fmt: skip


def samples() -> list[dict]:
    """Measure trees of sampled cells."""
    rows = []
    for tips in (10_000, 1_000_000):
        spent = seconds_of(lambda tips=tips: sample_ancestry(1.0, 0.3, 0.01, 20.0, tips, seed=1), 3)
        known = {"version": __version__, "cpu_seconds": spent, "ratio_to_selfseed": 1.0, "accuracy": "exact law"}
        rows.append(record("samples", "selfseed", f"{tips:,} cells", note="8 bytes a vertex, no cell stored", **known))
    return rows


def patient() -> list[dict]:
    """Measure patients of about 10^12 cells and 15 years."""
    scenario = selfseed.read(PATIENT)
    arm = resolve(scenario)[0]
    setting, between, course = plan_setting(arm), plan_between(arm), plan_course(arm, scenario.numerics)
    families = scenario.numerics.max_families
    run_animal(setting, between, course, replicate_key(1, 0), families)
    spent, cells, found = [], [], []
    for number in range(20):
        began = time.process_time()
        outcome = run_animal(setting, between, course, replicate_key(1, number), families)
        spent.append(time.process_time() - began)
        cells.append(outcome.record.cells[-1].sum())
        found.append(outcome.families.size)
    note = f"most {1e3 * max(spent):.0f} ms; {np.median(cells):.2g} cells, {np.median(found):.0f} families (median)"
    known = {"version": __version__, "cpu_seconds": float(np.median(spent)), "ratio_to_selfseed": 1.0}
    return [record("patient", "selfseed", "15 years, 10^12 cells", note=note, **known)]


def mean_fields() -> list[dict]:
    """Measure solves of the mean field, beside CVODE on the exported SBML where libRoadRunner is installed."""
    rows = []
    for size, sites in FIELDS.items():
        scenario = selfseed.read(FIELD.replace("SITES", sites))
        arm, cohorts = resolve(scenario)[0], scenario.numerics.cohorts
        setting, course = plan_setting(arm), plan_course(arm, scenario.numerics)
        exact = run_mean_field(setting, course, cohorts, EXACT).record.cells[:, 0].sum(axis=1)

        def solve(setting=setting, course=course, cohorts=cohorts):
            return run_mean_field(setting, course, cohorts).record.cells[:, 0].sum(axis=1)

        spent = seconds_of(solve, 200)
        known = {"accuracy": _distance(solve(), exact), "note": NOTE}
        rows.append(
            record(
                "mean-field", "selfseed", size, version=__version__, cpu_seconds=spent, ratio_to_selfseed=1.0, **known
            )
        )
        rows += _by_roadrunner(arm, scenario.numerics, size, exact / setting.density_per_mm3, spent)
    return rows


NOTE = f"tolerances {TOLERANCES[0]:g} and {TOLERANCES[1]:g} cells; 40 days, asked every 2"


def _distance(found: np.ndarray, exact: np.ndarray) -> str:
    return f"{np.max(np.abs(found - exact) / exact):.0e} of the volume"


def _by_roadrunner(arm, numerics, size: str, exact: np.ndarray, own: float) -> list[dict]:
    try:
        import roadrunner
    except ImportError:
        return []
    from selfseed.engine.equations import mean_field_equations
    from selfseed.interchange.sbml import to_sbml

    runner = roadrunner.RoadRunner(to_sbml(mean_field_equations(arm, numerics)))
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = TOLERANCES
    runner.timeCourseSelections = ["time", "volume_left"]
    times = [float(day) for day in arm.times_day]
    spent = 0.0
    named = ("mean-field", "libRoadRunner, cvode", size)
    for count in range(201):
        runner.resetAll()
        began = time.process_time()
        try:
            found = np.array(runner.simulate(times=times))[:, 1]
        except RuntimeError as error:
            return [record(*named, version=roadrunner.__version__, note=f"gave up: {str(error).split(';')[0][:80]}")]
        spent += time.process_time() - began if count else 0.0
    known = {"accuracy": _distance(found, exact), "note": NOTE, "version": roadrunner.__version__}
    return [record(*named, cpu_seconds=spent / 200, ratio_to_selfseed=spent / 200 / own, **known)]


def mouse(sites: int = 1, clones: int = 1, home: float = 1e-3, times: int = 5) -> tuple[float, float]:
    """Return the CPU seconds of one mouse, and its families."""
    organs = ("lung", "bone", "brain", "liver", "kidney")
    more_sites = ", ".join(f"site {n}: {{organ: {organs[n % 5]}}}" for n in range(sites - 1))
    more_clones = ", ".join(f"clone {n}: {{from: mine}}" for n in range(clones - 1))
    put = ", ".join(f"{{implant: clone {n}, site: left, cells: 1e5, at: 0 day}}" for n in range(clones - 1))
    text = MOUSE.replace("CLONES", more_clones).replace("SITES", more_sites).replace("PROCEDURES", put)
    scenario = selfseed.read(text.replace("HOME", repr(home)))
    arm = resolve(scenario)[0]
    setting, between, course = plan_setting(arm), plan_between(arm), plan_course(arm, scenario.numerics)
    found = run_animal(setting, between, course, replicate_key(1, 0), 200_000).families.size
    spent = seconds_of(lambda: run_animal(setting, between, course, replicate_key(1, 0), 200_000), times)
    return spent, float(found)


def growth() -> dict[str, list[tuple[float, float]]]:
    """Return number and CPU seconds, for sites, clones, families and replicates."""
    return {
        "replicates": [(n, mouse(times=n)[0] * n) for n in (1, 10, 100, 1000)],
        "sites": [(n, mouse(sites=n)[0]) for n in (1, 2, 4, 8, 16, 32)],
        "clones": [(n, mouse(clones=n)[0]) for n in (1, 2, 4, 8, 16)],
        "families": [(families, spent) for spent, families in (mouse(home=h) for h in (1e-4, 1e-3, 1e-2, 1e-1))],
    }


def draw(curves: dict[str, list[tuple[float, float]]], path: Path) -> None:
    """Draw how cost grows."""
    from selfseed.views.style import drawing, grid, new_figure, place

    with drawing():
        figure = new_figure(2.3, 8.2)
        place(figure, left=0.75, right=0.1, bottom=0.55, top=0.3, wspace=0.4)
        for number, (name, curve) in enumerate(curves.items(), start=1):
            axes = figure.add_subplot(1, len(curves), number)
            numbers, seconds = np.array(curve).T
            axes.loglog(numbers, 1e3 * seconds, marker="o", markersize=3, linewidth=1.0, color="#0072b2")
            axes.set_ylim(1.0, 3000.0)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(lambda value, _: f"{value:,.0f}")
                axis.set_minor_formatter("")
            axes.set_xlabel(f"{name}" + ("" if name == "replicates" else " in a mouse"))
            grid(axes, "y")
        figure.axes[0].set_ylabel("CPU time (ms)")
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)


def main() -> None:
    """Measure, and keep the records."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    rows = [*clones(), *samples(), *patient(), *mean_fields()]
    curves = growth()
    for name, curve in curves.items():
        (first, least), (last, most) = curve[0], curve[-1]
        power = np.log(most / least) / np.log(last / first)
        note = f"{1e3 * least:.3g} ms at {first:.0f}; time grows with the power {power:.2f} between"
        rows.append(
            record("growth", "selfseed", f"{last:.0f} {name}", version=__version__, cpu_seconds=most, note=note)
        )
    add(rows)
    for row in rows:
        print(row["task"], row["program"], row["size"], row["cpu_seconds"], row["note"])
    if asked.figure:
        draw(curves, asked.figure)


if __name__ == "__main__":
    main()
