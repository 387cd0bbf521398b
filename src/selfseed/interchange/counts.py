"""Rows of read counts, and of frequency intervals, from any table whose columns are known or named."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from selfseed.interchange import machina
from selfseed.interchange.mistakes import Mistakes, quoted, suggestion
from selfseed.interchange.table import Table

Columns = Mapping[str, str | Sequence[str]]
"""Which column, or columns joined by ``:``, hold what; the keys are ``MEANINGS``."""

MEANINGS = ("mutation", "sample", "site", "ref", "var", "purity", "cluster")
NEEDED = ("mutation", "sample", "ref", "var")
NOTHING = ("", "NA", "NaN", "nan", "None", ".", "-1")
MOST_READS = 1_000_000_000
LONGEST_NAME = 200

WHOLE = re.compile(r"([0-9]{1,12})(\.0*)?")
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")


class CountRow(NamedTuple):
    """Hold one row of read counts; ``purity`` is None and ``cluster`` -1 where the table does not say."""

    line: int
    mutation: str
    sample: str
    site: str
    reference: int
    variant: int
    purity: float | None
    cluster: int


class IntervalRow(NamedTuple):
    """Hold one row of bounds of the share of cells that carry a mutation cluster."""

    line: int
    cluster: str
    sample: str
    site: str
    lower: float
    upper: float


@dataclass(frozen=True)
class Layout:
    """Say how the read counts of one program are laid out.

    Parameters
    ----------
    name : str
    columns : mapping
        Which column holds what. A table is of this layout if it has the columns of ``NEEDED``.
    purity_factor : float
        By what the purity column is multiplied to give the share of tumour cells.
    normal : dict of str to int
        The copy numbers, by column, of a region where nothing was gained or lost.
    case : str
        The column that names the patient.
    """

    name: str
    columns: Columns
    purity_factor: float = 1.0
    normal: Mapping[str, int] = field(default_factory=dict)
    case: str = ""


def named_columns(table: Table, layouts: Sequence[Layout], columns: Columns | None, mistakes: Mistakes) -> Layout:
    """Return the layout of a table: a known one, with ``columns`` in place of its own, or the one that they make.

    Raises
    ------
    ScenarioError
        If the layout is neither known nor given, or a column is not there.
    """
    known = next((layout for layout in layouts if not _lacking(table, layout.columns)), None)
    asked = dict(columns or {})
    for meaning in (key for key in asked if key not in MEANINGS):
        mistakes.add("columns", f"unknown {quoted(str(meaning))}", suggestion(str(meaning), MEANINGS))
    for meaning, name in asked.items():
        for part in _parts(name):
            if part not in table.columns:
                mistakes.add("columns", f"{meaning}: no column {quoted(part)}", suggestion(part, table.columns))
    mistakes.stop()
    present = {meaning: name for meaning, name in known.columns.items() if _has(table, name)} if known else {}
    given = present | asked
    given.setdefault("sample", given.get("site", ""))
    missing = [meaning for meaning in NEEDED if not given.get(meaning)]
    if missing and asked:
        raise mistakes.refuse("columns", f"nothing for {', '.join(missing)}", f"needed: {', '.join(NEEDED)}")
    if missing:
        raise _unknown_layout(table, layouts, mistakes)
    given.setdefault("site", given["sample"])
    factor = known.purity_factor if known and "purity" not in asked else 1.0
    return Layout(
        known.name if known else "", given, factor, known.normal if known else {}, known.case if known else ""
    )


def count_rows(table: Table, layout: Layout, mistakes: Mistakes, *, drop_altered: bool = False) -> list[CountRow]:
    """Return the rows of a table of read counts; what is wrong in them is noted among the mistakes.

    Parameters
    ----------
    drop_altered : bool
        Leave out the mutations whose copy number was altered in some sample; without it they are mistakes.
    """
    _check_case(table, layout, mistakes)
    cell = {meaning: _getter(table, name) for meaning, name in layout.columns.items()}
    altered = _altered(table, layout, cell["mutation"], mistakes, drop_altered)
    rows: list[CountRow] = []
    checked: set[tuple[str, str]] = set()
    for line, cells in table.rows:
        mutation = cell["mutation"](cells)
        if mutation in altered:
            continue
        sample, site = cell["sample"](cells), cell["site"](cells)
        _check_names(line, (("mutation", mutation), ("sample", sample), ("site", site)), checked, mistakes)
        reference = _count(line, cell["ref"](cells), "reference", mistakes)
        variant = _count(line, cell["var"](cells), "variant", mistakes)
        purity = _purity(line, cell["purity"](cells), layout, mistakes) if "purity" in cell else None
        cluster = _cluster(line, cell["cluster"](cells), mistakes) if "cluster" in cell else -1
        rows.append(CountRow(line, mutation, sample, site, reference, variant, purity, cluster))
    if altered and not rows:
        mistakes.add("file", "no mutation is left", "every one has an altered copy number in some sample")
    return rows


def interval_rows(table: Table, mistakes: Mistakes) -> list[IntervalRow]:
    """Return the rows of MACHINA's table of frequencies, with the columns ``f_lb`` and ``f_ub``."""
    wanted = (*machina.COUNT_COLUMNS.values(), "f_lb", "f_ub")
    for name in wanted:
        if name not in table.columns:
            mistakes.add(table.line, f"no column {quoted(name)}", suggestion(name, table.columns))
    mistakes.stop()
    cluster, sample, site, low, high = (_getter(table, name) for name in wanted)
    rows: list[IntervalRow] = []
    checked: set[tuple[str, str]] = set()
    for line, cells in table.rows:
        names = (cluster(cells), sample(cells), site(cells))
        _check_names(line, tuple(zip(("cluster", "sample", "site"), names, strict=True)), checked, mistakes)
        lower = _share(line, low(cells), "f_lb", mistakes)
        upper = _share(line, high(cells), "f_ub", mistakes)
        if lower > upper:
            mistakes.add(line, f"f_lb {lower:g} is above f_ub {upper:g}", "the lower bound comes first")
        rows.append(IntervalRow(line, *names, lower, upper))
    return rows


def _parts(name: str | Sequence[str]) -> tuple[str, ...]:
    return (name,) if isinstance(name, str) else tuple(name)


def _has(table: Table, name: str | Sequence[str]) -> bool:
    return all(part in table.columns for part in _parts(name))


def _lacking(table: Table, columns: Columns) -> list[str]:
    parts = [part for meaning in NEEDED for part in _parts(columns[meaning])]
    return [part for part in parts if part not in table.columns]


def _unknown_layout(table: Table, layouts: Sequence[Layout], mistakes: Mistakes) -> Exception:
    nearly = min(layouts, key=lambda layout: len(_lacking(table, layout.columns)))
    lacking = _lacking(table, nearly.columns)
    if len(lacking) <= 2:
        return mistakes.refuse(
            table.line, f"{nearly.name} without {', '.join(lacking)}", "add the column, or name yours with 'columns'"
        )
    known = ", ".join(layout.name for layout in layouts)
    return mistakes.refuse(
        table.line,
        f"unknown columns {quoted(', '.join(table.columns))}",
        f"known: {known}; or name them with 'columns'",
    )


def _getter(table: Table, name: str | Sequence[str]) -> Callable[[list[str]], str]:
    positions = [table.columns.index(part) for part in _parts(name)]
    if len(positions) == 1:
        position = positions[0]
        return lambda cells: cells[position]
    return lambda cells: ":".join(cells[position] for position in positions)


def _check_names(
    line: int, names: Sequence[tuple[str, str]], checked: set[tuple[str, str]], mistakes: Mistakes
) -> None:
    """Note names that are missing or too long; each good one is looked at once."""
    for pair in names:
        if pair in checked:
            continue
        what, name = pair
        if not name:
            mistakes.add(line, f"no {what}", f"each row names its {what}")
        elif len(name) > LONGEST_NAME:
            mistakes.add(line, f"{what} {quoted(name)} is too long", f"at most {LONGEST_NAME} characters")
        else:
            checked.add(pair)


def _check_case(table: Table, layout: Layout, mistakes: Mistakes) -> None:
    if layout.case not in table.columns:
        return
    case = _getter(table, layout.case)
    first = case(table.rows[0][1]) if table.rows else ""
    other = next((row for row in table.rows if case(row[1]) != first), None)
    if other is not None:
        what = f"patient {quoted(case(other[1]))} after {quoted(first)}"
        raise mistakes.refuse(other[0], what, f"one patient a file ({layout.case})")


def _altered(
    table: Table, layout: Layout, mutation: Callable[[list[str]], str], mistakes: Mistakes, drop: bool
) -> set[str]:
    """Return the mutations to drop for their copy number, or note each row of them as a mistake."""
    normal = {name: wanted for name, wanted in layout.normal.items() if name in table.columns}
    checks = [(name, _getter(table, name), wanted) for name, wanted in normal.items()]
    found: set[str] = set()
    for line, cells in table.rows:
        for name, cell, wanted in checks:
            value = cell(cells)
            if NUMBER.fullmatch(value) and round(float(value)) == wanted:
                continue
            if drop:
                found.add(mutation(cells))
            else:
                remedy = f"must be {wanted}: copy-number neutral only; leave such mutations out, or 'drop_altered'"
                mistakes.add(line, f"{name} {quoted(value)}", remedy)
    return found


def _count(line: int, text: str, what: str, mistakes: Mistakes) -> int:
    found = WHOLE.fullmatch(text)
    if found and int(found[1]) <= MOST_READS:
        return int(found[1])
    shown = f"{what} reads {quoted(text)}" if text else f"no {what} reads"
    allowed = f"a whole number from 0 to {MOST_READS}" if found else "a whole number, 0 or more; 0 where not covered"
    mistakes.add(line, shown, allowed)
    return 0


def _share(line: int, text: str, what: str, mistakes: Mistakes) -> float:
    value = float(text) if NUMBER.fullmatch(text) else -1.0
    if not 0.0 <= value <= 1.0:
        mistakes.add(line, f"{what} {quoted(text)}", "a number from 0 to 1")
        return 0.0 if what == "f_lb" else 1.0
    return value


def _purity(line: int, text: str, layout: Layout, mistakes: Mistakes) -> float | None:
    value = layout.purity_factor * float(text) if NUMBER.fullmatch(text) else 0.0
    if 0.0 < value <= 1.0:
        return value
    name = "".join(_parts(layout.columns["purity"]))
    top = 1.0 / layout.purity_factor
    mistakes.add(line, f"{name} {quoted(text)}", f"above 0, at most {top:g}; or say 'purity'")
    return None


def _cluster(line: int, text: str, mistakes: Mistakes) -> int:
    if text in NOTHING:
        return -1
    found = WHOLE.fullmatch(text)
    if not found:
        mistakes.add(line, f"cluster {quoted(text)}", "a whole number, 0 or more; NA for none")
        return -1
    return int(found[1])
