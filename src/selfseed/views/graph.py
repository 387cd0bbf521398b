"""Draw a graph of sites with curved arrows between them, loops outside, and numbers that do not cover each other.

All places are in inches from the lower left corner of the axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from selfseed.views.layout import arrange, bend, loop, node_radius
from selfseed.views.style import INK, PALE
from selfseed.views.words import amount, shortened, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SELF_COLOUR, OTHER_COLOUR = "#d55e00", "#3d6b8f"
_NUMBER_PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73)
_THINNEST, _WIDEST = 0.8, 5.5
_TIP = np.array([0.07, 0.07])
_BESIDE, _COST_OF_BESIDE = 0.13, 0.1


@dataclass(frozen=True)
class Arrow:
    """Hold one arrow: from where to where (indices of nodes), how many, and the curve it follows."""

    start: int
    end: int
    mean: float
    curve: np.ndarray

    @property
    def is_loop(self) -> bool:
        return self.start == self.end


def draw_graph(figure: Figure, names: list[str], means: np.ndarray, least: float, bottom_in: float = 0.0) -> None:
    """Draw ``means[i, j]`` as arrows from node i to node j; what is below ``least`` is left out.

    Parameters
    ----------
    figure : matplotlib Figure
        Empty.
    names : list of str
    means : array, shape (nodes, nodes) [1]
    least : float, > 0
    bottom_in : float [inch]
        What stays free below the graph.
    """
    axes = _axes_in_inches(figure, bottom_in)
    size = np.array([axes.get_xlim()[1], axes.get_ylim()[1]])
    centres = arrange(means >= least, size)
    radius = node_radius(centres)
    arrows = [
        Arrow(start, end, float(means[start, end]), _curve(centres, start, end, radius, size / 2))
        for start, end in np.argwhere(means >= least)
    ]
    for arrow in arrows:
        _draw_arrow(axes, arrow, _line_width(arrow.mean, arrows))
    for name, centre in zip(names, centres, strict=True):
        _draw_node(axes, name, centre, radius)
    _draw_numbers(axes, arrows, centres, radius)


def _axes_in_inches(figure: Figure, bottom_in: float) -> Axes:
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0.0, bottom_in / height, 1.0, 1.0 - bottom_in / height))
    axes.set(xlim=(0.0, width), ylim=(0.0, height - bottom_in), aspect="equal")
    axes.set_axis_off()
    return axes


def _curve(centres: np.ndarray, start: int, end: int, radius: float, middle: np.ndarray) -> np.ndarray:
    if start == end:
        return loop(centres[start], radius, middle)
    return bend(centres[start], centres[end], radius)


def _line_width(mean: float, arrows: list[Arrow]) -> float:
    means = np.log10([arrow.mean for arrow in arrows])
    span = max(means.max() - means.min(), 1.0)
    return _THINNEST + (_WIDEST - _THINNEST) * (np.log10(mean) - means.min()) / span


def _draw_arrow(axes: Axes, arrow: Arrow, width: float) -> None:
    from matplotlib.patches import Polygon

    colour = SELF_COLOUR if arrow.is_loop else OTHER_COLOUR
    length = 0.08 + 0.022 * width
    tip = arrow.curve[-1]
    shaft = arrow.curve[np.hypot(*(arrow.curve - tip).T) > 0.8 * length]
    base = shaft[-1] if len(shaft) else arrow.curve[0]
    along = (tip - base) / np.hypot(*(tip - base))
    foot, aside = tip - length * along, 0.5 * length * np.array([-along[1], along[0]])
    axes.plot(*shaft.T, color=colour, linewidth=width, solid_capstyle="butt", zorder=2)
    axes.add_patch(Polygon([tip, foot + aside, foot - aside], facecolor=colour, linewidth=0, zorder=2.5))


def _draw_node(axes: Axes, name: str, centre: np.ndarray, radius: float) -> None:
    from matplotlib.patches import Circle

    axes.add_patch(Circle(tuple(centre), radius, facecolor="white", edgecolor=INK, linewidth=1.2, zorder=3))
    longest = max(len(word) for word in spoken(name).split())
    points = float(np.clip(2 * radius * 72 / (0.66 * max(longest, 6)), 6.0, 9.0))
    across = int(2 * radius * 72 / (0.62 * points))
    axes.text(
        centre[0], centre[1], shortened(name, across, lines=3), ha="center", va="center", fontsize=points, zorder=4
    )


def _draw_numbers(axes: Axes, arrows: list[Arrow], centres: np.ndarray, radius: float) -> None:
    """Write each mean on its arrow, where it covers the least of nodes, tips, numbers and other arrows."""
    taken = [(centre, np.array([radius, radius])) for centre in centres]
    taken += [(arrow.curve[-1], _TIP) for arrow in arrows]
    for arrow in sorted(arrows, key=lambda one: one.mean, reverse=True):
        text = amount(arrow.mean)
        half = np.array([0.045 * len(text) + 0.03, 0.09])
        others = [other.curve for other in arrows if other is not arrow]
        spots = _spots(arrow, centres[arrow.start])
        spot = min(spots, key=lambda one: one[1] + _crowding(one[0], half, taken, others))[0]
        taken.append((spot, half))
        box = {"facecolor": "white", "edgecolor": PALE, "linewidth": 0.5, "boxstyle": "round,pad=0.15"}
        axes.text(spot[0], spot[1], text, ha="center", va="center", fontsize=9, zorder=5, bbox=box)


def _spots(arrow: Arrow, centre: np.ndarray) -> list[tuple[np.ndarray, float]]:
    """Return where the number of an arrow may stand, each with what is wrong with it: on the curve, or beside it."""
    if arrow.is_loop:
        outermost = arrow.curve[len(arrow.curve) // 2]
        away = (outermost - centre) / np.hypot(*(outermost - centre))
        return [(outermost + _BESIDE * away, 0.0)]
    spots = []
    for share in _NUMBER_PLACES:
        place = int(share * (len(arrow.curve) - 1))
        way = arrow.curve[min(place + 1, len(arrow.curve) - 1)] - arrow.curve[place - 1]
        aside = _BESIDE * np.array([-way[1], way[0]]) / np.hypot(*way)
        spots += [(arrow.curve[place] + side * aside, _COST_OF_BESIDE * abs(side)) for side in (0, 1, -1)]
    return spots


def _crowding(
    spot: np.ndarray, half: np.ndarray, taken: list[tuple[np.ndarray, np.ndarray]], others: list[np.ndarray]
) -> float:
    """Return how much a number at ``spot`` would cover: area of what is there, and a little for each arrow."""
    covered = 0.0
    for centre, size in taken:
        overlap = np.minimum(spot + half, centre + size) - np.maximum(spot - half, centre - size)
        covered += 100 * float(np.prod(np.maximum(overlap, 0)))
    crossings = sum(bool((np.abs(curve - spot) < half).all(axis=1).any()) for curve in others)
    return covered + 0.2 * crossings


def key_entries() -> list[tuple[str, str]]:
    """Return the words and colours that explain the arrows."""
    return [("back into the tumour it came from (self-seeding)", SELF_COLOUR), ("to another site", OTHER_COLOUR)]
