"""Score and time migration histories beside Metient, run here, and the published results of other programs.

    python bench/history.py [--data DIR] [--most N] [--metient PYTHON] [--page FILE]

DIR holds the 42 patients of El-Kebir et al. 2018 in folders SITES/PATTERN; without them virtual patients are used, for
which there are no published results. PYTHON is an interpreter that has Metient.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from selfseed.history.calibrate import Calibration
from selfseed.history.infer import PRIOR, infer_from_reads, infer_from_tree
from selfseed.history.parsimony import parsimonious
from selfseed.history.read import read_counts, read_history, read_tree
from selfseed.history.score import score
from selfseed.history.settings import Settings
from selfseed.history.simulate import simulate_patients
from selfseed.history.tree import CloneTree, History

Patient = tuple[History, CloneTree, object]
"""The true history, the true clone tree, and the reads."""

MACHINA = "[MACHINA](https://doi.org/10.1038/s41588-018-0106-z)"
METIENT = "[Metient](https://doi.org/10.1038/s41592-025-02924-8)"

CITED = (
    "| reads | {machina}, its published answers | .692 | .885 | 2 / 0 | .190 | .885 | |",
    "| reads | {metient}, its published answers, best | .754 | .924 | 3 / 1 | .190 | .885 | |",
    "| reads | clones seen in over 5 % of cells, fewest UMCS | .698 | .929 | 6 / 6 | .238 | 1.104 | |",
    "| true tree | [MACH2](https://pypi.org/project/mach2/)'s criteria (UMCS), all optima | .908 | .984 | 7 / 0 | "
    ".071 | .338 | |",
    "| true tree | fewest migrations (Sankoff), all optima | .794 | .777 | 6 / 0 | .087 | .343 | |",
)
"""Answers that the authors published, or of others' methods, scored elsewhere on the same 42 patients."""

TIMES = """\
| program, on clone trees of the same benchmark | seconds a patient, measured elsewhere on 2 cores |
|---|---|
| MACHINA `pmh_sankoff` (C++, fewest migrations only) | median 0.011, most 0.038 |
| MACH2 1.0.2 with Gurobi | 0.01–0.07, and 0.5–1.1 to start; its free licence admits 5 of 257 trees |
| MACH2's program (UMC) in HiGHS, one optimum | median 0.06 (5 sites) and 0.35 (8 sites), most 1.6 |
| fewest MCS with refinement (MACHINA's problem) in HiGHS, one optimum | medians 0.6–11.5, most 43 |
| Metient 1.0.0, same search as here | 11–20 unloaded, 40–60 on a busy machine |
"""


@dataclass(frozen=True)
class Outcome:
    """Hold what a program said of one patient: the probability of reseeding, weighed histories, and its seconds."""

    probability: float
    histories: Sequence[tuple[float, History]]
    seconds: float


def published(folder: Path) -> Iterator[Patient]:
    """Yield the published patients."""
    for tree in sorted(folder.glob("*/*/C_*.tree")):
        true = tree.with_name(tree.name.replace("C_", "T_"))
        reads = tree.with_name(tree.name.replace("C_", "reads_")).with_suffix(".tsv")
        history = read_history(true, true.with_suffix(".vertex.labeling"))
        yield history, read_tree(tree, tree.with_suffix(".observed.labeling")), read_counts(reads)


def virtual() -> Iterator[Patient]:
    """Yield virtual patients."""
    for patient in simulate_patients(12, seed=11, kinds=("mS", "S", "M", "R"), settings=Settings()):
        yield patient.history, patient.history.tree, patient.reads


def start_metient(python: Path | None, patients: Sequence[Patient], folder: Path) -> subprocess.Popen | None:
    """Let Metient begin on one core; None where it is not installed."""
    works = [python, "-c", "import metient"]
    if python is None or not python.exists() or subprocess.run(works, capture_output=True).returncode != 0:
        print("Metient is not installed: going on without it", file=sys.stderr)
        return None
    asked = [
        {
            "primary": true.primary,
            "sites": sorted({*tree.sites, true.primary}),
            "parent": tree.parent,
            "mutations": [len(gained) for gained in tree.mutations],
            "observed": [sorted(sites) for sites in tree.observed],
        }
        for true, tree, _ in patients
    ]
    (folder / "patients.json").write_text(json.dumps(asked))
    script = Path(__file__).with_name("metient_patients.py")
    return subprocess.Popen([python, script, folder / "patients.json", folder / "answers.json"])


def read_metient(folder: Path, patients: Sequence[Patient], best: bool) -> list[Outcome]:
    """Return Metient's answers: its best solution, or all by its own probabilities."""
    outcomes = []
    for answer, (_, tree, _) in zip(json.loads((folder / "answers.json").read_text()), patients, strict=True):
        histories = [
            (each["probability"], History(tree, tuple(each["clone"]), tuple(each["site"]), tuple(each["parent"])))
            for each in answer["solutions"]
        ]
        outcomes.append(weighed([(1.0, histories[0][1])] if best else histories, answer["seconds"]))
    return outcomes


def weighed(histories: Sequence[tuple[float, History]], seconds: float) -> Outcome:
    """Return an outcome whose probability of reseeding is the share of weight on reseeding histories."""
    total = sum(weight for weight, _ in histories)
    shares = [(weight / total, history) for weight, history in histories]
    return Outcome(sum(share for share, history in shares if history.graph.reseeding), shares, seconds)


def infer(track: str, patients: Sequence[Patient]) -> list[Outcome]:
    """Return selfseed's answers from the true trees or from reads."""
    outcomes = []
    for number, (true, tree, reads) in enumerate(patients, 1):
        if track == "reads":
            answer = infer_from_reads(reads, true.primary, leave_out=False)
        else:
            answer = infer_from_tree(tree, true.primary, leave_out=False)
        outcomes.append(Outcome(answer.p_reseeding, [(1.0, answer.history)], answer.trust.seconds))
        print(f"selfseed, {track}: patient {number} of {len(patients)}, {outcomes[-1].seconds:.1f} s", file=sys.stderr)
    return outcomes


def fewest_events(patients: Sequence[Patient]) -> list[Outcome]:
    """Return all most parsimonious histories (UMCS) of the true trees, each as often as it can be arranged."""
    outcomes = []
    for true, tree, _ in patients:
        start = time.perf_counter()
        front = parsimonious(tree, true.primary, price=False)
        seconds = time.perf_counter() - start
        numbers = [number or 1 for number in front.arrangements]
        outcomes.append(weighed(list(zip(numbers, front.histories, strict=True)), seconds))
    return outcomes


def row(track: str, name: str, patients: Sequence[Patient], outcomes: Sequence[Outcome]) -> str:
    """Return one line of the table."""
    judged = Calibration(
        np.array([outcome.probability for outcome in outcomes]),
        np.array([true.graph.reseeding for true, _, _ in patients]),
    )
    means = []
    for measure in ("graph_multi", "clones"):
        each = [
            sum(share * score(true, history)[measure]["f1"] for share, history in outcome.histories)
            for (true, _, _), outcome in zip(patients, outcomes, strict=True)
        ]
        means.append(decimals(float(np.mean(each))))
    seconds = sorted(outcome.seconds for outcome in outcomes)
    cells = (track, name, *means, f"{judged.found} / {judged.false}", decimals(judged.brier), decimals(judged.log_loss))
    return f"| {' | '.join(cells)} | {np.median(seconds):.3g}, most {seconds[-1]:.3g} |"


def decimals(number: float) -> str:
    """Return a number below ten with three decimals and no leading zero."""
    return f"{number:.3f}".removeprefix("0")


def ratio(name: str, slower: Sequence[Outcome], faster: Sequence[Outcome]) -> str:
    """Return a line that compares the seconds of the same patients."""
    ratios = [one.seconds / other.seconds for one, other in zip(slower, faster, strict=True)]
    middle, least, most = (f"{value:,.1f}" for value in (np.median(ratios), min(ratios), max(ratios)))
    return f"- {name}: {middle} (median of the patients' ratios; {least} to {most})"


def measure(patients: Sequence[Patient], python: Path | None, cited: bool) -> str:
    """Return the tables, after running everything."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        peer = start_metient(python, patients, folder)
        for warm_up in ("true tree", "reads"):
            infer(warm_up, patients[:1])
        fewest_events(patients[:1])
        trees, fewest, reads = infer("true tree", patients), fewest_events(patients), infer("reads", patients)
        ran = peer is not None and peer.wait() == 0
        best, own = (read_metient(folder, patients, each) if ran else [] for each in (True, False))
    lines = [
        "| from | program | multigraph F1 | clones F1 | found / false | Brier | log loss | seconds (median) |",
        "|---|---|---|---|---|---|---|---|",
        row("reads", "**selfseed**", patients, reads),
        row("true tree", "**selfseed**", patients, trees),
        row("true tree", "selfseed, fewest events (UMCS), all optima", patients, fewest),
    ]
    ratios = ["Time as a multiple of another's, on the same trees:", ""]
    if ran:
        lines.append(row("true tree", "Metient 1.0.0, best", patients, best))
        lines.append(row("true tree", "Metient 1.0.0, by its own probabilities", patients, own))
        ratios.append(ratio("Metient / selfseed", best, trees))
        ratios.append(ratio("Metient / selfseed's fewest events", best, fewest))
    else:
        ratios.append("- Metient could not be run here: no row and no ratio of it was measured.")
    ratios.append(ratio("selfseed / selfseed's fewest events", trees, fewest))
    if cited:
        lines += [line.format(machina=MACHINA, metient=METIENT) for line in CITED]
    lines.append(constant(patients))
    return "\n".join([*lines, "", *ratios]) + "\n"


def constant(patients: Sequence[Patient]) -> str:
    """Return the line of a program that says the prior of every patient."""
    truth = np.array([true.graph.reseeding for true, _, _ in patients])
    judged = Calibration(np.full(len(truth), PRIOR), truth)
    return f"| nothing | a constant {PRIOR} | | | 0 / 0 | {decimals(judged.brier)} | {decimals(judged.log_loss)} | |"


def page(patients: Sequence[Patient], tables: str) -> str:
    """Return the page for ``docs``."""
    reseeded = sum(true.graph.reseeding for true, _, _ in patients)
    return f"""\
# Migration histories beside other programs

Made by `bench/history.py` on {datetime.date.today().isoformat()}, {os.cpu_count()} cores: {len(patients)} published
simulated patients ([El-Kebir et al. 2018](https://doi.org/10.1038/s41588-018-0106-z)), {reseeded} of them reseeded.
What these figures mean, and where selfseed fails, is in [history-accuracy.md](history-accuracy.md).

{tables}
Rows with seconds were run here, each program on one core while the other may have been running. Rows without were not:
they score the
answers that the authors published, or others' methods run elsewhere, on the same patients.

- *Multigraph F1, clones F1*: means over patients, of migrations with their multiplicity and of the clones that left a
  site. selfseed gives one history; where a program gives several, their mean by its weights, but for "best".
- *Found / false*: reseeded patients, and others, called reseeded (probability at least 1/2). Log loss is clipped at
  0.01; "best" answers and published ones count as probability 0 or 1.
- *From reads* nothing but reads is given; *true tree* gives clones and where each is. From reads Metient needs a tree
  of another program, so only its published answers stand there.
- Metient is run with its pan-cancer weights, 1,024 samples and 3 runs, one thread, without its own start of a few
  seconds; selfseed without leaving samples out, and without compiling.
- With ten reseeded patients, the share of them that is found is uncertain by 0.3 either way.

## Times of exact parsimony, for comparison

{TIMES}"""


def main() -> None:
    """Print the tables, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    shared = os.environ.get("SELFSEED_SHARED", "../shared")
    parser.add_argument("--data", type=Path, default=Path(shared) / "data" / "clone_trees" / "simulated")
    parser.add_argument("--most", type=int, help="patients to look at")
    parser.add_argument("--metient", type=Path, help="a Python interpreter that has Metient")
    parser.add_argument("--page", type=Path, help="write the page here, if all published patients were looked at")
    asked = parser.parse_args()
    there = asked.data.is_dir()
    patients = list(published(asked.data) if there else virtual())[: asked.most]
    whole = there and asked.most is None
    tables = measure(patients, asked.metient, whole)
    kind = "published simulated" if there else "virtual (the published ones are not here)"
    print(f"{len(patients)} patients, {kind}\n\n{tables}\n{TIMES}")
    if asked.page and whole:
        asked.page.write_text(page(patients, tables), encoding="utf-8")


if __name__ == "__main__":
    main()
