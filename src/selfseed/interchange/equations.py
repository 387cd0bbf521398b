"""A system of ordinary differential equations with events, as the formats of systems biology know it."""

import re
from dataclasses import dataclass, field


def identifier_of(*words: str) -> str:
    """Return an id of SBML made of words: letters, digits and underscores.

    >>> identifier_of("IL-8 silenced"), identifier_of("label_share", "GFP", "left lung")
    ('IL_8_silenced', 'label_share_GFP_left_lung')
    """
    text = "_".join(re.sub(r"\W+", "_", word).strip("_") for word in words)
    return text if text[:1].isalpha() else f"s_{text}"


@dataclass(frozen=True)
class Constant:
    """Hold a number of the model: its id, value, power of the day in its unit, meaning, and source."""

    identifier: str
    value: float
    day: int = 0
    meaning: str = ""
    doi: str = ""
    parameter: str = ""


@dataclass(frozen=True)
class Variable:
    """Hold what changes in time: its id, its value at the start, its change per day as a formula, its meaning."""

    identifier: str
    start: float
    rate: str
    meaning: str = ""


@dataclass(frozen=True)
class Assignment:
    """Hold what is computed from the rest at any time: id, formula, power of the day in its unit, meaning."""

    identifier: str
    formula: str
    day: int = 0
    meaning: str = ""


@dataclass(frozen=True)
class Jump:
    """Hold what changes at once on a day; of several on one day the lower ``order`` comes first."""

    identifier: str
    at_day: float
    order: int
    changes: tuple[tuple[str, str], ...]
    meaning: str = ""


@dataclass(frozen=True)
class Reaction:
    """Hold one kind of event of a stochastic model: what it uses up, what it makes, its rate per day."""

    identifier: str
    uses: tuple[str, ...]
    makes: tuple[str, ...]
    rate: str
    meaning: str = ""


@dataclass(frozen=True)
class Equations:
    """Hold a whole model.

    Attributes
    ----------
    identifier, title : str
    references : tuple of str
        DOIs.
    constants, variables, assignments, jumps
        Assignments stand in an order in which each uses only those above it.
    switches : tuple of Constant
        Numbers that jumps change.
    reactions : tuple of Reaction
        Of a stochastic model, whose variables then have no rate.
    observables : mapping of str to str
        What can be measured, by id: its meaning.
    duration_day : float
    """

    identifier: str
    title: str
    references: tuple[str, ...]
    constants: tuple[Constant, ...]
    variables: tuple[Variable, ...]
    assignments: tuple[Assignment, ...]
    jumps: tuple[Jump, ...]
    duration_day: float
    switches: tuple[Constant, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    observables: dict[str, str] = field(default_factory=dict)
