"""What is asked: a scenario is read, checked, explained and resolved into the numbers that engines compute with."""

from selfseed.scenario.check import check
from selfseed.scenario.explain import explain
from selfseed.scenario.model import Scenario
from selfseed.scenario.read import from_dict, read
from selfseed.scenario.resolve import (
    ResolvedArm,
    ResolvedClone,
    ResolvedMeasurement,
    ResolvedProcedure,
    counterfactual,
    resolve,
    resolve_measurements,
)
from selfseed.scenario.schema import json_schema
from selfseed.scenario.switches import SWITCHES, Switch
from selfseed.scenario.write import to_yaml

__all__ = [
    "SWITCHES",
    "ResolvedArm",
    "ResolvedClone",
    "ResolvedMeasurement",
    "ResolvedProcedure",
    "Scenario",
    "Switch",
    "check",
    "counterfactual",
    "explain",
    "from_dict",
    "json_schema",
    "read",
    "resolve",
    "resolve_measurements",
    "to_yaml",
]
