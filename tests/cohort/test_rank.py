"""What gains is ranked, what does not is not, and starts are where they are said to be."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from selfseed.base.errors import ScenarioError
from selfseed.cohort.outcomes import DAYS_PER_YEAR
from selfseed.cohort.rank import Choice, find_control, lay_out, map_of_return, rank_arms, tell, tell_map
from selfseed.cohort.read import read
from selfseed.cohort.run import run_cohort


def test_interventions_are_moved_as_a_whole_to_their_start():
    laid, choices = lay_out(read("breast-cohort"), "surgery", (0.0, 180.0))
    assert list(laid.arms)[0] == "surgery" and len(choices) == 5 * 2 == len(laid.arms) - 1
    late = laid.arms["radiotherapy 180 days after"]
    assert [step.at for step in late.add] == [30.0, 210.0]
    early, _ = lay_out(read("breast-cohort"), "surgery", (-90.0,))
    assert early.arms["chemotherapy 30 days before surgery"].add[-1].at == 0.0


def test_each_start_before_surgery_has_an_arm_of_its_own():
    """What would begin before the diagnosis begins on it, once."""
    laid, choices = lay_out(read("breast-cohort"), "surgery", (-60.0, -90.0, -20.0, -10.0))
    of_one = [choice for choice in choices if choice.intervention == "surgery and chemotherapy"]
    assert [choice.start_day for choice in of_one] == [-30.0, -20.0, -10.0]
    assert [laid.arms[choice.arm].add[-1].at for choice in of_one] == [0.0, 10.0, 20.0]


def test_an_arm_that_is_more_than_what_it_adds_is_refused():
    cohort = read("breast-cohort")
    base = cohort.arms["surgery"]
    slow = base.model_copy(update={"parameters": {"establishment.home": 0.0}})
    late = base.model_copy(update={"add": (base.add[0].model_copy(update={"at": 90.0}),)})
    arms = {"surgery": base, "no return": slow, "surgery late": late}
    with pytest.raises(ScenarioError, match="in more than what it adds") as told:
        lay_out(cohort.model_copy(update={"arms": arms}), "surgery")
    assert "arms.surgery late" in str(told.value) and "cuts out breast otherwise" in str(told.value)
    shared = {name: arm.model_copy(update={"parameters": slow.parameters}) for name, arm in cohort.arms.items()}
    laid, _ = lay_out(cohort.model_copy(update={"arms": shared}), "surgery", (0.0,))
    assert all(arm.parameters == slow.parameters for arm in laid.arms.values())


def test_the_control_is_the_arm_with_surgery_and_least_else():
    assert find_control(read("breast-cohort")) == "surgery"
    with pytest.raises(ScenarioError, match="'none' does not cut out breast"):
        find_control(read("breast-cohort"), "none")


def test_too_many_arms_are_refused():
    with pytest.raises(ScenarioError, match="60 interventions and starts"):
        lay_out(read("breast-cohort"), "surgery", tuple(range(12)))


def made_up(gains, patients=1500):
    """Return a table in which each arm multiplies the hazard of death by a known number; the patients are paired."""
    rng = np.random.default_rng(1)
    chance = -np.log(rng.random(patients))
    frames = []
    for arm, fold in gains.items():
        days = chance * 6.0 * DAYS_PER_YEAR / fold
        end = 12 * DAYS_PER_YEAR
        frames.append(pd.DataFrame({
            "patient": np.arange(patients), "arm": arm, "diagnosis_day": 1.0, "metastatic": False,
            "follow_up_day": np.minimum(days, end), "distant_day": np.nan, "relapse_day": np.nan,
            "death_day": np.where(days < end, days, np.nan), "cause": np.where(days < end, "tumour", ""),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def test_the_order_is_that_of_the_truth_and_what_does_nothing_is_not_seen():
    arms = {"surgery": 1.0, "nothing": 1.0, "some": 0.8, "more": 0.6, "harm": 1.3}
    choices = [Choice(arm, arm, 0.0) for arm in arms if arm != "surgery"]
    table = rank_arms(made_up(arms), choices, "surgery", 10.0, seed=0)
    alive = table[table["endpoint"] == "overall survival"]
    assert alive["arm"].tolist() == ["more", "some", "nothing", "harm"]
    assert alive["seen"].tolist() == [True, True, False, True]
    years = 10.0

    def mean(fold):
        rate = fold / 6.0
        return (1.0 - np.exp(-rate * years)) / rate * DAYS_PER_YEAR

    for row in alive[alive["seen"]].to_dict("records"):
        assert row["low_day"] < mean(arms[row["arm"]]) - mean(1.0) < row["high_day"]
    assert any(
        "no difference from 'surgery' is seen for: nothing" in sentence for sentence in tell(table, "surgery", 10.0)
    )


def test_a_perfect_blocker_of_infiltration_spares_metastases_and_one_of_attraction_hardly_any():
    cohort = read("breast-cohort").model_copy(update={"patients": 150})
    bare = cohort.model_copy(update={"arms": {"surgery": cohort.arms["surgery"]}})
    laid, choices = lay_out(bare, "surgery", (-30.0,))
    table = run_cohort(laid, 3, workers=1)
    seen = table.groupby("arm")["distant_day"].count()
    names = {choice.intervention: choice.arm for choice in choices}
    assert seen[names["infiltration blocked perfectly"]] < seen["surgery"]
    assert abs(seen[names["attraction blocked perfectly"]] - seen["surgery"]) <= 3


@pytest.fixture
def small_map(monkeypatch):
    """Make the map of 8 points, since each costs many redrawings."""
    for name, folds in (("RETURN", (1.0, 1000.0)), ("HALF_LIFE", (1.0, 50.0)), ("ESTABLISHMENT", (1.0, 3.0))):
        monkeypatch.setattr(f"selfseed.cohort.rank.{name}_FOLDS", folds)


def test_the_map_visits_every_point_once(small_map):
    calls = []

    def follow_all(cohort, seed, name):
        calls.append((name, dict(cohort.scenario.parameters)))
        return made_up(dict.fromkeys(cohort.arms, 1.0), 60)

    table = map_of_return(read("breast-cohort"), "surgery", 1, 10.0, follow_all)
    assert len(calls) == len({name for name, _ in calls}) == 8 and len(table) == 8 * 2 * 3
    assert not table["seen"].any()
    assert {values["establishment.home"] for _, values in calls} == {1e-4, 1e-1}


def test_the_map_says_where_a_gain_is_seen_and_how_large_it_is(small_map):
    def follow_all(cohort, seed, name):
        fold = 0.6 if name == "map-1000-50-3" else 1.0
        return made_up({arm: fold if arm.startswith("attraction") else 1.0 for arm in cohort.arms}, 400)

    table = map_of_return(read("breast-cohort"), "surgery", 1, 10.0, follow_all)
    assert table["seen"].sum() == 3 and table.loc[table["seen"], "return_fold"].tolist() == [1000.0] * 3
    attraction, infiltration = (sentence for sentence in tell_map(table) if "overall survival" in sentence)
    assert attraction.startswith("attraction blocked perfectly, overall survival: a gain at 1 of 8 points, most at ")
    assert "return × 1000, half-life × 50, establishment × 3: " in attraction
    assert attraction.endswith("as the file says, nothing is seen") and "a gain at 0 of 8 points; " in infiltration


def known(cohort, seed, name, *, noise=0.0):
    """Return patients whose gain by blocking infiltration goes with the logarithm of establishment, and with chance."""
    from selfseed.processes import PARAMETERS

    values = cohort.scenario.parameters
    home = values["establishment.home"] / PARAMETERS["establishment.home"].default("human")
    life = 20.0 / values["circulation.death_rate"]
    roots = values["establishment.bone"] * life / 6e-5
    effect = 0.08 * np.log(roots) + 0.02 * np.log(life) + 0.0 * np.log(home)
    effect += noise * np.random.default_rng([seed, *name.encode()]).normal()
    folds = {arm: 1.0 - effect * arm.startswith("infiltration") for arm in cohort.arms}
    return made_up(folds, 200)


def test_sobol_indices_are_those_of_a_known_gain_and_noise_is_taken_out():
    """Of a sum of independent terms the indices are the shares of their variances."""
    pytest.importorskip("SALib", reason="SALib is not installed: pip install 'selfseed[sensitivity]'")
    from selfseed.cohort.sensitivity import SPANS, ask_sensitivity

    widths = {name: np.log(high / low) for name, (low, high) in SPANS.items()}
    parts = {"return": 0.0, "half-life of circulating cells": 0.02, "establishment in organs": 0.08}
    variance = {name: (parts[name] * widths[name]) ** 2 for name in parts}
    wanted = {name: value / sum(variance.values()) for name, value in variance.items()}
    quiet, noisy = (
        ask_sensitivity(read("breast-cohort"), "surgery", 1, 10.0, 64, partial(known, noise=noise))
        for noise in (0.0, 0.03)
    )
    for found in (quiet, noisy):
        rows = found[found["intervention"].str.startswith("infiltration")].set_index("parameter")
        for name, share in wanted.items():
            assert abs(rows.loc[name, "total"] - share) < 0.15
            assert abs(rows.loc[name, "first"] - share) < 0.25
        assert (rows["noise"] > 0.02).all() == (found is noisy)
    assert wanted["establishment in organs"] > 0.6


def test_no_two_points_share_their_patients():
    """Else what a group of patients has in common would pass for noise at every point."""
    pytest.importorskip("SALib", reason="SALib is not installed: pip install 'selfseed[sensitivity]'")
    from selfseed.cohort.sensitivity import ask_sensitivity

    seeds = []

    def follow_all(cohort, seed, name):
        seeds.append(seed)
        return known(cohort, seed, name)

    ask_sensitivity(read("breast-cohort"), "surgery", 1, 10.0, 2, follow_all)
    assert len(set(seeds)) == len(seeds) == 2 * 2 * (3 + 2)


def test_points_that_are_no_power_of_two_are_refused():
    from selfseed.cohort.sensitivity import ask_sensitivity

    with pytest.raises(ScenarioError, match="must be a power of 2"):
        ask_sensitivity(read("breast-cohort"), "surgery", 1, 10.0, 12)


def test_a_gain_of_less_than_an_hour_is_none_though_everybody_has_it():
    table = made_up({"surgery": 1.0, "hardly": 1.0})
    late = (table["arm"] == "hardly") & table["death_day"].notna()
    for hours, seen in ((0.5, False), (2.0, True)):
        longer = table.assign(death_day=table["death_day"] + late * hours / 24.0)
        longer["follow_up_day"] = np.fmax(longer["follow_up_day"], longer["death_day"].fillna(0.0))
        found = rank_arms(longer, [Choice("hardly", "hardly", 0.0)], "surgery", 10.0, seed=0)
        assert found.loc[found["endpoint"] == "overall survival", "seen"].tolist() == [seen], hours
