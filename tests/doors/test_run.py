"""The main job, from the words on the command line to the directory that is left behind."""

import hashlib
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest

import selfseed

GLANDS = """\
selfseed: 1
title: Two glands
host: mouse
clones:
  parental: {}
  LM2: {from: parental, label: GFP, expression: {FSCN1: 3, MMP1: 5}}
sites:
  donor: {organ: mammary_gland}
  recipient: {organ: mammary_gland}
procedures:
  - {implant: LM2, site: donor, cells: 1e5}
  - {implant: parental, site: recipient, cells: 1e5}
arms:
  control: {description: nothing changed}
  silenced: {knock_down: [{gene: MMP1, clone: LM2, remaining: 0.15}]}
measurements:
  - {volume: [donor, recipient], every: 5 day}
  - {label_share: GFP, sites: recipient, at: 30 day}
duration: 30 day
replicates: 3
"""


@pytest.fixture
def glands(tmp_path):
    """Write a small experiment into the folder that is asked from."""
    (tmp_path / "glands.yaml").write_text(GLANDS)
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory, asking):
    """Ask for the small experiment once, with seed 5, and keep the answer and the folder."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "glands.yaml").write_text(GLANDS)
    answer = asking(folder, "simulate", "glands.yaml", "--seed", 5, "--out", "results/mine")
    return SimpleNamespace(folder=folder, answer=answer, run=selfseed.open(folder / "results/mine"))


def names_below(folder):
    return {path.name for path in folder.iterdir()}


def test_the_last_line_is_the_path_of_a_report(finished):
    assert finished.answer.returncode == 0, finished.answer.stderr
    assert finished.answer.stdout.splitlines()[-1] == "results/mine/report.html"
    assert "</html>" in (finished.folder / "results/mine/report.html").read_text()


def test_a_directory_holds_everything_and_nothing_is_left_beside_it(finished):
    promised = {"scenario.yaml", "manifest.json", "summary.json", "results.zarr", "tables", "figures", "log.txt"}
    assert names_below(finished.folder / "results/mine") == promised | {"report.html"}
    assert names_below(finished.folder / "results") == {"mine"}


def test_the_files_that_went_in_are_named_with_their_hashes(finished):
    (entry,) = finished.run.manifest["inputs"]
    assert entry == {"name": "glands.yaml", "sha256": hashlib.sha256(GLANDS.encode()).hexdigest()}


def test_the_resolved_scenario_of_a_run_repeats_it_bit_for_bit(finished, ask_here, tmp_path):
    scenario = finished.folder / "results/mine/scenario.yaml"
    assert ask_here("simulate", scenario, "--seed", 5, "--no-report", "--out", "again").returncode == 0
    assert selfseed.open(tmp_path / "again").sha256 == finished.run.sha256
    assert ask_here("simulate", scenario, "--seed", 6, "--no-report", "--out", "other").returncode == 0
    assert selfseed.open(tmp_path / "other").sha256 != finished.run.sha256


def test_a_report_is_drawn_again_and_never_over_a_file_of_ones_own(finished, ask_here, tmp_path):
    directory = finished.folder / "results/mine"
    assert ask_here("report", directory).stdout == f"{directory / 'report.html'}\n"
    (tmp_path / "notes.html").write_text("my own work")
    refused = ask_here("report", directory, "--out", "notes.html")
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert (tmp_path / "notes.html").read_text() == "my own work"


def test_a_report_that_cannot_be_written_says_so(finished, ask_here, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    answer = ask_here("report", finished.folder / "results/mine", "--out", "file/report.html")
    assert answer.returncode == 2
    assert "OutputError: file/report.html cannot be written" in answer.stderr


def test_a_report_of_nothing_is_refused(ask_here):
    answer = ask_here("report", "nowhere")
    assert answer.returncode == 2
    assert answer.stderr.startswith("OutputError: nowhere is not there")


def test_a_drawn_seed_is_told_and_kept_and_the_same_question_has_the_same_place(ask_here, glands):
    answer = ask_here("simulate", "glands.yaml", "--no-report", "--replicates", 2)
    directory = answer.stdout.splitlines()[-1]
    assert directory.startswith("runs/") and "-glands-" in directory
    assert "report.html" not in names_below(glands / directory)
    asked = selfseed.open(glands / directory).manifest["parameters"]
    assert asked["replicates"] == 2
    for told in (answer.stderr, (glands / directory / "log.txt").read_text()):
        assert f"--seed {asked['seed']} repeats this run" in told
    again = ask_here("simulate", "glands.yaml", "--no-report", "--replicates", 2, "--seed", asked["seed"])
    assert again.returncode == 2
    assert f"{directory} exists; --force replaces it" in again.stderr


def test_a_quiet_run_says_nothing_and_replaces_a_run_when_forced(ask, ask_here, glands):
    words = ("simulate", "glands.yaml", "--seed", 5, "--engine", "mean-field", "--out", "mean", "--no-report")
    assert "replicates  1 in each arm" in ask_here(*words, "--dry-run").stdout
    for asked in (ask, ask_here):
        answer = asked(*words, "--force", "--quiet")
        assert (answer.returncode, answer.stderr) == (0, "")
    assert selfseed.open(glands / "mean").arrays.attrs["engine"] == "mean-field"


def test_measured_volumes_that_cannot_be_read_stop_the_run_before_it_starts(ask_here, glands):
    (glands / "mice.tsv").write_text("ID\tTime\tVolum\n1\t3\t20\n")
    answer = ask_here("simulate", "glands.yaml", "--seed", 5, "--data", "mice.tsv", "--out", "mine")
    assert answer.returncode == 2
    assert "mice.tsv" in answer.stderr and "simulating" not in answer.stderr
    assert names_below(glands) == {"glands.yaml", "mice.tsv"}


def test_an_interrupted_run_leaves_nothing_that_looks_finished(glands):
    endless = (
        "import signal, time; from selfseed import engine; from selfseed.doors import cli\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "engine.simulate = lambda *_, notify, **__: (notify('under way'), time.sleep(60))\n"
        "cli.main()"
    )
    command = [sys.executable, "-c", endless, "simulate", "glands.yaml", "--out", "mine"]
    with subprocess.Popen(command, cwd=glands, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        while "under way" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said, told = process.stdout.read(), process.stderr.read()
    assert process.returncode == 130
    assert said == ""
    assert "stopped before anything was kept; the same command starts from the beginning" in told
    assert names_below(glands) == {"glands.yaml"}
