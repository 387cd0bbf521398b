"""Measured tumour volumes beside the simulated ones: read them with care, count how many lie within the band."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from selfseed.base.errors import Problem, ScenarioError, nearest

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

COLUMNS = ("ID", "Time", "Observation")
_MOST_BYTES, _MOST_ROWS, _MOST_PROBLEMS = 10_000_000, 100_000, 20
_HIGHEST = {"Time": 50 * 365.25, "Observation": 1e9}
_UNITS = {"Time": "days", "Observation": "mm³"}


def read_volumes(path: Path) -> pd.DataFrame:
    """Read a table of measured volumes: tab-separated, with columns ID, Time (days) and Observation (mm³).

    Returns
    -------
    pandas.DataFrame
        Columns ID (text), Time [day] and Observation [mm³], in the order of the file.

    Raises
    ------
    ScenarioError
        With every problem of the file and its line.
    """
    import pandas as pd

    lines = _lines(path)
    header = [name.strip() for name in lines[0].split("\t")]
    _refuse(path, _problems_of_header(header))
    places = [header.index(name) for name in COLUMNS]
    rows: list[tuple[str, float, float]] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines[1:], start=2):
        if line.strip():
            rows.append(_row(line.split("\t"), places, f"line {number}", problems))
        if len(problems) >= _MOST_PROBLEMS:
            break
    if not rows:
        problems.append(Problem("the file", "no observations", "give one line per measured volume"))
    _refuse(path, problems)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def share_within(
    time_day: np.ndarray, volume: np.ndarray, grid_day: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[int, int]:
    """Count the observations inside a band, and those made while the band is known.

    Parameters
    ----------
    time_day, volume : array, shape (observations,) [day], [mm³]
    grid_day, low, high : array, shape (times,) [day], [mm³], [mm³]
        The band; between its times it is taken to be straight.

    Returns
    -------
    within, counted : int
    """
    import numpy as np

    known = (time_day >= grid_day[0]) & (time_day <= grid_day[-1])
    above = volume >= np.interp(time_day, grid_day, low)
    below = volume <= np.interp(time_day, grid_day, high)
    return int((known & above & below).sum()), int(known.sum())


def _lines(path: Path) -> list[str]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            _refuse(path, [Problem("the file", "more than 10 MB", "give measured volumes only")])
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        _refuse(path, [Problem("the file", str(error.strerror), "name a file that can be read")])
    except UnicodeDecodeError:
        _refuse(path, [Problem("the file", "is no UTF-8 text", "save the table as tab-separated text")])
    if not lines:
        _refuse(path, [Problem("the file", "is empty", f"begin it with the columns {', '.join(COLUMNS)}")])
    if len(lines) > _MOST_ROWS:
        _refuse(path, [Problem("the file", f"{len(lines)} lines", f"at most {_MOST_ROWS}")])
    return lines


def _problems_of_header(header: list[str]) -> list[Problem]:
    missing = [name for name in COLUMNS if name not in header]
    if len(missing) == len(COLUMNS):
        remedy = f"must be {', '.join(COLUMNS)}, separated by tabs"
        return [Problem("line 1", f"columns {_short(', '.join(header))}", remedy)]
    return [Problem("line 1", f"no column '{name}'", _advice(name, header)) for name in missing]


def _advice(name: str, header: list[str]) -> str:
    close = nearest(name, [other for other in header if other not in COLUMNS])
    return f"rename '{_short(close)}'?" if close else f"must have {', '.join(COLUMNS)}, separated by tabs"


def _row(fields: list[str], places: list[int], where: str, problems: list[Problem]) -> tuple[str, float, float]:
    if len(fields) <= max(places):
        problems.append(Problem(where, f"{len(fields)} fields", "must have as many as the first line has columns"))
        return "", math.nan, math.nan
    animal, *texts = (fields[place].strip() for place in places)
    time_day, volume = (_number(text, name, where, problems) for text, name in zip(texts, COLUMNS[1:], strict=True))
    return animal, time_day, volume


def _number(text: str, name: str, where: str, problems: list[Problem]) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= _HIGHEST[name]:
        remedy = f"must be a number of {_UNITS[name]} from 0 to {_HIGHEST[name]:g}"
        problems.append(Problem(where, f"{name} = {_short(text) or 'nothing'}", remedy))
    return number


def _refuse(path: Path, problems: list[Problem]) -> None:
    if problems:
        raise ScenarioError(path.name, problems)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
