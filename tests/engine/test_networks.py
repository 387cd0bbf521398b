"""Both loops over a network give its exact law where there is one, and each other's where there is none."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from selfseed.base.errors import RunError
from selfseed.engine.networks import Network, moves_of_step, simulate_network
from selfseed.kernels import network as kernel
from selfseed.theory.networks import mean_and_covariance, nowhere

KINDS = ("left", "right", "blood", "bone")
START = (20.0, 0.0, 0.0, 0.0)
DAYS, REPLICATES = 12.0, 20_000


def linear(births=1.0, capacity=None):
    return Network(
        KINDS, KINDS, tuple(births * birth for birth in (0.5, 0.4, 0.0, 0.45)), (0.35, 0.2, 0.0, 0.2),
        (0.2, 0.2, 0.0, 0.2), capacity or {},
        {("left", "right"): 0.02, ("right", "left"): 0.05, ("left", "blood"): 0.05, ("right", "blood"): 0.1,
         ("blood", None): 6.0, ("blood", "left"): 1.0, ("blood", "bone"): 0.5},
    )  # fmt: skip


def law(births=1.0):
    rates = linear(births).rates()
    return rates.birth, rates.death + rates.loss, rates.move, np.array(START), DAYS


def z_of_everything(method, births=1.0, step_day=0.25):
    cells = simulate_network(
        linear(births), START, DAYS, seed=3, replicates=REPLICATES, method=method, step_day=step_day
    )
    mean, covariance = mean_and_covariance(*law())
    apart = cells - mean
    z_mean = apart.mean(axis=0) / (cells.std(axis=0) / np.sqrt(REPLICATES))
    products = apart[:, :, None] * apart[:, None, :]
    z_covariance = (products.mean(axis=0) - covariance) / (products.std(axis=0) / np.sqrt(REPLICATES))
    chances = np.array([nowhere(*law(), np.array(KINDS) == kind) for kind in KINDS])
    error = np.sqrt(chances * (1.0 - chances) / REPLICATES)
    z_nowhere = ((cells == 0).mean(axis=0) - chances) / error
    return np.abs(np.concatenate([z_mean, z_covariance.ravel(), z_nowhere])).max()


@pytest.mark.parametrize("method", ["steps", "exact"])
def test_means_covariances_and_absences_are_those_of_theory(method):
    assert z_of_everything(method) < 4.5


@pytest.mark.parametrize("method", ["steps", "exact"])
def test_births_one_tenth_more_frequent_would_be_noticed(method):
    assert z_of_everything(method, births=1.1) > 10.0


def crowded(method, **how):
    capacity = {"left": 100.0, "right": 60.0, "bone": 50.0}
    return simulate_network(
        linear(how.pop("births", 1.0), capacity),
        START,
        40.0,
        seed=how.pop("seed", 5),
        replicates=4000,
        method=method,
        **how,
    )


def test_with_crowding_the_steps_have_the_law_of_the_events():
    exact, steps = crowded("exact"), crowded("steps", seed=6, step_day=0.5)
    assert min(ks_2samp(exact[:, kind], steps[:, kind]).pvalue for kind in range(4)) > 1e-3
    ratio = steps.std(axis=0) / exact.std(axis=0)
    assert (abs(ratio - 1.0) < 0.06).all()


def test_with_crowding_births_one_tenth_more_frequent_would_be_noticed():
    exact, steps = crowded("exact"), crowded("steps", seed=6, births=1.1)
    assert ks_2samp(exact[:, 0], steps[:, 0]).pvalue < 1e-6


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads():
    one = simulate_network(linear(), START, DAYS, seed=1, replicates=50, threads=1)
    assert (simulate_network(linear(), START, DAYS, seed=1, replicates=50, threads=4) == one).all()
    assert (simulate_network(linear(), START, DAYS, seed=2, replicates=50) != one).any()


@pytest.mark.parametrize("cells", [20.0, 1e6, 1e12])
def test_compiled_and_plain_loops_agree_draw_for_draw(cells):
    rates = linear(capacity={"left": 1e3 * cells}).rates()
    start = np.array([cells, 0.0, 0.0, 0.0])
    found = []
    for loop in (kernel.step_network, kernel.step_network.py_func):
        record = np.empty((3, 4))
        loop(rates, *moves_of_step(rates, 0.5), start, 0.5, 8, 4, np.uint64(9), record)
        found.append(record)
    np.testing.assert_array_equal(*found)
    assert (found[0][1:] >= 0.0).all() and (found[0] == np.floor(found[0])).all()


def test_compiled_and_plain_events_agree_draw_for_draw():
    rates, start = linear(capacity={"left": 100.0}).rates(), np.array(START)
    found = []
    for loop in (kernel.follow_network, kernel.follow_network.py_func):
        cells = np.empty(4)
        found.append((*loop(rates, start, 3.0, 10**6, np.uint64(9), cells), *cells))
    assert found[0] == found[1] and found[0][0] > 10


def test_what_makes_no_sense_is_told():
    with pytest.raises(RunError, match="birth has 1 values for 4 kinds; a move names 'brain'"):
        Network(KINDS, KINDS, (0.1,), (0.1,) * 4, (0.0,) * 4, {}, {("left", "brain"): 1.0}).rates()
    with pytest.raises(RunError, match="a rate is negative"):
        Network(("a",), ("a",), (-0.1,), (0.1,), (0.0,)).rates()
    with pytest.raises(RunError, match="give one of steps and exact"):
        simulate_network(linear(), START, 1.0, seed=1, replicates=1, method="leap")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"start": (-5, 0)}, "start must be whole numbers of cells from 0 to 1e\\+15"),
        ({"start": (2.5, 0)}, "start must be whole"),
        ({"start": (float("nan"), 0)}, "start must be whole"),
        ({"start": (float("inf"), 0)}, "start must be whole"),
        ({"start": ("x", 0)}, "start must be whole"),
        ({"start": (5,)}, "start has 1 numbers for 2 kinds"),
        ({"days": float("inf")}, "inf days in steps of 0.5: give numbers above 0"),
        ({"step_day": 1e-12}, "more than 1e\\+08 steps"),
        ({"replicates": 0}, "replicates is 0: give a whole number from 1"),
        ({"threads": -1}, "threads is -1: give a whole number from 1"),
        ({"seed": -1}, "seed is -1: give a whole number from 0"),
    ],
)
def test_a_question_without_an_answer_is_told_and_never_followed(asked, told):
    network = Network(("a", "b"), ("P", "P"), (0.1, 0.1), (0.1, 0.1), (0.0, 0.0))
    question = {"start": (5, 0), "days": 1.0, "seed": 1, "replicates": 2} | asked
    with pytest.raises(RunError, match=told):
        simulate_network(network, question.pop("start"), question.pop("days"), **question)


def test_names_that_fit_nothing_are_told():
    with pytest.raises(RunError, match="the kind 'a' is named twice; the capacity of 'Q' is of no site"):
        Network(("a", "a"), ("P", "P"), (0.1, 0.1), (0.1, 0.1), (0.0, 0.0), {"Q": 5.0}).rates()
    with pytest.raises(RunError, match="a rate is negative or not a number"):
        Network(("a",), ("P",), ("x",), (0.1,), (0.0,)).rates()
