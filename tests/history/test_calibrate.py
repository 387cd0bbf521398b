"""Scores and the reliability curve of probabilities whose truth is known."""

import numpy as np
import pytest

from selfseed.history.calibrate import Calibration
from selfseed.history.trust import effective_draws, shrink_factor


def drawn(patients, factor=1.0, seed=1):
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.4, 1.2, patients)
    return Calibration(probability, rng.random(patients) < np.clip(factor * probability, 0, 1))


def test_probabilities_that_keep_their_promise_lie_in_the_band():
    assert sum(not each.inside for each in drawn(20_000).bins()) <= 1


def test_probabilities_one_tenth_too_low_leave_the_band():
    assert sum(not each.inside for each in drawn(20_000, 1.1).bins()) >= 3


def test_scores_are_those_worked_out_by_hand():
    judged = Calibration(np.array([0.9, 0.2, 0.6, 0.0]), np.array([True, False, False, True]))
    assert judged.brier == pytest.approx((0.01 + 0.04 + 0.36 + 1) / 4)
    assert judged.log_loss == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.01]).mean())
    assert judged.area == pytest.approx(0.5)
    assert (judged.found, judged.false) == (1, 1)


def test_independent_draws_count_each_and_sticky_ones_less():
    rng = np.random.default_rng(2)
    free = rng.random((2, 4000))
    assert effective_draws(free) > 6000
    assert effective_draws(np.repeat(free, 10, axis=1)[:, :4000]) < 1500


def test_walks_that_disagree_do_not_pass_as_one():
    rng = np.random.default_rng(3)
    values = rng.random((2, 500))
    assert shrink_factor(values) < 1.02
    assert shrink_factor(values + np.array([[0.0], [1.0]])) > 1.5
