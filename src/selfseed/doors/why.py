"""Tell which mechanism did it: ``selfseed explain --why RUN``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.inference.why import Part, Why
    from selfseed.results.estimates import Estimate

HEADINGS = {
    "growth": ("Growth", "times as large at the end; geometric means"),
    "seeded": ("Seeding", "points of the share of animals in which the site is seeded"),
    "metastasis": ("Organ metastasis", "seeds per animal that took root in organs without a tumour"),
}
KINDS = {
    "return": "return of cells to tumours",
    "mechanism": "mechanisms",
    "route": "routes of return",
    "attraction": "attraction by IL-6 and IL-8",
    "gene": "genes, silenced in all cells",
}
COLUMNS = ("if it alone is off", "alone", "fair share")


def explain_run(directory: Path, *, arm: str | None, site: str | None, threads: int | None, talk: Talk) -> Why:
    """Return which mechanism did it in the run kept in ``directory``."""
    from selfseed.inference.why import explain_why
    from selfseed.results.store import open_run

    run = open_run(directory)
    with talk.progress("simulating counterfactuals") as progress:
        why = explain_why(run, arm=arm, site=site, threads=threads, progress=progress)
    if not why.same_bits:
        talk.say("simulated again, the arm is not the same to the last bit: another version made this run")
    return why


def as_text(why: Why) -> str:
    """Return tables for the eye: one per outcome, parts with 95 % intervals."""
    head = f"{why.arm}, {why.site}: {why.replicates} pairs, each animal against itself with something switched off"
    return "\n".join([head, *(line for outcome in HEADINGS for line in _table(why, outcome)), "", *_legend()])


def as_json(why: Why) -> dict[str, Any]:
    """Return the same as plain mappings; growth in natural logarithms of the ratio of volumes."""
    return {"schema_version": 1, **asdict(why)}


def _table(why: Why, outcome: str) -> Iterator[str]:
    title, unit = HEADINGS[outcome]
    level, without = why.levels[outcome]
    rows = [("", *COLUMNS)]
    for kind, words in KINDS.items():
        parts = [part for part in why.parts if (part.outcome, part.kind) == (outcome, kind)]
        if len(parts) == 1:
            rows.append((words, *_cells(parts[0])))
        else:
            rows += [(words, "", "", ""), *((f"  {_words(part.part)}", *_cells(part)) for part in parts)]
    yield ""
    yield f"{title}: {unit}"
    yield f"  {_level(level, outcome)} as it is, {_level(without, outcome)} without return"
    yield from _aligned(rows)


def _cells(part: Part) -> tuple[str, str, str]:
    last, alone, fair = (_said(estimate, part.outcome) for estimate in (part.last, part.alone, part.shapley))
    return last, alone, fair


def _words(part: str) -> str:
    return part.replace("_", " ").replace("CXCL8", "IL-8").replace("IL6", "IL-6").replace(" x ", " × ")


def _said(estimate: Estimate | None, outcome: str) -> str:
    if estimate is None or estimate.value is None:
        return ""
    if outcome == "growth":
        estimate, form, factor = estimate.exp(), ".2f", 1.0
    else:
        form, factor = ("+.0f", 100.0) if outcome == "seeded" else ("+.2g", 1.0)
    sign = "× " if outcome == "growth" else ""
    value, low, high = (None if one is None else factor * one for one in (estimate.value, estimate.low, estimate.high))
    interval = "" if low is None or high is None else f" ({low:{form}} to {high:{form}})"
    return f"{sign}{value:{form}}{interval}"


def _level(estimate: Estimate, outcome: str) -> str:
    if estimate.value is None:
        return "no tumour"
    if outcome == "growth":
        return f"{estimate.exp().value:,.0f} mm³"
    return f"{100 * estimate.value:.0f} %" if outcome == "seeded" else f"{estimate.value:.3g}"


def _legend() -> list[str]:
    return [
        "if it alone is off: what is lost when everything else stays on.   alone: what it does when the others of its",
        "kind are off; rows with × are what several do together beyond that. All these multiply (growth) or add up to",
        "the whole.   fair share: the mean of what it adds over all orders (Shapley value). Brackets: 95 % over pairs.",
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
