"""The commands `selfseed cohort rank` and `selfseed cohort trial`, from a question to a page."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def told(name):
    return set(re.findall(r"`(\w+)[`:]", (DOCS / name).read_text("utf-8")))


@pytest.fixture(scope="module")
def women(asking, tmp_path_factory):
    folder = tmp_path_factory.mktemp("women")
    answer = asking(folder, "cohort", "run", "breast-cohort", "--patients", "150", "--out", "women", "--no-report")
    assert answer.returncode == 0, answer.stderr
    return folder


def test_a_trial_is_drawn_from_a_run(asking, women):
    words = ["--arm", "surgery and chemotherapy", "--sizes", "100,200", "--follow-up", "5", "--biomarker", "il6"]
    answer = asking(women, "cohort", "trial", "women", *words, "--out", "trial")
    assert answer.stdout.strip() == "trial/report.html", answer.stderr
    summary = json.loads((women / "trial" / "summary.json").read_text())
    assert set(summary) <= told("trial.md")
    assert [row["size"] for row in summary["tables"][0]] == [100, 200]
    assert any("to test for 80 % power" in sentence for sentence in summary["words"])


def test_an_unknown_arm_of_a_trial_is_answered_with_what_is_meant(asking, women):
    answer = asking(women, "cohort", "trial", "women", "--arm", "surgery and chemo", "--out", "no")
    assert answer.returncode == 2 and "did you mean" in answer.stderr


def test_mice_are_counted_without_any_run(ask):
    answer = ask("cohort", "trial", "--mice", "0.85", "0.45", "--out", "mice")
    assert "25 mice in each arm" in answer.stderr and answer.stdout.strip() == "mice/report.html"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give one of them"),
        (("nowhere",), "name the folder that `selfseed cohort run` wrote"),
    ],
)
def test_what_a_trial_cannot_be_drawn_from_is_said(ask, words, said):
    answer = ask("cohort", "trial", *words)
    assert answer.returncode == 2 and said in answer.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--starts", "now"), "must be days with commas"),
        (("--starts", "0,0"), "each once"),
        (("--years", "20"), "the follow-up"),
        (("--control", "nothing"), "does not cut out breast"),
    ],
)
def test_a_ranking_that_makes_no_sense_is_refused(ask, words, said):
    answer = ask("cohort", "rank", "breast-cohort", *words)
    assert answer.returncode == 2 and said in answer.stderr


def test_a_ranking_is_written_with_its_page(ask, tmp_path):
    answer = ask("cohort", "rank", "breast-cohort", "--patients", "60", "--starts", "0", "--out", "rank")
    assert answer.stdout.strip() == "rank/report.html", answer.stderr
    summary = json.loads((tmp_path / "rank" / "summary.json").read_text())
    assert set(summary) <= told("rank.md") and len(summary["ranking"]) == 10
