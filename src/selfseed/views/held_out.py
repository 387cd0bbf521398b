"""Draw how well measurements that no fit had seen were foretold, by how far ahead they were."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from selfseed.views.picture import Picture
from selfseed.views.style import GREY, grid, new_figure, place

if TYPE_CHECKING:
    from selfseed.inference.held_out import HeldOut

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
MARKS = ("o", "s", "^", "D")
CLASSES = 5


def draw_held_out(predictions: Mapping[str, HeldOut]) -> Picture:
    """Return the share of measurements inside their bands, and the median error, against the days ahead.

    Parameters
    ----------
    predictions : mapping of str to HeldOut
        By what they are called in the legend; at most four.
    """
    import pandas as pd

    figure = new_figure(3.2, 8.4)
    place(figure, left=0.75, right=0.2, bottom=0.6, top=0.4, wspace=0.3)
    inside, error = (figure.add_subplot(1, 2, number) for number in (1, 2))
    nominal = next(iter(predictions.values())).nominal
    inside.axhline(100.0 * nominal, color=GREY, linewidth=0.8, linestyle="--")
    rows = []
    for number, (name, made) in enumerate(predictions.items()):
        edges = np.quantile(made.ahead, np.linspace(0.0, 1.0, CLASSES + 1))
        classes = np.clip(np.searchsorted(edges, made.ahead, side="right") - 1, 0, CLASSES - 1)
        hit = (made.low <= made.value) & (made.value <= made.high)
        fold = abs(np.log(made.median / made.value))
        days = [made.ahead[classes == one].mean() for one in range(CLASSES)]
        shares = [100.0 * hit[classes == one].mean() for one in range(CLASSES)]
        errors = [100.0 * np.median(fold[classes == one]) for one in range(CLASSES)]
        for axes, values in ((inside, shares), (error, errors)):
            axes.plot(
                days, values, color=COLOURS[number], marker=MARKS[number], markersize=4, linewidth=1.2, label=name
            )
        rows += [(name, *row) for row in zip(days, shares, errors, strict=True)]
    inside.set_ylim(0.0, 104.0)
    error.set_ylim(0.0, None)
    inside.set_title(f"inside the {100 * nominal:.0f} % band [%]")
    error.set_title("median error [%]")
    for axes in (inside, error):
        axes.set_xlabel("days after the last known measurement")
        grid(axes, "y")
    inside.legend(loc="lower left", fontsize=8, frameon=False)
    names, days_ahead, shares_inside, median_errors = zip(*rows, strict=True)
    return Picture(
        "held-out", "How well late growth is foretold from early growth",
        "Two curves over the days ahead for each law: share of measurements inside their band, and median error.",
        "Each animal was left out of the fit of the population; its first measurements are known, the later ones "
        "foretold. Each point: a fifth of the measurements.",
        figure,
        pd.DataFrame({"law": names, "days_ahead": days_ahead, "inside": shares_inside, "error": median_errors}),
    )  # fmt: skip
