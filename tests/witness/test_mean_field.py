"""COPASI and libRoadRunner, given the SBML of a scenario, draw selfseed's curves."""

import pytest
from tests.witness.programs import disagreement

from selfseed import catalog
from selfseed.engine.equations import mean_field_equations
from selfseed.interchange.sbml import errors_in, to_sbml
from selfseed.scenario import Scenario, resolve

pytest.importorskip("libsbml", reason="python-libsbml is not installed: pip install 'selfseed[witness]'")
CLOSE = 1e-5
SMALL = Scenario.from_dict({
    "selfseed": 1, "host": "mouse",
    "clones": {
        "parental": {"label": "none"},
        "LM2": {
            "from": "parental", "label": "GFP", "expression": {"MMP1": 5, "FSCN1": 3, "CXCL1": 8},
            "tropism": {"lung": 10},
        },
    },
    "clone_changes": [{"from": "parental", "to": "LM2", "rate": 1e-5}],
    "sites": {"gland": {"organ": "mammary_gland"}, "lung": {"organ": "lung"}},
    "procedures": [
        {"implant": "parental", "site": "gland", "cells": 1e6, "at": 0},
        {"implant": "LM2", "site": "gland", "cells": 1e5, "at": "4.5 day"},
        {"inject": "LM2", "route": "tail_vein", "cells": 1e5, "at": "9 day"},
        {"resect": "gland", "at": "21 day", "residual": 0.01},
    ],
    "parameters": {"shedding.rhythm": 0.5},
    "measurements": [{"volume": ["gland", "lung"], "every": 2}],
    "duration": 30, "replicates": 1, "numerics": {"cohorts": 2},
})  # fmt: skip


TINY = Scenario.from_dict({
    "selfseed": 1, "host": "mouse", "clones": {"LM2": {}}, "sites": {"gland": {"organ": "mammary_gland"}},
    "procedures": [
        {"implant": "LM2", "site": "gland", "cells": 1e6, "at": 0},
        {"resect": "gland", "at": "12 day", "residual": 0.1},
    ],
    "parameters": {"establishment.new_clump_share": 0},
    "measurements": [{"volume": ["gland"], "every": 2}], "duration": 20, "replicates": 1, "numerics": {"cohorts": 1},
})  # fmt: skip


def test_a_tumour_that_is_cut_grows_alike_in_roadrunner():
    found = disagreement(resolve(TINY)[0], TINY.numerics, "libRoadRunner")
    assert max(found.values()) < CLOSE, found


@pytest.mark.parametrize("program", ["COPASI", pytest.param("libRoadRunner", marks=pytest.mark.slow)])
def test_implants_injections_surgery_changes_and_rhythm_come_out_the_same(program):
    found = disagreement(resolve(SMALL)[0], SMALL.numerics, program)
    assert {"volume_gland", "volume_lung", "label_share_GFP_gland", "ctc_vein"} <= set(found)
    assert max(found.values()) < CLOSE, found


def test_a_growth_rate_one_tenth_too_high_would_be_noticed():
    arm = resolve(SMALL)[0]
    model = to_sbml(mean_field_equations(arm, SMALL.numerics))
    wrong = model.replace('value="0.558"', 'value="0.6138"')
    assert wrong != model
    found = disagreement(arm, SMALL.numerics, "COPASI", model=wrong)
    assert max(found.values()) > 0.01


def test_libsbml_finds_no_error_and_no_unit_that_does_not_fit():
    import libsbml

    document = libsbml.readSBMLFromString(to_sbml(mean_field_equations(resolve(SMALL)[0], SMALL.numerics)))
    assert errors_in(document) == []


def test_a_unit_that_does_not_fit_would_be_noticed():
    import libsbml

    model = to_sbml(mean_field_equations(resolve(SMALL)[0], SMALL.numerics))
    wrong = model.replace('value="0.002" units="per_day"', 'value="0.002" units="dimensionless"')
    assert wrong != model
    assert errors_in(libsbml.readSBMLFromString(wrong))


STUCK = pytest.mark.xfail(strict=True, reason="COPASI's LSODA exceeds its step limit after a complete resection")


def by_cost(name):
    if name == "ctc-kinetics-patients":
        return pytest.param(name, marks=(pytest.mark.slow, STUCK))
    quick = name in {"norton-conglomerate", "scott2013-primary-or-secondary"}
    return pytest.param(name, marks=() if quick else pytest.mark.slow)


@pytest.mark.parametrize("name", [by_cost(name) for name in catalog.names()])
def test_copasi_draws_the_curves_of_every_preset(name):
    scenario = catalog.get(name)
    found = disagreement(resolve(scenario)[0], scenario.numerics, "COPASI")
    assert max(found.values()) < CLOSE, found


ROADRUNNER = (
    "aceto2014-clusters", "ctc-kinetics", "ctc-kinetics-patients", "norton-conglomerate",
    "scott2013-primary-or-secondary", "kim2009-injected-ctcs", "metaspread-one-way",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ROADRUNNER)
def test_roadrunner_draws_the_curves_of_presets_that_it_can_compile_in_minutes(name):
    """Its compiler takes time with the square of the rules; clumps of all times form one cohort here."""
    scenario = catalog.get(name)
    found = disagreement(resolve(scenario)[0], scenario.numerics.model_copy(update={"cohorts": 1}), "libRoadRunner")
    assert max(found.values()) < CLOSE, found
