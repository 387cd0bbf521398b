"""V14 to V19: growth, conglomerates, and what return can and cannot do."""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from tests.validation import test_conservation as exchange
from tests.validation import test_growth_curves as curves
from tests.validation import test_label_influx as labels
from tests.validation.arms import ALL_TO_THE_LUNG, animals, arm, exponential, field, gompertz, implant
from verification import pictures
from verification.claim import DIFFERS, Claim, Measured
from verification.compare import ENOUGH, means, numbers, standard_error, together

from selfseed.theory import conglomerate, metastases, reseeding, seeding
from selfseed.theory import gompertz as gompertz_law

LM2 = (0.5584, 0.0708)
UNCAPPED = {"max_rate": 5.0}
CELLS_PER_MM3 = 1e3
"""Few, so that what theory says in mm³ can be played with single cells for mm³."""


def one_cell_for_one_mm3(rate: float, decay: float) -> dict:
    """Return the growth in which n cells grow at rate - decay ln n, per cell."""
    return gompertz(rate - decay * math.log(CELLS_PER_MM3), decay) | UNCAPPED


def growth_curve(seed: int) -> Measured:
    """Hold a tumour of the mean field against the curve of Gompertz."""
    days = np.array([0.0, 5.0, 10.0, 20.0, 30.0, 45.0, 60.0])

    def grown(rate):
        return curves.volumes(field(curves.tumour(gompertz(rate, LM2[1]), 60.0, times=days)))

    seen, grid = grown(LM2[0]), np.linspace(0.0, 60.0, 121)
    series = pictures.Series("Gompertz", grid, gompertz_law.volume_mm3(grid, *LM2), days, seen)
    return replace(
        numbers(
            {"V(20)": (seen[3], 392.7), "V(30)": (seen[4], 1037.0), "capacity": (gompertz_law.capacity_mm3(*LM2), 2663.0)},
            1e-3, grown(1.1 * LM2[0])[3], "rate a tenth higher",
        ),
        figure=lambda: pictures.beside_theory([series], "time (days)", "volume (mm³)", log="y"),
    )  # fmt: skip


def clumps_in_the_lung(number: int, times: Sequence[float]):
    """Return injected cells that each found a clump of their own, one cell counting as 1 mm³."""
    return arm(
        {"tumour": one_cell_for_one_mm3(*LM2)}, times[-1], sites={"lung": "lung"},
        procedures=[{"inject": "tumour", "route": "tail_vein", "cells": number, "at": 0.0}],
        parameters=ALL_TO_THE_LUNG | {"establishment.lung": 1.0, "growth.cell_density": CELLS_PER_MM3}, times=times,
    )  # fmt: skip


def equal_clumps(seed: int) -> Measured:
    """Hold ten clumps in a lung against one Gompertz law of ten times the capacity."""
    times = (0.0, 10.0, 30.0, 60.0, 200.0)
    single = gompertz_law.volume_mm3(np.array(times), *LM2)
    law = conglomerate.equal_clumps_mm3(10, np.array(times), *LM2)
    ten, eleven = (field(clumps_in_the_lung(number, times)).record.cells[:, 0, 0] for number in (10, 11))
    chance = animals(clumps_in_the_lung(10, times), 1, seed=seed, step=0.1)[0].record.cells[-1, 0, 0]
    return numbers(
        {f"day {day:g}, mean field": (cells / 10.0, one) for day, cells, one in zip(times[1:], ten[1:], single[1:], strict=True)}
        | {f"day {day:g}, as one law": (whole / 10.0, one) for day, whole, one in zip(times[1:], law[1:], single[1:], strict=True)}
        | {"capacity in an animal": (chance / 10.0, gompertz_law.capacity_mm3(*LM2))},
        2e-3, eleven[1] / 10.0, "eleven clumps",
    )  # fmt: skip


FOUNDING = 2e-4
"""Clumps founded per mm³ and day."""
TIMES = np.linspace(0.0, 60.0, 61)


def reseeded(founding: float):
    """Return a tumour all of whose shed cells come home and found clumps, one cell counting as 1 mm³."""
    return arm(
        {"tumour": one_cell_for_one_mm3(LM2[0] + founding, LM2[1])}, TIMES[-1], procedures=[implant("tumour", 1)],
        parameters=exchange.HOME_PER_CELL | {
            "shedding.rate": founding, "attraction.baseline": 10.0, "establishment.home": 1.0,
            "establishment.new_clump_share": 1.0, "infiltration.loss_rate": 1e-6, "circulation.death_rate": 1e-6,
            "circulation.arrest_lung": 0.0, "circulation.arrest_organ": 0.0, "circulation.arrest_liver_portal": 0.0,
            "growth.cell_density": CELLS_PER_MM3,
        },
        times=TIMES,
    )  # fmt: skip


def reseeded_tumour(seed: int) -> Measured:
    """Hold a tumour that founds clumps of its own against its renewal equation, in both engines."""
    days = np.linspace(0.0, 60.0, 6001)
    volume, clumps = conglomerate.reseeded_mm3(FOUNDING, days, *LM2)
    seen, more = (field(reseeded(founding), cohorts=240) for founding in (FOUNDING, 1.1 * FOUNDING))
    cells = seen.record.cells[:, 0, 0]
    exact = numbers(
        {
            "V(60)": (cells[60], 8524.4), "V(20)": (cells[20], 399.9), "V(40)": (cells[40], 2230.8),
            "clumps": (1.0 + seen.routes[0].sum(), 24.70), "by renewal: V(60)": (volume[6000], 8524.4),
            "clumps by renewal": (clumps[6000], 24.70), "late rate": (conglomerate.late_rate(FOUNDING, *LM2), 0.069525),
        },
        1e-3, more.record.cells[60, 0, 0], "a tenth more founded",
    )  # fmt: skip
    by_chance = clumps_by_chance(FOUNDING, days[::20])
    outcomes = animals(reseeded(FOUNDING), 400, seed=seed, step=0.1, max_families=3000)
    each = np.array([outcome.record.cells[:, 0, 0] for outcome in outcomes])
    founded = np.array([outcome.routes[0].sum() for outcome in outcomes])
    volume_days = np.trapezoid(each, TIMES)
    per_volume = FOUNDING + (founded - FOUNDING * volume_days) / volume_days.mean()  # a ratio, with its own error
    rate = means(("animals: clumps per mm³ and day", per_volume, FOUNDING, 1.1 * FOUNDING))
    off = (each[:, -1].mean() - by_chance[-1]) / standard_error(each[:, -1])
    chance = replace(
        rate,
        text=f"{rate.text}; V(60) {each[:, -1].mean():.0f} (se {standard_error(each[:, -1]):.0f}) for {by_chance[-1]:.0f}",
        verdict=rate.verdict if abs(off) < ENOUGH else DIFFERS,
    )
    at = slice(0, None, 10)
    series = [
        pictures.Series("reseeded", days, volume, TIMES[at], cells[at]),
        pictures.Series("reseeded, by chance", days[::20], by_chance, TIMES[at], each.mean(axis=0)[at],
                        [1.96 * standard_error(column) for column in each.T[at]]),
        pictures.Series("one clump", days, gompertz_law.volume_mm3(days, *LM2), [], []),
    ]  # fmt: skip
    return replace(
        together(exact, chance),
        why="in animals chance in the first divisions makes clumps smaller on average than the curve of Gompertz",
        figure=lambda: pictures.beside_theory(series, "time (days)", "volume (mm³)", log="y"),
    )


def clumps_by_chance(founding: float, days: np.ndarray) -> np.ndarray:
    """Return the mean of a reseeded tumour whose cells divide by chance."""
    rate, decay = LM2
    mean = conglomerate.mean_clump_cells(days, rate + founding, decay, founding)

    def founded(ages):
        return founding * np.interp(ages, days, mean)

    return metastases.renewal(founded, founded, days) / founding


def conservation(seed: int) -> Measured:
    """Hold two tumours that exchange cells against the linear model."""
    matrix = np.array([[0.046004, 4e-6], [4e-7, 0.0560004]])
    grown = seeding.grow_linearly(matrix, np.array([1.0, 0.0]), 100.0)
    wrong = seeding.grow_linearly(matrix * np.array([[1.1, 1.0], [1.0, 1.0]]), np.array([1.0, 0.0]), 100.0)
    rates, shedding = (0.05, 0.06), 0.2
    experiment = exchange.two_tumours(rates, shedding, 60.0)
    by_law = exchange.matrix_of(rates, shedding, exchange.chances_to_take_root(experiment))
    engine = field(experiment).record.cells[-1].sum(axis=1)
    theory = seeding.grow_linearly(by_law, np.array([1e6, 1e3]), 60.0)
    fastest, bound = seeding.fastest_rate(by_law), max(rates)
    measured = numbers(
        {
            "P(100)": (grown[0], 99.5241), "M(100)": (grown[1], 6.83899e-3),
            "engine, first tumour": (engine[0], theory[0]), "engine, second": (engine[1], theory[1]),
        },
        2e-5, wrong[0], "rate a tenth higher",
    )  # fmt: skip
    return replace(
        measured,
        text=f"{measured.text}; fastest rate {fastest:.4f} of at most {bound:g}",
        verdict=measured.verdict if fastest <= bound else DIFFERS,
    )


@lru_cache(maxsize=32)
def secondary_over_primary(shedding: float, founding: float, days: float, passing: float) -> float:
    """Return the ratio of both routes home on a day, in the mean field.

    Blood flow goes with volume and is small, so that lung deposits let next to nothing pass by themselves.
    """
    parameters = ALL_TO_THE_LUNG | {
        "circulation.arrest_lung": 1.0 - passing, "circulation.arrest_organ": 1.0,
        "circulation.arrest_liver_portal": 1.0, "circulation.tumour_flow": 1e-9,
        "circulation.tumour_flow_exponent": 1.0, "attraction.baseline": 10.0, "shedding.rate": shedding,
        "establishment.home": 1e-3, "establishment.lung": founding,
    }  # fmt: skip
    experiment = arm(
        {"tumour": exponential(0.01)}, days + 1.0, sites={"donor": "mammary_gland", "lung": "lung"},
        procedures=[implant("tumour", 1e8)], parameters=parameters,
    )  # fmt: skip
    before, after = (field(replace(experiment, times_day=(0.0, day))).routes[0] for day in (days - 1.0, days + 1.0))
    primary, secondary = (after - before)[:2]
    return float(secondary / primary)


def crossover(seed: int) -> Measured:
    """Hold the ratio of secondary to primary seeds against theory."""
    cases = ((4e-3, 1e-4, 1000.0, 1e-4), (4e-3, 1e-4, 1000.0, 1e-6), (1e-3, 1e-5, 2000.0, 1e-4))
    star = (4e-3, 1e-4, 1000.0, reseeding.crossover(4e-3, 1e-4, 1000.0))
    passing = np.geomspace(1e-6, 1e-2, 9)
    grid = np.geomspace(1e-6, 1e-2, 81)
    series = pictures.Series(
        "s p t (1 − φ)/φ", grid, [reseeding.secondary_over_primary(*star[:3], one) for one in grid],
        passing, [secondary_over_primary(*star[:3], one) for one in passing],
    )  # fmt: skip
    return replace(
        numbers(
            {f"R({s:g}, {p:g}, {t:g}, {phi:g})": (secondary_over_primary(s, p, t, phi), reseeding.secondary_over_primary(s, p, t, phi))
             for s, p, t, phi in cases}
            | {"R at the crossover": (secondary_over_primary(*star), 1.0)},
            1e-3, secondary_over_primary(4.4e-3, 1e-4, 1000.0, 1e-4), "a tenth more shed",
        ),
        why="the model is in the spirit of the paper, whose own equations were not at hand",
        figure=lambda: pictures.beside_theory(
            [series], "share of cells that pass the lungs, φ", "secondary over primary seeds", log="xy",
            level=(1.0, "both routes bring as many"),
        ),
    )  # fmt: skip


def label_share(seed: int) -> Measured:
    """Hold the labelled share of a recipient against its influx."""
    seen, influx = labels.measured(labels.two_glands(gompertz()))
    wrong = seeding.label_share(1.1 * influx)
    return numbers(
        {"engine": (seen, seeding.label_share(influx)), "0.002 a day for 60 days": (seeding.label_share(0.12), 0.11308)},
        1e-3, wrong, "a tenth more influx",
    )  # fmt: skip


NORTON = ("Norton 2005", "10.1634/theoncologist.10-6-370")

CLAIMS = (
    Claim("V14", "The curve of Gompertz", "Vaghi et al. 2020", "10.1371/journal.pcbi.1007178", "exact", "392.7 and 1037 mm³; capacity 2663",
          growth_curve, "mean field"),
    Claim("V15", "Ten equal clumps are one Gompertz law", *NORTON, "exact", "a tenth of the whole is a single curve", equal_clumps,
          "both engines"),
    Claim("V16", "A reseeded Gompertz tumour", *NORTON, "derived", "399.9, 2230.8, 8524.4 mm³; 24.70 clumps; late rate .069525",
          reseeded_tumour, "both engines"),
    Claim("V17", "Return never beats the loss-free rate without crowding", "the linear model of two tumours", "", "exact",
          "99.5241 and 6.83899e-3; fastest rate below that of growth", conservation, "mean field"),
    Claim("V18", "Primary or secondary seeding: the crossover", "Scott et al. 2013", "10.1098/rsif.2013.0011", "derived",
          "R = s p t (1 - phi)/phi: 4, 400, 0.2; R = 1 at s p t / (1 + s p t)", crossover, "mean field"),
    Claim("V19", "The labelled share depends on influx alone", "Kim et al. 2009, the design", "10.1016/j.cell.2009.11.025", "exact",
          ".11308 at .002 a day", label_share, "mean field"),
)  # fmt: skip
