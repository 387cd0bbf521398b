"""What `selfseed fit` answers, asked through the function behind the command."""

import json
from pathlib import Path

import pytest

from selfseed.base.errors import OutputError, ScenarioError
from selfseed.doors.fit import Method, fit

STUDY = Path(__file__).parents[2] / "docs" / "studies" / "two-glands-study.yaml"


def test_a_dry_run_says_what_would_be_fitted(tmp_path, capsys):
    fit(STUDY, seed=1, starts=3, out=tmp_path / "out", dry_run=True, method=Method.optimum, samples=100)
    said = capsys.readouterr().out
    assert "12 of ctc, 6 of label_share, 108 of volume" in said
    assert "shedding.rate: loguniform, low 0.001, high 0.5, in 1/day" in said
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        fit(STUDY, seed=1, starts=1, out=tmp_path / "out", method=Method.optimum, samples=100, quiet=True)


def test_to_resume_without_a_seed_asks_for_one(tmp_path):
    with pytest.raises(ScenarioError, match="give the --seed"):
        fit(STUDY, out=tmp_path / "out", resume=True, method=Method.optimum, starts=1, samples=100)


@pytest.mark.slow
def test_a_fit_leaves_its_numbers_and_a_report(tmp_path, capsys):
    out = tmp_path / "out"
    fit(STUDY, seed=1, starts=1, out=out, method=Method.optimum, samples=100, quiet=True)
    told = json.loads((out / "summary.json").read_text())
    truth = {"growth.initial_rate": 0.56, "shedding.rate": 0.02, "establishment.home": 1e-3, "noise.volume": 0.12}
    for one in told["parameters"]:
        low, high = one["profile_95"]
        assert low < truth[one["name"]] < high
        assert not low < 1.3 * truth[one["name"]] < high
    assert {"profiles.tsv", "predicted.tsv", "scenario.yaml", "report.html"} <= {file.name for file in out.iterdir()}
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "report.html")
