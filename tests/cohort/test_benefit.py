"""What an arm gains is counted as closed forms say, patient by patient."""

import numpy as np
import pandas as pd
import pytest
from tests.cohort.patients import YEAR, patients

from selfseed.base.errors import ScenarioError
from selfseed.cohort.benefit import (
    _arm,
    _of_arm,
    carried_by,
    compare_restricted_means,
    compare_risks,
    tell_needed,
)
from selfseed.cohort.outcomes import follow

ENDPOINT, DAY = "overall survival", 8 * YEAR


def mean_years(hazard, years=8.0):
    return -np.expm1(-hazard * years) / hazard


@pytest.fixture(scope="module")
def gained():
    table = patients(np.random.default_rng(1), 3000, {"none": 0.15, "drug": 0.10})
    return compare_restricted_means(table, ENDPOINT, DAY, resamples=500).iloc[0]


def test_the_gain_in_mean_time_is_that_of_two_exponentials(gained):
    truth = (mean_years(0.10) - mean_years(0.15)) * YEAR
    error = (gained["high_day"] - gained["low_day"]) / 3.92
    assert abs(gained["gain_day"] - truth) < 4 * error


def test_a_gain_one_tenth_off_would_be_noticed(gained):
    truth = 1.1 * (mean_years(0.10) - mean_years(0.15)) * YEAR
    error = (gained["high_day"] - gained["low_day"]) / 3.92
    assert abs(gained["gain_day"] - truth) > 4 * error


def test_pairs_tell_more_than_strangers(gained):
    table = patients(np.random.default_rng(2), 3000, {"none": 0.15, "drug": 0.10}, paired=False)
    apart = compare_restricted_means(table, ENDPOINT, DAY, resamples=500).iloc[0]
    assert apart["high_day"] - apart["low_day"] > 2.0 * (gained["high_day"] - gained["low_day"])
    assert apart["low_day"] < (mean_years(0.10) - mean_years(0.15)) * YEAR < apart["high_day"]


@pytest.mark.parametrize("paired", [True, False])
def test_intervals_are_as_wide_as_chance_makes_them(paired):
    hazards = {"none": 0.15, "drug": 0.10}
    tables = [patients(np.random.default_rng(seed), 200, hazards, paired=paired) for seed in range(120)]
    found = pd.concat([compare_restricted_means(table, ENDPOINT, DAY, resamples=200) for table in tables])
    widths = (found["high_day"] - found["low_day"]) / 3.92
    assert widths.mean() == pytest.approx(found["gain_day"].std(ddof=1), rel=0.2)


def test_survival_and_mean_are_those_of_lifelines():
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    rng = np.random.default_rng(4)
    table = patients(rng, 300, {"none": 0.2})
    table["follow_up_day"] = np.ceil(rng.uniform(1.0, 10.0, 300) * YEAR / 30.0) * 30.0
    table["death_day"] = np.ceil(table["death_day"] / 30.0) * 30.0
    table.loc[table["death_day"] > table["follow_up_day"], "death_day"] = np.nan
    rows = follow(table, ENDPOINT)
    fitted = KaplanMeierFitter().fit(rows["time_day"], rows["event"])
    arm = _arm(rows, np.arange(300), np.full(300, True), 2000.0)
    survival, mean = _of_arm(arm, 2000.0, np.ones((1, 300)))
    assert survival[0] == pytest.approx(fitted.predict(2000.0))
    assert mean[0] == pytest.approx(restricted_mean_survival_time(fitted, 2000.0))


def test_drawing_a_patient_twice_is_having_him_twice():
    table = patients(np.random.default_rng(4), 30, {"none": 0.2})
    counts = np.random.default_rng(1).integers(0, 3, 30)
    rows = follow(table, ENDPOINT)
    repeated = rows.loc[rows.index.repeat(counts)]
    direct = _of_arm(_arm(repeated, np.arange(len(repeated)), np.full(len(repeated), True), DAY), DAY,
                     np.ones((1, len(repeated))))  # fmt: skip
    weighted = _of_arm(_arm(rows, np.arange(30), np.full(30, True), DAY), DAY, counts[None].astype(float))
    assert np.ravel(weighted) == pytest.approx(np.ravel(direct))


@pytest.fixture(scope="module")
def spared():
    table = patients(np.random.default_rng(6), 20_000, {"none": 0.15, "drug": 0.10})
    return compare_risks(table, ENDPOINT, DAY).iloc[0]


def test_the_fall_in_risk_and_the_number_to_treat_are_those_of_two_exponentials(spared):
    truth = np.exp(-0.8) - np.exp(-1.2)
    assert abs(spared["reduction"] - truth) < 4 * (spared["high"] - spared["low"]) / 3.92
    assert spared["needed"] == pytest.approx(1.0 / spared["reduction"])
    assert (spared["needed_low"], spared["needed_high"]) == pytest.approx((1 / spared["high"], 1 / spared["low"]))
    assert spared["words"].startswith(f"treat {np.ceil(spared['needed']):.0f} to spare one (95 % interval ")


def test_a_fall_in_risk_one_tenth_off_would_be_noticed(spared):
    truth = 1.1 * (np.exp(-0.8) - np.exp(-1.2))
    assert abs(spared["reduction"] - truth) > 4 * (spared["high"] - spared["low"]) / 3.92


def test_followed_to_the_end_or_not_the_interval_is_nearly_the_same(spared):
    table = patients(np.random.default_rng(6), 20_000, {"none": 0.15, "drug": 0.10})
    lost = table["patient"].isin(range(40)) & table["death_day"].isna()
    table.loc[lost, "follow_up_day"] = 7.9 * YEAR
    drawn = compare_risks(table, ENDPOINT, DAY, resamples=500).iloc[0]
    assert drawn["high"] - drawn["low"] == pytest.approx(spared["high"] - spared["low"], rel=0.15)
    assert drawn["reduction"] == pytest.approx(spared["reduction"], abs=0.002)


def test_two_arms_that_do_the_same_show_no_difference():
    table = patients(np.random.default_rng(1), 300, {"none": 0.15, "again": 0.15})
    risks = compare_risks(table, ENDPOINT, DAY).iloc[0]
    assert risks["reduction"] == 0.0 and np.isinf(risks["needed"])
    assert risks["words"].startswith("no difference shown: from ") and "through infinity" in risks["words"]
    assert risks["needed_low"] > 0.0 > risks["needed_high"]
    means = compare_restricted_means(table, ENDPOINT, DAY, resamples=50).iloc[0]
    assert means["gain_day"] == 0.0 and means["differing"] == 0 and np.isnan(means["low_day"])


def gaining(days):
    """Return a thousand patients who all die, of whom the first gain so many days."""
    table = patients(np.random.default_rng(1), 1000, {"none": 3.0, "drug": 3.0})
    gained = np.zeros(1000)
    gained[: len(days)] = days
    early = np.sort(table["death_day"].to_numpy()[:1000])
    return table.assign(death_day=np.concatenate([early, early + gained]))


def test_minutes_are_no_difference():
    minutes = compare_restricted_means(gaining([0.01] * 500), ENDPOINT, DAY, resamples=99).iloc[0]
    assert minutes["differing"] == 0 and np.isnan(minutes["low_day"])
    hours = compare_restricted_means(gaining([0.05] * 500), ENDPOINT, DAY, resamples=99).iloc[0]
    assert hours["differing"] == 500 and 0.0 < hours["low_day"] < 0.025 < hours["high_day"]


def test_a_gain_that_three_patients_carry_has_no_interval():
    """Fifty gain an hour or two, and three a hundred days: these make the mean, and say nothing of chance."""
    few = compare_restricted_means(gaining([100.0] * 3 + [0.1] * 50), ENDPOINT, DAY, resamples=99).iloc[0]
    assert few["differing"] == 53 and few["carried_by"] == pytest.approx(3.1, abs=0.05) and np.isnan(few["low_day"])
    enough = compare_restricted_means(gaining([100.0] * 9 + [0.1] * 50), ENDPOINT, DAY, resamples=99).iloc[0]
    assert enough["carried_by"] == pytest.approx(9.1, abs=0.05) and enough["low_day"] > 0.0
    assert carried_by(np.zeros(4)) == 0.0


def test_a_handful_of_equal_pairs_leaves_as_much_room_as_an_exact_count():
    """Of 23 pairs none differs: a share of 0.15 would leave none with a chance of 0.024, so 7 treated may spare one."""
    risks = compare_risks(patients(np.random.default_rng(1), 23, {"none": 3.0, "again": 3.0}), ENDPOINT, DAY).iloc[0]
    assert np.ceil(risks["needed_low"]) == 7 and np.floor(risks["needed_high"]) == -7


def test_where_too_few_patients_differ_nothing_is_claimed():
    assert tell_needed(0.01, np.nan, np.nan) == "not known: too few patients differ between the arms"


def test_the_same_seed_gives_the_same_interval():
    table = patients(np.random.default_rng(1), 100, {"none": 0.15, "drug": 0.1})
    first, again, other = (
        compare_restricted_means(table, ENDPOINT, DAY, resamples=99, seed=seed) for seed in (1, 1, 2)
    )
    assert first.equals(again) and not first.equals(other)


def test_questions_that_cannot_be_answered_are_told():
    table = patients(np.random.default_rng(1), 100, {"none": 0.15, "drug": 0.1})
    with pytest.raises(ScenarioError, match=r"day  = 4000, but nobody of arm 'drug' was followed beyond day 3652.5"):
        compare_risks(table, ENDPOINT, 4000.0)
    with pytest.raises(ScenarioError, match="must be > 0 day after diagnosis"):
        compare_risks(table, ENDPOINT, 0.0)
    with pytest.raises(ScenarioError, match="a comparison needs two"):
        compare_risks(table[table["arm"] == "none"], ENDPOINT, DAY)
