"""The law run on formulas is the law: evaluated at numbers, its formulas give what the compiled functions give."""

import math
import re

import numpy as np
import pytest

from selfseed.engine.formula import Formula, traced
from selfseed.kernels import law

UNIT = re.compile(r" (dimensionless|per_day|day)\b")
GENERATOR = np.random.default_rng(7)


def piecewise(*arguments):
    return arguments[0] if arguments[1] else arguments[2]


def value_of(formula, numbers):
    """Return the value of a formula, read as Python."""
    if not isinstance(formula, Formula):
        return formula
    known = {"piecewise": piecewise, "ln": math.log, "exp": math.exp, "pow": pow, "min": min, "max": max}
    known |= {"cos": math.cos, "sin": math.sin}
    return eval(UNIT.sub("", formula.text), known | numbers)


CASES = {
    "growth_rate": [
        (growth, "volume", "rate", "decay", 1070.0, 0.656, "fastest", "relief", 1.2) for growth in range(5)
    ],
    "birth_and_death": [("net", "fastest", 0.3)],
    "shedding_rate": [("rate", "cells", 1e8, 0.4, 4.0), ("rate", "cells", 1e8, 1.0, 4.0)],
    "tumour_flow": [("volume", 6.8e-3, 0.7)],
    "tumour_concentration": [("share", 5.0, 1e8, 26.0, "plasma")],
    "occupancy": [("plasma", 0.6)],
    "arrest_hazard": [(0.02, 0.5, "gain", "contrast", 6.0, "other", synergy) for synergy in (0.0, 0.5, 1.0)],
    "infiltration_probability": [(0.1, 1.0, 0.2, "share", 1.0, "relief", 1.0)],
    "cluster_establishment": [("share", 30.0)],
    "stroma_target": [("cells", "own", "seeded", "came", 0.3)],
    "rhythm": [(0.5, 4.0, "days", 0.0)],
}
PER_DAY = {"rate", "decay", "fastest", "net"}


def numbers():
    drawn = {name: float(np.exp(GENERATOR.normal(0.0, 2.0))) for name in
             ("volume", "cells", "seeded", "own", "came", "plasma", "gain", "relief", "days")}  # fmt: skip
    drawn |= {name: float(GENERATOR.uniform(0.01, 0.9)) for name in ("rate", "decay", "fastest", "share")}
    return drawn | {name: float(GENERATOR.normal(0.0, 0.5)) for name in ("net", "contrast", "other")}


@pytest.mark.parametrize("name", CASES)
def test_a_function_of_the_law_and_its_formula_are_the_same(name):
    compiled = getattr(law, name)
    for arguments in CASES[name]:
        symbols = [Formula(a, day=-1 if a in PER_DAY else 0) if isinstance(a, str) else a for a in arguments]
        formulas = traced(compiled)(*symbols)
        for _ in range(50):
            at = numbers()
            expected = compiled.py_func(*(at[a] if isinstance(a, str) else a for a in arguments))
            found = formulas if isinstance(formulas, tuple) else (formulas,)
            wanted = expected if isinstance(expected, tuple) else (expected,)
            assert [value_of(one, at) for one in found] == pytest.approx(list(wanted), rel=1e-11, abs=1e-14)


def test_units_that_do_not_fit_cannot_be_added():
    with pytest.raises(AssertionError, match="units differ"):
        Formula("rate", day=-1) + Formula("cells")
