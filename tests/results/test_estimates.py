"""Intervals hold the truth as often as they promise, and those that are too narrow are caught."""

import numpy as np
import pytest
from scipy import stats

from selfseed.results.estimates import difference, mean, ratio, share, share_difference, spread

EXPERIMENTS, MICE = 4000, 10


@pytest.mark.parametrize("successes, count", [(0, 10), (1, 1), (8, 10), (50, 50), (3, 7)])
def test_wilson_agrees_with_scipy(successes, count):
    estimate = share(np.arange(count) < successes)
    known = stats.binomtest(successes, count).proportion_ci(method="wilson")
    assert estimate.value == successes / count
    assert (estimate.low, estimate.high) == pytest.approx((known.low, known.high), abs=1e-12)


def test_wilson_has_the_values_of_newcombe_1998():
    # Newcombe (1998), Stat Med 17:857, table I: 81 of 263 and 15 of 148
    assert (share(np.arange(263) < 81).low, share(np.arange(263) < 81).high) == pytest.approx(
        (0.2553, 0.3662), abs=5e-5
    )
    assert (share(np.arange(148) < 15).low, share(np.arange(148) < 15).high) == pytest.approx(
        (0.0624, 0.1605), abs=5e-5
    )


def test_the_mean_has_the_interval_of_students_t():
    values = np.array([1.0, 4.0, 2.0, 8.0])
    known = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    estimate = mean(values)
    assert estimate.value == 3.75
    assert (estimate.low, estimate.high) == pytest.approx(tuple(known))


def paired_experiments(seed):
    """Return (experiment, mouse) values of two arms that share their mice; the arms differ by 0.5 on average."""
    rng = np.random.default_rng(seed)
    mouse = rng.normal(0.0, 3.0, (EXPERIMENTS, MICE))
    return mouse + 0.5 + rng.normal(0.0, 0.5, mouse.shape), mouse + rng.normal(0.0, 0.5, mouse.shape)


def z_of_coverage(estimates, truth, promised=0.95):
    held = np.mean([estimate.low <= truth <= estimate.high for estimate in estimates])
    return (held - promised) / np.sqrt(promised * (1 - promised) / len(estimates))


def test_paired_intervals_hold_the_truth_in_95_of_100_experiments():
    first, second = paired_experiments(seed=1)
    assert abs(z_of_coverage([difference(*pair) for pair in zip(first, second, strict=True)], truth=0.5)) < 5


def test_an_interval_one_quarter_too_narrow_would_be_noticed():
    def narrow(first, second):
        estimate = difference(first, second)
        centre, half = estimate.value, (estimate.high - estimate.low) / 2
        return estimate.__class__(centre, centre - 0.75 * half, centre + 0.75 * half, estimate.replicates)

    first, second = paired_experiments(seed=1)
    assert z_of_coverage([narrow(*pair) for pair in zip(first, second, strict=True)], truth=0.5) < -5


def test_pairing_the_wrong_mice_would_be_noticed():
    first, second = paired_experiments(seed=1)
    paired, unpaired = difference(first[0], second[0]), difference(first[0], np.roll(second[0], 1))
    assert unpaired.high - unpaired.low > 3 * (paired.high - paired.low)


def coverage(pairs, gained, lost):
    """Return how often the interval of paired shares holds the truth, summed over every outcome that is not rare."""
    from scipy.stats import multinomial

    held = 0.0
    for plus in range(pairs + 1):
        for minus in range(pairs + 1 - plus):
            chance = multinomial.pmf([plus, minus, pairs - plus - minus], pairs, [gained, lost, 1.0 - gained - lost])
            if chance > 1e-6:
                place = np.arange(pairs)
                estimate = share_difference(place < plus, (place >= plus) & (place < plus + minus))
                held += chance * (estimate.low <= gained - lost <= estimate.high)
    return held


@pytest.mark.parametrize(("pairs", "gained", "lost"), [(30, 0.2, 0.05), (30, 0.3, 0.1), (50, 0.1, 0.1)])
def test_differences_of_shares_hold_the_truth_about_95_times_in_100(pairs, gained, lost):
    assert 0.94 < coverage(pairs, gained, lost) < 0.97


@pytest.mark.parametrize(("pairs", "gained"), [(23, 0.1), (200, 0.01), (1000, 0.002)])
def test_where_hardly_any_pair_differs_the_interval_still_holds_the_truth(pairs, gained):
    assert coverage(pairs, gained, 0.0) > 0.95


def test_shares_that_never_differ_still_leave_room_for_doubt():
    estimate = difference(np.ones(12, dtype=bool), np.ones(12, dtype=bool))
    assert estimate.value == 0.0
    assert estimate.low < -0.05 and estimate.high > 0.05


def test_ratios_hold_the_truth_about_95_times_in_100():
    rng = np.random.default_rng(3)
    below = rng.poisson(20.0, (EXPERIMENTS, 40)).astype(float)
    above = rng.binomial(below.astype(int), 0.25).astype(float)
    estimates = [ratio(*pair) for pair in zip(above, below, strict=True)]
    assert abs(np.mean([estimate.low <= 0.25 <= estimate.high for estimate in estimates]) - 0.95) < 0.02


def test_a_ratio_of_counts_is_never_negative():
    rare, common = np.array([0.0, 0.0, 0.0, 4.0]), np.array([5.0, 9.0, 7.0, 8.0])
    assert ratio(rare, common).low == 0.0
    assert ratio(rare - 1.0, common).low < 0.0


def test_one_mouse_has_no_interval():
    one = np.array([2.0])
    assert (mean(one).value, mean(one).low, mean(one).high) == (2.0, None, None)
    assert difference(one, one / 2).low is None
    assert difference(one > 1, one > 3) == share_difference(one > 1, one > 3)
    assert (difference(one > 1, one > 3).value, difference(one > 1, one > 3).low) == (1.0, None)
    assert (ratio(one, 2 * one).value, ratio(one, 2 * one).low) == (0.5, None)


def test_nothing_to_count_gives_nothing():
    none, unknown = np.zeros(0), np.full(3, np.nan)
    assert (
        share(none > 0).value is mean(none).value is mean(unknown).value is spread(unknown, 0.25, 0.75).median is None
    )
    assert ratio(np.ones(3), np.zeros(3)).value is None


def test_mice_without_a_value_are_left_out_and_counted_out():
    assert mean(np.array([1.0, np.nan, 3.0])).replicates == 2
    assert spread(np.array([1.0, np.nan, 3.0, -np.inf]), 0.05, 0.95).median == 2.0
