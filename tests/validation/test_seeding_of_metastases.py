"""V8 and V9 of the validation suite: the metastases of an exponentially growing tumour, and the first of them."""

import math

import numpy as np
import pytest
from scipy import stats
from tests.validation.arms import ALL_TO_THE_LUNG, animals, arm, exponential, implant, z_of_mean, z_of_variance

from selfseed.theory import seeding

RATE = math.log(2.0) / 100.0
FOUNDED_PER_CELL_AND_DAY = 1e-9
SHED_PER_CELL_AND_DAY = 1e-4


def experiment(start, days, *, founded=FOUNDED_PER_CELL_AND_DAY, times=None):
    """Return a tumour that doubles in 100 days; what it sheds reaches the lung, and founds so many metastases.

    Metastases do not grow, and all cells shed in the lung are arrested before they could come back.
    """
    parameters = {
        "shedding.rate": SHED_PER_CELL_AND_DAY,
        "establishment.lung": founded / SHED_PER_CELL_AND_DAY,
        "circulation.arrest_organ": 1.0,
        "growth.visceral_pace": 0.0,
    }
    return arm(
        {"tumour": exponential(RATE + SHED_PER_CELL_AND_DAY)},
        days,
        sites={"donor": "mammary_gland", "lung": "lung"},
        procedures=[implant("tumour", start)],
        parameters=ALL_TO_THE_LUNG | parameters,
        times=times,
    )


def metastases(*, founded=FOUNDED_PER_CELL_AND_DAY, count=400, seed=1):
    """Return the metastases founded while a tumour grows from 10^6 to 10^9 cells, one number per animal."""
    days = math.log(1e3) / RATE
    outcomes = animals(experiment(1e6, days, founded=founded), count, seed=seed, step=10.0)
    return np.array([outcome.routes[1, 3] for outcome in outcomes])


EXPECTED = seeding.mean_metastases(FOUNDED_PER_CELL_AND_DAY, RATE, 1e9, start=1e6)


def test_an_exponential_tumour_founds_as_many_metastases_as_theory_says():
    assert pytest.approx(144.27, rel=2e-3) == EXPECTED
    assert abs(z_of_mean(metastases(), EXPECTED)) < 5


def test_one_tenth_more_metastases_would_be_noticed():
    assert abs(z_of_mean(metastases(founded=1.1 * FOUNDED_PER_CELL_AND_DAY), EXPECTED)) > 5


def test_the_number_of_metastases_is_poisson():
    founded = metastases(count=1500)
    assert abs(z_of_variance(founded, EXPECTED)) < 5
    edges = stats.poisson(EXPECTED).ppf(np.linspace(0.05, 0.95, 19))
    seen = np.bincount(np.searchsorted(edges, founded), minlength=20)
    chances = np.diff(np.concatenate([[0.0], stats.poisson(EXPECTED).cdf(edges), [1.0]]))
    assert stats.chisquare(seen, founded.size * chances).pvalue > 1e-4


def test_metastases_that_come_in_pairs_would_be_noticed():
    pairs = 2 * metastases(founded=0.5 * FOUNDED_PER_CELL_AND_DAY)
    assert abs(z_of_mean(pairs, EXPECTED)) < 5
    assert abs(z_of_variance(pairs, EXPECTED)) > 5


def sizes_when_first_seeding(seed=1):
    """Return the size of each tumour when its first metastasis was founded; it starts with 10^4 cells."""
    days = math.log(1e4) / RATE
    times = tuple(np.linspace(0.0, days, 68))
    outcomes = animals(experiment(1e4, days, times=times), 5500, seed=seed, step=20.0, max_families=1000)
    sizes = []
    for outcome in outcomes:
        seeds = outcome.families[outcome.families["route"] >= 0]
        assert seeds.size > 0
        curve = np.log(outcome.record.cells[:, 0, 0])
        sizes.append(math.exp(np.interp(seeds["time"].min(), times, curve)))
    return np.array(sizes)


@pytest.fixture(scope="module")
def sizes_at_first_seeding():
    return sizes_when_first_seeding()


MEAN_SIZE = RATE / FOUNDED_PER_CELL_AND_DAY


def test_the_size_at_first_seeding_is_exponential(sizes_at_first_seeding):
    beyond_start = sizes_at_first_seeding - 1e4
    assert abs(z_of_mean(beyond_start, MEAN_SIZE)) < 5
    median = seeding.size_at_first_seeding(0.5, FOUNDED_PER_CELL_AND_DAY, RATE)
    assert median == pytest.approx(4.805e6, rel=1e-3)
    assert abs(z_of_mean(beyond_start < median, 0.5)) < 5
    assert stats.kstest(beyond_start, stats.expon(scale=MEAN_SIZE).cdf).pvalue > 1e-4


def test_a_mean_size_one_tenth_too_large_would_be_noticed(sizes_at_first_seeding):
    assert abs(z_of_mean(sizes_at_first_seeding - 1e4, 1.1 * MEAN_SIZE)) > 5
    assert stats.kstest(sizes_at_first_seeding, stats.expon(scale=1.1 * MEAN_SIZE).cdf).pvalue < 1e-6
