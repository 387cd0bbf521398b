"""Trials of established metastases: medians and ratios are what laws known in closed form make them."""

import numpy as np
import pandas as pd
import pytest
from tests.cohort.patients import YEAR, patients

from selfseed.base.errors import ScenarioError
from selfseed.cohort.figures import BY_ORGAN, figures_of, real_cohorts_of
from selfseed.cohort.figures_of_metastatic_cancer import METASTATIC, around_median
from selfseed.cohort.measures import count_arm_ratio, count_median
from selfseed.cohort.read import read
from selfseed.cohort.reference import compare_with_real

ALIVE, PROGRESSION = "overall survival", "progression-free survival"
ROLES = read("metastatic-trials").compared_as
NAMES = dict.fromkeys(ROLES.values())


def trial(seed, count, ratio, *, hazard_per_year=1.5, arms=("observed", "treated")):
    """Return two arms of different patients whose hazards of progression have a known ratio."""
    rng = np.random.default_rng(seed)
    table = patients(rng, count, {arms[0]: hazard_per_year, arms[1]: ratio * hazard_per_year}, paired=False)
    return table.assign(progression_day=table["death_day"] - 1e-6, metastatic=True, diagnosis_day=900.0)


@pytest.mark.parametrize("after_years", [0.0, 0.4])
def test_the_median_of_an_exponential_time_is_ln_2_over_its_rate_whenever_it_is_counted_from(after_years):
    found = count_median(PROGRESSION, lambda it: it["arm"] == "observed", after_years=after_years)(trial(1, 8000, 1.0))
    months = 12.0 * np.log(2.0) / 1.5
    error = months / np.log(2.0) / np.sqrt(found.replicates)
    assert abs(found.value - months) < 4.0 * error < abs(found.value - 1.1 * months)
    assert found.low < months < found.high and (found.high - found.low) / 3.92 == pytest.approx(error, rel=0.2)


def test_a_median_that_was_not_reached_is_not_told():
    few = trial(2, 200, 1.0, hazard_per_year=0.01)
    assert count_median(ALIVE)(few).value is None
    assert count_median(ALIVE, lambda it: it["arm"] == "none")(few).replicates == 0


@pytest.mark.parametrize("after_years", [0.0, 0.4])
def test_the_ratio_of_two_arms_is_that_of_their_hazards(after_years):
    found = count_arm_ratio(PROGRESSION, after_years=after_years)(trial(3, 8000, 0.7))
    error = np.log(found.high / found.low) / 3.92
    assert abs(np.log(found.value / 0.7)) < 4.0 * error < abs(np.log(found.value / 0.77))


def test_who_had_the_other_event_before_is_left_out():
    table = trial(4, 2000, 1.0)
    table.loc[table.index % 2 == 0, "progression_day"] = 30.0
    table["death_day"] = table["death_day"].clip(lower=40.0)
    kept = count_median(ALIVE, after_years=35.0 / YEAR, free_of=PROGRESSION)(table)
    assert kept.replicates < 2000 < count_median(ALIVE, after_years=35.0 / YEAR)(table).replicates


def test_an_interval_of_a_median_without_one_is_that_of_its_law():
    draws = np.median(np.random.default_rng(5).exponential(5.6 / np.log(2.0), (4000, 400)), axis=1)
    low, high = around_median(5.6, 400)
    assert np.log(draws).std() == pytest.approx(np.log(high / low) / 3.92, rel=0.05)


def metastatic(seed, count, *, ratio=1.0):
    """Return patients in the arms of the trials, half of whom have many cells and progress twice as fast."""
    rng = np.random.default_rng(seed)
    many = np.arange(count) % 2 == 0
    patience = rng.exponential(size=count) / np.where(many, 2.4, 1.2)
    tables = []
    for arm in NAMES:
        time = patience * YEAR / (ratio if "reparixin" in arm else 1.0)
        tables.append(
            pd.DataFrame(
                {"patient": range(count), "arm": arm, "diagnosis_day": 900.0, "metastatic": True,
                 "ctc": np.where(many, 9, 1), "follow_up_day": 20 * YEAR, "progression_day": time,
                 "response_day": np.where(time > YEAR, 100.0, np.nan), "death_day": np.minimum(2.0 * time, 19 * YEAR)}
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def test_arms_stand_beside_the_trials_whose_roles_they_have():
    roles = {role: arm for role, arm in ROLES.items() if role != "control"}
    table = compare_with_real(metastatic(6, 3000, ratio=1.3), roles=roles, figures=METASTATIC, cohorts=[])
    found = table.set_index(["group", "name"])
    assert found["simulated"].notna().all() and len(found) == len(METASTATIC)
    ratio = found.loc[("hazard ratio of progression or death", "reparixin against none")]
    assert ratio["simulated"] == pytest.approx(1.3, rel=0.1) and ratio["arm"] == "paclitaxel and reparixin"
    other = found.loc[("hazard ratio of progression or death", "marimastat against none")]
    assert other["simulated"] == pytest.approx(1.0)
    cells = found.loc[("hazard ratio of progression or death", "≥5 cells against fewer")]
    assert cells["simulated"] == pytest.approx(2.0, rel=0.09) and cells["inside"] == "yes"
    assert found.loc[("CTC in 7.5 ml, metastatic", "≥5"), "simulated"] == 0.5
    without = compare_with_real(metastatic(6, 60), roles={"reparixin": "paclitaxel and reparixin"}, figures=METASTATIC,
                                cohorts=[]).set_index(["group", "name"])  # fmt: skip
    assert "no arm has the role 'chemotherapy'" in without["note"].to_list()


def test_each_cohort_is_laid_beside_patients_of_its_cancer_and_stage():
    assert figures_of(read("metastatic-trials")) == METASTATIC and real_cohorts_of(read("metastatic-trials")) == ()
    for name, organ in (("breast-cohort", "mammary_gland"), ("colon-cohort", "gut"), ("melanoma-cohort", "skin")):
        assert figures_of(read(name)) == BY_ORGAN[organ]
    assert real_cohorts_of(read("colon-cohort")) == () and "GBSG2" in real_cohorts_of(read("breast-cohort"))


def test_progression_needs_its_column():
    with pytest.raises(ScenarioError, match="progression_day  is missing"):
        count_median(PROGRESSION)(metastatic(7, 40).drop(columns="progression_day"))
