"""Score and time migration histories on the published simulated patients, beside the published figures of the peers.

    python bench/history.py [--data DIR] [--most N]

DIR holds the 42 patients of El-Kebir et al. 2018 in folders SITES/PATTERN; without them virtual patients are used, for
which no peer's figures are known.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

from selfseed.history.answer import Answer
from selfseed.history.calibrate import Calibration
from selfseed.history.infer import infer_from_reads, infer_from_tree
from selfseed.history.parsimony import parsimonious
from selfseed.history.read import read_counts, read_history, read_tree
from selfseed.history.score import score
from selfseed.history.settings import Settings
from selfseed.history.simulate import simulate_patients
from selfseed.history.tree import History

PUBLISHED = (
    # track, program, multigraph F1, clones F1, found of 10, false of 32, Brier, log loss, seconds a patient
    ("reads", "MACHINA, published results", 0.692, 0.885, 2, 0, 0.190, 0.885, "not known"),
    ("reads", "Metient 1.0.0, published results", 0.754, 0.924, 3, 1, 0.190, 0.885, "11-60, measured elsewhere"),
    ("tree", "MACH2 criteria, all optima", 0.908, 0.984, 7, 0, 0.071, 0.338, "0.01-0.07 + import, needs a licence"),
    ("tree", "Sankoff, all optima", 0.794, 0.777, 6, 0, 0.087, 0.343, "0.01"),
)


def published(folder: Path):
    """Yield true history, clone tree and reads of each published patient."""
    for tree in sorted(folder.glob("*/*/C_*.tree")):
        true = tree.with_name(tree.name.replace("C_", "T_"))
        history = read_history(true, true.with_suffix(".vertex.labeling"))
        reads = tree.with_name(tree.name.replace("C_", "reads_")).with_suffix(".tsv")
        yield history, read_tree(tree, tree.with_suffix(".observed.labeling")), read_counts(reads)


def virtual():
    """Yield true history, clone tree and reads of virtual patients."""
    for patient in simulate_patients(12, seed=11, kinds=("mS", "S", "M", "R"), settings=Settings()):
        yield patient.history, patient.history.tree, patient.reads


def row(track: str, name: str, truths: list[History], answers: list[Answer]) -> str:
    """Return one line of the table."""
    scores = [score(true, answer.history) for true, answer in zip(truths, answers, strict=True)]
    graph, clones = (np.mean([each[name]["f1"] for each in scores]) for name in ("graph_multi", "clones"))
    judged = Calibration(
        np.array([answer.p_reseeding for answer in answers]), np.array([true.graph.reseeding for true in truths])
    )
    seconds = np.median([answer.trust.seconds for answer in answers])
    return (
        f"| {track} | {name} | {graph:.3f} | {clones:.3f} | {judged.found} / {judged.false} | {judged.brier:.3f} | "
        f"{judged.log_loss:.3f} | {seconds:.1f} (median) |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    shared = os.environ.get("SELFSEED_SHARED", "../shared")
    parser.add_argument("--data", type=Path, default=Path(shared) / "data" / "clone_trees" / "simulated")
    parser.add_argument("--most", type=int, default=1000, help="patients to look at")
    asked = parser.parse_args()
    there = asked.data.is_dir()
    patients = list(published(asked.data) if there else virtual())[: asked.most]
    truths = [history for history, _, _ in patients]
    infer_from_tree(patients[0][1], "P", leave_out=False)
    from_trees = [infer_from_tree(tree, "P", leave_out=False) for _, tree, _ in patients]
    from_reads = [infer_from_reads(reads, "P", leave_out=False) for _, _, reads in patients]
    times = []
    for _, tree, _ in patients:
        start = time.perf_counter()
        parsimonious(tree, "P", price=False)
        times.append(time.perf_counter() - start)
    kind = "published simulated patients" if there else "virtual patients (the published ones are not here)"
    print(f"{len(patients)} {kind}, {sum(true.graph.reseeding for true in truths)} reseeded\n")
    print("| from | program | multigraph F1 | clones F1 | found / false | Brier | log loss | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    print(row("reads", "selfseed", truths, from_reads))
    print(row("tree", "selfseed", truths, from_trees))
    for track, name, graph, clones, found, false, brier, loss, seconds in PUBLISHED if there else ():
        print(f"| {track} | {name} | {graph} | {clones} | {found} / {false} | {brier} | {loss} | {seconds} |")
    print(f"\nexact parsimony, all optima: median {np.median(times) * 1e3:.1f} ms, most {max(times) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
