"""Write docs/parameters.md from the one table of parameters: ``python tools/parameters_page.py``."""

from pathlib import Path

from selfseed.processes import PROCESSES
from selfseed.processes.parameter import Parameter, Process

PAGE = Path(__file__).parents[1] / "docs" / "parameters.md"
HEAD = """# Every parameter, its value, its source and how sure we are

<!-- made by tools/parameters_page.py from src/selfseed/processes; do not edit -->

A scenario may set each of them under `parameters:`, and those marked *clone* inside a clone as well. The confidence
says where the number comes from:

| confidence | the number was |
|---|---|
| read | read in the source itself |
| quoted | quoted by another source that was read |
| memory | recalled from the literature; verify before you lean on it |
| derived | computed from sourced figures |
| assumed | chosen by us; nobody has measured it as far as we know |
"""


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *(_section(process) for process in PROCESSES)])


def _section(process: Process) -> str:
    rows = [_row(parameter) for parameter in process.parameters]
    head = "| name | mouse | human | unit | range | meaning | source | confidence |\n|---|---|---|---|---|---|---|---|"
    return f"## {process.step}. {process.name.capitalize()}\n\n{process.effect}\n\n{head}\n" + "\n".join(rows) + "\n"


def _row(parameter: Parameter) -> str:
    source = parameter.source
    if parameter.doi:
        source += f" ([doi](https://doi.org/{parameter.doi}))"
    other = "; ".join(f"{value:g}: {words}" for value, words in parameter.alternatives)
    meaning = parameter.meaning + (f". Alternatives: {other}" if other else "")
    name = f"`{parameter.name}`" + (" *clone*" if parameter.scope == "clone" else "")
    unit = "" if parameter.unit == "1" else parameter.unit
    cells = (name, f"{parameter.mouse:g}", f"{parameter.human:g}", unit, f"{parameter.low:g} to {parameter.high:g}",
             meaning, source, parameter.confidence)  # fmt: skip
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
