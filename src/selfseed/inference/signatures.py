"""How much a sample or cell shows of each signature of metastasis: z-scores, or gseapy, decoupler or scanpy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.inference.expression import Expression
from selfseed.inference.gene_lists import Signature, signatures

METHODS = ("zscore", "ssgsea", "ulm", "score_genes")
PACKAGES = {"ssgsea": "gseapy", "ulm": "decoupler>=2", "score_genes": "scanpy"}
FEWEST_GENES = 3
"""Of a signature with fewer genes in the file, no score is given."""
FEWEST_SAMPLES = 2


@dataclass(frozen=True)
class Scores:
    """Hold the score of each sample in each signature.

    Attributes
    ----------
    samples : tuple of str
    signatures : tuple of Signature
    values : float[sample, signature]
        NaN where nothing can be said.
    used : tuple of tuple of str
        For each signature the genes that the score rests on.
    method : str
    notes : tuple of str
    """

    samples: tuple[str, ...]
    signatures: tuple[Signature, ...]
    values: np.ndarray
    used: tuple[tuple[str, ...], ...]
    method: str
    notes: tuple[str, ...]


def score(expression: Expression, method: str = "zscore") -> Scores:
    r"""Return the score of every sample in every signature.

    Parameters
    ----------
    expression : Expression
        With all genes for every method but "zscore".
    method : {"zscore", "ssgsea", "ulm", "score_genes"}
        "zscore": the mean over the genes g of a signature of :math:`d_g (x_{sg} - \bar x_g) / s_g`, with d = -1 for
        genes that the signature lowers and s the standard deviation between samples. "ssgsea": the enrichment score of
        gseapy. "ulm": the t value of decoupler's univariate linear model. "score_genes": scanpy's mean difference to
        genes of like expression. The set of "ssgsea" and "score_genes" leaves lowered genes out.

    Raises
    ------
    ScenarioError
        When z-scores are asked of fewer than two samples.

    References
    ----------
    Barbie et al. (2009), https://doi.org/10.1038/nature08460; Badia-i-Mompel et al. (2022),
    https://doi.org/10.1093/bioadv/vbac016; Tirosh et al. (2016), https://doi.org/10.1126/science.aad0501
    """
    if method == "zscore" and len(expression.samples) < FEWEST_SAMPLES:
        remedy = "z-scores compare samples; give more, or use --method ssgsea or ulm with all genes"
        raise ScenarioError(expression.source, [Problem("samples", str(len(expression.samples)), remedy)])
    notes: list[str] = []
    chosen = signatures()
    used = tuple(_usable(expression, signature, method, notes) for signature in chosen)
    values = np.full((len(expression.samples), len(chosen)), np.nan)
    enough = [number for number, genes in enumerate(used) if len(genes) >= FEWEST_GENES]
    if enough:
        values[:, enough] = _METHODS[method](
            expression, [chosen[number] for number in enough], [used[number] for number in enough]
        )
    return Scores(expression.samples, chosen, values, used, method, tuple(notes))


def require(method: str) -> None:
    """Raise unless the package of ``method`` is installed.

    Raises
    ------
    ScenarioError
        With the line that installs it.
    """
    from importlib.util import find_spec

    package = PACKAGES.get(method, "numpy")
    name = package.partition(">")[0]
    if find_spec(name) is None:
        problem = Problem("--method", f"{method} needs {name}, which is not installed", f'pip install "{package}"')
        raise ScenarioError("the command", [problem])


def _usable(expression: Expression, signature: Signature, method: str, notes: list[str]) -> tuple[str, ...]:
    """Return the genes of a signature that can be used, and note the others."""
    there = set(expression.genes)
    missing = [gene for gene in signature.direction if gene not in there]
    found = [gene for gene in signature.direction if gene in there]
    log2 = expression.log2[:, [expression.genes.index(gene) for gene in found]]
    spread = np.array([np.ptp(column[np.isfinite(column)]) if np.isfinite(column).any() else 0.0 for column in log2.T])
    idle = [gene for gene, width in zip(found, spread, strict=True) if width <= 0.0] if method == "zscore" else []
    lowered = [gene for gene in found if signature.direction[gene] < 0] if method in ("ssgsea", "score_genes") else []
    kept = tuple(gene for gene in found if gene not in idle and gene not in lowered)
    told = f"{signature.name}: {len(kept)} of {len(signature.direction)} genes"
    for what, genes in (("missing", missing), ("the same in all samples", idle), ("lowered, not in a set", lowered)):
        if genes:
            told += f"; {what}: {', '.join(genes)}"
    notes.append(told if len(kept) >= FEWEST_GENES else f"{told}; no score from fewer than {FEWEST_GENES}")
    return kept


def _zscore(expression: Expression, chosen: Sequence[Signature], used: Sequence[Sequence[str]]) -> np.ndarray:
    columns = []
    for signature, genes in zip(chosen, used, strict=True):
        log2 = expression.log2[:, [expression.genes.index(gene) for gene in genes]]
        log2 = np.where(np.isfinite(log2), log2, np.nan)
        direction = np.array([signature.direction[gene] for gene in genes], dtype=float)
        z = direction * (log2 - np.nanmean(log2, axis=0)) / np.nanstd(log2, axis=0, ddof=1)
        known = np.isfinite(z)
        count = known.sum(axis=1)
        total = np.where(known, z, 0.0).sum(axis=1)
        columns.append(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0))
    return np.array(columns).T


def _frame(expression: Expression) -> Any:
    """Return the table (sample, gene) that the packages take: a gene that is missing anywhere is left out."""
    import pandas as pd

    log2 = expression.log2
    whole = np.isfinite(log2).all(axis=0)
    genes = [gene for gene, kept in zip(expression.genes, whole, strict=True) if kept]
    names = [f"s{number}" for number in range(len(expression.samples))]
    return pd.DataFrame(log2[:, whole], index=names, columns=genes)


def _ssgsea(expression: Expression, chosen: Sequence[Signature], used: Sequence[Sequence[str]]) -> np.ndarray:
    import gseapy

    table = _frame(expression)
    sets = {signature.name: list(genes) for signature, genes in zip(chosen, used, strict=True)}
    done = gseapy.ssgsea(
        data=table.T, gene_sets=sets, outdir=None, min_size=1, max_size=10_000, threads=1, no_plot=True, verbose=False
    )
    wide = done.res2d.pivot(index="Name", columns="Term", values="ES").reindex(index=table.index, columns=list(sets))
    return wide.to_numpy(dtype=float)


def _ulm(expression: Expression, chosen: Sequence[Signature], used: Sequence[Sequence[str]]) -> np.ndarray:
    import decoupler
    import pandas as pd

    table = _frame(expression)
    rows = [
        (signature.name, gene, float(signature.direction[gene]))
        for signature, genes in zip(chosen, used, strict=True)
        for gene in genes
    ]
    net = pd.DataFrame(rows, columns=["source", "target", "weight"])
    scores, _ = decoupler.mt.ulm(table, net, tmin=1, verbose=False)
    return scores.reindex(columns=[signature.name for signature in chosen]).to_numpy(dtype=float)


def _score_genes(expression: Expression, chosen: Sequence[Signature], used: Sequence[Sequence[str]]) -> np.ndarray:
    import anndata
    import scanpy

    table = _frame(expression)
    data = anndata.AnnData(table)
    columns = []
    for signature, genes in zip(chosen, used, strict=True):
        there = [gene for gene in genes if gene in table.columns]
        scanpy.tl.score_genes(data, there, score_name=signature.name, random_state=0, use_raw=False)
        columns.append(data.obs[signature.name].to_numpy(dtype=float))
    return np.array(columns).T


_METHODS: dict[str, Callable[[Expression, Sequence[Signature], Sequence[Sequence[str]]], np.ndarray]] = {
    "zscore": _zscore,
    "ssgsea": _ssgsea,
    "ulm": _ulm,
    "score_genes": _score_genes,
}
