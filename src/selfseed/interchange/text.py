"""Text of a file, within limits, as lines with their numbers."""

import os
from collections.abc import Iterator
from pathlib import Path

from selfseed.base.errors import ScenarioError, nearest
from selfseed.interchange.mistakes import Mistakes

MOST_BYTES = 200_000_000
MOST_LINES = 1_000_000
LONGEST_WORD = 100_000
"""Characters in a name: a clone may list thousands of mutations."""


def read_text(path: str | os.PathLike[str]) -> str:
    """Return the text of a file.

    Raises
    ------
    ScenarioError
        If there is no such file, or it is empty, too large, or not text in UTF-8.
    """
    mistakes = Mistakes(os.fspath(path))
    data = _bytes(Path(path), mistakes)
    if len(data) > MOST_BYTES:
        raise mistakes.refuse("file", "is too large", f"at most {MOST_BYTES // 1_000_000} MB")
    if not data.strip():
        raise mistakes.refuse("file", "is empty", "check that it was written in full")
    if b"\0" in data:
        raise mistakes.refuse("file", "is not text", "give a plain text file, not compressed, no spreadsheet")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise mistakes.refuse(
            line, f"byte {data[error.start]:#x} is not UTF-8", "save the file as UTF-8 text, not compressed"
        ) from None
    if text.count("\n") > MOST_LINES:
        raise mistakes.refuse("file", f"has {text.count(chr(10))} lines", f"at most {MOST_LINES}")
    return text


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Yield the lines that hold something, and their numbers from 1.

    >>> list(numbered_lines("a b\r\n\n c\n"))
    [(1, 'a b'), (3, ' c')]
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.rstrip("\r")


def _bytes(path: Path, mistakes: Mistakes) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise _missing(path, mistakes) from None
    except IsADirectoryError:
        raise mistakes.refuse("file", "is a directory", "name a file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise mistakes.refuse("file", "cannot be read", reason.lower()) from None


def _missing(path: Path, mistakes: Mistakes) -> ScenarioError:
    try:
        there = [file.name for file in path.parent.iterdir()]
    except OSError:
        there = []
    close = nearest(path.name, there)
    return mistakes.refuse("file", "does not exist", f"did you mean '{close}'?" if close else "check the path")
