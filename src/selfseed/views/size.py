"""The page of size and outcome: the causal diagram, the associations in each world, and what size itself does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.views.many import COLOURS, draw_figures, make_section, make_table
from selfseed.views.picture import Picture
from selfseed.views.report import render
from selfseed.views.style import GREY, grid, new_figure, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BOXES = {
    "aggressiveness": (0.12, 0.5, "aggressiveness\nof the cancer"),
    "growth": (0.4, 0.84, "growth"),
    "spread": (0.4, 0.16, "release, survival,\nestablishment"),
    "size": (0.66, 0.84, "size at\ndiagnosis"),
    "metastasis": (0.88, 0.3, "distant\nmetastasis"),
    "return": (0.66, 0.42, "cells that\nreturn"),
}
ARROWS = (
    ("aggressiveness", "growth", "1", 0.0), ("aggressiveness", "spread", "1", 0.0), ("growth", "size", "", 0.0),
    ("size", "metastasis", "2", -0.15), ("spread", "metastasis", "", 0.0), ("spread", "return", "3", 0.0),
    ("return", "size", "3", 0.0),
)  # fmt: skip
ASSUMPTIONS = (
    "The diagram holds: nothing else drives both size and metastasis. Traits are lognormal and tied by one hidden "
    "number; how strongly is assumed, and the common-cause share goes with it.",
    "Size dealt out anew means that a tumour is left to grow until it has that size: the share called causal includes "
    "the time that takes.",
    "Metastases are those that are seen; who has one at diagnosis counts, on day 0.",
    "The shares are of the log hazard ratio per doubling of the diameter; they overlap, and need not sum to 100 %.",
)


def write_size(path: Path, summary: Mapping[str, Any]) -> Path:
    """Write the page and return its path; ``summary`` is that of `selfseed cohort size-outcome`."""

    def pictures() -> list[Picture]:
        ranges = [draw_ranges(summary)] if len(summary["ranges"]) > len(summary["shares"]) else []
        return [draw_diagram(), draw_associations(summary), draw_risks(summary), *ranges]

    sections = [
        make_section("answer", "By intervention", figures=draw_figures(pictures), tables=[
            make_table(summary["shares"], "Shares of the association", is_open=True),
            make_table(summary["associations"], "The association in each world"),
            make_table(summary["risks"], "If all were resected at one size"),
            make_table(summary["ranges"], "Under disputed assumptions"),
        ]),
        make_section("assumptions", "What this assumes", paragraphs=list(ASSUMPTIONS)),
    ]  # fmt: skip
    facts = [
        f"{summary['patients']:,} virtual patients in each world",
        f"arm: {summary['arm']}",
        f"seed {summary['seed']}",
    ]
    title = f"{summary['title'] or 'A cohort'}: is size a cause, or a mark?"
    path.write_text(render(title, summary["words"], facts, sections), encoding="utf-8")
    return path


def draw_diagram() -> Picture:
    """Return the causal diagram, with what each intervention cuts."""
    import pandas as pd

    figure = new_figure(3.3, 7.4)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    for x, y, words in BOXES.values():
        axes.text(x, y, words, ha="center", va="center", fontsize=8.5,
                  bbox={"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": GREY})  # fmt: skip
    for start, end, cut, bend in ARROWS:
        _arrow(axes, BOXES[start][:2], BOXES[end][:2], cut, bend)
    return Picture(
        name="diagram",
        title="What may cause what",
        alt="Boxes and arrows: aggressiveness drives growth and spread; growth drives size; size drives metastasis.",
        caption="Each intervention cuts arrows: 1 aggressiveness not shared, 2 size dealt out anew (this arrow stays, "
        "all arrows into size go), 3 nothing returns.",
        figure=figure,
        data=pd.DataFrame([{"from": start, "to": end, "cut_by": cut} for start, end, cut, _ in ARROWS]),
    )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], cut: str, bend: float) -> None:
    bent = f"arc3,rad={bend}"
    look = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 26, "shrinkB": 26, "connectionstyle": bent}
    axes.annotate("", end, start, arrowprops=look)
    if cut:
        middle = (0.5 * (start[0] + end[0]), 0.5 * (start[1] + end[1]) - 0.25 * bend)
        circle = {"boxstyle": "circle,pad=0.2", "facecolor": COLOURS[1], "edgecolor": "none"}
        axes.text(*middle, cut, ha="center", va="center", fontsize=7.5, color="white", bbox=circle)


def draw_associations(summary: Mapping[str, Any]) -> Picture:
    """Return the hazard ratio per doubling of the diameter in each world."""
    import pandas as pd

    rows = summary["associations"]
    figure = new_figure(0.42 * len(rows) + 0.75, 6.2)
    place(figure, left=1.95, right=0.2, bottom=0.5, top=0.12)
    axes = figure.add_subplot()
    for line, row in enumerate(reversed(rows)):
        colour = COLOURS[1] if line == len(rows) - 1 else COLOURS[0]
        axes.plot(np.exp([row["low"], row["high"]]), [line, line], color=colour, linewidth=1.6)
        axes.plot(row["hazard_ratio"], line, "o", color=colour, markersize=5)
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [row["world"] for row in reversed(rows)], fontsize=8)
    axes.set(xlabel="hazard ratio of metastasis per doubling of the diameter", ylim=(-0.6, len(rows) - 0.4))
    grid(axes, "x")
    return Picture(
        name="associations",
        title="Size and metastasis, in each world",
        alt="Hazard ratio of metastasis per doubling of the diameter, with 95 % interval, in each world.",
        caption="The same virtual patients in each world; bars: 95 % intervals, patients redrawn. Above, the naive "
        "regression. At 1, size would tell nothing of metastasis.",
        figure=figure,
        data=pd.DataFrame(rows),
    )


def draw_risks(summary: Mapping[str, Any]) -> Picture:
    """Return the risk of metastasis if all patients were resected at one size."""
    import pandas as pd

    table = pd.DataFrame(summary["risks"])
    figure = new_figure(2.6, 6.2)
    place(figure, left=0.7, right=0.15, bottom=0.5, top=0.12)
    axes = figure.add_subplot()
    for number, (years, rows) in enumerate(table.groupby("years")):
        axes.fill_between(
            rows["diameter_mm"], 100 * rows["low"], 100 * rows["high"], color=COLOURS[number], alpha=0.2, lw=0
        )
        axes.plot(rows["diameter_mm"], 100 * rows["risk"], "o-", color=COLOURS[number], markersize=4,
                  label=f"within {years:g} years")  # fmt: skip
    axes.set(xlabel="diameter at which all are resected (mm)", ylabel="distant metastasis (%)", ylim=(0, None))
    axes.legend(frameon=False, fontsize=8)
    grid(axes, "y")
    return Picture(
        name="risks",
        title="If all were resected at one size",
        alt="Share of patients with distant metastasis against the diameter at which all are resected.",
        caption="The same patients, each resected at that size whatever else they are like. Bands: 95 % intervals.",
        figure=figure,
        data=table,
    )


def draw_ranges(summary: Mapping[str, Any]) -> Picture:
    """Return the shares under each disputed assumption."""
    import pandas as pd

    table = pd.DataFrame(summary["ranges"])
    names = list(dict.fromkeys(table["assumption"]))
    shares = list(dict.fromkeys(table["share"]))
    figure = new_figure(0.45 * len(names) + 0.95, 7.6)
    place(figure, left=2.75, right=0.15, bottom=0.5, top=0.32)
    axes = figure.add_subplot()
    for number, share in enumerate(shares):
        rows = table[table["share"] == share].set_index("assumption").loc[names[::-1]]
        lines = np.arange(len(names)) + 0.22 * (1 - number)
        axes.hlines(lines, 100 * rows["low"], 100 * rows["high"], color=COLOURS[number], linewidth=1.4)
        axes.plot(100 * rows["estimate"], lines, "o", color=COLOURS[number], markersize=4, label=share)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(names)), [_wrapped(name) for name in names[::-1]], fontsize=7.5)
    axes.set_xlabel("share of the association of size and metastasis (%)")
    figure.legend(loc="upper center", ncols=len(shares), frameon=False, fontsize=8)
    grid(axes, "x")
    return Picture(
        name="ranges",
        title="Under disputed assumptions",
        alt="For each disputed assumption the causal, the common-cause and the self-seeding share, with intervals.",
        caption="95 % intervals, patients redrawn.",
        figure=figure,
        data=table,
    )


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 38))
