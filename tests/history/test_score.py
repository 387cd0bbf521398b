"""How close one history is to another: hand counts, and the numbers of the published script."""

import importlib.util
import os
import random
from pathlib import Path

import pytest

from selfseed.history.read import read_history
from selfseed.history.score import score, similarity
from selfseed.history.tree import CloneTree, History

SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[3] / "shared"))
PATIENTS = SHARED / "data" / "clone_trees" / "simulated"
SCRIPT = SHARED / "tools" / "score.py"

TREE = CloneTree.from_edges(
    [("GL", "1"), ("1", "2"), ("2", "3"), ("1", "4")],
    {},
    {name: [name] for name in "1234"},
)


def placed(*sites):
    """Return the history of the small tree in which each clone, GL 1 2 4 3, stands in one site."""
    return History(TREE, tuple(range(len(TREE))), sites, TREE.parent)


RETURNED = placed("P", "P", "M1", "M2", "P")
STAYED = placed("P", "P", "M1", "M2", "M1")


def test_a_history_is_itself():
    found = score(RETURNED, RETURNED)
    assert all(found[name]["f1"] == 1.0 for name in ("clones", "clones_arriving", "graph_multi", "graph_set"))
    assert (found["reseed_call"], found["reseed_primary_call"]) == ("TP", "TP")
    assert found["pattern_right"] and found["vertex_accuracy"] == 1.0


def test_a_missed_return_is_a_false_negative_and_a_false_alarm_a_false_positive():
    assert TREE.names == ("GL", "1", "2", "4", "3")
    missed, alarm = score(RETURNED, STAYED), score(STAYED, RETURNED)
    assert (missed["reseed_call"], alarm["reseed_call"]) == ("FN", "FP")
    assert (missed["true"]["mu"], missed["inferred"]["mu"]) == (3, 2)
    assert missed["graph_set"] == {"recall": 2 / 3, "precision": 1.0, "f1": 0.8}
    assert missed["clones"] == {"recall": 0.5, "precision": 1.0, "f1": 2 / 3}
    assert missed["clones_arriving"]["recall"] == 2 / 3
    assert not missed["pattern_right"]
    assert missed["vertex_accuracy"] == 1.0, "only inner vertices count, and the leaf that came back is none"


def test_a_primary_of_ones_own_changes_what_counts_as_its_reseeding():
    assert score(STAYED, STAYED)["reseed_primary_call"] == "TN"
    assert score(STAYED, STAYED, "M1")["reseed_primary_call"] == "TP"


def test_nothing_to_find_is_found_in_full():
    assert similarity(set(), set()) == {"recall": 1.0, "precision": 1.0, "f1": 1.0}


@pytest.fixture(scope="module")
def script():
    if not SCRIPT.exists() or not PATIENTS.exists():
        pytest.skip("the script that scores histories, and its patients, are not beside the project (SELFSEED_SHARED)")
    spec = importlib.util.spec_from_file_location("published_score", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def relabeled(labeling, path, share, rng):
    """Write ``labeling`` with a share of its sites drawn anew, the root's kept."""
    rows = [line.split() for line in labeling.read_text().splitlines() if line.strip()]
    sites = sorted({site for _, site in rows})
    changed = [(name, rng.choice(sites) if name != "GL" and rng.random() < share else site) for name, site in rows]
    path.write_text("".join(f"{name} {site}\n" for name, site in changed))
    return path


def test_random_labelings_score_as_in_the_published_script(script, tmp_path):
    rng = random.Random(5)
    trees = sorted(PATIENTS.rglob("T_seed*.tree"))
    assert len(trees) >= 40
    calls = set()
    for number, tree in enumerate(trees):
        labeling = tree.with_suffix(".vertex.labeling")
        other = relabeled(labeling, tmp_path / f"{number}.labeling", (0.05, 0.3, 1.0)[number % 3], rng)
        ours = score(read_history(tree, labeling), read_history(tree, other))
        theirs = script.score(script.History.read(tree, labeling), script.History.read(tree, other))
        assert ours == theirs, tree
        calls.add((ours["reseed_call"], ours["pattern_right"]))
    assert len(calls) > 3, "the comparison has met right and wrong calls of several kinds"
