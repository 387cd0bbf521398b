"""Ask the command line as a user does: a process of its own, in a folder of its own."""

import subprocess
import sys

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
