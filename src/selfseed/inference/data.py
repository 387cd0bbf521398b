"""What was measured, as columns: which animal, which arm, where, when, what, and how much."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from selfseed.base.units import to_number
from selfseed.inference.noise import OBSERVABLES, Noise
from selfseed.inference.petab_table import DataFile, PetabReader, check_columns
from selfseed.interchange import petab
from selfseed.interchange.mistakes import Mistakes, quoted, suggestion
from selfseed.interchange.table import Table, parse
from selfseed.interchange.text import read_text
from selfseed.scenario import Scenario

COLUMNS = ("animal", "arm", "site", "day", "observable", "value", "unit", "censored")
NEEDED = ("day", "observable", "value", "unit")
CENSORED = ("", "left", "right")
DRAWS = ("vein", "artery")
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Data:
    """Hold measurements, one per row.

    Attributes
    ----------
    animal, arm, site, observable : str[n]
        The site is a vessel for circulating cells.
    day : float[n] [day]
    value : float[n]
        In the unit of its observable: mm^3, cells, or day; a bare number for shares and counts.
    censored : str[n]
        "left" where only an upper limit is known, "right" where only a lower one, else "".
    """

    animal: np.ndarray
    arm: np.ndarray
    site: np.ndarray
    day: np.ndarray
    observable: np.ndarray
    value: np.ndarray
    censored: np.ndarray

    def __len__(self) -> int:
        return len(self.value)


def read_data(
    files: Sequence[DataFile],
    scenario: Scenario,
    noise: Mapping[str, Noise] | None = None,
    learnt: Collection[str] = (),
) -> Data:
    """Read tables of measurements, our own or PEtab's, and check them against the scenario.

    A column ``arm`` or ``site`` may be left out where the scenario has only one; ``animal`` where rows are not to be
    joined. A table of PEtab is known by its columns.

    Parameters
    ----------
    files : sequence of DataFile
    scenario : Scenario
    noise : mapping of str to Noise, optional
        To which the errors that a table of PEtab states are compared.
    learnt : collection of str
        Observables whose error is learnt.

    Raises
    ------
    ScenarioError
        With every mistake of the first table that has any.
    """
    rows: list[tuple] = []
    for file in files:
        rows += _rows(file, scenario, noise or {}, learnt)
    return make_data(rows)


def make_data(rows: Sequence[tuple]) -> Data:
    """Return measurements from rows (animal, arm, site, day, observable, value, censored)."""
    animal, arm, site, day, observable, value, censored = zip(*rows, strict=True) if rows else [()] * 7
    text = (np.array(column, dtype=str) for column in (animal, arm, site, observable, censored))
    animals, arms, sites, observables, marks = text
    return Data(animals, arms, sites, np.array(day, float), observables, np.array(value, float), marks)


def _rows(file: DataFile, scenario: Scenario, noise: Mapping[str, Noise], learnt: Collection[str]) -> list[tuple]:
    mistakes = Mistakes(str(file.path))
    table = parse(read_text(file.path), mistakes)
    foreign = file.is_petab or petab.is_measurements(table.columns)
    (check_columns if foreign else _check_columns)(table, mistakes)
    if len(table.rows) > MOST_ROWS:
        mistakes.add("file", f"has {len(table.rows)} rows", f"at most {MOST_ROWS}")
    mistakes.stop()
    translate = PetabReader(file, scenario, noise, learnt, mistakes) if foreign else None
    read = _RowReader(scenario, mistakes)
    found = []
    for line, values in table.rows:
        cells: dict[str, str] | None = dict(zip(table.columns, values, strict=True))
        cells = translate(line, cells) if translate and cells else cells
        found.append(read(line, cells) if cells else None)
    mistakes.stop()
    return [row for row in found if row is not None]


def _check_columns(table: Table, mistakes: Mistakes) -> None:
    for column in table.columns:
        if column not in COLUMNS:
            mistakes.add(table.line, f"column {quoted(column)}", suggestion(column, COLUMNS))
    for column in NEEDED:
        if column not in table.columns:
            mistakes.add(table.line, f"no column {quoted(column)}", f"needed: {', '.join(NEEDED)}")


class _RowReader:
    """Turn the cells of one row into values, and note each mistake at its line."""

    def __init__(self, scenario: Scenario, mistakes: Mistakes):
        self.scenario = scenario
        self.mistakes = mistakes

    def __call__(self, line: int, cells: dict[str, str]) -> tuple | None:
        before = self.mistakes.count
        observable = self._one_of(line, cells, "observable", list(OBSERVABLES), None)
        arm = self._one_of(line, cells, "arm", list(self.scenario.arms), self._only(self.scenario.arms))
        drawn = observable == "ctc"
        places = list(DRAWS if drawn else self.scenario.sites)
        site = self._one_of(line, cells, "site", places, "vein" if drawn else self._only(places))
        censored = self._one_of(line, cells, "censored", list(CENSORED), "")
        day = self._number(line, cells["day"], "day", 0.0, self.scenario.duration)
        if observable not in OBSERVABLES:
            return None
        about = OBSERVABLES[observable]
        text = f"{cells['value']} {cells['unit']}" if cells["unit"] not in ("", "1") else cells["value"]
        value = self._number(line, text, about.unit, *about.allowed)
        if censored and censored not in about.censored:
            self.mistakes.add(line, f"{observable} censored {quoted(censored)}", "leave it empty for this observable")
        if about.at_end and day is not None and day != self.scenario.duration:
            self.mistakes.add(
                line, f"{observable} on day {day:g}", f"counted on the last day: {self.scenario.duration:g}"
            )
        if about.whole and value is not None and value != round(value):
            self.mistakes.add(line, f"{observable} {value:g}", "must be a whole number")
        return (
            None
            if self.mistakes.count > before
            else (cells.get("animal") or f"row {line}", arm, site, day, observable, value, censored)
        )

    def _only(self, names: Collection[str]) -> str | None:
        return next(iter(names)) if len(names) == 1 else None

    def _one_of(self, line: int, cells: dict[str, str], column: str, allowed: list[str], usual: str | None) -> str:
        word = cells.get(column, "")
        if not word and usual is not None:
            return usual
        if word not in allowed:
            self.mistakes.add(line, f"{column} {quoted(word)}", suggestion(word, allowed))
        return word

    def _number(self, line: int, text: str, unit: str, low: float, high: float) -> float | None:
        try:
            number = to_number(text if not _is_plain(text) else float(text), unit)
        except ValueError as error:
            self.mistakes.add(line, quoted(text), str(error))
            return None
        if not low <= number <= high:
            limits = f"from {low:g} to {high:g}" if math.isfinite(high) else f">= {low:g}"
            self.mistakes.add(line, quoted(text), f"must be {limits} {unit}".removesuffix(" 1"))
            return None
        return number


def _is_plain(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
