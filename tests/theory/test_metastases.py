"""Laws of metastases, conglomerates and chains of sites agree with their equations, solved or played another way."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import beta, gamma

from selfseed.theory import ages, conglomerate, gompertz, invasion, metastases, reseeding, sites

rates = st.floats(0.05, 1.0)


@given(rates, rates, st.integers(1, 500))
@settings(max_examples=30, deadline=None)
def test_without_deaths_sizes_follow_yule_and_simon(number_growth, birth, size):
    power = number_growth / birth
    expected = power * beta(power, size)
    assert metastases.size_tail(size, number_growth, birth, 0.0) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(st.floats(0.1, 0.9), st.floats(0.0, 0.5))
@settings(max_examples=10, deadline=None)
def test_the_tail_of_sizes_falls_with_the_ratio_of_the_rates(number_growth, death):
    many, few = (metastases.size_tail(size, number_growth, 1.0, death) for size in (10_000, 20_000))
    exponent = metastases.tail_exponent(number_growth, 1.0 - death)
    assert math.log2(many / few) == pytest.approx(exponent, rel=0.01)


def test_an_exponent_one_tenth_too_large_would_be_noticed():
    many, few = (metastases.size_tail(size, 0.5, 1.0, 0.2) for size in (10_000, 20_000))
    assert math.log2(many / few) != pytest.approx(1.1 * metastases.tail_exponent(0.5, 0.8), rel=0.01)


def test_relapse_comes_in_time_or_never():
    law = {"founding": 1e-10, "primary_growth": 0.01, "birth": 0.2, "death": 0.18, "cells": 1e9, "visible": 1e8}
    chances = [metastases.relapse_chance(**law, days=days) for days in (0.0, 500.0, 1000.0, 1500.0, 3000.0)]
    assert (np.diff(chances) > 0.0).all()
    assert chances[1:4] == pytest.approx([0.0407, 0.6296, 0.6321], abs=1e-4)
    assert chances[-1] == pytest.approx(metastases.relapse_chance(**law, days=math.inf), rel=1e-4)


@given(rates, rates)
@settings(max_examples=10, deadline=None)
def test_what_founds_at_a_steady_rate_grows_exponentially(by_primary, by_founded):
    days = np.linspace(0.0, 5.0, 2001)
    founded = metastases.renewal(
        lambda ages: np.full_like(ages, by_primary), lambda ages: np.full_like(ages, by_founded), days
    )
    assert founded[-1] == pytest.approx(by_primary * math.exp(by_founded * 5.0), rel=1e-4)


def test_metastases_that_found_nothing_add_nothing():
    days = np.linspace(0.0, 5.0, 11)
    assert (metastases.renewal(np.exp, None, days) == np.exp(days)).all()


def test_equal_clumps_are_each_a_curve_of_gompertz():
    days = np.linspace(0.0, 100.0, 11)
    assert conglomerate.equal_clumps_mm3(7, days, 0.5, 0.07) / 7.0 == pytest.approx(
        gompertz.volume_mm3(days, 0.5, 0.07)
    )


def test_a_clump_without_crowding_grows_exponentially_in_the_mean():
    days = np.linspace(0.0, 4.0, 5)
    assert conglomerate.mean_clump_cells(days, 0.8, 1e-9, 0.1, most=2000) == pytest.approx(np.exp(0.7 * days), rel=1e-4)


def test_a_slowly_crowded_clump_lags_as_gamma_says():
    """Early chance multiplies a clump by W, exponential of mean 1; crowding makes of it W to the power exp(-b t)."""
    days = np.array([0.0, 60.0])
    mean = conglomerate.mean_clump_cells(days, 0.24, 0.03, most=6000)[-1]
    expected = gompertz.volume_mm3(days[-1], 0.24, 0.03) * gamma(1.0 + math.exp(-0.03 * 60.0))
    assert mean == pytest.approx(expected, rel=0.03)


@given(st.integers(2, 6), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_first_passages_solve_their_equations(size, seed):
    chain = np.random.default_rng(seed).dirichlet(np.ones(size), size) * 0.95 + 0.05 / size
    steps = sites.mean_first_passage(chain)
    for target in range(size):
        others = [site for site in range(size) if site != target]
        direct = np.linalg.solve(np.eye(size - 1) - chain[np.ix_(others, others)], np.ones(size - 1))
        assert steps[others, target] == pytest.approx(direct, rel=1e-8)
    assert sites.stationary(chain) @ chain == pytest.approx(sites.stationary(chain))


@given(st.floats(0.1, 5.0), st.integers(2, 200))
def test_one_more_sampled_cell_finds_a_new_seed_as_often_as_the_urn_says(theta, cells):
    more = reseeding.expected_lineages(theta, 1.0, cells + 1) - reseeding.expected_lineages(theta, 1.0, cells)
    assert more == pytest.approx(theta / (theta + cells))
    assert reseeding.expected_lineages(theta, 1.0, 2) == pytest.approx(
        2.0 - reseeding.same_seed_probability(theta, 1.0)
    )


@given(st.floats(1e-4, 1e-2), st.floats(1e-6, 1e-2), st.floats(10.0, 3000.0))
def test_at_the_crossover_both_routes_bring_as_many(shedding, founding, days):
    passing = reseeding.crossover(shedding, founding, days)
    assert reseeding.secondary_over_primary(shedding, founding, days, passing) == pytest.approx(1.0)


@given(st.floats(0.1, 1.0), st.floats(0.1, 1.0), st.floats(0.0, 10.0))
def test_matrix_is_lost_at_the_rate_of_contact_and_protease(cells, decay, time):
    step = 1e-4
    at = np.array([time, time + step])
    left = invasion.matrix_left(cells, 0.2, decay, 0.5, 0.7, at)
    rate = 0.5 * cells + 0.7 * invasion.protease(cells, 0.2, decay, at).mean()
    assert math.log(left[0] / left[1]) / step == pytest.approx(rate, rel=1e-4)


def test_first_doublings_take_as_long_as_first_doublings():
    assert ages.doubling_lengthens(1.0) == pytest.approx(1.0, abs=2e-3)
    assert ages.doubling_lengthens(1e11) > 2.0
