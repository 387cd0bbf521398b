"""Step 9: drugs, radiation, filters, killer cells and triggers do what their formulas say, in both engines."""

import math

import numpy as np
import pytest
from tests.validation.arms import ALL_TO_THE_LUNG, arm, exponential

from selfseed.base.streams import replicate_key
from selfseed.engine.animal import own_setting, run_animal
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.engine.therapy import drug_course
from selfseed.kernels.treatment import mean_over, treat
from selfseed.processes import DRUG_TARGETS
from selfseed.scenario.drugs import Drug, Given, built_in_drugs
from selfseed.scenario.model import Numerics
from selfseed.theory.pharmacology import concentration

GLAND = {"implant": "line", "site": "donor", "cells": 1e6, "at": 0}


def drug(acts_on, *, potency=1.0, half_life=1000.0, most_kill=None, **others):
    """Return a drug of which a dose of 1 mg/kg makes 1 nM."""
    return {
        "acts_on": acts_on, "potency": potency, "molar_mass": 1000.0, "volume": 1.0, "half_life": half_life,
        "dose": 1.0, "every": 1.0, "doses": 1, "route": "intravenous",
        **({"most_kill": most_kill} if most_kill else {}), **others,
    }  # fmt: skip


def treated(procedures, *, days=10.0, drugs=None, clones=None, sites=None, parameters=(), times=None):
    """Return an arm in which 10^6 cells of a line are implanted and then treated."""
    clones = clones or {"line": exponential(0.2)}
    return arm(
        clones, days, sites=sites, parameters=parameters, times=times, procedures=[GLAND, *procedures],
        drugs=drugs,
    )  # fmt: skip


def cells_of(experiment, engine, *, seed=1, step=0.05):
    """Return cells[time, site, clone] of one animal, or of the mean field."""
    setting, course = plan_setting(experiment), plan_course(experiment, Numerics(step=step))
    if engine == "mean-field":
        return run_mean_field(setting, course, 4).record.cells
    return run_animal(setting, plan_between(experiment), course, replicate_key(seed, 0), 20_000).record.cells


ENGINES = ("stochastic", "mean-field")


def brute_force(days, first, half_life, absorption, every, doses):
    since = np.subtract.outer(days, np.arange(doses) * every)
    out, into = math.log(2) / half_life, math.log(2) / absorption
    each = into / (into - out) * (np.exp(-out * since) - np.exp(-into * since))
    return first * np.where(since >= 0, each, 0.0).sum(axis=1)


def test_concentration_is_the_sum_of_all_doses():
    days = np.linspace(0.01, 40.3, 999)
    how = {"first": 7.0, "half_life": 1.7, "absorption_half_life": 0.2, "every": 2.5, "doses": 9}
    assert concentration(days, **how) == pytest.approx(brute_force(days, 7.0, 1.7, 0.2, 2.5, 9), rel=1e-9)
    assert concentration(days, **how | {"half_life": 1.87}) != pytest.approx(
        brute_force(days, 7.0, 1.7, 0.2, 2.5, 9), rel=1e-2
    )


def test_as_much_goes_as_was_given():
    days = np.linspace(0.0, 200.0, 400_001)
    course = concentration(days, first=3.0, half_life=4.0, absorption_half_life=0.5, every=7.0, doses=5)
    area = 5 * 3.0 * 4.0 / math.log(2)
    assert np.trapezoid(course, days) == pytest.approx(area, rel=1e-3)


def test_the_table_of_a_drug_holds_its_mean_effect():
    reparixin = built_in_drugs()["reparixin"]
    given = Given("reparixin", reparixin, reparixin.dose, reparixin.every, 60)
    table, grid, after = drug_course(given)
    fine = np.linspace(5.0, 6.0, 100_001)
    mean = mean_over(table, grid, after, 5.0, 1.0)
    assert mean == pytest.approx(given.effect(fine).mean(), rel=2e-3)
    assert mean != pytest.approx(given.effect(fine).mean() * 1.1, rel=2e-2)
    assert mean_over(table, grid, after, 100.0, 5.0) == 1.0


@pytest.mark.parametrize("name", built_in_drugs())
def test_every_number_of_a_drug_that_comes_with_selfseed_has_a_source(name):
    built_in = built_in_drugs()[name]
    numbers = {"potency", "molar_mass", "volume", "half_life", "dose"}
    optional = {"absorption_half_life", "free_share", "tissue_share", "most_kill", "hill"}
    numbers |= {key for key in optional if key in built_in.model_fields_set}
    assert set(built_in.sources) == numbers


def test_every_drug_stands_in_the_bibliography():
    from selfseed.doors.papers import bibliography

    dois = {source.doi for one in built_in_drugs().values() for source in one.sources.values() if source.doi}
    assert dois - bibliography().keys() == set()


def setting_under(drugs, *, clones=None, now=1.0, days=0.5, parameters=()):
    """Return the numbers of an arm without and with drugs given on day 0."""
    experiment = treated(
        [{"give": name, "at": 0} for name in drugs], drugs=drugs, clones=clones, parameters=parameters
    )  # fmt: skip
    usual, course = plan_setting(experiment), plan_course(experiment, Numerics())
    own = own_setting(usual, course)
    happened = np.where(course.what > 3, 0.0, np.nan)
    treat(own, course.therapy, np.ones((1, 1)), happened, np.ones(1), now, days)
    return usual, own


@pytest.mark.parametrize("place, target", list(enumerate(DRUG_TARGETS[:2])))
def test_an_antibody_takes_ligand_from_tumour_and_plasma(place, target):
    usual, own = setting_under({"a": drug(target, potency=0.25)})
    assert own.secretion[place] == pytest.approx(usual.secretion[place] / 5.0, rel=1e-3)
    assert own.plasma_host[place] == pytest.approx(usual.plasma_host[place] / 5.0, rel=1e-3)
    assert own.secretion[1 - place] == usual.secretion[1 - place]


@pytest.mark.parametrize("place, target", [(0, "IL6 receptor"), (1, "CXCL8 receptor")])
def test_an_antagonist_raises_the_ligand_that_half_occupies(place, target):
    usual, own = setting_under({"a": drug(target, potency=0.5)})
    assert own.half_occupied[place] == pytest.approx(usual.half_occupied[place] * 3.0, rel=1e-3)
    assert own.half_occupied[1 - place] == usual.half_occupied[1 - place]


def test_two_drugs_of_one_target_add_their_concentrations_and_two_targets_meet_in_the_law():
    usual, own = setting_under({"a": drug("CXCL8 receptor"), "b": drug("CXCL8 receptor", potency=0.5)})
    assert own.half_occupied[1] == pytest.approx(usual.half_occupied[1] * 4.0, rel=1e-3)
    expressed = {"line": {"growth": exponential(0.2), "expression": {"FSCN1": 3.0, "MMP1": 2.0}}}
    usual, own = setting_under({"f": drug("FSCN1"), "m": drug("MMP1", potency=1 / 3)}, clones=expressed)
    kx, kl, tau, m, f = plan_course(treated([], clones=expressed), Numerics()).therapy.wall
    crossing = kx * (tau + (1 - tau) * (2.0 / 4.0) ** m) * (3.0 / 2.0) ** f
    assert own.infiltration[0] == pytest.approx(crossing / (crossing + kl), rel=1e-3)
    assert own.infiltration[0] < 0.9 * usual.infiltration[0]


@pytest.mark.parametrize("engine", ENGINES)
def test_chemotherapy_kills_in_proportion_to_growth(engine):
    """Norton and Simon: growth r becomes r (1 - k)."""
    course = [{"give": "a", "at": 0, "dose": 1e5}]
    for kill in (0.5, 1.5):
        run = treated(course, drugs={"a": drug("growth", most_kill=kill)})
        after = cells_of(run, engine)[-1, 0, 0]
        assert math.log(after / 1e6) == pytest.approx(10.0 * 0.2 * (1.0 - kill), abs=0.02)
    resistant = {"line": {"growth": exponential(0.2), "treatment": {"sensitivity": 0}}}
    run = treated(course, drugs={"a": drug("growth", most_kill=1.5)}, clones=resistant)
    assert math.log(cells_of(run, engine)[-1, 0, 0] / 1e6) == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize("engine", ENGINES)
def test_radiation_leaves_the_linear_quadratic_share(engine):
    still = {"line": {"growth": exponential(0.0), "treatment": {"alpha": 0.2, "alpha_beta": 4.0}}}
    run = treated([{"irradiate": "donor", "dose": "2 Gy", "fractions": 5, "every": "1 day", "at": 1}], clones=still)
    left = cells_of(run, engine)[-1, 0, 0]
    expected = 1e6 * math.exp(-5 * (0.2 * 2.0 + 0.05 * 4.0))
    z = (left - expected) / math.sqrt(expected)
    assert abs(z) < 4.0
    assert abs(left - 1e6 * math.exp(-5.5 * (0.2 * 2.0 + 0.05 * 4.0))) / math.sqrt(expected) > 4.0


def test_an_irradiated_tumour_attracts_until_gm_csf_is_blocked():
    site = {"irradiate": "donor", "dose": 1, "at": 0}
    own = {"attraction.irradiated_gain": 4.0, "attraction.irradiated_half_life": 2.0}

    def pull(procedures, drugs=None):
        experiment = treated(procedures, drugs=drugs, parameters=own)
        usual, course = plan_setting(experiment), plan_course(experiment, Numerics())
        changed = own_setting(usual, course)
        treat(changed, course.therapy, np.ones((1, 1)), np.zeros(course.what.size), np.ones(1), 0.0, 2.0)
        return changed.irradiated[0]

    assert pull([site]) == pytest.approx(4.0 * 0.5 / math.log(2), rel=1e-6)
    assert pull([site, {"give": "a", "at": 0}], {"a": drug("CSF2", potency=1 / 9)}) == pytest.approx(
        0.4 * 0.5 / math.log(2), rel=1e-2
    )


def seeds(procedures, *, death=1e-6, count=20):
    """Return cells that come to the lung, on average, of animals whose tumour sheds."""
    own = ALL_TO_THE_LUNG | {"shedding.rate": 0.02, "shedding.size_exponent": 1.0, "circulation.death_rate": death}
    run = treated(
        procedures, clones={"line": exponential(0.0)}, sites={"donor": "mammary_gland", "lung": "lung"}, parameters=own,
        days=5.0,
    )  # fmt: skip
    setting, course = plan_setting(run), plan_course(run, Numerics(step=0.5))
    flows = [
        run_animal(setting, plan_between(run), course, replicate_key(3, number), 20_000).flow[0, 1, 0]
        for number in range(count)
    ]
    expected = run_mean_field(setting, course, 2).flow[0, 1, 0]
    z = (np.mean(flows) - expected) / math.sqrt(max(np.mean(flows), 1.0) / count)
    return np.mean(flows), expected, z


def test_a_filter_in_the_draining_vein_lets_its_share_pass_while_it_is_there():
    free, expected, z = seeds([])
    assert abs(z) < 4.0
    vein = {"filter": "draining vein", "site": "donor", "removes": 0.998, "at": 0}
    held, expected_held, z = seeds([vein])
    assert abs(z) < 4.0
    assert expected_held == pytest.approx(0.002 * expected, rel=1e-2)
    for_a_day, expected_day, z = seeds([vein | {"at": 1, "days": 1, "removes": 1.0}])
    assert abs(z) < 4.0
    assert expected_day == pytest.approx(0.8 * expected, rel=2e-2)
    two, _, _ = seeds([vein | {"removes": 0.5}, vein | {"removes": 0.5}])
    assert two == pytest.approx(0.25 * free, rel=2e-2)


def test_a_peripheral_filter_competes_with_death_in_the_blood():
    """Baumgartner et al. 2024: 82 % fewer need a clearance of 4.56 times the loss; here all loss is on the way."""
    death = 400.0
    k = death / 3600.0
    flow = 4.56 * k * 2.0 * 60.0
    filtered = {"filter": "peripheral vein", "flow": f"{flow} ml/min", "removes": 1, "at": 0}
    experiment = treated([filtered], parameters={"circulation.death_rate": death})
    usual, course = plan_setting(experiment), plan_course(experiment, Numerics())
    own = own_setting(usual, course)
    treat(own, course.therapy, np.ones((1, 1)), np.array([0.0, 0.0]), np.zeros(1), 1.0, 1.0)
    assert own.clearance[0] == pytest.approx(5.56 * k, rel=1e-6)
    free, held = seeds([], death=death)[1], seeds([filtered], death=death)[1]
    assert held < 0.5 * free


@pytest.mark.parametrize("engine", ENGINES)
def test_each_killer_cell_kills_as_many_cells_a_day_as_it_can(engine):
    clones = {"line": exponential(0.0), "killer": {"growth": exponential(0.0), "treatment": {"kills": 4.0}}}
    killers = {"implant": "killer", "site": "donor", "cells": 1e4, "at": 0}
    cells = cells_of(treated([killers], clones=clones), engine)
    assert cells[-1, 0, 1] == 1e4
    expected = 1e6
    for _ in range(10_000):
        expected -= 0.001 * expected * 4.0 * 1e4 / (1e4 + expected)
    assert cells[-1, 0, 0] == pytest.approx(expected, rel=5e-3)
    assert 1e6 - cells[-1, 0, 0] == pytest.approx(4e5, rel=0.03)


@pytest.mark.parametrize("engine", ENGINES)
def test_surgery_waits_until_the_tumour_has_grown(engine):
    """10 mm are 5.2e7 cells, which 10^6 that grow by 0.4 a day are after 9.9 days; surgery follows 2 days later."""
    diameter = 10.0
    grown = math.log(math.pi / 6.0 * diameter**3 * 1e5 / 1e6) / 0.4
    wait = {"resect": "donor", "when": {"site": "donor", "reaches": f"{diameter} mm"}, "at": "2 day"}
    run = treated([wait], clones={"line": exponential(0.4)}, days=20.0, times=np.arange(0.0, 20.5, 0.5))
    setting, course = plan_setting(run), plan_course(run, Numerics(step=0.05))
    if engine == "mean-field":
        outcome = run_mean_field(setting, course, 4)
    else:
        outcome = run_animal(setting, plan_between(run), course, replicate_key(1, 0), 1000)
    assert outcome.happened[1] == pytest.approx(grown + 2.0, abs=0.1)
    assert outcome.record.cells[-1].sum() == 0.0
    never = treated([wait], clones={"line": exponential(0.1)}, days=20.0)
    assert cells_of(never, engine)[-1].sum() > 0.0


def test_a_drug_that_comes_too_late_changes_not_one_bit():
    late = treated([{"give": "siltuximab", "when": {"site": "donor", "reaches": "100 mm"}}], days=10.0)
    assert (cells_of(late, "stochastic") == cells_of(treated([]), "stochastic")).all()


def test_both_engines_see_the_same_treated_animals():
    """Growth with crowding, shedding into the lung, four treatments that start at different times."""
    clones = {"line": {"growth": {"law": "gompertz", "initial_rate": 0.5, "decay": 0.05}}}
    own = ALL_TO_THE_LUNG | {
        "shedding.rate": 2e-4, "shedding.size_exponent": 1.0, "infiltration.crossing_rate": 1.0,
        "infiltration.loss_rate": 1.0, "establishment.lung": 0.0,
    }  # fmt: skip
    procedures = [
        {"give": "marimastat", "at": 3, "doses": 8},
        {"give": "a", "at": 6, "every": 2, "doses": 3},
        {"irradiate": "donor", "dose": 2, "fractions": 3, "at": 8},
        {"resect": "donor", "when": {"site": "donor", "reaches": "8 mm"}, "residual": 0.1},
        {"filter": "draining vein", "site": "donor", "removes": 0.5, "at": 4},
    ]
    sites = {"donor": "mammary_gland", "lung": "lung"}
    run = treated(
        procedures, clones=clones, sites=sites, parameters=own, days=14.0, times=np.arange(15.0),
        drugs={"a": drug("growth", most_kill=2.0, half_life=1.0)},
    )  # fmt: skip

    def z_of_means(experiment, steps=0.1, count=60):
        setting, course = plan_setting(experiment), plan_course(experiment, Numerics(step=steps))
        expected = run_mean_field(plan_setting(run), plan_course(run, Numerics(step=0.1)), 4)
        outcomes = [
            run_animal(setting, plan_between(experiment), course, replicate_key(5, number), 1000)
            for number in range(count)
        ]
        seen = np.array([[*one.record.cells[[5, 7, 9, 14], 0, 0], one.flow[0, 1, 1]] for one in outcomes])
        wanted = np.array([*expected.record.cells[[5, 7, 9, 14], 0, 0], expected.flow[0, 1, 1]])
        spread = np.maximum(seen.std(axis=0, ddof=1) / math.sqrt(count), 1e-3 * wanted)
        return np.abs((seen.mean(axis=0) - wanted) / spread).max()

    assert z_of_means(run) < 4.0
    other = treated(
        procedures, clones=clones, sites=sites, parameters=own, days=14.0, times=np.arange(15.0),
        drugs={"a": drug("growth", most_kill=2.2, half_life=1.0)},
    )  # fmt: skip
    assert z_of_means(other) > 4.0


def test_a_drug_of_ones_own_is_a_part_of_a_scenario():
    given = treated([{"give": "mine", "at": 1}], drugs={"mine": drug("IL6")})
    assert given.procedures[1].given.drug == Drug.model_validate(drug("IL6"))
