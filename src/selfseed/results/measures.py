"""What is read from each animal: one number per arm and replicate at a measured site, on the day it is measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from selfseed.results.run import Run


@dataclass(frozen=True)
class Reading:
    """Say what is read at a site, and when.

    Attributes
    ----------
    site : str
    label : str or None
        The label that is looked for; None where the experiment looks for none.
    time_day : float [day]
        The last day on which it is looked for.
    detection_limit : float [cells]
        Fewest cells that are seen.
    """

    site: str
    label: str | None
    time_day: float
    detection_limit: float


def readings(run: Run) -> dict[str, Reading]:
    """Return what is read at each measured site, in the order of the sites.

    A site at which only the volume is measured is looked at as the first labelled measurement says; where no site
    is measured, all are.
    """
    from selfseed.scenario import resolve_measurements
    from selfseed.scenario.resolve import table_values

    scenario = run.scenario
    measurements = resolve_measurements(scenario)
    looks = {site: entry for entry in measurements if entry.kind == "label_share" for site in entry.names}
    weighed = {site for entry in measurements if entry.kind == "volume" for site in entry.names}
    default = next(iter(looks.values()), None)

    def reading(site: str) -> Reading:
        look = looks.get(site, default)
        if look is None:
            return Reading(site, None, scenario.duration, table_values(scenario)["measurement.detection_limit"])
        return Reading(site, look.label, look.times_day[-1], float(look.detection_limit or 0.0))

    measured = [site for site in scenario.sites if site in looks or site in weighed]
    return {site: reading(site) for site in measured or scenario.sites}


def searched_sites(run: Run) -> list[str]:
    """Return the sites where the experiment looks for the label; all that are read where it looks for none."""
    from selfseed.scenario import resolve_measurements

    looks = [entry for entry in resolve_measurements(run.scenario) if entry.kind == "label_share"]
    return list(dict.fromkeys(site for look in looks for site in look.names)) or list(readings(run))


def seeded_sites(run: Run) -> list[str]:
    """Return the searched sites that are seeded in at least one animal of any arm."""
    return [site for site in searched_sites(run) if is_seeded(run, site).any()]


def main_site(run: Run) -> str:
    """Return the site the story turns on: the first searched one that is seeded, else the first searched one."""
    return next(iter([*seeded_sites(run), *searched_sites(run)]))


def is_seeded(run: Run, site: str) -> np.ndarray:
    """Tell for each animal whether the site is seeded (arm, replicate), True or False.

    Seeded means that at least ``detection_limit`` cells are there which came by blood, and as many which carry the
    label; a site that was implanted with labelled cells is therefore seeded only by those that came back.
    """
    reading = readings(run)[site]
    cells = _at(run, "seeded_cells", reading)
    if reading.label is not None:
        total = _at(run, "cells", reading).sum(-1)
        cells = np.fmin(cells, total * np.nan_to_num(_label_share(run, reading)))
    return cells >= reading.detection_limit * (1.0 - 1e-12)


def label_share(run: Run, site: str) -> np.ndarray:
    """Return the share of cells with the label (arm, replicate) [1]; NaN where there are no cells, or no label."""
    return _label_share(run, readings(run)[site])


def final_volume_mm3(run: Run, site: str) -> np.ndarray:
    """Return the volume at the end (arm, replicate) [mm3]."""
    return run.arrays["volume"].values[:, :, -1, _index(run, "site", site)]


def log_volume(run: Run, site: str) -> np.ndarray:
    """Return the natural logarithm of the volume at the end (arm, replicate); NaN where there is no tumour."""
    volume = final_volume_mm3(run, site)
    return np.log(volume, where=volume > 0, out=np.full(volume.shape, np.nan))


def seeds(run: Run, site: str) -> np.ndarray:
    """Return the seeds that took root at the site over the whole run, by any route (arm, replicate) [1]."""
    return run.arrays["seeds_by_route"].values[:, :, _index(run, "site", site)].sum(-1)


MEASURES: Mapping[str, Callable[[Run, str], np.ndarray]] = {
    "share_seeded": is_seeded,
    "label_share": label_share,
    "final_volume_mm3": final_volume_mm3,
    "log_volume_ratio": log_volume,
    "seeds": seeds,
}
"""What is compared between arms; the difference of two logarithms is the logarithm of a ratio."""


def _label_share(run: Run, reading: Reading) -> np.ndarray:
    if reading.label is None:
        return np.full([run.arrays.sizes["arm"], run.arrays.sizes["replicate"]], np.nan)
    share = _at(run, "label_share", reading)[..., _index(run, "label", reading.label)]
    return np.where(_at(run, "cells", reading).sum(-1) > 0, share, np.nan)


def _at(run: Run, name: str, reading: Reading) -> np.ndarray:
    """Return the array ``name`` on the day and at the site of ``reading``: (arm, replicate, ...)."""
    time = int(np.abs(run.arrays["time"].values - reading.time_day).argmin())
    return run.arrays[name].values[:, :, time, _index(run, "site", reading.site)]


def _index(run: Run, dim: str, name: str) -> int:
    return list(run.arrays[dim].values).index(name)
