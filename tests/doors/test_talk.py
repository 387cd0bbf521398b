"""Talk goes to stderr, and a long job says how far it is."""

from types import SimpleNamespace

import pytest

from selfseed.base.errors import RunError
from selfseed.doors.talk import Talk, fail


@pytest.fixture
def clock(monkeypatch):
    """Stand in for the clock: it stands still until a test moves it."""
    moment = SimpleNamespace(now_s=0.0)
    monkeypatch.setattr("selfseed.doors.talk.time.monotonic", lambda: moment.now_s)
    return moment


def test_progress_without_a_terminal_is_one_line_for_every_tenth(capsys, clock):
    with Talk().progress("simulating") as show:
        clock.now_s += 40.0  # the first step compiles, and tells nothing about the others
        for done in range(1, 1001):
            show(done, 1000)
            clock.now_s += 0.1
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 10
    assert said.err.splitlines()[0] == "simulating: 100 of 1000, about 90 s left"
    assert said.err.splitlines()[-1] == "simulating: 1000 of 1000"


def test_what_is_over_in_a_moment_is_told_once(capsys, clock):
    with Talk().progress("simulating") as show:
        for done in range(1, 31):
            show(done, 30)
    assert capsys.readouterr().err == "simulating: 30 of 30\n"


def test_a_quiet_talk_says_nothing(capsys):
    talk = Talk(quiet=True)
    talk.say("hello")
    with talk.progress("simulating") as show:
        show(1, 1)
    assert capsys.readouterr().err == ""


def test_details_are_for_those_who_ask(capsys):
    Talk().detail("a detail")
    Talk(verbose=True).detail("another")
    assert capsys.readouterr().err == "another\n"


def test_a_failed_run_and_an_unforeseen_error_exit_with_1(capsys):
    assert fail(RunError("too many cells")) == 1
    assert capsys.readouterr().err == "RunError: too many cells\n"
    assert fail(ValueError("")) == 1
    assert "ValueError: no more is known" in capsys.readouterr().err
