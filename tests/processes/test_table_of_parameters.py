"""The one table of parameters: every number in its range, in a unit, from a source, used by an equation that exists."""

import re
from importlib import import_module

import pytest
from numba.core.dispatcher import Dispatcher

from selfseed.base.units import to_number
from selfseed.processes import GENE_ALIASES, GENES, GROWTH_LAWS, ORGANS, PARAMETERS, PROCESSES

DOI = re.compile(r"10\.\d{4,9}/[^\s]+")
CONFIDENCE = {"read", "quoted", "memory", "derived", "assumed"}
ALL = pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda parameter: parameter.name)


@ALL
@pytest.mark.parametrize("host", ["mouse", "human"])
def test_a_default_lies_in_its_range_in_both_hosts(parameter, host):
    assert parameter.low <= parameter.default(host) <= parameter.high
    assert parameter.low < parameter.high


@ALL
def test_a_unit_is_one_that_a_scenario_can_be_written_in(parameter):
    text = "2" if parameter.unit == "1" else f"2 {parameter.unit.removeprefix('1')}"
    assert to_number(text, parameter.unit) == 2.0


@ALL
def test_alternatives_lie_in_the_range_and_say_where_they_come_from(parameter):
    for value, source in parameter.alternatives:
        assert parameter.low <= value <= parameter.high
        assert source


@ALL
def test_a_source_is_named_and_a_doi_looks_like_one(parameter):
    assert parameter.source.strip()
    assert parameter.meaning.strip()
    assert not parameter.doi or DOI.fullmatch(parameter.doi)
    assert parameter.confidence in CONFIDENCE
    assert parameter.scope in ("host", "clone")
    if parameter.confidence == "read":
        assert parameter.doi, "who has read a number can say where"


def test_a_broken_doi_would_be_noticed():
    for wrong in ("doi:10.1016/j.cell.2009.11.025", "10.1016", "10.1016/j.cell 2009", "https://doi.org/10.1016/x"):
        assert not DOI.fullmatch(wrong)


def test_no_name_stands_twice_and_each_says_its_group_first():
    names = [parameter.name for process in PROCESSES for parameter in process.parameters]
    assert len(names) == len(set(names)) == len(PARAMETERS)
    assert all(re.fullmatch(r"[a-z]+\.[a-z][a-z0-9_]*", name) for name in names)


def test_each_step_of_the_law_stands_once_with_its_effect_in_a_sentence():
    steps = [process.step for process in PROCESSES]
    assert steps == sorted(set(steps))
    assert set(range(1, 10)) <= set(steps)
    assert all(process.effect.endswith(".") and process.effect[0].isupper() for process in PROCESSES)


@pytest.mark.parametrize("equation", [name for process in PROCESSES for name in process.equations])
def test_an_equation_that_a_process_names_exists_and_is_compiled(equation):
    module, name = equation.split(".")
    kernel = getattr(import_module(f"selfseed.kernels.{module}"), name)
    assert isinstance(kernel, Dispatcher)
    assert kernel.__doc__


def test_an_equation_that_does_not_exist_would_be_noticed():
    assert not hasattr(import_module("selfseed.kernels.law"), "arrest_hazzard")
    assert not isinstance(len, Dispatcher)


def test_every_organ_can_be_reached_by_blood_and_has_a_chance_of_establishment():
    for organ in ORGANS:
        assert f"establishment.{organ}" in PARAMETERS
        assert organ == "lung" or PARAMETERS[f"flow.{organ}"].mouse > 0.0


@pytest.mark.parametrize("host", ["mouse", "human"])
def test_organs_get_no_more_blood_than_there_is(host):
    assert sum(PARAMETERS[f"flow.{organ}"].default(host) for organ in ORGANS if organ != "lung") <= 1.0


def test_the_words_of_the_law_have_one_meaning_each():
    assert set(GENE_ALIASES.values()) <= set(GENES)
    assert not set(GENE_ALIASES) & set(GENES)
    kernels = import_module("selfseed.kernels.law")
    codes = (kernels.EXPONENTIAL, kernels.LOGISTIC, kernels.GOMPERTZ, kernels.POWER_LAW, kernels.VON_BERTALANFFY)
    assert codes == tuple(range(len(GROWTH_LAWS)))
    assert GROWTH_LAWS == ("exponential", "logistic", "gompertz", "power_law", "von_bertalanffy")


def test_every_doi_of_the_table_and_of_the_catalogue_stands_in_the_bibliography():
    from selfseed import catalog
    from selfseed.doors.papers import bibliography

    named = {parameter.doi for parameter in PARAMETERS.values() if parameter.doi}
    named |= {doi for name in catalog.names() for doi in catalog.get(name).references}
    assert named - bibliography().keys() == set()
