"""Real cohorts are loaded, not copied, and their survival by size is what was published of them."""

import importlib.util

import numpy as np
import pytest

from selfseed.base.errors import ScenarioError
from selfseed.cohort.outcomes import DAYS_PER_YEAR
from selfseed.cohort.real import COHORTS, classify, estimate_real_survival, load_real
from selfseed.cohort.survival import read_survival

EXPECTED = {
    "GBSG2": [[0.821, 0.582], [0.741, 0.486], [0.721, 0.453], [0.600, 0.365]],
    "Rotterdam": [[0.878, 0.711, 0.542], [0.747, 0.521, 0.376], [0.587, 0.353, 0.255]],
    "Desmedt": [[0.978, 0.978, 0.953], [0.930, 0.736, 0.736], [0.958, 0.810, 0.765], [0.854, 0.789, 0.712]],
}
COUNTS = {"GBSG2": (686, 299), "Rotterdam": (2982, 1518), "Desmedt": (198, 51)}


def needed(name):
    if importlib.util.find_spec(COHORTS[name].package) is None:
        pytest.skip(f"the patients of {name} are not here: {COHORTS[name].install}")


@pytest.mark.parametrize("name", COHORTS)
def test_survival_by_size_is_what_was_computed_elsewhere(name):
    needed(name)
    cohort = COHORTS[name]
    days = [years * DAYS_PER_YEAR for years in cohort.years]
    found = read_survival(estimate_real_survival(name), days, by=("size",)).pivot(
        index="size", columns="day", values="survival"
    )
    assert found.loc[list(cohort.classes)].to_numpy() == pytest.approx(np.array(EXPECTED[name]), abs=6e-4)


@pytest.mark.parametrize("name", COHORTS)
def test_every_patient_and_event_is_there(name):
    needed(name)
    table = load_real(name)
    assert (len(table), table["event"].sum()) == COUNTS[name]


def test_taking_other_classes_would_be_noticed():
    found = read_survival(estimate_real_survival("GBSG2"), [2 * DAYS_PER_YEAR], by=("size",)).set_index("size")
    assert found.loc["≤20 mm", "survival"] - found.loc["20–30 mm", "survival"] > 0.05


def test_a_limit_belongs_to_the_class_below_it():
    assert classify([20.0, 20.1, 50.0, 51.0], COHORTS["GBSG2"]).tolist() == [
        "≤20 mm", "20–30 mm", "30–50 mm", ">50 mm",
    ]  # fmt: skip


def test_a_cohort_that_is_not_there_is_told(monkeypatch):
    with pytest.raises(ScenarioError, match="did you mean 'Rotterdam'"):
        load_real("Roterdam")
    monkeypatch.setattr("selfseed.cohort.real.find_spec", lambda name: None)
    with pytest.raises(ScenarioError, match="sksurv is not installed  pip install scikit-survival"):
        load_real("Desmedt")
