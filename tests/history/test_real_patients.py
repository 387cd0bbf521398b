"""Real patients have no truth; what is known of them is what other solvers found, and what the page says we found."""

import importlib.util
import os
from pathlib import Path

import pytest

from selfseed.history.infer import infer_from_tree
from selfseed.history.parsimony import parsimonious
from selfseed.history.read import read_tree

PROJECT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("SELFSEED_SHARED", PROJECT.parent / "shared")) / "data" / "clone_trees" / "patients"
OVARIAN = SHARED / "mcpherson_2016"


def tree_of(path):
    if not path.exists():
        pytest.skip("the clone trees of real patients are not beside the project (SELFSEED_SHARED)")
    return read_tree(path, path.with_suffix(".labeling"))


def row_of(patient, primary):
    """The cells of a patient's row in the page."""
    page = (PROJECT / "docs" / "history-real-patients.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    return next(cells for cells in rows if cells[:2] == [patient, "tree"] and cells[4] == primary)


def test_the_fewest_migrations_of_ovarian_patient_1_are_those_machina_found():
    """11 migrations, 7 comigrations, 2 seeding sites, pR, as the manual of MACHINA prints for the left ovary."""
    front = parsimonious(tree_of(OVARIAN / "patient1.tree"), "LOv", criteria="MCS", price=False, limit=20)
    best = front.points[0]
    assert (best.migrations, best.comigrations, best.seeding_sites) == (11, 7, 2)
    assert front.proved and {history.graph.pattern for history in front.histories} == {"pR"}


def test_the_page_says_what_is_computed_for_a_small_patient():
    answer = infer_from_tree(tree_of(OVARIAN / "patient9.tree"), "ROv", seed=0, leave_out=False)
    said = row_of("ovarian 9", "ROv")
    assert answer.trust.converged
    assert said[9] == answer.verdict == "unlikely"
    assert abs(float(said[5]) - answer.p_reseeding) < 0.05


@pytest.mark.parametrize(("primary", "reseeding"), [("LOv", True), ("ROv", False)])
def test_the_call_for_ovarian_patient_7_hangs_on_which_ovary_is_the_primary(primary, reseeding):
    answer = infer_from_tree(tree_of(OVARIAN / "patient7.tree"), primary, seed=0, leave_out=False)
    assert (answer.p_reseeding > 0.5) == reseeding


def test_the_authors_of_ovarian_patient_7_began_in_neither_ovary_and_saw_no_cycle():
    tree_of(OVARIAN / "patient7.tree")
    specification = importlib.util.spec_from_file_location("real_patients", PROJECT / "tools" / "real_patients.py")
    tool = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(tool)
    told = tool.reported_call(OVARIAN / "patient7.tree", OVARIAN / "patient7.reported.labeling")
    assert told == "RUt: pPS"
