"""A PEtab table of measurements, told in columns of our own: which site, which arm, what was said of errors."""

import math
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selfseed.base.errors import nearest
from selfseed.base.units import number_text
from selfseed.inference.noise import OBSERVABLES, Noise
from selfseed.interchange import petab
from selfseed.interchange.equations import identifier_of
from selfseed.interchange.mistakes import Mistakes, quoted, suggestion
from selfseed.interchange.table import Table
from selfseed.scenario import Scenario

MISSING = "NaN"


@dataclass(frozen=True)
class Seen:
    """Say what an observable of another program is to us; an empty unit is the usual one."""

    observable: str
    site: str = ""
    unit: str = ""


@dataclass(frozen=True)
class DataFile:
    """Name a table of measurements, and what its words mean if it is one of PEtab.

    Attributes
    ----------
    path : Path
    is_petab : bool
        Whether the study says that it must be.
    observables : mapping of str to Seen
        By their ids in the table, beside those that `selfseed export` gives.
    arms : mapping of str to str
        By the ids of their conditions, beside those that `selfseed export` gives.
    """

    path: Path
    is_petab: bool = False
    observables: Mapping[str, Seen] = field(default_factory=dict)
    arms: Mapping[str, str] = field(default_factory=dict)


def exported_observables(sites: Collection[str]) -> dict[str, Seen]:
    """Return what the ids of an exported problem mean; an id that two sites share is left out.

    >>> exported_observables(["left lung"])
    {'observe_volume_left_lung': Seen(observable='volume', site='left lung', unit='')}
    """
    ids = [petab.observable_id(petab.volume_id(site)) for site in sites]
    return {one: Seen("volume", site) for one, site in _one_to_one(ids, sites).items()}


def exported_arms(arms: Collection[str]) -> dict[str, str]:
    """Return which arm each condition of an exported problem is; an id that two arms share is left out."""
    return _one_to_one([identifier_of(arm) for arm in arms], arms)


def _one_to_one(ids: list[str], names: Collection[str]) -> dict[str, str]:
    counts = Counter(ids)
    return {one: name for one, name in zip(ids, names, strict=True) if counts[one] == 1}


def check_columns(table: Table, mistakes: Mistakes) -> None:
    """Note columns that are missing or misspelt; those that a program added are its own affair."""
    for column in petab.NEEDED:
        if column not in table.columns:
            mistakes.add(table.line, f"no column {quoted(column)}", f"PEtab needs: {', '.join(petab.NEEDED)}")
    for column in table.columns:
        close = nearest(column, petab.COLUMNS)
        if column not in petab.COLUMNS and close and close not in table.columns:
            mistakes.add(table.line, f"column {quoted(column)}", f"did you mean {quoted(close)}?")


class PetabReader:
    """Turn the cells of one row of PEtab into those of our own columns, and note each mistake at its line.

    Parameters
    ----------
    file : DataFile
    scenario : Scenario
    noise : mapping of str to Noise
        As the study states it.
    learnt : collection of str
        Observables whose error the study learns.
    mistakes : Mistakes
    """

    def __init__(
        self, file: DataFile, scenario: Scenario, noise: Mapping[str, Noise], learnt: Collection[str],
        mistakes: Mistakes,
    ):  # fmt: skip
        self.observables = {**exported_observables(scenario.sites), **file.observables}
        self.arms = {**exported_arms(list(scenario.arms)), **file.arms}
        self.noise, self.learnt, self.mistakes = noise, learnt, mistakes
        self.scale: str | None = None

    def __call__(self, line: int, cells: dict[str, str]) -> dict[str, str] | None:
        before = self.mistakes.count
        arm = self._meaning(line, cells, petab.CONDITION, self.arms, "arms: {%s: control}")
        seen = self._meaning(
            line, cells, petab.OBSERVABLE, self.observables, "observables: {%s: {observable: volume, site: ...}}"
        )
        if cells.get(petab.BEFORE):
            what = f"{petab.BEFORE} {quoted(cells[petab.BEFORE])}"
            self.mistakes.add(line, what, "leave it empty: every animal starts on day 0 of the scenario")
        if seen is not None:
            self._check_scale(line, cells.get(petab.SCALE, ""), seen.observable)
            self._check_error(line, cells.get(petab.ERROR, ""), seen.observable)
        if seen is None or arm is None or self.mistakes.count > before:
            return None
        return {
            "animal": cells.get(petab.REPLICATE, ""), "arm": arm, "site": seen.site, "day": cells[petab.TIME],
            "observable": seen.observable, "value": cells[petab.MEASUREMENT],
            "unit": seen.unit or OBSERVABLES[seen.observable].unit,
        }  # fmt: skip

    def _meaning(self, line: int, cells: dict[str, str], column: str, known: Mapping[str, Any], remedy: str) -> Any:
        word = cells[column]
        if word not in known:
            close = nearest(word, known)
            hint = suggestion(word, list(known)) if close else f"say in the study what it is: {remedy % (word or 'ID')}"
            self.mistakes.add(line, f"{column} {quoted(word)}", hint)
        return known.get(word)

    def _check_scale(self, line: int, given: str, observable: str) -> None:
        """Refuse a scale or an offset that would not be heeded: only that of light is, one for the whole table."""
        if observable == "bioluminescence":
            self.scale = given if self.scale is None else self.scale
            if given != self.scale:
                remedy = f"must be {quoted(self.scale)} in all rows of light: it has one scale, integrated out"
                self.mistakes.add(line, f"{petab.SCALE} {quoted(given)}", remedy)
        elif given:
            self.mistakes.add(
                line, f"{petab.SCALE} {quoted(given)}", f"leave it empty: {observable} has no such parameter"
            )

    def _check_error(self, line: int, given: str, observable: str) -> None:
        """Refuse an error other than that of the study, which is the one that counts."""
        if not given or given == MISSING or observable not in self.noise:
            return
        what, stated = f"{petab.ERROR} {quoted(given)}", self.noise[observable].error
        try:
            number = float(given)
        except ValueError:
            if observable not in self.learnt:
                self.mistakes.add(line, what, f"a parameter: learn noise.{observable} in the study, or leave it empty")
            return
        if "error" not in OBSERVABLES[observable].needs:
            self.mistakes.add(line, what, f"leave it empty: {observable} has no such error")
        elif observable in self.learnt:
            self.mistakes.add(line, what, f"leave it empty: the study learns noise.{observable}")
        elif not math.isclose(number, stated, rel_tol=1e-6):
            remedy = (
                f"the study says that {observable} errs by {number_text(stated)}: say the same there, or leave it empty"
            )
            self.mistakes.add(line, what, remedy)
