"""Sweeps, ensembles, runs and fits survive being killed, and branches go on from their middle: the command line."""

import hashlib
import json
import random
import signal
import subprocess
import sys
import time

import pytest
from tests.small import write_study

import selfseed
from selfseed.base.errors import OutputError


@pytest.fixture
def folder(tmp_path):
    write_study(tmp_path)
    return tmp_path


JOBS = {
    "run": ("simulate", "small.yaml", "--replicates", "60", "--seed", "1", "--no-report", "-q"),
    "ensemble": (
        "simulate", "small.yaml", "--replicates", "200", "--seed", "1", "--keep", "summary", "--no-report", "-q",
        "--workers", "2",
    ),
    "sweep": (
        "sweep", "small.yaml", "--vary", "shedding.rate=1e-5:1e-3:6:log", "--replicates", "30", "--seed", "1",
        "--no-report", "-q", "--workers", "2",
    ),
    "optimum": ("fit", "study.yaml", "--seed", "1", "--starts", "3", "-q"),
    "animals": (
        "fit", "study.yaml", "--method", "abc", "--seed", "1", "--particles", "150", "--rounds", "3", "-q",
        "--workers", "2",
    ),
    "population": ("fit", "differing.yaml", "--method", "population", "--seed", "1", "-q"),
}  # fmt: skip
ALONE = {kind: ("--workers", "1") for kind, words in JOBS.items() if "--workers" in words}
"""The whole job needs no process besides this one: how many there are changes no bit."""
FITS = {
    "optimum": ("summary.json", "profiles.tsv", "predicted.tsv"), "animals": ("summary.json", "posterior.tsv.gz"),
    "population": ("summary.json", "animals.tsv"),
}  # fmt: skip
"""The numbers that each kind of fit leaves."""


def results_of(folder, kind, out):
    """Return the hash of what a job left behind, without the times in it."""
    if kind in FITS:
        return hashlib.sha256(b"".join((folder / out / name).read_bytes() for name in FITS[kind])).hexdigest()
    if kind == "sweep":
        return hashlib.sha256((folder / out / "sweep.tsv").read_bytes()).hexdigest()
    return json.loads((folder / out / "manifest.json").read_text())["arrays_sha256"]


def kill_and_resume(folder, kind, kills, seed):
    """Kill the job at random moments, go on each time, and return how often it was killed before it ended."""
    rng, killed = random.Random(seed), 0
    command = [sys.executable, "-m", "selfseed", *JOBS[kind], "--out", "killed", "--resume"]
    while True:
        process = subprocess.Popen(command, cwd=folder, start_new_session=True, stderr=subprocess.PIPE)
        try:
            process.wait(rng.uniform(1.0, 6.0) if killed < kills else 300.0)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
            time.sleep(0.1)
            continue
        assert process.returncode == 0, process.stderr.read().decode()
        return killed


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow) if kind != "sweep" else kind for kind in JOBS if kind not in FITS],
)
def test_a_job_that_is_killed_ends_with_the_bits_of_one_that_was_not(ask_here, folder, kind):
    assert ask_here(*JOBS[kind], *ALONE.get(kind, ()), "--out", "whole").returncode == 0
    assert kill_and_resume(folder, kind, kills=1, seed=1) >= 1
    assert results_of(folder, kind, "killed") == results_of(folder, kind, "whole")
    assert not (folder / "killed.unfinished").exists()


def kill_at(folder, kind, pattern):
    """Start the job, and kill it as soon as a chunk of that name is there."""
    command = [sys.executable, "-m", "selfseed", *JOBS[kind], "--out", "killed"]
    process = subprocess.Popen(command, cwd=folder, start_new_session=True)
    while not list(folder.glob(f"killed.unfinished/{pattern}.chunk")):
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("population", "fields-*"),
        pytest.param("optimum", "profile-*", marks=pytest.mark.slow),
        pytest.param("optimum", "start-*", marks=pytest.mark.slow),
        pytest.param("animals", "round-001-*", marks=pytest.mark.slow),
    ],
)
def test_a_fit_that_is_killed_ends_with_the_bits_of_one_that_was_not(ask, ask_here, folder, kind, pattern):
    assert ask_here(*JOBS[kind], *ALONE.get(kind, ()), "--out", "whole").returncode == 0
    kill_at(folder, kind, pattern)
    damaged = sorted(folder.glob("killed.unfinished/*.chunk"))[0]
    damaged.write_bytes(b"nothing that was ever written")
    loud = [word for word in JOBS[kind] if word != "-q"]
    done = ask(*loud, "--out", "killed", "--resume")
    assert done.returncode == 0 and f"chunk {damaged.stem} is damaged" in done.stderr, done.stderr
    assert results_of(folder, kind, "killed") == results_of(folder, kind, "whole")
    assert not (folder / "killed.unfinished").exists()


@pytest.mark.slow
def test_fifty_kills_at_random_moments_change_no_bit(ask, folder):
    kills = 0
    for kind in JOBS:
        assert ask(*JOBS[kind], "--out", f"whole-{kind}").returncode == 0
    for attempt in range(60):
        kind = list(JOBS)[attempt % len(JOBS)]
        kills += kill_and_resume(folder, kind, kills=3, seed=attempt)
        assert results_of(folder, kind, "killed") == results_of(folder, kind, f"whole-{kind}")
        subprocess.run(["rm", "-rf", "killed"], cwd=folder, check=True)
        if kills >= 50:
            break
    assert kills >= 50


def test_a_sweep_says_its_points_and_problems_before_anything_is_computed(ask_here, folder):
    told = ask_here("sweep", "small.yaml", "--vary", "duration=12,14", "--dry-run", "--seed", "1")
    assert "2 points of 6 replicates in each arm" in told.stdout and "1  duration = 14" in told.stdout
    wrong = ask_here("sweep", "small.yaml", "--vary", "sheding.rate=1,2", "--seed", "1")
    assert wrong.returncode == 2
    assert "point 0: sheding.rate  leads nowhere  did you mean 'shedding.rate'?" in wrong.stderr
    assert ask_here("sweep", "small.yaml").stderr == (
        "ScenarioError: 1 problem in the command\n  --vary  nothing, or a table besides  give --vary or --table\n"
    )


def test_points_come_from_a_table(ask_here, folder):
    (folder / "points.tsv").write_text("point\tshedding.rate\tduration\n0\t1e-5\t12 day\n1\t1e-3\t\n")
    words = ("sweep", "small.yaml", "--table", "points.tsv", "--replicates", "2", "--seed", "1", "--workers", "1")
    done = ask_here(*words, "--out", "out", "-q")
    assert done.stdout.strip() == "out/report.html", done.stderr
    rows = (folder / "out" / "sweep.tsv").read_text().splitlines()
    assert rows[0].startswith("point\tshedding.rate\tduration\tarm\tsite\tquantity\tmean\tlow\thigh")
    assert rows[-1].startswith("1\t0.001\t\t")
    assert "<svg" in (folder / "out" / "report.html").read_text()


def test_a_second_process_on_the_same_results_is_refused(ask_here, folder):
    words = (*JOBS["sweep"], "--workers", "1", "--replicates", "300", "--out", "out")
    command = [sys.executable, "-m", "selfseed", *words]
    first = subprocess.Popen(command, cwd=folder)
    try:
        while not list(folder.glob("out.unfinished/*.chunk")):
            time.sleep(0.1)
        second = ask_here(*words, "--resume")
    finally:
        first.kill()
        first.wait()
    assert second.returncode == 2 and "another process is at work on out" in second.stderr


def test_an_ensemble_is_opened_as_one_and_is_no_run(ask_here, folder):
    assert ask_here(*JOBS["ensemble"], "--replicates", "4", "--workers", "1", "--out", "out").returncode == 0
    found = selfseed.open_ensemble(folder / "out")
    assert found.arrays.sizes["replicate"] == 4 and found.scenario.title == "Two small tumours"
    with pytest.raises(OutputError, match="holds an ensemble, not every family of a run; open_ensemble reads it"):
        selfseed.open(folder / "out")


def test_a_branch_goes_on_with_another_arm_and_keeps_its_checkpoint(ask_here, folder):
    assert ask_here("simulate", "small.yaml", "--seed", "1", "--out", "run", "--no-report", "-q").returncode == 0
    (folder / "more.yaml").write_text("arms:\n  late knife: {add: [{resect: left, at: 9 day, residual: 0}]}\n")
    done = ask_here(
        "branch", "run", "--at", "6 day", "--to", "late knife", "--to", "IL-8 silenced", "--arms", "more.yaml", "-q",
        "--out", "other", "--no-report",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "late knife from day 6" in done.stdout and done.stdout.strip().endswith("other")
    assert [file.name for file in (folder / "run" / "checkpoints").iterdir()] == ["state-6-0.chunk"]
    wrong = ask_here("branch", "run", "--at", "6 hours", "--to", "IL8 silenced")
    assert wrong.returncode == 2 and "did you mean 'IL-8 silenced'?" in wrong.stderr
