"""V4 of the validation suite: cells that change clone in a growing tumour follow the law of Luria and Delbrueck."""

import numpy as np
from scipy import stats
from tests.validation.arms import animals, arm, exponential, implant, z_of_mean

from selfseed.theory.luria_delbruck import lea_coulson

ANIMALS = 8_000
START, FOLD = 1e4, 1e4


def changed(expected_changes, *, seed=1):
    """Return the changed cells in tumours grown from 10^4 to 10^8 cells without deaths, one number per animal."""
    chance = expected_changes / (START * FOLD - START)
    clones = {"wild": exponential(1.0), "mutant": exponential(1.0)}
    experiment = arm(
        clones, np.log(FOLD), procedures=[implant("wild", START)], changes=[("wild", "mutant", f"{chance:.17g}")]
    )
    outcomes = animals(experiment, ANIMALS, seed=seed, step=0.15, max_families=200)
    return np.array([outcome.record.cells[-1, 0, 1] for outcome in outcomes])


def chance_of(mutants, expected_changes, most=30):
    """Return the p-value of the counts 0 to ``most`` and of all larger ones together."""
    law = lea_coulson(expected_changes, most)
    seen = np.bincount(np.minimum(mutants, most + 1).astype(int), minlength=most + 2)
    return stats.chisquare(seen, mutants.size * np.append(law, 1.0 - law.sum())).pvalue


def test_changed_cells_follow_the_law_of_luria_and_delbrueck():
    mutants = changed(1.0)
    law = lea_coulson(1.0, 99)
    for cells in range(4):
        assert abs(z_of_mean(mutants == cells, law[cells])) < 5
    assert abs(z_of_mean(mutants >= 100, 1.0 - law.sum())) < 5  # the jackpots
    assert np.median(mutants) == 1
    assert chance_of(mutants, 1.0) > 1e-4


def test_five_expected_changes_have_the_median_and_the_jackpots_of_theory():
    mutants = changed(5.0, seed=2)
    law = lea_coulson(5.0, 99)
    assert law[:14].sum() < 0.5 < law[:15].sum()
    assert abs(z_of_mean(mutants <= 14, law[:15].sum())) < 5
    assert abs(z_of_mean(mutants >= 100, 1.0 - law.sum())) < 5
    assert chance_of(mutants, 5.0) > 1e-4


def test_one_tenth_more_changes_would_be_noticed():
    mutants = changed(1.1)
    assert abs(z_of_mean(mutants == 0, lea_coulson(1.0, 0)[0])) > 5
    assert chance_of(mutants, 1.0) < 1e-4


def test_changes_without_families_of_their_own_would_be_noticed():
    mutants = stats.poisson(1.0).rvs(ANIMALS, random_state=1)
    assert chance_of(mutants, 1.0) < 1e-6
