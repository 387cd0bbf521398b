"""From what animals leave behind, as bare numbers, to the named arrays and tables of a run."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from selfseed.engine.animal import Outcome
from selfseed.kernels.families import SEED
from selfseed.processes import SEED_ROUTES
from selfseed.results.words import INJECTION, dataset, table
from selfseed.scenario import ResolvedArm, ResolvedProcedure, Scenario

KINDS = np.array(["implant", "injection", "seed", "mutant"], dtype=object)
DEPOSIT_KINDS = np.array(["mass", "clump", "metastasis"], dtype=object)


def collect(
    scenario: Scenario, arms: Sequence[ResolvedArm], outcomes: Sequence[Sequence[Outcome]], engine: str
) -> tuple[xr.Dataset, dict[str, pd.DataFrame]]:
    """Return the arrays and the tables "families", "deposits" and "events" of a run.

    Parameters
    ----------
    scenario : Scenario
    arms : sequence of ResolvedArm
    outcomes : sequence of sequence of Outcome
        ``outcomes[arm][replicate]``.
    engine : str
    """
    arrays = collect_arrays(scenario, arms, outcomes, engine)
    families = [
        _families(arm, replicate, outcome)
        for arm, row in zip(arms, outcomes, strict=True)
        for replicate, outcome in enumerate(row)
    ]
    deposits = [
        _deposits(arm, replicate, outcome)
        for arm, row in zip(arms, outcomes, strict=True)
        for replicate, outcome in enumerate(row)
    ]
    tables = {
        "families": _stacked("families", families),
        "deposits": _stacked("deposits", deposits),
    }
    tables["events"] = _events(arms, outcomes, tables["families"])
    return arrays, tables


def collect_arrays(
    scenario: Scenario, arms: Sequence[ResolvedArm], outcomes: Sequence[Sequence[Outcome]], engine: str
) -> xr.Dataset:
    """Return the arrays of a run without its tables; see `collect`."""
    labels = list(dict.fromkeys(clone.label for clone in arms[0].clones if clone.label))
    density = np.array([arm.parameters["growth.cell_density"] for arm in arms])
    return dataset(
        _arrays(outcomes, density, _label_masks(arms[0], labels)),
        arms=[arm.name for arm in arms],
        arm_kinds=[arm.kind for arm in arms],
        times_day=arms[0].times_day,
        sites=[site for site, _ in arms[0].sites],
        clones=[clone.name for clone in arms[0].clones],
        labels=labels,
        engine=engine,
        title=scenario.title,
    )


def _label_masks(arm: ResolvedArm, labels: Sequence[str]) -> np.ndarray:
    """Return float[label, clone]: 1 where the clone carries the label."""
    return np.array([[clone.label == label for clone in arm.clones] for label in labels], dtype=float).reshape(
        len(labels), len(arm.clones)
    )


def _arrays(outcomes: Sequence[Sequence[Outcome]], density: np.ndarray, masks: np.ndarray) -> dict[str, np.ndarray]:
    def stacked(part) -> np.ndarray:
        return np.array([[part(outcome) for outcome in row] for row in outcomes])

    cells = stacked(lambda outcome: outcome.record.cells)
    everything = cells.sum(axis=-1)
    labelled = np.einsum("artsc,lc->artsl", cells, masks)
    return {
        "cells": cells,
        "seeded_cells": stacked(lambda outcome: outcome.record.seeded.sum(axis=-1)),
        "dormant_cells": stacked(lambda outcome: outcome.record.dormant),
        "stroma": stacked(lambda outcome: outcome.record.stroma),
        "volume": everything / density[:, None, None, None],
        "label_share": labelled / np.where(everything > 0.0, everything, 1.0)[..., None],
        "ctc_per_ml": stacked(lambda outcome: outcome.record.blood[:, 1:]),
        "flow": stacked(lambda outcome: outcome.flow),
        "seeds_by_route": stacked(lambda outcome: outcome.routes),
        "ledger": stacked(lambda outcome: outcome.ledger),
    }


def _stacked(name: str, parts: Sequence[Mapping[str, np.ndarray]]) -> pd.DataFrame:
    return table(name, {column: np.concatenate([part[column] for part in parts]) for column in parts[0]})


def _words(names: Sequence[str | None], index: np.ndarray) -> np.ndarray:
    """Return the name of each index; a negative index has none."""
    return np.array([*(name or "" for name in names), ""], dtype=object)[index]


def _families(arm: ResolvedArm, replicate: int, outcome: Outcome) -> dict[str, np.ndarray]:
    families = outcome.families
    count = families.size
    places = [*(site for site, _ in arm.sites), INJECTION]
    is_seed = families["kind"] == SEED
    return {
        "arm": np.full(count, arm.name, dtype=object),
        "replicate": np.full(count, replicate),
        "family": np.arange(count),
        "parent_family": families["parent"],
        "deposit": families["clump"],
        "site": _words(places, families["site"]),
        "clone": _words([clone.name for clone in arm.clones], families["clone"]),
        "label": _words([clone.label for clone in arm.clones], families["clone"]),
        "home": _words(places, families["home"]),
        "kind": KINDS[families["kind"]],
        "source": np.where(is_seed, _words(places, families["source"]), ""),
        "route": np.where(is_seed, _words(SEED_ROUTES, families["route"]), ""),
        "time_day": families["time"],
        "founders": families["founders"],
        "cells_end": families["cells"],
        "extinct_day": np.where(families["extinct"] < 0.0, np.nan, families["extinct"]),
        "dormant": families["wakes"] > arm.duration_day,
    }


def _deposits(arm: ResolvedArm, replicate: int, outcome: Outcome) -> dict[str, np.ndarray]:
    clumps = outcome.clumps
    numbers = np.flatnonzero(clumps["site"] < len(arm.sites))
    cells = np.bincount(outcome.families["clump"], outcome.families["cells"], minlength=clumps.size)
    return {
        "arm": np.full(numbers.size, arm.name, dtype=object),
        "replicate": np.full(numbers.size, replicate),
        "deposit": numbers,
        "site": _words([site for site, _ in arm.sites], clumps["site"][numbers]),
        "kind": DEPOSIT_KINDS[clumps["kind"][numbers]],
        "founded_day": clumps["time"][numbers],
        "founder_family": clumps["founder"][numbers],
        "cells_end": cells[numbers],
    }


def _events(arms: Sequence[ResolvedArm], outcomes: Sequence[Sequence[Outcome]], families: pd.DataFrame) -> pd.DataFrame:
    """Return all procedures and seedings, arm by arm, animal by animal, in the order of time."""
    seeds = families[families["kind"] == "seed"]
    fate = np.where(seeds["extinct_day"].notna(), "extinct", np.where(seeds["dormant"], "dormant", "growing"))
    seeding = {
        **{name: seeds[name].to_numpy() for name in ("arm", "replicate", "time_day", "source", "site", "clone")},
        "event": np.full(len(seeds), "seed", dtype=object),
        "cells": seeds["founders"].to_numpy(),
        "route": seeds["route"].to_numpy(),
        "fate": fate,
        "family": seeds["family"].to_numpy(),
    }
    done = [_procedure_events(arm, row) for arm, row in zip(arms, outcomes, strict=True)]
    columns = {name: np.concatenate([*(part[name] for part in done), seeding[name]]) for name in seeding}
    order = {arm.name: position for position, arm in enumerate(arms)}
    events = table("events", columns)
    return (
        events.assign(order=events["arm"].map(order))
        .sort_values(["order", "replicate", "time_day", "family"], kind="stable", ignore_index=True)
        .drop(columns="order")
    )


def _procedure_events(arm: ResolvedArm, outcomes: Sequence[Outcome]) -> dict[str, np.ndarray]:
    """Return what was done to each animal, and when; what its tumours never grew to call for is left out."""
    sites, clones = [site for site, _ in arm.sites], [clone.name for clone in arm.clones]
    rows = [
        (replicate, outcome.happened[which], procedure)
        for replicate, outcome in enumerate(outcomes)
        for which, procedure in enumerate(arm.procedures)
        if np.isfinite(outcome.happened[which])
    ]

    def column(value) -> np.ndarray:
        return np.array([value(procedure) for _, _, procedure in rows], dtype=object)

    return {
        "arm": column(lambda procedure: arm.name),
        "replicate": np.array([replicate for replicate, _, _ in rows], dtype=object),
        "time_day": np.array([day for _, day, _ in rows], dtype=object),
        "event": column(lambda procedure: procedure.kind),
        "source": column(_source),
        "site": column(lambda procedure: sites[procedure.site] if procedure.site >= 0 else ""),
        "clone": column(lambda procedure: clones[procedure.clone] if procedure.clone >= 0 else ""),
        "cells": column(lambda procedure: procedure.cells if procedure.clone >= 0 else np.nan),
        "route": column(lambda procedure: ""),
        "fate": column(lambda procedure: ""),
        "family": column(lambda procedure: -1),
    }


def _source(procedure: ResolvedProcedure) -> str:
    if procedure.given is not None:
        return procedure.given.name
    return INJECTION if procedure.kind == "inject" else ""
