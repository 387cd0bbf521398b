"""Any field of a scenario can be varied, and what cannot is told by its place."""

import numpy as np
import pytest

import selfseed
from selfseed.base.errors import ScenarioError
from selfseed.scenario.design import make_points, points_of_table, read_varied
from selfseed.scenario.vary import vary


@pytest.fixture
def scenario():
    return selfseed.catalog.get("kim2009-two-gland")


def test_fields_at_any_depth_are_varied(scenario):
    other = vary(
        scenario,
        {"shedding.rate": "2e-6 /day", "procedures.1.cells": 3e5, "clones.LM2.expression.MMP1": 9, "duration": 70,
         "arms.IL-6 silenced.knock_down.0.remaining": 0.5, "numerics.step": 0.1},
    )  # fmt: skip
    assert other.parameters["shedding.rate"] == 2e-6 and other.procedures[1].cells == 3e5
    assert other.clones["LM2"].expression["MMP1"] == 9.0 and other.duration == 70.0
    assert other.arms["IL-6 silenced"].knock_down[0].remaining == 0.5 and other.numerics.step == 0.1


def test_nothing_else_changes(scenario):
    assert vary(scenario, {"duration": scenario.duration}) == scenario


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("sheding.rate", 1.0, "sheding.rate  leads nowhere  did you mean 'shedding.rate'?"),
        ("procedures.9.cells", 1.0, "procedures.9.cells  leads nowhere  'procedures' has entries 0 to 1"),
        ("duraton", 1.0, "duraton  leads nowhere  did you mean 'duration'?"),
        ("clones.LM9.shedding.rate", 1.0, "clones.LM9.shedding.rate  leads nowhere"),
        ("shedding.rate", -1.0, "must be >= 0"),
    ],
)
def test_what_leads_nowhere_is_told(scenario, path, value, told):
    with pytest.raises(ScenarioError) as caught:
        vary(scenario, {path: value})
    assert told in str(caught.value)


def test_a_grid_takes_all_combinations():
    points = make_points(read_varied(["duration=30 day,60 day", "shedding.rate=1e-7:1e-5:3:log"]), "grid", 0, 1)
    assert len(points) == 6 and points[0] == {"duration": "30 day", "shedding.rate": 1e-7}
    assert points[1]["shedding.rate"] == pytest.approx(1e-6)


@pytest.mark.parametrize("design", ["latin-hypercube", "sobol"])
def test_points_that_fill_the_space_leave_no_eighth_empty(design):
    varied = read_varied(["duration=10:90", "shedding.rate=1e-7:1e-5:log", "procedures.0.cells=1,2,3,4"])
    points = make_points(varied, design, 64, 3)
    shares = np.array([(point["duration"] - 10) / 80 for point in points])
    logs = np.array([np.log10(point["shedding.rate"] / 1e-7) / 2 for point in points])
    for values in (shares, logs):
        assert (np.histogram(values, bins=8, range=(0, 1))[0] == 8).all()
    assert {point["procedures.0.cells"] for point in points} == {1.0, 2.0, 3.0, 4.0}
    assert points == make_points(varied, design, 64, 3) != make_points(varied, design, 64, 4)


def test_a_table_gives_the_points():
    rows = [(2, ["0", "1e-6", "60 day"]), (3, ["1", "", "70 day"])]
    points = points_of_table(["point", "shedding.rate", "duration"], rows)
    assert points == [{"shedding.rate": 1e-6, "duration": "60 day"}, {"duration": "70 day"}]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["shedding.rate"], "'shedding.rate'  give NAME=1,3,10"),
        (["a=3:1"], "a=3:1  the limits must rise"),
        (["a=0:1:log"], "above 0 for :log"),
        (["a=1:2:1"], "a count be at least 2"),
        (["a=1:x"], "give NAME=1,3,10"),
        (["a=1", "a=2"], "'a'  is varied twice"),
    ],
)
def test_what_says_nothing_is_told(texts, told):
    with pytest.raises(ScenarioError) as caught:
        read_varied(texts)
    assert told in str(caught.value)


def test_a_grid_of_too_many_points_is_refused():
    with pytest.raises(ScenarioError, match="at most 1,000,000 points"):
        make_points(read_varied([f"{name}=0:1:200" for name in "abc"]), "grid", 0, 1)


def test_a_grid_between_limits_needs_a_count():
    with pytest.raises(ScenarioError, match="a grid needs a count"):
        make_points(read_varied(["a=0:1"]), "grid", 0, 1)
