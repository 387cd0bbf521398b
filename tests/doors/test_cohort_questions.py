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
    assert "25 mice in each arm see a fall from 85 % to 45 %" in answer.stderr
    assert answer.stdout.strip() == "mice/report.html"


def test_a_rise_is_no_fall_and_equal_shares_are_refused(ask_here):
    rise = ask_here("cohort", "trial", "--mice", "0.45", "0.855", "--out", "mice")
    assert "see a rise from 45 % to 85.5 %" in rise.stderr
    equal = ask_here("cohort", "trial", "--mice", "0.5", "0.5", "--out", "none")
    assert equal.returncode == 2 and "no number of mice tells equal ones apart" in equal.stderr


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
        (("--starts", "0,9000"), "9000  must lie before day 3652"),
        (("--control", "nothing"), "does not cut out breast"),
    ],
)
def test_a_ranking_that_makes_no_sense_is_refused(ask_here, words, said):
    answer = ask_here("cohort", "rank", "breast-cohort", *words)
    assert answer.returncode == 2 and said in answer.stderr


def test_a_dry_run_says_what_each_arm_does(ask_here):
    said = ask_here("cohort", "rank", "breast-cohort", "--starts", "0", "--dry-run").stdout
    assert said.count("day 30: the tumour at breast is cut out") == 6
    assert "attraction blocked at surgery:\n" in said and "siltuximab is given 17 times every 21 days" in said
    assert "days of arms count from the diagnosis" in said and "reparixin is given 1095 times every 8 hours" in said


def test_a_ranking_is_written_with_its_page(ask_here, tmp_path):
    answer = ask_here(
        "cohort", "rank", "breast-cohort", "--patients", "40", "--starts", "0", "--out", "rank", "--workers", "1"
    )
    assert answer.stdout.strip() == "rank/report.html", answer.stderr
    summary = json.loads((tmp_path / "rank" / "summary.json").read_text())
    assert set(summary) <= told("rank.md") and len(summary["ranking"]) == 10
