"""Figures of what results hang on (Sobol indices) and of what designs can tell (standard errors)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.base.errors import OutputError
from selfseed.views.style import GREY, INK, PALE, drawing, grid, new_figure, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_PER_INCH = 120
OWN, WHOLE = "#0072b2", "#d55e00"
NOTHING_KNOWN = float(np.log(10.0))
ROW_IN, ACROSS = 0.2, 2
WORDS = {
    "gain": "growth gain by return",
    "label_share": "label share",
    "seeded_share": "seeded share",
    "seeds": "seeds",
    "metastasis": "cells in organs",
    "ctc": "circulating cells",
}


def draw_indices(told: Mapping[str, Any], most: int = 8) -> Figure:
    """Return a figure with one panel for each outcome: its own and its whole share of the variance, with 95 %.

    Parameters
    ----------
    told : mapping
        What ``selfseed sensitivity --json`` prints.
    most : int
        Parameters shown for each outcome, those with the largest whole share.
    """
    outcomes = told["outcomes"]
    names = [span["name"] for span in told["spans"]]
    shown = min(most, len(names))
    rows = -(-len(outcomes) // ACROSS)
    with drawing():
        figure = new_figure(rows * (shown * ROW_IN + 0.55) + 0.75, 8.8)
        place(figure, left=2.3, right=0.15, bottom=0.8, top=0.3, wspace=1.15, hspace=0.35)
        for number, outcome in enumerate(outcomes, start=1):
            _panel(figure.add_subplot(rows, ACROSS, number), outcome, names, shown)
        handles = figure.axes[0].get_legend_handles_labels()
        figure.legend(*handles, loc="lower left", ncols=2)
    return figure


def _panel(axes: Axes, outcome: Mapping[str, Any], names: list[str], shown: int) -> None:
    total, first = np.array(outcome["total"]), np.array(outcome["first"])
    order = np.argsort(-total)[:shown][::-1]
    at = np.arange(shown)
    for values, interval, colour, marker, shift, label in (
        (first, outcome["first_interval"], OWN, "o", 0.14, "its own share (first order)"),
        (total, outcome["total_interval"], WHOLE, "s", -0.14, "with all it takes part in (total)"),
    ):
        limits = np.array(interval)[order]
        axes.hlines(at + shift, limits[:, 0], limits[:, 1], color=colour, linewidth=1.2)
        axes.plot(values[order], at + shift, marker, color=colour, markersize=3.6, label=label)
    axes.set_yticks(at, [names[index] for index in order])
    axes.set(xlim=(-0.1, 1.1), ylim=(-0.5, shown - 0.5))
    axes.axvline(0.0, color=GREY, linewidth=0.7)
    doubt = "" if outcome["converged"] else " (not converged)"
    axes.set_title(WORDS.get(outcome["outcome"], outcome["outcome"]) + doubt)
    grid(axes, "x")


def draw_designs(told: Mapping[str, Any]) -> Figure:
    """Return a figure of how well each design tells each parameter: the 95 % interval as a fold either way.

    Parameters
    ----------
    told : mapping
        What ``selfseed identify --json`` prints.
    """
    designs = told["designs"]
    names = next(iter(designs.values()))["names"]
    errors = np.array([designs[design]["error"] for design in designs])
    with drawing():
        figure = new_figure(0.28 * len(designs) + 2.1, 7.6)
        place(figure, left=1.75, right=0.75, bottom=0.35, top=1.75)
        axes = figure.add_subplot()
        axes.imshow(np.minimum(errors, NOTHING_KNOWN), cmap="viridis", vmin=0.0, vmax=NOTHING_KNOWN, aspect="auto")
        for row, column in np.ndindex(errors.shape):
            axes.text(column, row, _fold(float(errors[row, column])), ha="center", va="center", fontsize=8,
                      color=INK if errors[row, column] > 0.55 * NOTHING_KNOWN else "white")  # fmt: skip
        axes.set_yticks(range(len(designs)), list(designs))
        axes.set_xticks(range(len(names)), names, rotation=50, ha="left", rotation_mode="anchor", fontsize=8.5)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        told_in = "known to within so many fold either way (95 %); 90-fold was assumed before any measurement"
        figure.text(0.01, 0.02, told_in, color=GREY, fontsize=8.5)
        for side in axes.spines.values():
            side.set_color(PALE)
    return figure


def _fold(error: float) -> str:
    fold = float(np.exp(1.96 * error))
    return f"{fold:.0f}" if fold >= 10.0 else f"{fold:.2g}" if fold >= 2.0 else f"{fold:.2f}"


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, SVG or PDF.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    try:
        with drawing():
            figure.savefig(path, dpi=DOTS_PER_INCH, metadata={"Date": None} if path.suffix == ".svg" else None)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
