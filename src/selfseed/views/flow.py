"""Where seeds came from and went: a picture of the control arm, and self-seeding by the way it took in every arm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.views.forest import ROW_IN, name_rows, stripe
from selfseed.views.graph import draw_graph, key_entries
from selfseed.views.picture import Picture
from selfseed.views.style import ROUTE_LOOKS, grid, log_axis, new_figure, place
from selfseed.views.subject import arms_of
from selfseed.views.words import amount, animal, interval, mice, plain, spoken

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from selfseed.results import Run

_LEAST_SEEDS = 0.01
_MOST_NODES, _MOST_ARROWS = 12, 24
_ROUTE_MEANINGS = {
    "primary": "primary: home, straight from the home tumour",
    "secondary": "secondary: home, through another tumour",
    "cross": "cross: into another tumour",
    "metastatic": "metastatic: into an organ without tumour",
}


def flow_picture(run: Run) -> Picture:
    """Return the seeds per animal from each site to each, as a graph of the control arm."""
    from selfseed.analysis.flow import flow

    control, one = arms_of(run)[0], animal(run.scenario.host)
    established = flow(run).sel(arm=control, stage="established").transpose("source", "site")
    names, means = _square(established.values, [str(site) for site in established["site"].values])
    least = _least_drawn(means)
    figure = new_figure(_height_in(len(names)))
    draw_graph(figure, names, means, least, bottom_in=0.45)
    _explain_arrows(figure)
    return Picture(
        name="flow",
        title=f"Seeds from site to site in the arm {spoken(control)}",
        alt=_flow_words(names, means, least, one),
        caption=f"Numbers: cells and clusters per {one} that took root, over {run.scenario.duration:g} days "
        f"(mean of {mice(run.scenario.host, run.arrays.sizes['replicate'])}, arm {spoken(control)}); width of arrows: "
        f"logarithm of the number. Fewer than {plain(least)} per {one} are not drawn."
        + ("" if (means >= least).any() else " Here nothing took root anywhere."),
        figure=figure,
        data=_flow_table(run),
    )


def route_picture(run: Run) -> Picture:
    """Return the seeds per animal by the way they took, all sites together, for every arm."""
    means = run.arrays["seeds_by_route"].sum("site").mean("replicate").transpose("arm", "route").values
    arms, routes = arms_of(run), [str(route) for route in run.arrays["route"].values]
    one = animal(run.scenario.host)
    figure = _draw_routes(arms, routes, means, f"seeds that took root, per {one}\n(mean; 0 stands apart)")
    control = ", ".join(f"{route} {amount(mean)}" for route, mean in zip(routes, means[0], strict=True))
    return Picture(
        name="routes",
        title="Seeds by the way they took",
        alt=f"Mean seeds per {one} by route and arm on a logarithmic axis. {spoken(arms[0])}: {control}.",
        caption=f"All sites together; mean of {mice(run.scenario.host, run.arrays.sizes['replicate'])} in each arm, "
        f"over {run.scenario.duration:g} days.",
        figure=figure,
        data=_route_table(arms, routes, means),
    )


def route_sentence(run: Run) -> str:
    """Return primary and secondary self-seeding of the control arm, and their ratio, in a sentence."""
    row = _together(run)[0]
    home = (
        f"In {spoken(row['arm'])}, {amount(row['primary'])} seeds per {animal(run.scenario.host)} came home straight "
        f"and {amount(row['secondary'])} through another tumour"
    )
    if not np.isfinite(row["ratio"]):
        return f"{home}."
    return f"{home}: {plain(row['ratio'])} secondary for each primary{interval(max(row['low'], 0.0), row['high'])}."


def route_rows(run: Run) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of a table: primary and secondary self-seeding and their ratio, for every arm."""
    one = animal(run.scenario.host)
    head = ["arm", f"primary (seeds per {one})", f"secondary (seeds per {one})", "secondary to primary (95 % interval)"]
    rows = [
        [spoken(row["arm"]), amount(row["primary"]), amount(row["secondary"]), _ratio(row)] for row in _together(run)
    ]
    return head, rows


def blood_rows(run: Run) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of a table of circulating tumour cells per ml of the blood drawn, for every arm."""
    from selfseed.scenario import resolve_measurements

    draws = [(draw, day) for one in resolve_measurements(run.scenario) if one.kind == "ctc"
             for draw in one.names for day in (one.times_day[0], one.times_day[-1])]  # fmt: skip
    draws = list(dict.fromkeys(draws))
    head = ["arm", *(f"{draw}, day {day:g}" for draw, day in draws)]
    counts = run.arrays["ctc_per_ml"]
    columns = [counts.sel(draw=draw).sel(time=day, method="nearest") for draw, day in draws]
    spans = [np.percentile(column.transpose("arm", "replicate").values, (5, 50, 95), axis=1).T for column in columns]
    rows = [
        [spoken(arm), *(f"{amount(span[row, 1])} ({amount(span[row, 0])} to {amount(span[row, 2])})" for span in spans)]
        for row, arm in enumerate(arms_of(run))
    ]
    return head, rows if draws else []


def _together(run: Run) -> list[Any]:
    """Return for every arm primary and secondary self-seeding at all sites together, the control arm first."""
    from selfseed.analysis.flow import ALL_SITES, primary_and_secondary

    table = primary_and_secondary(run)
    return table[table["site"] == ALL_SITES].to_dict("records")


def _ratio(row: Mapping[str, Any]) -> str:
    if not np.isfinite(row["ratio"]):
        return "no primary seed"
    known = np.isfinite(row["low"])
    return plain(row["ratio"]) + (f" ({plain(max(row['low'], 0.0))} to {plain(row['high'])})" if known else "")


def _square(flow: np.ndarray, sites: list[str]) -> tuple[list[str], np.ndarray]:
    """Return nodes and a square matrix: the sites that matter most, and the injection if anything came from it."""
    names = [*sites, "injection"]
    means = np.zeros((len(names), len(names)))
    means[:, : len(sites)] = flow
    traffic = means.sum(0) + means.sum(1)
    kept = [index for index in range(len(names)) if index < len(sites) or traffic[index] > 0]
    kept = sorted(sorted(kept, key=lambda index: -traffic[index])[:_MOST_NODES])
    return [names[index] for index in kept], means[np.ix_(kept, kept)]


def _height_in(nodes: int) -> float:
    return 2.6 if nodes < 3 else 4.3 + 0.25 * max(0, nodes - 6)


def _least_drawn(means: np.ndarray) -> float:
    """Return the mean below which arrows are left out, so that those that are drawn can be told apart."""
    if means.size <= _MOST_ARROWS:
        return _LEAST_SEEDS
    return max(_LEAST_SEEDS, float(np.sort(means, axis=None)[-_MOST_ARROWS]))


def _explain_arrows(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, linewidth=2.5, label=words) for words, colour in key_entries()]
    figure.legend(handles=handles, loc="lower left", ncols=1, borderpad=0.2, labelspacing=0.3)


def _flow_words(names: list[str], means: np.ndarray, least: float, one: str) -> str:
    pairs = sorted(np.argwhere(means >= least), key=lambda pair: -means[tuple(pair)])
    if not pairs:
        return "Graph of sites without arrows: no seed took root anywhere."
    words = [f"{spoken(names[start])} to {spoken(names[end])} {amount(means[start, end])}" for start, end in pairs]
    return f"Graph of sites with arrows for the seeds per {one}: {', '.join(words)}."


def _flow_table(run: Run) -> pd.DataFrame:
    from selfseed.analysis.flow import flow

    table = flow(run).to_dataframe("mean_per_replicate").reset_index()
    return table[table["mean_per_replicate"] > 0][["arm", "source", "site", "stage", "mean_per_replicate"]]


def _draw_routes(arms: list[str], routes: list[str], means: np.ndarray, words: str) -> Figure:
    figure = new_figure(ROW_IN * len(arms) + 1.6)
    axes = figure.subplots()
    stripe(axes, len(arms))
    nothing = log_axis(axes, means)
    for column, route in enumerate(routes):
        colour, marker = ROUTE_LOOKS[route]
        rows = np.arange(len(arms)) + 0.13 * (column - (len(routes) - 1) / 2)
        axes.plot(np.where(means[:, column] > 0, means[:, column], nothing), rows, marker, color=colour,
                  markersize=5, label=_ROUTE_MEANINGS[route])  # fmt: skip
    grid(axes, "x")
    axes.set(ylim=(len(arms) - 0.4, -0.6), xlabel=words)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    figure.legend(loc="lower left", ncols=1, handletextpad=0.3, borderpad=0, labelspacing=0.3)
    place(figure, left=name_rows(axes, arms), right=0.2, bottom=1.5, top=0.08)
    return figure


def _route_table(arms: list[str], routes: list[str], means: np.ndarray) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(means, columns=routes).assign(arm=arms)[["arm", *routes]]
