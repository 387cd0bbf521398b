"""Draw simulated patients beside real ones: every figure with its interval, and the misfit in standard errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from selfseed.views.forest import ROW_IN, use_folds
from selfseed.views.picture import Picture
from selfseed.views.style import GREY, INK, PALE, grid, new_figure, place
from selfseed.views.words import fold, shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

REAL, SIMULATED = "#d55e00", "#0072b2"
MOST_ROWS = 26
FARTHEST = 10.0
_LONGEST_NAME = 36


def draw_reality(comparison: pd.DataFrame) -> list[Picture]:
    """Return pictures of the figures that could be compared: shares first, then ratios.

    Parameters
    ----------
    comparison : DataFrame
        From `selfseed.cohort.reference.compare_with_real`.
    """
    known = comparison[comparison["simulated"].notna() & comparison["real"].notna()]
    parts = [part for kinds in (("share",), ("ratio", "number")) for part in _parts(known[known["kind"].isin(kinds)])]
    return [_picture(part, number) for number, part in enumerate(parts, start=1)]


def _parts(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield whole groups of rows, as many as one picture can hold."""
    taken: list[str] = []
    length = 0
    for group in dict.fromkeys(rows["group"]):
        size = int((rows["group"] == group).sum()) + 1
        if taken and length + size > MOST_ROWS:
            yield rows[rows["group"].isin(taken)]
            taken, length = [], 0
        taken, length = [*taken, group], length + size
    if taken:
        yield rows[rows["group"].isin(taken)]


def _picture(rows: pd.DataFrame, number: int) -> Picture:
    groups = list(dict.fromkeys(rows["group"]))
    is_share = rows["kind"].iloc[0] == "share"
    lines = len(rows) + len(groups)
    figure = new_figure(ROW_IN * lines + 1.45, 7.6)
    names = [shortened(str(name), _LONGEST_NAME) for name in rows["name"]]
    left = 0.35 + 0.072 * max(map(len, [*names, *(shortened(group, _LONGEST_NAME) for group in groups)]))
    place(figure, left=left, right=0.75, bottom=1.0, top=0.4, wspace=0.2)
    value, misfit = figure.subplots(1, 2, sharey=True, width_ratios=(1.6, 1.0))
    misfit.axvspan(-1.96, 1.96, color=PALE, linewidth=0)
    misfit.axvline(0.0, color=GREY, linewidth=0.8)
    ticks, labels, line = [], [], 0
    for group in groups:
        ticks.append(line)
        labels.append(shortened(group, _LONGEST_NAME))
        for axes in (value, misfit):
            axes.axhspan(line - 0.5, line + 0.5, color=PALE, alpha=0.45, linewidth=0, zorder=0)
        for row in rows[rows["group"] == group].itertuples(index=False):
            line += 1
            ticks.append(line)
            labels.append(shortened(str(row.name), _LONGEST_NAME))
            _draw_values(value, row, line, 100.0 if is_share else 1.0)
            _draw_misfit(misfit, row, line)
        line += 1
    value.set_yticks(ticks, labels)
    for text in value.get_yticklabels():
        if text.get_text() in {shortened(group, _LONGEST_NAME) for group in groups}:
            text.set_fontweight("bold")
    value.set_ylim(lines - 0.4, -0.6)
    for axes in (value, misfit):
        axes.tick_params(axis="y", length=0, pad=7)
        axes.spines["left"].set_visible(False)
        grid(axes, "x")
    if is_share:
        value.set_xscale("function", functions=(lambda it: np.sqrt(np.maximum(it, 0.0)), np.square))
        value.set_xlim(0.0, 100.0)
        value.set_xticks([0, 1, 5, 10, 25, 50, 75, 100])
        value.set_xlabel("patients (%), square-root axis")
    else:
        drawn = rows[[f"{who}{end}" for who in ("real", "simulated") for end in ("", "_low", "_high")]].to_numpy(float)
        drawn = drawn[np.isfinite(drawn) & (drawn > 0.0)]
        value.set_xlim(0.8 * drawn.min(), 1.25 * drawn.max())
        use_folds(value)
        value.set_xlabel("hazard ratio, or number in its unit")
    misfit.set_xlim(-FARTHEST * 1.12, FARTHEST * 1.12)
    misfit.set_xlabel("misfit (standard errors)")
    misfit.text(1.14, -0.62, "sim. / real", transform=misfit.get_yaxis_transform(), fontsize=8, color=GREY, va="bottom",
                ha="center")  # fmt: skip
    for colour, mark, words in ((REAL, "o", "real"), (SIMULATED, "s", "simulated (bars: 95 % intervals, where known)")):
        value.plot([], [], mark, color=colour, markerfacecolor="none" if mark == "o" else colour, markersize=5.5,
                   label=words)  # fmt: skip
    handles, words = value.get_legend_handles_labels()
    figure.legend(handles, words, loc="lower left", ncols=2, handletextpad=0.3, columnspacing=1.2, borderpad=0)
    inside = int((rows["inside"] == "yes").sum())
    return Picture(
        name=f"cohort-reality-{number}",
        title="Simulated patients beside real ones: " + ", ".join(groups[:3]) + (" …" if len(groups) > 3 else ""),
        alt=f"{len(rows)} figures, real and simulated; {inside} agree within chance.",
        caption=f"{inside} of {len(rows)} figures lie within 1.96 standard errors of both (grey band). Arrow: beyond "
        "the axis. Right: simulated over real. Where a source gives no numbers of patients, only the chance of the "
        "simulation counts, and the ratio tells more than the misfit.",
        figure=figure,
        data=rows,
    )


def _draw_values(axes: Axes, row: object, line: int, scale: float) -> None:
    for who, colour, mark, shift in (("real", REAL, "o", -0.16), ("simulated", SIMULATED, "s", 0.16)):
        value, low, high = (getattr(row, name) * scale for name in (who, f"{who}_low", f"{who}_high"))
        if math.isfinite(low) and math.isfinite(high):
            axes.plot([low, high], [line + shift] * 2, color=colour, linewidth=1.4, solid_capstyle="butt")
        axes.plot([value], [line + shift], mark, color=colour, markersize=5, zorder=3, clip_on=False,
                  markerfacecolor="white" if mark == "o" else colour)  # fmt: skip


def _draw_misfit(axes: Axes, row: object, line: int) -> None:
    misfit, ratio = float(row.misfit), float(row.ratio)  # type: ignore[attr-defined]
    if math.isfinite(misfit):
        beyond = abs(misfit) > FARTHEST
        mark = ("<" if misfit < 0 else ">") if beyond else "o"
        axes.plot([max(-FARTHEST, min(FARTHEST, misfit))], [line], mark, color=INK, markersize=5, zorder=3)
    words = "<0.01" if 0.0 < ratio < 0.01 else fold(ratio) if math.isfinite(ratio) else ""
    axes.text(1.14, line, words, transform=axes.get_yaxis_transform(), fontsize=8, va="center", ha="center", color=INK)
