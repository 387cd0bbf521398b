"""The command `selfseed cohort run`, from a file to a report, and a trial that is drawn from it."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

DOCS = Path(__file__).parents[2] / "docs" / "cohort.md"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    import subprocess
    import sys

    out = tmp_path_factory.mktemp("cohort") / "women"
    command = [sys.executable, "-m", "selfseed", "cohort", "run", "breast-cohort", "--patients", "100", "--seed", "4"]
    answer = subprocess.run([*command, "--workers", "1", "--out", str(out)], capture_output=True, text=True, check=True)
    return out, answer


def test_the_last_line_is_the_report_and_all_lies_beside_it(done):
    out, answer = done
    assert answer.stdout.strip() == str(out / "report.html")
    names = {"cohort.yaml", "organs.tsv.gz", "patients.tsv.gz", "report.html", "summary.json", "survival.tsv.gz"}
    assert {path.name for path in out.iterdir()} == names
    page = (out / "report.html").read_text("utf-8")
    assert "Beside real patients" in page and 'src="http' not in page


def test_the_summary_agrees_with_the_table(done):
    out, _ = done
    summary = json.loads((out / "summary.json").read_text())
    table = pd.read_csv(out / "patients.tsv.gz", sep="\t")
    first = table[table["arm"] == summary["arms"][0]]
    assert summary["kind"] == "cohort" and summary["found"]["found"] == len(first)
    assert summary["found"]["diameter_median_mm"] == pytest.approx(first["diameter_mm"].median())
    assert set(table["arm"]) == set(summary["arms"])


def test_what_fits_is_counted_as_the_table_says(done):
    summary = json.loads((done[0] / "summary.json").read_text())
    known = [row for row in summary["real"] if row["misfit"] is not None]
    fits = sum(abs(row["misfit"]) < 1.96 for row in known)
    assert f"{fits} of {len(known)} figures of real patients fit" in summary["words"][-1]
    assert fits > 0 and len(known) > 20


def test_every_key_of_the_summary_and_column_of_the_table_is_documented(done):
    out, _ = done
    told = set(re.findall(r"`(\w+)[`:]", DOCS.read_text("utf-8")))
    assert set(json.loads((out / "summary.json").read_text())) <= told
    columns = set(pd.read_csv(out / "patients.tsv.gz", sep="\t", nrows=1).columns)
    assert {name for name in columns if not name.endswith("_fold")} <= told


def test_what_was_asked_can_be_asked_again(done, ask_here):
    out, _ = done
    answer = ask_here("cohort", "run", out / "cohort.yaml", "--dry-run", "--seed", "4")
    assert "100 patients, followed for 15 years, seed 4" in answer.stdout


def test_nothing_is_replaced_without_force(done, ask_here):
    out, _ = done
    answer = ask_here("cohort", "run", "breast-cohort", "--patients", "2", "--out", out)
    assert answer.returncode == 2 and "--force" in answer.stderr


def test_an_unknown_file_is_answered_with_the_cohorts_that_there_are(ask_here):
    answer = ask_here("cohort", "run", "breast-cohrt")
    assert answer.returncode == 2 and "did you mean 'breast-cohort'?" in answer.stderr


def test_a_trial_is_drawn_from_a_run(ask_here, done):
    words = ["--arm", "surgery and chemotherapy", "--sizes", "100,200", "--follow-up", "5", "--biomarker", "il6"]
    answer = ask_here("cohort", "trial", "women", *words, "--out", "trial", folder=done[0].parent)
    assert answer.stdout.strip() == "trial/report.html", answer.stderr
    summary = json.loads((done[0].parent / "trial" / "summary.json").read_text())
    assert set(summary) <= set(re.findall(r"`(\w+)[`:]", (DOCS.parent / "trial.md").read_text("utf-8")))
    assert [row["size"] for row in summary["tables"][0]] == [100, 200]
    assert any("to test for 80 % power" in sentence for sentence in summary["words"])


def test_an_unknown_arm_of_a_trial_is_answered_with_what_is_meant(ask_here, done):
    answer = ask_here("cohort", "trial", "women", "--arm", "surgery and chemo", "--out", "no", folder=done[0].parent)
    assert answer.returncode == 2 and "did you mean" in answer.stderr


def test_trials_of_metastatic_patients_are_followed_and_drawn(ask, tmp_path):
    out = tmp_path / "trials"
    answer = ask(
        "cohort", "run", "metastatic-trials", "--patients", "700", "--seed", "4", "--workers", "1", "--out", out
    )
    assert answer.returncode == 0, answer.stderr
    summary = json.loads((out / "summary.json").read_text())
    table = pd.read_csv(out / "patients.tsv.gz", sep="\t")
    assert table["metastatic"].all() and len(table) == summary["found"]["found"] * len(summary["arms"])
    assert {row["endpoint"] for row in summary["milestones"]} == {"progression-free survival", "overall survival"}
    assert {"median progression-free, months", "response (RECIST)"} <= {row["group"] for row in summary["real"]}
    assert "Progression-free survival of virtual patients" in (out / "report.html").read_text("utf-8")
    few = ask("cohort", "run", "metastatic-trials", "--patients", "2", "--seed", "4", "--out", tmp_path / "few")
    assert (
        few.returncode == 1 and "no patient who is metastatic was found among 2 at diagnosis; draw more" in few.stderr
    )


@pytest.mark.parametrize("command", ["rank", "size-outcome"])
def test_who_will_have_metastases_is_not_asked_of_those_who_have(ask, command):
    answer = ask("cohort", command, "metastatic-trials", "--dry-run")
    assert answer.returncode == 2 and re.search("asks who will have metastases|must follow the same", answer.stderr)


def test_patients_who_differ_in_nothing_are_no_reason_to_fail(ask_here, tmp_path):
    """Three patients are too few for a regression; all else is told."""
    answer = ask_here("cohort", "run", "breast-cohort", "--patients", "3", "--out", "few", folder=tmp_path)
    assert answer.returncode == 0, answer.stderr
    summary = json.loads((tmp_path / "few" / "summary.json").read_text())
    assert not summary["hazards"] and "too few patients have an event to tell what foretells it" in summary["words"]
    assert (tmp_path / "few" / "report.html").is_file()


def test_the_arm_on_trial_is_the_second_and_is_told(ask_here, done):
    answer = ask_here("cohort", "trial", "women", "--sizes", "100", "--out", "trial-2", folder=done[0].parent)
    assert answer.returncode == 0, answer.stderr
    summary = json.loads((done[0].parent / "trial-2" / "summary.json").read_text())
    assert (summary["control"], summary["arm"]) == ("surgery", "surgery and radiotherapy")
    answer = ask_here("cohort", "trial", "women", "--sizes", "nan", "--out", "trial-3", folder=done[0].parent)
    assert answer.returncode == 2 and "--sizes" in answer.stderr


def test_few_patients_are_told_to_be_too_few_and_nothing_breaks(ask_here, tmp_path):
    """One death among five women is no hazard ratio, and one woman is laid beside no real ones."""
    answer = ask_here("cohort", "run", "breast-cohort", "--patients", "5", "--seed", "3", "--workers", "1",
                      "--out", "few")  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    summary = json.loads((tmp_path / "few" / "summary.json").read_text())
    assert summary["hazards"] == [] and "too few patients have an event to tell what foretells it" in summary["words"]
    assert summary["words"][-1] == "too few patients to lay them beside real ones"
    page = (tmp_path / "few" / "report.html").read_text("utf-8")
    assert "5 virtual patients drawn, " in page and "of the others: circulating tumour cells in 7.5 ml of blood" in page


def test_trials_of_a_handful_of_metastatic_patients_end_in_words(ask_here, tmp_path):
    """Of sixty women one or two are metastatic; regressions on them have no order of events to tell."""
    answer = ask_here("cohort", "run", "metastatic-trials", "--patients", "60", "--workers", "1", "--out", "few")
    assert answer.returncode == 0, answer.stderr
    assert all(row["inside"] == "" for row in json.loads((tmp_path / "few" / "summary.json").read_text())["real"])


def test_a_trial_drawn_from_fewer_patients_than_it_has_says_so(ask_here, done):
    answer = ask_here("cohort", "trial", str(done[0]), "--sizes", "50,2000", "--follow-up", "3,5", "--out", "small")
    assert "patients were simulated, and trials of up to 2,000 are drawn from them again and again" in answer.stderr
    assert "3 and 5 years after the last has entered: none of the numbers" in answer.stderr
    assert "in the simulation: " in answer.stderr and "(95 % interval " in answer.stderr


@pytest.mark.parametrize("command", ["check", "explain"])
@pytest.mark.parametrize("as_file", [True, False])
def test_a_cohort_is_no_scenario_and_is_told_what_checks_it(ask_here, tmp_path, command, as_file):
    (tmp_path / "own.yaml").write_text("selfseed-cohort: 1\nlike: breast-cohort\n")
    answer = ask_here(command, "own.yaml" if as_file else "breast-cohort")
    assert answer.returncode == 2 and "is a cohort of patients" in answer.stderr
    assert "selfseed cohort run" in answer.stderr and "--dry-run` checks" in answer.stderr


def test_a_scenario_is_no_cohort_and_is_told_what_runs_it(ask_here, tmp_path):
    (tmp_path / "mouse.yaml").write_text("selfseed: 1\ntitle: a mouse\n")
    for source in ("kim2009-two-gland", "mouse.yaml"):
        answer = ask_here("cohort", "run", source, "--dry-run")
        assert f"is a scenario, no cohort  `selfseed simulate {source}` runs it" in answer.stderr
