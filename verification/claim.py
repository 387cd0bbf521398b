"""A claim about the world, and what measuring it here gave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AGREES, DIFFERS, SHOWN = "agrees", "differs", "not asserted"
Grade = Literal["exact", "published", "derived", "memory"]


@dataclass(frozen=True)
class Measured:
    """Hold what came out.

    Attributes
    ----------
    text : str
        The figures with their errors, as a reader wants them.
    verdict : {"agrees", "differs", "not asserted"}
    control : str
        The same question with something made wrong, and what was answered.
    control_holds : bool
        Whether the wrong thing was noticed.
    value, low, high : float, optional
        The main figure and its interval.
    why : str
        The reason for a difference, or what the reader must know to judge an agreement.
    figure : callable, optional
        Draws a picture of it.
    """

    text: str
    verdict: str
    control: str
    control_holds: bool = True
    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""
    figure: Callable[[], Figure] | None = None


@dataclass(frozen=True)
class Claim:
    """State what a source says, and how it is measured.

    Attributes
    ----------
    identifier, title : str
    source, doi : str
        The DOI is empty where none is known.
    grade : {"exact", "published", "derived", "memory"}
        A theorem; read in the publication; computed from published figures; recalled and therefore never asserted.
    expected : str
    measure : callable (seed) -> Measured
    engine : str
        What computed it: "stochastic", "mean field", or "none" where only a formula is checked.
    """

    identifier: str
    title: str
    source: str
    doi: str
    grade: Grade
    expected: str
    measure: Callable[[int], Measured]
    engine: str = "stochastic"
