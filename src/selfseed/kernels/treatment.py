"""Step 9 in the loops: what drugs, filters, radiation and killer cells make of the numbers of an arm, step by step."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from selfseed.kernels import body
from selfseed.kernels.law import infiltration_probability, joint_share, killing_rate

FREE_IL6, FREE_CXCL8, FREE_CSF2, IL6_RECEPTOR, CXCL8_RECEPTOR, FSCN1, MMP1, GROWTH, VEIN_OF_SITE, BLOOD = range(10)
"""What a treatment acts on; the order of ``selfseed.processes.TARGETS``, then the two filters."""


class Therapy(NamedTuple):
    """Hold all treatments of one arm that last, and the numbers that they change; R treatments, S sites, C clones."""

    is_on: bool  # whether anything in the arm may change a number while it runs
    acts_on: np.ndarray  # int[R]
    given_by: np.ndarray  # int[R] the procedure that starts it
    site: np.ndarray  # int[R] of a filter in the vein of a site, or -1
    grid_day: np.ndarray  # float[R] distance of the points of its table
    table: np.ndarray  # float[R, G] summed over time since the start: what is left of the target; of a drug that kills,
    # the kill; of a filter for all blood, the clearance [1/s]
    after: np.ndarray  # float[R] the same when the table ends
    # usual values
    secretion: np.ndarray  # float[2] see Setting
    plasma_host: np.ndarray  # float[2]
    half_occupied: np.ndarray  # float[2]
    infiltration: np.ndarray  # float[C]
    wall: np.ndarray  # float[5] crossing rate, loss rate, share of tracks, exponents of MMP1 and FSCN1
    death_per_second: float  # in blood
    # cells
    sensitivity: np.ndarray  # float[C] to chemotherapy
    alpha: np.ndarray  # float[C] of radiation [1/Gy]
    beta: np.ndarray  # float[C] [1/Gy^2]
    kills: np.ndarray  # float[C] cells that one cell of a killer clone kills a day
    irradiated_gain: float
    irradiated_decay: float  # [1/day]


@njit(cache=True)
def summed(table, grid_day, after, since):
    """Return the sum over time of a tabled course, from its start until ``since`` days later."""
    last = table.shape[0] - 1
    place = since / grid_day
    if place >= last:
        return table[last] + after * (since - last * grid_day)
    below = int(place)
    return table[below] + (place - below) * (table[below + 1] - table[below])


@njit(cache=True)
def mean_over(table, grid_day, after, since, days):
    """Return the mean of a tabled course over ``days``; over no time, its value."""
    if days > 0.0:
        return (summed(table, grid_day, after, since + days) - summed(table, grid_day, after, since)) / days
    below = int(since / grid_day)
    if below >= table.shape[0] - 1:
        return after
    return (table[below + 1] - table[below]) / grid_day


@njit(cache=True)
def treat(setting, therapy, cells, happened, irradiation, now, days):
    """Write what treatment makes of the numbers of an arm, on average over the coming ``days``.

    Drugs with one target compete for it (`law.joint_share`); kills of chemotherapy add; filters one behind the other
    each pass their share; drugs with different targets meet in the law alone.

    Parameters
    ----------
    setting : Setting
        Its own of this animal: some of its arrays are written.
    therapy : Therapy
    cells : float[S, C] [cells]
    happened : float[P] [day]
        When each procedure was carried out; nan if it was not.
    irradiation : float[S]
        1 after a fraction of radiation, from then on falling.
    now, days : float [day]
    """
    left = np.ones(7)
    kill = 0.0
    cleared = 0.0
    setting.passing[:] = 1.0
    for which in range(therapy.acts_on.shape[0]):
        start = happened[therapy.given_by[which]]
        if not start <= now:
            continue
        mean = mean_over(therapy.table[which], therapy.grid_day[which], therapy.after[which], now - start, days)
        target = therapy.acts_on[which]
        if target < GROWTH:
            left[target] = joint_share(left[target], mean)
        elif target == GROWTH:
            kill += mean
        elif target == VEIN_OF_SITE:
            setting.passing[therapy.site[which]] *= mean
        else:
            cleared += mean
    for ligand in range(2):
        setting.secretion[ligand] = therapy.secretion[ligand] * left[ligand]
        setting.plasma_host[ligand] = therapy.plasma_host[ligand] * left[ligand]
        setting.half_occupied[ligand] = therapy.half_occupied[ligand] / left[IL6_RECEPTOR + ligand]
    setting.clearance[0] = therapy.death_per_second + cleared
    wall = therapy.wall
    untouched = left[FSCN1] == 1.0 and left[MMP1] == 1.0
    for clone in range(therapy.sensitivity.shape[0]):
        setting.kill[clone] = kill * therapy.sensitivity[clone]
        setting.infiltration[clone] = therapy.infiltration[clone]
        if not untouched:
            setting.infiltration[clone] = infiltration_probability(
                wall[0], wall[1], wall[2], setting.expression[clone, body.MMP1] * left[MMP1], wall[3],
                setting.expression[clone, body.FSCN1] * left[FSCN1], wall[4],
            )  # fmt: skip
    fall = therapy.irradiated_decay * days
    fading = -math.expm1(-fall) / fall if fall > 0.0 else 1.0
    for site in range(cells.shape[0]):
        setting.irradiated[site] = therapy.irradiated_gain * irradiation[site] * fading * left[FREE_CSF2]
        _attack(therapy, cells[site], setting.attacked[site])


@njit(cache=True)
def _attack(therapy, cells, attacked):
    """Write the deaths per cell and day that the killer cells of a site cause among its other clones."""
    targets = 0.0
    for clone in range(cells.shape[0]):
        if therapy.kills[clone] == 0.0:
            targets += cells[clone]
    attacked[:] = 0.0
    for killer in range(cells.shape[0]):
        rate = killing_rate(therapy.kills[killer], cells[killer], targets)
        for clone in range(cells.shape[0]):
            if therapy.kills[clone] == 0.0:
                attacked[clone] += rate


@njit(cache=True)
def fade(therapy, irradiation, days):
    """Let what irradiated sites attract with fall for ``days``."""
    if days > 0.0:
        irradiation *= math.exp(-therapy.irradiated_decay * days)
