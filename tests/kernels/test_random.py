"""The generator gives the published answers; the samplers have the laws that they claim."""

import numpy as np
import pytest
from scipy import stats
from tests.kernels.streams import draws, stream_of

from selfseed.kernels import random

ALL_ONES = 2**64 - 1
PI = (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89)


@pytest.mark.parametrize(
    "counter, key, answer",
    [
        ((0, 0), (0, 0), (0xC2B6E3A8C2C69865, 0x6F81ED42F350084D)),
        ((ALL_ONES, ALL_ONES), (ALL_ONES, ALL_ONES), (0xE02CB7C4D95D277A, 0xD06633D0893B8B68)),
        (PI[:2], PI[2:], (0x263C7D30BB0F0AF1, 0x56BE8361D3311526)),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_threefry_gives_the_known_answers_of_random123(counter, key, answer):
    words = random.threefry(*(np.uint64(word) for word in (*key, *counter)))
    assert tuple(int(word) for word in words) == answer


def test_equal_keys_and_counters_give_equal_numbers_and_others_do_not():
    assert (draws(random.uniform, 100) == draws(random.uniform, 100)).all()
    assert not np.isin(draws(random.uniform, 100), draws(random.uniform, 100, seed=2)).any()
    one, other = stream_of(1), stream_of(1)
    random.point(other, one[0], one[1], 1)
    assert random.uniform(one) != random.uniform(other)


def test_streams_of_neighbouring_moments_are_not_correlated():
    stream = np.zeros(4, np.uint64)
    firsts = []
    for moment in range(20_000):
        random.point(stream, np.uint64(5), np.uint64(101), moment)
        firsts.append(random.uniform(stream))
    assert abs(np.corrcoef(firsts[:-1], firsts[1:])[0, 1]) < 5 / np.sqrt(len(firsts))
    assert stats.kstest(firsts, "uniform").pvalue > 1e-4


CONTINUOUS = {
    "uniform": (random.uniform, (), stats.uniform(), stats.uniform(scale=1.1)),
    "normal": (random.normal, (), stats.norm(), stats.norm(scale=1.1)),
    "exponential": (random.exponential, (), stats.expon(), stats.expon(scale=1.1)),
    "gamma of shape 1": (random.gamma, (1.0,), stats.gamma(1.0), stats.gamma(1.1)),
    "gamma of shape 25": (random.gamma, (25.0,), stats.gamma(25.0), stats.gamma(27.5)),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_continuous_sampler_has_its_law_and_one_tenth_off_would_be_noticed(name):
    sampler, arguments, law, wrong = CONTINUOUS[name]
    numbers = draws(sampler, 20_000, *arguments)
    assert stats.kstest(numbers, law.cdf).pvalue > 1e-4
    assert stats.kstest(numbers, wrong.cdf).pvalue < 1e-6


def poisson(mean):
    return random.poisson, (mean,), stats.poisson(mean)


def binomial(number, probability):
    return random.binomial, (number, probability), stats.binom(int(number), probability)


def geometric_sum(number, probability):
    return random.geometric_sum, (number, probability), stats.nbinom(number, probability)


COUNTS = {
    "Poisson 0.5": (poisson(0.5), poisson(0.55)),
    "Poisson 9": (poisson(9.0), poisson(9.9)),
    "Poisson 12": (poisson(12.0), poisson(13.2)),
    "Poisson 5000": (poisson(5e3), poisson(5.5e3)),
    "Poisson 10^8": (poisson(1e8), poisson(1.1e8)),
    "binomial 6, 0.3": (binomial(6.0, 0.3), binomial(6.0, 0.33)),
    "binomial 40, 0.9": (binomial(40.0, 0.9), binomial(40.0, 0.91)),
    "binomial 300, 0.4": (binomial(300.0, 0.4), binomial(300.0, 0.44)),
    "binomial 10^6, 10^-6": (binomial(1e6, 1e-6), binomial(1e6, 1.1e-6)),
    "binomial 10^9, 0.5": (binomial(1e9, 0.5), binomial(1e9, 0.55)),
    "binomial 10^12, 10^-9": (binomial(1e12, 1e-9), binomial(1e12, 1.1e-9)),
    "geometric 0.3": (geometric_sum(1.0, 0.3), geometric_sum(1.0, 0.33)),
    "sum of 7 geometric": (geometric_sum(7.0, 0.2), geometric_sum(7.0, 0.22)),
    "sum of 10^5 geometric": (geometric_sum(1e5, 0.05), geometric_sum(1e5, 0.055)),
}


def p_value(counts, law, classes=20):
    """Return the p-value of a chi-square test over classes of about equal chance."""
    edges = np.unique(law.ppf(np.linspace(0.0, 1.0, classes + 1)[1:-1]))
    seen = np.bincount(np.searchsorted(edges, counts), minlength=edges.size + 1)
    chances = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]]))
    keep = chances > 1e-9
    return stats.chisquare(seen[keep], counts.size * chances[keep] / chances[keep].sum()).pvalue


@pytest.mark.parametrize("name", COUNTS)
def test_a_count_has_its_law_and_one_tenth_off_would_be_noticed(name):
    (sampler, arguments, law), (_, _, wrong) = COUNTS[name]
    counts = draws(sampler, 20_000, *arguments)
    assert (counts == np.floor(counts)).all()
    assert p_value(counts, law) > 1e-4
    assert p_value(counts, wrong) < 1e-6


@pytest.mark.parametrize(
    "sampler, arguments, count",
    [
        (random.poisson, (0.0,), 0.0),
        (random.binomial, (0.0, 0.5), 0.0),
        (random.binomial, (9.0, 0.0), 0.0),
        (random.binomial, (9.0, 1.0), 9.0),
        (random.geometric_sum, (0.0, 0.5), 0.0),
        (random.geometric_sum, (5.0, 1.0), 0.0),
    ],
)
def test_counts_without_a_choice_are_certain(sampler, arguments, count):
    assert sampler(*arguments, stream_of(1)) == count


def test_small_counts_grow_with_their_mean_when_they_share_their_chance():
    for seed in range(200):
        counts = [random.poisson(mean, stream_of(seed)) for mean in (0.1, 1.0, 3.0, 9.0)]
        assert counts == sorted(counts)
        counts = [random.binomial(100.0, chance, stream_of(seed)) for chance in (0.001, 0.01, 0.05, 0.09)]
        assert counts == sorted(counts)
