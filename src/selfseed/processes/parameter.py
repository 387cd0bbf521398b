"""What a parameter is: a value with a unit, a range, a meaning, a source and a confidence."""

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["read", "quoted", "memory", "derived", "assumed"]
Host = Literal["mouse", "human"]


@dataclass(frozen=True)
class Parameter:
    """Describe one number of the law.

    Attributes
    ----------
    name : str
        ``process.parameter``, the name under which a scenario sets it.
    unit : str
        The unit in which ``mouse``, ``human``, ``low`` and ``high`` are given; "1" for a pure number.
    mouse, human : float
        The default in each host.
    low, high : float
        The range that a scenario may set, both ends allowed.
    meaning, source, doi : str
        One sentence; the citation; its DOI, empty where no publication states the number.
    confidence : {"read", "quoted", "memory", "derived", "assumed"}
        Read in the source; quoted by another source that was read; recalled from the literature;
        derived here from sourced figures; assumed.
    scope : {"host", "clone"}
        A clone may set its own value of a clone parameter.
    alternatives : tuple of (float, str)
        Other values that the literature supports, each with its source.
    """

    name: str
    unit: str
    mouse: float
    human: float
    low: float
    high: float
    meaning: str
    source: str
    doi: str
    confidence: Confidence
    scope: Literal["host", "clone"] = "host"
    alternatives: tuple[tuple[float, str], ...] = ()

    def default(self, host: Host) -> float:
        """Return the default for ``host`` in ``unit``."""
        return self.mouse if host == "mouse" else self.human


@dataclass(frozen=True)
class Process:
    """Describe one step of the law: its number, its effect in one sentence, its parameters, its equations.

    ``equations`` names the functions of ``selfseed.kernels`` that every engine calls for this step; they are
    named, not imported, because a question can be read and checked without compiling anything.
    """

    step: int
    name: str
    effect: str
    parameters: tuple[Parameter, ...]
    equations: tuple[str, ...] = ()
