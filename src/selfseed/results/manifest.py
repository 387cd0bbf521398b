"""Where a run came from: versions, seed, hashes, resources, in the shape of tskit's provenance schema 1.0.0.

The schema: https://tskit.dev/tskit/docs/stable/provenance.html
"""

from __future__ import annotations

import hashlib
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import selfseed
from selfseed.base.errors import OutputError
from selfseed.results.digest import sha256

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from selfseed.scenario import Scenario

SCHEMA_VERSION = "1.0.0"
LIBRARIES = ("numba", "numpy", "pandas", "pydantic", "scipy", "xarray", "zarr")


def build_manifest(
    scenario: Scenario,
    arrays: xr.Dataset,
    tables: Mapping[str, pd.DataFrame],
    *,
    seed: int,
    started: datetime,
    elapsed_s: float,
    replicates: int | None = None,
    engine: str | None = None,
    settings: Mapping[str, Any] | None = None,
    usage_before: Any = None,
    notes: Sequence[str] = (),
    inputs: Sequence[Mapping[str, str]] = (),
    libraries: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the provenance of a run, or of a fit, ready to be written as JSON.

    Parameters
    ----------
    scenario, arrays, tables
        What was asked and what came out; both are hashed.
    seed, replicates, engine
        As they were used.
    started : datetime, aware of its zone
    elapsed_s : float [s]
    settings : mapping, optional
        What else decides the numbers.
    usage_before : result of `resources_used` at the start, optional
    notes : sequence of str
        What a reader of the results must know.
    inputs : sequence of mappings, as of `hash_files`
        Files that were read.
    libraries : sequence of str
        What was used beyond the usual ones.
    """
    from selfseed.scenario import to_yaml

    used = {"replicates": replicates, "engine": engine, **(settings or {})}
    return {
        "schema_version": SCHEMA_VERSION,
        "software": {"name": "selfseed", "version": selfseed.__version__, "git_commit": _git_commit()},
        "parameters": {
            "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            "seed": seed,
            **{name: value for name, value in used.items() if value is not None},
        },
        "environment": _environment(libraries),
        "resources": {"elapsed_time": round(elapsed_s, 3), **_resources(usage_before)},
        "scenario_sha256": hashlib.sha256(to_yaml(scenario).encode()).hexdigest(),
        "arrays_sha256": sha256(arrays, tables),
        "inputs": [dict(one) for one in inputs],
        "started": _utc(started),
        "ended": _utc(datetime.now(UTC)),
        "notes": list(notes),
    }


def hash_files(paths: Sequence[Path]) -> list[dict[str, str]]:
    """Return the name, without its directory, and the SHA-256 of each file.

    Raises
    ------
    OutputError
        If one of them is not there any more.
    """
    try:
        return [{"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in paths]
    except OSError as error:
        raise OutputError(f"{error.filename} was read, and then could not be read again: {error.strerror}") from None


def _environment(more: Sequence[str]) -> dict[str, Any]:
    system = platform.uname()
    return {
        "os": {"system": system.system, "release": system.release, "machine": system.machine},
        "python": {"implementation": platform.python_implementation(), "version": platform.python_version()},
        "libraries": {name: {"version": _version(name)} for name in sorted({*LIBRARIES, *more})},
    }


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "unknown"


def resources_used() -> Any:
    """Return what this process has used so far, to be handed to `build_manifest`; None where the system is silent."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrusage(resource.RUSAGE_SELF)


def _resources(before: Any) -> dict[str, float]:
    """Return seconds and bytes used since ``before``; nothing where the system does not tell."""
    now = resources_used()
    if now is None:
        return {}
    unit_bytes = 1 if sys.platform == "darwin" else 1024
    return {
        "user_time": round(now.ru_utime - (before.ru_utime if before else 0.0), 3),
        "sys_time": round(now.ru_stime - (before.ru_stime if before else 0.0), 3),
        "max_memory": now.ru_maxrss * unit_bytes,
    }


def _git_commit() -> str | None:
    """Return the commit of the source that runs, marked when it was changed since; None outside a checkout."""
    checkout = Path(__file__).parents[3]
    if not (checkout / ".git").exists():
        return None
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
