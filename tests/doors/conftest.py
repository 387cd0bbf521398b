"""Ask the command line as a user does: a process of its own, in a folder of its own."""

import subprocess
import sys
from types import SimpleNamespace

import pytest


def ask_in(folder, *words):
    """Run ``selfseed`` with the given words in ``folder``, and return what it answered."""
    command = [sys.executable, "-m", "selfseed", *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)


@pytest.fixture
def ask(tmp_path):
    """Ask in an empty folder."""
    return lambda *words: ask_in(tmp_path, *words)


@pytest.fixture(scope="session")
def asking():
    """Ask in a folder of one's choice."""
    return ask_in


@pytest.fixture
def say(monkeypatch, capsys):
    """Ask in this process, for it is quicker; the answer has code, out and err."""
    from selfseed.doors import cli

    def ask(*words):
        monkeypatch.setattr(sys, "argv", ["selfseed", *map(str, words)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        said = capsys.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return ask


@pytest.fixture
def ask_here(tmp_path, monkeypatch, say):
    """Ask as ``ask`` does, in an empty folder or in one of one's choice, but in this process."""

    def ask(*words, folder=tmp_path):
        monkeypatch.chdir(folder)
        answer = say(*words)
        return SimpleNamespace(returncode=answer.code, stdout=answer.out, stderr=answer.err)

    return ask
