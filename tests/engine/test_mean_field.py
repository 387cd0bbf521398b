"""The mean field of one arm."""

from selfseed.engine import simulate
from selfseed.scenario import Scenario


def test_surgery_bears_clumps_that_the_solver_left_a_little_below_zero():
    scenario = Scenario.from_dict({
        "selfseed": 1, "host": "human", "duration": 20, "replicates": 1,
        "clones": {"fast": {"growth": {"law": "exponential", "initial_rate": 1}, "shedding": {"rate": 10}}},
        "sites": {"lung": {"organ": "lung"}},
        "procedures": [
            {"implant": "fast", "site": "lung", "cells": 1000}, {"resect": "lung", "at": 10, "residual": 1},
        ],
        "measurements": [{"volume": ["lung"], "at": 20}],
    })  # fmt: skip
    assert float(simulate(scenario, engine="mean-field").arrays["volume"].min()) >= 0.0
