"""From a resolved arm, in words and units, to the bare numbers of the loops."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from selfseed.engine.therapy import plan_therapy
from selfseed.kernels.circulation import GUT, LIVER, LUNG, ORGAN
from selfseed.kernels.law import cluster_establishment, infiltration_probability
from selfseed.kernels.setting import Setting
from selfseed.kernels.stochastic import GIVING, IMPLANTING, INJECTING, IRRADIATING, RESECTING, STARTS, Course
from selfseed.processes import GENES, GROWTH_LAWS, ROUTES, SEED_ROUTES
from selfseed.scenario import ResolvedArm, ResolvedClone, ResolvedProcedure
from selfseed.scenario.model import Numerics

IL6_KDA, IL8_KDA = 21.0, 8.4
"""Masses of IL-6 and IL-8: nM times kDa is ng/ml."""

PLACES = {"lung": LUNG, "liver": LIVER, "gut": GUT}
GROWTH_PER_STEP = 0.42
"""Growth rate times step; smaller steps change results by less than chance does (docs/decisions/0003)."""
LONGEST_RHYTHMIC_STEP = 0.25

VISCERAL = ("lung", "liver", "bone", "brain", "kidney")
GROWTH_COLUMNS = ("initial_rate", "decay", "capacity", "exponent", "max_rate", "turnover")
BETWEEN_COLUMNS = ("between_rate", "between_decay", "between_correlation")
WHAT = {
    "implant": IMPLANTING, "inject": INJECTING, "resect": RESECTING, "irradiate": IRRADIATING, "give": GIVING,
    "filter": GIVING,
}  # fmt: skip


def plan_setting(arm: ResolvedArm) -> Setting:
    """Return the numbers of one arm."""
    return Setting(**_body(arm), **_clones(arm), **_steps(arm.parameters))


def plan_between(arm: ResolvedArm) -> np.ndarray:
    """Return how animals differ: float[3], see ``kernels.between.growth_of_animal``."""
    return np.array([arm.parameters[f"growth.{column}"] for column in BETWEEN_COLUMNS])


def plan_course(arm: ResolvedArm, numerics: Numerics) -> Course:
    """Return what is done and measured when in one arm, and how finely it is computed."""
    procedures = arm.procedures
    triggers = [procedure.trigger or (-1, 0.0) for procedure in procedures]
    return Course(
        times_day=np.array(arm.times_day, dtype=float),
        at_day=np.array([procedure.at_day for procedure in procedures], dtype=float),
        what=np.array([WHAT[procedure.kind] for procedure in procedures], dtype=np.int64),
        clone=np.array([procedure.clone for procedure in procedures], dtype=np.int64),
        place=np.array([_place(procedure) for procedure in procedures], dtype=np.int64),
        nth=np.array(list(_numbered(procedures)), dtype=np.int64),
        amount=np.array([_amount(procedure) for procedure in procedures], dtype=float),
        trigger_site=np.array([site for site, _ in triggers], dtype=np.int64),
        trigger_cells=np.array([_cells_of(arm, diameter) for _, diameter in triggers], dtype=float),
        therapy=plan_therapy(arm, plan_setting(arm)),
        step_day=_usual_step(arm) if numerics.step is None else numerics.step,
        exact_below=float(numerics.exact_below),
    )


def _numbered(procedures: Sequence[ResolvedProcedure]) -> Iterator[int]:
    """Yield the number of each procedure among those of its kind, from 0; what is done to a site, at that site."""
    seen: Counter[tuple[str, int]] = Counter()
    for procedure in procedures:
        kind = (procedure.kind, procedure.site if procedure.kind in ("resect", "irradiate") else -1)
        yield seen[kind]
        seen[kind] += 1


def _usual_step(arm: ResolvedArm) -> float:
    """Return a step in which no clone grows by more than half, and that resolves the rhythm of release."""
    fastest = max(clone.parameters["growth.max_rate"] for clone in arm.clones)
    longest = LONGEST_RHYTHMIC_STEP if arm.parameters["shedding.rhythm"] > 0.0 else arm.duration_day
    return min(longest, GROWTH_PER_STEP / fastest if fastest > 0.0 else longest)


def _place(procedure: ResolvedProcedure) -> int:
    return STARTS[ROUTES[procedure.route]] if procedure.kind == "inject" else procedure.site


def _amount(procedure: ResolvedProcedure) -> float:
    if procedure.kind == "irradiate":
        return procedure.dose_gy
    return procedure.residual if procedure.kind == "resect" else float(round(procedure.cells))


def _cells_of(arm: ResolvedArm, diameter_mm: float) -> float:
    """Return the cells of a sphere."""
    return math.pi / 6.0 * diameter_mm**3 * arm.parameters["growth.cell_density"]


def _body(arm: ResolvedArm) -> dict:
    parameters = arm.parameters
    organs = [organ for _, organ in arm.sites]
    share = [
        (1.0 if organ == "lung" else parameters[f"flow.{organ}"]) / organs.count(organ) for organ in organs
    ]  # fmt: skip
    systemic = sum(flow for flow, organ in zip(share, organs, strict=True) if organ != "lung")
    portal = 0.0 if "gut" in organs else parameters["flow.gut"] / (1.0 - systemic)
    transit = 60.0 * parameters["host.blood_volume"] / parameters["host.cardiac_output"]
    lung_share = parameters["circulation.lung_transit_share"]
    arrest_lung, arrest_organ = parameters["circulation.arrest_lung"], parameters["circulation.arrest_organ"]
    return {
        "place": np.array([PLACES.get(organ, ORGAN) for organ in organs], dtype=np.int64),
        "normal_flow": np.array(share),
        "normal_arrest": np.array([arrest_lung if organ == "lung" else arrest_organ for organ in organs]),
        "elsewhere": np.array([arrest_organ, portal, arrest_lung]),
        "clearance": np.array([
            parameters["circulation.death_rate"] / 3600.0,
            transit * lung_share,
            transit * (1.0 - lung_share),
            parameters["circulation.arrest_liver_portal"],
        ]),
        "output_ml_per_minute": parameters["host.cardiac_output"],
        "pace": np.array([parameters["growth.visceral_pace"] if organ in VISCERAL else 1.0 for organ in organs]),
    }  # fmt: skip


def _clones(arm: ResolvedArm) -> dict:
    clones, parameters = arm.clones, arm.parameters
    change = np.zeros((len(clones), len(clones)))
    for source, target, chance in arm.changes:
        change[source, target] = chance
    growing = [clones if resident < 0 else [clones[resident]] * len(clones) for resident in arm.residents]
    single = _establishment(arm)
    efficiency = parameters["establishment.cluster_efficiency"]
    cluster = np.vectorize(cluster_establishment.py_func)(single, efficiency)
    return {
        "law": np.array([[GROWTH_LAWS.index(clone.law) for clone in row] for row in growing], dtype=np.int64),
        "growth": np.array([
            [[clone.parameters[f"growth.{name}"] for name in GROWTH_COLUMNS] for clone in row] for row in growing
        ]),
        "shedding": np.array([clone.parameters["shedding.rate"] for clone in clones]),
        "responsiveness": np.array([clone.parameters["attraction.responsiveness"] for clone in clones]),
        "expression": np.array([clone.expression for clone in clones], dtype=float),
        "infiltration": np.array([_infiltration(clone, parameters) for clone in clones]),
        "establishment": np.array([single, cluster]),
        "change": change,
        "open_routes": np.array([float(route not in arm.closed_routes) for route in SEED_ROUTES]),
        "kill": np.zeros(len(clones)),
        "attacked": np.zeros((len(arm.sites), len(clones))),
        "irradiated": np.zeros(len(arm.sites)),
        "passing": np.ones(len(arm.sites) + 1),
    }  # fmt: skip


def _establishment(arm: ResolvedArm) -> np.ndarray:
    """Return float[2 S + 1, C]: the chance of a single cell to survive in each tumour, normal tissue, elsewhere."""
    home = arm.parameters["establishment.home"]
    chances = np.zeros((2 * len(arm.sites) + 1, len(arm.clones)))
    chances[: len(arm.sites)] = home
    for number, (_, organ) in enumerate(arm.sites, start=len(arm.sites)):
        fold = np.array([clone.tropism[organ] for clone in arm.clones])
        chances[number] = np.minimum(1.0, arm.parameters[f"establishment.{organ}"] * fold)
    return chances


def _infiltration(clone: ResolvedClone, parameters: Mapping[str, float]) -> float:
    expression = dict(zip(GENES, clone.expression, strict=True))
    return infiltration_probability.py_func(
        parameters["infiltration.crossing_rate"],
        parameters["infiltration.loss_rate"],
        parameters["infiltration.track_share"],
        expression["MMP1"],
        parameters["infiltration.mmp1_exponent"],
        expression["FSCN1"],
        parameters["infiltration.fscn1_exponent"],
    )


def _steps(parameters: Mapping[str, float]) -> dict:
    half_lives = (parameters["attraction.il6_half_life"], parameters["attraction.il8_half_life"])
    return {
        "density_per_mm3": parameters["growth.cell_density"],
        "take": parameters["growth.take"],
        "reference_cells": parameters["shedding.reference_cells"],
        "size_exponent": parameters["shedding.size_exponent"],
        "most_fold": parameters["shedding.most_fold"],
        "cluster_share": parameters["shedding.cluster_share"],
        "cluster_size": parameters["shedding.cluster_size"],
        "rhythm": parameters["shedding.rhythm"],
        "rhythm_peak_hour": parameters["shedding.rhythm_peak"],
        "tumour_flow": parameters["circulation.tumour_flow"],
        "tumour_flow_exponent": parameters["circulation.tumour_flow_exponent"],
        "baseline": parameters["attraction.baseline"],
        "gains": np.array([parameters["attraction.il6_gain"], parameters["attraction.il8_gain"]]),
        "synergy": parameters["attraction.synergy"],
        "secretion": np.array([parameters["attraction.il6_secretion"], parameters["attraction.il8_secretion"]]),
        "tissue_loss_per_day": parameters["attraction.tissue_loss"] * 86400.0,
        "half_occupied": np.array([
            parameters["attraction.il6_kd"] * IL6_KDA, parameters["attraction.il8_kd"] * IL8_KDA,
        ]),
        "plasma_clearance": np.array([
            parameters["host.cytokine_volume"] * math.log(2.0) * 24.0 / hours for hours in half_lives
        ]),
        "plasma_host": np.array([parameters["host.plasma_il6"], parameters["host.plasma_il8"]]) * 1e-3,
        "new_clump_share": parameters["establishment.new_clump_share"],
        "dormant_share": parameters["establishment.dormant_share"],
        "waking_per_day": parameters["establishment.waking_rate"],
        "capacity_gain": parameters["effect.capacity_gain"],
        "rate_gain": parameters["effect.rate_gain"],
        "lag_days": parameters["effect.lag"],
        "native_weight": parameters["effect.native_weight"],
    }  # fmt: skip
