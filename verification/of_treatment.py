"""Treatment: drugs, radiation, chemotherapy, filters and surgery against their closed forms, in both engines."""

import math
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.integrate import solve_ivp
from tests.validation import test_treatment as step
from tests.validation.arms import exponential
from verification import pictures
from verification.claim import DIFFERS, Claim, Measured
from verification.compare import ENOUGH, means, numbers, standard_error, together

from selfseed.base.streams import replicate_key
from selfseed.engine.animal import run_animal
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.engine.therapy import drug_course
from selfseed.kernels.treatment import mean_over
from selfseed.scenario.drugs import Given, built_in_drugs
from selfseed.scenario.model import Numerics
from selfseed.theory.pharmacology import concentration

STEP_DAY = 0.05
CELLS = 1e6


def outcomes_of(experiment, count: int, seed: int) -> list:
    """Return what becomes of some animals of an arm."""
    setting, between = plan_setting(experiment), plan_between(experiment)
    course = plan_course(experiment, Numerics(step=STEP_DAY))
    return [run_animal(setting, between, course, replicate_key(seed, number), 2000) for number in range(count)]


def cells_left(experiment, count: int, seed: int) -> np.ndarray:
    """Return the cells at the end (animal)."""
    return np.array([outcome.record.cells[-1].sum() for outcome in outcomes_of(experiment, count, seed)])


def field_of(experiment):
    """Return what the mean field makes of an arm."""
    return run_mean_field(plan_setting(experiment), plan_course(experiment, Numerics(step=STEP_DAY)), 4)


def solved(days: np.ndarray, given: Given, *, half_life: float) -> np.ndarray:
    """Return the unbound concentration [nM] from the two differential equations of gut and blood, dose by dose."""
    drug = given.drug
    out, into = math.log(2.0) / half_life, math.log(2.0) / drug.absorption_half_life
    first = given.dose_mg_per_kg / drug.volume / drug.molar_mass * 1e3 * drug.free_share * drug.tissue_share
    found, state = np.zeros(days.size), np.zeros(2)
    for dose in range(given.doses):
        start = dose * given.every_day
        end = start + given.every_day if dose + 1 < given.doses else max(days[-1], start + given.every_day)
        within = (days >= start) & (days < end) if dose + 1 < given.doses else days >= start
        part = solve_ivp(
            lambda _, x: [-into * x[0], into * x[0] - out * x[1]], (start, end), state + np.array([first, 0.0]),
            rtol=1e-10, atol=1e-12, dense_output=True,
        )  # fmt: skip
        state = part.y[:, -1]
        if within.any():
            found[within] = part.sol(days[within])[1]
    return found


def drug_in_blood(seed: int) -> Measured:
    """Hold the closed form of repeated doses against the differential equations, and what goes against what came."""
    days = np.array([0.4, 2.0, 4.9, 5.2, 9.0])
    marimastat, reparixin = (built_in_drugs()[name] for name in ("marimastat", "reparixin"))
    pill = Given("marimastat", marimastat, marimastat.dose, marimastat.every, 11)
    closed, exact = pill.concentration_nM(days), solved(days, pill, half_life=marimastat.half_life)
    grid = np.linspace(0.0, 60.0, 600_001)
    how = {"half_life": 1.5, "absorption_half_life": 0.2, "every": 2.0, "doses": 12}
    area = float(np.trapezoid(concentration(grid, first=5.0, **how), grid))
    fold = concentration([2.0 * 11], first=5.0, **how | {"absorption_half_life": 0.0})[0] / 5.0
    table = drug_course(Given("reparixin", reparixin, reparixin.dose, reparixin.every, 60))
    fine = np.linspace(5.0, 6.0, 20_001)
    taken = 1.0 / (1.0 + solved(fine, Given("r", reparixin, reparixin.dose, reparixin.every, 60),
                                half_life=reparixin.half_life) / reparixin.potency)  # fmt: skip
    longer = solved(days, pill, half_life=1.1 * marimastat.half_life)
    line = np.linspace(0.0, 9.0, 901)
    series = pictures.Series("marimastat, twice a day", line, pill.concentration_nM(line), days, exact)
    return replace(
        numbers(
            {f"day {day:g}, nM": (one, other) for day, one, other in zip(days, closed, exact, strict=True)}
            | {"area of 12 doses": (area, 12 * 5.0 * 1.5 / math.log(2.0)),
               "accumulation": (float(fold), (1 - 2.0 ** (-12 * 2 / 1.5)) / (1 - 2.0 ** (-2 / 1.5))),
               "reparixin, mean receptor left in a day, engine": (mean_over(*table, 5.0, 1.0), float(taken.mean()))},
            2e-3, float(longer[0]), "half-life a tenth longer",
        ),
        figure=lambda: pictures.beside_theory([series], "days since the first dose", "unbound in the tumour (nM)", seen="differential equations"),
    )  # fmt: skip


def receptors(seed: int) -> Measured:
    """Hold what drugs leave of ligands and receptors in the engine against occupancy by Hill and Gaddum."""

    def raised(*potencies: float) -> float:
        drugs = {f"d{number}": step.drug("CXCL8 receptor", potency=one) for number, one in enumerate(potencies)}
        usual, own = step.setting_under(drugs)
        return float(own.half_occupied[1] / usual.half_occupied[1])

    usual, own = step.setting_under({"a": step.drug("IL6", potency=0.25)})
    left = float(own.secretion[0] / usual.secretion[0])
    doses = np.geomspace(0.1, 10.0, 7)
    ratios = [raised(1.0 / dose) for dose in doses]
    line = np.geomspace(0.1, 10.0, 60)
    series = pictures.Series("1 + C/K", line, 1.0 + line, doses, ratios)
    return replace(
        numbers(
            {"dose ratio at C = 2 K": (raised(0.5), 3.0), "two drugs, C/K of 1 and 2": (raised(1.0, 0.5), 4.0),
             "ligand left by an antibody at C = 4 K": (left, 0.2)},
            1e-3, raised(0.55), "K a tenth higher",
        ),
        figure=lambda: pictures.beside_theory([series], "concentration over K", "ligand for the same pull, fold", log="xy"),
    )  # fmt: skip


def irradiated(gray: float, fractions: int):
    """Return an arm in which 10^6 cells that do not grow are irradiated once a day; alpha 0.2, alpha over beta 4 Gy."""
    still = {"line": {"growth": exponential(0.0), "treatment": {"alpha": 0.2, "alpha_beta": 4.0}}}
    beam = {"irradiate": "donor", "dose": f"{gray} Gy", "fractions": fractions, "every": "1 day", "at": 1}
    return step.treated([beam], clones=still, days=fractions + 2.0)


def radiation(seed: int) -> Measured:
    """Count the cells that fractions of 2 Gy leave, and the tumours of which they leave none."""

    def share(gray: float, fractions: int) -> float:
        return math.exp(-fractions * (0.2 * gray + 0.05 * gray**2))

    many = cells_left(irradiated(2.0, 5), 40, seed)
    cured = cells_left(irradiated(2.0, 23), 600, seed) == 0.0
    wrong, twice = share(2.2, 5), [math.exp(-CELLS * share(gray, 23)) for gray in (2.0, 2.2)]
    by_chance = means(
        ("cells left by 5 x 2 Gy, animals", many, CELLS * share(2.0, 5), CELLS * wrong),
        ("tumours of which 23 x 2 Gy leave nothing", cured.astype(float), *twice),
    )
    field = field_of(irradiated(2.0, 5)).record.cells[-1].sum()
    exact = numbers({"mean field": (float(field), CELLS * share(2.0, 5))}, 1e-3, CELLS * wrong, "2.2 Gy")
    given = (1, 3, 5, 10, 15)
    seen = [cells_left(irradiated(2.0, count), 10, seed + count).mean() / CELLS for count in given]
    series = pictures.Series("linear-quadratic", (0, *given), [share(2.0, count) for count in (0, *given)], given, seen)
    return replace(
        together(by_chance, exact),
        figure=lambda: pictures.beside_theory([series], "fractions of 2 Gy", "share of cells left", log="y"),
    )


def chemotherapy(seed: int) -> Measured:
    """Hold the cells under a drug that kills in proportion to growth against growth r (1 - k), also where r falls."""
    rate, days = 0.2, 10.0
    given = [{"give": "a", "at": 0, "dose": 1e5}]

    def treated(kill: float):
        return step.treated(given, drugs={"a": step.drug("growth", most_kill=kill)}, days=days)

    def slope(kill: float) -> float:
        return math.log(float(field_of(treated(kill)).record.cells[-1].sum()) / CELLS) / days

    def gompertz(cells: float, kill: float, initial: float = 0.5, decay: float = 0.05) -> float:
        """Return the logarithm of what is gained in ten days by a Gompertz tumour; both terms fall by 1 - k."""
        law = {"line": {"growth": {"law": "gompertz", "initial_rate": initial, "decay": decay}}}
        start = [{"implant": "line", "site": "donor", "cells": cells, "at": 0}]
        drug = {"a": step.drug("growth", most_kill=kill)}
        experiment = step.arm(law, days, procedures=[*start, *given], drugs=drug)
        return math.log(float(field_of(experiment).record.cells[-1].sum()) / cells)

    def closed(kill: float, initial: float = 0.5, decay: float = 0.05) -> float:
        """Return what Gompertz' law says for 10^7 cells; its rate is ``initial`` at 1 mm³, 10^5 cells."""
        now = initial - decay * math.log(1e7 / 1e5)
        return now / decay * -math.expm1(-decay * (1.0 - kill) * days)

    exact = numbers(
        {"rate at k = 0.5, per day": (slope(0.5), 0.5 * rate), "k = 1.5": (slope(1.5), -0.5 * rate),
         "Gompertz, 10^7 cells, k = 0.5, gain of ten days": (gompertz(1e7, 0.5), closed(0.5))},
        5e-3, slope(0.55), "kill a tenth higher",
    )  # fmt: skip
    left = cells_left(treated(1.5), 60, seed)
    animals = means(
        (
            "cells left at k = 1.5, animals",
            left,
            CELLS * math.exp(-0.5 * rate * days),
            CELLS * math.exp(-0.65 * rate * days),
        )
    )
    kills = np.linspace(0.0, 2.0, 9)
    series = pictures.Series(
        "r (1 - k)", kills, rate * (1.0 - kills), kills, [slope(max(kill, 1e-6)) for kill in kills]
    )
    return replace(
        together(exact, animals),
        figure=lambda: pictures.beside_theory([series], "kill over growth, k", "growth rate (1/day)"),
    )


def vein_filter(seed: int) -> Measured:
    """Count the cells that come to the lung past a filter in the vein that drains the tumour."""
    vein = {"filter": "draining vein", "site": "donor", "removes": 0.998, "at": 0}
    day = vein | {"at": 1, "days": 1, "removes": 1.0}
    half = vein | {"removes": 0.5}
    step_seeds = partial(step.seeds, count=20)
    (free, expected, _), (held, _, _), (for_a_day, _, _), (two, _, _) = (
        step_seeds(procedures) for procedures in ([], [vein], [day], [half, half])
    )
    parts = {
        "no filter": (free, expected), "there for one of five days": (for_a_day / free, 0.8),
        "two that hold half each": (two / free, 0.25),
    }  # fmt: skip
    field = step_seeds([vein | {"removes": 0.998}])[1] / expected
    fields = numbers({"99.8 % held, mean field": (field, 0.002)}, 1e-2, 0.0022, "0.22 % let through")
    passed, error = held / free, held / free / math.sqrt(20 * held)
    both = together(numbers(parts, 0.01, 1.1 * free, "a tenth more shed"), fields)
    return replace(
        both,
        verdict=both.verdict if abs(passed - 0.002) < ENOUGH * error else DIFFERS,
        text=f"99.8 % held: {passed:.5f} (se {error:.1g}) of the cells pass in animals, {field:.5f} in the mean field; "
        + "; ".join(f"{name} {seen:.4g} for {wanted:.4g}" for name, (seen, wanted) in parts.items()),
        why="all that is shed is led to the lung, and arrives",
    )  # fmt: skip


def waiting(seed: int) -> Measured:
    """Ask on which day surgery comes that waits two days after a tumour has 10 mm."""
    size = math.pi / 6.0 * 10.0**3 * 1e5

    def cut(rate: float):
        wait = {"resect": "donor", "when": {"site": "donor", "reaches": "10 mm"}, "at": "2 day"}
        return step.treated([wait], clones={"line": exponential(rate)}, days=20.0, times=np.arange(0.0, 20.5, 0.5))

    due = {rate: math.log(size / CELLS) / rate + 2.0 for rate in (0.4, 0.3)}
    by_chance = [outcome.happened[1] for outcome in outcomes_of(cut(0.4), 5, seed)]
    never = field_of(cut(0.1)).happened[1]
    parts = {
        f"mean field, {rate:g} per day": (float(field_of(cut(rate)).happened[1]), day) for rate, day in due.items()
    }
    parts["animals, 0.4 per day"] = (float(np.mean(by_chance)), due[0.4])
    measured = numbers(parts, 0.01, float(field_of(cut(0.44)).happened[1]), "growth a tenth faster")
    told = "never" if not np.isfinite(never) else f"on day {never:.1f}"
    return replace(
        measured, text=f"{measured.text}; where 20 days are too few: {told}",
        why="surgery comes at the end of the first step of 0.05 days after it is due",
    )  # fmt: skip


def residual(seed: int) -> Measured:
    """Count what surgery leaves and what grows of it, and the beds in which nothing is left."""
    rate, days, share = 0.3, 12.0, 1e-3

    def cut(left: float):
        surgery = {"resect": "donor", "at": 2, "residual": left}
        return step.treated([surgery], clones={"line": exponential(rate)}, days=days, times=np.arange(days + 1))

    grown, at_surgery = CELLS * math.exp(rate * days), CELLS * math.exp(2 * rate)
    seen = np.array([outcome.record.cells[:, 0, 0] for outcome in outcomes_of(cut(share), 60, seed)])
    clean = cells_left(replace(cut(1.0 / at_surgery), times_day=(0.0, 2.1)), 8000, seed) == 0.0
    by_chance = means(
        ("cells ten days later, animals", seen[:, -1], grown * share, 1.1 * grown * share),
        ("beds left empty where one cell stays on average", clean.astype(float), math.exp(-1.0), math.exp(-1.1)),
    )
    field = field_of(cut(share)).record.cells[:, 0, 0]
    exact = numbers({"mean field": (float(field[-1]), grown * share)}, 2e-3, 1.1 * grown * share, "a tenth more left")
    at, days_drawn = np.arange(days + 1), np.array([0.0, 2.0, 2.0, days])
    line = np.exp(rate * days_drawn) * CELLS * np.array([1.0, 1.0, share, share])
    half = [1.96 * standard_error(seen[:, number]) for number in range(at.size)]
    series = pictures.Series("exponential, 1 in 1000 stays", days_drawn, line, at, seen.mean(axis=0), half)
    return replace(
        together(by_chance, exact),
        figure=lambda: pictures.beside_theory([series], "time (days); surgery on day 2", "cells in the bed", log="y"),
    )


CLAIMS = (
    Claim("concentration", "Blood holds what all doses have left", "Bateman 1910, Proc Camb Phil Soc 15:423", "", "exact",
          "the differential equations of gut and blood; area dose x half-life / ln 2", drug_in_blood, "none"),
    Claim("occupancy", "What drugs leave of ligands and receptors", "Gaddum 1937, J Physiol 89:7P; Hill 1910", "", "exact",
          "dose ratio 1 + C/K; ligand left 1/(1 + C/K)", receptors),
    Claim("radiation", "Cells left by fractions of radiation", "Fowler 1989", "10.1259/0007-1285-62-740-679", "exact",
          "exp(-n (a D + b D²)) of the cells; no cell left in exp(-N S) of the tumours", radiation),
    Claim("chemotherapy", "Chemotherapy kills in proportion to growth", "Norton & Simon 1977, Cancer Treat Rep 61:1307", "", "exact",
          "growth r becomes r (1 - k)", chemotherapy),
    Claim("filter", "A filter in the draining vein lets its share pass while it is there", "Baumgartner et al. 2024, Cancers 16:3078",
          "", "exact", "0.002 of the cells; 0.8 where it is there for a fifth of the time; two halves a quarter", vein_filter),
    Claim("waiting surgery", "Surgery waits until the tumour has a size", "exponential growth", "", "exact",
          "day ln(N/N0)/r + 2: 11.89 and 15.19", waiting),
    Claim("residual", "What surgery leaves grows again", "exponential growth; Poisson", "", "exact",
          "N s e^(r t) cells; no cell in e^(-N s) of the beds", residual),
)  # fmt: skip
