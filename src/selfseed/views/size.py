"""The page of size and outcome: the causal diagram, the associations in each world, and what size itself does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.views.forest import use_folds
from selfseed.views.many import COLOURS, draw_figures, make_section, make_table
from selfseed.views.picture import Picture
from selfseed.views.report import render
from selfseed.views.style import GREY, grid, new_figure, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DIAGRAM_IN = (7.4, 3.6)
BOXES = {
    "aggressiveness": (0.1, 0.55, "aggressiveness\nof the cancer"),
    "spread": (0.33, 0.87, "what makes it spread:\nrelease, survival, rooting"),
    "growth": (0.33, 0.27, "pace of\ngrowth"),
    "size": (0.46, 0.57, "size at\ndiagnosis"),
    "detection": (0.71, 0.57, "detection: screening,\nsymptoms"),
    "blood": (0.65, 0.87, "cells in\nthe blood"),
    "metastasis": (0.91, 0.66, "distant\nmetastasis"),
}
ARROWS = (
    ("aggressiveness", "growth", "1", 0.0), ("aggressiveness", "spread", "1", 0.0), ("growth", "size", "2 4", 0.0),
    ("detection", "size", "2", 0.0), ("size", "blood", "", 0.22), ("blood", "size", "2 3", 0.22),
    ("spread", "blood", "", 0.0), ("blood", "metastasis", "", 0.0), ("growth", "metastasis", "", 0.28),
)  # fmt: skip
CUTS = {
    "1": "cut: aggressiveness not shared",
    "2": "cut: sizes dealt out anew",
    "3": "cut: nothing returns",
    "4": "weakened: primary slowed",
}
ASSUMPTIONS = (
    "The diagram holds: nothing that is not in it drives both size and metastasis. Traits are lognormal and tied by "
    "one hidden number; how strongly is assumed, and the common-cause share goes with it.",
    "Common cause means that hidden number alone. The pace of growth acts on the primary and on metastases, too, and "
    "keeps doing so where it is no longer tied to spread; only dealing out sizes takes that out of the association.",
    "Who is not found within the longest time counts in no world; worlds differ in how many these are.",
    "Size dealt out anew means that a tumour is left to grow until it has that size: the share called causal includes "
    "the time that takes.",
    "Metastases are those that are seen; who has one at diagnosis counts, on day 0.",
    "The shares are of the log hazard ratio per doubling of the diameter; they overlap, and need not sum to 100 %.",
)


def write_size(path: Path, summary: Mapping[str, Any]) -> Path:
    """Write the page and return its path; ``summary`` is that of `selfseed cohort size-outcome`."""

    def pictures() -> list[Picture]:
        ranges = [draw_ranges(summary)] if len(summary["ranges"]) > len(summary["shares"]) else []
        return [
            draw_diagram(), draw_associations(summary), draw_regressions(summary), draw_risks(summary), *ranges
        ]  # fmt: skip

    sections = [
        make_section("answer", "By intervention", figures=draw_figures(pictures), tables=[
            make_table(summary["shares"], "Shares of the association", is_open=True),
            make_table(summary["associations"], "The association in each world"),
            make_table(summary["regressions"], "What regressions on the same patients would say"),
            make_table(summary["risks"], "If all were resected at one size"),
            make_table(summary["ranges"], "Under disputed assumptions"),
        ]),
        make_section("assumptions", "What this assumes", paragraphs=list(ASSUMPTIONS)),
    ]  # fmt: skip
    facts = [
        f"{summary['patients']:,} virtual patients drawn, the same in each world",
        f"arm: {summary['arm']}",
        f"seed {summary['seed']}",
    ]
    title = f"{summary['title'] or 'A cohort'}: is size a cause, or a mark?"
    path.write_text(render(title, summary["words"], facts, sections), encoding="utf-8")
    return path


def draw_diagram() -> Picture:
    """Return the causal diagram, with what each intervention cuts."""
    import pandas as pd

    figure = new_figure(DIAGRAM_IN[1], DIAGRAM_IN[0])
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    boxes = {
        name: axes.text(x, y, words, ha="center", va="center", fontsize=8.5, zorder=2,
                        bbox={"boxstyle": "round,pad=0.45", "facecolor": "white", "edgecolor": GREY})
        for name, (x, y, words) in BOXES.items()
    }  # fmt: skip
    # arrows are drawn after the boxes, whose edges are known only then
    for start, end, cut, bend in ARROWS:
        _arrow(axes, boxes[start], boxes[end], cut, bend)
    for number, (cut, words) in enumerate(CUTS.items()):
        x, y = 0.06 + 0.46 * (number % 2), 0.1 - 0.065 * (number // 2)
        _number(axes, x, y, cut)
        axes.text(x + 0.025, y, words, ha="left", va="center", fontsize=8.5)
    return Picture(
        name="diagram",
        title="What may cause what",
        alt="Boxes and arrows: aggressiveness drives growth and spread; growth and detection set the size; size and "
        "spread put cells into the blood, which make metastases or return; growth drives metastases, too.",
        caption="Arrows as the model has them. A number on an arrow says which intervention cuts it; arrows without "
        "one always stay. To deal out sizes keeps the arrow from size, and that is what it measures.",
        figure=figure,
        data=pd.DataFrame([{"from": start, "to": end, "cut_by": cut} for start, end, cut, _ in ARROWS]),
    )


def _arrow(axes: Axes, start: Any, end: Any, cut: str, bend: float) -> None:
    """Draw an arrow from the edge of one box to that of another."""
    look = {
        "arrowstyle": "-|>", "color": GREY, "shrinkA": 1, "shrinkB": 2, "connectionstyle": f"arc3,rad={bend}",
        "patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch(),
    }  # fmt: skip
    first, last = np.array(start.get_position()), np.array(end.get_position())
    axes.annotate("", end.get_position(), start.get_position(), arrowprops=look, zorder=3)
    wide, high = DIAGRAM_IN
    across = np.array([(last - first)[1] * high / wide, -(last - first)[0] * wide / high])
    middle = 0.5 * (first + last) + 0.5 * bend * across
    for number, one in enumerate(cut.split()):
        _number(axes, middle[0] + 0.03 * number, middle[1], one)


def _number(axes: Axes, x: float, y: float, number: str) -> None:
    circle = {"boxstyle": "circle,pad=0.2", "facecolor": COLOURS[1], "edgecolor": "none"}
    axes.text(x, y, number, ha="center", va="center", fontsize=7.5, color="white", bbox=circle, zorder=4)


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
    use_folds(axes)
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


def draw_regressions(summary: Mapping[str, Any]) -> Picture:
    """Return the hazard ratio per doubling by regressions, beside that by intervention."""
    import pandas as pd

    table = pd.DataFrame(summary["regressions"])
    names, populations = list(dict.fromkeys(table["regression"])), list(dict.fromkeys(table["patients_are"]))
    figure = new_figure(0.45 * len(names) + 1.1, 6.6)
    place(figure, left=2.35, right=0.2, bottom=0.5, top=0.36)
    axes = figure.add_subplot()
    for number, population in enumerate(populations):
        shift = 0.24 * (0.5 - number)
        axes.plot([], [], "so"[number % 2], color=COLOURS[number], markersize=5, label=population)
        for line, name in enumerate(reversed(names)):
            row = table[(table["regression"] == name) & (table["patients_are"] == population)].iloc[0]
            if row["note"]:
                axes.text(1.02, line + shift, row["note"], fontsize=7.5, va="center", color=COLOURS[number])
                continue
            ends = np.exp([row["low"], row["high"]])
            axes.plot(ends, [line + shift] * 2, color=COLOURS[number], linewidth=1.6)
            axes.plot(row["hazard_ratio"], line + shift, "so"[number % 2], color=COLOURS[number], markersize=5)
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    axes.set_yticks(range(len(names)), names[::-1], fontsize=8)
    axes.set(xlabel="hazard ratio of metastasis per doubling of the diameter", ylim=(-0.6, len(names) - 0.4))
    use_folds(axes)
    figure.legend(loc="upper center", ncols=2, frameon=False, fontsize=8)
    grid(axes, "x")
    return Picture(
        name="regressions",
        title="What a regression would say",
        alt="Hazard ratio per doubling of the diameter by three regressions, and below by intervention.",
        caption="The first three rows are regressions on patients as they are found, the last is the intervention. A "
        "clinic measures age, screening, circulating cells, IL-6 and IL-8; circulating cells stand between size and "
        "metastasis. All traits: what only a simulation knows. Bars: 95 % intervals.",
        figure=figure,
        data=table,
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

    table = pd.DataFrame(summary["ranges"]).astype({"estimate": float, "low": float, "high": float})
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
        caption="95 % intervals, patients redrawn. Nothing is drawn where size and metastasis do not go together "
        "beyond chance.",
        figure=figure,
        data=table,
    )


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 38))
