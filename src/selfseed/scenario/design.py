"""Which values a sweep takes: a grid, a Latin hypercube, a Sobol sequence, or a table."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selfseed.base.errors import Problem, ScenarioError

DESIGNS = ("grid", "latin-hypercube", "sobol")
MOST_POINTS = 1_000_000
FORM = "give NAME=1,3,10 or NAME=LOW:HIGH or NAME=LOW:HIGH:COUNT, each with :log for equal ratios"


@dataclass(frozen=True)
class Varied:
    """State what one field of a scenario may be: a list of values, or all between two limits.

    Attributes
    ----------
    path : str
        As `selfseed.scenario.vary` takes it.
    values : tuple
        Empty where there are limits.
    low, high : float
        In the unit of the field.
    count : int
        Values that a grid takes between the limits; 0 where none are said.
    is_log : bool
        Whether ratios are equal, in contrast to differences.
    """

    path: str
    values: tuple[Any, ...] = ()
    low: float = math.nan
    high: float = math.nan
    count: int = 0
    is_log: bool = False

    def at(self, share: float) -> Any:
        """Return the value at a share from 0 to 1 of the way."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.is_log:
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share

    def all(self) -> tuple[Any, ...]:
        """Return the values that a grid takes."""
        if self.values:
            return self.values
        return tuple(self.at(number / max(self.count - 1, 1)) for number in range(self.count))


def read_varied(texts: Sequence[str]) -> tuple[Varied, ...]:
    """Return what texts such as ``shedding.rate=1e-7:1e-5:5:log`` or ``procedures.0.cells=1e5,1e6`` say.

    Raises
    ------
    ScenarioError
        With every text that says nothing.

    Examples
    --------
    >>> [f"{value:.0e}" for value in read_varied(["shedding.rate=1e-7:1e-5:3:log"])[0].all()]
    ['1e-07', '1e-06', '1e-05']
    """
    problems: list[Problem] = []
    found: list[Varied] = []
    for text in texts:
        path, sign, wanted = text.partition("=")
        path, wanted = path.strip(), wanted.strip()
        if not sign or not path or not wanted:
            problems.append(Problem("--vary", repr(text), FORM))
        elif path in {varied.path for varied in found}:
            problems.append(Problem("--vary", repr(path), "is varied twice; keep one"))
        elif ":" in wanted:
            found += _range(path, wanted, problems)
        else:
            values = tuple(_value(one.strip()) for one in wanted.split(",") if one.strip())
            found.append(Varied(path, values))
    if problems:
        raise ScenarioError("the command", problems)
    return tuple(found)


def _range(path: str, wanted: str, problems: list[Problem]) -> list[Varied]:
    *limits, last = [part.strip() for part in wanted.split(":")]
    is_log = last == "log"
    parts = limits if is_log else [*limits, last]
    try:
        low, high = float(parts[0]), float(parts[1])
        count = int(parts[2]) if len(parts) > 2 else 0
    except (ValueError, IndexError):
        problems.append(Problem("--vary", f"{path}={wanted}", FORM))
        return []
    if not low < high or not math.isfinite(high - low) or (is_log and low <= 0.0) or (len(parts) > 2 and count < 2):
        remedy = "the limits must rise" + (", above 0 for :log" if is_log else "") + ", and a count be at least 2"
        problems.append(Problem("--vary", f"{path}={wanted}", remedy))
        return []
    return [Varied(path, low=low, high=high, count=count, is_log=is_log)]


def _value(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def make_points(varied: Sequence[Varied], design: str, count: int, seed: int) -> list[dict[str, Any]]:
    """Return the points of a sweep, each a mapping of path to value.

    Parameters
    ----------
    varied : sequence of Varied
    design : {"grid", "latin-hypercube", "sobol"}
        A grid takes all combinations; the others ``count`` points that fill the space evenly.
    count : int
    seed : int
        Of the two designs that are drawn.

    Raises
    ------
    ScenarioError
        When a grid is not told how many values to take, or there would be too many points.

    References
    ----------
    McKay, Beckman & Conover (1979), https://doi.org/10.2307/1268522; Sobol' (1967),
    https://doi.org/10.1016/0041-5553(67)90144-9

    Examples
    --------
    >>> make_points(read_varied(["duration=30,60", "seed=1,2"]), "grid", 0, 0)[1]
    {'duration': 30.0, 'seed': 2.0}
    """
    names = [one.path for one in varied]
    if design == "grid":
        untold = [
            Problem("--vary", one.path, "a grid needs a count: LOW:HIGH:COUNT") for one in varied if not one.all()
        ]
        if untold:
            raise ScenarioError("the command", untold)
        _refuse_too_many(math.prod(len(one.all()) for one in varied))
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*(one.all() for one in varied))]
    _refuse_too_many(count)
    from scipy.stats import qmc

    sampler = (qmc.Sobol if design == "sobol" else qmc.LatinHypercube)(len(varied), rng=seed)
    shares = sampler.random(count)
    return [{one.path: one.at(float(share)) for one, share in zip(varied, row, strict=True)} for row in shares]


def points_of_table(columns: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]) -> list[dict[str, Any]]:
    """Return the points that a table holds, one in each row: its columns are paths, an empty cell leaves a field be."""
    _refuse_too_many(len(rows))
    return [
        {path: _value(cell) for path, cell in zip(columns, cells, strict=True) if cell and path != "point"}
        for _, cells in rows
    ]


def _refuse_too_many(count: int) -> None:
    if count > MOST_POINTS:
        remedy = f"at most {MOST_POINTS:,} points are taken; take fewer values"
        raise ScenarioError("the command", [Problem("--vary", f"{count:,} points", remedy)])


def describe(point: Mapping[str, Any]) -> str:
    """Return a point in words."""
    return ", ".join(
        f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}" for name, value in point.items()
    )
