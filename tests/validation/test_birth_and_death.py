"""V1, V2, V3 and V6 of the validation suite: cells that divide and die at constant rates, through the engine."""

import numpy as np
import pytest
from scipy import stats
from tests.validation.arms import (
    ALL_TO_THE_LUNG,
    animals,
    arm,
    exponential,
    final_cells,
    implant,
    z_of_mean,
    z_of_variance,
)

from selfseed.theory import birth_death

ANIMALS = 16_000
SPLITTING, EXACT = 0, 1_000_000
WAYS = pytest.mark.parametrize("exact_below", [SPLITTING, EXACT], ids=["splitting", "event by event"])


def grown(birth, death, days, *, founders=1, exact_below=EXACT, count=ANIMALS, step=0.5, seed=1):
    experiment = arm({"tumour": exponential(birth, death)}, days, procedures=[implant("tumour", founders)])
    return final_cells(animals(experiment, count, seed=seed, exact_below=exact_below, step=step, max_families=100))


def z_of_extinction(*, death=0.5, founders=1, exact_below=EXACT, step=0.5):
    """Return how far extinctions by day 2 are from those at one birth and half a death per day."""
    cells = grown(1.0, death, 2.0, founders=founders, exact_below=exact_below, step=step)
    return z_of_mean(cells == 0, birth_death.extinction_probability(1.0, 0.5, 2.0, founders))


@WAYS
def test_a_family_dies_out_as_often_as_theory_says(exact_below):
    assert abs(z_of_extinction(exact_below=exact_below)) < 5


def test_a_death_rate_one_tenth_too_high_would_be_noticed_in_extinctions():
    assert abs(z_of_extinction(death=0.55)) > 5


def test_three_founders_die_out_as_three_independent_families_would():
    assert abs(z_of_extinction(founders=3, exact_below=SPLITTING, step=2.0)) < 5


def test_families_taken_for_dependent_would_be_noticed():
    cells = grown(1.0, 0.5, 2.0, founders=3)
    assert abs(z_of_mean(cells == 0, birth_death.extinction_probability(1.0, 0.5, 2.0))) > 5


@WAYS
def test_a_family_has_the_size_law_of_theory(exact_below):
    cells = grown(1.0, 0.5, 2.0, exact_below=exact_below)
    assert abs(z_of_mean(cells, birth_death.mean_cells(1.0, 0.5, 2.0))) < 5
    assert abs(z_of_variance(cells, birth_death.variance_of_cells(1.0, 0.5, 2.0))) < 5
    assert chance_of_sizes(cells, 1.0, 0.5, 2.0) > 1e-4


def test_a_death_rate_one_tenth_too_high_would_be_noticed_in_the_size_law():
    cells = grown(1.0, 0.55, 2.0)
    assert abs(z_of_mean(cells, birth_death.mean_cells(1.0, 0.5, 2.0))) > 5
    assert chance_of_sizes(cells, 1.0, 0.5, 2.0) < 1e-6


def chance_of_sizes(cells, birth, death, days, most=12):
    """Return the p-value of the sizes 0 to ``most`` and of all larger ones together."""
    seen = np.bincount(np.minimum(cells, most + 1).astype(int), minlength=most + 2)
    chances = [birth_death.size_probability(n, birth, death, days) for n in range(most + 1)]
    expected = cells.size * np.array([*chances, 1.0 - sum(chances)])
    assert (seen[expected == 0.0] == 0).all()
    return stats.chisquare(seen[expected > 0.0], expected[expected > 0.0]).pvalue


@pytest.mark.parametrize("founders", [40, 10_000])
def test_a_large_family_grown_in_one_step_has_the_exact_mean_and_variance(founders):
    cells = grown(1.0, 0.5, 2.0, founders=founders, exact_below=SPLITTING, step=4.0)
    assert abs(z_of_mean(cells, birth_death.mean_cells(1.0, 0.5, 2.0, founders))) < 5
    assert abs(z_of_variance(cells, birth_death.variance_of_cells(1.0, 0.5, 2.0, founders))) < 5


def test_a_large_family_with_a_tenth_more_turnover_would_be_noticed_in_the_variance():
    cells = grown(1.05, 0.55, 2.0, founders=10_000, exact_below=SPLITTING, step=4.0, count=2 * ANIMALS)
    assert abs(z_of_mean(cells, birth_death.mean_cells(1.0, 0.5, 2.0, 10_000))) < 5
    assert abs(z_of_variance(cells, birth_death.variance_of_cells(1.0, 0.5, 2.0, 10_000))) > 5


def test_without_deaths_a_cell_founds_a_family_of_yule():
    cells = grown(1.0, 0.0, 3.0, exact_below=SPLITTING)
    assert cells.min() == 1
    assert abs(z_of_mean(cells, birth_death.mean_cells(1.0, 0.0, 3.0))) < 5
    assert abs(z_of_mean(cells == 1, birth_death.size_probability(1, 1.0, 0.0, 3.0))) < 5
    assert chance_of_sizes(cells, 1.0, 0.0, 3.0, most=40) > 1e-4


def test_a_birth_rate_one_tenth_too_high_would_be_noticed_in_yule():
    cells = grown(1.1, 0.0, 3.0, exact_below=SPLITTING)
    assert abs(z_of_mean(cells, birth_death.mean_cells(1.0, 0.0, 3.0))) > 5
    assert abs(z_of_mean(cells == 1, birth_death.size_probability(1, 1.0, 0.0, 3.0))) > 5


def received(exact_below, *, arrivals=0.5, count=ANIMALS // 2, seed=1):
    """Return the cells in a lung that receives cells of a quiet tumour for two days, one number per animal."""
    shed_per_day = 10.0
    experiment = arm(
        {"quiet": exponential(0.0), "seed": exponential(1.0, 0.5)},
        2.0,
        sites={"donor": "mammary_gland", "lung": "lung"},
        procedures=[implant("seed", 1e9)],
        parameters=ALL_TO_THE_LUNG
        | {"shedding.rate": shed_per_day / 1e9, "establishment.lung": arrivals / shed_per_day},
        residents={"donor": "quiet"},
    )
    step = 0.1 if exact_below == SPLITTING else 1.0
    outcomes = animals(experiment, count, seed=seed, exact_below=exact_below, step=step, max_families=200)
    return final_cells(outcomes, site=1)


def chance_of_immigrants(cells, most=12):
    law = stats.nbinom(*birth_death.immigration_law(1.0, 0.5, 0.5, 2.0))
    seen = np.bincount(np.minimum(cells, most + 1).astype(int), minlength=most + 2)
    chances = law.pmf(np.arange(most + 1))
    return stats.chisquare(seen, cells.size * np.append(chances, 1.0 - chances.sum())).pvalue


@WAYS
def test_a_site_that_keeps_receiving_cells_holds_a_negative_binomial_number(exact_below):
    cells = received(exact_below)
    law = stats.nbinom(*birth_death.immigration_law(1.0, 0.5, 0.5, 2.0))
    assert abs(z_of_mean(cells, law.mean())) < 5
    assert abs(z_of_mean(cells == 0, law.pmf(0))) < 5
    assert abs(z_of_variance(cells, law.var())) < 5
    assert chance_of_immigrants(cells) > 1e-4


def test_one_tenth_more_arrivals_would_be_noticed():
    cells = received(EXACT, arrivals=0.55)
    law = stats.nbinom(*birth_death.immigration_law(1.0, 0.5, 0.5, 2.0))
    assert abs(z_of_mean(cells == 0, law.pmf(0))) > 5
    assert chance_of_immigrants(cells) < 1e-4
