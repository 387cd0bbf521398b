"""Migration histories from the command line: what is asked, what is answered, what is left behind, what is refused."""

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest

from selfseed.history.read import read_history, read_tree

TREE = "GL 1\n1 2;3\n2;3 4\n2;3 5\n4 6;7;8\n1 9\n"
LABELING = "GL\n1 P\n2;3 M1\n4 M1\n5 M1 M2\n6;7;8 P\n9 P\n"
MADE = {
    "summary.json", "report.html", "migrations.tsv", "map.tree", "map.labeling", "map.nodes", "front",
    "history.nwk", "history.nex", "auspice.json", "mach2-viz.json",
}  # fmt: skip


COLUMNS = "#sample_index\tsample_label\tanatomical_site_index\tanatomical_site_label\tcharacter_index\tcharacter_label"
READS = {"P": {"1": 1, "2": 0, "3": 0.4}, "M1": {"1": 1, "2": 1, "3": 0}, "M2": {"1": 1, "2": 0.9, "3": 0}}


def machina_reads():
    lines = ["3 #anatomical sites", "3 #samples", "3 #mutations", COLUMNS + "\tref\tvar"]
    for number, (site, carried) in enumerate(READS.items()):
        for mutation, share in carried.items():
            variant = round(120 * share / 2)
            lines.append(f"{number}\t{site}_0\t{number}\t{site}\t{mutation}\t{mutation}\t{120 - variant}\t{variant}")
    return "\n".join(lines) + "\n"


def machina_frequencies():
    lines = ["3 #anatomical sites", "3 #samples", "3 #mutation clusters", COLUMNS + "\tf_lb\tf_ub"]
    for number, (site, carried) in enumerate(READS.items()):
        for mutation, share in carried.items():
            bounds = f"{max(0.0, share - 0.1):g}\t{min(1.0, share + 0.1):g}"
            lines.append(f"{number}\t{site}_0\t{number}\t{site}\t{mutation}\t{mutation}\t{bounds}")
    return "\n".join(lines) + "\n"


def fill(folder):
    """Write the files of small patients, and of patients that no one can read, into ``folder``."""
    texts = {
        "T.tree": TREE,
        "T.labeling": LABELING,
        "reads.tsv": machina_reads(),
        "F.tsv": machina_frequencies(),
        "two-roots.tree": "A B\nC D\n",
        "two-roots.labeling": "B x\nD y\n",
        "negative.tsv": machina_reads().replace("\t120\t0\n", "\t-120\t0\n", 1),
        "words.tsv": machina_reads().replace("\t120\t0\n", "\tmany\t0\n", 1),
        "unknown.tsv": "gene\ttube\tn\tk\nTP53\ta\t3\t1\n",
        "one-site.tree": "A B\n",
        "one-site.labeling": "A lung\nB lung\n",
        "stray.labeling": LABELING + "Z P\n",
        "nobody.labeling": "GL\n",
        "empty.tsv": "",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "binary.tsv").write_bytes(b"\x89PNG\0\0")
    (folder / "folder.tsv").mkdir()
    (folder / "taken").mkdir()
    (folder / "taken" / "thesis.txt").write_text("years of work")
    return folder


@pytest.fixture
def patient(tmp_path, monkeypatch):
    """Stand in a folder of small patients."""
    monkeypatch.chdir(fill(tmp_path))
    return tmp_path


@pytest.fixture
def say(say):
    """Ask of histories."""
    return partial(say, "history")


TREE_FILES = ("T.tree", "T.labeling")
MISTAKES = {
    "no file": ((), "none is given"),
    "missing file": (("read.tsv",), "read.tsv\n  file  does not exist  did you mean 'reads.tsv'?"),
    "a directory": (("folder.tsv",), "is a directory"),
    "binary": (("binary.tsv",), "is not text"),
    "empty": (("empty.tsv",), "is empty"),
    "unknown columns": (("unknown.tsv",), "unknown columns"),
    "negative reads": (("negative.tsv",), "reference reads '-120'"),
    "reads in words": (("words.tsv",), "reference reads 'many'"),
    "unknown primary": ((*TREE_FILES, "--primary", "M11"), "'M11' is not a site  did you mean 'M1'?"),
    "prior 0": ((*TREE_FILES, "--prior-reseeding", 0), "must be above 0 and below 1"),
    "prior 1": ((*TREE_FILES, "--prior-reseeding", 1), "must be above 0 and below 1"),
    "prior 1.5": ((*TREE_FILES, "--prior-reseeding", 1.5), "= 1.5"),
    "prior nan": ((*TREE_FILES, "--prior-reseeding", "nan"), "= nan"),
    "prior in words": ((*TREE_FILES, "--prior-reseeding", "abc"), "Invalid value for '--prior-reseeding'"),
    "no time": ((*TREE_FILES, "--budget", 0), "must be above 0"),
    "time below zero": ((*TREE_FILES, "--budget", -3), "= -3 s"),
    "seed below zero": ((*TREE_FILES, "--seed", -1), "seed  = -1"),
    "two roots": (("two-roots.tree", "two-roots.labeling"), "'C' is a second root"),
    "tree without labeling": (("T.tree",), "names no sites"),
    "tree option without labeling": (("--tree", "T.tree"), "names no sites"),
    "labeling of another tree": (("T.tree", "stray.labeling"), "'Z' is not in the tree"),
    "labeling without sites": (("T.tree", "nobody.labeling"), "has no site"),
    "labeling twice": ((*TREE_FILES, "--labeling", "T.labeling"), "beside 2 files"),
    "tree twice": (("T.tree", "--tree", "T.tree"), "beside T.tree"),
    "three files": (("reads.tsv", "F.tsv", "T.tree"), "3 given"),
    "one site": (("one-site.tree", "one-site.labeling"), "two sites or more"),
    "unknown pattern": ((*TREE_FILES, "--pattern", "PS,X"), "'X'"),
    "no pattern": ((*TREE_FILES, "--pattern", ","), "must name some of PS,S,M,R"),
    "purity of a tree": ((*TREE_FILES, "--purity", 0.5), "are for read counts"),
    "purity 2": (("reads.tsv", "--purity", 2), "above 0, at most 1"),
    "purity in words": (("reads.tsv", "--purity", "high"), "'high'"),
    "purity of no sample": (("reads.tsv", "--purity", "Q=0.5"), "no sample 'Q'"),
    "column without name": (("reads.tsv", "--column", "mutation"), "MEANING=COLUMN"),
    "column of unknown meaning": (("reads.tsv", "--column", "mutatio=gene"), "did you mean 'mutation=...'?"),
    "column that is not there": (("reads.tsv", "--column", "site=organ"), "no column 'organ'"),
    "leaves of reads": (("reads.tsv", "--keep-leaves"), "of clone trees"),
    "folder is there": ((*TREE_FILES, "--out", "taken"), "taken exists; --force replaces it"),
    "folder of someone else": ((*TREE_FILES, "--out", "taken", "--force"), "--force replaces nothing else"),
    "file in place of a folder": ((*TREE_FILES, "--out", "T.tree", "--force"), "--force replaces nothing else"),
    "below a file": ((*TREE_FILES, "--out", "T.tree/answer"), "cannot be written"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_words_and_nothing_is_computed_or_lost(mistake, patient, say):
    words, told = MISTAKES[mistake]
    before = sorted(path.name for path in patient.iterdir())
    answer = say("infer", *words, *(() if "--out" in words else ("--out", "answer")))
    assert answer.code == 2, answer.err
    assert re.sub(r"\s+", " ", told) in re.sub(r"\s+", " ", answer.err)
    assert "Traceback" not in answer.err and answer.out == ""
    assert sorted(path.name for path in patient.iterdir()) == before
    assert (patient / "taken" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("score", "T.tree", "T.labeling", "T.tree", "T.labeling"), "'GL' has 0 sites"),
        (("score", "T.tree", "no.labeling", "T.tree", "T.labeling"), "does not exist"),
        (("simulate", "--out", "new", "--kind", "X"), "must be one of mS, S, M, R, free"),
        (("simulate", "--out", "new", "--count", 0), "Invalid value for '--count'"),
        (("simulate", "--out", "new", "--broad", "--sites", 3), "leave out --sites, or --broad"),
        (("simulate", "--out", "new", "--coverage", -1), "coverage"),
        (("simulate", "--out", "taken"), "taken exists"),
    ],
)
def test_the_other_commands_refuse_in_words_too(words, told, patient, say):
    answer = say(*words)
    assert answer.code == 2 and told in re.sub(r"\s+", " ", answer.err)
    assert "Traceback" not in answer.err and not (patient / "new").exists()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Ask about the small tree once, as a process of its own, and keep the answer and the folder."""
    folder = fill(tmp_path_factory.mktemp("finished"))
    words = ("infer", *TREE_FILES, "--primary", "P", "--out", "answer", "-v")
    command = [sys.executable, "-m", "selfseed", "history", *words]
    asked = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert asked.returncode == 0, asked.stderr
    summary = json.loads((folder / "answer" / "summary.json").read_text())
    return SimpleNamespace(folder=folder, asked=asked, answer=folder / "answer", summary=summary)


def test_the_answer_comes_in_a_few_lines_and_the_last_is_the_path_of_the_page(finished):
    lines = finished.asked.stdout.splitlines()
    assert 5 <= len(lines) <= 7
    assert "prior 0.25" in lines[0] and finished.summary["verdict"] in lines[0]
    assert lines[-1] == "answer/report.html"
    assert "</html>" in (finished.folder / lines[-1]).read_text()


def test_the_folder_holds_everything_and_nothing_is_left_beside_it(finished):
    assert {path.name for path in finished.answer.iterdir()} == MADE
    assert not [path for path in finished.folder.iterdir() if path.name.startswith(".")]


def test_the_numbers_fit_their_schema_and_one_another(finished, say):
    summary = finished.summary
    schema = json.loads(say("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(summary, schema)
    assert summary["p_primary"] == {"P": 1.0}
    assert sum(summary["p_pattern"].values()) == pytest.approx(1, abs=1e-4)
    of_return = sum(p for pattern, p in summary["p_pattern"].items() if pattern.endswith("R"))
    assert of_return == pytest.approx(summary["p_reseeding"], abs=5e-3)  # which draws alone never make 0 or 1
    assert summary["p_primary_reseeded"] <= summary["p_reseeding"] + 1e-6
    assert {one["name"] for one in summary["left_out"]} <= {"M1", "M2"}
    assert summary["input"]["sites"] == ["M1", "M2", "P"] and summary["input"]["clones"] == 7
    assert summary["order"]["P"] == min(summary["order"].values())


def test_a_summary_that_lacks_a_number_or_has_a_probability_of_two_would_be_noticed(finished):
    from selfseed.history.summary import SCHEMA

    wrong = dict(finished.summary)
    del wrong["p_reseeding"]
    for summary in (wrong, {**finished.summary, "p_reseeding": 2.0}, {**finished.summary, "surprise": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(summary, SCHEMA)


def test_every_key_is_told_in_the_page_of_documentation(finished):
    page = (Path(__file__).parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
    assert [key for key in finished.summary if f"`{key}`" not in page] == []
    assert [key for key in finished.summary["parsimony"] if f"`{key}`" not in page] == []
    assert [path.name for path in finished.answer.iterdir() if path.name not in page] == []


def test_the_history_shown_is_one_of_the_clone_tree_that_was_given(finished):
    history = read_history(*(finished.answer / f"map.{end}" for end in ("tree", "labeling", "nodes")))
    given = read_tree(finished.folder / "T.tree", finished.folder / "T.labeling")
    assert set(history.tree.names) == set(given.names) and history.primary == "P"
    places = set(zip((history.tree.names[clone] for clone in history.clone), history.site, strict=True))
    assert places >= {(name, site) for name, seen in zip(given.names, given.observed, strict=True) for site in seen}


def test_places_where_a_clone_was_seen_are_certain_in_newick(finished):
    text = (finished.answer / "history.nwk").read_text()
    support = dict(re.findall(r"'?([0-9;]+)'?\[&site=\w+,posterior=([0-9.]+)\]", text))
    assert {support[name] for name in ("9", "6;7;8", "4")} == {"1"}


def test_confidences_of_where_a_clone_arose_sum_to_one(finished):
    waiting, seen = [json.loads((finished.answer / "auspice.json").read_text())["tree"]], 0
    while waiting:
        vertex = waiting.pop()
        waiting += vertex.get("children", [])
        if "^" not in vertex["name"]:
            seen += 1
            assert sum(vertex["node_attrs"]["site"]["confidence"].values()) == pytest.approx(1, abs=1e-3)
    assert seen == 7


def test_parsimony_is_written_out_and_each_file_can_be_read(finished):
    rows = (finished.answer / "front" / "front.tsv").read_text().splitlines()
    parsimony = finished.summary["parsimony"]
    assert len(rows) == 1 + parsimony["optimal_graphs"] and parsimony["proved"]
    best = read_history(*(finished.answer / "front" / f"1.{end}" for end in ("tree", "labeling", "nodes")))
    assert best.graph.migrations == parsimony["optimum"]["migrations"]


def test_what_was_assumed_is_said_and_kept(finished):
    assert any("taken as certain" in note for note in finished.summary["notes"])
    assert "taken as certain" in finished.asked.stderr


def test_the_same_question_has_the_same_numbers_and_an_answer_is_replaced_when_forced(finished, say, monkeypatch):
    monkeypatch.chdir(finished.folder)
    words = ("infer", "--tree", "T.tree", "--labeling", "T.labeling", "--primary", "P", "--out", "again", "--json")
    first = json.loads(say(*words, "-q").out)
    refused = say(*words)
    assert refused.code == 2 and "--force" in refused.err
    timed = {"seconds", "parsimony"}
    assert {key: value for key, value in first.items() if key not in timed} == {
        key: value for key, value in finished.summary.items() if key not in timed
    }
    other = json.loads(say(*words, "--force", "--no-leave-out", "--pattern", "PS,S,M").out)
    assert other["left_out"] == [] and other["parsimony"]["optimal_graphs_reseeding"] == 0
    assert other["parsimony"]["patterns"] == ["PS", "S", "M"]


def test_a_rarer_reseeding_is_less_probable_with_the_same_evidence(patient, say):
    (patient / "D.tree").write_text("GL 1\n1 2\n2 3\n1 9\n")
    (patient / "D.labeling").write_text("GL\n1 P\n2 M1 P\n3 M1 M2\n9 P\n")
    words = ("infer", "D.tree", "D.labeling", "--primary", "P", "--json", "-q", "--no-leave-out", "--prior-reseeding")
    often, rare = (json.loads(say(*words, prior, "--out", f"prior-{prior}").out) for prior in (0.25, 0.01))
    assert (often["prior_reseeding"], rare["prior_reseeding"]) == (0.25, 0.01)
    assert rare["p_reseeding"] < 0.5 * often["p_reseeding"]
    assert rare["bayes_factor"] == pytest.approx(often["bayes_factor"], rel=1e-3)


def test_without_a_primary_all_sites_are_compared_and_that_is_said(patient, say):
    answer = say("infer", *TREE_FILES, "--no-leave-out", "--primary", "unknown", "--out", "answer")
    assert answer.code == 0 and "every site is tried" in answer.err
    summary = json.loads((patient / "answer" / "summary.json").read_text())
    assert set(summary["p_primary"]) == {"P", "M1", "M2"}
    assert sum(summary["p_primary"].values()) == pytest.approx(1, abs=1e-4)


def test_leaves_named_as_their_parent_are_occurrences_unless_they_are_to_be_kept(patient, say):
    (patient / "N.tree").write_text("A A1\nA A2\nA B\nB B1\nB C\n")
    (patient / "N.labeling").write_text("A1 breast\nA2 lung\nB1 lung\nC liver\n")
    words = ("infer", "N.tree", "N.labeling", "--primary", "breast", "--no-leave-out", "--json", "--out")
    merged, kept = (json.loads(say(*words, *more).out) for more in (("some",), ("all", "--keep-leaves")))
    assert (merged["input"]["clones"], kept["input"]["clones"]) == (3, 6)
    assert any("3 leaves are taken for occurrences" in note for note in merged["notes"])


@pytest.mark.parametrize(("name", "kind"), [("reads.tsv", "reads"), ("F.tsv", "frequencies")])
def test_reads_and_frequencies_are_answered_too(name, kind, patient, say):
    from selfseed.history.summary import SCHEMA

    answer = say("infer", name, "--primary", "P", "--budget", 5, "--json", "--out", "answer")
    assert answer.code == 0, answer.err
    summary = json.loads(answer.out)
    jsonschema.validate(summary, SCHEMA)
    assert summary == json.loads((patient / "answer" / "summary.json").read_text())
    assert (summary["input"]["kind"], summary["input"]["samples"]) == (kind, 3)
    assert {path.name for path in (patient / "answer").iterdir()} == MADE


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [("history.evidence", "infer_history", "nothing is kept"), ("views.history", "write_history_page", "")],
)
def test_an_interrupted_inference_leaves_nothing(module, name, told, patient, say, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"selfseed.{module}.{name}", stop)
    before = sorted(path.name for path in patient.iterdir())
    answer = say("infer", *TREE_FILES, "--primary", "P", "--no-leave-out", "--out", "answer")
    assert answer.code == 130 and answer.out == "" and told in answer.err
    assert sorted(path.name for path in patient.iterdir()) == before


def test_virtual_patients_are_written_can_be_inferred_and_their_truth_scored(patient, say):
    words = ("simulate", "--count", 2, "--seed", 3, "--kind", "mS", "--sites", 3, "--coverage", 60, "--out")
    told = say(*words, "virtual")
    assert told.code == 0, told.err
    assert told.out.splitlines()[-1] == "virtual" and len(told.out.splitlines()) == 4
    assert say(*words, "repeated").code == 0
    for name in ("reads_seed1.tsv", "T_seed1.tree", "T_seed1.vertex.labeling", "C_seed1.observed.labeling"):
        assert (patient / "virtual" / name).read_bytes() == (patient / "repeated" / name).read_bytes()
    settings = json.loads((patient / "virtual" / "settings_seed1.json").read_text())
    assert settings["settings"]["coverage"] == 60 and settings["truth"]["pattern"] in ("mS", "mPS")
    truth = ("virtual/T_seed1.tree", "virtual/T_seed1.vertex.labeling")
    words = ("virtual/C_seed1.tree", "virtual/C_seed1.observed.labeling", "--primary", "P", "--no-leave-out", "-q")
    assert say("infer", *words, "--out", "answer").code == 0
    found = say("score", *truth, "answer/map.tree", "answer/map.labeling", "--nodes", "answer/map.nodes", "--json")
    assert 0 < json.loads(found.out)["graph_set"]["f1"] <= 1
    assert json.loads(say("score", *truth, *truth, "--json").out)["clones"]["f1"] == 1.0
    assert "reseeding TN" in say("score", *truth, *truth).out


def test_reads_that_were_simulated_are_read_as_they_were(patient, say):
    from selfseed.history.read import read_counts
    from selfseed.history.settings import Settings
    from selfseed.history.simulate import simulate_patient

    assert say("simulate", "--count", 1, "--seed", 4, "--kind", "mS", "--out", "virtual").code == 0
    reads = simulate_patient(Settings(kind="mS"), seed=4).reads
    again = read_counts(patient / "virtual" / "reads_seed0.tsv")
    assert (again.mutations, again.samples, again.site) == (reads.mutations, reads.samples, reads.site)
    assert (again.reference == reads.reference).all() and (again.variant == reads.variant).all()
