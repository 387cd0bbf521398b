"""Sequencing counts what the samples hold, with the chance and the errors that it should have."""

import numpy as np

from selfseed.history.sequencing import sequence, variant_fraction

SHARES = np.array([[1.0, 0.5, 0.1, 0.0], [0.8, 0.8, 0.0, 0.3]])
PURITY = np.array([0.9, 0.6])


def reads_of(repeats, **options):
    """Return the variant reads and depths of many sequencings of the same two samples, array (2, 4 * repeats)."""
    shares = np.tile(SHARES, repeats)
    names = tuple(map(str, range(shares.shape[1])))
    setting = {"coverage": 200.0, "purity": PURITY, "rng": np.random.default_rng(1)} | options
    return sequence(shares, names, ("P_0", "M1_0"), ("P", "M1"), **setting)


def z_of_fractions(coverage=200.0, times=1.0, repeats=2000):
    """Return how many standard errors the mean read frequencies lie from ``times`` the expected ones."""
    reads = reads_of(repeats, coverage=coverage)
    counted = (reads.variant / reads.depth).reshape(2, repeats, 4)
    expected = times * PURITY[:, np.newaxis] * SHARES / 2
    error = counted.std(axis=1, ddof=1) / np.sqrt(repeats)
    carried = SHARES > 0
    return ((counted.mean(axis=1) - expected)[carried] / error[carried]).round(2)


def test_read_frequencies_are_half_the_share_of_carrying_cells_times_purity():
    assert np.all(np.abs(z_of_fractions()) < 5)


def test_a_read_frequency_one_tenth_too_high_would_be_noticed():
    assert np.all(np.abs(z_of_fractions(times=1.1)) > 5)


def test_a_mutation_that_no_cell_carries_is_never_read_without_errors():
    assert not reads_of(200).variant[np.tile(SHARES == 0, 200)].any()


def test_errors_turn_reads_both_ways():
    assert np.allclose(variant_fraction([[1.0, 0.0]], 1.0, 0.01), [[0.5, 0.01]])
    assert np.allclose(variant_fraction([[0.5]], 0.8, 0.01), [[0.2 * 0.99 + 0.8 * 0.01]])


def test_depths_have_the_mean_and_the_variance_of_their_law():
    for spread in (0.0, 0.2):
        depth = reads_of(2500, coverage=100.0, depth_overdispersion=spread).depth
        assert abs(depth.mean() - 100) < 5 * depth.std() / np.sqrt(depth.size)
        assert abs(depth.var() / (100 + spread * 100**2) - 1) < 0.06


def variance_of_reads(overdispersion):
    reads = reads_of(2500, coverage=1e5, overdispersion=overdispersion)
    return (reads.variant / reads.depth).reshape(2, 2500, 4)[0, :, 0].var()


def test_reads_of_one_mutation_in_one_sample_are_as_alike_as_asked_for():
    expected = 0.45 * 0.55 * 0.02
    assert abs(variance_of_reads(0.02) / expected - 1) < 0.1
    assert variance_of_reads(0.0) < 0.01 * expected


def test_one_generator_state_gives_one_set_of_reads():
    first, second = (reads_of(3, rng=np.random.default_rng(7), overdispersion=0.01) for _ in range(2))
    assert np.array_equal(first.variant, second.variant)
    assert np.array_equal(first.reference, second.reference)
