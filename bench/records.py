"""Keep what was measured: one record for each task, program and size, with the machine it was measured on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
FIELDS = (
    "task", "program", "version", "size", "seconds", "cpu_seconds", "accuracy", "ratio_to_selfseed", "note",
)  # fmt: skip


def record(task: str, program: str, size: str, **known: Any) -> dict[str, Any]:
    """Return a record; what is not known is None."""
    unknown = set(known) - set(FIELDS)
    assert not unknown, unknown
    return {name: {"task": task, "program": program, "size": size, **known}.get(name) for name in FIELDS}


def add(records: Sequence[dict[str, Any]]) -> None:
    """Put records into ``bench/results.json``; they take the place of those of the same task, program and size."""
    told = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"records": []}
    new = {_name(one): one for one in records}
    kept = [one for one in told["records"] if _name(one) not in new]
    order = list(dict.fromkeys(one["task"] for one in [*told["records"], *records]))
    rows = sorted([*kept, *new.values()], key=lambda one: order.index(one["task"]))
    RESULTS.write_text(json.dumps({"machine": machine(), "records": rows}, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """Return what the figures hang on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "Python": platform.python_version(),
        "numpy": version("numpy"),
        "numba": version("numba"),
        "selfseed": version("selfseed"),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _name(one: dict[str, Any]) -> tuple[str, str, str]:
    return one["task"], one["program"], one["size"]
