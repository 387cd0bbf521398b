"""Tables with a header, parted by tabs, commas, semicolons or white space, each row with its line number."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from selfseed.interchange import machina
from selfseed.interchange.mistakes import Mistakes, quoted
from selfseed.interchange.text import numbered_lines


@dataclass(frozen=True)
class Table:
    """Hold the cells of a table as text.

    Parameters
    ----------
    columns : tuple of str
        The header.
    line : int
        Where the header stood.
    rows : list of (int, list of str)
        The line of each row, and its cells, as many as there are columns.
    claims : list of (int, str, str)
        The line, the number and what it counts, for each line of MACHINA above the header.
    """

    columns: tuple[str, ...]
    line: int
    rows: list[tuple[int, list[str]]]
    claims: list[tuple[int, str, str]]


def parse(text: str, mistakes: Mistakes) -> Table:
    r"""Return the table that a text holds; what is not one is noted among the mistakes.

    The header is the first line that is neither a count of MACHINA (``5 #samples``) nor a comment of one cell.

    Examples
    --------
    >>> table = parse("1 #samples\n#sample\tref\nleft lung\t7\n", Mistakes("reads.tsv"))
    >>> table.columns, table.rows, table.claims
    (('sample', 'ref'), [(3, ['left lung', '7'])], [(1, '1', 'samples')])
    """
    lines = numbered_lines(text)
    claimed: list[tuple[int, str, str]] = []
    for number, line in lines:
        claim = machina.claims(line.strip())
        if claim is not None:
            claimed.append((number, *claim))
        elif not line.startswith("#") or len(_split([line], _separator(line))[0]) > 1:
            return _table(number, line, lines, claimed, mistakes)
    raise mistakes.refuse("file", "has no header", "the first row names the columns")


def _table(
    number: int, header: str, lines: Iterator[tuple[int, str]], claimed: list[tuple[int, str, str]], mistakes: Mistakes
) -> Table:
    separator = _separator(header)
    columns = tuple(cell.strip().strip('"') for cell in _split([header.lstrip("#").rstrip()], separator)[0])
    twice = sorted({name for name in columns if columns.count(name) > 1})
    for name in twice:
        mistakes.add(number, f"two columns are called {quoted(name)}", "column names must differ")
    rows: list[tuple[int, list[str]]] = []
    wanted = len(columns)
    numbered = list(lines)
    for (line, _), cells in zip(numbered, _cells((line for _, line in numbered), separator), strict=True):
        while len(cells) > wanted and not cells[-1]:
            cells.pop()
        if len(cells) == wanted:
            rows.append((line, cells))
        else:
            mistakes.add(line, f"{len(cells)} column{'s' * (len(cells) != 1)}", f"the header has {wanted}")
    if not rows and not mistakes.count:
        mistakes.add("file", "has no rows below its header", "check that it was written in full")
    return Table(columns, number, rows, claimed)


def _separator(header: str) -> str:
    return next((sign for sign in "\t,;" if sign in header), " ")


def _split(lines: Iterable[str], separator: str) -> list[list[str]]:
    return list(_cells(lines, separator))


def _cells(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """Yield the cells of each line; a quoted cell ends with its line."""
    for line in lines:
        if separator == " ":
            yield line.split()
        elif '"' in line:
            yield _quoted_cells(line, separator)
        else:
            yield [cell.strip() for cell in line.split(separator)]


def _quoted_cells(line: str, separator: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    except (csv.Error, StopIteration):
        return []
