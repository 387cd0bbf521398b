"""From a matrix of any shape and scale to the logarithm of the expression of each gene in each sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.inference.gene_lists import identify, plain
from selfseed.interchange.expression import MOST_VALUES, Matrix
from selfseed.interchange.mistakes import quoted

SCALES = ("auto", "counts", "linear", "log2", "ln")
GENES_IN = ("auto", "rows", "columns")
LARGEST_LOGARITHM = 50.0
"""No logarithm of an abundance is larger; larger numbers are counts or abundances."""
FEW_GENES = 500
"""With fewer genes, the sum of a sample is no measure of how deeply it was read."""


@dataclass(frozen=True)
class Expression:
    """Hold the expression of genes in samples or cells.

    Attributes
    ----------
    source : str
    samples, genes : tuple of str
        Genes of the law and of signatures by their approved symbols.
    measured : float[sample, gene]
        As in the file, names that mean the same gene merged.
    depth : float[sample]
        Sum of all genes of the sample, for counts.
    scale : {"counts", "linear", "log2", "ln"}
    pseudocount : float
        Added before the logarithm of counts per million, or of an abundance.
    notes : tuple of str
        What was decided.
    """

    source: str
    samples: tuple[str, ...]
    genes: tuple[str, ...]
    measured: np.ndarray
    depth: np.ndarray
    scale: str
    pseudocount: float
    notes: tuple[str, ...] = ()

    @property
    def log2(self) -> np.ndarray:
        """Return the logarithm to base 2 of the expression (sample, gene)."""
        return self._logarithm(self.measured, self.depth)

    def of_groups(self, group: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
        """Return the groups in their order, and the logarithm to base 2 of the expression in each (group, gene).

        Counts are added up, abundances averaged; of logarithms the mean is taken.
        """
        names = tuple(dict.fromkeys(group))
        index = np.array([names.index(name) for name in group])
        rows = []
        for number in range(len(names)):
            members = self.measured[index == number]
            if self.scale == "counts":
                rows.append(self._logarithm(np.nansum(members, axis=0), self.depth[index == number].sum()))
            else:
                rows.append(self._logarithm(_mean(members, axis=0), np.nan))
        return names, np.array(rows)

    def _logarithm(self, values: np.ndarray, depth: Any) -> np.ndarray:
        if self.scale == "log2":
            return values
        if self.scale == "ln":
            return values / np.log(2.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.scale == "counts":
                values = values / np.asarray(depth)[..., None] * 1e6
            return np.log2(values + self.pseudocount)


def express(
    matrix: Matrix,
    *,
    scale: str = "auto",
    genes_in: str = "auto",
    pseudocount: float = 1.0,
    all_genes: bool = False,
) -> Expression:
    """Return the expression that a matrix holds.

    Parameters
    ----------
    matrix : Matrix
    scale : {"auto", "counts", "linear", "log2", "ln"}
        What the numbers are: counts of reads or molecules; abundances such as TPM; logarithms of these to base 2 or e.
    genes_in : {"auto", "rows", "columns"}
    pseudocount : float, > 0
        In counts per million for counts, in the unit of the file for abundances.
    all_genes : bool
        Keep every gene, as methods need that compare a signature with all other genes.

    Raises
    ------
    ScenarioError
        When no gene is known, or the numbers cannot be what ``scale`` says.
    """
    notes = list(matrix.notes)
    values, samples, names = _turn(matrix, genes_in, notes)
    chosen = _scale(matrix, values, scale, notes)
    where = _columns_of(names, all_genes)
    if values.shape[0] * len(where) > MOST_VALUES:
        _refuse(matrix, "file", f"{values.shape[0]} x {len(where)} numbers", "use --method zscore, or fewer cells")
    measured = _merge(values, where, chosen, notes)
    depth = np.asarray(values.sum(axis=1) if _is_sparse(values) else np.nansum(values, axis=1), float).ravel()
    if chosen == "counts":
        _say_depth(samples, names, depth, notes)
    return Expression(
        matrix.source, _once(samples, notes), tuple(where), measured, depth, chosen, pseudocount, tuple(notes)
    )


def group_of(expression: Expression, groups: Mapping[str, str]) -> tuple[Expression, tuple[str, ...]]:
    """Return the samples that have a group, and the group of each.

    Raises
    ------
    ScenarioError
        When no sample has one, or a group names a sample that is not there.
    """
    known = set(expression.samples)
    strangers = [sample for sample in groups if sample not in known]
    if strangers:
        problems = [Problem("--group-by", quoted(sample), "is no sample of the matrix") for sample in strangers[:20]]
        if len(strangers) > 20:
            problems.append(Problem("...", f"{len(strangers) - 20} more", "correct those above first"))
        raise ScenarioError(expression.source, problems)
    keep = [index for index, sample in enumerate(expression.samples) if sample in groups]
    left_out = len(expression.samples) - len(keep)
    notes = expression.notes + ((f"samples without a group, left out: {left_out}",) if left_out else ())
    kept = replace(
        expression,
        samples=tuple(expression.samples[index] for index in keep),
        measured=expression.measured[keep],
        depth=expression.depth[keep],
        notes=notes,
    )
    return kept, tuple(groups[sample] for sample in kept.samples)


def _turn(matrix: Matrix, genes_in: str, notes: list[str]) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    """Return the numbers with samples in rows, the samples, and the names of genes."""
    in_rows = len({gene for name in matrix.rows if (gene := identify(name))})
    in_columns = len({gene for name in matrix.columns if (gene := identify(name))})
    if matrix.genes_are_columns or genes_in == "columns":
        as_columns, known = True, in_columns
    elif genes_in == "rows":
        as_columns, known = False, in_rows
    else:
        as_columns, known = in_columns > in_rows, max(in_columns, in_rows)
        if in_rows == in_columns and known:
            _refuse(matrix, "file", f"{known} genes in rows and in columns", "say which: --genes rows, or columns")
    if not known:
        shown = ", ".join(quoted(name) for name in (*matrix.rows[:2], *matrix.columns[:2]))
        _refuse(matrix, "file", f"no known gene among {shown}", "name genes by symbol or human Ensembl id")
    if as_columns:
        notes.append(f"genes in columns, {len(matrix.rows)} samples in rows: {known} known genes")
        return matrix.values, matrix.rows, matrix.columns
    notes.append(f"genes in rows, {len(matrix.columns)} samples in columns: {known} known genes")
    return matrix.values.T, matrix.columns, matrix.rows


def _scale(matrix: Matrix, values: Any, asked: str, notes: list[str]) -> str:
    """Return what the numbers are, as asked or as they look, and say why."""
    found = values.data if _is_sparse(values) else values[np.isfinite(values)]
    if not found.size:
        _refuse(matrix, "file", "holds no number", "every value is missing")
    low, high = min(float(found.min()), 0.0 if _is_sparse(values) else np.inf), float(found.max())
    if asked in ("counts", "linear") and low < 0.0:
        _refuse(matrix, "--scale", asked, f"the smallest number is {low:g}; negative numbers are logarithms")
    if asked != "auto":
        notes.append(f"numbers are {_words(asked)}, as asked")
        return asked
    if matrix.log_base is not None and low >= 0.0:
        chosen, reason = _stated(matrix)
    elif low < 0.0:
        chosen, reason = "log2", f"some are negative ({low:.4g})"
    elif high > LARGEST_LOGARITHM:
        whole = bool(np.all(found == np.rint(found)))
        chosen, reason = ("counts", "all are whole") if whole else ("linear", "not all are whole")
        reason = f"the largest is {high:.4g}, and {reason}"
    elif np.all(found == np.rint(found)):
        chosen, reason = "counts", "all are whole"
    else:
        chosen, reason = "log2", f"none is above {LARGEST_LOGARITHM:g}; say --scale ln if they are natural"
    notes.append(f"numbers are taken for {_words(chosen)}: {reason}")
    return chosen


def _stated(matrix: Matrix) -> tuple[str, str]:
    base = matrix.log_base
    for name, value in (("ln", np.e), ("log2", 2.0)):
        if base is not None and abs(base - value) < 1e-6:
            return name, "the file says that log1p was taken"
    _refuse(matrix, "file", f"logarithms to base {base:g}", "give a layer with counts, or logarithms to base 2 or e")
    raise AssertionError


def _words(scale: str) -> str:
    return {
        "counts": "counts",
        "linear": "abundances without logarithm",
        "log2": "logarithms to base 2",
        "ln": "natural logarithms",
    }[scale]


def _columns_of(names: Sequence[str], all_genes: bool) -> dict[str, list[int]]:
    """Return for each gene the columns that hold it; only known genes, unless all are asked for."""
    where: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        gene = identify(name) or (plain(name) if all_genes else None)
        if gene:
            where.setdefault(gene, []).append(index)
    return where


def _merge(values: Any, where: Mapping[str, list[int]], scale: str, notes: list[str]) -> np.ndarray:
    """Return float[sample, gene]: counts and abundances of one gene added up, of logarithms the highest on average."""
    merged = _dense(values, [columns[0] for columns in where.values()])
    several = [gene for gene, columns in where.items() if len(columns) > 1]
    for place, columns in enumerate(where.values()):
        if len(columns) > 1:
            block = _dense(values, columns)
            if scale in ("counts", "linear"):
                known = np.isfinite(block).any(axis=1)
                merged[:, place] = np.where(known, np.nansum(block, axis=1), np.nan)
            else:
                merged[:, place] = block[:, int(np.nan_to_num(_mean(block, axis=0), nan=-np.inf).argmax())]
    if several:
        done = "added up" if scale in ("counts", "linear") else "the highest on average is kept"
        told = [gene for gene in several if identify(gene)]
        which = f", such as {', '.join(told[:5])}" if told else ""
        notes.append(f"genes that stand several times: {len(several)}{which}; {done}")
    return merged


def _dense(values: Any, columns: Sequence[int]) -> np.ndarray:
    block = values[:, columns]
    return np.array(block.toarray() if _is_sparse(values) else block, dtype=float)


def _say_depth(samples: Sequence[str], names: Sequence[str], depth: np.ndarray, notes: list[str]) -> None:
    if len(names) < FEW_GENES:
        notes.append(
            f"counts are divided by the sum of only {len(names)} genes: a gene that rises makes the others fall"
        )
    empty = [sample for sample, total in zip(samples, depth, strict=True) if total <= 0.0]
    if empty:
        notes.append(f"samples without any count: {len(empty)}, such as {quoted(empty[0])}; nothing is said of them")


def _once(samples: Sequence[str], notes: list[str]) -> tuple[str, ...]:
    """Return the names of samples, those that stand again with a number behind them."""
    seen: dict[str, int] = {}
    names = []
    for sample in samples:
        seen[sample] = seen.get(sample, 0) + 1
        names.append(sample if seen[sample] == 1 else f"{sample}.{seen[sample]}")
    if len(seen) < len(names):
        notes.append("samples with the name of another are numbered")
    return tuple(names)


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Return the mean of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _is_sparse(values: Any) -> bool:
    return not isinstance(values, np.ndarray)


def _refuse(matrix: Matrix, where: str, what: str, remedy: str) -> None:
    raise ScenarioError(matrix.source, [Problem(where, what, remedy)])
