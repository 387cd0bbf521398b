"""Virtual patients: drawn as stated, found as stated, paired between arms, the same whoever computes them."""

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats

from selfseed.base.errors import ScenarioError
from selfseed.cohort.course import Follower, early_cells, first_day, plan_cohort, relapse_day
from selfseed.cohort.model import TRAITS
from selfseed.cohort.patients import World, draw_patients
from selfseed.cohort.read import from_dict, names, read
from selfseed.cohort.run import count_at, run_cohort, until
from selfseed.results.chunks import Chunks

LATE = {"add": [{"resect": "breast", "at": "30 day"}, {"give": "siltuximab", "at": "14.9 year"}]}
CUT = {"add": [{"resect": "breast", "at": "30 day"}]}


def document(**changes):
    """Return the cohort of women with breast cancer as a mapping, with some keys changed."""
    whole = read("breast-cohort").model_dump(by_alias=True, exclude_unset=True)
    return whole | {"compared_as": {}} | changes


def small(patients=24, arms=None, **changes):
    return from_dict(document(patients=patients, arms=arms or {"surgery": CUT}, **changes))


@pytest.fixture(scope="module")
def many():
    cohort = read("breast-cohort").model_copy(update={"patients": 4000})
    return cohort, draw_patients(cohort, seed=3)


def test_two_traits_are_tied_by_the_product_of_their_loadings(many):
    cohort, patients = many
    one, other = "shedding", "IL6"
    wanted = cohort.traits[one].loading * cohort.traits[other].loading
    seen = np.corrcoef(np.log(patients.fold(one)), np.log(patients.fold(other)))[0, 1]
    error = 1.0 / math.sqrt(cohort.patients - 3)
    assert abs(math.atanh(seen) - math.atanh(wanted)) < 4 * error
    spread = np.log(patients.fold(one)).std()
    assert spread == pytest.approx(cohort.traits[one].spread, rel=0.05)
    assert spread != pytest.approx(1.1 * cohort.traits[one].spread, rel=0.05)


def test_without_shared_aggressiveness_growth_is_tied_to_nothing_and_all_else_is_as_it_was(many):
    cohort, patients = many
    apart = draw_patients(cohort, 3, World(shared=False))
    assert (apart.fold("growth") == patients.fold("growth")).all()
    together = [
        np.corrcoef(np.log(one.fold("growth")), np.log(one.fold("shedding")))[0, 1] for one in (patients, apart)
    ]
    assert together[0] == pytest.approx(0.3, abs=0.06) and abs(together[1]) < 0.06
    for name in TRAITS:
        assert np.log(apart.fold(name)).std() == pytest.approx(np.log(patients.fold(name)).std(), rel=0.06, abs=1e-9)


def test_patients_depend_on_their_number_alone(many):
    cohort, patients = many
    fewer = draw_patients(cohort.model_copy(update={"patients": 7}), seed=3)
    assert (fewer.folds == patients.folds[:7]).all() and (fewer.age_year == patients.age_year[:7]).all()


def test_other_deaths_come_as_gompertz_has_them(many):
    cohort, patients = many
    growth = math.log(2.0) / cohort.age.doubling
    rate = cohort.age.death_rate_at_60 * np.exp(growth * (patients.age_year - 60.0))

    def uniform(years, rate):
        return np.exp(-rate / growth * np.expm1(growth * years))

    years = patients.other_death_day / 365.25
    assert stats.kstest(uniform(years, rate), "uniform").pvalue > 1e-3
    assert stats.kstest(uniform(years, 1.2 * rate), "uniform").pvalue < 1e-3


def test_between_looks_a_tumour_grows_exponentially():
    days = np.array([0.0, 10.0, 20.0])
    cells = np.exp(0.3 * days)
    assert first_day(days, cells, math.exp(0.3 * 13.7)) == pytest.approx(13.7)
    assert math.isnan(first_day(days, cells, 1e9))
    assert first_day(days, cells, 0.5) == 0.0


def test_cells_in_blood_at_a_size_are_those_of_the_power_law_between_two_looks():
    cells = np.array([1e5, 4e5, 3e6, 2e7])
    blood = 2e-6 * cells**0.4
    assert early_cells(cells, blood, 1e6) == pytest.approx(2e-6 * 1e6**0.4, rel=1e-9)
    assert early_cells(cells, 1.1 * blood, 1e6) != pytest.approx(2e-6 * 1e6**0.4, rel=0.05)
    assert math.isnan(early_cells(cells, blood, 1e9)) and early_cells(cells, blood, 1e4) == blood[0]
    assert early_cells(cells, np.array([0.0, 0.0, 3e-4, 1e-3]), 1e6) == 3e-4


@cache
def seeds_of_tumours():
    """Return the seeds that growing tumours lay in organs, and how many their shed cells should have laid."""
    fifty = {"establishment.lung": 1.8e-5, "establishment.liver": 1.35e-4, "establishment.bone": 3e-3,
             "establishment.brain": 1.1e-4}  # fmt: skip
    women = read("breast-cohort")
    scenario = women.scenario.model_copy(update={"parameters": {**women.scenario.parameters, **fifty}})
    cohort = women.model_copy(update={"scenario": scenario, "traits": {}, "patients": 40, "stage": "not metastatic",
                                      "longest": 3000.0})  # fmt: skip
    follower = Follower(plan_cohort(cohort), draw_patients(cohort, 3), 3)
    expected = seeds = 0.0
    for patient in range(cohort.patients):
        diagnosis, _ = follower.follow(patient)
        if diagnosis.how:
            animal = follower.animals[0]
            expected += animal.ledger[4:7].sum() / diagnosis.cells_per_seed
            seeds += animal.routes[:, 3].sum()
    return seeds, expected


def z_of_seeds(wrong=1.0):
    """Return how far the seeds of growing tumours are from the cells they shed over the cells that a seed costs."""
    seeds, expected = seeds_of_tumours()
    return (seeds - expected / wrong) / math.sqrt(expected)


def test_as_many_seeds_take_root_as_the_cells_that_were_shed_over_those_that_a_seed_costs():
    assert abs(z_of_seeds()) < 4


def test_seeds_that_cost_one_tenth_more_cells_would_be_noticed():
    assert abs(z_of_seeds(wrong=1.1)) > 4


def test_counts_of_one_tube_follow_poisson_and_never_fall_where_the_mean_rises():
    uniform = np.random.default_rng(2).random(40_000)
    mean = np.full(uniform.size, 0.3)
    counts = count_at(mean, uniform)
    error = math.sqrt(0.3 / uniform.size)
    assert abs(counts.mean() - 0.3) < 4 * error < abs(count_at(1.1 * mean, uniform).mean() - 0.3)
    assert abs((counts == 0.0).mean() - math.exp(-0.3)) < 4 * 0.5 / math.sqrt(uniform.size)
    assert (count_at(0.9 * mean, uniform) <= counts).all()
    assert count_at(np.array([0.0, math.nan]), np.array([0.999, 0.5])).tolist()[0] == 0.0


def test_cells_in_blood_years_later_are_counted_in_who_is_still_followed():
    """Arms share the chance of each tube; without a tumour there is no cell, and cells that sleep are whole."""
    arms = {"nothing": {}, "surgery": CUT, "late": LATE}
    table = run_cohort(small(80, arms), 5, workers=1).set_index(["arm", "patient"])
    for year in (5, 10, 15):
        followed = table["follow_up_day"] >= year * 365.25
        assert (table[f"ctc_{year}y"].notna() == followed).all() and (
            table[f"asleep_{year}y"].notna() == followed
        ).all()
        assert (table.loc[followed, f"asleep_{year}y"] % 1 == 0).all()
        assert table.loc["surgery", f"ctc_{year}y"].equals(table.loc["late", f"ctc_{year}y"]) or year == 15
    both = table["ctc_5y"].unstack("arm").dropna()
    assert both["nothing"].mean() > both["surgery"].mean()


def test_a_relapse_needs_that_the_tumour_was_gone():
    days = np.arange(4.0)
    assert math.isnan(relapse_day(days, np.array([9.0, 9.0, 9.0, 9.0]), 5.0, 0.0))
    assert math.isnan(relapse_day(days, np.array([9.0, 1.0, 2.0, 3.0]), 5.0, 0.0))
    assert relapse_day(days, np.array([9.0, 1.0, 1.0, 25.0]), 5.0, 1.0) == pytest.approx(2.5)


def test_patients_are_found_when_their_tumour_is_as_large_as_that():
    cohort = small(40)
    patients = draw_patients(cohort, seed=1)
    follower = Follower(plan_cohort(cohort), patients, 1)
    hows = set()
    for patient in range(cohort.patients):
        diagnosis, _ = follower.follow(patient)
        hows.add(diagnosis.how)
        if diagnosis.how == "symptoms":
            assert patients.symptoms_mm[patient] <= diagnosis.diameter_mm < 1.5 * patients.symptoms_mm[patient]
        if diagnosis.how == "screening":
            assert patients.screened[patient]
            assert patients.seen_mm[patient] <= diagnosis.diameter_mm < patients.symptoms_mm[patient]
            visits = (diagnosis.day - patients.first_visit_day[patient]) / cohort.detection.every
            assert visits == pytest.approx(round(visits), abs=1e-9)
    assert {"symptoms", "screening"} <= hows


def test_a_treatment_that_comes_too_late_changes_nobody():
    """Arms share patients and random numbers: until something differs, nothing does."""
    table = run_cohort(small(24, {"surgery": CUT, "late": LATE}), 5, workers=1)
    one, other = (
        table[table["arm"] == name].drop(columns="arm").reset_index(drop=True) for name in ("surgery", "late")
    )
    early = one["follow_up_day"] < 14 * 365
    assert early.any() and one[early].equals(other[early])


def test_a_drug_that_does_nothing_changes_nobody_whenever_it_is_given():
    """Also before surgery, and between two looks: neither the chance of what is done nor that of any step moves."""
    weak = {"title": "none", "acts_on": "IL6", "potency": "1e9 nM", "molar_mass": "1 kDa", "volume": "1 l/kg",
            "half_life": "1 day", "dose": "1e-3 mg/kg", "every": "1 day", "doses": 1,
            "route": "intravenous"}  # fmt: skip
    cut = {"resect": "breast", "at": "30 day", "residual": 3e-9}
    arms: dict = {"surgery": {"add": [cut]}}
    arms |= {f"day {day}": {"add": [{"give": "none", "at": f"{day} day"}, cut]} for day in (0, 45, 210)}
    scenario = document()["scenario"] | {"drugs": {"none": weak}}
    table = run_cohort(small(60, arms, scenario=scenario, follow_up="8 year"), 1, workers=1)
    days = ["relapse_day", "distant_day", "death_day"]
    first = table.loc[table["arm"] == "surgery", days].to_numpy()
    assert np.isfinite(first).sum(axis=0).min() >= 5
    for arm in list(arms)[1:]:
        assert np.allclose(table.loc[table["arm"] == arm, days].to_numpy(), first, atol=1e-3, equal_nan=True)
    alone = [run_cohort(small(60, {arm: arms[arm]}, scenario=scenario, follow_up="8 year"), 1, workers=1)
             for arm in ("surgery", "day 45")]  # fmt: skip
    assert not np.allclose(alone[0][days].to_numpy(), alone[1][days].to_numpy(), atol=1e-3, equal_nan=True)  # control


def test_a_tumour_that_was_never_removed_has_no_relapse():
    days = np.arange(4.0)
    grows = np.array([1.0, 2.0, 4.0, 8.0])
    assert math.isnan(relapse_day(days, grows, 5.0, math.inf))
    assert relapse_day(days, grows, 5.0, 1.0) == pytest.approx(2.0 + math.log(1.25) / math.log(2.0))
    table = run_cohort(small(30, {"nothing": {}}, follow_up="3 year"), 5, workers=1)
    assert (table["diameter_mm"] < 10.0).any() and table["relapse_day"].isna().all()


def test_what_the_last_look_sees_counts_and_is_not_later_than_the_end():
    """The end and the last look are the same day, but for rounding."""
    end = np.array([1826.25, 1826.25, 1826.25])
    seen = until(np.array([1826.25 + 3e-10, 1827.0, 12.0]), end)
    assert seen[0] == end[0] and math.isnan(seen[1]) and seen[2] == 12.0


def test_surgery_that_leaves_no_cell_ends_relapse_and_spares_metastases():
    arms = {"nothing": {}, "surgery": CUT}
    table = run_cohort(small(40, arms, follow_up="6 year"), 5, workers=1).set_index("arm")
    assert table.loc["surgery", "relapse_day"].isna().all()
    seen = table["distant_day"].notna().groupby("arm").sum()
    assert seen["surgery"] < 0.7 * seen["nothing"]


def test_metastases_of_a_patient_progress_when_their_cells_say_so():
    """The columns are those that the cells at each look give, and only the metastatic have them."""
    arms = {"nothing": {}, "chemotherapy": {"add": [{"give": "paclitaxel", "at": "0 day"}]}}
    table = run_cohort(small(120, arms, follow_up="3 year"), 5, workers=1)
    spread = table["metastatic"].to_numpy()
    assert table.loc[~spread, ["progression_day", "response_day"]].isna().all(axis=None)
    assert spread.sum() >= 4 and table.loc[spread, "progression_day"].notna().any()
    treated = table[spread].set_index(["arm", "patient"])
    assert treated.loc["chemotherapy", "response_day"].notna().any()
    assert treated.loc["nothing", "response_day"].isna().all()
    seen = table.loc[spread & table["progression_day"].notna()]
    assert (seen["progression_day"] > 0).all() and (seen["progression_day"] <= seen["follow_up_day"]).all()


def with_killers(kills):
    """Return women of whom each also gets 10^10 cells that kill as many others as is said, in an arm of its own."""
    whole = document(patients=40, follow_up="5 year")
    whole["scenario"]["clones"] = {"breast cancer": {}, "killer": {"treatment": {"kills": kills}}}
    killers = {"inject": "killer", "route": "tail_vein", "cells": 1e10, "at": "31 day"}
    return from_dict(whole | {"arms": {"surgery": CUT, "killers": {"add": [*CUT["add"], killers]}}})


def test_engineered_killers_are_no_cancer_that_is_seen_or_kills():
    """Killers that hardly kill change hardly anybody's course; the same cells without a sting are metastases."""
    harmless, cancer = (run_cohort(with_killers(kills), 2, workers=1).set_index("arm") for kills in (1e-12, 0.0))
    for column in ("distant_day", "death_day", "relapse_day"):
        found, wanted = (harmless.loc[arm, column].isna().sum() for arm in ("killers", "surgery"))
        assert abs(found - wanted) <= 1
    spread = cancer["distant_day"].notna().groupby("arm").sum()
    assert spread["killers"] > 2 * spread["surgery"] + 10


def test_the_same_patients_whoever_follows_them_and_after_an_interruption(tmp_path):
    cohort = small(60)
    whole = run_cohort(cohort, 2, workers=1)
    assert run_cohort(cohort, 2, workers=2).equals(whole)
    said = []
    run_cohort(cohort, 2, workers=1, chunks=Chunks(tmp_path, said.append))
    (kept, damaged) = sorted(tmp_path.glob("*.chunk"))
    damaged.write_bytes(damaged.read_bytes()[:-7])
    assert run_cohort(cohort, 2, workers=1, chunks=Chunks(tmp_path, said.append)).equals(whole)
    assert any("damaged" in sentence for sentence in said)
    assert kept.exists()


def test_other_seeds_are_other_patients():
    assert not run_cohort(small(4), 2, workers=1).equals(run_cohort(small(4), 3, workers=1))


@pytest.mark.parametrize("name", names())
def test_each_cohort_that_comes_with_selfseed_can_be_followed(name):
    cohort = read(name)
    few = cohort.model_copy(update={"patients": 3, "follow_up": 400.0, "stage": "all"})
    table = run_cohort(few, 1, workers=1)
    assert set(table["arm"]) == set(cohort.arms)
    assert (table["follow_up_day"] <= 400.0).all()


MISTAKES = {
    "a trait that is none": ({"traits": {"groth": {"spread": 0.5}}}, "traits.groth", "did you mean 'growth'"),
    "a loading above one": ({"traits": {"growth": {"spread": 0.5, "loading": 2}}}, "loading", "must be <= 1"),
    "a primary that is no site": ({"primary": "brest"}, "primary", "unknown site; did you mean 'breast'?"),
    "an arm that treats a site that is none": (
        {"arms": {"a": {"add": [{"resect": "chest", "at": 3}]}}}, "arms.a.add[0].resect", "unknown site",
    ),
    "a drug that is none": (
        {"arms": {"a": {"add": [{"give": "aspirin", "at": 3}]}}}, "arms.a.add[0].give", "unknown drug",
    ),
    "no patients": ({"patients": 0}, "patients", "must be >= 1"),
    "an organ in which nothing kills": ({"lethal": {"lung": 1e11}}, "lethal", "how many cells kill in bone"),
    "a comparison with no arm": ({"compared_as": {"control": "cut"}}, "compared_as.control", "unknown arm"),
    "a role that is none": (
        {"compared_as": {"radiotherapie": "surgery"}}, "radiotherapie", "unknown role; did you mean 'radiotherapy'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named_with_its_place_and_its_remedy(mistake):
    change, place, remedy = MISTAKES[mistake]
    with pytest.raises(ScenarioError) as caught:
        from_dict(document(**change))
    told = [(one.where, one.remedy) for one in caught.value.problems]
    assert any(place in where and remedy in said for where, said in told), told


TRIALS_ALONE = {"title", "description", "references", "patients", "stage", "follow_up", "arms", "compared_as"}


def test_metastatic_trials_share_all_numbers_with_the_breast_cohort():
    """Only what a trial decides is otherwise: whom it follows, for how long, how often it looks, and its arms."""
    trials, women = (read(name).model_dump(by_alias=True) for name in ("metastatic-trials", "breast-cohort"))
    assert trials["detection"].pop("look_every") == 56.0 and women["detection"].pop("look_every") == 90.0
    assert {key for key in women if women[key] != trials[key]} == TRIALS_ALONE - {"description"}
    women["traits"]["growth"]["spread"] *= 1.1
    assert "traits" in {key for key in women if women[key] != trials[key]}


def test_a_cohort_like_another_says_only_what_is_otherwise(tmp_path):
    (tmp_path / "base.yaml").write_text("selfseed-cohort: 1\nlike: breast-cohort\npatients: 7\nage: {mean: 50 year}\n")
    (tmp_path / "next.yaml").write_text(
        "selfseed-cohort: 1\nlike: base.yaml\nscenario: {parameters: {establishment.waking_rate: 2.75e-5 /day}}\n"
        "arms: {nothing: {}}\n"
    )
    cohort, women = read(tmp_path / "next.yaml"), read("breast-cohort")
    assert (cohort.patients, cohort.age.mean, cohort.age.spread) == (7, 50.0, women.age.spread)
    changed = dict(cohort.scenario.parameters)
    assert changed.pop("establishment.waking_rate") == 2.75e-5 and changed == dict(women.scenario.parameters)
    assert list(cohort.arms) == ["nothing"] and not cohort.compared_as
    assert read(tmp_path / "base.yaml").arms == women.arms


def test_a_whole_scenario_takes_nothing_from_that_of_the_other():
    colon, women = read("colon-cohort"), read("breast-cohort")
    assert list(colon.scenario.sites) == ["colon", "lung", "liver", "bone", "brain"]
    assert list(colon.scenario.clones) == ["colon cancer"] and colon.traits == women.traits


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scenario: {procedures: [{implant: breast cancer, site: breast, cells: 1e6, at: 0 day}, "
         "{give: paclitaxel, at: 500 day}]}", "only implants happen before the diagnosis"),
        ("scenario: {host: mouse}", "patients are human"),
        ("arms: {more: {add: [{implant: breast cancer, site: lung, cells: 1e6, at: 9 day}]}}", "nothing is implanted"),
    ],
)  # fmt: skip
def test_what_no_patient_undergoes_is_refused(tmp_path, text, said):
    (tmp_path / "own.yaml").write_text(f"selfseed-cohort: 1\nlike: breast-cohort\n{text}\n")
    with pytest.raises(ScenarioError, match=said):
        read(tmp_path / "own.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("like: brest-cohort", "line 2  like: brest-cohort  did you mean 'breast-cohort'"),
        ("like: circle.yaml", "is like itself"),
        ("like: 3", "line 2  like: 3  name a YAML file, or one of breast-cohort"),
        ("like: breast-cohort\nage: {men: 3 year}", "line 3  men  unknown; did you mean 'mean'"),
        ("like: breast-cohort\nstage: metastasised", "line 3.*metastatic"),
    ],
)
def test_a_cohort_like_what_cannot_be_is_told(tmp_path, text, said):
    (tmp_path / "circle.yaml").write_text(f"selfseed-cohort: 1\n{text}\n")
    with pytest.raises(ScenarioError, match=said):
        read(tmp_path / "circle.yaml")


def test_a_file_says_itself_of_which_version_it_is(tmp_path):
    (tmp_path / "own.yaml").write_text("like: breast-cohort\npatients: 3\n")
    with pytest.raises(ScenarioError, match="selfseed-cohort"):
        read(tmp_path / "own.yaml")


def test_mistakes_in_arms_are_told_together_with_those_elsewhere(tmp_path):
    text = "stage: metastasised\narms: {a: {add: [{give: aspirin, at: 3 day}, {resect: chest, at: 3 day}]}}"
    (tmp_path / "own.yaml").write_text(f"selfseed-cohort: 1\nlike: breast-cohort\n{text}\n")
    with pytest.raises(ScenarioError) as caught:
        read(tmp_path / "own.yaml")
    assert len(caught.value.problems) == 3
    assert all(word in str(caught.value) for word in ("metastatic", "unknown drug", "unknown site"))


def test_no_patients_are_refused_in_python_too():
    with pytest.raises(ScenarioError, match="patients  = 0  must be >= 1"):
        run_cohort(small().model_copy(update={"patients": 0}), 1)


def test_only_the_stage_that_is_asked_for_is_followed_with_the_same_courses():
    """Who is followed lives as in the whole cohort, to the bit; who is not costs no arm."""
    whole = run_cohort(small(100), 5, workers=1)
    for stage, wanted in (("metastatic", True), ("not metastatic", False)):
        part = run_cohort(small(100, stage=stage), 5, workers=1)
        assert part.equals(whole[whole["metastatic"] == wanted].reset_index(drop=True)) and len(part)


def test_a_file_that_is_not_there_is_named_with_what_is_meant():
    with pytest.raises(ScenarioError, match="did you mean 'breast-cohort'"):
        read("brest-cohort")
