"""The power of studies in mice is counted exactly, or agrees with theory."""

import math

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from selfseed.base.errors import ScenarioError
from selfseed.cohort.mice import (
    count_mice_for_mean,
    count_mice_for_share,
    fisher_p,
    fit_counts,
    tell_power_of_mean,
    tell_power_of_share,
)


def test_four_against_four_can_only_be_told_when_all_differ():
    # the textbook's smallest table: 4 of 4 against 0 of 4 has p = 2/70, the next 0.14
    assert fisher_p(4)[4, 0] == pytest.approx(2 / 70)
    assert tell_power_of_share(0.9, 0.1, 4) == pytest.approx(0.9**8 + 0.1**8)
    assert tell_power_of_share(1.0, 0.0, 3) == 0.0  # p = 0.1, whatever happens
    assert tell_power_of_share(1.0, 0.0, 3, sides="less") == 1.0  # p = 1/20


@pytest.mark.parametrize(("sides", "alternative"), [("two-sided", "two-sided"), ("less", "greater")])
def test_power_is_that_of_asking_every_outcome_one_by_one(sides, alternative):
    mice, control, treated = 9, 0.85, 0.4
    power = sum(
        binom.pmf(i, mice, control) * binom.pmf(j, mice, treated)
        for i in range(mice + 1)
        for j in range(mice + 1)
        if fisher_exact([[i, mice - i], [j, mice - j]], alternative=alternative).pvalue <= 0.05
    )
    assert tell_power_of_share(control, treated, mice, sides=sides) == pytest.approx(power)


def test_fishers_test_never_cries_wolf_more_often_than_alpha():
    assert max(tell_power_of_share(share, share, 20) for share in np.linspace(0.05, 0.95, 19)) <= 0.05


def test_the_number_of_mice_is_enough_and_one_fewer_is_not():
    found = count_mice_for_share(0.85, 0.40)
    last, before = found["mice"].iloc[-1], found["mice"].iloc[-2]
    assert tell_power_of_share(0.85, 0.40, last) >= 0.8 > tell_power_of_share(0.85, 0.40, before)
    assert before == last - 1


def test_a_tenth_more_of_the_seeded_would_need_more_mice():
    assert count_mice_for_share(0.85, 0.44)["mice"].iloc[-1] > count_mice_for_share(0.85, 0.40)["mice"].iloc[-1]


@pytest.mark.parametrize(("mean", "dispersion"), [(4.0, 0.8), (400.0, math.inf)])
def test_where_means_are_equal_the_power_is_alpha(mean, dispersion):
    power = tell_power_of_mean(mean, mean, dispersion, 15, studies=4000)
    assert abs(power - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 4000)
    assert tell_power_of_mean(mean, mean / 2, dispersion, 15, studies=4000) > 0.05 + 10 * np.sqrt(0.05 * 0.95 / 4000)


def test_few_seeds_make_the_test_careful_and_never_rash():
    assert 0.02 < tell_power_of_mean(4.0, 4.0, math.inf, 15, studies=4000) <= 0.05


def test_poisson_counts_have_the_power_of_the_normal_approximation():
    mice, control, treated = 20, 20.0, 16.0
    shift = (control - treated) / np.sqrt((control + treated) / mice)
    expected = 0.5 * math.erfc((1.96 - shift) / math.sqrt(2))
    assert tell_power_of_mean(control, treated, math.inf, mice, studies=4000) == pytest.approx(expected, abs=0.03)


def test_counts_that_vary_more_need_more_mice():
    poisson, spread = (count_mice_for_mean(5.0, 2.0, k).query("power >= 0.8")["mice"].min() for k in (math.inf, 1.0))
    assert poisson < 10 < 20 < spread


def test_mean_and_dispersion_of_counts_are_found_again():
    counts = np.random.default_rng(1).negative_binomial(2.0, 2.0 / (2.0 + 6.0), 40_000)
    mean, dispersion = fit_counts(counts)
    assert mean == pytest.approx(6.0, rel=0.02) and dispersion == pytest.approx(2.0, rel=0.05)
    assert math.isinf(fit_counts(np.array([2, 2, 2]))[1])


def test_studies_that_cannot_be_are_told():
    with pytest.raises(ScenarioError, match="control_share  = 1.2  must be in"):
        tell_power_of_share(1.2, 0.4, 10)
    with pytest.raises(ScenarioError, match="from 0.5 to 0.5 needs about inf mice"):
        count_mice_for_share(0.5, 0.5)
    with pytest.raises(ScenarioError, match="5 to 5 seeds is not seen"):
        count_mice_for_mean(5.0, 5.0, 1.0, most=50, studies=100)
    with pytest.raises(ScenarioError, match="must be one of: two-sided, less"):
        tell_power_of_mean(5.0, 2.0, 1.0, 5, sides="more")
