"""The page of a ranking: what each intervention gains at each start, and where blocking can matter at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from selfseed.views.indices import draw_indices
from selfseed.views.many import COLOURS, draw_figures, make_section, make_table
from selfseed.views.picture import Picture
from selfseed.views.report import render
from selfseed.views.style import GREY, INK, grid, new_figure, place
from selfseed.views.words import tell_counts

HALF_WIDTH = 0.2
"""Of a whole share: below it, an index counts as converged."""
SHOWN = ("overall survival", "distant-metastasis-free survival")
READING = (
    "A perfect blocker is no drug: it leaves nothing of its target for five years, and tells whether the mechanism can "
    "matter at all. What starts before the diagnosis is moved to it. Grey: not all of the 95 % interval is an hour or "
    "more on one side of 0, or fewer than five patients carry the difference, so none is seen; the order among these "
    "is chance.",
)


def write_rank(path: Path, summary: Mapping[str, Any]) -> Path:
    """Write the page and return its path; ``summary`` is that of `selfseed cohort rank`."""

    def pictures() -> list[Picture]:
        endpoints = dict.fromkeys(row["endpoint"] for row in summary["map"])
        told = any(row["total"] is not None for row in summary["sensitivity"])
        indices = [draw_sensitivity(summary)] if told else []
        return [draw_gains(summary), *(draw_map(summary, endpoint) for endpoint in endpoints), *indices]

    tables = [make_table(summary["ranking"], "Gains over the control", is_open=False)]
    if summary["map"]:
        tables.append(make_table(summary["map"], "The map"))
    if summary["sensitivity"]:
        caption = "On what the gain of a perfect blocker hangs: Sobol indices, noise taken out, with 95 % half-widths"
        tables.append(make_table(summary["sensitivity"], caption, is_open=True))
    section = make_section(
        "ranking", "What was gained", figures=draw_figures(pictures), tables=tables, paragraphs=list(READING)
    )
    facts = [
        tell_counts(summary["patients"], summary["followed"], summary["arms"]), f"control: {summary['control']}",
        f"within {summary['years']:g} years", f"seed {summary['seed']}",
    ]  # fmt: skip
    title = f"{summary['title'] or 'A cohort'}: which treatment, when?"
    path.write_text(render(title, summary["words"], facts, [section]), encoding="utf-8")
    return path


def draw_gains(summary: Mapping[str, Any]) -> Picture:
    """Return the gain of each intervention and start, the largest first, for both endpoints."""
    import pandas as pd

    table = pd.DataFrame(summary["ranking"]).astype({"low_day": float, "high_day": float})
    arms = list(dict.fromkeys(table["arm"]))[::-1]
    figure = new_figure(0.26 * len(arms) + 0.9, 7.6)
    place(figure, left=2.9, right=0.15, bottom=0.5, top=0.32, wspace=0.12)
    for number, endpoint in enumerate(SHOWN):
        axes = figure.add_subplot(1, 2, number + 1)
        rows = table[table["endpoint"] == endpoint].set_index("arm").loc[arms]
        for line, row in enumerate(rows.to_dict("records")):
            colour = COLOURS[number] if row["seen"] else GREY
            gain = float(row["gain_day"])
            low, high = (gain if np.isnan(row[name]) else float(row[name]) for name in ("low_day", "high_day"))
            axes.plot([low, high], [line, line], color=colour, linewidth=1.4)
            axes.plot(gain, line, "o", color=colour, markersize=4)
        axes.axvline(0.0, color=GREY, linewidth=0.8)
        axes.set_yticks(range(len(arms)), arms if number == 0 else [""] * len(arms), fontsize=7.2)
        axes.set(xlabel="days gained", ylim=(-0.6, len(arms) - 0.4))
        axes.set_title(endpoint, fontsize=8.5)
        grid(axes, "x")
    return Picture(
        name="gains",
        title=f"Days gained within {summary['years']:g} years",
        alt="For each intervention and start the mean days gained over the control, with 95 % interval.",
        caption=f"Restricted mean survival less that of '{summary['control']}', in the same patients; bars: 95 % "
        "intervals, patients redrawn. Grey: no difference seen.",
        figure=figure,
        data=table,
    )


def draw_map(summary: Mapping[str, Any], endpoint: str) -> Picture:
    """Return where a perfect blocker gains anything, over return, half-life of cells and establishment."""
    import pandas as pd

    table = pd.DataFrame(summary["map"])
    table = table[table["endpoint"] == endpoint]
    interventions = list(dict.fromkeys(table["intervention"]))
    roots = sorted(set(table["establishment_fold"]))
    figure = new_figure(2.15 * len(interventions) + 0.6, 7.6)
    place(figure, left=0.95, right=0.95, bottom=0.55, top=0.35, wspace=0.18, hspace=0.5)
    most = max(1.0, float(np.nanmax(np.abs(table["gain_day"]))))
    for row, intervention in enumerate(interventions):
        for column, root in enumerate(roots):
            axes = figure.add_subplot(len(interventions), len(roots), row * len(roots) + column + 1)
            part = table[(table["intervention"] == intervention) & (table["establishment_fold"] == root)]
            gain = part.pivot(index="half_life_fold", columns="return_fold", values="gain_day")
            seen = part.pivot(index="half_life_fold", columns="return_fold", values="seen")
            image = axes.imshow(gain, origin="lower", cmap="RdBu", vmin=-most, vmax=most, aspect="auto")
            for y, x in np.ndindex(gain.shape):
                mark = "●" if seen.iloc[y, x] else ""
                ink = "white" if abs(gain.iloc[y, x]) > 0.6 * most else INK
                days = round(float(gain.iloc[y, x]))
                axes.text(x, y, f"{days}\n{mark}", ha="center", va="center", fontsize=7, color=ink)
            axes.set_xticks(range(gain.shape[1]), [f"{value:g}" for value in gain.columns], fontsize=7)
            lives = [f"{value:g}" for value in gain.index] if not column else [""] * gain.shape[0]
            axes.set_yticks(range(gain.shape[0]), lives, fontsize=7)
            axes.set_title(f"establishment × {root:g}", fontsize=7.5)
            if row == len(interventions) - 1:
                axes.set_xlabel("return × (1: human)", fontsize=7.5)
            if not column:
                axes.set_ylabel(f"{intervention.split()[0]} blocked\nhalf-life of cells ×", fontsize=7.5)
    bar = figure.colorbar(image, cax=figure.add_axes((0.9, 0.2, 0.015, 0.6)))
    bar.set_label("days gained", fontsize=7.5)
    bar.ax.tick_params(labelsize=7)
    return Picture(
        name=f"map-{endpoint.replace(' ', '-')}",
        title=f"Where a perfect blocker can matter at all: {endpoint}",
        alt="Heat maps of the days gained by a perfect blocker over return, half-life and establishment.",
        caption="Folds of the file's values: chance of a circulating cell to take root in a tumour (return), half-life "
        "of circulating cells (50: hours), chance to take root in organs. ●: a difference is seen. In a "
        "mouse of 0.1–1 g a cell meets its own tumour 100 to 1,000 times as often as in a woman.",
        figure=figure,
        data=table,
    )


def draw_sensitivity(summary: Mapping[str, Any]) -> Picture:
    """Return on what the gain of each perfect blocker hangs; those whose gain is all chance have no panel."""
    import pandas as pd

    table = pd.DataFrame(summary["sensitivity"]).astype({"first": float, "total": float})
    known = table[table["total"].notna()]
    names = list(dict.fromkeys(table["parameter"]))
    outcomes = []
    for intervention, part in known.groupby("intervention", sort=False):
        rows = part.set_index("parameter").loc[names]
        chance = 100.0 * float(rows["noise"].iloc[0])
        told: dict[str, Any] = {"outcome": f"{str(intervention).split()[0]} blocked ({chance:.0f} % chance)"}
        for kind in ("first", "total"):
            half = rows[f"{kind}_error"]
            told |= {
                kind: rows[kind].tolist(),
                f"{kind}_interval": list(zip(rows[kind] - half, rows[kind] + half, strict=True)),
            }
        outcomes.append(told | {"converged": bool((rows["total_error"] < HALF_WIDTH).all())})
    return Picture(
        name="sensitivity",
        title="On what the gain of a perfect blocker hangs",
        alt="For each perfect blocker the Sobol indices of return, half-life of circulating cells and establishment.",
        caption="Shares of the variance of the mean days gained without distant metastasis, over log-uniform spans of "
        "the three; chance, whose share is told above, taken out. Bars: 95 % intervals. A blocker whose gain varies by "
        "chance alone is left out.",
        figure=draw_indices({"spans": [{"name": name} for name in names], "outcomes": outcomes}),
        data=table,
    )
