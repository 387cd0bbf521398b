"""How every figure looks: one width, one type, and colours that say which step of the law an arm touches.

The colours are those of Okabe and Ito, which people with any kind of colour vision tell apart; each goes with a
marker of its own, so that nothing rests on colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from selfseed.scenario import Scenario
    from selfseed.scenario.model import Arm

WIDTH_IN = 5.2
INK, GREY, PALE = "#1b1f24", "#6e7781", "#d8dde3"
FONTS = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif"
ROUTE_LOOKS = {
    "primary": ("#0072b2", "o"),
    "secondary": ("#d55e00", "s"),
    "cross": ("#009e73", "D"),
    "metastatic": ("#aa4499", "^"),
}

_SETTINGS = {
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.labelsize": 9.5,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9.5,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "selfseed",
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": GREY,
    "xtick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.color": GREY,
    "ytick.labelcolor": INK,
    "ytick.labelsize": 9,
}


@dataclass(frozen=True)
class Look:
    """Say how the arms of one kind are drawn, and what they have in common."""

    meaning: str
    colour: str
    marker: str


LOOKS = {
    "control": Look("control arm", INK, "o"),
    "donor": Look("other cells or procedures", "#aa4499", "D"),
    "attraction": Look("attraction: IL-6, IL-8", "#0072b2", "v"),
    "infiltration": Look("infiltration: FSCN1, MMP1", "#d55e00", "s"),
    "effect": Look("effect of seeds: CXCL1", "#009e73", "^"),
    "several": Look("several steps, or parameters", "#8c6d1f", "P"),
    "switch": Look("mechanism switched off", GREY, "X"),
}
_STEP_OF_GENE = {
    "IL6": "attraction",
    "CXCL8": "attraction",
    "FSCN1": "infiltration",
    "MMP1": "infiltration",
    "CXCL1": "effect",
}


def looks_of(scenario: Scenario) -> dict[str, str]:
    """Return for every arm the key of `LOOKS` that fits it: the step of the law that it touches."""
    kinds = {name: _kind(arm) for name, arm in scenario.arms.items()}
    kinds[next(iter(kinds))] = "control"
    return kinds | {f"without {name}": "switch" for name in scenario.switch_off}


def _kind(arm: Arm) -> str:
    genes = [change.gene for change in arm.knock_down] + [change.gene for change in arm.over_express]
    steps = {_STEP_OF_GENE[gene] for gene in genes}
    if arm.swap or arm.add or arm.remove:
        steps.add("donor")
    if arm.parameters:
        steps.add("several")
    return steps.pop() if len(steps) == 1 else "several"


@contextmanager
def drawing() -> Iterator[None]:
    """Apply the settings of the house to what is drawn inside, and to nothing else."""
    import matplotlib

    with matplotlib.rc_context(_SETTINGS):
        yield


def new_figure(height_in: float, width_in: float = WIDTH_IN) -> Figure:
    """Return an empty figure that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in))


def place(figure: Figure, *, left: float, right: float, bottom: float, top: float, **spacing: float) -> None:
    """Leave margins of so many inches around the axes of ``figure``."""
    width, height = figure.get_size_inches()
    figure.subplots_adjust(left / width, bottom / height, 1 - right / width, 1 - top / height, **spacing)


def legend_height_in(kinds: Iterable[str]) -> float:
    """Return the room that `legend` takes below the axes, in inches."""
    return 0.08 + 0.2 * math.ceil(len(set(kinds)) / 2)


def legend(figure: Figure, kinds: Iterable[str]) -> None:
    """Explain below the axes the kinds of arms that are drawn."""
    from matplotlib.lines import Line2D

    drawn = set(kinds)
    present = [look for kind, look in LOOKS.items() if kind in drawn]
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, linestyle="none", markersize=5.5, label=look.meaning)
        for look in present
    ]
    figure.legend(handles=handles, loc="lower left", ncols=2, handletextpad=0.3, columnspacing=1.2, borderpad=0)


def grid(axes: Axes, which: Literal["x", "y"]) -> None:
    """Draw pale lines behind the curves, to read values along an axis."""
    axes.grid(axis=which, color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)


def log_axis(axes: Axes, values: np.ndarray, last: int | None = None, ticks: int = 6) -> float:
    """Give ``axes`` a logarithmic x axis over ``values`` that has a place of its own for 0, and return that place.

    Parameters
    ----------
    axes : matplotlib Axes
    values : array
        What will be drawn; what is not positive does not count.
    last : int, optional
        The power of ten at which the axis ends; if absent, the next one above ``values``.
    ticks : int
        About how many powers of ten to name.
    """
    positive = values[np.isfinite(values) & (values > 0)]
    first = math.floor(math.log10(positive.min())) - 1 if positive.size else -1
    if last is None:
        last = math.ceil(math.log10(positive.max())) if positive.size else 0
    last = max(last, first + 1)
    nothing = 10.0 ** (first - 0.7)
    powers = list(range(last, first, -max(1, math.ceil((last - first) / (ticks - 1)))))
    axes.set_xscale("log")
    axes.set_xlim(10.0 ** (first - 1.0), 10.0 ** (last + 0.2))
    axes.set_xticks([nothing, *(10.0**power for power in powers)], ["0", *map(power_text, powers)])
    axes.minorticks_off()
    return nothing


def power_text(power: int) -> str:
    """Return ten to ``power`` as a reader would write it.

    Examples
    --------
    >>> power_text(-2), power_text(3), power_text(6)
    ('0.01', '1,000', '10⁶')
    """
    if -3 <= power <= 4:
        return f"{10**power:,}" if power >= 0 else f"{10.0**power:.{-power}f}"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
