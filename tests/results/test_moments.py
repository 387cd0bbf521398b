"""Means, spreads and quantiles of parts, put together, are those of the whole."""

import numpy as np
import pytest

from selfseed.results.moments import Moments


@pytest.fixture
def values():
    rng = np.random.default_rng(1)
    found = 10.0 ** rng.normal(2.0, 1.0, (2, 5000, 3))
    found[:, ::7, 1] = 0.0
    found[:, ::11, 2] = np.nan
    return found


def in_parts(values):
    first, *rest = np.split(values, [100, 101, 3000], axis=1)
    moments = Moments.of(first)
    for part in rest:
        moments = moments.and_then(Moments.of(part))
    return moments


def test_parts_together_have_the_mean_and_the_spread_of_the_whole(values):
    moments = in_parts(values)
    np.testing.assert_allclose(moments.means(), np.nanmean(values, axis=1), rtol=1e-12)
    np.testing.assert_allclose(moments.deviation(), np.nanstd(values, axis=1, ddof=1), rtol=1e-10)


@pytest.mark.parametrize("share", [0.025, 0.25, 0.5, 0.975])
def test_quantiles_are_right_to_three_per_cent(values, share):
    exact = np.nanquantile(values, share, axis=1, method="inverted_cdf")
    found = in_parts(values).quantile(share)
    assert (found[exact == 0.0] == 0.0).all()
    np.testing.assert_allclose(found[exact > 0.0], exact[exact > 0.0], rtol=0.03)


def test_a_quantile_one_tenth_off_would_be_noticed(values):
    exact = np.nanquantile(1.1 * values[..., :1], 0.5, axis=1, method="inverted_cdf")
    assert (abs(in_parts(values[..., :1]).quantile(0.5) / exact - 1.0) > 0.03).all()


def test_where_no_replicate_has_a_number_there_is_none():
    moments = Moments.of(np.full((1, 4, 1), np.nan))
    assert np.isnan([moments.means(), moments.deviation(), moments.quantile(0.5)]).all()


def test_what_is_kept_comes_back(values):
    moments = in_parts(values)
    again = Moments.kept(moments.arrays("volume"), "volume")
    assert all((getattr(again, name) == getattr(moments, name)).all() for name in ("count", "mean", "squares", "bins"))
