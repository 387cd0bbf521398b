"""The numbers of a run that one reads first, as JSON: ``summary.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.analysis.effects import against_control, control_arm, kinds, share_seeded
from selfseed.results.estimates import Estimate, spread
from selfseed.results.measures import MEASURES, final_volume_mm3, is_seeded, label_share, readings

if TYPE_CHECKING:
    from selfseed.results.run import Run

SCHEMA_VERSION = 1


def summary(run: Run) -> dict[str, Any]:
    """Return per arm and measured site who was seeded, label share, volume, seeds, and what differs from the control.

    Returns
    -------
    dict
        Ready for JSON; None stands where there is nothing to tell. ``share_seeded`` has a Wilson interval,
        ``paired_difference`` the 95 % interval of a mean over pairs (see `selfseed.analysis.effects`).

    Examples
    --------
    >>> run = selfseed.open("runs/kim2009-two-gland")    # doctest: +SKIP
    >>> summary(run)["arms"]["LM2"]["sites"]["recipient"]["share_seeded"]    # doctest: +SKIP
    {'value': 0.96, 'low': 0.86, 'high': 0.99}
    """
    sites = {site: _by_arm(run, site) for site in readings(run)}
    asked = run.manifest["parameters"]
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario": run.scenario.title,
        "seed": asked["seed"],
        "replicates": asked["replicates"],
        "engine": asked["engine"],
        "control_arm": control_arm(run),
        "arms": {
            arm: {"kind": kind, "sites": {site: by_arm[arm] for site, by_arm in sites.items()}}
            for arm, kind in kinds(run).items()
        },
        "sha256": run.sha256,
    }


def _by_arm(run: Run, site: str) -> dict[str, dict[str, Any]]:
    """Return the entry of ``site`` for every arm."""
    seeded, labelled, volumes = is_seeded(run, site), label_share(run, site), final_volume_mm3(run, site)
    shares, routes = share_seeded(run, site), _seeds_by_route(run, site)
    paired = {measure: against_control(run, measure, site) for measure in MEASURES}
    entries = {}
    for number, arm in enumerate(kinds(run)):
        entry: dict[str, Any] = {
            "day": readings(run)[site].time_day,
            "share_seeded": _estimate(shares[arm]),
            "label_share": _spread(labelled[number], "q25", "q75", 0.25),
            "label_share_of_seeded": _spread(labelled[number][seeded[number]], "q25", "q75", 0.25),
            "final_volume_mm3": _spread(volumes[number], "p5", "p95", 0.05),
            "seeds": routes[number],
        }
        if arm != control_arm(run):
            entry["paired_difference"] = {
                measure: _estimate(estimates[arm], "mean") for measure, estimates in paired.items()
            }
        entries[arm] = entry
    return entries


def _seeds_by_route(run: Run, site: str) -> list[dict[str, float]]:
    """Return for each arm the seeds per animal at ``site``, by route."""
    place = list(run.arrays["site"].values).index(site)
    means = run.arrays["seeds_by_route"].values[:, :, place].mean(axis=1)
    return [dict(zip(run.arrays["route"].values, map(float, arm), strict=True)) for arm in means]


def _estimate(estimate: Estimate, name: str = "value") -> dict[str, float | None]:
    return {name: estimate.value, "low": estimate.low, "high": estimate.high}


def _spread(values: np.ndarray, low: str, high: str, quantile: float) -> dict[str, float | None]:
    found = spread(values, quantile, 1.0 - quantile)
    return {"median": found.median, low: found.low, high: found.high}
