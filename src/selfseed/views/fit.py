"""The report of a fit: prior against posterior, what would be measured again, profiles, and what hangs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.views.picture import Picture
from selfseed.views.style import GREY, INK, PALE, grid, new_figure, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from selfseed.inference.diagnostics import Bands
    from selfseed.inference.optimum import ProfileOfFit
    from selfseed.inference.study import Study

BEFORE, AFTER, BAND = GREY, "#0072b2", "#a6cee3"
ACROSS, PANEL_IN = 3, 2.0
HALF_95 = 1.9207
DRAWN = 10


def write_report(
    path: FilePath,
    study: Study,
    summary: Mapping[str, Any],
    profiles: Sequence[ProfileOfFit],
    values: np.ndarray | None,
    bands: Bands,
) -> FilePath:
    """Write the page of a fit and return its path; ``values`` are samples of the posterior, if there are any."""
    from selfseed.views.many import write_page

    def pictures() -> list[Picture]:
        drawn = [draw_bands(study, bands), *([draw_profiles(profiles)] if profiles else [])]
        drawn += [draw_designs(summary["designs"])] if summary.get("designs") else []
        return [*drawn, draw_posterior(study, values), draw_together(study, values)] if values is not None else drawn

    searches = f"; {summary['reached']} of {summary['starts']} searches reached the best" if profiles else ""
    facts = (
        f"{summary['measurements']} measurements, method {summary['method']}, seed {summary['seed']}{searches}. "
        f"{' '.join(_sentences(summary))}"
    )
    rows = [_row(one) for one in summary["parameters"]]
    return write_page(path, summary["title"] or "A fit", facts, pictures, rows, caption="Parameters with 95 % limits")


def draw_bands(study: Study, bands: Bands) -> Picture:
    """Return the measurements over what the fit says would be measured."""
    data = study.data
    panels = sorted({(str(a), str(o), str(s)) for a, o, s in zip(data.arm, data.observable, data.site, strict=True)})
    figure, axes = _panels(len(panels))
    for one, (arm, observable, site) in zip(axes, panels, strict=True):
        rows = np.flatnonzero((data.arm == arm) & (data.observable == observable) & (data.site == site))
        days, first = np.unique(data.day[rows], return_index=True)
        chosen = rows[first]
        one.fill_between(days, bands.low[chosen], bands.high[chosen], color=BAND, linewidth=0)
        if days.size == 1:
            one.errorbar(
                days, bands.median[chosen],
                yerr=[bands.median[chosen] - bands.low[chosen], bands.high[chosen] - bands.median[chosen]],
                color=AFTER, capsize=4,
            )  # fmt: skip
        one.plot(days, bands.median[chosen], color=AFTER, linewidth=1.2)
        one.plot(data.day[rows], data.value[rows], "o", color=INK, markersize=2.4)
        if (data.value[rows] > 0.0).all() and observable not in ("seeded", "label_share"):
            one.set_yscale("log")
            _plain_numbers(one.yaxis)
        one.set_title(f"{_named(observable)}, {site}")
        one.set_xlabel(f"day, arm {arm}")
        grid(one, "y")
    return Picture(
        "predicted", "What was measured, and what the fit says would be measured again",
        "Measurements as points over the median and the 90 % band of the fit.",
        f"Points: measurements. Line and band: median and the middle 90 % of what would be measured again, errors "
        f"included; {100 * bands.inside:.0f} % of the points lie inside.",
        figure,
        _frame({"arm": data.arm, "site": data.site, "observable": data.observable, "day": data.day,
                "value": data.value, "low": bands.low, "median": bands.median, "high": bands.high}),
    )  # fmt: skip


def draw_profiles(profiles: Sequence[ProfileOfFit]) -> Picture:
    """Return how the posterior falls along each parameter."""
    figure, axes = _panels(len(profiles))
    for one, profile in zip(axes, profiles, strict=True):
        one.plot(profile.value, profile.fall, "o-", color=AFTER, markersize=2.8, linewidth=1.2)
        one.axhline(HALF_95, color=GREY, linewidth=0.8, linestyle="--")
        one.set_ylim(0.0, 4.0)
        one.set_title(profile.name, fontsize=8.5)
        one.tick_params(axis="x", labelsize=7.5)
        one.locator_params(axis="x", nbins=4)
    axes[0].set_ylabel("fall of the log posterior")
    rows = [(p.name, v, f) for p in profiles for v, f in zip(p.value, p.fall, strict=True)]
    name, value, fall = zip(*rows, strict=True)
    return Picture(
        "profiles", "How far each parameter may move",
        "Profiles of the posterior along each parameter, with the line of 95 %.",
        "Each parameter is moved and all others are fitted anew. Below the dashed line: the 95 % interval. A curve "
        "that stays below it on one side was not told by these data.",
        figure, _frame({"parameter": name, "value": value, "fall": fall}),
    )  # fmt: skip


def draw_designs(designs: Sequence[Mapping[str, Any]]) -> Picture:
    """Return how much of the spread of what is not told each further observable would leave."""
    figure, axes = _panels(len(designs))
    rows = []
    for number, (one, design) in enumerate(zip(axes, designs, strict=True)):
        names = [f"{_named(each['observable']).partition(' (')[0]}, {each['site']}" for each in design["proposals"]]
        left = [100.0 * each["left"] for each in design["proposals"]]
        colours = [BAND if each["helps"] else PALE for each in design["proposals"]]
        one.barh(range(len(left)), left, color=colours)
        for bar, name in enumerate(names):
            one.text(2.0, bar, name, va="center", fontsize=7.5, color=INK)
        one.set_yticks([])
        one.invert_yaxis()
        one.set_xlim(0.0, 100.0)
        one.set_title(" and ".join(design["parameters"]), fontsize=7.5)
        one.set_xlabel("% of the spread left" if number % ACROSS == 0 else "")
        pair = " and ".join(design["parameters"])
        rows += [
            {"parameters": pair, "observable": name, "left": share, "correlation": each["correlation"]}
            for name, share, each in zip(names, left, design["proposals"], strict=True)
        ]
    return Picture(
        "designs", "What else to measure", "Bars of the spread that each further observable would leave.",
        "For parameters that these data do not tell, or not apart: the share of their spread that would be left if "
        "this were measured besides, in the same animals. Blue: it would help. Expected at the best values.",
        figure, _frame({key: [row[key] for row in rows] for key in rows[0]} if rows else {}),
    )  # fmt: skip


def draw_posterior(study: Study, values: np.ndarray) -> Picture:
    """Return what was believed of each parameter before the data and after them."""
    figure, axes = _panels(len(study.parameters))
    rows: list[tuple[str, float, float, float]] = []
    for one, fitted, column in zip(axes, study.parameters, values.T, strict=True):
        before = np.asarray(fitted.prior.draw((np.arange(4000) + 0.5) / 4000))
        scaled = [np.asarray(fitted.prior.to_scale(part)) for part in (before, column)]
        low, high = np.quantile(scaled[0], [0.005, 0.995])
        edges = np.linspace(min(low, scaled[1].min()), max(high, scaled[1].max()), 49)
        heights = [np.histogram(part, edges, density=True)[0] for part in scaled]
        shown = np.exp(edges) if fitted.prior.is_log else edges
        one.stairs(heights[0], shown, color=BEFORE, fill=True, alpha=0.35)
        one.stairs(heights[1], shown, color=AFTER, linewidth=1.2)
        if fitted.prior.is_log:
            one.set_xscale("log")
            _plain_numbers(one.xaxis)
        one.set_yticks([])
        one.set_title(fitted.name, fontsize=8.5)
        one.set_xlabel("" if fitted.unit == "1" else fitted.unit)
        rows += [(fitted.name, *triple) for triple in zip(shown[:-1], *heights, strict=True)]
    name, at, prior, posterior = zip(*rows, strict=True)
    return Picture(
        "posterior", "What was believed before the data, and after them",
        "Histograms of the prior and of the posterior of each parameter.",
        "Grey: prior. Blue line: posterior. Areas are equal on the scale that is shown.",
        figure, _frame({"parameter": name, "from": at, "prior": prior, "posterior": posterior}),
    )  # fmt: skip


def draw_together(study: Study, values: np.ndarray) -> Picture:
    """Return the correlations of the parameters in the posterior."""
    scaled = [np.asarray(f.prior.to_scale(column)) for f, column in zip(study.parameters, values.T, strict=True)]
    matrix = np.atleast_2d(np.corrcoef(np.array(scaled)))
    names = list(study.names)
    count = len(names)
    figure = new_figure(0.42 * count + 1.9, 0.42 * count + 3.2)
    place(figure, left=1.9, right=0.3, bottom=1.7, top=0.15)
    axes = figure.add_subplot()
    axes.imshow(matrix, vmin=-1, vmax=1, cmap="PuOr")
    axes.set_xticks(range(count), names, rotation=40, ha="right")
    axes.set_yticks(range(count), names)
    for (i, j), value in np.ndenumerate(matrix):
        axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, color="w" if abs(value) > 0.7 else INK)
    pairs = [(names[i], names[j], matrix[i, j]) for i in range(count) for j in range(i)] or [(names[0], names[0], 1.0)]
    one, other, value = zip(*pairs, strict=True)
    return Picture(
        "correlation", "Which parameters hide behind each other", "Matrix of the correlations of the parameters.",
        "Correlation in the posterior; near 1 or -1, the data tell the two only together.",
        figure, _frame({"parameter": one, "other": other, "correlation": value}),
    )  # fmt: skip


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    across = min(ACROSS, count)
    rows = -(-count // across)
    figure = new_figure(rows * (PANEL_IN + 0.15) + 0.3, 8.4 if across > 1 else 4.0)
    place(figure, left=0.7, right=0.2, bottom=0.55, top=0.35, wspace=0.35, hspace=0.6)
    return figure, [figure.add_subplot(rows, across, number + 1) for number in range(count)]


def _plain_numbers(axis: Axis) -> None:
    """Name powers of ten in plain letters, at most five of them; where there are few, twice and five times them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    few = high / low < 100.0
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _named(observable: str) -> str:
    """Return an observable with its unit, where it has one."""
    unit = {"volume": " (mm³)", "ctc": " (cells in a draw)", "survival": " (day)"}.get(observable, "")
    return f"{observable.replace('_', ' ')}{unit}"


def _sentences(summary: Mapping[str, Any]) -> list[str]:
    return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in summary["words"][:DRAWN]]


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    low, high = (float("nan") if limit is None else limit for limit in one["profile_95"])
    row = {
        "parameter": one["name"],
        "unit": one["unit"],
        "best": "" if one["optimum"] is None else one["optimum"],
        "95 % from": low,
        "to": high,
    }
    after = one.get("posterior", {})
    names = {"median": "median", "low": "sampled from", "high": "sampled to", "r_hat": "R-hat", "effective": "ESS"}
    return row | {name: after[key] if after[key] is not None else "" for key, name in names.items() if key in after}


def _frame(columns: Mapping[str, Any]) -> Any:
    import pandas as pd

    return pd.DataFrame({name: list(column) for name, column in columns.items()})
