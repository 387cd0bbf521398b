"""The one table of parameters: every number in its range, every unit a unit, every equation there."""

import importlib

import pytest

from selfseed.base.units import to_number
from selfseed.processes import GENES, ORGANS, PARAMETERS, PROCESSES

PARAMETER = pytest.mark.parametrize("parameter", PARAMETERS.values(), ids=lambda parameter: parameter.name)


@PARAMETER
def test_every_default_lies_in_its_range(parameter):
    for host in ("mouse", "human"):
        assert parameter.low <= parameter.default(host) <= parameter.high
    for value, source in parameter.alternatives:
        assert parameter.low <= value <= parameter.high and source


@PARAMETER
def test_every_unit_is_understood(parameter):
    if parameter.unit != "1":
        assert to_number(f"2 {parameter.unit}", parameter.unit) == pytest.approx(2.0)


@PARAMETER
def test_every_number_says_where_it_comes_from(parameter):
    assert parameter.meaning and parameter.source
    assert not parameter.doi or parameter.doi.startswith("10.")
    assert not (parameter.confidence == "read" and not parameter.doi)


def test_no_name_is_used_twice():
    names = [parameter.name for process in PROCESSES for parameter in process.parameters]
    assert len(names) == len(set(names)) == len(PARAMETERS)


def test_every_organ_has_a_chance_of_establishment_and_a_flow():
    for organ in ORGANS:
        assert f"establishment.{organ}" in PARAMETERS
        assert organ == "lung" or f"flow.{organ}" in PARAMETERS


@pytest.mark.parametrize("host", ("mouse", "human"))
def test_organs_do_not_take_more_blood_than_the_heart_gives(host):
    assert sum(entry.default(host) for name, entry in PARAMETERS.items() if name.startswith("flow.")) < 1.0


@pytest.mark.parametrize("equation", [equation for process in PROCESSES for equation in process.equations])
def test_the_equation_of_every_step_is_there_and_compiled(equation):
    module, function = equation.split(".")
    assert hasattr(getattr(importlib.import_module(f"selfseed.kernels.{module}"), function), "py_func")


def test_the_genes_stand_in_the_order_that_the_loops_expect():
    from selfseed.kernels import body

    assert [getattr(body, gene) for gene in GENES] == list(range(len(GENES)))
