"""Hazard ratios come out as they went in, and their intervals know that arms share patients."""

import numpy as np
import pandas as pd
import pytest
from tests.cohort.patients import YEAR, patients

from selfseed.base.errors import RunError, ScenarioError
from selfseed.cohort.hazards import (
    FEW_DIFFER,
    FEW_EVENTS,
    FORETOLD,
    NO_EVENTS,
    estimate_hazard_ratios,
    is_separated,
    score_residuals,
)

ENDPOINT = "overall survival"


@pytest.fixture(scope="module")
def large():
    return estimate_hazard_ratios(
        patients(np.random.default_rng(3), 12_000, {"none": 0.15, "drug": 0.10}, paired=False), ENDPOINT, ["arm"],
        models=["alone"],
    ).iloc[0]  # fmt: skip


def test_a_known_ratio_of_hazards_is_found(large):
    assert abs(large["log_ratio"] - np.log(2 / 3)) < 4 * large["standard_error"]
    assert (large["level"], large["reference"]) == ("drug", "none")


def test_a_ratio_one_tenth_off_would_be_noticed(large):
    assert abs(large["log_ratio"] - np.log(2 / 3 * 1.1)) > 4 * large["standard_error"]


def test_intervals_of_paired_arms_are_as_wide_as_chance_makes_them():
    found = [_small(seed) for seed in range(120)]
    log_ratio, clustered, alone = np.array(found).T
    assert clustered.mean() == pytest.approx(log_ratio.std(ddof=1), rel=0.2)
    assert alone.mean() > 1.5 * log_ratio.std(ddof=1)  # an interval that knows nothing of pairs is far too wide


def _small(seed):
    table = patients(np.random.default_rng(seed), 150, {"none": 0.15, "drug": 0.10}, frailty=0.5)
    row = estimate_hazard_ratios(table, ENDPOINT, ["arm"], models=["alone"]).iloc[0]
    apart = table.assign(patient=np.arange(len(table)))
    return row["log_ratio"], row["standard_error"], estimate_hazard_ratios(
        apart, ENDPOINT, ["arm"], models=["alone"])["standard_error"].iloc[0]  # fmt: skip


def test_the_clustered_error_is_that_of_lifelines():
    from lifelines import CoxPHFitter

    table = patients(np.random.default_rng(5), 200, {"none": 0.15, "drug": 0.10}, frailty=0.5)
    row = estimate_hazard_ratios(table, ENDPOINT, ["arm"], models=["alone"]).iloc[0]
    end = table["follow_up_day"]
    data = pd.DataFrame({"patient": table["patient"], "x": (table["arm"] == "drug").astype(float),
                         "time": table["death_day"].fillna(end), "event": table["death_day"].notna()})  # fmt: skip
    fitted = CoxPHFitter().fit(data, "time", "event", cluster_col="patient")
    assert row["log_ratio"] == pytest.approx(fitted.params_["x"], rel=1e-6)
    assert row["standard_error"] == pytest.approx(fitted.standard_errors_["x"], rel=1e-6)


def test_score_residuals_add_up_to_nothing_at_the_estimate():
    rng = np.random.default_rng(2)
    time, event, design = rng.exponential(size=300), rng.random(300) < 0.7, rng.normal(size=(300, 2))
    from lifelines import CoxPHFitter

    fitted = CoxPHFitter().fit(pd.DataFrame(design).assign(t=time, e=event), "t", "e")
    assert score_residuals(time, event, design, fitted.params_.to_numpy()).sum(axis=0) == pytest.approx(0.0, abs=1e-4)


@pytest.fixture(scope="module")
def confounded():
    """Size and death share a cause, and size does nothing."""
    rng = np.random.default_rng(8)
    aggressiveness = rng.normal(size=4000)
    death = rng.exponential(size=4000) / (0.05 * np.exp(0.7 * aggressiveness)) * YEAR
    return pd.DataFrame(
        {"patient": range(4000), "arm": "none", "follow_up_day": 10 * YEAR,
         "death_day": np.where(death < 10 * YEAR, death, np.nan), "aggressiveness": aggressiveness,
         "diameter_mm": 20.0 * np.exp(0.5 * aggressiveness + 0.4 * rng.normal(size=4000)),
         "detected_by": np.where(rng.random(4000) < 0.5, "screening", "symptoms")}
    )  # fmt: skip


def test_a_mark_of_a_common_cause_has_a_ratio_alone_and_none_beside_its_cause(confounded):
    found = estimate_hazard_ratios(
        confounded.assign(log_diameter=np.log(confounded["diameter_mm"])), ENDPOINT,
        ["log_diameter", "aggressiveness", "detected_by"],
    ).set_index(["model", "covariate"])  # fmt: skip
    assert found.loc[("alone", "log_diameter"), "low"] > 1.3
    together = found.loc[("together", "log_diameter")]
    assert together["low"] < 1.0 < together["high"]
    assert found.loc[("together", "aggressiveness"), "hazard_ratio"] == pytest.approx(np.exp(0.7), rel=0.08)
    detected = found.loc[("together", "detected_by")]
    assert (detected["level"], detected["reference"]) == ("symptoms", "screening")
    assert detected["low"] < 1.0 < detected["high"]


def test_a_ratio_is_for_the_step_that_is_asked_for(confounded):
    one, ten = (estimate_hazard_ratios(confounded, ENDPOINT, {"diameter_mm": step}, models=["alone"]).iloc[0]
                for step in (1.0, 10.0))  # fmt: skip
    assert ten["log_ratio"] == pytest.approx(10.0 * one["log_ratio"], rel=1e-5)
    assert ten["per"] == 10.0


def test_a_level_without_events_is_said_not_to_be_known(confounded):
    rare = confounded.assign(rare=np.where(confounded.index == confounded["death_day"].isna().idxmax(), "yes", "no"))
    row = estimate_hazard_ratios(rare, ENDPOINT, ["rare"], models=["alone"]).iloc[0]
    assert np.isnan(row["hazard_ratio"]) and row["note"] == NO_EVENTS


def some(confounded, events):
    """Return as many of the patients as have so many events among them."""
    return confounded[: int(np.flatnonzero(confounded["death_day"].notna())[events - 1]) + 1]


def test_a_ratio_needs_five_events_for_each_covariate(confounded):
    three = ["aggressiveness", "diameter_mm", "detected_by"]
    few, enough = (estimate_hazard_ratios(some(confounded, events), ENDPOINT, three, models=["together"])
                   for events in (14, 15))  # fmt: skip
    assert few["hazard_ratio"].isna().all() and set(few["note"]) == {FEW_EVENTS} and few["events"].eq(14).all()
    assert enough["hazard_ratio"].notna().all() and set(enough["note"]) == {""}
    alone = estimate_hazard_ratios(some(confounded, 4), ENDPOINT, three, models=["alone"])
    assert alone["note"].isin([FEW_EVENTS, NO_EVENTS]).all()


def test_the_same_patient_in_two_arms_is_one_event_and_not_two():
    table = patients(np.random.default_rng(1), 40, {"none": 0.15, "drug": 0.10})
    died = table.loc[table["death_day"].notna(), "patient"].unique()
    few = table[~table["patient"].isin(died[4:])]
    row = estimate_hazard_ratios(few, ENDPOINT, ["arm"], models=["alone"]).iloc[0]
    assert few["death_day"].notna().sum() > 4 and row["note"] == FEW_EVENTS


def test_what_foretells_the_event_without_fail_has_no_ratio(confounded):
    """Who dies is always who has most of it; one who does not is enough to make the ratio known."""
    first = confounded.assign(mark=-confounded["death_day"].fillna(1e5) / YEAR)[:200]
    alone = estimate_hazard_ratios(first, ENDPOINT, ["mark"], models=["alone"]).iloc[0]
    assert alone["note"] == FORETOLD and np.isnan(alone["hazard_ratio"])
    loose = first.assign(mark=np.where(first.index < 100, first["mark"], first["aggressiveness"]))
    assert estimate_hazard_ratios(loose, ENDPOINT, ["mark"], models=["alone"]).iloc[0]["note"] == ""


def test_a_covariate_that_only_the_spared_have_beside_one_that_tells_is_not_known(confounded):
    """Of two covariates one has a likelihood without a peak; the score alone does not show it."""
    spared = confounded["death_day"].isna() & (confounded.index % 7 == 0)
    table = confounded.assign(rare=spared.to_numpy(float))[:600]
    found = estimate_hazard_ratios(table, ENDPOINT, ["aggressiveness", "rare"], models=["together"])
    assert set(found["note"]) == {FORETOLD}


def test_separation_is_seen_in_either_direction_and_with_ties():
    time, event = np.array([1.0, 2.0, 2.0, 3.0, 4.0]), np.array([True, True, True, False, False])
    assert is_separated(time, event, np.array([3.0, 2.0, 2.0, 1.0, 1.0]))
    assert is_separated(time, event, np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    assert not is_separated(time, event, np.array([3.0, 1.0, 2.0, 1.0, 1.0]))
    assert not is_separated(time, event, np.ones(5))


def test_arms_of_which_hardly_a_patient_differs_have_no_interval():
    table = patients(np.random.default_rng(1), 300, {"none": 0.15, "drug": 0.15})
    later = table["arm"].eq("drug") & table["patient"].isin(table.loc[table["death_day"].notna(), "patient"][:4])
    assert later.sum() == 4

    def moved(days):
        return table.assign(death_day=table["death_day"].where(~later, table["death_day"] * 0.5 + days))

    few = estimate_hazard_ratios(moved(0.0), ENDPOINT, ["arm"], models=["alone"]).iloc[0]
    assert few["note"] == FEW_DIFFER and np.isfinite(few["hazard_ratio"]) and np.isnan([few["low"], few["high"]]).all()
    many = patients(np.random.default_rng(1), 300, {"none": 0.15, "drug": 0.12})
    assert estimate_hazard_ratios(many, ENDPOINT, ["arm"], models=["alone"]).iloc[0]["note"] == ""


def test_patients_of_whom_none_can_be_put_before_another_end_in_a_row_without_concordance(confounded):
    """All events lie after all others were lost: nobody's order is known, and lifelines has no concordance for it."""
    table = confounded[:40].assign(follow_up_day=1.0, death_day=1.0)
    row = estimate_hazard_ratios(table, ENDPOINT, ["aggressiveness"], models=["alone"]).iloc[0]
    assert row["events"] == 40 and np.isnan(row["concordance"])


def test_questions_that_cannot_be_answered_are_told(confounded):
    with pytest.raises(ScenarioError, match="arm  is the same in every patient"):
        estimate_hazard_ratios(confounded, ENDPOINT, ["arm"])
    with pytest.raises(ScenarioError, match="did you mean the column 'diameter_mm'"):
        estimate_hazard_ratios(confounded, ENDPOINT, ["diameter"])
    doubled = confounded.assign(twice=2 * confounded["aggressiveness"])
    with pytest.raises(RunError, match="leave out covariates that say the same"):
        estimate_hazard_ratios(doubled, ENDPOINT, ["aggressiveness", "twice"], models=["together"])
