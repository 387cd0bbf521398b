"""V17 of the validation suite: without crowding, seeds of equal fitness cannot make a tumour outgrow its own losses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.validation.arms import arm, exponential, field, implant

from selfseed.engine.plan import plan_setting
from selfseed.kernels.body import circulate
from selfseed.theory import seeding

HOME_PER_CELL = {
    "circulation.tumour_flow": 0.2,
    "circulation.tumour_flow_exponent": 0.0,
    "attraction.baseline": 5.0,
    "infiltration.crossing_rate": 1e3,
    "establishment.home": 0.5,
}
"""Blood flow through a tumour that does not depend on its size, and half of what is arrested there survives."""


def two_tumours(rates, shedding, days, *, home=0.5, times=None):
    return arm(
        {f"clone {i}": exponential(rate) | {"turnover": 0.2} for i, rate in enumerate(rates)},
        days,
        sites={"donor": "mammary_gland", "other": "mammary_gland"},
        procedures=[implant("clone 0", 1e6), implant("clone 1", 1e3, "other")],
        parameters=HOME_PER_CELL | {"shedding.rate": shedding, "establishment.home": home},
        times=times,
        residents={"donor": "clone 0", "other": "clone 1"},
    )


def chances_to_take_root(experiment):
    """Return float[to, from]: the chance that a cell shed in one tumour takes root in the other, or in its own."""
    setting = plan_setting(experiment)
    fate = np.zeros((2, 3, 5))
    circulate(setting, np.array([[1e6, 0.0], [0.0, 1e3]]), -1, fate, np.zeros((2, 3)))
    return fate[:, 0, :2].T * setting.infiltration * setting.establishment[0, :2]


def matrix_of(rates, shedding, chances):
    return np.diag(rates) - shedding * np.eye(2) + shedding * chances


def test_two_tumours_exchange_cells_as_the_linear_model_says():
    rates, shedding = (0.05, 0.06), 0.2
    experiment = two_tumours(rates, shedding, 60.0)
    chances = chances_to_take_root(experiment)
    assert chances.min() > 0.05
    assert chances.sum(axis=0).max() < 1.0
    grown = field(experiment).record.cells[-1].sum(axis=1)
    matrix = matrix_of(rates, shedding, chances)
    assert grown == pytest.approx(seeding.grow_linearly(matrix, np.array([1e6, 1e3]), 60.0), rel=1e-5)
    assert seeding.fastest_rate(matrix) < seeding.conservation_bound(matrix) < max(rates)


def test_one_tenth_more_return_would_be_noticed():
    rates, shedding = (0.05, 0.06), 0.2
    grown = field(two_tumours(rates, shedding, 60.0, home=0.55)).record.cells[-1].sum(axis=1)
    matrix = matrix_of(rates, shedding, chances_to_take_root(two_tumours(rates, shedding, 60.0)))
    assert grown != pytest.approx(seeding.grow_linearly(matrix, np.array([1e6, 1e3]), 60.0), rel=0.01)


@settings(max_examples=15, deadline=None)
@given(
    shedding=st.floats(1e-4, 1.0),
    home=st.floats(0.0, 1.0),
    clumps=st.floats(0.0, 1.0),
    clusters=st.floats(0.0, 0.5),
    turnover=st.floats(0.0, 0.6),
)
def test_self_seeding_never_beats_the_loss_free_rate_without_crowding(shedding, home, clumps, clusters, turnover):
    rate, days = 0.2, np.linspace(0.0, 20.0, 6)
    experiment = arm(
        {"tumour": exponential(rate) | {"turnover": turnover}},
        20.0,
        sites={"donor": "mammary_gland", "other": "mammary_gland", "lung": "lung"},
        procedures=[implant("tumour", 1e6)],
        parameters=HOME_PER_CELL
        | {
            "shedding.rate": shedding,
            "shedding.cluster_share": clusters,
            "establishment.home": home,
            "establishment.lung": 0.5,
            "establishment.new_clump_share": clumps,
            "circulation.death_rate": 0.1,
        },
        times=days,
    )
    cells = field(experiment, cohorts=2).record.cells.sum(axis=(1, 2))
    assert (cells <= 1e6 * np.exp(rate * days) * (1.0 + 1e-5)).all()
    assert (np.diff(np.log(cells)) <= rate * np.diff(days) + 1e-5).all()


def test_relief_of_crowding_breaks_the_bound():
    """The same with a capacity: clumps of their own let seeds outgrow the mass that they came from."""

    def grown(home):
        experiment = arm(
            {"tumour": {"law": "gompertz"}},
            60.0,
            procedures=[implant("tumour", 1e5)],
            parameters=HOME_PER_CELL
            | {"shedding.rate": 1e-3, "establishment.home": home, "establishment.new_clump_share": 1.0},
        )
        return field(experiment).record.cells[-1].sum()

    assert grown(0.01) > 1.1 * grown(0.0)


@pytest.mark.parametrize("fold", [1.5, 3.0])
def test_seeds_that_grow_faster_break_the_bound(fold):
    """Selection: a fitter clone that comes back takes over, and the tumour outgrows the rate of its first cells."""
    days = 120.0
    experiment = arm(
        {"slow": exponential(0.05), "fast": exponential(0.05 * fold)},
        days,
        procedures=[implant("slow", 1e6), implant("fast", 10)],
    )
    cells = field(experiment).record.cells[-1].sum()
    assert cells > 1e6 * np.exp(0.05 * days) * 1.0001
    assert cells == pytest.approx(1e6 * np.exp(0.05 * days) + 10.0 * np.exp(0.05 * fold * days), rel=1e-5)
