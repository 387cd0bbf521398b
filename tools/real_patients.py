"""Write the tables of docs/history-real-patients.md: ``python tools/real_patients.py DATA [--answers FILE]``.

DATA holds ``clone_trees/patients``. With ``--answers`` each finished patient is kept in FILE, and not done again.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selfseed.history.answer import MENTION, Answer
from selfseed.history.counts import ReadCounts
from selfseed.history.infer import infer_from_reads, infer_from_tree
from selfseed.history.parsimony import Front, parsimonious
from selfseed.history.phylogeny import counts_from_frequencies, sample_clone_trees
from selfseed.history.read import read_counts, read_frequencies, read_history, read_tree
from selfseed.history.summary import likeliest_tree
from selfseed.history.tree import CloneTree

PAGE = Path(__file__).parents[1] / "docs" / "history-real-patients.md"
BEGIN, END = "<!-- made by tools/real_patients.py: begin -->", "<!-- made by tools/real_patients.py: end -->"
RARE_PRIOR = 0.015
"""Reseeding among 66 unselected histories of MACHINA's simulator: 1."""

OVARIES = ("LOv", "ROv")
UNTOLD = "–"
ENOUGH = 1.2
"""Walks over clone trees differ too much above this scale reduction."""

BUDGET = 20.0
"""Seconds for each table of reads."""


@dataclass(frozen=True)
class Patient:
    """Name the file of one patient, and the site taken for the primary.

    Parameters
    ----------
    name : str
    path : Path
        A clone tree, a table of reads or one of frequency intervals.
    primary : str
    reported : Path, optional
        The labeling that the authors of the data reported.
    """

    name: str
    path: Path
    primary: str
    reported: Path | None = None


def patients(data: Path) -> Iterator[Patient]:
    """Yield all patients, those of many mutations last."""
    folder = data / "clone_trees" / "patients"
    for number in (1, 2, 3, 4, 7, 9, 10):
        path = folder / "mcpherson_2016" / f"patient{number}.tree"
        reported = path.with_suffix(".reported.labeling")
        sites = tree_of(path).sites
        root = read_history(path, reported).primary
        for primary in dict.fromkeys([*(site for site in OVARIES if site in sites), root]):
            yield Patient(f"ovarian {number}", path, primary, reported)
    for name in ("A10", "A22", "A29", "A31", "A32"):
        yield Patient(f"prostate {name}", folder / "gundem_2015" / "reported_clonetrees" / f"{name}.tree", "prostate")
    for name in ("A1", "A7"):
        yield Patient(f"breast {name}", folder / "hoadley_2016" / f"{name}_MACHINA_0.95.tsv", "breast")
    yield Patient("prostate A22", folder / "gundem_2015" / "reads_A22.tsv", "prostate")
    for name in "DGBEACF":
        yield Patient(f"melanoma {name}", folder / "sanborn_2015" / f"reads_{name}.tsv", "primary")


def answer_of(patient: Patient, seed: int = 0) -> dict[str, Any]:
    """Return what was inferred of one patient: a row of the tables, and what the text needs."""
    start = time.monotonic()
    if patient.path.suffix == ".tree":
        tree = tree_of(patient.path)
        kind = "tree"
        answer = infer_from_tree(tree, patient.primary, seed=seed)
    else:
        reads = reads_of(patient.path)
        kind = f"{len(reads.mutations)} {'SNVs' if reads.cluster is None else 'clusters'}"
        answer = infer_from_reads(reads, patient.primary, seed=seed, budget_seconds=BUDGET, leave_out=False)
        tree = likeliest_tree(answer)
    seconds = time.monotonic() - start
    front = parsimonious(tree, patient.primary, limit=5)
    return {
        "patient": patient.name,
        "input": kind,
        "primary": patient.primary,
        "sites": len(answer.sites),
        "reported": reported_call(patient.path, patient.reported) if patient.reported else UNTOLD,
        "seconds": round(seconds, 1),
        **_posterior(answer, tree),
        **_fewest(front),
        "founder_in_primary": UNTOLD if patient.path.suffix == ".tree" else founder_in_primary(tree, patient.primary),
        **further(patient, seed),
    }


def founder_in_primary(tree: CloneTree, primary: str, seed: int = 0) -> list[float]:
    """Return P(cycle) of a tree taken as certain: as it is, and with its first mutated clone at the root.

    A root without mutations stands for normal cells. It lets the first tumour clone arise elsewhere and come to the
    primary, which counts as a cycle.
    """
    found = [tree]
    if not tree.mutations[0] and not tree.observed[0] and len(tree.children[0]) == 1:
        above = tuple(max(-1, parent - 1) for parent in tree.parent[1:])
        found.append(CloneTree(tree.names[1:], above, tree.observed[1:], tree.mutations[1:]))
    return [round(infer_from_tree(one, primary, seed=seed, leave_out=False).p_reseeding, 3) for one in found]


def tree_of(path: Path) -> CloneTree:
    """Return a clone tree; its labeling lies beside it."""
    return read_tree(path, path.with_suffix(".labeling"))


def reads_of(path: Path) -> ReadCounts:
    """Return reads, or the reads that say as much as frequency intervals."""
    intervals = path.parent.name == "hoadley_2016"
    return counts_from_frequencies(read_frequencies(path)) if intervals else read_counts(path)


def further(patient: Patient, seed: int = 0) -> dict[str, Any]:
    """Return what an answer does not hold: the likeliest primaries of a tree, or how the walks over trees agree."""
    if patient.path.suffix == ".tree":
        compared = infer_from_tree(tree_of(patient.path), None, seed=seed, leave_out=False).primaries
        best = sorted(compared.items(), key=lambda item: -item[1])[:2]
        return {"likeliest_primaries": {site: round(share, 2) for site, share in best}}
    sample = sample_clone_trees(reads_of(patient.path), seed=seed, budget_seconds=BUDGET / 2)
    return {"walks_over_trees": round(sample.disagreement, 2), "effective_trees": round(sample.effective, 1)}


def _posterior(answer: Answer, tree: CloneTree) -> dict[str, Any]:
    trust = answer.trust
    return {
        "clones": len(tree),
        "p_cycle": answer.p_reseeding,
        "p_primary": answer.p_primary_reseeded,
        "p_metastases": answer.p_metastases_reseeded,
        "bayes_factor": answer.bayes_factor,
        "verdict": answer.verdict,
        "converged": bool(trust.converged),
        "why_not": f"R-hat {trust.shrink_factor:.2f}, {trust.effective_draws:.0f} draws, truncated {trust.truncated}",
        "patterns": {name: round(share, 3) for name, share in list(answer.p_pattern.items())[:3]},
        "returned": {name: round(share, 3) for name, share in list(answer.p_clone_returned.items())[:4]},
        "site_reseeded": {site: round(share, 3) for site, share in answer.p_site_reseeded.items() if share > 0.02},
        "left_out": {one.name: round(one.p_reseeding, 3) for one in answer.left_out},
    }


def _fewest(front: Front) -> dict[str, Any]:
    graphs = [history.graph for history in front.histories]
    point = front.points[0].of("UMCS") if front.points else None
    return {
        "optimum": list(point) if point else None,
        "optimal_patterns": sorted({graph.pattern for graph in graphs}),
        "optimal_graphs": len(graphs),
        "proved": bool(front.proved),
        "complete": bool(front.complete),
        "price": list(front.price.delta.of("UMCS")) if front.price else None,
        "price_proved": bool(front.price and front.price.proved),
    }


def reported_call(tree: Path, labeling: Path) -> str:
    """Return the root, the pattern and the cycle of the labeling that the authors reported."""
    graph = read_history(tree, labeling).graph
    cycle = f", {'+'.join(sorted(graph.reseeded))} on a cycle" if graph.reseeding else ""
    return f"{graph.primary}: {graph.pattern}{cycle}"


def at_prior(bayes_factor: float, prior: float) -> tuple[float, str]:
    """Return the probability of reseeding at another prior, and the verdict there."""
    odds = bayes_factor * prior / (1 - prior)
    probability = odds / (1 + odds)
    if 1 / MENTION < bayes_factor < MENTION:
        return probability, "undecidable"
    return probability, "likely" if probability >= 0.5 else "unlikely"


def tables(rows: list[dict[str, Any]]) -> str:
    """Return both tables as Markdown."""
    head = (
        "| patient | input | clones | sites | primary | P(cycle) | P(into primary) | P(cycle of metastases) "
        f"| Bayes factor | verdict | P, verdict at {RARE_PRIOR} | fewest U,M,C,S | patterns | price | authors' call "
        "| s | converged |"
    )
    main = [head, "|" + "---|" * 17, *map(_row, rows)]
    second = [
        "| patient | clones that came back | without one site: least, most P(cycle) "
        "| tree: likeliest primaries; reads: trees |",
        "|---|---|---|---|",
    ]
    second += [_rests_on(row) for row in rows if row["bayes_factor"] > 1]
    return "\n".join([BEGIN, *main, "", *second, "", END])


def _row(row: dict[str, Any]) -> str:
    rare, verdict = at_prior(row["bayes_factor"], RARE_PRIOR)
    optimum = ",".join(map(str, row["optimum"] or ["none found"])) + ("" if row["proved"] else " (not proved)")
    price = ",".join(f"{value:+d}" if value else "0" for value in row["price"]) if row["price"] else UNTOLD
    cells = (
        row["patient"], row["input"], row["clones"], row["sites"], row["primary"],
        *(f"{row[key]:.2f}" for key in ("p_cycle", "p_primary", "p_metastases")), f"{row['bayes_factor']:.2g}",
        row["verdict"], f"{rare:.2f} {verdict}", optimum, " ".join(row["optimal_patterns"]),
        price + ("" if row["price_proved"] or not row["price"] else " (not proved)"), row["reported"],
        f"{row['seconds']:.0f}", _convergence(row),
    )  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def _convergence(row: dict[str, Any]) -> str:
    """Return whether the walks over histories agree, and from reads those over clone trees too."""
    trees = row.get("walks_over_trees", 1.0)
    told = ([] if row["converged"] else [f"histories {row['why_not'].partition(', trunc')[0]}"]) + (
        [f"trees R-hat {trees:.1f}"] if trees > ENOUGH else []
    )
    return f"no: {'; '.join(told)}" if told else "yes"


def _rests_on(row: dict[str, Any]) -> str:
    clones = ", ".join(f"{_short(name)} {share:.2f}" for name, share in row["returned"].items() if share >= 0.05)
    moved = sorted(row["left_out"].items(), key=lambda item: item[1])
    ends = [f"{site} {share:.2f}" for site, share in moved[:: max(1, len(moved) - 1)]]
    if "walks_over_trees" in row:
        cycle = ", ".join(f"{share:.2f}" for share in row["founder_in_primary"])
        last = f"trees R-hat {row['walks_over_trees']:.2f}; likeliest tree {cycle}"
    else:
        last = ", ".join(f"{site} {share:.2f}" for site, share in row["likeliest_primaries"].items())
    name = f"{row['patient']} ({row['input']}), {row['primary']}"
    return f"| {name} | {clones or UNTOLD} | {', '.join(ends) or 'not done'} | {last} |"


def _short(name: str) -> str:
    """Return the first mutation of a clone that is named by all it gained, and how many there are besides."""
    first, *others = name.split(";")
    return ":".join(first.split(":")[:1]) + (f" (+{len(others)})" if others else "")


def main() -> None:
    """Answer each patient and put the tables into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--answers", type=Path)
    given = parser.parse_args()
    kept = json.loads(given.answers.read_text()) if given.answers and given.answers.exists() else {}
    rows = []
    for patient in patients(given.data):
        key = f"{patient.path.name} {patient.primary}"
        if key not in kept:
            kept[key] = answer_of(patient)
            print(json.dumps(kept[key]), flush=True)
            if given.answers:
                given.answers.write_text(json.dumps(kept, indent=1))
        rows.append(kept[key])
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else f"{BEGIN}\n{END}\n"
    before, _, rest = page.partition(BEGIN)
    PAGE.write_text(before + tables(rows) + (rest.partition(END)[2] or "\n"), encoding="utf-8")


if __name__ == "__main__":
    main()
