"""The pictures of the experiments: what was measured as points, what is expected as a line or a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from selfseed.views.style import GREY, INK, LOOKS, PALE, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from selfseed.results.estimates import Estimate

BLUE, RED, GREEN = (LOOKS[key].colour for key in ("attraction", "infiltration", "effect"))


def _empty(height_in: float) -> Figure:
    figure = new_figure(height_in, 6.0)
    figure.set_layout_engine("constrained")
    return figure


def estimates(
    found: Mapping[str, Estimate], label: str, *, band: tuple[float, float] | None = None, mark: float | None = None
) -> Figure:
    """Draw estimates with their 95 % intervals, one row each, a band or a mark where the source expects them."""
    figure = _empty(0.9 + 0.28 * len(found))
    axes = figure.subplots()
    if band is not None:
        axes.axvspan(*band, color=PALE, label="published")
    if mark is not None:
        axes.axvline(mark, color=GREY, linewidth=0.8)
    for row, estimate in enumerate(found.values()):
        if estimate.value is None:
            continue
        low, high = (estimate.value if end is None else end for end in (estimate.low, estimate.high))
        axes.plot([low, high], [row, row], color=INK, linewidth=1.2)
        axes.plot(estimate.value, row, "o", color=INK, markersize=5)
    axes.set_yticks(range(len(found)), list(found))
    axes.set_ylim(len(found) - 0.4, -0.6)
    axes.set_xlabel(label)
    return figure


def organs(found: Mapping[str, Mapping[str, float]], expected: Mapping[str, float]) -> Figure:
    """Draw the shares of organs: what is published, and two ways to get there."""
    figure = _empty(2.6)
    axes = figure.subplots()
    looks = {"published": (GREY, expected), "flow and tropism": (BLUE, found["flow and tropism"])}
    looks["flow alone"] = (RED, found["flow alone"])
    for number, (name, (colour, shares)) in enumerate(looks.items()):
        at = np.arange(len(expected)) + 0.27 * (number - 1)
        axes.bar(at, [100 * shares[organ] for organ in expected], width=0.25, color=colour, label=name)
    axes.set_xticks(range(len(expected)), list(expected))
    axes.set_ylabel("share of metastases (%)")
    axes.legend()
    return figure


def curves(days: np.ndarray, volumes: Mapping[str, np.ndarray]) -> Figure:
    """Draw median volumes over time."""
    figure = _empty(3.0)
    axes = figure.subplots()
    for (name, values), colour, line in zip(
        volumes.items(), (BLUE, GREEN, RED, GREY), ("-", "-", "-", "--"), strict=False
    ):
        axes.semilogy(days, np.where(values > 0.0, values, np.nan), line, color=colour, label=name)
    axes.set_xlabel("time (days)")
    axes.set_ylabel("volume (mm³), median")
    axes.legend()
    return figure


def ratio_map(passing: Sequence[float], founding: Sequence[float], ratios: np.ndarray) -> Figure:
    """Draw secondary over primary seeds over what the lung lets pass and how often a cell takes root there."""
    figure = _empty(3.4)
    axes = figure.subplots()
    levels = np.arange(-8, 9)
    logs = np.clip(np.log10(ratios), levels[0], levels[-1])
    across, up = np.log10(passing), np.log10(founding)
    drawn = axes.contourf(across, up, logs, levels=levels, cmap="RdBu_r", extend="both")
    axes.contour(across, up, logs, levels=[0.0], colors=INK, linewidths=1.5)
    axes.set_xticks(across, [f"{share:.4g}" for share in passing])
    axes.set_yticks(up, [f"$10^{{{power:.0f}}}$" for power in up])
    axes.set_xlabel("share of cells that pass the lungs")
    axes.set_ylabel("chance to take root in the lung")
    figure.colorbar(drawn, label="log$_{10}$ of secondary over primary", ticks=levels[::2])
    axes.set_title("black line: both routes bring as many")
    return figure


def histogram(values: np.ndarray, sizes: np.ndarray, chances: Sequence[float], label: str) -> Figure:
    """Draw how often each number was seen, with the law it must follow."""
    figure = _empty(2.6)
    axes = figure.subplots()
    seen = np.array([np.mean(values == size) for size in sizes])
    error = np.sqrt(seen * (1.0 - seen) / len(values))
    axes.plot(sizes, chances, "-", color=GREY, label="theory")
    axes.errorbar(sizes, seen, 1.96 * error, fmt="o", color=INK, markersize=4, label="simulated, 95 %")
    axes.set_xlabel(label)
    axes.set_ylabel("probability")
    axes.legend()
    return figure


def lines(points: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw the growth rate of each animal against its decay, with the straight line through them."""
    figure = _empty(3.0)
    axes = figure.subplots()
    for (name, (decay, rate)), colour in zip(points.items(), (BLUE, RED), strict=False):
        slope, offset = np.polyfit(decay, rate, 1)
        ends = np.array([decay.min(), decay.max()])
        axes.plot(decay, rate, "o", color=colour, markersize=4, label=f"{name}: slope {slope:.2f}")
        axes.plot(ends, slope * ends + offset, color=colour)
    axes.set_xlabel("decay of the growth rate (1/day)")
    axes.set_ylabel("initial growth rate (1/day)")
    axes.legend()
    return figure


class Series(NamedTuple):
    """Hold what theory says as a line, and what was measured as points with half their 95 % intervals."""

    name: str
    line_at: Sequence[float]
    line: Sequence[float]
    points_at: Sequence[float]
    points: Sequence[float]
    error: Sequence[float] | None = None


def beside_theory(
    series: Sequence[Series], across: str, up: str, *, log: str = "", level: tuple[float, str] | None = None,
    seen: str = "simulated",
) -> Figure:  # fmt: skip
    """Draw measured points with their 95 % intervals on the lines of theory; ``log`` names the logarithmic axes."""
    figure = _empty(3.0)
    axes = figure.subplots()
    for one, colour, marker in zip(series, (BLUE, RED, GREEN, GREY), "osD^", strict=False):
        axes.plot(one.line_at, one.line, "-", color=colour, linewidth=1.2, label=one.name)
        if len(one.points) > 0:
            axes.errorbar(one.points_at, one.points, one.error, fmt=marker, color=colour, markersize=5, capsize=2)
    axes.plot([], [], "o", color=INK, markersize=5, label=seen)
    if level is not None:
        axes.axhline(level[0], color=GREY, linewidth=0.8, linestyle="--", label=level[1])
    if "x" in log:
        axes.set_xscale("log")
    if "y" in log:
        axes.set_yscale("log")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.legend()
    return figure


def shares_by_size(
    laws: Mapping[str, tuple[np.ndarray, np.ndarray]],
    seen: Mapping[str, tuple[Sequence[float], Sequence[Estimate]]],
    up: str,
) -> Figure:
    """Draw shares of patients by the diameter of their tumour: laws as lines, what was counted with 95 % intervals."""
    figure = _empty(3.0)
    axes = figure.subplots()
    for name, (diameter, law) in laws.items():
        axes.plot(diameter, 100.0 * law, "-", color=BLUE, label=name)
    for name, (diameter, shares) in seen.items():
        known = [(at, one) for at, one in zip(diameter, shares, strict=True) if one.value is not None]
        values = np.array([[one.value, one.low, one.high] for _, one in known]) * 100.0
        axes.errorbar([at for at, _ in known], values[:, 0], [values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]],
                      fmt="o", color=INK, markersize=5, capsize=2, label=name)  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks([10, 20, 50, 100], ["10", "20", "50", "100"])
    axes.minorticks_off()
    axes.set_xlabel("diameter at diagnosis (mm)")
    axes.set_ylabel(up)
    axes.legend()
    return figure


def bars_with_intervals(found: Mapping[str, Mapping[str, Estimate]], up: str) -> Figure:
    """Draw groups of shares side by side, published and simulated, with their 95 % intervals."""
    figure = _empty(3.0)
    axes = figure.subplots()
    width = 0.8 / len(found)
    for number, ((name, group), colour) in enumerate(zip(found.items(), (GREY, BLUE, RED), strict=False)):
        values = np.array([[one.value, one.low, one.high] for one in group.values()], float) * 100.0
        at = np.arange(len(group)) + width * (number - (len(found) - 1) / 2.0)
        axes.bar(at, values[:, 0], width=0.92 * width, color=colour, label=name)
        axes.errorbar(at, values[:, 0], [values[:, 0] - values[:, 1], values[:, 2] - values[:, 0]], fmt="none", ecolor=INK,
                      capsize=2)  # fmt: skip
    axes.set_xticks(range(len(group)), list(group))
    axes.set_ylabel(up)
    axes.legend()
    return figure
