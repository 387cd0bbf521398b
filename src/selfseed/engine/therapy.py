"""From the treatments of an arm to the tables of the loops: what a drug leaves of its target, summed over time."""

import math

import numpy as np
from numpy.typing import NDArray

from selfseed.kernels.setting import Setting
from selfseed.kernels.treatment import BLOOD, GROWTH, VEIN_OF_SITE, Therapy
from selfseed.processes import DRUG_TARGETS
from selfseed.scenario import ResolvedArm, ResolvedProcedure
from selfseed.scenario.drugs import Given

POINTS_PER_DOSE = 100
MOST_POINTS = 4000
"""Points of a table that is kept; it is summed over all doses before it is thinned."""
GONE = 1e-3
"""Where the concentration over potency falls below this, a drug is gone."""
LONGEST_TAIL = 60
"""Half-lives after the last dose after which a drug is gone in any case."""

Course = tuple[NDArray[np.float64], float, float]
"""A table, the distance of its points in days, and what holds after it."""


def plan_therapy(arm: ResolvedArm, setting: Setting) -> Therapy:
    """Return all that treats an arm over time.

    Parameters
    ----------
    arm : ResolvedArm
    setting : Setting
        The numbers of the arm without treatment.
    """
    lasting = [(number, step) for number, step in enumerate(arm.procedures) if step.given or step.filtered]
    courses = [_course(step, arm) for _, step in lasting]
    points = max((table.size for table, _, _ in courses), default=1)
    parameters, clones = arm.parameters, arm.clones
    alpha = np.array([clone.parameters["treatment.alpha"] for clone in clones])
    kills = np.array([clone.parameters["treatment.kills"] for clone in clones])
    irradiates = any(step.kind == "irradiate" for step in arm.procedures)
    return Therapy(
        is_on=bool(lasting) or irradiates or bool(kills.any()),
        acts_on=np.array([_target(step) for _, step in lasting], dtype=np.int64),
        given_by=np.array([number for number, _ in lasting], dtype=np.int64),
        site=np.array([step.site for _, step in lasting], dtype=np.int64),
        grid_day=np.array([grid for _, grid, _ in courses]),
        table=np.array([_lengthened(course, points) for course in courses]).reshape(len(courses), points),
        after=np.array([after for _, _, after in courses]),
        secretion=setting.secretion.copy(),
        plasma_host=setting.plasma_host.copy(),
        half_occupied=setting.half_occupied.copy(),
        infiltration=setting.infiltration.copy(),
        wall=np.array([parameters[f"infiltration.{name}"] for name in WALL]),
        death_per_second=float(setting.clearance[0]),
        sensitivity=np.array([clone.parameters["treatment.sensitivity"] for clone in clones]),
        alpha=alpha,
        beta=alpha / np.array([clone.parameters["treatment.alpha_beta"] for clone in clones]),
        kills=kills,
        irradiated_gain=parameters["attraction.irradiated_gain"],
        irradiated_decay=math.log(2.0) / parameters["attraction.irradiated_half_life"],
    )


WALL = ("crossing_rate", "loss_rate", "track_share", "mmp1_exponent", "fscn1_exponent")


def _target(step: ResolvedProcedure) -> int:
    if step.given:
        return DRUG_TARGETS.index(step.given.drug.acts_on)
    return BLOOD if step.site < 0 else VEIN_OF_SITE


def _course(step: ResolvedProcedure, arm: ResolvedArm) -> Course:
    if step.given:
        return drug_course(step.given)
    assert step.filtered is not None
    removes, days = step.filtered.removes, min(step.filtered.days, 1e6)
    value, after = 1.0 - removes, 1.0
    if step.site < 0:
        value, after = removes * step.filtered.flow_ml_per_minute / arm.parameters["host.blood_volume"] / 60.0, 0.0
    return np.array([0.0, value * days]), days, after


def drug_course(given: Given) -> Course:
    """Return what a drug leaves of its target, or its kill, summed over the days since the first dose.

    Parameters
    ----------
    given : Given

    Returns
    -------
    table : float[G] [day]
    grid_day : float [day]
    after : float
        What is left of the target (or the kill) once the drug is gone.
    """
    drug = given.drug
    grid = given.every_day / POINTS_PER_DOSE
    highest = given.concentration_nM([(given.doses - 1) * given.every_day + drug.absorption_half_life])[0]
    halvings = math.log2(max(highest / drug.potency / GONE ** (1.0 / drug.hill), 2.0))
    tail = min(halvings, LONGEST_TAIL) * max(drug.half_life, drug.absorption_half_life)
    cells = math.ceil((given.doses * given.every_day + tail) / grid)
    keep = max(1, math.ceil(cells / MOST_POINTS))
    cells = keep * math.ceil(cells / keep)
    effect = given.effect((np.arange(cells) + 0.5) * grid)
    summed = np.concatenate([[0.0], np.cumsum(effect) * grid])[::keep]
    return summed, keep * grid, 0.0 if drug.acts_on == DRUG_TARGETS[GROWTH] else 1.0


def _lengthened(course: Course, points: int) -> NDArray[np.float64]:
    """Return a table of ``points`` points that goes on as its course does."""
    table, grid, after = course
    more = np.arange(1, points - table.size + 1) * grid * after
    return np.concatenate([table, table[-1] + more])
