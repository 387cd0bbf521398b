"""What a design can tell of parameters, on toys whose answer is known, and then of two glands in one mouse."""

import numpy as np
import pytest

from selfseed.inference.experiment import make_experiment
from selfseed.inference.identifiability import information, jacobian, judge, judge_designs, profile
from selfseed.inference.measurements import DESIGNS, make_measurements
from selfseed.scenario import from_dict

NOISE = 0.1
TIMES = np.linspace(0.0, 2.0, 9)


def product(logs):
    """Only a b is seen: a and b cannot be told apart."""
    a, b = np.exp(logs)
    return np.log(a * b * np.exp(-TIMES))


def decay(logs):
    """The level a and the rate b of a decay are both seen."""
    a, b = np.exp(logs)
    return np.log(a) - b * TIMES


def judged(predict, names=("a", "b"), count=9):
    covariance = NOISE**2 * np.eye(count)
    return judge(information(jacobian(predict, len(names)), covariance), names)


def test_two_factors_of_a_product_cannot_be_told_apart():
    found = judged(product)
    assert found.rank == 1 and found.told == ()
    assert np.isinf(found.condition) or found.condition > 1e10
    assert abs(found.worst) == pytest.approx([np.sqrt(0.5)] * 2, abs=1e-6)
    assert found.words() == "a and b cannot be told apart: when a rises while b falls, the data do not move" or (
        found.words() == "b and a cannot be told apart: when b rises while a falls, the data do not move"
    )


def test_a_measurement_of_one_factor_tells_both():
    found = judged(lambda logs: np.append(product(logs), logs[0]), count=10)
    assert found.rank == 2 and found.told == ("a", "b")


def test_the_standard_errors_of_a_decay_are_those_of_the_textbook():
    found = judged(decay)
    design = np.stack([np.ones_like(TIMES), -TIMES], axis=1)
    wanted = NOISE * np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
    assert found.rank == 2
    assert found.bare_error == pytest.approx(wanted, rel=1e-3)
    assert found.bare_error != pytest.approx(1.1 * wanted, rel=1e-3)


def test_noise_that_measurements_share_is_not_averaged_away():
    apart = judge(information(jacobian(decay, 2), NOISE**2 * np.eye(9)), ("a", "b"))
    shared = judge(information(jacobian(decay, 2), NOISE**2 * (np.eye(9) + np.ones((9, 9)))), ("a", "b"))
    assert shared.bare_error[0] ** 2 == pytest.approx(apart.bare_error[0] ** 2 + NOISE**2, rel=1e-3)
    assert shared.bare_error[1] == pytest.approx(apart.bare_error[1], rel=1e-3)


def test_what_is_not_seen_keeps_what_was_known_beforehand():
    found = judged(lambda logs: decay(logs[:2]), names=("a", "b", "unseen"))
    assert found.error[2] == pytest.approx(np.log(10.0)) and np.isinf(found.bare_error[2])
    assert found.bare_error[:2] == pytest.approx(judged(decay).bare_error)
    assert found.words().startswith("unseen cannot be told")


def test_a_profile_is_a_parabola_where_the_model_is_straight():
    covariance = NOISE**2 * np.eye(9)
    drawn = profile(
        lambda logs: logs[0] - logs[1] * TIMES, ("a", "b"), covariance, "a", folds=(0.8, 0.9, 1.0, 1.1, 1.25)
    )
    error = judged(lambda logs: logs[0] - logs[1] * TIMES).bare_error[0]
    assert drawn.deviance == pytest.approx((np.log(drawn.fold) / error) ** 2, rel=1e-3, abs=1e-9)
    low, high = drawn.interval()
    assert low == pytest.approx(np.exp(-1.96 * error), rel=0.02) and high == pytest.approx(
        np.exp(1.96 * error), rel=0.02
    )


def test_the_profile_of_a_factor_of_a_product_is_flat():
    drawn = profile(product, ("a", "b"), NOISE**2 * np.eye(9), "a")
    assert drawn.deviance == pytest.approx(0.0, abs=1e-3)
    assert drawn.interval() == (0.0, float("inf"))


def test_the_profile_of_a_bent_model_is_fitted_anew_at_each_value():
    folds = (0.5, 0.7, 1.0, 1.4, 2.0)
    drawn = profile(decay, ("a", "b"), NOISE**2 * np.eye(9), "b", folds=folds, rounds=20)
    design = np.ones_like(TIMES)
    for fold, deviance in zip(folds, drawn.deviance, strict=True):
        residual = -(fold - 1.0) * TIMES
        residual = residual - design * residual.mean()
        assert deviance == pytest.approx(float(residual @ residual) / NOISE**2, rel=1e-2, abs=1e-6)


@pytest.fixture(scope="module")
def glands():
    scenario = {
        "selfseed": 1,
        "host": "mouse",
        "clones": {
            "parental": {},
            "LM2": {"from": "parental", "label": "GFP", "expression": {"MMP1": 5, "FSCN1": 3, "CXCL1": 8}},
        },
        "sites": {"donor": {"organ": "mammary_gland"}, "recipient": {"organ": "mammary_gland"}},
        "procedures": [
            {"implant": "LM2", "site": "donor", "cells": 1e6},
            {"implant": "parental", "site": "recipient", "cells": 1e6},
        ],
        "measurements": [{"label_share": "GFP", "sites": ["recipient"], "at": 40}],
        "duration": 40,
        "replicates": 2,
        "numerics": {"cohorts": 3},
    }
    names = ("growth.initial_rate", "shedding.rate", "establishment.home", "infiltration.loss_rate")
    measurements = make_measurements(make_experiment(from_dict(scenario)), names)
    covariance = measurements.covariance(20, 150, seed=1)
    return names, judge_designs(
        jacobian(measurements.predict, len(names)), covariance, names, measurements.kinds, DESIGNS
    )


def test_two_glands_tell_growth_and_not_how_seeds_come_about(glands):
    _, found = glands
    assert found["volumes"].told == ("growth.initial_rate",)
    assert "cannot be told apart" in found["volumes, label share"].words()


def test_counting_circulating_cells_tells_how_many_are_shed(glands):
    names, found = glands
    shed = names.index("shedding.rate")
    assert found["... and CTC"].error[shed] < 0.7 * found["volumes, label share"].error[shed]
    assert found["... and stroma"].error[shed] > 0.9 * found["volumes, label share"].error[shed]


def test_more_measurements_never_tell_less(glands):
    _, found = glands
    for judgement in found.values():
        assert (found["all"].error <= judgement.error + 1e-9).all()
        assert (judgement.error <= found["volumes"].error + 1e-9).all()


def test_a_recipient_without_tumour_is_refused():
    from selfseed.base.errors import ScenarioError

    scenario = from_dict({
        "selfseed": 1, "host": "mouse", "clones": {"a": {}},
        "sites": {"here": {"organ": "mammary_gland"}, "lung": {"organ": "lung"}},
        "procedures": [{"implant": "a", "site": "here", "cells": 1e6}], "duration": 5, "replicates": 1,
        "measurements": [{"volume": "here", "at": 5}],
    })  # fmt: skip
    with pytest.raises(ScenarioError, match="no tumour is implanted there"):
        make_measurements(make_experiment(scenario, "lung"), ("shedding.rate",))
    with pytest.raises(ScenarioError, match="above 0"):
        make_measurements(make_experiment(scenario), ("effect.rate_gain", "nonsense"))
