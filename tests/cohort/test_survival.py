"""Survival is estimated as closed forms say."""

import numpy as np
import pandas as pd
import pytest
from tests.cohort.patients import YEAR, patients

from selfseed.base.errors import ScenarioError
from selfseed.cohort.survival import estimate_survival, read_survival

DAY = 5 * YEAR


def z_of_survival(hazard_claimed, seed=1):
    """Return how many standard errors the survival after 5 years is from what a hazard of 0.15 a year says."""
    table = patients(np.random.default_rng(seed), 20_000, {"none": 0.15}, follow_up_years=8.0)
    found = read_survival(estimate_survival(table, "overall survival"), [DAY]).iloc[0]
    return (found["survival"] - np.exp(-hazard_claimed * 5.0)) / ((found["high"] - found["low"]) / 3.92)


def test_a_constant_hazard_gives_exponential_survival():
    assert abs(z_of_survival(0.15)) < 4


def test_a_hazard_one_tenth_too_high_would_be_noticed():
    assert abs(z_of_survival(0.165)) > 6


def test_intervals_hold_the_truth_in_nineteen_of_twenty_cohorts():
    truth, inside = np.exp(-0.75), []
    for seed in range(400):
        table = patients(np.random.default_rng(seed), 120, {"none": 0.15})
        found = read_survival(estimate_survival(table, "overall survival"), [DAY]).iloc[0]
        inside.append(found["low"] <= truth <= found["high"])
    assert 0.91 <= np.mean(inside) <= 0.98


def test_the_first_example_of_a_textbook_comes_out():
    # Freireich's patients on 6-mercaptopurine, weeks; Collett, Modelling Survival Data: S(10) = 0.753, S(22) = 0.538
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    table = pd.DataFrame({"patient": range(21), "arm": "6-MP", "follow_up_day": 7.0 * np.array(weeks)})
    table["death_day"] = np.where(relapse, table["follow_up_day"], np.nan)
    curves = estimate_survival(table, "overall survival")
    found = read_survival(curves, [0.0, 70.0, 154.0, 400.0])
    assert found["survival"].tolist()[:3] == pytest.approx([1.0, 0.753, 0.538], abs=5e-4)
    assert np.isnan(found["survival"].iloc[3]) and found["at_risk"].tolist() == [21, 15, 7, 0]


def test_before_the_first_event_the_interval_is_that_of_those_at_risk():
    table = patients(np.random.default_rng(1), 50, {"none": 1e-9})
    found = read_survival(estimate_survival(table, "overall survival"), [DAY]).iloc[0]
    assert (found["survival"], found["high"]) == (1.0, 1.0)
    assert found["low"] == pytest.approx(0.025 ** (1 / 50))


def test_curves_are_made_for_every_class_that_is_asked_for():
    table = patients(np.random.default_rng(1), 100, {"none": 0.1, "surgery": 0.05})
    table["size"] = np.where(table["patient"] < 40, "small", "large")
    curves = estimate_survival(table, "overall survival", by=("arm", "size"))
    assert curves.groupby(["arm", "size"])["at_risk"].first().to_dict() == {
        ("none", "large"): 60, ("none", "small"): 40, ("surgery", "large"): 60, ("surgery", "small"): 40,
    }  # fmt: skip
    with pytest.raises(ScenarioError, match="did you mean the column 'size'"):
        estimate_survival(table, "overall survival", by=("sise",))
