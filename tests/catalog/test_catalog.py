"""Each preset stands on its sources; one set of cell lines and one table of parameters serve them all."""

import pytest
import yaml

from selfseed import catalog
from selfseed.processes import PARAMETERS
from selfseed.scenario import resolve, resolve_measurements
from selfseed.scenario.switches import SWITCHES

PRESETS = pytest.mark.parametrize("name", catalog.names())
ASKED_FOR = {
    "kim2009-two-gland", "kim2009-attractants", "kim2009-infiltration", "kim2009-cxcl1", "kim2009-injected-ctcs",
    "kim2009-recurrence", "kim2009-colon", "kim2009-melanoma", "lung-bone-brain", "osteosarcoma-il6-il8",
    "ctc-kinetics", "aceto2014-clusters", "scott2013-primary-or-secondary", "norton-conglomerate", "newton-sites",
    "coumans2013", "metaspread-one-way",
}  # fmt: skip
ALIKE = "flow alone"
"""The one counterfactual in which a value is made up: the soil of all organs alike."""


def private_biology(name, document):
    """Return what a preset states that neither its cell lines nor the table of parameters know."""
    shared = {line: yaml.safe_load(block)[line] or {} for line, block in catalog.lines(catalog.cancer_of(name)).items()}
    found = [clone for clone, stated in document["clones"].items() if (stated or {}) != shared.get(clone)]
    found += list(document.get("parameters", {})) + list(document.get("clone_changes", []))
    for arm, changes in document["arms"].items():
        for parameter, value in changes.get("parameters", {}).items():
            number = float(str(value).split()[0])
            if number not in known_values(parameter, document["host"]) and not (
                arm == ALIKE and len(set(changes["parameters"].values())) == 1
            ):
                found.append(f"{arm}: {parameter}")
    return found


def known_values(parameter, host):
    """Return the values that the table, its alternatives and the switches give a parameter."""
    entry = PARAMETERS[parameter]
    switched = {switch.parameters[parameter] for switch in SWITCHES.values() if parameter in switch.parameters}
    return {entry.default(host), *(value for value, _ in entry.alternatives), *switched}


def document_of(name):
    return yaml.safe_load(catalog.text(name))


def test_the_published_experiments_are_there():
    assert set(catalog.names()) >= ASKED_FOR


@PRESETS
def test_a_preset_has_a_title_sources_and_a_question(name):
    scenario = catalog.get(name)
    assert scenario.title and scenario.description and scenario.references
    assert catalog.text(name).startswith("# ") and "?" in catalog.text(name).splitlines()[0]
    assert scenario.seed is not None


@PRESETS
def test_a_preset_resolves_and_measures_something(name):
    scenario = catalog.get(name)
    assert all(arm.procedures or arm.name.startswith("no ") for arm in resolve(scenario))
    assert resolve_measurements(scenario)


@PRESETS
def test_a_preset_carries_no_biology_of_its_own(name):
    assert private_biology(name, document_of(name)) == []


def test_biology_of_its_own_would_be_noticed():
    document = document_of("ctc-kinetics")
    document["clones"]["LM2"]["expression"]["MMP1"] = 5.5
    document["parameters"] = {"establishment.home": 1e-4}
    document["arms"]["high shedding"]["parameters"] = {"shedding.rate": "3.1e-2 /day"}
    assert private_biology("ctc-kinetics", document) == ["LM2", "establishment.home", "high shedding: shedding.rate"]


def test_cell_lines_of_a_host_and_cancer_are_the_same_wherever_they_are_used():
    seen = {}
    for name in catalog.names():
        for clone, stated in catalog.get(name).clones.items():
            assert seen.setdefault((catalog.cancer_of(name), clone), stated) == stated


def test_every_cell_line_is_used():
    used = {(catalog.cancer_of(name), clone) for name in catalog.names() for clone in catalog.get(name).clones}
    folders = {catalog.cancer_of(name) for name in catalog.names()}
    assert used == {(cancer, line) for cancer in folders for line in catalog.lines(cancer)}


def test_the_host_is_that_of_the_cell_lines():
    assert all(catalog.get(name).host == catalog.cancer_of(name).split("-")[0] for name in catalog.names())
