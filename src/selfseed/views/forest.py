"""Draw estimates with their intervals, one row each, as in a forest plot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from selfseed.views.style import GREY, LOOKS, PALE, grid
from selfseed.views.words import plain, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from selfseed.results.estimates import Estimate

ROW_IN = 0.27
_LONGEST_NAME = 26
_TICKS_OF_FOLDS = ((1.8, (0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5)), (7, (0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5)))


@dataclass(frozen=True)
class Row:
    """Hold one estimate, its interval (missing limits are None or NaN), and the key of its look in `LOOKS`."""

    value: float | None
    low: float | None
    high: float | None
    look: str

    @classmethod
    def of(cls, estimate: Estimate, look: str, scaled: Callable[[float], float] = float) -> Row:
        """Return ``estimate`` in the unit that ``scaled`` gives it."""
        limits = (estimate.value, estimate.low, estimate.high)
        value, low, high = (None if limit is None else scaled(limit) for limit in limits)
        return cls(value, low, high, look)


def draw_forest(axes: Axes, rows: Sequence[Row], zero: float | None = None) -> None:
    """Draw ``rows`` from the top down; a line marks the value ``zero`` that means no difference."""
    grid(axes, "x")
    if zero is not None:
        axes.axvline(zero, color=GREY, linewidth=0.9, zorder=1)
    for place, row in enumerate(rows):
        look = LOOKS[row.look]
        if not is_known(row.value):
            axes.text(0.5, place, "not known", transform=axes.get_yaxis_transform(), color=GREY, fontsize=8.5,
                      ha="center", va="center")  # fmt: skip
            continue
        if is_known(row.low) and is_known(row.high):
            axes.plot([row.low, row.high], [place, place], color=look.colour, linewidth=1.6, solid_capstyle="butt")
        axes.plot([row.value], [place], look.marker, color=look.colour, markersize=5.5, zorder=3, clip_on=False)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def name_rows(axes: Axes, names: Sequence[str]) -> float:
    """Write the names of the rows at the left of ``axes``, and return the room that they need, in inches."""
    words = [shortened(name, _LONGEST_NAME) for name in names]
    axes.set_yticks(range(len(names)), words)
    return 0.2 + 0.077 * max(len(word) for word in words)


_MOST_TICKS, _MARGIN = 7, 1.08
MOST_FOLD_DIGITS = 1000.0
"""From here on ratios are written with commas."""
LOWEST_FOLD = 1e-3
"""Axes of ratios end here: a logarithm has no room for 0."""


def use_folds(axes: Axes) -> None:
    """Give ``axes`` an x axis of ratios, on which half and twice are equally far from 1."""
    low, high = axes.get_xlim()
    if axes.get_autoscalex_on():  # its margins are those of a linear axis
        first, last = axes.dataLim.intervalx
        low, high = first / _MARGIN, last * _MARGIN
    low, high = max(min(low, 0.8), LOWEST_FOLD), max(high, 1.25)
    ticks = next((ticks for widest, ticks in _TICKS_OF_FOLDS if high / low < widest), _powers(low, high))
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xscale("log", base=2)
    axes.set_xlim(low, high)
    axes.set_xticks(shown, [plain(tick) if tick >= MOST_FOLD_DIGITS else f"{tick:.3g}" for tick in shown])
    axes.minorticks_off()


def _powers(low: float, high: float) -> list[float]:
    """Return powers of 2, 4, 10, ... of which not too many lie between two ratios."""
    for base in (2.0, 4.0, 10.0, 100.0, 1e3, 1e6):
        below, above = (math.ceil(math.log(end, base)) for end in (low, high))
        if above - below < _MOST_TICKS:
            break
    return [base**power for power in range(below, above + 1)]


def stripe(axes: Axes, count: int) -> None:
    """Tint every other row, so that an eye can follow it across panels."""
    for place in range(0, count, 2):
        axes.axhspan(place - 0.5, place + 0.5, color=PALE, alpha=0.3, linewidth=0, zorder=0)


def is_known(value: float | None) -> TypeGuard[float]:
    """Tell whether there is a number: neither None nor NaN."""
    return value is not None and math.isfinite(value)
