"""Growth curves: every arm at every measured tumour, with bands; and measured volumes beside the simulated ones."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from selfseed.views.measured import read_volumes, share_within
from selfseed.views.picture import Picture
from selfseed.views.style import GREY, INK, LOOKS, grid, looks_of, new_figure, place
from selfseed.views.words import amount, file_name, listed, mice, percent, shortened, spoken

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from selfseed.results import Run

MOST_SITES = 6
_COLUMNS, _MOST_PANELS = 3, 24
_BAND_PERCENT = (5, 50, 95)
_ERROR_STEPS = 25
_MOST_ABOVE_MEDIAN = 2.5


def growth_pictures(run: Run) -> list[Picture]:
    """Return a picture for each of the first measured tumours: a panel per arm, the control arm's median in each."""
    return [_growth_picture(run, site) for site in tumour_sites(run)[:MOST_SITES]]


def tumour_sites(run: Run) -> list[str]:
    """Return the sites whose volume is measured and where some arm has a tumour."""
    from selfseed.scenario import resolve_measurements

    measured = [name for one in resolve_measurements(run.scenario) if one.kind == "volume" for name in one.names]
    volume = run.arrays["volume"]
    return [site for site in dict.fromkeys(measured) if float(volume.sel(site=site).max()) > 0]


def measured_picture(run: Run, path: Path) -> tuple[Picture, str]:
    """Return the measured volumes of the file ``path`` over the simulated band, and a sentence on how they agree.

    They stand beside the first measured tumour of the control arm.

    Raises
    ------
    ScenarioError
        If the file is no such table, or if no simulated tumour can stand beside it.
    """
    from selfseed.base.errors import Problem, ScenarioError

    observed = read_volumes(path)
    nothing = int((observed["Observation"] == 0).sum())
    observed = observed[observed["Observation"] > 0]
    control = str(run.arrays["arm"].values[0])
    sites = [site for site in tumour_sites(run) if float(run.arrays["volume"].sel(arm=control, site=site).max()) > 0]
    if not sites:
        raise ScenarioError(path.name, [Problem("the file", "no simulated tumour", "measure the volume of one")])
    time_day = run.arrays["time"].values
    low, median, high = _measurable_band(run, control, sites[0])
    within, counted = share_within(observed["Time"].to_numpy(), observed["Observation"].to_numpy(), time_day, low, high)
    sentence = _agreement(within, counted, len(observed), nothing)
    figure = new_figure(3.6)
    axes = figure.subplots()
    _draw_observations(axes, observed, time_day, low, high)
    axes.fill_between(time_day, low, high, color=LOOKS["attraction"].colour, alpha=0.22, linewidth=0)
    axes.plot(time_day, median, color=LOOKS["attraction"].colour, linewidth=1.6, label="simulated median, 5–95 % band")
    last = min(time_day[-1], 1.05 * float(observed["Time"].max()))
    shown = time_day <= last
    top = 1.05 * max(float(high[shown].max()), float(observed["Observation"].max()))
    axes.set(xlabel="time (day)", ylabel="tumour volume (mm³)", xlim=(0, last), ylim=(0, top))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    grid(axes, "y")
    axes.legend(loc="upper left")
    place(figure, left=0.7, right=0.12, bottom=0.5, top=0.1)
    animals = observed["ID"].nunique()
    picture = Picture(
        name="growth-measured",
        title=f"Measured volumes over the simulated band of the {spoken(sites[0])} tumour",
        alt=f"Measured tumour volumes of {animals} animals over the simulated median and 90 % band. {sentence}",
        caption=f"{len(observed)} measured volumes of {animals} animals ({path.name}); line and band: median and "
        f"5–95 % of what would be measured in {mice(run.scenario.host, run.arrays.sizes['replicate'])}, "
        f"arm {spoken(control)}, {spoken(sites[0])}.",
        figure=figure,
        data=observed.rename(columns={"Time": "time_day", "Observation": "volume_mm3"}),
    )
    return picture, sentence


def _agreement(within: int, counted: int, total: int, nothing: int) -> str:
    if not counted:
        return "No measured volume lies within the simulated time."
    left_out = [f"{total - counted} outside the simulated time"] if total > counted else []
    left_out += [f"{nothing} of 0 mm³"] if nothing else []
    words = f" (left out: {listed(left_out)})" if left_out else ""
    share = percent(within / counted)
    return f"{share} of the measured volumes ({within} of {counted}) lie within the simulated 90 % band{words}."


def _draw_observations(
    axes: Axes, observed: pd.DataFrame, time_day: np.ndarray, low: np.ndarray, high: np.ndarray
) -> None:
    times, volumes = observed["Time"].to_numpy(), observed["Observation"].to_numpy()
    inside = (volumes >= np.interp(times, time_day, low)) & (volumes <= np.interp(times, time_day, high))
    axes.plot(times[inside], volumes[inside], ".", color=INK, markersize=3, label="measured, within the band")
    axes.plot(times[~inside], volumes[~inside], "x", color="#d55e00", markersize=4, label="measured, outside the band")


def _band(run: Run, arm: str, site: str) -> np.ndarray:
    """Return the 5, 50 and 95 % volumes over time [mm³], shape (3, times)."""
    volume = run.arrays["volume"].sel(arm=arm, site=site)
    return np.percentile(volume.transpose("replicate", "time").values, _BAND_PERCENT, axis=0)


def _measurable_band(run: Run, arm: str, site: str) -> np.ndarray:
    """Return the 5, 50 and 95 % of what would be measured over time [mm³], shape (3, times).

    Measuring errs log-normally; each simulated volume stands for evenly spaced quantiles of what is read for it.
    """
    from statistics import NormalDist

    from selfseed.scenario.resolve import table_values

    error = table_values(run.scenario)["measurement.volume_error"]
    steps = [NormalDist().inv_cdf((number + 0.5) / _ERROR_STEPS) for number in range(_ERROR_STEPS)]
    volume = run.arrays["volume"].sel(arm=arm, site=site).transpose("replicate", "time").values
    read = volume[None] * np.exp(error * np.array(steps))[:, None, None]
    return np.percentile(read.reshape(-1, volume.shape[1]), _BAND_PERCENT, axis=0)


def _growth_picture(run: Run, site: str) -> Picture:
    arms = [str(arm) for arm, kind in zip(run.arrays["arm"].values, run.arrays["arm_kind"].values, strict=True)
            if kind == "arm"]  # fmt: skip
    shown = arms[:_MOST_PANELS]
    time_day = run.arrays["time"].values
    bands = {arm: _band(run, arm, site) for arm in arms}
    figure = _draw_panels(time_day, {arm: bands[arm] for arm in shown}, looks_of(run.scenario))
    who = mice(run.scenario.host, run.arrays.sizes["replicate"])
    hidden = f" {len(arms) - len(shown)} more arms are in the table." if len(arms) > len(shown) else ""
    highest = max(float(band[2].max()) for band in bands.values())
    if highest > _top(bands):
        hidden += f" Bands that leave the panel go up to {amount(highest)} mm³."
    final = ", ".join(f"{spoken(arm)} {amount(bands[arm][1, -1])}" for arm in shown)
    return Picture(
        name=file_name("growth", site),
        title=f"Growth of the tumour at the {spoken(site)}",
        alt=f"Tumour volume at {site} over time, one panel per arm. Median volume at the end in mm³: {final}.",
        caption=f"Line: median; band: 5–95 % of {who} in each arm. Dashed: median of {spoken(arms[0])}.{hidden}",
        figure=figure,
        data=_table(time_day, bands),
    )


def _draw_panels(time_day: np.ndarray, bands: dict[str, np.ndarray], looks: dict[str, str]) -> Figure:
    columns = min(_COLUMNS, len(bands))
    rows = math.ceil(len(bands) / columns)
    titles = {arm: shortened(arm, 20 if columns == _COLUMNS else 40, lines=2) for arm in bands}
    apart = 0.46 if any("\n" in title for title in titles.values()) else 0.34
    height = (1.0 + apart) * rows + 0.6 if rows > 1 else 2.8
    figure = new_figure(height)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    top = _top(bands)
    control = next(iter(bands.values()))[1]
    for index, (arm, band) in enumerate(bands.items()):
        axes = panels[index // columns, index % columns]
        _draw_panel(axes, time_day, band, LOOKS[looks[arm]].colour, None if index == 0 else control)
        axes.set_title(titles[arm], fontsize=9.5, pad=3)
        axes.set(xlim=(time_day[0], time_day[-1]), ylim=(0, 1.05 * top))
        axes.tick_params(labelbottom=index + columns >= len(bands))
    for axes in panels.flat[len(bands) :]:
        axes.set_axis_off()
    place(figure, left=0.75, right=0.15, bottom=0.5, top=0.4, hspace=apart, wspace=0.2)
    figure.supxlabel("time (day)", fontsize=9.5, y=0.08 / height)
    figure.supylabel("tumour volume (mm³)", fontsize=9.5, x=0.012)
    return figure


def _top(bands: dict[str, np.ndarray]) -> float:
    """Return the highest volume that is drawn: that of all bands, unless they would press the medians flat."""
    highest, median = (max(float(band[row].max()) for band in bands.values()) for row in (2, 1))
    return min(highest, _MOST_ABOVE_MEDIAN * median) or 1.0


def _draw_panel(axes: Axes, time_day: np.ndarray, band: np.ndarray, colour: str, control: np.ndarray | None) -> None:
    low, median, high = band
    grid(axes, "y")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.fill_between(time_day, low, high, color=colour, alpha=0.2, linewidth=0)
    if control is not None:
        axes.plot(time_day, control, color=GREY, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.plot(time_day, median, color=colour, linewidth=1.6)


def _table(time_day: np.ndarray, bands: dict[str, np.ndarray]) -> pd.DataFrame:
    import pandas as pd

    names = [f"{name}_mm3" for name in ("p5", "median", "p95")]
    frames = [
        pd.DataFrame({"arm": arm, "time_day": time_day, **dict(zip(names, band, strict=True))})
        for arm, band in bands.items()
    ]
    return pd.concat(frames, ignore_index=True)
