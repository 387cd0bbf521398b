"""Collect every mistake of a file, each at its line, and say them all at once."""

from collections.abc import Sequence

from selfseed.base.errors import Problem, ScenarioError, nearest

MOST_SHOWN = 20
LONGEST_QUOTE = 40


class Mistakes:
    """Hold the mistakes found so far in one file.

    Parameters
    ----------
    source : str
        The file that is read.
    """

    def __init__(self, source: str):
        self.source = source
        self.found: list[Problem] = []
        self.count = 0

    def add(self, where: int | str, what: str, remedy: str) -> None:
        """Note one mistake; ``where`` is a line number, or a word such as ``file``."""
        self.count += 1
        if len(self.found) < MOST_SHOWN:
            self.found.append(Problem(_place(where), what, remedy))

    def stop(self) -> None:
        """Raise if there are any.

        Raises
        ------
        ScenarioError
            With the first ``MOST_SHOWN`` mistakes found, by their lines, and how many more there are.
        """
        if not self.count:
            return
        shown = sorted(self.found, key=_line)
        if self.count > len(shown):
            shown.append(Problem("...", f"{self.count - len(shown)} more", "correct those above first"))
        raise ScenarioError(self.source, shown)

    def refuse(self, where: int | str, what: str, remedy: str) -> ScenarioError:
        """Return the error for a mistake after which nothing else can be read."""
        return ScenarioError(self.source, [*self.found, Problem(_place(where), what, remedy)])


def _place(where: int | str) -> str:
    return f"line {where}" if isinstance(where, int) else where


def _line(problem: Problem) -> float:
    word, _, number = problem.where.partition(" ")
    return float(number) if word == "line" else float("inf")


def quoted(text: str) -> str:
    """Return ``text`` between quotes, cut to a length that can be shown on one line.

    >>> quoted("left lung")
    "'left lung'"
    """
    shown = "".join(sign if sign.isprintable() else "?" for sign in text[:LONGEST_QUOTE])
    return f"'{shown}{'...' if len(text) > LONGEST_QUOTE else ''}'"


def suggestion(word: str, allowed: Sequence[str]) -> str:
    """Return which of the ``allowed`` names was meant, or all of them where none is close.

    >>> suggestion("lungs", ["liver", "lung"])
    "did you mean 'lung'?"
    >>> suggestion("brain", ["liver", "lung"])
    'allowed: liver, lung'
    """
    close = nearest(word, allowed)
    if close:
        return f"did you mean {quoted(close)}?"
    more = ", ..." if len(allowed) > 10 else ""
    return f"allowed: {', '.join(allowed[:10])}{more}"
