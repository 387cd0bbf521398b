"""The numbers of very many replicates: per arm and site, and against the control, pair by pair."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.results.estimates import Estimate, difference, mean, share

if TYPE_CHECKING:
    from selfseed.results.ensemble import Ensemble

SCHEMA_VERSION = 1
COLUMNS = ("arm", "site", "quantity", "mean", "low", "high", "sd", "p2_5", "median", "p97_5", "replicates")
LEVELS = (0.025, 0.5, 0.975)


def rows(ensemble: Ensemble) -> Iterator[dict[str, Any]]:
    """Yield one row per arm, measured site and quantity, by the names in ``COLUMNS``.

    ``mean`` has a 95 % interval, for shares that of Wilson; quantiles are over replicates and exact. Rows named
    ``..._over_control`` hold the mean of a ratio (geometric) or of a difference of shares over pairs of replicates.
    """
    arrays = ensemble.arrays
    arms = list(arrays["arm"].values)
    for site in arrays["measured_site"].values:
        of_site = {name: arrays[f"outcome_{name}"].sel(measured_site=site).values for name in _QUANTITIES}
        for number, arm in enumerate(arms):
            for name, values in of_site.items():
                yield _row(arm, site, name, values[number], is_share=name == "is_seeded")
            if number:
                yield from _against_control(arm, site, of_site, number)
    for number, arm in enumerate(arms):
        for place, draw in enumerate(arrays["draw"].values):
            yield _row(arm, draw, "ctc_per_ml", arrays["outcome_ctc_per_ml"].values[number, :, place])


_QUANTITIES = ("is_seeded", "label_share", "final_volume", "seeds")


def summary(ensemble: Ensemble) -> dict[str, Any]:
    """Return all rows of an ensemble, with what was asked, ready for JSON."""
    asked = ensemble.manifest["parameters"]
    return {
        "kind": "ensemble",
        "schema_version": SCHEMA_VERSION,
        "scenario": ensemble.scenario.title,
        "seed": asked["seed"],
        "replicates": asked["replicates"],
        "engine": asked["engine"],
        "rows": [_without_nan(row) for row in rows(ensemble)],
        "sha256": ensemble.sha256,
    }


def _row(arm: str, site: str, quantity: str, values: np.ndarray, is_share: bool = False) -> dict[str, Any]:
    known = values[np.isfinite(values)]
    estimate = share(known > 0.5) if is_share else mean(known)
    low, middle, high = np.quantile(known, LEVELS) if known.size else (np.nan,) * 3
    spread = {
        "sd": float(known.std(ddof=1)) if known.size > 1 else np.nan,
        "p2_5": float(low),
        "median": float(middle),
        "p97_5": float(high),
    }
    return _named(arm, site, quantity, estimate) | spread


def _against_control(arm: str, site: str, of_site: dict[str, np.ndarray], number: int) -> Iterator[dict[str, Any]]:
    nothing = dict.fromkeys(("sd", "p2_5", "median", "p97_5"), np.nan)
    seeded = of_site["is_seeded"] > 0.5
    change = difference(seeded[number], seeded[0])
    yield _named(arm, site, "is_seeded_minus_control", change) | nothing
    volumes = of_site["final_volume"]
    both = (volumes[0] > 0.0) & (volumes[number] > 0.0)
    ratio = mean(np.log(volumes[number][both] / volumes[0][both])).exp()
    yield _named(arm, site, "final_volume_over_control", ratio) | nothing


def _named(arm: str, site: str, quantity: str, estimate: Estimate) -> dict[str, Any]:
    limits = {"mean": estimate.value, "low": estimate.low, "high": estimate.high}
    told = {name: np.nan if value is None else value for name, value in limits.items()}
    return {"arm": str(arm), "site": str(site), "quantity": quantity, **told, "replicates": estimate.replicates}


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in row.items()}
