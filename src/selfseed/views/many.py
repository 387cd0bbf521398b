"""Pages of long jobs: the courses of very many replicates, and what a sweep found."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.processes import PARAMETERS
from selfseed.views.picture import Picture, draw
from selfseed.views.report import render
from selfseed.views.style import drawing, grid, new_figure, place, power_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

    from selfseed.results.ensemble import Ensemble

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#5b5ea6")
ACROSS, PANEL_IN, MOST_PANELS, MOST_ARMS, MOST_ROWS = 3, 1.9, 12, 8, 400
QUANTITIES = {
    "is_seeded": "share of animals seeded",
    "label_share": "label share",
    "final_volume": "final volume (mm³)",
    "seeds": "seeds per animal",
}
COLUMNS = ("arm", "site", "quantity", "mean", "low", "high", "sd", "p2_5", "median", "p97_5", "replicates")


def draw_courses(ensemble: Ensemble) -> list[Picture]:
    """Return a picture of the volumes over time, a panel for each arm and site with tumour, with quantiles."""
    arrays = ensemble.arrays
    alive = [site for site in arrays["site"].values if float(arrays["course_volume_mean"].sel(site=site).max()) > 0.0]
    most = max(1, MOST_PANELS // max(1, len(alive)))
    panels = [(arm, site) for site in alive for arm in arrays["arm"].values[:most]][:MOST_PANELS]
    if not panels:
        return []
    rows = -(-len(panels) // ACROSS)
    days = arrays["course_time"].values
    figure = new_figure(rows * PANEL_IN + 0.75, 7.6)
    place(figure, left=0.75, right=0.12, bottom=0.62, top=0.3, hspace=0.55, wspace=0.34)
    told = []
    for number, (arm, site) in enumerate(panels, start=1):
        axes = figure.add_subplot(rows, ACROSS, number)
        bands = arrays["course_volume_quantile"].sel(arm=arm, site=site).values.T
        _bands(axes, days, bands)
        axes.set_title(f"{arm}, {site}", fontsize=7.5)
        told += [
            {"arm": arm, "site": site, "day": day, "p2_5": row[0], "p25": row[1], "median": row[2], "p75": row[3],
             "p97_5": row[4]} for day, row in zip(days, bands.T, strict=True)
        ]  # fmt: skip
    figure.supxlabel("time (day)", y=0.12 / (rows * PANEL_IN + 0.75), fontsize=8)
    figure.supylabel("volume (mm³)", x=0.015, fontsize=8)
    replicates = arrays.sizes["replicate"]
    return [
        Picture(
            name="courses",
            title="Volumes over time",
            alt="Volume of each tumour over time: median and quantiles over replicates.",
            caption=f"Line: median of {replicates:,} replicates; dark band: half of them, pale band: 95 %. "
            "Logarithmic axis; quantiles are right to 3 %. All arms are in ensemble.zarr.",
            figure=figure,
            data=_frame(told),
        )
    ]


def _bands(axes: Axes, days: np.ndarray, bands: np.ndarray) -> None:
    shown = np.where(bands > 0.0, bands, np.nan)
    axes.fill_between(days, shown[0], shown[4], color=COLOURS[0], alpha=0.18, linewidth=0)
    axes.fill_between(days, shown[1], shown[3], color=COLOURS[0], alpha=0.35, linewidth=0)
    axes.plot(days, shown[2], color=COLOURS[0], linewidth=1.2)
    axes.set_yscale("log")
    name_powers(axes.yaxis)
    grid(axes, "y")


def name_powers(axis: Axis) -> None:
    """Name powers of ten, at most four of them, in letters that a browser shows as they are."""
    from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

    def named(value: float, _: int) -> str:
        power = np.log10(abs(value)) if value else 0.0
        sign = "−" if value < 0.0 else ""
        return "0" if not value else sign + power_text(round(power)) if abs(power - round(power)) < 1e-6 else ""

    locator: Any = axis.get_major_locator()
    locator.set_params(numticks=4)
    axis.set_major_formatter(FuncFormatter(named))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def draw_sweep(rows: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Any]]) -> list[Picture]:
    """Return a picture for each varied field: every quantity at every site over the values of that field."""
    paths = list(dict.fromkeys(path for point in points for path in point))
    numeric = [path for path in paths if all(isinstance(point.get(path), float) for point in points)]
    return [_along(path, rows, alone=len(paths) == 1) for path in numeric]


def _along(path: str, rows: Sequence[Mapping[str, Any]], alone: bool) -> Picture:
    kept = [row for row in rows if row["quantity"] in QUANTITIES and np.isfinite(row["mean"])]
    panels = [panel for panel in dict.fromkeys((row["quantity"], row["site"]) for row in kept) if _moves(kept, panel)]
    panels = panels[:MOST_PANELS]
    arms = list(dict.fromkeys(row["arm"] for row in kept))[:MOST_ARMS]
    values = np.array([row[path] for row in kept])
    is_log = values.min() > 0.0 and values.max() / values.min() >= 20.0
    lines = max(1, -(-len(panels) // ACROSS))
    legend_in = 0.2 * -(-len(arms) // 3)
    height = lines * (PANEL_IN + 0.1) + 0.75 + legend_in
    figure = new_figure(height, 7.6)
    place(figure, left=0.62, right=0.12, bottom=0.62 + legend_in, top=0.3, hspace=0.55, wspace=0.42)
    for number, (quantity, site) in enumerate(panels, start=1):
        axes = figure.add_subplot(lines, ACROSS, number)
        for arm, colour in zip(arms, COLOURS, strict=False):
            here = [row for row in kept if (row["quantity"], row["site"], row["arm"]) == (quantity, site, arm)]
            _draw_arm(axes, path, sorted(here, key=lambda row: row[path]), colour, arm, alone)
        axes.set_title(f"{site}: {QUANTITIES[quantity]}", fontsize=7.5)
        if is_log:
            axes.set_xscale("log")
            name_powers(axes.xaxis)
        if quantity in ("final_volume", "seeds"):
            axes.set_yscale("symlog", linthresh=1.0)
            axes.set_ylim(bottom=0.0)
            name_powers(axes.yaxis)
        grid(axes, "y")
    unit = f" ({PARAMETERS[path].unit})" if path in PARAMETERS else ""
    figure.supxlabel(f"{path}{unit}", y=(0.12 + legend_in) / height, fontsize=8)
    if panels:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower left", ncols=3, fontsize=7)
    wide = "" if alone else " Other fields vary, too: each dot is a point of the sweep."
    return Picture(
        name=f"sweep-{''.join(letter if letter.isalnum() else '-' for letter in path)}",
        title=f"Over {path}",
        alt=f"Outcomes by arm over the values of {path}.",
        caption=f"Mean over replicates, with its 95 % interval. Left out is what does not change.{wide}",
        figure=figure,
        data=_frame([{name: row[name] for name in (path, *COLUMNS)} for row in kept]),
    )


def _moves(rows: Sequence[Mapping[str, Any]], panel: tuple[str, str]) -> bool:
    """Tell whether anything differs between the points and arms of a panel; nothing else is worth its place."""
    means = [row["mean"] for row in rows if (row["quantity"], row["site"]) == panel]
    return max(means) > min(means)


def _draw_arm(axes: Axes, path: str, here: Sequence[Mapping[str, Any]], colour: str, arm: str, joined: bool) -> None:
    at, mean, low, high = (np.array([row[name] for row in here], dtype=float) for name in (path, "mean", "low", "high"))
    error = np.abs(np.stack([mean - low, high - mean]))
    axes.errorbar(
        at, mean, yerr=np.nan_to_num(error), color=colour, marker="o", markersize=2.5, linewidth=1.0 if joined else 0.0,
        elinewidth=0.8, label=arm,
    )  # fmt: skip


def write_page(
    path: Path,
    title: str,
    facts: str,
    pictures: Callable[[], list[Picture]],
    rows: Sequence[Mapping[str, Any]],
    caption: str = "Means with 95 % intervals, and quantiles over replicates",
    headline: Sequence[str] = (),
) -> Path:
    """Write a page with a headline, ``pictures()`` and the first rows of a table; return its path."""
    figures = draw_figures(pictures)
    drawings = [make_section("pictures", "What came out", figures=figures)] if figures else []
    numbers = make_section("numbers", "The numbers", tables=[make_table(rows, caption, is_open=True)])
    path.write_text(render(title, headline, [facts], [*drawings, numbers]), encoding="utf-8")
    return path


def draw_figures(pictures: Callable[[], list[Picture]]) -> list[dict[str, Any]]:
    """Return pictures as the template of pages takes them."""
    with drawing():
        drawn = [draw(picture) for picture in pictures()]
    return [
        {
            "name": one.picture.name, "title": one.picture.title, "caption": one.picture.caption,
            "svg": _markup(one.svg),
            "downloads": [
                {"label": "tsv", "file": f"{one.picture.name}.tsv",
                 "href": f"data:text/tab-separated-values;base64,{base64.b64encode(one.tsv.encode()).decode()}"}
            ],
        }
        for one in drawn
    ]  # fmt: skip


def make_section(name: str, title: str, **parts: Any) -> dict[str, Any]:
    """Return a section as the template of pages takes it; ``parts`` are its figures, tables, paragraphs and others."""
    empty: dict[str, Any] = {"lists": [], "code": [], "links": [], "paragraphs": [], "tables": [], "figures": []}
    return {**empty, "name": name, "title": title, **parts}


def make_table(rows: Sequence[Mapping[str, Any]], caption: str, *, is_open: bool = False) -> dict[str, Any]:
    """Return the first rows of a table as the template of pages takes it."""
    names = [name for name in rows[0] if name != "point"] if rows else []
    cells = [[_shown(row.get(name, "")) for name in names] for row in rows[:MOST_ROWS]]
    more = f"; {len(rows) - MOST_ROWS:,} more rows are in the table beside this page" if len(rows) > MOST_ROWS else ""
    return {"caption": f"{caption}{more}", "open": is_open, "columns": names, "rows": cells}


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.4g}"
    return str(value)


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows))


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)
