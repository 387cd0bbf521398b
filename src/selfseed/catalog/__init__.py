"""Published experiments as scenarios, each with its source."""

from collections.abc import Sequence
from importlib.resources import files

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.scenario import Scenario, read

SUFFIX = ".yaml"


def names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    folder = files(__package__)
    return tuple(sorted(entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX)))


def text(name: str) -> str:
    """Return the scenario ``name`` as it is written, comments and all.

    Raises
    ------
    ScenarioError
        When there is no such preset.
    """
    if name not in names():
        raise ScenarioError("the catalogue", [Problem(name, "unknown preset", _remedy(name, names()))])
    return (files(__package__) / f"{name}{SUFFIX}").read_text(encoding="utf-8")


def get(name: str) -> Scenario:
    """Return the scenario ``name``, checked.

    Raises
    ------
    ScenarioError
        When there is no such preset.

    Examples
    --------
    >>> get("kim2009-two-gland").duration
    60.0
    """
    return read(text(name))


def _remedy(name: str, allowed: Sequence[str]) -> str:
    close = nearest(name, allowed)
    return f"did you mean '{close}'?" if close else f"one of: {', '.join(allowed)}"
