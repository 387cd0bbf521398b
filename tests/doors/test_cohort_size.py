"""The command `selfseed cohort size-outcome`, from a file to a report."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "size-outcome.md"


def test_an_arm_without_surgery_is_refused_in_words(ask):
    answer = ask("cohort", "size-outcome", "breast-cohort", "--arm", "nothing", "--patients", "5")
    assert answer.returncode == 2 and "'nothing' does not cut out breast" in answer.stderr


def test_what_would_be_asked_is_told(ask):
    answer = ask("cohort", "size-outcome", "breast-cohort", "--patients", "70", "--dry-run")
    assert "70 patients" in answer.stdout and "surgery and chemotherapy" not in answer.stdout


@pytest.mark.slow
def test_the_answer_is_written_with_its_page_and_every_key_is_documented(ask, tmp_path):
    answer = ask("cohort", "size-outcome", "breast-cohort", "--patients", "250", "--seed", "3", "--out", "so")
    assert answer.returncode == 0, answer.stderr
    summary = json.loads((tmp_path / "so" / "summary.json").read_text())
    assert summary["kind"] == "size-outcome" and len(summary["associations"]) == 5
    assert {row["share"] for row in summary["shares"]} == {"causal", "common cause", "through self-seeding"}
    assert set(summary) <= set(re.findall(r"`(\w+)[`:]", DOCS.read_text("utf-8")))
    assert "What this assumes" in (tmp_path / "so" / "report.html").read_text("utf-8")
