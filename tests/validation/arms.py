"""Small experiments as the engine sees them, and how far an outcome is from what theory expects."""

from dataclasses import replace

import numpy as np

from selfseed.base.streams import replicate_key
from selfseed.engine.animal import run_animal
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.scenario import Scenario, resolve
from selfseed.scenario.model import Numerics

PLAIN = {
    "growth.take": 1.0,
    "growth.between_rate": 0.0,
    "growth.between_decay": 0.0,
    "growth.turnover": 0.0,
    "growth.visceral_pace": 1.0,
    "shedding.rate": 0.0,
    "shedding.cluster_share": 0.0,
    "establishment.home": 0.0,
    "establishment.new_clump_share": 0.0,
    "establishment.dormant_share": 0.0,
    "effect.capacity_gain": 0.0,
}
"""Animals all alike, every cell takes, no deaths, no shedding, no clusters, no sleep, no niche."""

ALL_TO_THE_LUNG = {
    "circulation.death_rate": 1e-6,
    "circulation.arrest_lung": 1.0,
    "circulation.tumour_flow": 0.0,
    "infiltration.crossing_rate": 1e3,
    "infiltration.loss_rate": 1e-6,
}
"""Every shed cell is arrested in the lung and crosses (but for a few in 10^9)."""


def exponential(birth, death=0.0):
    """Return the growth of a clone whose cells divide and die at constant rates [1/day]."""
    turnover = death / birth if birth else 0.0
    return {
        "law": "exponential",
        "initial_rate": birth - death,
        "max_rate": birth - death,
        "turnover": turnover,
    }


def gompertz(rate=0.5584, decay=0.0708):
    return {"law": "gompertz", "initial_rate": rate, "decay": decay}


def arm(
    clones,
    days,
    *,
    sites=None,
    procedures=(),
    parameters=(),
    changes=(),
    times=None,
    residents=None,
    host="mouse",
    drugs=None,
):
    """Return the resolved arm of a scenario whose first site is the donor, measured at ``times`` [day].

    A clone is stated as in a scenario, or by its growth alone. ``residents`` names for some sites the clone whose
    growth all cells take there.
    """
    sites = sites or {"donor": "mammary_gland"}
    scenario = Scenario.from_dict({
        "selfseed": 1,
        "host": host,
        "clones": {name: {"growth": clone} if "law" in clone else clone for name, clone in clones.items()},
        "clone_changes": [{"from": start, "to": end, "rate": rate} for start, end, rate in changes],
        "sites": {name: {"organ": organ} for name, organ in sites.items()},
        "drugs": drugs or {},
        "procedures": list(procedures),
        "parameters": PLAIN | dict(parameters),
        "measurements": [{"volume": [next(iter(sites))], "at": f"{days} day"}],
        "duration": f"{days} day",
        "replicates": 1,
    })  # fmt: skip
    names = list(clones)
    takes = tuple(names.index(residents[site]) if residents and site in residents else -1 for site in sites)
    return replace(
        resolve(scenario)[0], times_day=(0.0, float(days)) if times is None else tuple(times), residents=takes
    )


def implant(clone, cells, site="donor", at=0.0):
    return {"implant": clone, "site": site, "cells": cells, "at": at}


def animals(arm, count, *, seed=1, step=0.5, exact_below=200, max_families=2000):
    """Return what becomes of some animals in the stochastic engine; its books are checked in each of them."""
    setting, between = plan_setting(arm), plan_between(arm)
    course = plan_course(arm, Numerics())._replace(step_day=step, exact_below=float(exact_below))
    return [run_animal(setting, between, course, replicate_key(seed, i), max_families) for i in range(count)]


def field(arm, *, cohorts=12):
    """Return what the mean field makes of an arm."""
    return run_mean_field(plan_setting(arm), plan_course(arm, Numerics()), cohorts)


def final_cells(outcomes, site=0):
    """Return the growing cells of a site at the end, one number for each animal."""
    return np.array([outcome.record.cells[-1, site].sum() for outcome in outcomes])


def z_of_mean(values, expected):
    """Return by how many standard errors the mean of ``values`` exceeds what is expected."""
    values = np.asarray(values, dtype=float)
    return (values.mean() - expected) / (values.std(ddof=1) / np.sqrt(values.size))


def z_of_variance(values, expected):
    """Return by how many standard errors the variance of ``values`` exceeds what is expected."""
    squares = (np.asarray(values, dtype=float) - np.mean(values)) ** 2
    return z_of_mean(squares, expected)


def z_of_difference(one, other):
    """Return by how many standard errors the means of two samples differ."""
    one, other = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    error = np.hypot(one.std(ddof=1) / np.sqrt(one.size), other.std(ddof=1) / np.sqrt(other.size))
    return (one.mean() - other.mean()) / error
