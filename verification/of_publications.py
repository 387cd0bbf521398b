"""V23, V24, V29, V30, V33 and V39: figures of publications, each computed in a second way or through an engine."""

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats
from scipy.integrate import solve_ivp
from tests.validation.arms import arm, field, implant
from verification import pictures
from verification.claim import SHOWN, Claim, Measured
from verification.compare import means, numbers, together

from selfseed.inference.growth import fit_animal
from selfseed.theory import ages, conglomerate, invasion, sites
from selfseed.views.measured import read_volumes

CHAIN = np.array([
    [0.30, 0.45, 0.15, 0.10], [0.10, 0.40, 0.25, 0.25], [0.05, 0.15, 0.70, 0.10], [0.04, 0.16, 0.10, 0.70],
])  # fmt: skip


def steps_back(generator: np.random.Generator, walks: int) -> np.ndarray:
    """Return the steps that walkers need from the first site back to it."""
    site, steps = np.zeros(walks, int), np.zeros(walks)
    away = np.arange(walks)
    reach = np.cumsum(CHAIN, axis=1)
    while away.size:
        drawn = generator.random(away.size)
        site[away] = (drawn[:, None] >= reach[site[away], :-1]).sum(axis=1)
        steps[away] += 1
        away = away[site[away] != 0]
    return steps


def chain_of_sites(seed: int) -> Measured:
    """Hold first passages of a chain of four sites against the stated ones, and against walkers."""
    steps = sites.mean_first_passage(CHAIN)
    wrong = CHAIN.copy()
    wrong[0] = [0.255, 0.495, 0.15, 0.10]
    walk = means(("return walked", steps_back(np.random.default_rng(seed), 40_000), 12.84265, 1.1 * 12.84265))
    exact = numbers(
        {
            "to L": (steps[0, 1], 3.49854), "to B": (steps[0, 2], 6.09868), "to H": (steps[0, 3], 6.80203),
            "back to P": (steps[0, 0], 12.84265), "share of P": (sites.stationary(CHAIN)[0], 0.077866),
        },
        2e-5, sites.mean_first_passage(wrong)[0, 1], "the step P to L a tenth likelier",
    )  # fmt: skip
    return together(exact, walk)


def protease_and_matrix(seed: int) -> Measured:
    """Hold the closed forms against a numerical solution."""
    time = np.linspace(0.0, 20.0, 41)
    production, decay, contact, by_protease, cells = 0.195, 0.1, 1.0, 1.0, 0.3
    solved = solve_ivp(
        lambda now, state: [production * cells - decay * state[0], -(contact * cells + by_protease * state[0]) * state[1]],
        (0.0, 20.0), [0.0, 1.0], t_eval=time, rtol=1e-11, atol=1e-13,
    )  # fmt: skip
    made = invasion.protease(cells, production, decay, time)
    left = invasion.matrix_left(cells, production, decay, contact, by_protease, time)
    return numbers(
        {"protease at 20": (made[-1], solved.y[0, -1]), "matrix at 4": (left[8], solved.y[1, 8])},
        1e-6, invasion.protease(cells, 1.1 * production, decay, time)[-1], "a tenth more production",
    )  # fmt: skip


CANCERS = {"breast": (2.0, 148.7, 4.61), "colon": (4.5, 233.4, 5.24), "lung": (3.2, 158.9, 4.26)}
"""Hu et al. 2020, https://doi.org/10.1038/s41588-020-0628-z: diameter at diagnosis [cm], doubling time there [day], age [year]"""


def cells_of(diameter_cm: float, per_cm3: float = 1e8) -> float:
    """Return the cells in a ball."""
    return math.pi / 6.0 * diameter_cm**3 * per_cm3


def tumour_from_one_cell(diameter_cm: float, doubling_days: float) -> tuple[np.ndarray, np.ndarray]:
    """Return days, and the cells of a tumour in the mean field whose ceiling is 10^11 and whose doubling time is known."""
    most, there = math.log(1e11), math.log(cells_of(diameter_cm))
    decay = math.log((most - there) / (most - there - math.log(2.0))) / doubling_days
    growth = {
        "law": "gompertz", "initial_rate": decay * (most - math.log(1e5)), "decay": decay, "max_rate": 1.0,
    }  # fmt: skip
    days = np.linspace(0.0, 2500.0, 251)
    grown = field(arm({"tumour": growth}, 2500.0, procedures=[implant("tumour", 1)], host="human", times=days))
    return days, grown.record.cells[:, 0, 0]


def ages_at_diagnosis(seed: int) -> Measured:
    """Grow three cancers from one cell in the mean field until they have their size at diagnosis."""
    curves = {cancer: tumour_from_one_cell(cm, doubling) for cancer, (cm, doubling, _) in CANCERS.items()}

    def years(cancer, curve):
        days, cells = curve
        return float(np.interp(math.log(cells_of(CANCERS[cancer][0])), np.log(cells), days)) / 365.25

    slower = years("breast", tumour_from_one_cell(2.0, 1.1 * 148.7))
    series = [
        pictures.Series(
            cancer, [ages.years_to(size, doubling, cells_of(cm)) for size in np.geomspace(10, 4e10, 60)],
            np.geomspace(10, 4e10, 60), curves[cancer][0][10::20] / 365.25, curves[cancer][1][10::20],
        )
        for cancer, (cm, doubling, _) in CANCERS.items()
    ]  # fmt: skip
    return replace(
        numbers(
            {cancer: (years(cancer, curves[cancer]), age) for cancer, (_, _, age) in CANCERS.items()},
            2e-3, slower, "doubling a tenth slower",
        ),
        figure=lambda: pictures.beside_theory(series, "age (years)", "cells", log="y"),
    )  # fmt: skip


def doubling_solved(diameter_mm: float) -> float:
    """Return the fold by which doubling is slower than at first, from the equation of growth, solved.

    The published curve obeys dN/dt = 4 c N (1 - (N / N_max)^(1/4)) with c = ln 2 / (4 DT); time is in first doublings.
    """
    start, most = cells_of(diameter_mm / 10.0, 1e9), 1e12
    doubled = lambda _, log: log[0] - math.log(2.0 * start)  # noqa: E731
    doubled.terminal = True
    path = solve_ivp(
        lambda _, log: [math.log(2.0) * (1.0 - (math.exp(log[0]) / most) ** 0.25)], (0.0, 10.0), [math.log(start)],
        events=doubled, rtol=1e-10, atol=1e-12,
    )  # fmt: skip
    return float(path.t_events[0][0])


def doubling_times(seed: int) -> Measured:
    """Hold the published lengthening of doubling times against the formula, and the formula against its equation."""
    cells = {mm: cells_of(mm / 10.0, 1e9) for mm in (8, 12)}
    stated = numbers(
        {f"{mm} mm": (ages.doubling_lengthens(cells[mm]), fold) for mm, fold in ((8, 1.16), (12, 1.23))},
        5e-3, ages.doubling_lengthens(cells_of(0.88, 1e9)), "a tenth more diameter",
    )  # fmt: skip
    solved = numbers(
        {f"solved, {mm} mm": (doubling_solved(mm), ages.doubling_lengthens(cells[mm])) for mm in cells},
        1e-6, doubling_solved(8.8), "the same",
    )  # fmt: skip
    return together(stated, solved)


SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[2] / "shared")) / "data" / "growth"
VOLUMES = (("breast", "breast_vol_data.txt", 5.64, 0.953), ("lung", "lung_vol_data.txt", 5.51, 0.955))


def reduced_gompertz(seed: int) -> Measured:
    """Fit each measured tumour, and the straight line between the two parameters of all."""
    parts, points = {}, {}
    for name, file, slope, explained in VOLUMES:
        if not (SHARED / file).exists():
            return Measured("the measured volumes are not at hand", SHOWN, "none", why="Zenodo 3574531 and 3572401")
        table = read_volumes(SHARED / file)
        animal, days, volumes = (table[column].to_numpy() for column in table.columns[:3])
        kept = volumes > 0.0
        fits = [
            fit_animal(days[kept & (animal == one)], volumes[kept & (animal == one)])[:2] for one in np.unique(animal)
        ]
        rate, decay = np.exp(np.array(fits)).T
        fitted = stats.linregress(decay, rate)
        parts |= {f"{name} slope": (fitted.slope, slope), f"{name} R²": (fitted.rvalue**2, explained)}
        points[name] = (decay, rate)
    return replace(
        numbers(parts, 0.02, 1.1 * parts["breast slope"][0], "a tenth steeper"), figure=lambda: pictures.lines(points)
    )


def density_grown(dimension: float, generator: np.random.Generator, grown: int = 4000) -> np.ndarray:
    """Return the density of random fractals that were halved five times, eight parts each, of which some stay."""
    parts = np.ones(grown, int)
    for _ in range(5):
        parts = generator.binomial(8 * parts, 2.0 ** (dimension - 3.0))
    return parts / 8.0**5


def fractal_density(seed: int) -> Measured:
    """Hold the density of a mass of fractal dimension against the stated ones, and against fractals made by chance."""
    stated = numbers(
        {"carcinoma, 2.98": (conglomerate.density_ratio(2.98), 0.955), "breast, 2.25": (conglomerate.density_ratio(2.25), 0.178)},
        2e-3, conglomerate.density_ratio(2.97), "a dimension of 2.97",
    )  # fmt: skip
    generator = np.random.default_rng(seed)
    made = means(
        *(
            (f"made by chance, 32 times as wide, {dimension}", density_grown(dimension, generator),
             conglomerate.density_ratio(dimension, 32.0), conglomerate.density_ratio(3.0 - 1.1 * (3.0 - dimension), 32.0))
            for dimension in (2.98, 2.25)
        )
    )  # fmt: skip
    return together(stated, made)


CLAIMS = (
    Claim("V23", "A Markov chain of sites", "Newton et al. 2012", "10.1371/journal.pone.0034637", "exact",
          "first passages 3.49854, 6.09868, 6.80203; return 12.84265", chain_of_sites, "none"),
    Claim("V24", "Protease and matrix where cells are uniform", "Franssen et al. 2019", "10.1007/s11538-019-00597-x", "exact",
          "closed forms", protease_and_matrix, "none"),
    Claim("V29", "Ages of tumours at diagnosis", "Hu et al. 2020", "10.1038/s41588-020-0628-z", "published", "4.6, 5.2, 4.3 years",
          ages_at_diagnosis, "mean field"),
    Claim("V30", "Doubling times lengthen", "Coumans et al. 2013", "10.1186/1471-2407-13-283", "published", "16 % at 8 mm, 23 % at 12 mm",
          doubling_times, "none"),
    Claim("V33", "Growth rate and its decay go together", "Vaghi et al. 2020", "10.1371/journal.pcbi.1007178", "derived",
          "slope 5.64 and 5.51, R² .953 and .955", reduced_gompertz, "none"),
    Claim("V39", "Density of a mass of fractal dimension", "Norton 2005", "10.1634/theoncologist.10-6-370", "derived",
          ".955 and .178 for ten times the diameter", fractal_density, "none"),
)  # fmt: skip
