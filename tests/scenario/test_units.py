import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selfseed.base.units import to_number, with_unit


@pytest.mark.parametrize(
    ("written", "unit", "number"),
    [
        (2, "day", 2.0),
        ("2", "day", 2.0),
        ("1.5 h", "day", 0.0625),
        ("2 weeks", "day", 14.0),
        ("0.2 /min", "1/h", 12.0),
        ("0.2 min^-1", "1/h", 12.0),
        ("2 mm^3", "mm^3", 2.0),
        ("2 mm3", "mm^3", 2.0),
        ("2 mm³", "mm^3", 2.0),
        ("2 mm**3", "mm^3", 2.0),
        ("1 ml", "mm^3", 1000.0),
        ("10 pM", "nM", 0.01),
        ("5.6 l/min", "ml/min", 5600.0),
        ("1e6 cells", "cells", 1e6),
        ("1e5 cells/mm^3", "1/mm^3", 1e5),
        ("15 %", "1", 0.15),
        (".5", "1", 0.5),
    ],
)
def test_a_number_means_the_same_in_every_unit_of_its_kind(written, unit, number):
    assert to_number(written, unit) == pytest.approx(number, rel=1e-12)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["1", "day", "1/day", "cells", "ng/day"]))
def test_every_number_reads_back_exactly_as_it_was_written(number, unit):
    assert to_number(with_unit(number, unit), unit) == number


@pytest.mark.parametrize(
    "written", ["1e400", "inf", "nan", float("nan"), float("inf"), 10**400, "", "day", None, [], True]
)
def test_what_is_no_finite_number_is_refused(written):
    with pytest.raises(ValueError, match="must be"):
        to_number(written, "day")


@pytest.mark.parametrize(
    "written", ["1 9**9**9**9", "1 m" + "^9" * 50, "1 " + "m" * 1000, "1 day; import os", "1 __x__"]
)
def test_a_unit_that_would_cost_or_run_something_is_refused(written):
    with pytest.raises(ValueError, match="unit|must be"):
        to_number(written, "day")


def test_pint_is_loaded_only_for_a_unit_that_needs_converting():
    code = (
        "import sys; from selfseed.base.units import to_number; to_number('2 day', 'day'); to_number('3 /h', '1/h');"
        "assert 'pint' not in sys.modules; to_number('2 h', 'day'); assert 'pint' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
