"""What a long job has finished survives whatever interrupts it, and nothing damaged is taken for whole."""

import multiprocessing
import os
import subprocess
import sys

import numpy as np
import pytest

from selfseed.base.errors import OutputError
from selfseed.results import chunks

ASKED = {"scenario": "one", "seed": 1}
NUMBERS = {"cells": np.arange(12.0).reshape(3, 4), "name": np.array("a chunk")}


def leave_one_chunk(out):
    with pytest.raises(KeyboardInterrupt), chunks.hold(out, ASKED, resume=False) as kept:
        kept.write("000001", NUMBERS)
        raise KeyboardInterrupt
    return next(chunks.unfinished(out).glob("*.chunk"))


def read_again(out):
    said = []
    with pytest.raises(InterruptedError), chunks.hold(out, ASKED, resume=True, say=said.append) as kept:
        found = kept.read("000001")
        raise InterruptedError
    return found, said


def test_a_finished_job_leaves_nothing_behind(tmp_path):
    with chunks.hold(tmp_path / "out", ASKED, resume=False) as kept:
        kept.write("000001", NUMBERS)
    assert not chunks.unfinished(tmp_path / "out").exists()


def test_a_chunk_comes_back_bit_by_bit(tmp_path):
    leave_one_chunk(tmp_path / "out")
    found, said = read_again(tmp_path / "out")
    assert found["cells"].tobytes() == NUMBERS["cells"].tobytes() and str(found["name"]) == "a chunk" and said == []


@pytest.mark.parametrize("place", [0, 20, 40, 100, -1])
def test_a_flipped_bit_is_noticed_and_said(tmp_path, place):
    file = leave_one_chunk(tmp_path / "out")
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    found, said = read_again(tmp_path / "out")
    assert found is None and said == ["chunk 000001 is damaged (its checksum is wrong) and is computed again"]


@pytest.mark.parametrize("kept_bytes", [0, 10, 31, 32, 33, 200])
def test_a_truncated_chunk_is_noticed_and_said(tmp_path, kept_bytes):
    file = leave_one_chunk(tmp_path / "out")
    file.write_bytes(file.read_bytes()[:kept_bytes])
    found, said = read_again(tmp_path / "out")
    assert found is None and len(said) == 1


def test_an_interrupted_job_is_neither_overwritten_nor_resumed_unasked(tmp_path):
    leave_one_chunk(tmp_path / "out")
    with (
        pytest.raises(OutputError, match="interrupted job; --resume goes on with it, --force starts anew"),
        chunks.hold(tmp_path / "out", ASKED, resume=False),
    ):
        pass


def test_another_question_does_not_go_on_with_the_chunks_of_the_first(tmp_path):
    leave_one_chunk(tmp_path / "out")
    with (
        pytest.raises(OutputError, match="was asked something else \\(seed: 1, now 2\\)"),
        chunks.hold(tmp_path / "out", {**ASKED, "seed": 2}, resume=True),
    ):
        pass


def test_force_starts_anew(tmp_path):
    leave_one_chunk(tmp_path / "out")
    with chunks.hold(tmp_path / "out", {**ASKED, "seed": 2}, resume=False, force=True) as kept:
        assert kept.read("000001") is None


def test_where_nothing_is_to_be_resumed_the_job_starts_and_says_so(tmp_path):
    said = []
    with chunks.hold(tmp_path / "out", ASKED, resume=True, say=said.append):
        pass
    assert len(said) == 1 and "starts from the beginning" in said[0]


def test_a_finished_job_is_not_resumed(tmp_path):
    (tmp_path / "out").mkdir()
    said = []
    with (
        pytest.raises(OutputError, match="there is nothing to resume"),
        chunks.hold(tmp_path / "out", ASKED, resume=True, say=said.append),
    ):
        pass
    assert not said and not chunks.unfinished(tmp_path / "out").exists()


def test_who_stops_a_job_is_told_whether_anything_was_kept(tmp_path):
    with chunks.hold(tmp_path / "out", ASKED, resume=False) as kept:
        assert kept.tell_stopped("--resume") == (
            "stopped before anything was kept; the same command starts from the beginning"
        )
        kept.write("000001", {"one": np.ones(1)})
        assert kept.tell_stopped("--resume") == "stopped; --resume goes on"


def _hold_for_a_while(out, begun, end):
    with chunks.hold(out, ASKED, resume=False):
        begun.set()
        end.wait(30)


def test_a_second_process_on_the_same_place_is_refused(tmp_path):
    context = multiprocessing.get_context("spawn")
    begun, end = context.Event(), context.Event()
    other = context.Process(target=_hold_for_a_while, args=(tmp_path / "out", begun, end))
    other.start()
    try:
        assert begun.wait(30)
        with (
            pytest.raises(OutputError, match="another process is at work"),
            chunks.hold(tmp_path / "out", ASKED, resume=True),
        ):
            pass
    finally:
        end.set()
        other.join(30)


FULL_DISK = """
import resource, signal, sys
import numpy as np
from selfseed.base.errors import OutputError
from selfseed.results import chunks
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with chunks.hold(sys.argv[1], {}, resume=False) as kept:
        kept.write("000001", {"small": np.zeros(3)})
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        kept.write("000002", {"large": np.random.default_rng(1).random(10_000)})
except OutputError as error:
    print(error)
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of file size are set on POSIX systems only")
def test_a_disk_that_takes_no_more_is_said_and_costs_nothing_that_was_done(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "out")], capture_output=True, text=True, check=True
    )
    assert "all chunks before it are kept; make room, then go on with --resume" in done.stdout
    files = sorted(file.name for file in chunks.unfinished(tmp_path / "out").iterdir() if file.suffix != "")
    assert files == ["000001.chunk", "job.json"]
