"""Say in a few aligned lines what a run found: ``print(run)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from selfseed.results import measures
from selfseed.results.estimates import Estimate, difference

if TYPE_CHECKING:
    from selfseed.results.run import Run

ANIMALS = {"mouse": ("mouse", "mice"), "human": ("patient", "patients")}
NOTHING = "-"


def describe(run: Run) -> str:
    """Return what a biologist asks first: who was seeded, how much, by which route, and what each arm changed."""
    readings = measures.readings(run)
    site = measures.main_site(run)
    control = _arms(run)[0]
    label = readings[site].label
    compared = f"{label} share" if label else "log volume"
    head = ["seeded", f"{label} share" if label else "", "volume", f"seeds per {ANIMALS[run.scenario.host][0]}"]
    rows = [[f"{site}, day {readings[site].time_day:g}", *head, f"{compared} against {control}"]]
    rows += [
        [f"  {name}", *_row(run, site, arm), _effect(run, site, arm) if arm else "(control)"]
        for arm, name in enumerate(_arms(run))
    ]
    others = [other for other in readings if other != site]
    if others:
        rows.append([f"elsewhere in {control}", *[""] * 5])
        rows += [[f"  {other}", *_row(run, other, 0), ""] for other in others]
    return "\n".join([*_title(run), *_aligned(rows), *_gain(run, site)])


def _title(run: Run) -> list[str]:
    kinds = list(run.arrays["arm_kind"].values)
    arms, switches, animals = kinds.count("arm"), kinds.count("switch"), run.arrays.sizes["replicate"]
    who = "expected numbers" if _is_mean(run) else _counted(animals, *ANIMALS[run.scenario.host])
    parts = [
        f"{who} in each of {_counted(arms, 'arm', 'arms')}",
        f"{run.scenario.duration:g} days",
        f"{run.arrays.attrs['engine']} engine",
    ]
    if switches:
        parts[0] += f" and {_counted(switches, 'counterfactual', 'counterfactuals')}"
    if run.manifest:
        parts += [f"seed {run.manifest['parameters']['seed']}", f"{run.manifest['resources']['elapsed_time']:.1f} s"]
    return [run.scenario.title or "A run without a title", ", ".join(parts)]


def _is_mean(run: Run) -> bool:
    """Tell whether the run holds expected numbers, of which none is an animal."""
    return run.arrays.attrs["engine"] == "mean-field"


def _arms(run: Run) -> list[str]:
    """Return the names of the arms that are no counterfactual; they come first."""
    kinds = run.arrays["arm_kind"].values
    return [name for name, kind in zip(run.arrays["arm"].values, kinds, strict=True) if kind == "arm"]


def _row(run: Run, site: str, arm: int) -> list[str]:
    seeded = measures.is_seeded(run, site)[arm]
    return [
        NOTHING if _is_mean(run) else f"{seeded.sum():>{len(str(len(seeded)))}} of {len(seeded)}",
        _percent(_median(measures.label_share(run, site)[arm])),
        _volume(_median(measures.final_volume_mm3(run, site)[arm])),
        _routes(run, site, arm),
    ]


def _routes(run: Run, site: str, arm: int) -> str:
    place = list(run.arrays["site"].values).index(site)
    means = run.arrays["seeds_by_route"].values[arm, :, place].mean(axis=0)
    routes = run.arrays["route"].values
    return (
        ", ".join(f"{_number(mean)} {route}" for mean, route in zip(means, routes, strict=True) if mean > 0) or "none"
    )


def _effect(run: Run, site: str, arm: int) -> str:
    if measures.readings(run)[site].label is None:
        values, unit, factor = measures.log_volume(run, site), "", 1.0
    else:
        values, unit, factor = measures.label_share(run, site), " points", 100.0
    return _interval(difference(values[arm], values[0]), factor, "+.2g") + unit


def _gain(run: Run, site: str) -> list[str]:
    """Say what return did to growth, where the counterfactual without it was run."""
    arms = list(run.arrays["arm"].values)
    if "without return" not in arms:
        return []
    volumes = measures.log_volume(run, site)
    fold = difference(volumes[0], volumes[arms.index("without return")])
    if fold.value is None:
        return []
    return [f"With return, {site} ends {_interval(fold.exp(), 1.0, '.3g')} times as large as without it."]


def _interval(estimate: Estimate, factor: float, form: str) -> str:
    if estimate.value is None:
        return NOTHING
    told = f"{estimate.value * factor:{form}}"
    if estimate.low is None or estimate.high is None:
        return told
    return f"{told} ({estimate.low * factor:{form}} to {estimate.high * factor:{form}})"


def _median(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _percent(share: float) -> str:
    if np.isnan(share):
        return NOTHING
    if 0.0 < share < 1e-5:
        return "< 0.001 %"
    return "100 %" if share >= 0.995 else f"{100 * share:.2g} %"


def _volume(volume_mm3: float) -> str:
    return f"{_number(volume_mm3)} mm³" if volume_mm3 else NOTHING


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
