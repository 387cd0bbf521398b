"""Write docs/benchmarks.md from bench/results.json: every task, beside what else can do it, with its accuracy.

python bench/page.py
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"

TASKS = {
    "metnet": {
        "title": "Two kinds of cells in five sites and blood, 120 days",
        "text": "52 reactions (METNET-12), K the capacity of the primary; one replicate. selfseed's loop over networks of cells "
        "(`selfseed.engine.networks`) takes steps whose parts have exact laws, so its cost does not grow with the cells; "
        "*ratio* is to its step of half a day. Accuracy: the largest distance from the reference in standard errors, of means "
        "and covariances of the primary (20,000 exact replicates; for 10⁶ and 10⁹ linear noise) and of the chances that lung, "
        "bone, brain and liver hold no cell. It grows with the number of replicates, so it tells whether a program errs only where many "
        "were run; few replicates prove little. The law of selfseed itself, with its exact circulation, cannot express this network.",
        "figure": "figures/network-step.svg",
        "caption": "*Error of the step: dots are 10,000 replicates, bars two standard errors.*",
    },
    "metnet-events": {
        "title": "The same, event by event",
        "text": "A million events. Peers draw from their own generators; all follow the exact law.",
    },
    "metnet-mean": {"title": "The same, its mean", "text": "For the record: no program of ours solves this one."},
    "mean-field": {
        "title": "The mean field of a mouse",
        "text": "The whole law as a differential equation, one cohort of clumps, 40 days, at the same tolerances; libRoadRunner solves the "
        "SBML that selfseed exports, loading and resetting not counted. Accuracy: the largest error of the volume.",
    },
    "lineages": {
        "title": "Clones with ancestry",
        "text": "Every clone with the time it arose, its parent and its cells at the end (`selfseed.engine.lineages`).",
    },
    "samples": {
        "title": "The tree of sampled cells",
        "text": "Of a clone of 10⁶ cells and more, no cell of which is stored.",
    },
    "patient": {
        "title": "A patient of fifteen years",
        "text": "The stochastic engine with the whole law: breast, lung, bone, liver, blood.",
    },
    "growth": {
        "title": "How cost grows",
        "text": "The stochastic engine, a mouse with one tumour for 40 days, more of one thing at a time.",
        "figure": "figures/bench-cost.svg",
        "caption": "*CPU time of one mouse (left: of so many), both axes logarithmic.*",
    },
}

HEAD = """# Speed beside other programs

`make bench` measures everything on this page in one session, on one machine, each program in an environment of its
own, and writes `bench/results.json`, of which these are the tables. Times are CPU seconds of one core, those of
children included; *ratio* is the time of a program over that of selfseed for the same work, so 10 means ten times
slower. Accuracy stands beside each time, since a fast wrong number is worth nothing.
[Histories of patients have a page of their own](benchmarks-histories.md).
"""


def main() -> None:
    """Write the page."""
    told = json.loads(RESULTS.read_text(encoding="utf-8"))
    PAGE.write_text("\n".join(_page(told["machine"], told["records"], TASKS)).rstrip() + "\n", encoding="utf-8")


def _page(machine: dict[str, Any], records: Sequence[dict[str, Any]], tasks: dict[str, Any]) -> Iterator[str]:
    yield HEAD
    yield "Measured on " + ", ".join(f"{name} {value}" for name, value in machine.items()) + ".\n"
    for task in [*tasks, *(task for task in dict.fromkeys(record["task"] for record in records) if task not in tasks)]:
        of_task = [record for record in records if record["task"] == task]
        if not of_task:
            continue
        words = tasks.get(task, {"title": task, "text": ""})
        yield f"## {words['title']}\n\n{words['text']}\n"
        if "figure" in words:
            yield f"![{words['title']}]({words['figure']})\n\n{words['caption']}\n"
        yield from _table(of_task)
        yield ""


def _table(records: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield "| program | size | CPU seconds | ratio | accuracy | remarks |"
    yield "|---|---|---|---|---|---|"
    for record in records:
        program = f"{record['program']} {record.get('version') or ''}".strip()
        cells = [
            f"**{program}**" if record["program"].startswith("selfseed") else program,
            str(record["size"]),
            _number(record.get("cpu_seconds")),
            _number(record.get("ratio_to_selfseed")),
            _words(record.get("accuracy")),
            _words(record.get("note")),
        ]
        yield "| " + " | ".join(cells) + " |"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(part)}" for name, part in value.items())
    return "" if value is None else _number(value) if isinstance(value, float) else str(value).replace("|", "/")


if __name__ == "__main__":
    main()
