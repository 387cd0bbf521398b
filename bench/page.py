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
WORDS = Path(__file__).with_name("tasks.json")

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
    tasks = json.loads(WORDS.read_text(encoding="utf-8"))
    PAGE.write_text("\n".join(_page(told["machine"], told["records"], tasks)) + "\n", encoding="utf-8")


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
            yield f"![{words['title']}]({words['figure']})\n"
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
