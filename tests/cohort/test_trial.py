"""The power of trials drawn from simulated patients is that of theory where theory is right."""

import numpy as np
import pytest
from tests.cohort.patients import YEAR, patients

from selfseed.base.errors import ScenarioError
from selfseed.cohort.trial import compare_designs, count_events, count_needed, estimate_power, log_rank, tell_power

ENDPOINT = "overall survival"
HAZARDS = {"none": 0.15, "drug": 0.10}


@pytest.fixture(scope="module")
def pool():
    return patients(np.random.default_rng(1), 5000, HAZARDS, follow_up_years=12.0)


def z(power, expected, trials):
    return (power - expected) / np.sqrt(expected * (1.0 - expected) / trials)


def of_null(hazard=0.15, alpha=0.05):
    table = patients(np.random.default_rng(2), 5000, {"none": 0.15, "again": hazard}, follow_up_years=12.0)
    return estimate_power(table, "again", ENDPOINT, [300], trials=3000, alpha=alpha).iloc[0]


def test_where_arms_do_the_same_power_is_alpha():
    assert abs(z(of_null()["power"], 0.05, 3000)) < 4


def test_a_small_effect_or_another_alpha_would_be_noticed():
    assert z(of_null(hazard=0.12)["power"], 0.05, 3000) > 10
    assert z(of_null(alpha=0.1)["power"], 0.05, 3000) > 8


def test_a_treatment_without_any_event_has_no_ratio_and_all_power():
    """Not a ratio of 1, which would say that it does nothing."""
    table = patients(np.random.default_rng(2), 500, {"none": 0.15, "cure": 1e-12}, follow_up_years=12.0)
    found = estimate_power(table, "cure", ENDPOINT, [300], trials=200).iloc[0]
    assert np.isnan(found["hazard_ratio"]) and np.isnan(found["schoenfeld"]) and found["power"] > 0.99
    assert np.isnan(count_needed(float("nan"), 0.4)) and np.isinf(count_needed(1.0, 0.4))


@pytest.mark.parametrize("size", [200, 400])
def test_power_under_proportional_hazards_is_schoenfelds(pool, size):
    found = estimate_power(pool, "drug", ENDPOINT, [size], follow_up_years=[3.0], trials=2000).iloc[0]
    assert found["hazard_ratio"] == pytest.approx(2 / 3, rel=0.04)
    assert found["power"] == pytest.approx(found["schoenfeld"], abs=0.04)


def test_events_are_those_of_exponential_survival_under_even_accrual(pool):
    found = estimate_power(pool, "drug", ENDPOINT, [400], follow_up_years=[3.0], accrual_years=2.0, trials=500).iloc[0]
    expected = sum(200 * (1 - (np.exp(-3 * rate) - np.exp(-5 * rate)) / (2 * rate)) for rate in HAZARDS.values())
    assert found["events"] == pytest.approx(expected, rel=0.03)
    assert abs(found["events"] / (1.1 * expected) - 1) > 0.05  # one tenth off would be noticed


def test_patients_who_are_lost_take_events_and_power_with_them(pool):
    kept, lost = (estimate_power(pool, "drug", ENDPOINT, [400], lost_per_year=rate, trials=500).iloc[0]
                  for rate in (0.0, 0.2))  # fmt: skip
    assert lost["events"] < 0.8 * kept["events"] and lost["power"] < kept["power"]


def test_power_grows_with_size_and_follow_up(pool):
    found = estimate_power(pool, "drug", ENDPOINT, [100, 300, 900], follow_up_years=[1.0, 5.0], trials=500)
    grid = found.pivot(index="size", columns="follow_up_years", values="power")
    assert (np.diff(grid, axis=0) > 0).all() and (np.diff(grid, axis=1) > -0.01).all()


def test_the_log_rank_score_is_that_of_lifelines():
    from lifelines.statistics import logrank_test

    rng = np.random.default_rng(5)
    time, event, treated = rng.exponential(size=(1, 80)), rng.random((1, 80)) < 0.7, rng.random((1, 80)) < 0.5
    ours, theirs = treated[0], ~treated[0]
    found = logrank_test(time[0][ours], time[0][theirs], event[0][ours], event[0][theirs])
    assert log_rank(time, event, treated)[0] ** 2 == pytest.approx(found.test_statistic)


def test_the_number_of_events_is_that_of_the_textbook():
    # Collett, Modelling Survival Data in Medical Research, chapter 10: hazard ratio 0.57, power 0.9, alpha 0.05
    assert count_events(np.exp(-0.5621), power=0.9) == pytest.approx(133.0, abs=0.5)
    assert tell_power(np.exp(-0.5621), 133.0) == pytest.approx(0.9, abs=0.002)
    assert np.isinf(count_events(1.0)) and np.isinf(count_needed(0.7, 0.0))


@pytest.fixture(scope="module")
def marked():
    """The drug helps only those with much IL-6, who are the fifth part and die twice as fast."""
    table = patients(np.random.default_rng(1), 6000, {"none": 0.1, "drug": 0.1}, follow_up_years=12.0)
    rng = np.random.default_rng(2)
    much = rng.random(6000) < 0.2
    il6, patience = np.where(much, 5.0, 1.0), rng.exponential(size=6000)
    for arm, factor in (("none", 2.0), ("drug", 1.0)):
        death = patience / (0.1 * np.where(much, factor, 1.0)) * YEAR
        table.loc[table["arm"] == arm, "death_day"] = np.where(death <= 12 * YEAR, death, np.nan)
        table.loc[table["arm"] == arm, "il6"] = il6
    return table


def test_enrichment_needs_fewer_to_be_randomised_and_more_to_be_screened(marked):
    found = compare_designs(marked, "drug", ENDPOINT, "il6", [3.0], [200], trials=500).set_index("design")
    rich, everybody = found.loc["il6 ≥ 3"], found.loc["all comers"]
    assert rich["hazard_ratio"] == pytest.approx(0.5, rel=0.08) and everybody["hazard_ratio"] > 0.75
    assert rich["power"] > everybody["power"] + 0.4
    assert rich["prevalence"] == pytest.approx(0.2, abs=0.02) and rich["screened"] == np.ceil(200 / rich["prevalence"])
    assert everybody["screened"] == 200 and rich["needed"] < everybody["needed"] / 5


def test_the_same_seed_gives_the_same_trials(pool):
    first, again, other = (estimate_power(pool, "drug", ENDPOINT, [100], trials=50, seed=seed) for seed in (1, 1, 2))
    assert first.equals(again) and not first.equals(other)


def test_designs_that_cannot_be_are_told(pool, marked):
    with pytest.raises(ScenarioError, match="take 18 years, but a patient was simulated for only 12"):
        estimate_power(pool, "drug", ENDPOINT, [100], follow_up_years=[15.0])
    with pytest.raises(ScenarioError, match="'drugs' is not to be compared  must be one of: drug"):
        estimate_power(pool, "drugs", ENDPOINT, [100])
    with pytest.raises(ScenarioError, match=r"2 problems in the design of the trial\n  sizes .*\n  alpha"):
        estimate_power(pool, "drug", ENDPOINT, [2], alpha=2.0)
    with pytest.raises(ScenarioError, match="9 is reached by 0 of 6000 simulated patients"):
        compare_designs(marked, "drug", ENDPOINT, "il6", [9.0], [200])
