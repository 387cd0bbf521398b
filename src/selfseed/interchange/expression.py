"""Matrices of gene expression: tables parted by tabs, commas or semicolons (gzip allowed), and h5ad."""

from __future__ import annotations

import csv
import gzip
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np

from selfseed.base.errors import ScenarioError, nearest
from selfseed.interchange.mistakes import Mistakes, quoted, suggestion

if TYPE_CHECKING:
    from anndata import AnnData

MOST_BYTES = 4_000_000_000
"""Characters of a table, unpacked; bytes of an h5ad file are not limited, its values are."""
MOST_LINE = 20_000_000
MOST_ROWS = 2_000_000
MOST_COLUMNS = 100_000
MOST_VALUES = 200_000_000
"""Numbers held at once: 1.6 GB."""
LOOKED_AT = 20
"""Rows that decide which columns are text."""
MISSING = frozenset({"", "na", "nan", "n/a", "null", "none", "-", "."})
GENE_COLUMNS = (
    "gene_symbol",
    "symbol",
    "gene_name",
    "gene_symbols",
    "hgnc_symbol",
    "feature_name",
    "gene_names",
    "gene",
)
"""Columns of text that name a gene, the surest first."""
_GZIP, _HDF5, _ZIP = b"\x1f\x8b", b"\x89HDF\r\n\x1a\n", b"PK\x03\x04"


@dataclass(frozen=True)
class Matrix:
    """Hold numbers with a name for each row and column, as the file gives them.

    Parameters
    ----------
    source : str
        The file.
    rows, columns : tuple of str
    values : float[row, column], or scipy.sparse.csr_array
        NaN where a number is missing.
    genes_are_columns : bool or None
        None when the file does not say which way it lies.
    log_base : float or None
        The base of logarithms, where the file states that log(1 + x) was taken.
    labels : mapping of str to tuple of str
        Columns that say to which group each row belongs; only of h5ad.
    notes : tuple of str
        What was decided while reading.
    """

    source: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Any
    genes_are_columns: bool | None = None
    log_base: float | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_matrix(path: str | os.PathLike[str], *, layer: str | None = None) -> Matrix:
    """Return the matrix in a file.

    Parameters
    ----------
    path : path
        A table with a header whose first column names the rows, or an h5ad file.
    layer : str, optional
        Of an h5ad: the layer to read in place of X; "raw" for its raw part.

    Raises
    ------
    ScenarioError
        With every problem of the file, or the one after which nothing else can be read.
    """
    mistakes = Mistakes(os.fspath(path))
    start = _first_bytes(Path(path), mistakes)
    if start.startswith(_HDF5):
        return _read_h5ad(Path(path), layer, mistakes)
    if start.startswith(_ZIP):
        raise mistakes.refuse("file", "is a spreadsheet or an archive", "save it as a table parted by tabs")
    if Path(path).suffix == ".h5ad":
        raise mistakes.refuse("file", "is no h5ad file", "check that it was written in full")
    if layer is not None:
        mistakes.add("--layer", quoted(layer), "only h5ad files have layers; leave it out")
    return _read_table(Path(path), mistakes)


def read_groups(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the group of each sample, from a table of two columns; a header ``sample group`` is passed over.

    Raises
    ------
    ScenarioError
        With every problem of the file.
    """
    mistakes = Mistakes(os.fspath(path))
    _first_bytes(Path(path), mistakes)
    groups: dict[str, str] = {}
    separator = ""
    for number, line in _lines(Path(path), mistakes):
        separator = separator or _separator(line)
        cells = _cells(line, separator)
        if len(cells) != 2 or not all(cells):
            mistakes.add(number, quoted(line), "needs two columns: a sample and its group")
        elif cells[0] in groups:
            mistakes.add(number, quoted(cells[0]), "stands twice; keep one line for each sample")
        elif not (number == 1 and cells[0].casefold() in ("sample", "cell", "barcode", "name")):
            groups[cells[0]] = cells[1]
    if not groups and not mistakes.count:
        mistakes.add("file", "names no sample", "a line for each: a sample, a tab, its group")
    mistakes.stop()
    return groups


def _first_bytes(path: Path, mistakes: Mistakes) -> bytes:
    try:
        with open(path, "rb") as file:
            start = file.read(8)
    except FileNotFoundError:
        there = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        close = nearest(path.name, there)
        raise mistakes.refuse(
            "file", "does not exist", f"did you mean '{close}'?" if close else "check the path"
        ) from None
    except IsADirectoryError:
        raise mistakes.refuse("file", "is a directory", "name a file in it; write 10x folders as h5ad first") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise mistakes.refuse("file", "cannot be read", reason.lower()) from None
    if not start:
        raise mistakes.refuse("file", "is empty", "check that it was written in full")
    return start


def _open(path: Path) -> BinaryIO:
    with open(path, "rb") as file:
        packed = file.read(2) == _GZIP
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else open(path, "rb")


def _lines(path: Path, mistakes: Mistakes) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold something, with their numbers; comments are passed over."""
    read = 0
    try:
        with _open(path) as file:
            number = 0
            while line := file.readline(MOST_LINE):
                number += 1
                read += len(line)
                if len(line) >= MOST_LINE:
                    raise mistakes.refuse(number, "is too long", f"at most {MOST_LINE // 1_000_000} MB in a line")
                if read > MOST_BYTES:
                    raise mistakes.refuse("file", "is too large", f"at most {MOST_BYTES // 10**9} GB, unpacked")
                if b"\0" in line:
                    raise mistakes.refuse(number, "is not text", "give a table of text, or an h5ad file")
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                if text.strip() and not text.startswith("#"):
                    yield number, text
    except UnicodeDecodeError as error:
        raise mistakes.refuse("file", f"byte {error.object[error.start]:#x} is not UTF-8", "save it as UTF-8") from None
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise mistakes.refuse("file", "cannot be unpacked", "it is damaged, or was not written in full") from None


def _separator(header: str) -> str:
    return next((sign for sign in "\t;," if sign in header), "\t")


def _cells(line: str, separator: str) -> list[str]:
    if '"' in line:
        try:
            return [cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])]
        except csv.Error:
            return []
    return [cell.strip() for cell in line.split(separator)]


def _read_table(path: Path, mistakes: Mistakes) -> Matrix:
    lines = _lines(path, mistakes)
    number, header_line = next(lines, (0, ""))
    first_number, first_line = next(lines, (0, ""))
    if not header_line:
        raise mistakes.refuse("file", "is empty", "check that it was written in full")
    separator = _separator(header_line)
    header, first = _cells(header_line, separator), _cells(first_line, separator)
    if not first_line or len(first) < 2:
        raise mistakes.refuse("file", "holds no table", "a header, then a row for each gene or sample, parted by tabs")
    if len(header) == len(first) - 1:
        header = ["", *header]
    if len(header) > MOST_COLUMNS:
        raise mistakes.refuse(number, f"{len(header)} columns", f"at most {MOST_COLUMNS}; write an h5ad file")
    table = _Table(header, number, separator, mistakes)
    early = [(first_number, first_line), *islice(lines, LOOKED_AT - 1)]
    table.see_text_columns([_cells(line, separator) for _, line in early])
    for line_number, line in chain(early, lines):
        table.add(line_number, _cells(line, separator))
    return table.finish(os.fspath(path))


class _Table:
    """Gather the rows of a table."""

    def __init__(self, header: list[str], line: int, separator: str, mistakes: Mistakes):
        self.header, self.line, self.separator, self.mistakes = header, line, separator, mistakes
        self.names: list[str] = []
        self.rows: list[np.ndarray] = []
        self.naming, self.texts = 0, [0]
        self.notes: list[str] = []

    def see_text_columns(self, begin: list[list[str]]) -> None:
        """Decide from the first rows which columns are text, and which of these names the rows."""
        columns = zip(*(cells for cells in begin if len(cells) == len(self.header)), strict=True)
        self.texts = [index for index, cells in enumerate(columns) if index == 0 or not any(map(_is_number, cells))]
        words = {index: self.header[index].casefold().replace(" ", "_") for index in self.texts}
        chosen = [index for wanted in GENE_COLUMNS for index, word in words.items() if word == wanted]
        self.naming = chosen[0] if chosen else 0
        if len(self.texts) > 1:
            others = [self.header[index] for index in self.texts if index != self.naming]
            self.notes.append(
                f"rows are named by column {quoted(self.header[self.naming])}; text left out: {', '.join(others[:5])}"
            )

    def add(self, number: int, cells: list[str]) -> None:
        """Add one row."""
        if len(cells) != len(self.header):
            self.mistakes.add(number, f"{len(cells)} columns", f"the header has {len(self.header)}")
            return
        if len(self.rows) >= MOST_ROWS or (len(self.rows) + 1) * len(self.header) > MOST_VALUES:
            raise self.mistakes.refuse(
                number, "is one row too many", f"at most {MOST_VALUES} numbers; write an h5ad file"
            )
        name = cells[self.naming]
        if not name:
            self.mistakes.add(number, "has no name", "the first column names the row")
            return
        texts = set(self.texts)
        given = [cell for index, cell in enumerate(cells) if index not in texts]
        self.names.append(name)
        self.rows.append(self._numbers(number, given))

    def _numbers(self, number: int, cells: list[str]) -> np.ndarray:
        try:
            values = np.array(cells, dtype=float)
        except ValueError:
            values = np.array([self._number(number, cell) for cell in cells])
        if np.isinf(values).any():
            self.mistakes.add(number, "an infinite number", "write NA where a value is missing")
        return values

    def _number(self, number: int, cell: str) -> float:
        if cell.casefold() in MISSING:
            return np.nan
        try:
            return float(cell)
        except ValueError:
            comma = self.separator != "," and "," in cell
            self.mistakes.add(number, quoted(cell), "write 1.5, not 1,5" if comma else "must be a number, or NA")
            return np.nan

    def finish(self, source: str) -> Matrix:
        """Return the matrix, or raise with all mistakes."""
        columns = [name for index, name in enumerate(self.header) if index not in self.texts]
        twice = sorted({name for name in columns if columns.count(name) > 1}) if len(columns) < 5000 else []
        if not columns:
            self.mistakes.add(self.line, "no column of numbers", "the first column names the rows, numbers follow")
        self.mistakes.stop()
        if twice:
            self.notes.append(f"{len(twice)} column names stand more than once, such as {quoted(twice[0])}")
        return Matrix(source, tuple(self.names), tuple(columns), np.array(self.rows), notes=tuple(self.notes))


def _is_number(cell: str) -> bool:
    if cell.casefold() in MISSING:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _read_h5ad(path: Path, layer: str | None, mistakes: Mistakes) -> Matrix:
    data = _open_h5ad(path, mistakes)
    try:
        return _from_anndata(data, os.fspath(path), layer, mistakes)
    except ScenarioError:
        raise
    except Exception as error:  # whatever anndata and h5py meet in a damaged file
        told = (str(error).splitlines() or [""])[0][:100]
        raise mistakes.refuse("file", f"cannot be read: {type(error).__name__}", told) from None
    finally:
        data.file.close()


def _open_h5ad(path: Path, mistakes: Mistakes) -> AnnData:
    try:
        import anndata
    except ImportError:
        remedy = "pip install 'selfseed[expression]'"
        raise mistakes.refuse("file", "is h5ad, and anndata is not installed", remedy) from None
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return anndata.read_h5ad(path, backed="r")
    except Exception as error:  # see above
        told = (str(error).splitlines() or [""])[0][:100]
        raise mistakes.refuse("file", f"is no h5ad that anndata reads: {type(error).__name__}", told) from None


def _from_anndata(data: AnnData, source: str, layer: str | None, mistakes: Mistakes) -> Matrix:
    names = data.var
    if layer == "raw":
        if data.raw is None:
            raise mistakes.refuse("--layer", "'raw'", "the file has no raw part")
        block, names = data.raw.X, data.raw.var
    elif layer is not None:
        if layer not in data.layers:
            raise mistakes.refuse(
                "--layer", quoted(layer), suggestion(layer, sorted(data.layers)) if data.layers else "it has none"
            )
        block = data.layers[layer]
    else:
        block = data.X
    if block is None:
        there = ", ".join(sorted(data.layers)) or "none"
        raise mistakes.refuse("file", "has no X", f"name a layer with --layer; there are: {there}")
    columns, note = _gene_names(names)
    labels = {
        str(name): tuple(column.astype(str))
        for name, column in data.obs.items()
        if column.dtype.kind in "OUSbiu" or str(column.dtype) in ("category", "string", "str")
    }
    values = _in_memory(block, mistakes)
    base = None if layer else _log_base(data.uns)
    notes = (note,) if note else ()
    return Matrix(source, tuple(map(str, data.obs_names)), columns, values, True, base, labels, notes)


def _gene_names(names: Any) -> tuple[tuple[str, ...], str]:
    """Return the names of genes: symbols, where the index holds Ensembl ids and a column holds symbols."""
    index = tuple(map(str, names.index))
    ensembl = sum(name.upper().startswith("ENSG") for name in index[:1000])
    if 2 * ensembl > min(len(index), 1000):
        for wanted in GENE_COLUMNS:
            if wanted in names.columns:
                symbols = names[wanted].astype(str)
                joined = tuple(
                    name if symbol.casefold() in MISSING else symbol
                    for name, symbol in zip(index, symbols, strict=True)
                )
                return joined, f"genes are named by column {quoted(wanted)} of var"
    return index, ""


def _in_memory(block: Any, mistakes: Mistakes) -> Any:
    from scipy import sparse

    if len(block.shape) != 2:
        raise mistakes.refuse("file", f"has {len(block.shape)} dimensions", "a matrix has two")
    is_dense = isinstance(block, np.ndarray) or type(block).__name__ == "Dataset"
    if is_dense and block.shape[0] * block.shape[1] > MOST_VALUES:
        raise mistakes.refuse(
            "file", f"{block.shape[0]} x {block.shape[1]} numbers", f"at most {MOST_VALUES}, or a sparse matrix"
        )
    if is_dense:
        values: Any = np.asarray(block[:], dtype=float)
    else:
        loaded = block.to_memory() if hasattr(block, "to_memory") else block
        values = sparse.csr_array(loaded, dtype=float)
        if values.nnz > MOST_VALUES:
            raise mistakes.refuse("file", f"{values.nnz} numbers", f"at most {MOST_VALUES}")
    found = values.data if sparse.issparse(values) else values
    if np.isinf(found).any():
        raise mistakes.refuse("file", "holds infinite numbers", "write NaN where a value is missing")
    return values


def _log_base(notes: Any) -> float | None:
    """Return the base of the logarithm that scanpy says it took, or None."""
    said = notes.get("log1p")
    if said is None:
        return None
    base = said.get("base") if hasattr(said, "get") else None
    return float(np.e if base is None else np.asarray(base).item())
