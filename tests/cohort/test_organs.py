"""Metastases by organ are counted as closed forms of competing risks say."""

import numpy as np
import pandas as pd
import pytest
from tests.cohort.patients import YEAR

from selfseed.cohort.organs import estimate_incidence, estimate_incidence_curve


def courses(rng, count, spread_per_year=0.06, death_per_year=0.10, censored_per_year=0.05):
    """Return times and causes under three constant hazards."""
    hazards = np.array([censored_per_year, spread_per_year, death_per_year])
    with np.errstate(divide="ignore"):
        times = rng.exponential(size=(count, 3)) / hazards
    return times.min(axis=1) * YEAR, times.argmin(axis=1)


def z_of_incidence(spread_claimed, seed=1):
    curve = estimate_incidence_curve(*courses(np.random.default_rng(seed), 30_000))
    row = curve[curve["time_day"] <= 5 * YEAR].iloc[-1]
    truth = spread_claimed / (spread_claimed + 0.10) * -np.expm1(-(spread_claimed + 0.10) * 5)
    return (row["incidence"] - truth) / ((row["high"] - row["low"]) / 3.92)


def test_incidence_beside_death_is_as_the_closed_form_says():
    assert abs(z_of_incidence(0.06)) < 4


def test_an_incidence_one_tenth_too_high_would_be_noticed():
    assert abs(z_of_incidence(0.066)) > 5


def test_taking_deaths_for_censoring_would_be_noticed():
    time, cause = courses(np.random.default_rng(1), 30_000)
    row = estimate_incidence_curve(time, np.where(cause == 2, 0, cause)).query(f"time_day <= {5 * YEAR}").iloc[-1]
    truth = 0.06 / 0.16 * -np.expm1(-0.16 * 5)
    assert (row["incidence"] - truth) / ((row["high"] - row["low"]) / 3.92) > 10


def test_intervals_hold_the_truth_in_nineteen_of_twenty_cohorts():
    truth, inside = 0.06 / 0.16 * -np.expm1(-0.16 * 5), []
    for seed in range(400):
        curve = estimate_incidence_curve(*courses(np.random.default_rng(seed), 150))
        row = curve[curve["time_day"] <= 5 * YEAR].iloc[-1]
        inside.append(row["low"] <= truth <= row["high"])
    assert 0.92 <= np.mean(inside) <= 0.98


def test_the_estimate_and_its_variance_are_those_of_lifelines():
    from lifelines import AalenJohansenFitter

    time, cause = courses(np.random.default_rng(3), 120)
    fitted = AalenJohansenFitter().fit(time, cause, event_of_interest=1)
    ours = estimate_incidence_curve(time, cause).set_index("time_day")
    theirs = fitted.cumulative_density_.iloc[:, 0]
    shared = theirs.index[theirs.index > 0]
    assert ours.loc[shared, "incidence"].to_numpy() == pytest.approx(theirs.loc[shared].to_numpy())
    limits = fitted.confidence_interval_.loc[shared].to_numpy()
    later = slice(10, 100)
    assert ours.loc[shared, ["low", "high"]].to_numpy()[later] == pytest.approx(limits[later], abs=0.01)


def test_without_deaths_incidence_is_what_kaplan_and_meier_leave():
    from lifelines import KaplanMeierFitter

    time, cause = courses(np.random.default_rng(3), 200, death_per_year=0.0)
    curve = estimate_incidence_curve(time, cause).set_index("time_day")["incidence"]
    fitted = KaplanMeierFitter().fit(time, cause == 1).survival_function_.iloc[:, 0]
    assert (1.0 - curve).to_numpy() == pytest.approx(fitted.to_numpy())


@pytest.fixture
def patients():
    rng = np.random.default_rng(1)
    count, nan = 2000, np.nan
    organs = {name: rng.exponential(size=count) / hazard * YEAR for name, hazard in (("lung", 0.03), ("bone", 0.05))}
    death = rng.exponential(size=count) / 0.08 * YEAR
    end = np.full(count, 10 * YEAR)
    table = pd.DataFrame({"patient": range(count), "arm": "none", "follow_up_day": end, "metastatic": False})
    table["death_day"] = np.where(death <= end, death, nan)
    for name, days in organs.items():
        table[name] = np.where(days <= np.minimum(end, death), days, nan)
    table["distant_day"] = table[["lung", "bone"]].min(axis=1)
    table["first_site"] = np.where(table["distant_day"].isna(), "", np.where(table["lung"] == table["distant_day"],
                                                                              "lung", "bone"))  # fmt: skip
    return table


def test_organs_do_not_compete_with_each_other_unless_only_the_first_counts(patients):
    at_end = estimate_incidence(patients, ("lung", "bone")).groupby("organ")["incidence"].last()
    first = estimate_incidence(patients, ("lung", "bone"), only_first=True).groupby("organ")["incidence"].last()
    assert at_end["lung"] == pytest.approx(patients["lung"].notna().mean())
    assert first["lung"] == pytest.approx((patients["first_site"] == "lung").mean())
    assert first.sum() == pytest.approx(patients["distant_day"].notna().mean())
    assert (first < at_end).all()


def test_before_the_first_event_the_upper_limit_is_that_of_those_at_risk():
    curve = estimate_incidence_curve(np.full(40, 100.0), np.zeros(40, int))
    assert curve["incidence"].tolist() == [0.0, 0.0]
    assert curve["high"].tolist() == pytest.approx([1 - 0.025 ** (1 / 40)] * 2)
