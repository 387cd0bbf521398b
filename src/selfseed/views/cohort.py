"""Draw virtual patients: survival by arm, metastases by organ, ratios of hazards, and the power of trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.cohort.outcomes import DAYS_PER_YEAR, find_endpoint
from selfseed.views.forest import stripe, use_folds
from selfseed.views.picture import Picture
from selfseed.views.style import GREY, INK, grid, new_figure, place
from selfseed.views.words import file_name, fold, shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (INK, "#0072b2", "#d55e00", "#009e73", "#aa4499", "#e69f00", "#56b4e9", "#8c6d1f")
DASHES = ("-", (0, (5, 1.5)), (0, (1.5, 1)), (0, (6, 1.5, 1.5, 1.5)))
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
MOST_CURVES = 8
_WIDTH_IN, _LONGEST_NAME, _ACROSS = 6.6, 26, 2
_AS_ONE = 0.005


def draw_survival(curves: pd.DataFrame, endpoint: str, *, by: str = "arm", title: str = "") -> Picture:
    """Draw survival curves with their 95 % bands, and below them how many patients are still at risk.

    Parameters
    ----------
    curves : DataFrame
        From `selfseed.cohort.survival.estimate_survival`.
    endpoint : str
        A name in `ENDPOINTS`.
    by : str
        The column that tells curves apart; the first eight are drawn.
    title : str, optional
    """
    names = _named(curves, by)
    figure = new_figure(3.1 + 0.2 * len(names) + 0.75, _WIDTH_IN)
    left = _room([*map(str, names), "at risk"]) + 0.25
    place(figure, left=left, right=0.3, bottom=0.2 * len(names) + 0.95, top=0.12)
    axes = figure.add_subplot()
    last = curves["time_day"].max() / DAYS_PER_YEAR
    for number, name in enumerate(names):
        curve = curves[curves[by] == name]
        years, look = curve["time_day"].to_numpy() / DAYS_PER_YEAR, _look(number)
        percent = 100.0 * curve[["survival", "low", "high"]].to_numpy()
        axes.fill_between(
            years, percent[:, 1], percent[:, 2], step="post", color=look["color"], alpha=0.15, linewidth=0
        )
        axes.step(years, percent[:, 0], where="post", linewidth=1.5, label=shortened(str(name), 34), **look)
    ticks = _year_axis(axes, last)
    axes.set_ylim(0.0, 102.0)
    axes.set_ylabel(_wrapped(f"{endpoint} (%)"))
    grid(axes, "y")
    if len(names) > 1:
        axes.legend(loc=_free_corner(curves, by, names), handlelength=2.6)
    _tell_at_risk(figure, axes, curves, by, names, ticks)
    return Picture(
        name=file_name("cohort", f"survival-{endpoint}"),
        title=title or f"{endpoint.capitalize()} of virtual patients",
        alt=f"Curves of {endpoint} over {last:.0f} years, one each for {', '.join(map(str, names))}.",
        caption=f"Event: {find_endpoint(endpoint).meaning}. Kaplan and Meier's estimate; band: 95 % interval. "
        f"Below: patients still followed without the event.{_hidden(curves, by, names)}",
        figure=figure,
        data=curves,
    )


def draw_incidence(incidence: pd.DataFrame) -> Picture:
    """Draw how many patients have had a metastasis in each organ, over time, where death may come first.

    Parameters
    ----------
    incidence : DataFrame
        From `selfseed.cohort.organs.estimate_incidence`.
    """
    arms, organs = _named(incidence, "arm"), list(dict.fromkeys(incidence["organ"]))
    rows = -(-len(organs) // _ACROSS)
    legend_in = 0.22 * -(-len(arms) // 2) if len(arms) > 1 else 0.0
    figure = new_figure(rows * 2.15 + 0.75 + legend_in, _WIDTH_IN)
    place(figure, left=0.7, right=0.2, bottom=0.6 + legend_in, top=0.3, wspace=0.16, hspace=0.32)
    panels = figure.subplots(rows, _ACROSS, squeeze=False, sharex=True, sharey=True).ravel()
    for panel, organ in zip(panels, organs, strict=False):
        for number, arm in enumerate(arms):
            curve = incidence[(incidence["organ"] == organ) & (incidence["arm"] == arm)]
            years, look = curve["time_day"].to_numpy() / DAYS_PER_YEAR, _look(number)
            percent = 100.0 * curve[["incidence", "low", "high"]].to_numpy()
            panel.fill_between(years, percent[:, 1], percent[:, 2], step="post", color=look["color"], alpha=0.15,
                               linewidth=0)  # fmt: skip
            panel.step(years, percent[:, 0], where="post", linewidth=1.5, label=shortened(str(arm), 34), **look)
        panel.set_title(organ)
        grid(panel, "y")
    sure = incidence.loc[incidence["at_risk"] > 30, "high"]
    top = 105.0 * float(sure.max() if len(sure) else 1.0)
    for number, panel in enumerate(panels):
        panel.set_ylim(0.0, max(top, 1.0))
        _year_axis(panel, incidence["time_day"].max() / DAYS_PER_YEAR, named=number >= len(organs) - _ACROSS)
        panel.tick_params(labelbottom=number >= len(organs) - _ACROSS)
    for panel in panels[len(organs) :]:
        panel.remove()
    figure.supylabel("patients with a metastasis there (%)", x=0.012, fontsize=9.5)
    if len(arms) > 1:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="lower left", ncols=2, handlelength=2.6)
    return Picture(
        name="cohort-organs",
        title="Metastases by organ, while death may come first",
        alt=f"Cumulative incidence over time in {', '.join(map(str, organs))}, a curve for each arm.",
        caption="Aalen and Johansen's estimate of the share of patients who have had a metastasis in the organ and "
        "were alive until then; band: 95 % interval. One patient may stand in several panels.",
        figure=figure,
        data=incidence,
    )


def draw_hazard_ratios(table: pd.DataFrame, endpoint: str) -> Picture:
    """Draw hazard ratios with intervals, of each covariate alone and beside the others.

    Parameters
    ----------
    table : DataFrame
        From `selfseed.cohort.hazards.estimate_hazard_ratios`.
    endpoint : str
    """
    keys = list(dict.fromkeys(zip(table["covariate"], table["level"], table["reference"], table["per"], strict=True)))
    models = list(dict.fromkeys(table["model"]))
    figure = new_figure(0.34 * len(keys) + 1.25, 7.6)
    names = [_covariate(*key) for key in keys]
    place(figure, left=_room(names), right=1.1 + 0.85 * len(models), bottom=0.85, top=0.42)
    axes = figure.add_subplot()
    stripe(axes, len(keys))
    axes.axvline(1.0, color=GREY, linewidth=0.9, zorder=1)
    for number, model in enumerate(models):
        look = ("#0072b2", "s") if model == "together" else (INK, "o")
        shift = 0.0 if len(models) == 1 else 0.34 * (number - 0.5)
        axes.plot([], [], look[1], color=look[0], markersize=5.5, label=_MODELS.get(model, model))
        x = 1.03 + number * (0.34 if len(models) == 1 else 0.46)
        axes.text(x, -0.75, model, transform=axes.get_yaxis_transform(), fontsize=8.5, color=look[0], va="bottom")
        for place_of, key in enumerate(keys):
            row = table[(table["model"] == model) & (table["covariate"] == key[0]) & (table["level"] == key[1])].iloc[0]
            known = math.isfinite(row["hazard_ratio"])
            if known:
                axes.plot([row["low"], row["high"]], [place_of + shift] * 2, color=look[0], linewidth=1.6,
                          solid_capstyle="butt")  # fmt: skip
                axes.plot([row["hazard_ratio"]], [place_of + shift], look[1], color=look[0], markersize=5.5, zorder=3)
            words = f"{fold(row['hazard_ratio'])} ({fold(row['low'])}–{fold(row['high'])})" if known else "not known"
            axes.text(x, place_of, words, transform=axes.get_yaxis_transform(), fontsize=8, va="center", color=look[0])
    axes.set_yticks(range(len(keys)), names)
    axes.set_ylim(len(keys) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    grid(axes, "x")
    use_folds(axes)
    axes.set_xlabel(f"hazard ratio, {endpoint}")
    figure.legend(loc="lower left", ncols=2, handletextpad=0.3, columnspacing=1.2, borderpad=0)
    patients, events = int(table["patients"].max()), int(table["events"].max())
    return Picture(
        name=file_name("cohort", f"hazards-{endpoint}"),
        title=f"What goes with {endpoint}",
        alt="Hazard ratios with intervals of " + ", ".join(names).replace("\n", " ") + ".",
        caption=f"Cox's regression on {patients:,} patients and {events:,} events; bars: 95 % intervals, with errors "
        "clustered by patient. Right of 1: worse. A ratio tells what goes together, not what causes what.",
        figure=figure,
        data=table,
    )


_MODELS = {"alone": "each covariate alone", "together": "beside the others"}


def draw_power(table: pd.DataFrame, *, wanted: float = 0.8) -> Picture:
    """Draw the power of trials against their size, a curve for each follow-up or design.

    Parameters
    ----------
    table : DataFrame
        From `estimate_power` or `compare_designs` (patients), `count_mice_for_share` or `count_mice_for_mean` (mice).
    wanted : float, in (0, 1)
        The power that a line marks.
    """
    size = "size" if "size" in table else "mice"
    by = [name for name in ("design", "follow_up_years") if name in table and table[name].nunique() > 1]
    groups = [((), table)] if not by else list(table.groupby(by, sort=False))
    legend_in = 0.22 * -(-(len(groups) + 1) // 2) if size == "size" else 0.0
    figure = new_figure(3.2 + legend_in, 5.6)
    place(figure, left=0.65, right=0.2, bottom=0.62 + legend_in, top=0.15)
    axes = figure.add_subplot()
    axes.axhline(100.0 * wanted, color=GREY, linewidth=0.9, linestyle=(0, (2, 2)))
    for number, (key, part) in enumerate(groups[:MOST_CURVES]):
        part = part.sort_values(size)
        colour = COLOURS[number] if len(groups) > 1 else INK
        if "low" in part:
            axes.fill_between(part[size], 100 * part["low"], 100 * part["high"], color=colour, alpha=0.15, linewidth=0)
        axes.plot(part[size], 100 * part["power"], color=colour, marker=MARKS[number], markersize=4.5, linewidth=1.4,
                  label=_design(by, key) or "drawn trials" if size == "size" else "")  # fmt: skip
        if "schoenfeld" in part:
            axes.plot(part[size], 100 * part["schoenfeld"], color=colour, linewidth=1.0, linestyle=(0, (4, 2)))
    if "schoenfeld" in table:
        axes.plot([], [], color=GREY, linewidth=1.0, linestyle=(0, (4, 2)), label="Schoenfeld's formula")
    axes.set_ylim(0.0, 102.0)
    axes.set_xlim(left=0.0)
    axes.set_xlabel("patients randomised (both arms)" if size == "size" else "mice in each arm")
    axes.set_ylabel("power (%)")
    axes.text(0.01, 100 * wanted + 1.5, f"{100 * wanted:.0f} %", transform=axes.get_yaxis_transform(), va="bottom",
              color=GREY, fontsize=8.5)  # fmt: skip
    grid(axes, "y")
    if size == "size":
        figure.legend(loc="lower left", ncols=2, handlelength=2.6)
    return Picture(
        name="cohort-power" if size == "size" else "cohort-mice",
        title="Power against the size of the trial" if size == "size" else "Power against the number of mice",
        alt="Curves of power that rise with size.",
        caption=_power_caption(table, size),
        figure=figure,
        data=table,
    )


def _power_caption(table: pd.DataFrame, size: str) -> str:
    if size == "mice":
        return "Chance that a study of so many mice in each arm sees the difference."
    first = table.iloc[0]
    alone = f", {first['follow_up_years']:g} years of follow-up" if table["follow_up_years"].nunique() == 1 else ""
    return (
        f"Share of {int(first['trials']):,} drawn trials in which the log-rank test sees the difference; band: 95 % "
        f"interval; {first['accrual_years']:g} years of accrual{alone}. Dashed: what proportional hazards would give."
    )


def _design(by: Sequence[str], key: Any) -> str:
    """Return the words for one curve of power."""
    words = {"design": "{}", "follow_up_years": "{:g} years of follow-up"}
    return ", ".join(words[name].format(value) for name, value in zip(by, key, strict=True)) if by else ""


def _hidden(curves: pd.DataFrame, by: str, names: Sequence[Any]) -> str:
    """Return a sentence if curves lie so close to each other that the last one hides the others."""
    days = np.linspace(0.0, curves["time_day"].max(), 50)
    read = []
    for name in names:
        curve = curves[curves[by] == name]
        read.append(curve["survival"].to_numpy()[np.searchsorted(curve["time_day"].to_numpy(), days, side="right") - 1])
    close = any(
        abs(one - other).max() < _AS_ONE for number, one in enumerate(read) for other in read[:number]
    )  # fmt: skip
    return " Curves that coincide hide each other." if close else ""


def _free_corner(curves: pd.DataFrame, by: str, names: Sequence[Any]) -> str:
    """Return the corner that the curves leave free: that above them where all have fallen low, else that below."""
    half = curves["time_day"].max() / 2.0
    late = [curves.loc[(curves[by] == name) & (curves["time_day"] <= half), "survival"].min() for name in names]
    return "upper right" if max(late) < 0.45 else "lower left"


def _named(table: pd.DataFrame, by: str) -> list[Any]:
    return list(dict.fromkeys(table[by]))[:MOST_CURVES]


def _look(number: int) -> dict[str, Any]:
    return {"color": COLOURS[number % len(COLOURS)], "linestyle": DASHES[number % len(DASHES)]}


def _room(names: Sequence[str]) -> float:
    """Return the room that names need at the left, in inches."""
    return max(
        0.72, 0.2 + 0.077 * max(len(shortened(line, _LONGEST_NAME)) for name in names for line in name.split("\n"))
    )


def _wrapped(text: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(text, 30))


def _year_axis(axes: Axes, last: float, named: bool = True) -> np.ndarray:
    """Give ``axes`` years from diagnosis, and return the ticks."""
    step = next(step for step in (0.25, 0.5, 1, 2, 5, 10, 20, 50) if last / step <= 8 or step == 50)
    ticks = np.arange(0.0, last + 1e-9, step)
    axes.set_xlim(0.0, last)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    if named:
        axes.set_xlabel("years since diagnosis")
    return ticks


def _tell_at_risk(
    figure: Figure, axes: Axes, curves: pd.DataFrame, by: str, names: Sequence[Any], ticks: np.ndarray
) -> None:
    """Write below ``axes`` how many patients are at risk at each tick."""
    box, (width_in, height_in) = axes.get_position(), figure.get_size_inches()
    width_in, height_in = box.width * width_in, box.height * height_in
    first = -0.62
    if len(names) > 0:
        axes.text(-0.3 / width_in, first / height_in, "at risk", transform=axes.transAxes, ha="right", va="center",
                  fontsize=8.5, color=GREY)  # fmt: skip
    for number, name in enumerate(names):
        curve = curves[curves[by] == name]
        times, counts = curve["time_day"].to_numpy(), curve["at_risk"].to_numpy()
        y, colour = (first - 0.2 * (number + 1)) / height_in, _look(number)["color"]
        axes.text(-0.3 / width_in, y, shortened(str(name), _LONGEST_NAME), transform=axes.transAxes, ha="right",
                  va="center", fontsize=8.5, color=colour)  # fmt: skip
        for tick in ticks:
            place_of = np.searchsorted(times, tick * DAYS_PER_YEAR - 1e-9, side="left")
            count = int(counts[place_of]) if place_of < len(counts) else 0
            axes.text(tick, y, f"{count:,}", transform=axes.get_xaxis_transform(), ha="center", va="center",
                      fontsize=8, color=colour)  # fmt: skip


def _covariate(name: str, level: str, reference: str, per: float) -> str:
    """Return the words for one row of hazard ratios.

    Examples
    --------
    >>> _covariate("diameter_mm", "", "", 10.0), _covariate("arm", "surgery", "none", 1.0)
    ('diameter, per 10 mm', 'surgery v none')
    """
    if level:
        together = f"{level} v {reference}"
        if len(together) <= _LONGEST_NAME:
            return together
        return f"{shortened(level, _LONGEST_NAME)}\nv {shortened(reference, _LONGEST_NAME - 2)}"
    stem, unit = next(((name[: -len(end)], f" {end[1:]}") for end in ("_mm", "_year", "_day") if name.endswith(end)),
                      (name, ""))  # fmt: skip
    return shortened(f"{_SPOKEN.get(stem, stem.replace('_', ' '))}, per {per:g}{unit}", _LONGEST_NAME)


_SPOKEN = {"il6": "IL-6", "il8": "IL-8", "ctc": "CTC in 7.5 ml", "nodes": "positive nodes"}
