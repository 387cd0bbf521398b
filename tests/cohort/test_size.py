"""Whether size causes metastasis or marks it is told rightly where the truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from selfseed.base.errors import RunError, ScenarioError
from selfseed.cohort.disputed import AS_FILE, DISPUTED, Assumption
from selfseed.cohort.model import TRAITS
from selfseed.cohort.naive import ALONE, CLINIC, EVERYBODY, NO_METASTASIS, TRAITS_KNOWN, compare_regressions
from selfseed.cohort.outcomes import DAYS_PER_YEAR
from selfseed.cohort.patients import AS_IT_IS, World
from selfseed.cohort.read import read
from selfseed.cohort.size import (
    CLAMPED,
    FEW_DIFFER,
    NO_ASSOCIATION,
    OBSERVED,
    ask_size,
    find_surgery,
    log_ratio,
    set_parameters,
)

PATIENTS = 3000


def made_up(causal, common):
    """Return a way to follow patients whose hazard per doubling is known, by size and by a hidden mark.

    Size goes with the mark unless it is dealt out; nothing else does anything.
    """

    def follow_all(cohort, seed, *, world, name):
        rng = np.random.default_rng(seed)
        mark, own, dead = rng.normal(size=(3, cohort.patients))
        free = rng.normal(size=cohort.patients)
        tie = mark if world.shared else free
        doubling = 0.8 * tie + 0.6 * own
        if world.diameters_mm:
            doubling = np.log2(np.array(world.diameters_mm) / 20.0)
        uniform = stats.norm.cdf(dead)
        days = -np.log(np.clip(uniform, 1e-12, 1 - 1e-12)) * 4000.0 * np.exp(-causal * doubling - common * mark)
        seen = days < 10 * DAYS_PER_YEAR
        return pd.DataFrame({
            "patient": np.arange(cohort.patients), "arm": "surgery", "diagnosis_day": 1.0,
            "diameter_mm": 20.0 * 2.0**doubling,
            "metastatic": False, "follow_up_day": 10 * DAYS_PER_YEAR, "relapse_day": np.nan,
            "distant_day": np.where(seen, days, np.nan), "death_day": np.nan, "cause": "",
            "age_year": 60.0, "ctc": 0, "il6": 1.0, "il8": 1.0, "detected_by": "symptoms",
            **{f"{trait}_fold": np.exp(mark) if trait == "shedding" else 1.0 for trait in TRAITS},
        })  # fmt: skip

    return follow_all


def answer(causal, common):
    cohort = find_surgery(read("breast-cohort")).model_copy(update={"patients": PATIENTS})
    found, _ = ask_size(cohort, 1, follow_all=made_up(causal, common), resamples=60)
    return found.shares.set_index("share")


def test_where_only_size_acts_all_of_the_association_is_causal():
    shares = answer(0.5, 0.0)
    assert shares.loc["causal", "low"] < 1.0 < shares.loc["causal", "high"]
    assert shares.loc["causal", "low"] > 0.7
    assert abs(shares.loc["common cause", "estimate"]) < 0.15


def test_where_only_a_common_cause_acts_none_of_it_is():
    shares = answer(0.0, 0.6)
    assert shares.loc["causal", "low"] < 0.0 < shares.loc["causal", "high"]
    assert shares.loc["common cause", "low"] < 1.0 < shares.loc["common cause", "high"]
    assert shares.loc["common cause", "low"] > 0.7


def test_where_both_act_the_shares_lie_between():
    shares = answer(0.3, 0.3)
    assert 0.3 < shares.loc["causal", "estimate"] < 0.9
    assert shares.loc["causal", "high"] < 1.0 and shares.loc["causal", "low"] > 0.0


def test_where_nothing_returns_that_would_be_seen_self_seeding_has_no_interval():
    """In made-up patients returning does nothing: none differs, and chance is not known, so no interval of 0 to 0."""
    row = answer(0.5, 0.0).loc["through self-seeding"]
    assert row["estimate"] == 0.0 and np.isnan([row["low"], row["high"]]).all() and row["note"] == FEW_DIFFER
    assert answer(0.5, 0.0).loc["causal", "note"] == ""


def test_where_size_tells_nothing_there_is_nothing_to_share_out():
    shares = answer(0.0, 0.0)
    assert shares[["estimate", "low", "high"]].isna().all(axis=None) and set(shares["note"]) == {NO_ASSOCIATION}


def test_the_hazard_ratio_is_that_of_lifelines():
    from lifelines import CoxPHFitter

    rng = np.random.default_rng(2)
    doubling, time = rng.normal(size=400), rng.exponential(size=400)
    time = time * np.exp(-0.7 * doubling)
    event = rng.random(400) < 0.7
    fitted = CoxPHFitter().fit(pd.DataFrame({"time": time, "event": event, "x": doubling}), "time", "event")
    assert log_ratio(time, event, doubling) == pytest.approx(float(fitted.params_["x"]), abs=1e-4)
    assert log_ratio(time, event, 1.1 * doubling) != pytest.approx(float(fitted.params_["x"]), abs=1e-2)


def test_a_patient_who_counts_twice_is_two_patients():
    rng = np.random.default_rng(3)
    doubling, time, event = rng.normal(size=90), rng.exponential(size=90), rng.random(90) < 0.8
    twice = np.where(np.arange(90) < 30, 2.0, 1.0)
    copied = np.concatenate([np.arange(90), np.arange(30)])
    weighed = log_ratio(time, event, doubling, twice)
    assert weighed == pytest.approx(log_ratio(time[copied], event[copied], doubling[copied]), abs=0.02)


def test_without_any_metastasis_there_is_no_answer_but_words():
    with pytest.raises(RunError, match="take more patients"):
        log_ratio(np.ones(9), np.zeros(9, bool), np.arange(9.0))


def test_virtual_patients_found_at_a_size_that_was_dealt_out_have_that_size():
    from selfseed.cohort.run import run_cohort

    cohort = find_surgery(read("breast-cohort")).model_copy(update={"patients": 100, "follow_up": 3000.0})

    def follow_all(cohort, seed, *, world, name):
        return run_cohort(cohort, seed, world=world, workers=1)

    found, patients = ask_size(cohort, 1, follow_all=follow_all, resamples=5)
    assert list(found.associations["world"][:2]) == [OBSERVED, CLAMPED]
    at_20 = patients[patients["world"] == "all resected at 20 mm"]
    at_20 = at_20[at_20["detected_by"] == "symptoms"]
    assert at_20["diameter_mm"].between(20.0, 30.0).all() and len(at_20) > 80
    seen = patients[patients["world"] == OBSERVED]["diameter_mm"].median()
    assert patients[patients["world"] == CLAMPED]["diameter_mm"].median() == pytest.approx(seen, rel=0.2)


def test_an_arm_without_surgery_is_refused():
    cohort = read("breast-cohort")
    with pytest.raises(ScenarioError, match="'nothing' does not cut out breast"):
        find_surgery(cohort, "nothing")
    assert list(find_surgery(cohort).arms) == ["surgery"]
    assert set_parameters(cohort, {"establishment.home": 0.0}).scenario.parameters["establishment.home"] == 0.0


def regressions(causal, common):
    """Return what regressions say of made-up patients, whose mark is how much they shed."""
    cohort = find_surgery(read("breast-cohort")).model_copy(update={"patients": PATIENTS})
    found, _ = ask_size(cohort, 1, follow_all=made_up(causal, common), resamples=20)
    return found.regressions.set_index(["patients_are", "regression"])


def test_a_regression_beside_all_traits_finds_what_size_does_and_one_beside_age_does_not():
    rows = regressions(0.3, 0.6).loc["all"]
    known = rows.loc[TRAITS_KNOWN]
    assert known["low"] < 0.3 < known["high"]
    assert rows.loc[CLINIC, "low"] > 0.45
    assert rows.loc[CLINIC, "log_ratio"] == pytest.approx(rows.loc[ALONE, "log_ratio"])


def test_where_no_metastasis_is_there_at_diagnosis_both_populations_are_the_same():
    rows = regressions(0.3, 0.6)
    assert rows.loc[EVERYBODY].equals(rows.loc[NO_METASTASIS])


def test_regressions_on_too_few_patients_say_so_and_do_not_stop_the_answer():
    rows = made_up(0.3, 0.3)(read("breast-cohort").model_copy(update={"patients": 8}), 1, world=AS_IT_IS, name="")
    rows = rows.assign(distant_day=np.nan, ctc=np.arange(8))
    found = compare_regressions(rows, rows, np.arange(10.0, 18.0), "freedom from distant metastasis")
    assert set(found["note"]) == {"too few metastases"} and found["hazard_ratio"].isna().all()


def test_a_tie_is_put_in_with_its_sign_and_only_where_there_was_one():
    cohort = read("breast-cohort")
    tied = Assumption(tie=1.0).apply(cohort)
    assert tied.traits["growth"].loading == 1.0 and tied.traits["ctc_half_life"].loading == 0.0
    assert cohort.traits["growth"].loading == 0.5
    other_way = cohort.model_copy(
        update={"traits": {"growth": cohort.traits["growth"].model_copy(update={"loading": -0.2})}}
    )
    assert Assumption(tie=0.5).apply(other_way).traits["growth"].loading == -0.5


def test_every_disputed_assumption_is_a_cohort_that_can_be_planned():
    from selfseed.cohort.course import plan_cohort

    cohort = find_surgery(read("breast-cohort"))
    plans = {name: plan_cohort(one.apply(cohort)) for name, one in DISPUTED.items()}
    flow = {name: plan.settings[0].tumour_flow for name, plan in plans.items()}
    assert flow["blood flow through tumours as in the mouse"] > 1000.0 * flow[AS_FILE]


def test_without_a_tie_untying_changes_no_patient():
    from selfseed.cohort.patients import draw_patients

    cohort = Assumption(tie=0.0).apply(read("breast-cohort").model_copy(update={"patients": 20}))
    tied, apart = (draw_patients(cohort, 1, World(shared=shared)) for shared in (True, False))
    assert (tied.folds == apart.folds).all()
    loaded = read("breast-cohort").model_copy(update={"patients": 20})
    assert (draw_patients(loaded, 1).folds != draw_patients(loaded, 1, World(shared=False)).folds).any()
