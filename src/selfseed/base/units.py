"""Numbers with units: "0.5 /day", "2 mm^3", "1.5 h" become bare numbers in the unit that the law uses.

pint is loaded only when a unit differs from the expected one, and only once.
"""

import math
import re
from functools import lru_cache
from typing import Any

from selfseed.base.errors import nearest

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*((?:1\s*)?[A-Za-zµμ%/].*?)?\s*")
_ATOM = r"(?:1|%|[A-Za-zµμ]+(?:\^?-?[1-9])?)"
_UNIT = re.compile(rf"(?:/\s*)?{_ATOM}(?:(?:\s*[*/]\s*|\s+){_ATOM})*")
_LONGEST_TEXT = 100
_TIMES = ("day", "days", "hour", "hours", "min", "week", "weeks", "year", "years")
_COMMON_UNITS = (*_TIMES, "mm^3", "cm^3", "ml", "um", "mm", "cells", "ng", "pg", "nM", "pM")


def to_number(value: object, unit: str) -> float:
    """Read a number, or a text such as "1.5 h", as a bare number in ``unit``.

    Parameters
    ----------
    value : int, float or str
        A bare number is taken to be in ``unit`` already.
    unit : str
        The unit that is wanted; "1" for a pure number, "cells" for a count.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        With what is allowed, when the value is no finite number, its unit is unknown or measures something else.

    Examples
    --------
    >>> to_number("36 h", "day")
    1.5
    >>> to_number("1e6 cells", "cells")
    1000000.0
    """
    number, given_unit = _split(value, unit)
    if given_unit:
        number *= _factor(given_unit, unit)
    if not math.isfinite(number):
        raise ValueError("must be a finite number")
    return number


def with_unit(value: float, unit: str) -> str:
    """Write ``value`` so that `to_number` reads exactly the same number again.

    Examples
    --------
    >>> with_unit(0.5, "1/day"), with_unit(1e6, "cells"), with_unit(3.0, "1")
    ('0.5 /day', '1e6 cells', '3')
    """
    return f"{number_text(value)} {unit_text(unit)}".rstrip()


def unit_text(unit: str) -> str:
    """Return ``unit`` as it stands behind a number: "/day" for "1/day", nothing for a pure number."""
    return "" if unit == "1" else unit.removeprefix("1")


def number_text(value: float) -> str:
    """Return the shortest text that reads back as exactly ``value``.

    Examples
    --------
    >>> number_text(1e6), number_text(60.0), number_text(1e-07)
    ('1e6', '60', '1e-7')
    """
    text = repr(float(value)).removesuffix(".0")
    mantissa, _, exponent = text.partition("e")
    if exponent:
        return f"{mantissa}e{int(exponent)}"
    digits = text.rstrip("0")
    zeros = len(text) - len(digits)
    return f"{digits}e{zeros}" if zeros >= 5 and "." not in text else text


def _split(value: object, unit: str) -> tuple[float, str]:
    if isinstance(value, bool):
        raise ValueError(f"must be {_example(unit)}, not true or false")
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value) if len(value) <= _LONGEST_TEXT else None
        if match is None:
            comma = re.match(r"[-+]?\d{1,20},\d", value)
            raise ValueError("must have a decimal point, not a comma" if comma else f"must be {_example(unit)}")
        return float(match[1]), match[2] or ""
    try:
        return float(value), ""  # type: ignore[arg-type]
    except OverflowError:
        raise ValueError("must be a finite number") from None
    except (TypeError, ValueError):
        raise ValueError(f"must be {_example(unit)}") from None


def _example(unit: str) -> str:
    return "a number" if unit == "1" else f"a number, like '{with_unit(2, unit)}'"


def _wanted(unit: str) -> str:
    return "a pure number" if unit == "1" else f"in {unit_text(unit)} or a unit that converts to it"


@lru_cache(maxsize=1024)
def _factor(given: str, unit: str) -> float:
    """Return how many ``unit`` one ``given`` is."""
    given = _canonical(given)
    if given == _canonical(unit):
        return 1.0
    if not _UNIT.fullmatch(given):
        raise ValueError(_unknown(given, unit))
    import pint

    registry = _registry()
    try:
        parsed = registry.parse_units(given)
    except (pint.PintError, ValueError):
        raise ValueError(_unknown(given, unit)) from None
    try:
        return float(registry.Quantity(1.0, parsed).to(registry.parse_units(_canonical(unit))).magnitude)
    except pint.PintError:
        raise ValueError(f"wrong kind of unit; must be {_wanted(unit)}") from None


def _unknown(given: str, unit: str) -> str:
    close = nearest(given, _COMMON_UNITS)
    advice = f"did you mean '{close}'?" if close else f"must be {_wanted(unit)}"
    return f"unknown unit '{given if len(given) <= 20 else given[:19] + '…'}'; {advice}"


def _canonical(unit: str) -> str:
    """Spell mm3, mm³ and mm**3 as mm^3, and /day as 1/day."""
    unit = unit.strip().replace("²", "^2").replace("³", "^3").replace("**", "^")
    unit = re.sub(r"([A-Za-zµμ])(-?[1-9])", r"\1^\2", unit)
    return f"1{unit}" if unit.startswith("/") else unit


@lru_cache(maxsize=1)
def _registry() -> Any:
    from pint import UnitRegistry

    registry: Any = UnitRegistry()
    registry.define("cell = count")
    return registry
