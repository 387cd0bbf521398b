"""A scenario with other values in any of its fields, named by their path."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.processes import PARAMETERS
from selfseed.scenario.model import Scenario
from selfseed.scenario.read import from_dict


def vary(scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
    """Return a copy of a scenario in which fields have other values.

    Parameters
    ----------
    scenario : Scenario
    values : mapping of str to value
        By path, as ``procedures.0.cells``, ``clones.LM2.expression.MMP1`` or ``duration``; the name of a parameter of
        the table stands for ``parameters.<name>``. A value is a number in the unit of its field, or a text with a unit.

    Raises
    ------
    ScenarioError
        With every path that leads nowhere, or with what the scenario does not allow.

    Examples
    --------
    >>> import selfseed
    >>> other = vary(selfseed.catalog.get("kim2009-two-gland"), {"shedding.rate": 1e-5, "duration": "70 day"})
    >>> other.parameters["shedding.rate"], other.duration
    (1e-05, 70.0)
    """
    document = deepcopy(scenario.model_dump(mode="json", by_alias=True, exclude_unset=True))
    problems = []
    for path, value in values.items():
        whole = f"parameters.{path}" if path in PARAMETERS else path
        try:
            _put(document, whole, value)
        except LookupError as error:
            problems.append(Problem(path, "leads nowhere", str(error.args[0])))
    if problems:
        raise ScenarioError("what is varied", problems)
    return from_dict(document)


def _put(document: Any, path: str, value: Any) -> None:
    """Set the field at ``path``; names may hold dots, so the longest that fits is taken."""
    here, rest, before = document, path, ""
    while True:
        if isinstance(here, list):
            word, _, rest = rest.partition(".")
            if not word.isdecimal() or int(word) >= len(here):
                raise LookupError(f"'{before}' has entries 0 to {len(here) - 1}")
            key: Any = int(word)
        elif isinstance(here, dict):
            fitting = [name for name in here if rest == name or rest.startswith(f"{name}.")]
            key = max(fitting, key=len) if fitting else _new_key(before, rest, here)
            rest = rest[len(key) + 1 :]
        else:
            raise LookupError(f"'{before}' has no parts")
        before = f"{before}.{key}" if before else str(key)
        if not rest:
            here[key] = value
            return
        if isinstance(here, dict):
            here.setdefault(key, {})
        here = here[key]


def _new_key(before: str, rest: str, here: Mapping[str, Any]) -> str:
    """Return a name that is not in the document yet: a parameter, or else up to the next dot."""
    if before == "parameters":
        return rest
    word = rest.partition(".")[0]
    known = list(Scenario.model_fields) if not before else list(here)
    if before in ("", "clones", "sites", "arms") and word not in known:
        close = nearest(rest, [*known, *PARAMETERS]) or nearest(word, known)
        raise LookupError(f"did you mean '{close}'?" if close else f"there are: {', '.join(sorted(known))}")
    return word
