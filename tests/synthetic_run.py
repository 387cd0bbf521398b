"""A run that no engine made: real in shape, invented in content, the same each time, with answers known by hand.

On the geometric mean the control arm ends with ``FOLD_OF_RETURN`` times the volume at the recipient that it has
without return; crowding relief, selection and niche account for the folds in ``FOLD_OF_SWITCH``. Arms differ in
the share of seeds that they keep, ``SEEDS_KEPT``. The control site is never seeded.
"""

from datetime import UTC, datetime

import numpy as np

from selfseed.results import Run, build_manifest
from selfseed.results.words import ENTRIES, INJECTION, SEED_ROUTES, STAGES, dataset, table
from selfseed.scenario import Scenario, resolve

DURATION_DAY = 60
CELLS_PER_MM3 = 1e5
SITES = {
    "donor": "mammary_gland",
    "recipient": "mammary_gland",
    "control": "mammary_gland",
    "lung": "lung",
    "bone": "bone",
    "liver": "liver",
    "brain": "brain",
}
SEEDS_KEPT = {
    "LM2": 1.0,
    "il6_silenced": 0.3,
    "il8_silenced": 0.5,
    "mmp1_silenced": 0.25,
    "fscn1_silenced": 0.4,
    "both_silenced": 0.1,
    "cxcl1_silenced": 1.0,
}
SILENCED = {
    "il6_silenced": [("IL6", "parental")],
    "il8_silenced": [("CXCL8", "parental")],
    "mmp1_silenced": [("MMP1", "LM2")],
    "fscn1_silenced": [("FSCN1", "LM2")],
    "both_silenced": [("FSCN1", "LM2"), ("MMP1", "LM2")],
    "cxcl1_silenced": [("CXCL1", "LM2")],
}
FOLD_OF_RETURN = 1.5
FOLD_OF_SWITCH = {"return": FOLD_OF_RETURN, "crowding_relief": 1.2, "selection": 1.1, "niche": 1.05}


def synthetic_scenario(arms: int = 4, replicates: int = 12) -> Scenario:
    """Return the question that `synthetic_run` pretends to answer."""
    return Scenario.from_dict(
        {
            "selfseed": 1,
            "title": "Two glands, one mouse (invented numbers)",
            "references": ["10.1016/j.cell.2009.11.025"],
            "host": "mouse",
            "clones": {
                "parental": {"label": "none"},
                "LM2": {"from": "parental", "label": "GFP", "expression": {"MMP1": 5, "FSCN1": 2, "CXCL1": 4}},
                "BrM2": {"from": "LM2", "tropism": {"brain": 5}},
            },
            "clone_changes": [{"from": "LM2", "to": "BrM2", "rate": 1e-7}],
            "sites": {site: {"organ": organ} for site, organ in SITES.items()},
            "procedures": [
                {"implant": "LM2", "site": "donor", "cells": 1e6, "at": 0},
                {"implant": "parental", "site": "recipient", "cells": 1e6, "at": 0},
            ],
            "arms": {arm: _arm(arm) for arm in list(SEEDS_KEPT)[:arms]},
            "switch_off": list(FOLD_OF_SWITCH),
            "uncertain": {"establishment.home": [1e-4, 1e-3]},
            "measurements": [
                {"volume": ["donor", "recipient"], "every": "2 day"},
                {
                    "label_share": "GFP",
                    "sites": ["recipient", "control"],
                    "at": "60 day",
                    "detection_limit": "1000 cells",
                },
                {"ctc": ["vein", "artery"], "at": ["30 day", "60 day"]},
            ],
            "duration": f"{DURATION_DAY} day",
            "replicates": replicates,
            "seed": 2009,
        }
    )


def synthetic_run(arms: int = 4, replicates: int = 12, seed: int = 2009) -> Run:
    """Return a run with ``arms`` arms and four switches, ``replicates`` mice in each."""
    scenario = synthetic_scenario(arms, replicates)
    names = [arm.name for arm in resolve(scenario)]
    arrays = _arrays(names, replicates, np.random.default_rng(seed))
    data = dataset(
        arrays,
        arms=names,
        arm_kinds=["switch" if name.startswith("without ") else "arm" for name in names],
        times_day=_times(),
        sites=list(SITES),
        clones=list(scenario.clones),
        labels=["GFP"],
        engine="stochastic",
        title=scenario.title,
    )
    tables = _tables(names, arrays)
    manifest = build_manifest(
        scenario, data, tables, seed=seed, replicates=replicates, engine="stochastic", started=datetime.now(UTC),
        elapsed_s=1.5,
    )  # fmt: skip
    return Run(scenario=scenario, arrays=data, manifest=manifest, **tables)


def _arm(name: str) -> dict:
    knock_down = [{"gene": gene, "clone": clone, "remaining": 0.15} for gene, clone in SILENCED.get(name, [])]
    return {"description": "invented", "knock_down": knock_down} if knock_down else {"description": "nothing changed"}


def _times() -> np.ndarray:
    return np.arange(DURATION_DAY + 1.0)


def _arrays(names: list[str], replicates: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    arms, times, sites = len(names), _times(), len(SITES)
    mouse = np.exp(0.3 * rng.standard_normal(replicates))
    seeds = _seeds(names, replicates, rng)
    fold = _fold(names, replicates, rng)
    gompertz = np.exp(8.0 * (1.0 - np.exp(-0.05 * times)) - 8.0 * (1.0 - np.exp(-0.05 * DURATION_DAY)))

    cells = np.zeros((arms, replicates, len(times), sites, 3))
    cells[:, :, :, 0, 1] = 8e7 * mouse[:, None] * gompertz
    arrived = seeds.sum(-1)[:, :, None, :] * (times / DURATION_DAY)[:, None] ** 2
    cells[:, :, :, 1, 0] = 4e7 * fold[:, :, None] * mouse[:, None] * gompertz
    cells[:, :, :, 1:, 1] = 2e4 * arrived[..., 1:]
    cells[:, :, :, 1, 0] -= cells[:, :, :, 1, 1]
    cells = np.round(np.maximum(cells, 0.0))
    total = cells.sum(-1)
    labelled = cells[..., 1:].sum(-1)

    seeded = labelled.copy()
    seeded[:, :, :, 0] = np.round(2e4 * arrived[..., 0])
    with np.errstate(invalid="ignore"):
        share = np.where(total > 0, labelled / total, np.nan)
    volume = total / CELLS_PER_MM3
    volume[:, :, -1, 1] = 400.0 * fold * mouse
    flow = _flow(seeds)
    alive = total[:, :, -1].sum(-1)
    ledger = np.zeros((arms, replicates, len(ENTRIES)))
    for entry, value in {"implanted": 2e6, "died": 5e7, "died_in_blood": 1e5, "alive": alive}.items():
        ledger[:, :, ENTRIES.index(entry)] = value
    ledger[:, :, ENTRIES.index("born")] = alive + 5e7 + 1e5 - 2e6
    return {
        "cells": cells,
        "seeded_cells": seeded,
        "dormant_cells": np.zeros_like(total),
        "stroma": np.where(total > 0, 1.0 + 0.5 * share, 1.0),
        "volume": volume,
        "label_share": share[..., None],
        "ctc_per_ml": total[:, :, :, :2].sum(-1)[..., None] * np.array([1e-6, 4e-7]),
        "flow": flow,
        "seeds_by_route": seeds,
        "ledger": ledger,
    }


def _fold(names: list[str], replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return volumes at the recipient relative to the control arm (arm, replicate); their geometric mean is exact."""
    lost = [
        np.log(FOLD_OF_SWITCH[name.removeprefix("without ")])
        if name.startswith("without ")
        else (1.0 - SEEDS_KEPT[name]) * np.log(FOLD_OF_RETURN)
        for name in names
    ]
    weight = rng.uniform(0.5, 1.5, size=replicates)
    return np.exp(-np.outer(lost, weight / weight.mean()))


def _seeds(names: list[str], replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return seeds (arm, replicate, site, route): one draw of chance per mouse, thinned by what each arm keeps."""
    seeds = np.zeros((len(names), replicates, len(SITES), len(SEED_ROUTES)))
    chance = rng.uniform(size=replicates)
    for arm, name in enumerate(names):
        kept = 0.0 if name == "without return" else SEEDS_KEPT.get(name, 1.0)
        seeds[arm, :, 0, 0] = np.floor(kept * (20.0 + 10.0 * chance))
        seeds[arm, :, 0, 1] = np.floor(kept * 4.0 * chance)
        seeds[arm, :, 1, 2] = np.floor(kept * 60.0 * chance)
        seeds[arm, :, 3:, 3] = np.floor(kept * np.array([8.0, 4.0, 2.0, 1.0]) * chance[:, None])
    return seeds


def _flow(seeds: np.ndarray) -> np.ndarray:
    """Return the flow: every seed came from the donor but those of the secondary route, which came from the lung."""
    arms, replicates, sites, _ = seeds.shape
    flow = np.zeros((arms, replicates, sites + 1, sites, len(STAGES)))
    secondary = seeds[..., SEED_ROUTES.index("secondary")]
    flow[:, :, 0, :, 2] = seeds.sum(-1) - secondary
    flow[:, :, list(SITES).index("lung"), :, 2] = secondary
    flow[..., 1] = 10.0 * flow[..., 2]
    flow[..., 0] = 1000.0 * flow[..., 2]
    return flow


def _tables(names: list[str], arrays: dict[str, np.ndarray]) -> dict:
    places = np.argwhere(arrays["seeds_by_route"] > 0)
    arm, replicate, site, route = places.T
    sources = np.array([*SITES, INJECTION], dtype=object)
    source = np.where(route == SEED_ROUTES.index("secondary"), "lung", "donor")
    count = len(places)
    number = np.arange(count)
    shared = {
        "arm": np.array(names, dtype=object)[arm],
        "replicate": replicate,
        "site": sources[site],
    }
    seeded = {
        "clone": np.full(count, "LM2"),
        "route": np.array(SEED_ROUTES, dtype=object)[route],
        "source": source,
        "family": number,
        "time_day": 10.0 + 40.0 * (number % 7) / 7.0,
    }
    extinct_day = np.where(number % 3 == 0, seeded["time_day"] + 1 / 3, np.nan)
    cells_end = np.where(np.isnan(extinct_day), 2e4, 0.0)
    families = shared | seeded | {
        "parent_family": np.full(count, -1),
        "deposit": number,
        "label": np.full(count, "GFP"),
        "home": np.full(count, "donor"),
        "kind": np.full(count, "seed"),
        "founders": np.ones(count),
        "cells_end": cells_end,
        "extinct_day": extinct_day,
        "dormant": np.zeros(count, dtype=bool),
    }  # fmt: skip
    deposits = shared | {
        "deposit": number,
        "kind": np.where(route == SEED_ROUTES.index("metastatic"), "metastasis", "clump"),
        "founded_day": seeded["time_day"],
        "founder_family": number,
        "cells_end": cells_end,
    }
    events = shared | seeded | {
        "event": np.full(count, "seed"),
        "cells": np.ones(count),
        "fate": np.where(np.isnan(extinct_day), "growing", "extinct"),
    }  # fmt: skip
    return {
        "families": table("families", families),
        "deposits": table("deposits", deposits),
        "events": table("events", events),
        "uncertain": table("uncertain", _uncertain()),
    }


def _uncertain() -> dict:
    """Return the outcome over two values of one magnitude."""
    return {
        "parameter": ["establishment.home"] * 2,
        "value": [1e-4, 1e-3],
        "arm": ["control"] * 2,
        "site": ["recipient"] * 2,
        "quantity": ["share_seeded"] * 2,
        "mean": [0.5, 0.9],
        "low": [0.3, 0.7],
        "high": [0.7, 0.97],
        "replicates": [12, 12],
    }
