"""Let Metient 1.0.0 infer the migration histories of patients; runs in an environment of its own, without selfseed.

    python bench/metient_patients.py PATIENTS.json ANSWERS.json

A patient of PATIENTS.json holds ``primary``, ``sites``, the ``parent`` of each clone (-1 for the root), the number of
``mutations`` each gained, and the sites where each was ``observed``. ANSWERS.json holds for each patient the
``seconds`` it took and its ``solutions``, best first: ``probability``, and ``parent``, ``site`` and ``clone`` of each
vertex.
"""

import contextlib
import gzip
import io
import json
import pickle
import sys
import tempfile
import time
import warnings
from pathlib import Path

import metient
import torch

SAMPLES, RUNS = 1024, 3
"""The size of the search: the least it recommends, as its default takes minutes a patient."""

PRESENCE = (
    "anatomical_site_index",
    "anatomical_site_label",
    "cluster_index",
    "cluster_label",
    "present",
    "site_category",
    "num_mutations",
)


def pan_cancer() -> metient.Weights:
    """Return its own pan-cancer weights, scaled and joined by genetic distance as its calibration scales and joins."""
    found = metient.Weights.pancancer_genetic_uniform_weighting()
    return metient.Weights(mig=50 * found.mig, comig=50 * found.comig, seed_site=50 * found.seed_site, gen_dist=1.0)


def write_inputs(patient: dict, folder: Path) -> tuple[str, str]:
    """Write the tree and the table of presence as it reads them, and return their paths."""
    tree, table = folder / "tree.txt", folder / "presence.tsv"
    edges = [f"{above} {clone}" for clone, above in enumerate(patient["parent"]) if above >= 0]
    tree.write_text("\n".join(edges) + "\n")
    rows = ["\t".join(PRESENCE)]
    for number, site in enumerate(patient["sites"]):
        category = "primary" if site == patient["primary"] else "metastasis"
        for clone, observed in enumerate(patient["observed"]):
            present, gained = int(site in observed), patient["mutations"][clone]
            rows.append("\t".join(map(str, (number, site, clone, f"clone{clone}", present, category, gained))))
    table.write_text("\n".join(rows) + "\n")
    return str(tree), str(table)


def solve(patient: dict, folder: Path) -> dict:
    """Return the solutions of one patient, best first, and the seconds they took."""
    tree, table = write_inputs(patient, folder)
    quiet = metient.PrintConfig(visualize=False)
    torch.manual_seed(0)
    start = time.perf_counter()
    metient.evaluate_label_clone_tree(
        tree, table, pan_cancer(), quiet, str(folder), "answer", sample_size=SAMPLES, num_runs=RUNS
    )
    seconds = time.perf_counter() - start
    with gzip.open(next(folder.glob("answer*.pkl.gz"))) as file:
        saved = pickle.load(file)
    solutions = [solution(saved, number) for number in range(len(saved["probabilities"]))]
    return {"seconds": seconds, "solutions": sorted(solutions, key=lambda each: -each["probability"])}


def solution(saved: dict, number: int) -> dict:
    """Return one solution; a vertex that only shows that a clone was seen belongs to the clone of its parent."""
    parent = [int(above) for above in saved["parents"][number]]
    site = [saved["anatomical_sites"][place] for place in saved["node_labels"][number].argmax(axis=0)]
    clone = []
    for vertex, above in enumerate(parent):
        _, shows_presence, _ = saved["node_info"][number][vertex]
        clone.append(above if shows_presence else vertex)
    return {"probability": float(saved["probabilities"][number]), "parent": parent, "site": site, "clone": clone}


def main() -> None:
    """Answer each patient with one thread."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    answers = []
    patients = json.loads(Path(sys.argv[1]).read_text())
    for number, patient in enumerate(patients, 1):
        quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
        with tempfile.TemporaryDirectory() as folder, quiet[0], quiet[1]:
            answers.append(solve(patient, Path(folder)))
        print(f"Metient: patient {number} of {len(patients)}, {answers[-1]['seconds']:.1f} s", file=sys.stderr)
    Path(sys.argv[2]).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
