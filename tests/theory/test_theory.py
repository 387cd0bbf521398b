"""The closed forms agree with each other, and with the table of numbers that the validation suite lists."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import solve_ivp

from selfseed.theory import birth_death, circulation, gompertz, luria_delbruck, seeding

rates = st.floats(0.01, 2.0)


@given(rates, rates, st.floats(0.1, 3.0))
def test_the_size_law_sums_to_one_and_has_the_mean_and_variance_of_theory(birth, death, days):
    beta = birth_death.geometric_ratio(birth, death, days)
    most = int(math.log(1e-13) / math.log(beta)) + 2
    sizes = np.arange(min(most, 20_000))
    chances = np.array([birth_death.size_probability(int(n), birth, death, days) for n in sizes])
    if most > 20_000:
        return
    assert chances.sum() == pytest.approx(1.0, abs=1e-9)
    mean = (sizes * chances).sum()
    assert mean == pytest.approx(birth_death.mean_cells(birth, death, days), rel=1e-6)
    variance = ((sizes - mean) ** 2 * chances).sum()
    assert variance == pytest.approx(birth_death.variance_of_cells(birth, death, days), rel=1e-5)


@given(rates, st.floats(0.1, 3.0))
def test_equal_birth_and_death_are_the_limit_of_almost_equal_ones(rate, days):
    for quantity in (birth_death.extinction_probability, birth_death.geometric_ratio, birth_death.variance_of_cells):
        assert quantity(rate, rate, days) == pytest.approx(quantity(rate * (1 + 1e-6), rate, days), rel=1e-4)


def test_those_alive_are_as_many_as_the_table_says():
    alive = 1.0 - birth_death.extinction_probability(1.0, 0.5, 2.0)
    assert birth_death.mean_cells(1.0, 0.5, 2.0) / alive == pytest.approx(4.43656, abs=5e-6)


def test_the_law_of_immigrants_has_the_variance_of_the_table():
    assert stats.nbinom(*birth_death.immigration_law(1.0, 0.5, 0.5, 2.0)).var() == pytest.approx(7.623, abs=1e-3)


@given(st.floats(0.1, 8.0))
def test_lea_coulson_is_a_poisson_number_of_families_of_yule(expected_changes):
    """The generating function at z = 1/2: exp(m (1/z - 1) ln(1 - z))."""
    law = luria_delbruck.lea_coulson(expected_changes, 200)
    generated = (law * 0.5 ** np.arange(201)).sum()
    assert generated == pytest.approx(math.exp(expected_changes * math.log(0.5)), rel=1e-9)


def test_rare_jackpots_are_as_frequent_as_the_table_says():
    assert 1.0 - luria_delbruck.lea_coulson(1.0, 99).sum() == pytest.approx(0.01042, abs=5e-6)


@given(st.lists(st.floats(0.0, 0.5), min_size=6, max_size=6), st.floats(0.0, 50.0))
def test_linear_exchange_solves_its_equation(numbers, days):
    matrix, start = seeding.seeding_matrix(*numbers), np.array([1.0, 0.5])
    path = solve_ivp(lambda _, cells: matrix @ cells, (0.0, days), start, rtol=1e-9, atol=1e-12)
    assert seeding.grow_linearly(matrix, start, days) == pytest.approx(path.y[:, -1], rel=1e-5)


@given(
    st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 2.0), st.floats(0.0, 2.0), st.floats(0.0, 1.0), st.data()
)
def test_no_exchange_beats_the_loss_free_rate(primary, metastasis, sheds, sheds_there, home, data):
    elsewhere = data.draw(st.floats(0.0, 1.0 - home))
    matrix = seeding.seeding_matrix(primary, metastasis, sheds, sheds_there, home, elsewhere)
    assert seeding.fastest_rate(matrix) <= seeding.conservation_bound(matrix) + 1e-9
    assert seeding.conservation_bound(matrix) <= max(primary, metastasis) + 1e-9


def test_return_of_more_cells_than_were_shed_would_break_the_bound():
    assert seeding.fastest_rate(seeding.seeding_matrix(0.05, 0.05, 0.1, 0.1, 0.9, 0.9)) > 0.05


def test_the_first_seeding_has_the_mean_and_median_of_the_table():
    rate = math.log(2.0) / 100.0
    assert rate / 1e-9 == pytest.approx(6.931e6, rel=1e-3)
    assert seeding.size_at_first_seeding(0.5, 1e-9, rate) == pytest.approx(rate / 1e-9 * math.log(2.0))


@given(st.floats(0.2, 1.0), st.floats(0.02, 0.1), st.floats(0.0, 60.0))
def test_the_curve_of_gompertz_solves_its_equation(rate, decay, day):
    before, after = gompertz.volume_mm3(np.array([day, day + 1e-5]), rate, decay)
    assert (after - before) / 1e-5 == pytest.approx(before * (rate - decay * math.log(before)), rel=1e-3, abs=1e-4)


def test_growth_starts_where_it_is_told_to_and_doubles_when_it_is_told_to():
    later = gompertz.volume_mm3(gompertz.doubling_days(0.5584, 0.0708, 50.0), 0.5584, 0.0708, start=50.0)
    assert later == pytest.approx(100.0)
    at_inflection = gompertz.volume_mm3(gompertz.inflection_day(0.5584, 0.0708), 0.5584, 0.0708)
    assert at_inflection == pytest.approx(gompertz.capacity_mm3(0.5584, 0.0708) / math.e)


def test_a_gamblers_ruin_ends_as_it_must():
    """Three rungs between ruin and riches, a fair coin: the chance of riches is the share of the way climbed."""
    transient = np.array([[0.0, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.0]])
    absorbing = np.array([[0.5, 0.0], [0.0, 0.0], [0.0, 0.5]])
    assert circulation.absorption(transient, absorbing)[:, 1] == pytest.approx([0.25, 0.5, 0.75])
