"""Find what a user asks about: a scenario file, or a preset of the catalogue."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from selfseed.base.errors import Problem, ScenarioError, nearest

if TYPE_CHECKING:
    from selfseed.scenario.model import Scenario


def read(source: str) -> Scenario:
    """Return the scenario in the file ``source``, or else the preset of that name.

    Raises
    ------
    ScenarioError
        If there is neither, or if the scenario has problems: all of them.
    """
    from selfseed import catalog
    from selfseed.scenario.read import read as read_file

    path = Path(source)
    if path.exists() or path.suffix or len(path.parts) > 1:
        return read_file(path)
    if source in catalog.names():
        return catalog.get(source)
    from selfseed.cohort.read import names

    if source in names():
        remedy = f"`selfseed cohort run {source} --dry-run` checks and explains it"
        raise ScenarioError("the command", [Problem(source, "is a cohort of patients", remedy)])
    raise _unknown(source, "neither a file nor a preset")


def preset(name: str) -> str:
    """Return the text of the preset ``name``.

    Raises
    ------
    ScenarioError
        If the catalogue has no such preset.
    """
    from selfseed import catalog

    if name not in catalog.names():
        raise _unknown(name, "no such preset")
    return catalog.text(name)


def draw_seed() -> int:
    """Return a seed from the entropy of the operating system, short enough to be copied by hand."""
    return secrets.randbits(32)


def run_directory(source: str, asked: str) -> Path:
    """Return ``runs/<date>-<scenario>-<hash8>``; the hash is that of everything ``asked``."""
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()[:8]
    return Path("runs") / f"{date.today():%Y-%m-%d}-{Path(source).stem}-{fingerprint}"


def _unknown(name: str, what: str) -> ScenarioError:
    from selfseed import catalog

    close = nearest(name, catalog.names())
    remedy = f"did you mean '{close}'?" if close else "`selfseed list` shows the presets"
    return ScenarioError("the command", [Problem(name, what, remedy)])
