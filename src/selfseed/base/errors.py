"""Errors that speak to a scientist: where, the value given, what is allowed, the remedy."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class SelfseedError(Exception):
    """Say what went wrong in a user's words; the base of every error that selfseed raises on purpose."""

    exit_code = 1


class RunError(SelfseedError):
    """Say why a simulation could not be carried through."""


class OutputError(SelfseedError):
    """Say why results cannot be written where they were asked for, or read from there."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """Name one mistake in a question: its place, the value given, and what to do about it."""

    where: str
    what: str
    remedy: str


class ScenarioError(SelfseedError):
    """List every problem of a scenario at once.

    Parameters
    ----------
    source : str
        The file, or the name under which the scenario came in.
    problems : sequence of Problem
    """

    exit_code = 2

    def __init__(self, source: str, problems: Sequence[Problem]):
        self.source = source
        self.problems = tuple(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        count = len(self.problems)
        where_width = max((len(problem.where) for problem in self.problems), default=0)
        what_width = min(48, max((len(problem.what) for problem in self.problems), default=0))
        lines = [f"{count} problem{'s' * (count != 1)} in {self.source}"]
        for problem in self.problems:
            lines.append(f"  {problem.where:<{where_width}}  {problem.what:<{what_width}}  {problem.remedy}".rstrip())
        return "\n".join(lines)


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that looks most like ``word``, or None when none is close."""
    names = {name.casefold(): name for name in allowed}
    close = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else None
