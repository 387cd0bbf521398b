"""Talk on stderr: what is being done, how far it is, and how long it will take."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from selfseed.base.errors import SelfseedError

Progress = Callable[[int, int], None]

LEAST_PAUSE_S = 1.0
"""Without a terminal, progress is told no more often than this."""


class Talk:
    """Speak on stderr, so that stdout carries nothing but data.

    Parameters
    ----------
    quiet : bool
        Say nothing but errors.
    verbose : bool
        Say the details too.

    Attributes
    ----------
    said : list of str
        Every sentence, also those kept back, for the log of a run.
    """

    def __init__(self, quiet: bool = False, verbose: bool = False):
        self.quiet = quiet
        self.verbose = verbose
        self.said: list[str] = []

    def say(self, text: str) -> None:
        """Say one sentence, unless asked to be quiet."""
        self.said.append(text)
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)

    def detail(self, text: str) -> None:
        """Say what only a curious user wants to know."""
        if self.verbose:
            self.say(text)

    @contextmanager
    def progress(self, what: str) -> Iterator[Progress]:
        """Show how far ``what`` is: a bar for a person at a terminal, else a line for every tenth of it."""
        if self.quiet:
            yield lambda done, total: None
        elif sys.stderr.isatty():
            with _bar(what) as show:
                yield show
        else:
            yield _lines(what, self.say)


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(TextColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.3g}/s" if task.speed else "")

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Rate(""), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines(what: str, say: Callable[[str], None]) -> Progress:
    """Return what tells the progress line by line; the time left is judged from the first step, which may compile."""
    first = spoke = time.monotonic()
    first_done = tenths_said = 0

    def show(done: int, total: int) -> None:
        nonlocal first, first_done, spoke, tenths_said
        now = time.monotonic()
        tenths = 10 * done // total if total else 10
        if not first_done:
            first, first_done = now, done
        if done < total and (tenths == tenths_said or now - spoke < LEAST_PAUSE_S):
            return
        spoke, tenths_said = now, tenths
        seconds_left = (now - first) * (total - done) / max(done - first_done, 1)
        say(f"{what}: {done} of {total}" + (f", about {seconds_left:.0f} s left" if done < total else ""))

    return show


def fail(error: Exception) -> int:
    """Say what went wrong on stderr, in one sentence for what nobody foresaw, and return the exit code."""
    if isinstance(error, SelfseedError):
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return error.exit_code
    told = str(error).strip().splitlines() or ["no more is known"]
    print(f"selfseed met an error it did not expect: {type(error).__name__}: {told[0]}", file=sys.stderr)
    print("The same command with --debug shows where; please report that to the developers.", file=sys.stderr)
    return 1
