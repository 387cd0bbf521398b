"""Pages that are made from the program while they are built: its commands, what a run holds.

A page says where with a comment: ``<!-- made here: commands -->``.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping

PLACE = re.compile(r"<!-- made here: (\w+) -->")
ANCHOR = re.compile(r'^<a id="([\w-]+)"></a>$', re.MULTILINE)
SCRIPT = re.compile(r"\]\(((?:\.\./)*)gallery/((?:runs/)?plot_\w+)\.py\)")


def commands() -> str:
    """Return every command with its arguments and options, as ``--help`` describes them."""
    from typer.main import get_command

    from selfseed.doors.cli import app

    return "\n\n".join(_command(get_command(app), "selfseed", None))


def _command(command, name: str, above) -> Iterator[str]:
    """Yield the parts of the description of a command and of all commands below it."""
    context = command.context_class(command, above, name, **command.context_settings)
    whole = context.command_path
    yield f"{'#' * max(2, len(whole.split()))} `{whole}`"
    yield _text(command.help or "")
    below = getattr(command, "commands", {})
    usage = " ".join([whole, *command.collect_usage_pieces(context)])
    yield f"```text\n{usage}\n```"
    known = [each for each in command.get_params(context) if above is None or each.name != "help"]
    if rows := [row for parameter in known for row in _row(parameter, context)]:
        yield "\n".join(["| | |", "|---|---|", *rows])
    for child, entry in below.items():
        yield from _command(entry, child, context)


def _row(parameter, context) -> Iterator[str]:
    record = parameter.get_help_record(context)
    if record is None:
        metavar = parameter.make_metavar(context)
        record = (metavar, getattr(parameter, "help", None) or "")
    yield f"| `{_cell(record[0])}` | {_cell(_text(record[1]))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _text(text: str) -> str:
    """Return help as Markdown: rich markup is taken out, options are set as code."""
    plain = re.sub(r"\[/?(?:dim|bold|red|yellow)\]", "", text).replace("\b", "").strip()
    return re.sub(r"(?<![`\w-])(--[\w-]+)(?![^`]*`\w)", r"`\1`", plain)


def arrays() -> str:
    """Return the table of the arrays of a run."""
    from selfseed.results.words import VARIABLES

    rows = [
        f"| `{name}` | {', '.join(of.dims)} | {_unit(of.units)} | {of.long_name} |"
        for name, of in VARIABLES.items()
    ]
    return "\n".join(["| array | over | unit | what it is |", "|---|---|---|---|", *rows])


def coordinates() -> str:
    """Return the table of the coordinates of those arrays."""
    from selfseed.results.words import COORDINATES

    rows = [
        f"| `{name}` | {_unit(of.units)} | {of.long_name} |" for name, of in COORDINATES.items()
    ]
    return "\n".join(["| coordinate | unit | what it is |", "|---|---|---|", *rows])


def columns() -> str:
    """Return the tables of a run with their columns."""
    from selfseed.results.words import COLUMNS

    kinds = {str: "", int: " (whole number)", float: " (number)", bool: " (true or false)"}
    rows = [
        f"| `{table}` | {', '.join(f'`{name}`{kinds[kind]}' for name, kind in promised.items())} |"
        for table, promised in COLUMNS.items()
    ]
    return "\n".join(["| table | columns |", "|---|---|", *rows])


def _unit(unit: str) -> str:
    return {"1": "", "mm^3": "mm³", "mL^-1": "1/ml"}.get(unit, unit)


MAKERS: Mapping[str, Callable[[], str]] = {
    made.__name__: made for made in (commands, arrays, coordinates, columns)
}


def fill(app, docname: str, source: list[str]) -> None:
    """Fill the places of a page; lead links to scripts of the gallery, and to anchors, aright."""
    if os.fspath(app.env.doc2path(docname)).endswith(".md"):
        text = PLACE.sub(lambda place: MAKERS[place[1]](), source[0])
        text = ANCHOR.sub(r"(\1)=", text).replace("\n\n```\n", "\n```\n")
        source[0] = SCRIPT.sub(r"](\1examples/\2.rst)", text)


def setup(app) -> dict[str, bool]:
    """Tell Sphinx to fill pages as it reads them."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
