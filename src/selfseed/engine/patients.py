"""Patients of the engine: animals of a run with genealogies drawn for their families, sampled and sequenced."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from selfseed.base.errors import RunError
from selfseed.engine.genealogy import Genealogy, clock_of
from selfseed.engine.run import simulate
from selfseed.history.sampling import Sampling, sample_sites, true_history
from selfseed.history.settings import Settings
from selfseed.history.simulate import SimulatedPatient, sequence_patient
from selfseed.processes import PARAMETERS
from selfseed.results import Run
from selfseed.scenario import ResolvedArm, Scenario, resolve

NEGLIGIBLE_SHARE = 3e-4
"""Families that with all their descendants make up less of every site are left out."""

ATTEMPTS = 10
"""So many genealogies are drawn for one animal until one shows a history that samples can tell."""

MOST_FAMILIES = 3000
SEEDED = {"lung": 0.3, "liver": 0.2, "bone": 0.2, "brain": 0.15, "skin": 0.08, "kidney": 0.07}
"""The organs that scenarios of ``simulate_patients`` may seed, and how often each is chosen."""


def patients_from_run(run: Run, *, seed: int, settings: Settings) -> list[SimulatedPatient]:
    """Return a patient for each animal of a run whose history samples can tell.

    Parameters
    ----------
    run : Run
        Of the stochastic engine; each animal's tumour must have begun in one place.
    seed : int, >= 0
    settings : Settings
        Of it ``mutation_rate`` and all that says how patients are sampled and sequenced is used.

    Returns
    -------
    list of SimulatedPatient
        The primary is called P, metastases as in the scenario. Left out are animals in whom no other site can be found,
        and those whose history is not one history of one clone tree (see ``history.sampling.true_history``) in any of
        ten genealogies.

    Raises
    ------
    RunError
        If an animal has tumours that did not begin in one place, or a metastasis is called P.

    Notes
    -----
    Runs whose table of families was full (``run.manifest["notes"]``) name wrong parents for some founders.
    """
    arms = {arm.name: arm for arm in resolve(run.scenario)}
    patients = []
    for number, ((name, _), families) in enumerate(run.families.groupby(["arm", "replicate"], sort=False)):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(number,))))
        patient = _patient(families, arms[str(name)], settings, rng)
        if patient is not None:
            patients.append(patient)
    return patients


def _patient(
    families: pd.DataFrame, arm: ResolvedArm, settings: Settings, rng: np.random.Generator
) -> SimulatedPatient | None:
    founders = families[families["parent_family"] < 0]
    if len(founders) != 1 or founders["kind"].iloc[0] != "implant":
        raise RunError(
            f"{len(founders)} tumours began in one animal of '{arm.name}'; a migration history needs one implant"
        )
    primary = str(founders["site"].iloc[0])
    if primary != "P" and "P" in dict(arm.sites):
        raise RunError("a metastasis is called P, as the primary is called in histories; give it another name")
    clock = clock_of(arm, primary, settings.mutation_rate)
    kept = families[_weighty(families)]
    share = kept["cells_end"] / kept.groupby("site")["cells_end"].transform("sum").clip(lower=1.0)
    resolved = ((share >= settings.smallest_observable) | kept["family"].isin(kept["parent_family"])).to_numpy()
    for attempt in range(1, ATTEMPTS + 1):
        genealogy = Genealogy(kept, resolved, clock, 20 * settings.mutation_rate, rng)
        tumours = genealogy.tumours(arm.parameters["measurement.detection_limit"])
        sampling = sample_sites(tumours, settings, rng)
        if sampling is None or len(sampling.names) < 2:
            return None
        truth = true_history(tumours, named := _named(sampling, clock.sites))
        if truth is not None and truth.history.graph.migrations:
            return sequence_patient(truth, named, settings, attempt, rng)
    return None


def _named(sampling: Sampling, sites: tuple[str, ...]) -> Sampling:
    """Call metastases by the names of the scenario."""
    new = {old: "P" if site == 0 else sites[site] for site, old in sampling.names.items()}
    return replace(
        sampling,
        names={site: new[old] for site, old in sampling.names.items()},
        samples=tuple(
            new[site] + sample.removeprefix(site)
            for sample, site in zip(sampling.samples, sampling.sample_site, strict=True)
        ),
        sample_site=tuple(new[site] for site in sampling.sample_site),
    )


def _weighty(families: pd.DataFrame) -> np.ndarray:
    """Return which families make up, with their descendants, a share of some site that counts, bool array."""
    sites, site = np.unique(families["site"], return_inverse=True)
    rank = {family: row for row, family in enumerate(families["family"])}
    parent = [rank.get(family, -1) for family in families["parent_family"]]
    below = np.zeros((len(families), len(sites)))
    below[np.arange(len(families)), site] = families["cells_end"]
    least = NEGLIGIBLE_SHARE * below.sum(axis=0)
    for row in range(len(families) - 1, 0, -1):
        below[parent[row]] += below[row]
    return np.asarray(((below >= least) & (below > 0)).any(axis=1) | (np.array(parent) < 0))


def simulate_patients(count: int, seed: int, *, returning: bool | None = None) -> Iterator[SimulatedPatient]:
    """Yield patients of scenarios drawn at random: mice and humans, 3 to 11 sites, with and without return.

    Parameters
    ----------
    count : int, >= 0
    seed : int, >= 0
    returning : bool, optional
        Whether circulating cells can take root in tumours; unless told, in two patients of three.

    Examples
    --------
    >>> patient = next(simulate_patients(1, seed=1, returning=False))
    >>> patient.history.graph.primary_reseeded
    False
    """
    found, index = 0, 0
    while found < count:
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(index,))))
        index += 1
        back = rng.random() < 2 / 3 if returning is None else returning
        scenario, settings = draw_scenario(rng, returning=bool(back))
        try:
            run = simulate(scenario, seed=int(rng.integers(2**62)), threads=1)
        except RunError:
            continue
        if run.manifest["notes"]:
            continue
        for patient in patients_from_run(run, seed=int(rng.integers(2**62)), settings=settings):
            if found < count and len(patient.reads.sites) >= 3:
                found += 1
                yield patient


def draw_scenario(rng: np.random.Generator, *, returning: bool) -> tuple[Scenario, Settings]:
    """Return a scenario drawn at random, and how its patient is sampled and sequenced.

    Parameters
    ----------
    rng : numpy.random.Generator
    returning : bool
        Whether circulating cells can take root in tumours, those of the primary and of metastases.

    Notes
    -----
    How easily cells take root is not known (docs/parameters.md), and is set here so that few to many seeds do: a first
    run without seeding counts the cells that cross into each organ, and the chance is the seeds wanted over these.
    """
    document = _document(rng)
    parameters = document["parameters"]
    pilot = simulate(Scenario.from_dict(document), seed=int(rng.integers(2**62)), threads=1)
    crossed = pilot.arrays["flow"].isel(arm=0, replicate=0).sel(source="primary", stage="infiltrated").to_series()
    organs = {name: site["organ"] for name, site in document["sites"].items()}
    for organ in sorted(set(organs.values()) - {"mammary_gland"}):
        reached = np.mean([crossed[name] for name in organs if organs[name] == organ])
        parameters[f"establishment.{organ}"] = min(1.0, _between(rng, 0.5, 5.0) / max(1.0, reached))
    if returning:
        parameters["establishment.home"] = min(1.0, _between(rng, 1.0, 20.0) / max(1.0, crossed["primary"]))
    scenario = Scenario.from_dict(document)
    return scenario, _settings(scenario, rng)


def _document(rng: np.random.Generator) -> dict[str, Any]:
    """Return a scenario in which nothing takes root yet."""
    mouse = rng.random() < 0.5
    host: Literal["mouse", "human"] = "mouse" if mouse else "human"
    plateau = _between(rng, 300, 3000) if mouse else _between(rng, 1e4, 1e6)
    rate = PARAMETERS["growth.initial_rate"].default(host)
    decay = rate / math.log(plateau)
    parameters: dict[str, float] = {
        "establishment.home": 0.0,
        "establishment.new_clump_share": float(rng.uniform(0.3, 1.0)),
        "establishment.dormant_share": float(rng.uniform(0, 0.5)),
        "growth.decay": decay,
        "growth.between_rate": 0.2,
        "growth.between_decay": 0.2,
        "growth.visceral_pace": float(rng.uniform(0.6, 1.0)),
        "shedding.rate": _between(rng, 2e-4, 2e-3) if mouse else _between(rng, 2e-5, 2e-4),
    }
    sites = {"primary": {"organ": "mammary_gland"}}
    chosen = rng.choice(list(SEEDED), size=int(rng.integers(3, 11)), p=list(SEEDED.values()))
    for organ in map(str, sorted(chosen)):
        sites[f"{organ}_{sum(name.startswith(organ) for name in sites) + 1}"] = {"organ": organ}
        parameters[f"establishment.{organ}"] = 0.0
    clones: dict[str, Any] = {"first": {}}
    changes = []
    if rng.random() < 0.5:
        clones["fitter"] = {"from": "first", "growth": {"initial_rate": rate * float(rng.uniform(1.0, 1.2))}}
        changes = [{"from": "first", "to": "fitter", "rate": _between(rng, 0.1, 10) / (plateau * 1e5 / decay)}]
    duration = float(rng.uniform(6, 16)) / decay
    return {
        "selfseed": 1,
        "host": host,
        "clones": clones,
        "clone_changes": changes,
        "sites": sites,
        "procedures": [{"implant": "first", "site": "primary", "cells": 1000, "at": 0}],
        "parameters": parameters,
        "measurements": [{"volume": ["primary"], "at": duration}],
        "duration": duration,
        "replicates": 1,
        "numerics": {"max_families": MOST_FAMILIES, "exact_below": 50},
    }


def _settings(scenario: Scenario, rng: np.random.Generator) -> Settings:
    """Return how a patient is sampled and sequenced; a line gains some 2 to 100 mutations over the time simulated."""
    arm = resolve(scenario)[0]
    per_day = clock_of(arm, "primary", 1.0).mutation[0, 0]
    return Settings(
        mutation_rate=min(1.0, _between(rng, 2, 100) / (per_day * arm.duration_day)),
        samples_of_metastasis=int(rng.integers(1, 4)),
        smallest_share=float(rng.uniform(0.02, 0.1)),
        coverage=_between(rng, 50, 500),
        purity=float(rng.uniform(0.5, 1)),
        error_rate=float(rng.uniform(0, 0.002)),
    )


def _between(rng: np.random.Generator, least: float, most: float) -> float:
    """Return a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(least), np.log(most))))
