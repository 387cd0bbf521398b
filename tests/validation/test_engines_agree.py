"""Event by event and in steps, in chance and in the mean: the engines say the same where they speak of the same."""

from functools import lru_cache

import numpy as np
import pytest
from scipy import stats
from tests.validation.arms import animals, arm, exponential, field, gompertz, implant, z_of_difference

FEW = 2000
SPLITTING, EXACT = 0, 1_000_000
ENGINES = ("mean field", "stochastic")


def small_case(*, birth=0.9, shedding=0.15):
    """Return twenty labelled and twenty plain cells that shed singles and clusters, change clone, sleep and return."""
    clones = {
        "plain": {"growth": exponential(birth, 0.3)},
        "labelled": {"label": "GFP", "growth": exponential(birth, 0.3)},
    }
    parameters = {
        "shedding.rate": shedding,
        "shedding.cluster_share": 0.3,
        "attraction.baseline": 3.0,
        "circulation.tumour_flow": 0.3,
        "circulation.tumour_flow_exponent": 0.0,
        "infiltration.crossing_rate": 10.0,
        "establishment.home": 0.7,
        "establishment.lung": 0.5,
        "establishment.new_clump_share": 0.5,
        "establishment.dormant_share": 0.4,
        "establishment.waking_rate": 0.2,
        "establishment.cluster_efficiency": 2.0,
    }
    return arm(
        clones,
        4.0,
        sites={"donor": "mammary_gland", "recipient": "mammary_gland", "lung": "lung"},
        procedures=[implant("labelled", 20), implant("plain", 20, "recipient")],
        parameters=parameters,
        changes=[("labelled", "plain", 0.05)],
    )


def few_cells(exact_below, *, seed=1, step=0.1, **case):
    """Return what is seen of each animal, by name."""
    outcomes = animals(small_case(**case), FEW, seed=seed, step=step, exact_below=exact_below)

    def column(read):
        return np.array([read(outcome) for outcome in outcomes], dtype=float)

    return {
        "cells of the donor": column(lambda one: one.record.cells[-1, 0].sum()),
        "cells of the recipient": column(lambda one: one.record.cells[-1, 1].sum()),
        "cells in the lung": column(lambda one: one.record.cells[-1, 2].sum()),
        "labelled cells in the recipient": column(lambda one: one.record.cells[-1, 1, 1]),
        "changed cells in the donor": column(lambda one: one.record.cells[-1, 0, 0]),
        "cells come by blood": column(lambda one: one.record.seeded[-1].sum()),
        "sleeping cells": column(lambda one: one.record.dormant[-1].sum()),
        "primary seeds": column(lambda one: one.routes[0, 0]),
        "seeds of the lung": column(lambda one: one.routes[2, 3]),
        "families": column(lambda one: one.families.size),
        "cells lost after shedding": column(lambda one: one.ledger[4:7].sum()),
    }


@pytest.fixture(scope="module")
def event_by_event():
    return few_cells(EXACT)


@pytest.fixture(scope="module")
def in_steps():
    return few_cells(SPLITTING, seed=2)


def test_steps_and_single_events_agree_in_mean_and_spread(event_by_event, in_steps):
    for name, exact in event_by_event.items():
        split = in_steps[name]
        assert abs(z_of_difference(exact, split)) < 5, name
        assert abs(z_of_difference((exact - exact.mean()) ** 2, (split - split.mean()) ** 2)) < 5, name


def test_steps_and_single_events_agree_in_distribution(event_by_event, in_steps):
    for name, exact in event_by_event.items():
        assert stats.ks_2samp(exact, in_steps[name]).pvalue > 1e-4, name


def test_one_tenth_more_births_or_shedding_would_be_noticed(event_by_event):
    faster = few_cells(SPLITTING, seed=2, birth=0.99)
    assert abs(z_of_difference(event_by_event["cells of the donor"], faster["cells of the donor"])) > 5
    assert stats.ks_2samp(event_by_event["cells of the donor"], faster["cells of the donor"]).pvalue < 1e-6
    shedding = few_cells(SPLITTING, seed=2, shedding=0.165)
    lost = "cells lost after shedding"
    assert abs(z_of_difference(event_by_event[lost], shedding[lost])) > 5


MANY, FEWER = 100, 50
"""Animals; that a mistake is noticed needs no more than half of those with which none is seen."""


def large_case(*, law="gompertz", shedding=1e-3, rhythm=0.0):
    """Return two tumours of unlike clones that seed each other many times.

    Seeds join the mass where growth is that of Gompertz: the mean field takes all clumps of a cohort to be of one
    size, and so makes clumps that crowd themselves too large (a fifth in a month, for those founded by one cell).
    Without crowding it is exact, clumps, metastases and all.
    """
    crowded = law == "gompertz"
    growth = gompertz() if crowded else exponential(0.25, 0.1)
    clones = {
        "labelled": {"label": "GFP", "growth": growth, "expression": {"CXCL1": 20, "MMP1": 2}},
        "plain": {"growth": growth, "attraction": {"responsiveness": 0.5}},
    }
    parameters = {
        "shedding.rate": shedding,
        "shedding.cluster_share": 0.03,
        "shedding.rhythm": rhythm,
        "attraction.baseline": 0.5,
        "infiltration.crossing_rate": 1.0,
        "establishment.home": 0.02 if crowded else 0.5,
        "establishment.lung": 0.0 if crowded else 5e-3,
        "establishment.new_clump_share": 0.0 if crowded else 0.5,
        "establishment.dormant_share": 0.3,
        "establishment.waking_rate": 0.05,
        "effect.capacity_gain": 1.0,
        "growth.turnover": 0.2,
    }
    return arm(
        clones,
        24.0,
        sites={"donor": "mammary_gland", "recipient": "mammary_gland", "lung": "lung"},
        procedures=[implant("labelled", 3e5), implant("plain", 1e5, "recipient")],
        parameters=parameters,
        times=(0.0, 12.0, 24.0),
    )


def seen(outcome):
    """Return volumes, seeds by route, label share, stroma and circulating cells of one animal or of the mean field."""
    cells, labelled = outcome.record.cells.sum(axis=-1), outcome.record.cells[..., 0]
    return {
        "donor": cells[-1, 0],
        "donor half-way": cells[1, 0],
        "recipient": cells[-1, 1],
        "lung": cells[-1, 2],
        "sleeping": outcome.record.dormant[-1].sum(),
        "labelled share of the recipient": labelled[-1, 1] / cells[-1, 1],
        "stroma of the recipient": outcome.record.stroma[-1, 1] - 1.0,
        "primary seeds": outcome.routes[0, 0],
        "secondary seeds": outcome.routes[:, 1].sum(),
        "cross seeds": outcome.routes[:, 2].sum(),
        "metastatic seeds": outcome.routes[:, 3].sum(),
        "circulating": outcome.record.blood[-1, 0],
        "per ml of venous blood": outcome.record.blood[-1, 1],
        "per ml of arterial blood": outcome.record.blood[-1, 2],
        "died in blood": outcome.ledger[4],
        "lost at the wall": outcome.ledger[5],
        "not established": outcome.ledger[6],
    }


def z_of_means(experiment, expected, *, step=0.125, count=MANY):
    """Return by how many standard errors each mean over animals exceeds what the mean field expects.

    What is expected to be less than one cell in a thousand animals is left out.
    """
    outcomes = [seen(one) for one in animals(experiment, count, step=step)]
    values = {name: np.array([one[name] for one in outcomes]) for name in expected}
    return {
        name: (column.mean() - expected[name]) * np.sqrt(count) / column.std(ddof=1)
        for name, column in values.items()
        if column.std() > 0.0
    }


@lru_cache
def expected_of(law):
    """Return what the mean field expects of the large case."""
    return seen(field(large_case(law=law)))


LAWS = pytest.mark.parametrize("law", ["gompertz", pytest.param("exponential", marks=pytest.mark.slow)])


@LAWS
def test_the_mean_of_many_animals_is_the_mean_field(law):
    experiment, expected = large_case(law=law), expected_of(law)
    routes = ("primary", "cross") if law == "gompertz" else ("primary", "cross", "metastatic")
    assert min(expected[f"{route} seeds"] for route in routes) > 100.0
    for name, z in z_of_means(experiment, expected).items():
        assert abs(z) < 3.5, name


@LAWS
def test_one_tenth_more_shedding_would_be_noticed_against_the_mean_field(law):
    deviations = z_of_means(large_case(law=law, shedding=1.1e-3), expected_of(law), count=FEWER)
    for name in ("primary seeds", "cross seeds", "labelled share of the recipient", "per ml of venous blood"):
        assert abs(deviations[name]) > 5, name


@pytest.mark.slow
def test_a_rhythm_of_release_has_the_same_phase_in_both_engines():
    experiment = large_case(law="exponential", rhythm=1.0)
    for name, z in z_of_means(experiment, seen(field(experiment))).items():
        assert abs(z) < 3.5, name


def at_steps(*steps, shedding, count=40):
    experiment = large_case(shedding=shedding)
    return [[seen(one) for one in animals(experiment, count, seed=seed, step=step)] for seed, step in enumerate(steps)]


@pytest.mark.slow
def test_halving_the_step_changes_nothing_beyond_chance():
    coarse, fine = at_steps(0.5, 0.25, shedding=1e-3)
    for name in ("donor", "recipient", "labelled share of the recipient", "cross seeds", "circulating"):
        assert abs(z_of_difference([one[name] for one in coarse], [one[name] for one in fine])) < 3.5, name


@pytest.mark.slow
def test_a_step_of_six_days_would_be_noticed():
    coarse, fine = at_steps(6.0, 0.25, shedding=1e-5)
    assert abs(z_of_difference([one["donor"] for one in coarse], [one["donor"] for one in fine])) > 5


@pytest.mark.parametrize("engine", [field, lambda experiment: animals(experiment, 1, step=0.125)[0]], ids=ENGINES)
def test_surgery_that_leaves_half_of_a_tumour_leaves_half_of_each_clump(engine):
    """Half as large, a clump of Gompertz outgrows its former self by ln 2 (1 - exp(-b t)), whatever its size."""

    def log_cells(*surgery):
        experiment = arm(
            {"tumour": gompertz() | {"max_rate": 3.0}},
            14.0,
            sites={"donor": "mammary_gland", "other": "mammary_gland"},
            procedures=[
                implant("tumour", 3e6),
                implant("tumour", 10, "other"),
                {"resect": "donor", "at": 10.0, "residual": 0.0},
                *surgery,
            ],
            parameters={
                "shedding.rate": 1e-3,
                "circulation.tumour_flow": 0.2,
                "circulation.tumour_flow_exponent": 0.0,
                "attraction.baseline": 3.0,
                "establishment.home": 0.02,
                "establishment.new_clump_share": 1.0,
            },
            times=(0.0, 10.0, 14.0),
        )
        outcome = engine(experiment)
        return np.log(outcome.record.cells[-1, 1].sum()), outcome.record.seeded[-1, 1].sum()

    half = {"resect": "other", "at": 10.0, "residual": 0.5}
    (kept, of_seeds), (whole, _) = log_cells(half), log_cells()
    assert of_seeds > 0.5 * np.exp(kept)
    assert kept - whole == pytest.approx(np.log(0.5) * np.exp(-0.0708 * 4.0), abs=0.01)
