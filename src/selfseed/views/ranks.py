"""Draw the ranks of known truths in their posteriors: flat, if the posteriors can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from selfseed.views.picture import Picture
from selfseed.views.style import GREY, INK, PALE, grid, new_figure, place

if TYPE_CHECKING:
    from selfseed.inference.calibration_check import Ranks

BARS = 20
INSIDE = 0.99
ACROSS, PANEL_IN = 3, 1.7


def draw_ranks(ranks: Ranks, chances: Mapping[str, float]) -> Picture:
    """Return a histogram of the ranks of each parameter, over the band in which 99 % of its bars should lie.

    Parameters
    ----------
    ranks : Ranks
    chances : mapping of str to float
        From `chance_if_calibrated`; shown beside each name.
    """
    import pandas as pd
    from scipy.stats import binom

    fits, bars = len(ranks.ranks), min(BARS, ranks.draws + 1)
    low, high = binom.interval(INSIDE, fits, 1.0 / bars)
    count = len(ranks.names)
    across, rows = min(ACROSS, count), -(-count // ACROSS)
    figure = new_figure(rows * (PANEL_IN + 0.6) + 0.3, 8.4 if across > 1 else 4.0)
    place(figure, left=0.7, right=0.2, bottom=0.55, top=0.35, wspace=0.3, hspace=0.6)
    table = []
    for number, name in enumerate(ranks.names):
        axes = figure.add_subplot(rows, across, number + 1)
        heights, edges = np.histogram(ranks.shares[:, number], bars, (0.0, 1.0))
        axes.axhspan(low, high, color=PALE, linewidth=0)
        axes.axhline(fits / bars, color=GREY, linewidth=0.8)
        axes.stairs(heights, edges, color=INK, linewidth=1.2)
        axes.set_ylim(0.0, max(1.25 * high, 1.05 * heights.max()))
        axes.set_title(f"{name}, chance {chances[name]:.2g}", fontsize=8.5)
        axes.set_xlabel("rank of the truth, as a share")
        if number % across == 0:
            axes.set_ylabel("fits")
        grid(axes, "y")
        table += [(name, left, height) for left, height in zip(edges[:-1], heights, strict=True)]
    names, lefts, counts = zip(*table, strict=True)
    return Picture(
        "ranks", "Where the truth lies in its posterior", "Histogram of the ranks of known truths, for each parameter.",
        f"{fits} truths were drawn from the prior, each made data, and each was ranked in the posterior of these. All "
        "ranks are equally likely if the posteriors are right; 99 % of the bars should end in the grey band. 'Chance': "
        "how often a method that is right has ranks less uniform than these.",
        figure, pd.DataFrame({"parameter": names, "from": lefts, "fits": counts}),
    )  # fmt: skip
