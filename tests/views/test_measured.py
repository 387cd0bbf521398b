"""Measured volumes are read with care: what is wrong is named, all at once."""

import numpy as np
import pytest

from selfseed.base.errors import ScenarioError
from selfseed.views.measured import read_volumes, share_within

MISTAKES = {
    "other columns": ("mouse\tday\n1\t2\n", ["line 1", "columns mouse, day", "must be ID, Time, Observation"]),
    "commas": ("ID,Time,Observation\n1,2,3\n", ["line 1", "separated by tabs"]),
    "one name": ("ID\tTime\tobservation\n1\t2\t3\n", ["no column 'Observation'", "rename 'observation'?"]),
    "words": ("ID\tTime\tObservation\n1\ttwo\t3\n", ["line 2", "Time = two", "must be a number of days"]),
    "negative": ("ID\tTime\tObservation\n1\t2\t-3\n", ["line 2", "Observation = -3", "must be a number of mm³"]),
    "not finite": ("ID\tTime\tObservation\n1\t2\tinf\n1\t2\tnan\n", ["2 problems", "Observation = inf", "= nan"]),
    "too short": ("ID\tTime\tObservation\n1\t2\n", ["line 2", "2 fields"]),
    "no rows": ("ID\tTime\tObservation\n", ["no observations"]),
    "empty": ("", ["is empty"]),
}  # fmt: skip


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / "mice.tsv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_columns_may_come_in_any_order(table):
    read = read_volumes(table("Observation\tnote\tID\tTime\n12.5\tx\t7\t3\n\n8\t\t7\t5\n"))
    assert read.to_dict("list") == {"ID": ["7", "7"], "Time": [3.0, 5.0], "Observation": [12.5, 8.0]}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_its_place_and_remedy(table, mistake):
    content, words = MISTAKES[mistake]
    with pytest.raises(ScenarioError) as caught:
        read_volumes(table(content))
    for word in ("mice.tsv", *words):
        assert word in str(caught.value)


def test_a_file_that_is_no_text_is_refused(table):
    with pytest.raises(ScenarioError, match="is no UTF-8 text"):
        read_volumes(table(b"\xff\xfe\x00ID"))


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="name a file that can be read"):
        read_volumes(tmp_path / "nowhere.tsv")


def test_endless_mistakes_are_cut_short(table):
    with pytest.raises(ScenarioError) as caught:
        read_volumes(table("ID\tTime\tObservation\n" + "1\tx\ty\n" * 1000))
    assert len(caught.value.problems) <= 25


def test_only_what_lies_in_the_band_counts_as_within():
    grid = np.array([0.0, 10.0, 20.0])
    times = np.array([5.0, 5.0, 5.0, 20.0, 25.0])
    volumes = np.array([5.0, 15.0, 16.0, 30.0, 30.0])
    assert share_within(times, volumes, grid, np.zeros(3), np.array([10.0, 20.0, 30.0])) == (3, 4)


def test_a_wrong_file_writes_no_report(run, table, tmp_path):
    from selfseed.views.report import write_report

    with pytest.raises(ScenarioError):
        write_report(run, tmp_path / "out" / "report.html", data=table("a\tb\n"))
    assert not (tmp_path / "out").exists()
