"""`selfseed history calibrate` judges patients of known truth, the same for any number of workers."""

import json

from typer.testing import CliRunner

from selfseed.doors.cli import app


def calibrated(out, *options):
    asked = ["history", "calibrate", "--patients", "4", "--simulator", "seeding", "--out", str(out), "-q", *options]
    return CliRunner().invoke(app, asked)


def test_patients_are_judged_against_their_truth(tmp_path):
    result = calibrated(tmp_path / "one", "--seed", "3")
    assert result.exit_code == 0 and result.stdout.strip().endswith("reliability.tsv")
    rows = [line.split("\t") for line in (tmp_path / "one" / "patients.tsv").read_text().splitlines()[1:]]
    scores = json.loads((tmp_path / "one" / "calibration.json").read_text())
    brier = sum((float(row[1]) - float(row[2])) ** 2 for row in rows) / 4
    assert len(rows) == scores["patients"] == 4 and abs(scores["brier"] - brier) < 1e-5
    assert scores["reseeded"] == sum(int(row[2]) for row in rows) == 1


def test_a_simulator_that_is_not_there_is_refused_with_the_nearest_name(tmp_path):
    result = calibrated(tmp_path / "none", "--simulator", "engin")
    assert result.exit_code != 0 and "did you mean 'engine'?" in str(result.exception)
    assert not (tmp_path / "none").exists()
