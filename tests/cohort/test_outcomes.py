"""Endpoints are read from the table as trials define them, and a table that cannot be is told."""

import numpy as np
import pandas as pd
import pytest

from selfseed.base.errors import ScenarioError
from selfseed.cohort.outcomes import ENDPOINTS, arms_of, check_patients, follow

NAN = np.nan


@pytest.fixture
def three():
    """Patient 1 relapses, spreads and dies; patient 2 is seen to the end; patient 3 dies of something else."""
    return pd.DataFrame(
        {
            "patient": [1, 2, 3],
            "arm": "untreated",
            "diagnosis_day": [900.0, 800.0, 700.0],
            "follow_up_day": [4000.0, 3000.0, 4000.0],
            "relapse_day": [300.0, NAN, NAN],
            "distant_day": [500.0, NAN, NAN],
            "progression_day": [NAN, NAN, NAN],
            "death_day": [900.0, NAN, 2000.0],
            "cause": ["tumour", "", "other"],
            "metastatic": False,
        }
    )


@pytest.mark.parametrize(
    ("endpoint", "days", "events"),
    [
        ("overall survival", [900, 3000, 2000], [True, False, True]),
        ("tumour-specific survival", [900, 3000, 2000], [True, False, False]),
        ("distant-metastasis-free survival", [500, 3000, 2000], [True, False, True]),
        ("relapse-free survival", [300, 3000, 2000], [True, False, True]),
        ("freedom from distant metastasis", [500, 3000, 2000], [True, False, False]),
    ],
)
def test_the_first_event_ends_an_endpoint(three, endpoint, days, events):
    followed = follow(three, endpoint)
    assert followed["time_day"].tolist() == days
    assert followed["event"].tolist() == events


def test_death_of_another_cause_ends_the_time_at_risk_of_every_endpoint(three):
    for endpoint in ENDPOINTS:
        assert not (follow(three, endpoint)["time_day"] > 3000).any()


def test_patients_who_were_never_diagnosed_are_left_out(three):
    three.loc[0, ["diagnosis_day", "follow_up_day"]] = NAN
    assert follow(three, "overall survival")["patient"].tolist() == [2, 3]


def test_patients_metastatic_at_diagnosis_are_no_longer_at_risk_of_metastasis(three):
    three.loc[0, "metastatic"] = True
    assert follow(three, "distant-metastasis-free survival")["patient"].tolist() == [2, 3]
    assert follow(three, "overall survival")["patient"].tolist() == [1, 2, 3]
    counted = follow(three, "distant-metastasis-free survival", metastatic="count")
    assert counted["time_day"].tolist() == [0, 3000, 2000] and counted["event"].tolist() == [True, False, True]


def test_only_patients_metastatic_at_diagnosis_can_progress(three):
    three = three.assign(metastatic=[True, False, True], progression_day=[112.0, NAN, NAN])
    followed = follow(three, "progression-free survival")
    assert followed["patient"].tolist() == [1, 3]
    assert followed["time_day"].tolist() == [112, 2000] and followed["event"].all()
    three.loc[0, "progression_day"] = -3.0
    with pytest.raises(ScenarioError, match="progression_day  lies before diagnosis: patient 1"):
        follow(three, "progression-free survival")


def test_leaving_out_other_people_in_other_arms_is_refused(three):
    early = three.assign(arm="early", metastatic=[True, False, False])
    with pytest.raises(ScenarioError, match="metastatic  differs between arms in 1 patients  metastatic='count'"):
        follow(pd.concat([three, early]), "distant-metastasis-free survival")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"death_day": [5000.0, NAN, 2000.0]}, "death_day  lies after the end of follow-up: patient 1"),
        ({"death_day": [-1.0, -2.0, 2000.0]}, "death_day  lies before diagnosis: patient 1, 2"),
        ({"follow_up_day": [4000.0, NAN, 4000.0]}, "follow_up_day  is absent or below 0: patient 2"),
        ({"patient": [1, 1, 3]}, "patient, arm  stands twice: patient 1"),
    ],
)
def test_a_table_that_cannot_be_is_told(three, change, said):
    with pytest.raises(ScenarioError, match=said.replace(", arm", ", arm")):
        check_patients(three.assign(**change))


def test_a_missing_column_and_an_unknown_endpoint_are_told_with_the_nearest_name(three):
    with pytest.raises(ScenarioError, match="death_day  is missing  did you mean the column 'death_days'"):
        follow(three.rename(columns={"death_day": "death_days"}), "overall survival")
    with pytest.raises(ScenarioError, match="did you mean 'overall survival'"):
        follow(three, "overal survival")
    with pytest.raises(ScenarioError, match="must be one of: leave out, count"):
        follow(three, "overall survival", metastatic="?")


def test_the_control_comes_first(three):
    both = pd.concat([three, three.assign(arm="surgery")])
    assert arms_of(both) == ("untreated", "surgery")
    assert arms_of(both, "surgery") == ("surgery", "untreated")
    with pytest.raises(ScenarioError, match="did you mean 'surgery'"):
        arms_of(both, "surgry")
