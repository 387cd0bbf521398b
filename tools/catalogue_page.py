"""Write docs/catalogue.md from the presets: ``python tools/catalogue_page.py``."""

from pathlib import Path

from selfseed import catalog
from selfseed.scenario import Scenario

PAGE = Path(__file__).parents[1] / "docs" / "catalogue.md"
HEAD = """# The catalogue of published experiments

<!-- made by tools/catalogue_page.py from src/selfseed/catalog; do not edit -->

Each preset is a whole scenario with its sources: `selfseed simulate NAME` runs it, `selfseed show NAME` prints it,
`selfseed init NAME` writes it as a file of your own, `selfseed cite NAME --bibtex` its papers. What was published and
what comes out stands in [docs/validation](validation/index.md).

One set of cell lines for each host and cancer, and one table of [parameters](parameters.md), serve all presets: none
has biology of its own. An arm may set a parameter to a value that the table lists as an alternative, or switch
something off.
"""
WHO = {"mouse": "mice", "human": "patients"}


def page() -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *(_section(name, catalog.get(name)) for name in catalog.names()), _lines()])


def _section(name: str, scenario: Scenario) -> str:
    comments = [line[2:] for line in catalog.text(name).splitlines() if line.startswith("# ")]
    opening = " ".join(comments[: _until_key(name)])
    sources = ", ".join(f"[{doi}](https://doi.org/{doi})" for doi in scenario.references)
    arms = [f"- {arm}{_about(stated.description)}" for arm, stated in scenario.arms.items()]
    switched = ", ".join(scenario.switch_off)
    off = f"\n- switched off in copies of the first arm: {switched}" if switched else ""
    count = f"{scenario.replicates} {WHO[scenario.host]} in each arm, {scenario.duration:g} days"
    return f"## {name}\n\n**{scenario.title}.** {opening}\n\n{count}; {sources}\n\n" + "\n".join(arms) + off + "\n"


def _until_key(name: str) -> int:
    """Return how many comment lines stand above the first key."""
    lines = catalog.text(name).splitlines()
    return next(number for number, line in enumerate(lines) if not line.startswith("#"))


def _about(description: str) -> str:
    return f": {' '.join(description.split())}" if description else ""


def _lines() -> str:
    cancers = sorted({catalog.cancer_of(name) for name in catalog.names()})
    rows = [f"| {cancer.replace('-', ', ')} | {', '.join(catalog.lines(cancer))} |" for cancer in cancers]
    return "\n".join(["## Cell lines\n", "| host and cancer | lines |", "|---|---|", *rows, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
