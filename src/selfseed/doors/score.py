"""Carry out `selfseed score`: an expression matrix in, a table of genes and signatures out, and clones if asked for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from selfseed.base.errors import OutputError, Problem, ScenarioError, nearest
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    import numpy as np

    from selfseed.inference.clones import Profile
    from selfseed.inference.expression import Expression
    from selfseed.inference.gene_lists import Signature
    from selfseed.interchange.expression import Matrix


@dataclass(frozen=True)
class Request:
    """Hold everything that one call of ``selfseed score`` asks for."""

    matrix: Path
    group_by: str | None
    layer: str | None
    method: str
    scale: str
    genes_in: str
    pseudocount: float
    reference: str | None
    tropism_per_sd: float
    out: Path | None
    clones: Path | None
    scenario: Path | None
    force: bool


def score(
    expression: Annotated[Path, typer.Argument(metavar="EXPRESSION", help="TSV, CSV (.gz too) or h5ad.")],
    group_by: Annotated[
        str | None, typer.Option(help="A column of obs (h5ad), or a table of two columns: sample, group.")
    ] = None,
    method: Annotated[str, typer.Option(help="zscore; or ssgsea (gseapy), ulm (decoupler), score_genes (scanpy).")] = (
        "zscore"
    ),
    scale: Annotated[str, typer.Option(help="What the numbers are: auto, counts, linear (TPM), log2, ln.")] = "auto",
    genes: Annotated[str, typer.Option(help="Where the genes are: auto, rows, columns.")] = "auto",
    layer: Annotated[str | None, typer.Option(help="Of h5ad: the layer to read in place of X; 'raw' too.")] = None,
    pseudocount: Annotated[float, typer.Option(help="Added to counts per million, or abundances, before log2.")] = 1.0,
    reference: Annotated[str | None, typer.Option(help="The sample or group in which every fold is 1.")] = None,
    clones: Annotated[Path | None, typer.Option(help="Write the clones of a scenario here; needs --reference.")] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Write a whole scenario with these clones here; needs --reference.")
    ] = None,
    tropism_per_sd: Annotated[
        float, typer.Option(help="Fold of tropism for one standard deviation of a signature: an assumption.")
    ] = 3.0,
    out: Annotated[Path | None, typer.Option(help="The table. If absent: stdout.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the files that are there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Score expression data: the five genes of self-seeding, and the lung, bone and brain metastasis signatures.

    Stdout is a table with one row for each sample, cell or group; with --clones or --scenario it becomes a simulation.
    """
    request = Request(
        matrix=expression, group_by=group_by, layer=layer, method=method, scale=scale, genes_in=genes,
        pseudocount=pseudocount, reference=reference, tropism_per_sd=tropism_per_sd, out=out, clones=clones,
        scenario=scenario, force=force,
    )  # fmt: skip
    check(request)
    table = carry_out(request, Talk(quiet))
    if out is None:
        sys.stdout.write(table)
    else:
        _write(out, table)


def check(request: Request) -> None:
    """Raise unless the request makes sense.

    Raises
    ------
    ScenarioError
        With every problem.
    OutputError
        When a file would be replaced.
    """
    from selfseed.inference.expression import GENES_IN, SCALES
    from selfseed.inference.signatures import METHODS, require

    words = (
        ("--method", request.method, METHODS),
        ("--scale", request.scale, SCALES),
        ("--genes", request.genes_in, GENES_IN),
    )
    problems = [
        Problem(option, repr(word), _allowed(word, allowed)) for option, word, allowed in words if word not in allowed
    ]
    if not 0.0 < request.pseudocount < float("inf"):
        problems.append(Problem("--pseudocount", f"{request.pseudocount:g}", "must be above 0"))
    if not 1.0 <= request.tropism_per_sd <= 1000.0:
        problems.append(Problem("--tropism-per-sd", f"{request.tropism_per_sd:g}", "must be from 1 to 1000"))
    for option, path in (("--clones", request.clones), ("--scenario", request.scenario)):
        if path is not None and request.reference is None:
            problems.append(Problem(option, str(path), "name the sample that every fold is taken against: --reference"))
    if problems:
        raise ScenarioError("the command", problems)
    require(request.method)
    for path in (request.out, request.clones, request.scenario):
        if path is not None and path.exists() and not request.force:
            raise OutputError(f"{path} exists; --force replaces it")


def carry_out(request: Request, talk: Talk) -> str:
    """Read, score, write clones if they are asked for, and return the table.

    Raises
    ------
    ScenarioError
        With every problem of the files.
    OutputError
        When a file cannot be written.
    """
    from selfseed.inference.clones import folds, unit_of
    from selfseed.inference.expression import express, group_of
    from selfseed.inference.signatures import score as score_signatures
    from selfseed.interchange.expression import read_matrix

    matrix = read_matrix(request.matrix, layer=request.layer)
    expression = express(
        matrix, scale=request.scale, genes_in=request.genes_in, pseudocount=request.pseudocount,
        all_genes=request.method != "zscore",
    )  # fmt: skip
    groups: Sequence[str] = expression.samples
    if request.group_by is not None:
        expression, groups = group_of(expression, _groups(request.group_by, matrix, expression))
    scores = score_signatures(expression, request.method)
    for note in (*expression.notes, *scores.notes):
        talk.say(note)
    profile = _profile(expression, groups, scores.values, unit_of(scores), scores.signatures)
    for note in _unmeasured(profile):
        talk.say(note)
    fold = folds(profile, request.reference) if request.reference is not None else None
    _write_clones(request, profile, talk)
    sizes = [groups.count(name) for name in profile.names] if request.group_by is not None else None
    return "".join(_rows(profile, sizes, fold))


def _groups(asked: str, matrix: Matrix, expression: Expression) -> dict[str, str]:
    """Return the group of each sample: by a column of the file, or from a table of its own."""
    from selfseed.interchange.expression import MISSING, read_groups

    if asked in matrix.labels:
        named = zip(expression.samples, matrix.labels[asked], strict=True)
        return {sample: group for sample, group in named if group.casefold() not in MISSING}
    if Path(asked).exists() or not matrix.labels:
        return read_groups(asked)
    raise ScenarioError(matrix.source, [Problem("--group-by", repr(asked), _allowed(asked, tuple(matrix.labels)))])


def _profile(
    expression: Expression,
    groups: Sequence[str],
    scores: np.ndarray,
    unit: np.ndarray,
    signatures: Sequence[Signature],
) -> Profile:
    import numpy as np

    from selfseed.inference.clones import Profile
    from selfseed.processes import GENES

    names, log2 = expression.of_groups(groups)
    index = {gene: number for number, gene in enumerate(expression.genes)}
    five = np.full((len(names), len(GENES)), np.nan)
    for number, gene in enumerate(GENES):
        if gene in index:
            five[:, number] = log2[:, index[gene]]
    place = {name: number for number, name in enumerate(names)}
    where = np.array([place[group] for group in groups])
    known = np.isfinite(scores)
    total = np.zeros((len(names), scores.shape[1]))
    count = np.zeros_like(total)
    np.add.at(total, where, np.where(known, scores, 0.0))
    np.add.at(count, where, known)
    means = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    organs = tuple(signature.organ for signature in signatures)
    return Profile(expression.source, names, five, means, unit, organs)


def _unmeasured(profile: Profile) -> Iterator[str]:
    import numpy as np

    from selfseed.processes import GENES

    missing = [gene for gene, column in zip(GENES, profile.log2.T, strict=True) if not np.isfinite(column).any()]
    if missing:
        yield f"not in the matrix: {', '.join(missing)}"


def _write_clones(request: Request, profile: Profile, talk: Talk) -> None:
    from selfseed.inference.clones import clones_text, make_clones, scenario_text

    if request.reference is None or (request.clones is None and request.scenario is None):
        return
    clones = make_clones(profile, request.reference, request.tropism_per_sd)
    for note in clones.notes:
        talk.say(note)
    talk.say(f"tropism: {request.tropism_per_sd:g}-fold per standard deviation of a signature, an assumption")
    how = (
        f"expression: fold against {request.reference}; signatures by {request.method}\n"
        f"tropism: {request.tropism_per_sd:g} to the power of the difference in standard deviations"
    )
    for path, write in ((request.clones, clones_text), (request.scenario, scenario_text)):
        if path is not None:
            _write(path, write(clones, request.matrix.name, how))
            talk.say(f"written: {path}")


def _rows(profile: Profile, sizes: Sequence[int] | None, fold: np.ndarray | None) -> Iterator[str]:
    """Yield the lines of the table: log2 expression, scores, and folds against the reference."""
    from selfseed.processes import GENES

    head = ["group", "samples"] if sizes is not None else ["sample"]
    head += [*GENES, *profile.organs]
    head += [f"fold_{gene}" for gene in GENES] if fold is not None else []
    yield "\t".join(head) + "\n"
    for number, name in enumerate(profile.names):
        cells = ["".join(sign if sign.isprintable() else "?" for sign in name)]
        cells += [str(sizes[number])] if sizes is not None else []
        numbers = [*profile.log2[number], *profile.scores[number], *(fold[number] if fold is not None else ())]
        yield "\t".join([*cells, *("NA" if value != value else f"{value:.6g}" for value in numbers)]) + "\n"


def _allowed(word: str, allowed: Sequence[str]) -> str:
    close = nearest(word, allowed)
    shown = f"one of: {', '.join(allowed[:12])}{', ...' if len(allowed) > 12 else ''}"
    return f"did you mean '{close}'? {shown}" if close else shown


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
