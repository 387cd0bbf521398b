"""A run can go on from its middle with another treatment, and with none it is the run that it was."""

import numpy as np
import pytest
from tests.small import TEXT, scenario

import selfseed
from selfseed.base.errors import RunError
from selfseed.engine.branch import branch, pack_states, states_at, unpack_states
from selfseed.scenario import resolve


@pytest.fixture(scope="module")
def run():
    return selfseed.simulate(scenario(), seed=5, replicates=4)


def branched(*futures, day=6.0, past="control", **how):
    return branch(scenario(), seed=5, replicates=4, past=past, futures=futures, day=day, **how)


@pytest.mark.parametrize(("past", "day"), [("control", 6.0), ("control", 2.0), ("cut out", 8.0), ("cut out", 10.0)])
def test_a_branch_without_another_treatment_is_the_run_bit_by_bit(run, past, day):
    again = branched(past, past=past, day=day)
    for name in run.arrays.data_vars:
        own = run.arrays[name].sel(arm=past).values
        for arm in (0, 1):
            np.testing.assert_array_equal(again.arrays[name].values[arm], own, err_msg=str(name))
    own = run.families[run.families["arm"] == past].drop(columns="arm").reset_index(drop=True)
    same = again.families[again.families["arm"] == past].drop(columns="arm").reset_index(drop=True)
    assert own.equals(same)


def waiting():
    """Two tumours, of which one is irradiated, treated with a drug, and cut out when the other has grown."""
    text = TEXT.replace(
        "cut out: {add: [{resect: left, at: 8 day}]}",
        "waits: {add: [{resect: left, when: {site: left, reaches: 1.2 mm}, at: 2 day}, "
        "{irradiate: right, dose: 1 Gy, fractions: 3, at: 4 day}, {give: marimastat, at: 3 day, doses: 6}]}",
    )
    return selfseed.read(text)


@pytest.mark.parametrize("day", [4.0, 6.0, 8.0, 10.0])
def test_a_branch_remembers_what_waits_for_a_tumour_and_which_drugs_were_given(day):
    whole = selfseed.simulate(waiting(), seed=5, replicates=3)
    done = whole.events[(whole.events["arm"] == "waits") & (whole.events["event"] == "resect")]["time_day"]
    assert len(done) == 3 and done.between(5.0, 12.0).all()
    again = branch(waiting(), seed=5, replicates=3, past="waits", futures=("waits",), day=day)
    for arm in (0, 1):
        same = again.arrays["cells"].values[arm]
        np.testing.assert_array_equal(same, whole.arrays["cells"].sel(arm="waits").values)


def test_until_the_day_nothing_differs_and_afterwards_the_treatment_shows(run):
    found = branched("cut out").arrays["volume"].sel(site="left")
    days = found["time"].values
    control, other = found.values
    np.testing.assert_array_equal(control[:, days < 8], other[:, days < 8])
    assert (other[:, days > 8] < 0.2 * control[:, days > 8]).all()


def test_what_was_due_before_the_day_is_past(run):
    late = branched("cut out", day=10.0).arrays["volume"].sel(site="left").values
    np.testing.assert_array_equal(late[0], late[1])


def test_a_checkpoint_comes_back_bit_by_bit():
    states = states_at(scenario(), resolve(scenario())[0], 6.0, seed=5, replicates=3)
    for one, other in zip(states, unpack_states(pack_states(states)), strict=True):
        for name in one.animal:
            np.testing.assert_array_equal(one.animal[name], other.animal[name])


def test_a_day_that_is_not_stored_is_refused_with_its_neighbours():
    with pytest.raises(RunError, match="day 6.5 is not a day .* the nearest are 6, 7"):
        branched("cut out", day=6.5)
