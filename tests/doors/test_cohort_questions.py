"""The commands `selfseed cohort rank` and `selfseed cohort trial`, from a question to a page; see also test_cohort."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def told(name):
    return set(re.findall(r"`(\w+)[`:]", (DOCS / name).read_text("utf-8")))


def test_mice_are_counted_without_any_run(ask_here):
    answer = ask_here("cohort", "trial", "--mice", "0.85", "0.45", "--out", "mice")
    assert "25 mice in each arm" in answer.stderr and answer.stdout.strip() == "mice/report.html"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "give one of them"),
        (("nowhere",), "name the folder that `selfseed cohort run` wrote"),
    ],
)
def test_what_a_trial_cannot_be_drawn_from_is_said(ask_here, words, said):
    answer = ask_here("cohort", "trial", *words)
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
def test_a_ranking_that_makes_no_sense_is_refused(ask_here, words, said):
    answer = ask_here("cohort", "rank", "breast-cohort", *words)
    assert answer.returncode == 2 and said in answer.stderr


def test_a_ranking_is_written_with_its_page(ask_here, tmp_path):
    answer = ask_here(
        "cohort", "rank", "breast-cohort", "--patients", "40", "--starts", "0", "--out", "rank", "--workers", "1"
    )
    assert answer.stdout.strip() == "rank/report.html", answer.stderr
    summary = json.loads((tmp_path / "rank" / "summary.json").read_text())
    assert set(summary) <= told("rank.md") and len(summary["ranking"]) == 10
