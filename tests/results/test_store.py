"""A run is kept whole or not at all, is read as it was written, and never takes the place of something else."""

import gzip
import json
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from selfseed.base.errors import OutputError
from selfseed.results import store
from selfseed.results.digest import sha256
from selfseed.scenario import resolve

WRITERS = ["_write_arrays", "_write_table", "_write_json", "_flush"]
CRASH = """
import os, pickle, sys
from selfseed.results import store
def die(*given):
    os._exit(9)
setattr(store, sys.argv[2], die)
with open(sys.argv[3], "rb") as file:
    store.write(pickle.load(file), sys.argv[1])
"""


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_read_is_what_was_written_to_the_last_bit(run, tmp_path):
    back = store.open(store.write(run, tmp_path / "out", {"answer": 42}))
    xr.testing.assert_identical(back.arrays.load(), run.arrays)
    for name, table in run.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], table, check_exact=True)
    assert back.manifest == run.manifest
    assert resolve(back.scenario) == resolve(run.scenario)
    assert sha256(back.arrays, back.tables) == run.sha256 == back.sha256
    assert str(back) == str(run)


def test_the_directory_holds_few_files_and_all_that_is_promised(run, tmp_path):
    out = run.save(tmp_path / "out", summary={"answer": 42})
    promised = {"manifest.json", "results.zarr", "scenario.yaml", "summary.json", "tables"}
    assert set(names_in(out)) == promised
    assert names_in(out / "tables") == ["deposits.tsv.gz", "events.tsv.gz", "families.tsv.gz", "uncertain.tsv.gz"]
    assert json.loads((out / "summary.json").read_text()) == {"answer": 42}
    assert sum(path.is_file() for path in out.rglob("*")) < 60
    assert names_in(tmp_path) == ["out"]


def test_what_was_said_is_kept(run, tmp_path):
    with store.prepare(tmp_path / "out") as place:
        place.write(run, log="simulating ...\n")
    assert (tmp_path / "out" / "log.txt").read_text() == "simulating ...\n"


def test_equal_runs_give_equal_tables_byte_for_byte(run, tmp_path):
    first, second = (store.write(run, tmp_path / name) / "tables/events.tsv.gz" for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def test_tables_are_plain_text_for_other_programs(run, tmp_path):
    text = gzip.decompress((run.save(tmp_path / "out") / "tables/events.tsv.gz").read_bytes()).decode()
    assert text.splitlines()[0].split("\t") == list(run.events.columns)
    assert len(text.splitlines()) == len(run.events) + 1


def test_empty_tables_and_missing_labels_survive(run, tmp_path):
    quiet = replace(
        run, arrays=run.arrays.isel(label=slice(0)), **{name: table[:0] for name, table in run.tables.items()}
    )
    back = store.open(quiet.save(tmp_path / "out"))
    xr.testing.assert_identical(back.arrays.load(), quiet.arrays)
    for name, table in quiet.tables.items():
        pd.testing.assert_frame_equal(back.tables[name], table)


def test_an_array_too_large_for_one_piece_is_written_in_several(run, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LARGEST_CHUNK_BYTES", 1000)
    xr.testing.assert_identical(store.open(run.save(tmp_path / "out")).arrays.load(), run.arrays)


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("interruption", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_write_leaves_nothing(run, tmp_path, monkeypatch, writer, interruption):
    def fail(*given, **settings):
        raise interruption

    monkeypatch.setattr(store, writer, fail)
    with pytest.raises((OutputError, KeyboardInterrupt)):
        store.write(run, tmp_path / "out", {"answer": 42})
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_a_power_cut_leaves_nothing_that_looks_finished(run, tmp_path, writer):
    (tmp_path / "run.pickle").write_bytes(pickle.dumps(run))
    out = tmp_path / "results" / "out"
    out.parent.mkdir()
    words = [sys.executable, "-c", CRASH, out, writer, tmp_path / "run.pickle"]
    assert subprocess.run(words, cwd=Path(__file__).parents[2]).returncode == 9
    assert not out.exists()
    assert not list(out.parent.rglob("manifest.json"))
    assert all(name.startswith(".") for name in names_in(out.parent))


def test_an_interrupted_replacement_leaves_the_old_run(run, tmp_path, monkeypatch):
    out = run.save(tmp_path / "out")
    before = (out / "manifest.json").read_bytes()
    rename = Path.rename

    def rename_but_not_the_new(path, target):
        if (path / "summary.json").exists():
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", rename_but_not_the_new)
    with pytest.raises(OutputError, match="Input/output error"):
        run.save(out, force=True, summary={"answer": 42})
    assert (out / "manifest.json").read_bytes() == before
    assert names_in(tmp_path) == ["out"]


def test_a_failed_simulation_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), store.prepare(tmp_path / "out"):
        raise ZeroDivisionError
    assert names_in(tmp_path) == []


def test_a_place_that_another_took_meanwhile_stays_and_the_run_is_kept_beside_it(run, tmp_path):
    with (
        pytest.raises(OutputError, match="exists.*this run is kept in") as told,
        store.prepare(tmp_path / "out") as place,
    ):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "notes.txt").write_text("my own work")
        place.write(run)
    assert names_in(tmp_path / "out") == ["notes.txt"]
    assert store.open(str(told.value).rsplit(" ", 1)[1]).sha256 == run.sha256


def test_an_existing_directory_is_refused_and_force_is_named(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(OutputError, match=r"out exists; --force replaces it"), store.prepare(tmp_path / "out"):
        pytest.fail("the simulation must not start")


def test_force_replaces_a_run(run, tmp_path):
    run.save(tmp_path / "out", summary={"old": 1})
    (tmp_path / "out" / "report.html").write_text("old")
    run.save(tmp_path / "out", force=True)
    assert names_in(tmp_path) == ["out"]
    assert {"report.html", "summary.json"}.isdisjoint(names_in(tmp_path / "out"))
    assert store.open(tmp_path / "out").sha256 == run.sha256


def test_force_fills_an_empty_directory(run, tmp_path):
    (tmp_path / "out").mkdir()
    assert store.open(run.save(tmp_path / "out", force=True)).sha256 == run.sha256


def test_force_never_touches_what_is_not_a_run(run, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "manifest.json").write_text('{"software": {"name": "another"}}')
    (tmp_path / "file").write_text("my own work")
    (tmp_path / "link").symlink_to(tmp_path / "thesis")
    for name in ("thesis", "file", "link"):
        with pytest.raises(OutputError, match="is not a run of selfseed"):
            run.save(tmp_path / name, force=True)
    assert names_in(tmp_path) == ["file", "link", "thesis"]
    assert (tmp_path / "file").read_text() == "my own work"


def test_a_missing_parent_is_told_before_anything_is_computed(tmp_path):
    with pytest.raises(OutputError, match="its parent .*nowhere is not there"), store.prepare(tmp_path / "nowhere/out"):
        pytest.fail("the simulation must not start")
    assert names_in(tmp_path) == []


def test_a_parent_that_is_a_file_is_told(tmp_path):
    (tmp_path / "notes").write_text("my own work")
    with pytest.raises(OutputError, match="notes is a file"), store.prepare(tmp_path / "notes/out"):
        pytest.fail("the simulation must not start")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere; the next test asks the kernel instead")
def test_a_read_only_parent_is_told(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="does not let itself be written"), store.prepare(tmp_path / "out"):
        pytest.fail("the simulation must not start")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no file system here that refuses even root")
def test_a_file_system_that_takes_no_directories_is_told():
    with pytest.raises(OutputError, match="/proc does not let itself be written"), store.prepare("/proc/out"):
        pytest.fail("the simulation must not start")


def test_opening_what_is_no_run_says_so(run, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="is not there"):
        store.open(tmp_path / "nowhere")
    with pytest.raises(OutputError, match="is a file"):
        store.open(tmp_path / "file")
    with pytest.raises(OutputError, match="is not a finished run"):
        store.open(tmp_path / "empty")


@pytest.mark.parametrize("part", ["scenario.yaml", "tables/events.tsv.gz", "results.zarr/zarr.json"])
def test_opening_a_damaged_run_names_what_is_missing(run, tmp_path, part):
    out = run.save(tmp_path / "out")
    (out / part).unlink()
    with pytest.raises(OutputError, match="is damaged"):
        store.open(out)


def test_a_number_that_json_does_not_know_is_refused_not_written(run, tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        run.save(tmp_path / "out", summary={"answer": np.nan})
    assert names_in(tmp_path) == []
