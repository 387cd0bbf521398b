"""Every cell is accounted for, no count falls below zero, and a cell that went missing would be noticed."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.validation.arms import animals, arm, field, implant

from selfseed.base.errors import RunError
from selfseed.engine.animal import check_books
from selfseed.kernels.families import LEDGER
from selfseed.processes import GROWTH_LAWS

ALL_ON = {
    "growth.between_rate": 0.3,
    "growth.between_decay": 0.3,
    "growth.turnover": 0.4,
    "growth.take": 0.5,
    "shedding.rate": 0.05,
    "shedding.cluster_share": 0.1,
    "shedding.rhythm": 0.5,
    "attraction.baseline": 3.0,
    "circulation.tumour_flow": 0.2,
    "circulation.tumour_flow_exponent": 0.0,
    "infiltration.crossing_rate": 5.0,
    "establishment.home": 0.5,
    "establishment.lung": 0.5,
    "establishment.liver": 0.5,
    "establishment.gut": 0.5,
    "establishment.new_clump_share": 0.5,
    "establishment.dormant_share": 0.5,
    "establishment.waking_rate": 0.1,
    "effect.capacity_gain": 1.0,
    "effect.rate_gain": 0.2,
    "effect.native_weight": 0.5,
}


def everything(host="mouse", **parameters):
    """Return a scenario with all laws of growth, all routes, clone changes, clusters, sleep, rhythm and surgery."""
    clones = {
        law: {"growth": {"law": law}, "label": "GFP" if number % 2 else "none", "expression": {"CXCL1": 1 + number}}
        for number, law in enumerate(GROWTH_LAWS)
    }
    first, *_, last = GROWTH_LAWS
    injections = [
        {"inject": law, "route": route, "cells": 50, "at": 1.0 + number}
        for number, (law, route) in enumerate(
            zip(GROWTH_LAWS, ("tail_vein", "intracardiac", "portal_vein"), strict=False)
        )
    ]
    return arm(
        clones,
        5.0,
        sites={"donor": "mammary_gland", "other": "skin", "lung": "lung", "liver": "liver", "gut": "gut"},
        procedures=[
            implant("gompertz", 150),
            implant("power_law", 30, "gut"),
            implant("logistic", 50, "other"),
            *injections,
            {"resect": "other", "at": 3.5, "residual": 0.3},
            {"resect": "gut", "at": 4.0},
            implant("von_bertalanffy", 40, "other", at=4.2),
        ],
        parameters=ALL_ON | parameters,
        changes=[(first, last, 0.02), ("gompertz", "logistic", 0.05), ("gompertz", "power_law", 0.05)],
        times=(0.0, 3.0, 5.0),
        host=host,
    )


@pytest.mark.parametrize("exact_below", [0, 200, 1_000_000], ids=["splitting", "both", "event by event"])
@pytest.mark.parametrize("host", ["mouse", "human"])
def test_the_books_balance_with_everything_on(host, exact_below):
    for outcome in animals(everything(host), 5, exact_below=exact_below, max_families=20_000):
        books = dict(zip(LEDGER, outcome.ledger, strict=True))
        came = books["implanted"] + books["injected"] + books["born"]
        assert came == outcome.ledger[3:].sum()
        assert books["injected"] == 150
        assert books["removed"] > 0
        families = outcome.families
        assert families["cells"].sum() == books["alive"] + books["dormant"]
        assert outcome.record.cells[-1].sum() == books["alive"]
        assert outcome.record.seeded[-1].sum() <= books["alive"]
        assert outcome.flow[:, :, 2].sum() == outcome.routes.sum() == (families["route"] >= 0).sum()


def test_everything_is_really_on():
    outcomes = animals(everything(), 5, max_families=20_000)
    families = np.concatenate([outcome.families for outcome in outcomes])
    assert set(families["kind"]) == {0, 1, 2, 3}
    assert {0, 2, 3} <= set(families["route"])
    assert np.isfinite(families["wakes"]).any() and (families["wakes"] > 0.0).any()
    assert (families["founders"] >= 2.0).any()
    assert len(set(families["clone"])) == len(GROWTH_LAWS)
    assert min(outcome.ledger[4:7].min() for outcome in outcomes) > 0


@pytest.mark.parametrize("host", ["mouse", "human"])
def test_the_mean_field_balances_its_books_too(host):
    ledger = field(everything(host), cohorts=4).ledger
    assert ledger[:3].sum() == pytest.approx(ledger[3:].sum(), rel=1e-6, abs=0.01)
    assert ledger.min() >= 0.0


@pytest.mark.parametrize("entry", LEDGER)
def test_one_lost_cell_would_be_noticed(entry):
    ledger = animals(everything(), 1, max_families=20_000)[0].ledger.copy()
    check_books(ledger)
    ledger[LEDGER.index(entry)] += 1.0
    with pytest.raises(RunError, match="1 cells are not accounted for"):
        check_books(ledger)


def test_a_negative_entry_would_be_noticed():
    ledger = np.zeros(10)
    ledger[LEDGER.index("born")], ledger[LEDGER.index("died")] = -3.0, -3.0
    with pytest.raises(RunError, match="died -3"):
        check_books(ledger)


share = st.floats(0.0, 1.0)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cells=st.integers(1, 300),
    exact_below=st.sampled_from([0, 200]),
    step=st.floats(0.05, 5.0),
    seed=st.integers(0, 1000),
    host=st.sampled_from(["mouse", "human"]),
    numbers=st.fixed_dictionaries({
        "shedding.rate": st.floats(0.0, 2.0),
        "shedding.cluster_share": share,
        "shedding.cluster_size": st.floats(2.0, 30.0),
        "shedding.size_exponent": st.floats(0.8, 1.2),
        "growth.turnover": st.floats(0.0, 0.9),
        "establishment.home": st.floats(0.0, 0.2),
        "establishment.lung": st.floats(0.0, 0.2),
        "establishment.new_clump_share": share,
        "establishment.dormant_share": share,
        "circulation.death_rate": st.floats(0.1, 100.0),
        "attraction.baseline": st.floats(0.0, 5.0),
        "effect.rate_gain": st.floats(0.0, 0.5),
    }),
)  # fmt: skip
def test_no_count_is_ever_negative_or_broken(cells, exact_below, step, seed, host, numbers):
    experiment = arm(
        {"one": {"growth": {"law": "gompertz"}}, "two": {"growth": {"law": "logistic"}}},
        4.0,
        sites={"donor": "mammary_gland", "other": "mammary_gland", "lung": "lung"},
        procedures=[implant("one", cells), implant("two", 1, "other"), {"resect": "donor", "at": 3.0, "residual": 0.5}],
        parameters=numbers,
        changes=[("one", "two", 0.01)],
        times=(0.0, 2.0, 4.0),
        host=host,
    )
    outcome = animals(experiment, 1, seed=seed, step=step, exact_below=exact_below, max_families=30_000)[0]
    record = outcome.record
    for counts in (
        record.cells,
        record.seeded,
        record.dormant,
        outcome.families["cells"],
        outcome.ledger,
        outcome.flow,
    ):
        assert (counts >= 0.0).all()
        assert (counts == np.floor(counts)).all()
    assert (record.seeded <= record.cells).all()
    assert (record.blood >= 0.0).all()
    assert (np.diff(outcome.flow, axis=-1) <= 0.0).all()
    assert (record.stroma > 0.0).all()
