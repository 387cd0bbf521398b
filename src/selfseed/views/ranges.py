"""The outcome over the values that the literature leaves open, one row of panels per parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from selfseed.base.units import unit_text
from selfseed.results.measures import main_site
from selfseed.views.picture import Picture
from selfseed.views.style import LOOKS, grid, legend, legend_height_in, looks_of, new_figure, place
from selfseed.views.subject import arms_of, label_at
from selfseed.views.words import plain, spoken

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from selfseed.results import Run

COLUMNS = ("parameter", "value", "arm", "site", "quantity", "low", "high")
_QUANTITIES = {
    "share_seeded": ("seeded (%)", 100.0),
    "label_share": ("{label} share (%)", 100.0),
    "fold_of_volume": ("final volume\n(fold by return)", 1.0),
    "final_volume_mm3": ("final volume (mm³)", 1.0),
    "seeds": ("seeds", 1.0),
}
_MOST_QUANTITIES, _MOST_PARAMETERS = 3, 12


def range_picture(run: Run, uncertain: pd.DataFrame) -> Picture:
    """Return the outcome at the main site over every open magnitude.

    Parameters
    ----------
    run : Run
    uncertain : pandas.DataFrame
        Columns parameter, value, arm, site, quantity, "median" or "mean", low, high; a row per value, arm, site and
        quantity, in the unit of the quantity (shares as numbers from 0 to 1).

    Raises
    ------
    ValueError
        If a column is missing.
    """
    centre = next((name for name in ("median", "mean") if name in uncertain.columns), None)
    missing = [name for name in COLUMNS if name not in uncertain.columns] + ([] if centre else ["median or mean"])
    if missing:
        raise ValueError(f"the table of open magnitudes has no column {', '.join(missing)}")
    site = main_site(run)
    table = uncertain.rename(columns={centre: "centre"})
    table = table[table["site"] == site] if (table["site"] == site).any() else table
    parameters = list(dict.fromkeys(table["parameter"]))[:_MOST_PARAMETERS]
    quantities = list(dict.fromkeys(table["quantity"]))[:_MOST_QUANTITIES]
    looks = looks_of(run.scenario)
    arms = [arm for arm in arms_of(run) if arm in set(table["arm"])]
    bottom = 0.6 + (legend_height_in(looks[arm] for arm in arms) if len(arms) > 1 else 0.0)
    figure = new_figure(1.5 * len(parameters) + bottom)
    panels = figure.subplots(len(parameters), len(quantities), sharey="col", squeeze=False)
    for row, parameter in enumerate(parameters):
        for column, quantity in enumerate(quantities):
            here = table[(table["parameter"] == parameter) & (table["quantity"] == quantity)]
            _draw_range(panels[row, column], here, looks, _QUANTITIES.get(quantity, (quantity, 1.0))[1])
            words = _QUANTITIES.get(quantity, (spoken(quantity), 1.0))[0].format(label=label_at(run, site))
            if row == 0:
                panels[row, column].set_title(words, fontsize=9.5)
        panels[row, 0].set_xlabel(_with_unit(parameter), loc="left")
    for axes in panels[0]:
        axes.set_ylim(bottom=0)
    place(figure, left=0.55, right=0.15, bottom=bottom, top=0.45, hspace=0.8, wspace=0.35)
    if len(arms) > 1:
        legend(figure, [looks[arm] for arm in arms])
    return Picture(
        name="open-magnitudes",
        title=f"Outcome at the {spoken(site)} over the magnitudes that the literature leaves open",
        alt=f"Outcome at {site} over the values of {', '.join(parameters)}; the numbers are in the table.",
        caption=f"One parameter at a time, all others as in the main run; {centre} and interval, arms: "
        f"{', '.join(spoken(arm) for arm in arms)}. {_meanings(parameters)}",
        figure=figure,
        data=uncertain,
    )


def _draw_range(axes: Axes, table: pd.DataFrame, looks: dict[str, str], scale: float) -> None:
    values = sorted(set(table["value"]))
    arms = list(dict.fromkeys(table["arm"]))
    grid(axes, "y")
    for number, arm in enumerate(arms):
        here = table[table["arm"] == arm].sort_values("value")
        look = LOOKS[looks.get(arm, "several")]
        shift = 0.12 * (number - (len(arms) - 1) / 2)
        places = np.array([values.index(value) for value in here["value"]]) + shift
        centre, low, high = (scale * here[name].to_numpy(dtype=float) for name in ("centre", "low", "high"))
        axes.vlines(places, low, high, color=look.colour, linewidth=1.2)
        axes.plot(places, centre, color=look.colour, marker=look.marker, markersize=4.5, linewidth=1.0)
    axes.set_xticks(range(len(values)), [_tick(value) for value in values])
    axes.set_xlim(-0.5, max(len(values) - 0.5, 0.5))


def _tick(value: float) -> str:
    if value == 0 or abs(value) >= 0.001:
        return plain(value)
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def _meanings(parameters: list[str]) -> str:
    from selfseed.processes import PARAMETERS

    known = [PARAMETERS[name] for name in parameters if name in PARAMETERS]
    return " ".join(f"{parameter.name}: {parameter.meaning}." for parameter in known)


def _with_unit(parameter: str) -> str:
    from selfseed.processes import PARAMETERS

    unit = unit_text(PARAMETERS[parameter].unit) if parameter in PARAMETERS else ""
    return f"{parameter} ({unit})" if unit else parameter
