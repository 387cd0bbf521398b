"""Who was seeded and by how much: the share of animals, and the label share of each animal as a dot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from selfseed.results.measures import searched_sites, seeded_sites
from selfseed.views.forest import ROW_IN, Row, draw_forest, name_rows, stripe
from selfseed.views.picture import Picture
from selfseed.views.style import LOOKS, grid, legend, legend_height_in, log_axis, looks_of, new_figure, place
from selfseed.views.subject import arms_of, label_at
from selfseed.views.words import animal, animals, file_name, listed, mice, percent, shortened, spoken

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from selfseed.results import Run

_GOLDEN = 0.6180339887
MOST_SITES = 6
_MOST_SHARP_DOTS = 4000
_LEAST_PERCENT = 1e-4


def seeding_pictures(run: Run) -> list[Picture]:
    """Return a picture for each of the first seeded sites; two where nothing was found stand beside the first."""
    found = seeded_sites(run)
    nothing = [site for site in searched_sites(run) if site not in found]
    if not found:
        return [_seeding_picture(run, nothing[0], nothing[1:3])]
    return [_seeding_picture(run, site, nothing[:2] if site == found[0] else []) for site in found[:MOST_SITES]]


def nothing_found(run: Run) -> str:
    """Return a sentence on the searched sites that were seeded in no animal; empty if there are none."""
    nothing = [f"the {spoken(site)}" for site in searched_sites(run) if site not in seeded_sites(run)]
    if not nothing:
        return ""
    who = mice(run.scenario.host, run.arrays.sizes["replicate"] * run.arrays.sizes["arm"])
    return f"Nothing was found at {listed(nothing)}: seeded in 0 of {who}, all arms taken together."


def _seeding_picture(run: Run, site: str, empty_sites: list[str]) -> Picture:
    label, arms, looks = label_at(run, site), arms_of(run), looks_of(run.scenario)
    widths = [1.0, *([1.7] if label else []), *([0.75] * len(empty_sites))]
    room = 0.66 + legend_height_in(looks.values())
    figure = new_figure(ROW_IN * len(arms) + room + 0.4)
    panels = list(figure.subplots(1, len(widths), sharey=True, squeeze=False, width_ratios=widths)[0])
    for axes in panels:
        stripe(axes, len(arms))
    if label:
        _draw_dots(panels.pop(1), run, site, looks)
    for axes, where in zip(panels, [site, *empty_sites], strict=True):
        _draw_shares(axes, run, where, looks)
    left = name_rows(panels[0], arms)
    place(figure, left=left, right=0.18, bottom=room, top=0.38, wspace=0.2)
    legend(figure, looks.values())
    return Picture(
        name=file_name("seeding", site),
        title=f"Share of {animals(run.scenario.host)} seeded at the {spoken(site)}"
        + (", and label share" if label else ""),
        alt=_alt(run, site, arms),
        caption=_caption(run, site, empty_sites),
        figure=figure,
        data=_table(run, site),
    )


def _draw_shares(axes: Axes, run: Run, site: str, looks: dict[str, str]) -> None:
    from selfseed.analysis.effects import share_seeded

    shares = share_seeded(run, site)
    draw_forest(axes, [Row.of(shares[arm], looks[arm], lambda share: 100 * share) for arm in arms_of(run)])
    axes.set(xlim=(-6, 106), xticks=(0, 100), xlabel=f"{animals(run.scenario.host)}\nseeded (%)")
    axes.set_title(shortened(site, 10, lines=2), fontsize=9.5)


def _draw_dots(axes: Axes, run: Run, site: str, looks: dict[str, str]) -> None:
    """Draw each animal's label share on a logarithmic axis that has a place of its own for nothing."""
    from selfseed.results.measures import is_seeded, label_share

    share, seeded = 100 * label_share(run, site), is_seeded(run, site)
    share = np.where(share > 0, np.maximum(share, _LEAST_PERCENT), share)
    nothing = log_axis(axes, share, last=2, ticks=4)
    drawn = np.where(share > 0, share, nothing)
    offset = 0.56 * ((np.arange(share.shape[1]) * _GOLDEN) % 1.0 - 0.5)
    known, raster = np.isfinite(share), share.size > _MOST_SHARP_DOTS
    for row, arm in enumerate(arms_of(run)):
        colour = LOOKS[looks[arm]].colour
        for here, fill in ((known[row] & seeded[row], colour), (known[row] & ~seeded[row], "white")):
            axes.plot(drawn[row, here], row + offset[here], "o", markersize=3, markeredgewidth=0.5, alpha=0.75,
                      markeredgecolor=colour, markerfacecolor=fill, rasterized=raster)  # fmt: skip
        if known[row].any():
            median = float(np.median(drawn[row, known[row]]))
            axes.plot([median, median], [row - 0.38, row + 0.38], color="black", linewidth=1.6)
    grid(axes, "x")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(f"{label_at(run, site)} share of\ncells (%)")
    axes.set_title(shortened(site, 18, lines=2), fontsize=9.5)


def _caption(run: Run, site: str, empty_sites: list[str]) -> str:
    from selfseed.results.measures import readings

    reading = readings(run)[site]
    who = mice(run.scenario.host, run.arrays.sizes["replicate"])
    what = f"{reading.label} cells that came by blood" if reading.label else "cells that came by blood"
    words = [
        f"{who} in each arm, day {reading.time_day:g}. Seeded: at least {reading.detection_limit:,.0f} {what}.",
        "Left: share with its 95 % interval (Wilson).",
    ]
    if reading.label:
        words.append(
            f"Dots: one {animal(run.scenario.host)} each, filled where seeded, open where not; black line: median of "
            "all; a share of exactly 0 stands apart at the left of the logarithmic axis, and smaller ones than "
            "0.0001 % are drawn there."
        )
    if empty_sites:
        words.append(f"Right: {listed([spoken(name) for name in empty_sites])}, where nothing was found.")
    return " ".join(words)


def _alt(run: Run, site: str, arms: list[str]) -> str:
    from selfseed.analysis.effects import share_seeded

    shares = share_seeded(run, site)
    listing = ", ".join(f"{spoken(arm)} {percent(shares[arm].value)}" for arm in arms)
    return f"Share of {animals(run.scenario.host)} in which the {spoken(site)} is seeded, by arm: {listing}."


def _table(run: Run, site: str) -> pd.DataFrame:
    import pandas as pd

    from selfseed.results.measures import is_seeded, label_share

    arms, replicates = arms_of(run), run.arrays["replicate"].values
    return pd.DataFrame(
        {
            "arm": np.repeat(np.array(arms, dtype=object), len(replicates)),
            "replicate": np.tile(replicates, len(arms)),
            "seeded": is_seeded(run, site).ravel(),
            f"{label_at(run, site) or 'label'}_share": label_share(run, site).ravel(),
        }
    )
