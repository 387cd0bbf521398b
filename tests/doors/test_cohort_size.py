"""The command `selfseed cohort size-outcome`, from a file to a report."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "size-outcome.md"


def test_an_arm_without_surgery_is_refused_in_words(ask_here):
    answer = ask_here("cohort", "size-outcome", "breast-cohort", "--arm", "nothing", "--patients", "5")
    assert answer.returncode == 2 and "'nothing' does not cut out breast" in answer.stderr


def test_what_would_be_asked_is_told(ask_here):
    answer = ask_here("cohort", "size-outcome", "breast-cohort", "--patients", "70", "--dry-run")
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


@pytest.mark.slow
def test_an_assumption_that_leaves_too_few_metastases_is_named_and_the_others_are_answered(monkeypatch, tmp_path):
    from typer.testing import CliRunner

    from selfseed.base.errors import RunError
    from selfseed.cohort import disputed, size
    from selfseed.doors.cli import app

    asked, real = [], size.ask_size

    def ask_size(cohort, seed, **more):
        asked.append(dict(cohort.scenario.parameters))
        if len(asked) == 2:
            raise RunError("too few metastases for intervals; take more patients")
        return real(cohort, seed, resamples=5, **more)

    monkeypatch.setattr(size, "ask_size", ask_size)
    monkeypatch.setattr(disputed, "DISPUTED", dict(list(disputed.DISPUTED.items())[:2]))
    out = tmp_path / "so"
    words = [
        "cohort",
        "size-outcome",
        "breast-cohort",
        "--patients",
        "60",
        "--ranges",
        "--workers",
        "1",
        "--out",
        str(out),
    ]
    answer = CliRunner().invoke(app, words)
    assert answer.exit_code == 0, answer.output
    summary = json.loads((out / "summary.json").read_text())
    assert [row["assumption"] for row in summary["unanswered"]] == list(disputed.DISPUTED)[1:]
    assert {row["assumption"] for row in summary["ranges"]} == {disputed.AS_FILE}
    assert asked[1]["circulation.death_rate"] == 0.4 and len(summary["regressions"]) == 8
