"""Formulas that are computed with like numbers: the law's own functions, run on them, write themselves down.

A `Formula` is a text in the infix notation of SBML Level 3 with the power of the day in its unit. `traced` runs the
plain Python of a compiled function of the law on formulas; where the function decides by comparing, both ways are
followed and the result is piecewise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, SimpleNamespace
from typing import Any

import numpy as np

Number = int | float
SUM, PRODUCT, POWER, ATOM = range(4)
UNITS = {0: "dimensionless", 1: "day", -1: "per_day"}
LONGEST_TEXT = 240

_shorten: Callable[[Formula], Formula] | None = None
_decide: Callable[[Condition], bool] | None = None


@contextmanager
def shortened(by: Callable[[Formula], Formula]) -> Iterator[None]:
    """Hand every formula that grows long to ``by``, which names it and returns the name."""
    global _shorten
    before, _shorten = _shorten, by
    try:
        yield
    finally:
        _shorten = before


def literal(number: Number, day: int = 0) -> str:
    """Return a number with its unit, as SBML writes it: whole digits, none lost."""
    text = repr(float(number))
    return f"({text} {UNITS[day]})" if number < 0 else f"{text} {UNITS[day]}"


class Formula:
    """A formula, with how strongly its outermost operation binds and the power of the day in its unit."""

    __array_priority__ = 1000.0

    def __init__(self, text: str, binds: int = ATOM, day: int = 0):
        self.text, self.binds, self.day = text, binds, day

    def at_least(self, binds: int) -> str:
        """Return the text, in brackets if it binds more weakly."""
        return self.text if self.binds >= binds else f"({self.text})"

    def __add__(self, other: Formula | Number) -> Formula | Number:
        return (
            self if _is_number(other, 0.0) else _made(f"{self.text} + {_in(other, self.day, PRODUCT)}", SUM, self.day)
        )

    def __radd__(self, other: Number) -> Formula | Number:
        return self if _is_number(other, 0.0) else _made(f"{literal(other, self.day)} + {self.text}", SUM, self.day)

    def __sub__(self, other: Formula | Number) -> Formula | Number:
        return (
            self if _is_number(other, 0.0) else _made(f"{self.text} - {_in(other, self.day, PRODUCT)}", SUM, self.day)
        )

    def __rsub__(self, other: Number) -> Formula | Number:
        return _made(f"{literal(other, self.day)} - {self.at_least(PRODUCT)}", SUM, self.day)

    def __neg__(self) -> Formula:
        return _made(f"-{self.at_least(POWER)}", SUM, self.day)

    def __mul__(self, other: Formula | Number) -> Formula | Number:
        if _is_number(other, 0.0):
            return 0.0
        if _is_number(other, 1.0):
            return self
        return _made(f"{self.at_least(PRODUCT)} * {_in(other, 0, POWER, True)}", PRODUCT, self.day + _day(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Formula | Number) -> Formula | Number:
        if _is_number(other, 1.0):
            return self
        return _made(f"{self.at_least(PRODUCT)} / {_in(other, 0, POWER, True)}", PRODUCT, self.day - _day(other))

    def __rtruediv__(self, other: Number) -> Formula | Number:
        if _is_number(other, 0.0):
            return 0.0
        return _made(f"{literal(other)} / {self.at_least(POWER)}", PRODUCT, -self.day)

    def __pow__(self, other: Formula | Number) -> Formula | Number:
        if _is_number(other, 0.0):
            return 1.0
        if _is_number(other, 1.0):
            return self
        return _call("pow", self, other)

    def __rpow__(self, other: Number) -> Formula | Number:
        return _call("pow", other, self)

    def __lt__(self, other: Any) -> Condition:
        return Condition(self, "<", other)

    def __le__(self, other: Any) -> Condition:
        return Condition(self, "<=", other)

    def __gt__(self, other: Any) -> Condition:
        return Condition(self, ">", other)

    def __ge__(self, other: Any) -> Condition:
        return Condition(self, ">=", other)

    def __repr__(self) -> str:
        return self.text


class Condition:
    """A comparison; asked for its truth, it asks whoever traces."""

    def __init__(self, left: Formula, sign: str, right: Formula | Number):
        self.text = f"{left.at_least(PRODUCT)} {sign} {_in(right, left.day, PRODUCT)}"

    def __bool__(self) -> bool:
        if _decide is None:
            raise TypeError(f"a formula cannot be compared here: {self.text}")
        return _decide(self)


def piecewise(condition: Condition, if_so: Any, else_: Any) -> Any:
    """Return what is ``if_so`` where the condition holds, and ``else_`` elsewhere."""
    if isinstance(if_so, tuple):
        return tuple(piecewise(condition, a, b) for a, b in zip(if_so, else_, strict=True))
    if _text(if_so) == _text(else_):
        return if_so
    day = if_so.day if isinstance(if_so, Formula) else _day(else_)
    return _made(f"piecewise({_in(if_so, day)}, {condition.text}, {_in(else_, day)})", ATOM, day)


def _in(value: Any, day: int, binds: int = SUM, own: bool = False) -> str:
    """Return the text of a value that stands where the unit has this power of the day; ``own``: whatever its unit."""
    if isinstance(value, Formula):
        assert own or value.day == day, f"units differ: {value.text}"
        return value.at_least(binds)
    return literal(float(value), day)


def _text(value: Any) -> str:
    return value.text if isinstance(value, Formula) else repr(float(value))


def _day(value: Any) -> int:
    return value.day if isinstance(value, Formula) else 0


def _is_number(value: Any, number: float) -> bool:
    return not isinstance(value, Formula) and value == number


def _made(text: str, binds: int, day: int) -> Formula:
    formula = Formula(text, binds, day)
    return _shorten(formula) if _shorten is not None and len(text) > LONGEST_TEXT else formula


def _call(name: str, *arguments: Any) -> Formula:
    return _made(f"{name}({', '.join(_in(argument, 0) for argument in arguments)})", ATOM, 0)


def _function(name: str, number: Callable[[float], float]) -> Callable[[Any], Any]:
    return lambda value: _call(name, value) if isinstance(value, Formula) else number(value)


def _expm1(value: Any) -> Any:
    return _call("exp", value) - 1.0 if isinstance(value, Formula) else math.expm1(value)


def _log1p(value: Any) -> Any:
    return _call("ln", 1.0 + value) if isinstance(value, Formula) else math.log1p(value)


def least(first: Any, second: Any) -> Any:
    """Return the smaller of two values."""
    return _extreme("min", min, first, second)


def most(first: Any, second: Any) -> Any:
    """Return the larger of two values."""
    return _extreme("max", max, first, second)


def _extreme(name: str, number: Callable[[float, float], float], first: Any, second: Any) -> Any:
    if not isinstance(first, Formula) and not isinstance(second, Formula):
        return number(first, second)
    day = first.day if isinstance(first, Formula) else _day(second)
    return _made(f"{name}({_in(first, day)}, {_in(second, day)})", ATOM, day)


MATH = SimpleNamespace(
    exp=_function("exp", math.exp), log=_function("ln", math.log), sin=_function("sin", math.sin),
    cos=_function("cos", math.cos), expm1=_expm1, log1p=_log1p, pi=math.pi,
)  # fmt: skip


def traced(compiled: Any, *, assume: bool | None = None) -> Callable[..., Any]:
    """Return a function of the law that takes formulas where it takes numbers.

    Parameters
    ----------
    compiled : numba dispatcher
        Its plain Python is run, and that of what it calls.
    assume : bool, optional
        What every comparison of formulas is taken to be; if absent both ways are followed.
    """
    plain = _rebound(compiled)

    def follow(*arguments: Any) -> Any:
        return _follow(plain, arguments, []) if assume is None else _with(lambda condition: assume, plain, arguments)

    return follow


def _rebound(compiled: Any) -> FunctionType:
    """Return the plain Python of a compiled function, whose mathematics is that of formulas."""
    plain = compiled.py_func
    names = {name: plain.__globals__[name] for name in plain.__code__.co_names if name in plain.__globals__}
    inner = {name: _rebound(value) for name, value in names.items() if hasattr(value, "py_func")}
    arrays = SimpleNamespace(empty=_empty, zeros=_empty)
    return FunctionType(
        plain.__code__,
        {**names, **inner, "math": MATH, "np": arrays, "min": least, "max": most, "range": range, "abs": abs},
        plain.__name__,
        plain.__defaults__,
    )


def _empty(shape: Any) -> np.ndarray:
    return np.full(shape, 0.0, dtype=object)


def _with(decide: Callable[[Condition], bool], plain: Callable[..., Any], arguments: tuple) -> Any:
    global _decide
    before, _decide = _decide, decide
    try:
        return plain(*arguments)
    finally:
        _decide = before


def _follow(plain: Callable[..., Any], arguments: tuple, path: list[bool]) -> Any:
    """Return the result of ``plain`` for the decisions in ``path``, and piecewise for all that come after."""
    asked: list[Condition] = []

    def decide(condition: Condition) -> bool:
        asked.append(condition)
        return path[len(asked) - 1] if len(asked) <= len(path) else True

    result = _with(decide, plain, arguments)
    for number in range(len(asked) - 1, len(path) - 1, -1):
        taken = path + [True] * (number - len(path))
        result = piecewise(asked[number], result, _follow(plain, arguments, [*taken, False]))
    return result
