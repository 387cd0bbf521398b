"""What the body does with cells that tumours of a given size and make shed: steps 2 to 4 together."""

import math

import numpy as np
from numba import njit

from selfseed.kernels.circulation import ARTERY, GUT, LUNG, PORTAL, VEIN, arrest_probabilities, standing_cells
from selfseed.kernels.law import (
    arrest_hazard,
    birth_and_death,
    chemotherapy_death,
    growth_rate,
    occupancy,
    rhythm,
    shedding_rate,
    stroma_target,
    tumour_concentration,
    tumour_flow,
)

IL6, CXCL8, FSCN1, MMP1, CXCL1 = range(5)

LEAST_STROMA = 0.01
"""A deposit of cells without any CXCL1 keeps this share of the usual stroma."""


@njit(cache=True)
def start_of(place):
    """Return where a cell shed in an organ enters the circuit."""
    if place == LUNG:
        return ARTERY
    if place == GUT:
        return PORTAL
    return VEIN


@njit(cache=True)
def division_and_death(law, growth, site, clone, volume, relief, speed, pace, kill=0.0):
    """Return division and death per cell of a clone in a clump of ``volume`` [1/day].

    Parameters
    ----------
    law : int
    growth : float[site, clone, 6]
        ``Setting.growth``, or as it is in one animal.
    site, clone : int
    volume : float, > 0 [mm^3]
    relief, speed : float, > 0 [1]
        What the stroma does to capacity and rate, see ``stroma_powers``.
    pace : float [1]
        Of the site.
    kill : float [1]
        ``Setting.kill``.
    """
    own = growth[site, clone]
    net = growth_rate(law, volume, own[0], own[1], own[2], own[3], own[4], relief, speed)
    birth, death = birth_and_death(net, own[4], own[5])
    if kill > 0.0:
        death += chemotherapy_death(net, kill)
    return birth * pace, death * pace


@njit(cache=True)
def stroma_powers(setting, stroma):
    """Return by how much a level of stroma raises the capacity of a clump, and its growth rate; some always stays."""
    stroma = max(stroma, LEAST_STROMA)
    return stroma**setting.capacity_gain, stroma**setting.rate_gain


@njit(cache=True)
def release_rates(setting, cells, time_day, days, rates):
    """Write the release events per cell and day of each clone at each site, averaged over ``days``.

    Parameters
    ----------
    setting : Setting
    cells : float[site, clone] [cells]
    time_day, days : float [day]
        The middle and the length of the time over which is averaged; 0 days: at that moment.
    rates : float[site, clone], written [1/day]
    """
    factor = rhythm(setting.rhythm, setting.rhythm_peak_hour, time_day, days)
    for i in range(cells.shape[0]):
        total = cells[i].sum()
        for c in range(cells.shape[1]):
            rates[i, c] = 0.0
            if total > 0.0:
                rates[i, c] = factor * shedding_rate(
                    setting.shedding[c], total, setting.reference_cells, setting.size_exponent, setting.most_fold
                )


@njit(cache=True)
def contrasts(setting, cells, contrast):
    """Write the contrast of receptor occupancy, tumour minus plasma, for IL-6 and IL-8 in each site.

    Parameters
    ----------
    setting : Setting
    cells : float[site, clone] [cells]
    contrast : float[site, 2], written
    """
    sites, clones = cells.shape
    for ligand in range(2):
        secreted = 0.0
        for i in range(sites):
            for c in range(clones):
                secreted += cells[i, c] * setting.expression[c, ligand]
        plasma = setting.plasma_host[ligand]
        plasma += secreted * 1e-6 * setting.secretion[ligand] / setting.plasma_clearance[ligand]
        in_plasma = occupancy(plasma, setting.half_occupied[ligand])
        for i in range(sites):
            total = 0.0
            expressed = 0.0
            for c in range(clones):
                total += cells[i, c]
                expressed += cells[i, c] * setting.expression[c, ligand]
            contrast[i, ligand] = 0.0
            if total > 0.0:
                inside = tumour_concentration(
                    expressed / total, setting.secretion[ligand], setting.density_per_mm3 * 1e3,
                    setting.tissue_loss_per_day, plasma,
                )  # fmt: skip
                contrast[i, ligand] = occupancy(inside, setting.half_occupied[ligand]) - in_plasma


@njit(cache=True)
def circulate(setting, cells, circulating, fate, ways):
    """Write what becomes of a circulating cell of each clone while the tumours are as they are.

    Parameters
    ----------
    setting : Setting
    cells : float[site, clone] [cells]
        Cells that grow (sleeping single cells do not make a tumour).
    circulating : int
        A clone that circulates without a tumour, or -1; clones without any cells are left out.
    fate : float[clone, 3, 2 * site + 1], written
        See ``circulation.arrest_probabilities``.
    ways : float[clone, 3], written
        The chances that ``circulation.standing_cells`` asks for.
    """
    sites, clones = cells.shape
    contrast = np.empty((sites, 2))
    contrasts(setting, cells, contrast)
    tumour_share = np.zeros(sites)
    normal_share = setting.normal_flow.copy()
    tumour_arrest = np.zeros(sites)
    organs = 1.0
    lungs = 1.0
    for i in range(sites):
        tumour_share[i] = tumour_flow(
            cells[i].sum() / setting.density_per_mm3, setting.tumour_flow, setting.tumour_flow_exponent
        )
        if setting.place[i] == LUNG:
            lungs += tumour_share[i]
        else:
            organs += tumour_share[i]
    for i in range(sites):
        scale = lungs if setting.place[i] == LUNG else organs
        tumour_share[i] /= scale
        normal_share[i] /= scale
    for c in range(clones):
        if c != circulating and cells[:, c].sum() <= 0.0:
            continue
        for i in range(sites):
            hazard = arrest_hazard(
                setting.baseline, setting.responsiveness[c], setting.gains[0], contrast[i, 0],
                setting.gains[1], contrast[i, 1], setting.synergy, setting.irradiated[i],
            )  # fmt: skip
            tumour_arrest[i] = -math.expm1(-hazard)
        ways[c, 0], ways[c, 1], ways[c, 2] = arrest_probabilities(
            setting.place, tumour_share, tumour_arrest, normal_share, setting.normal_arrest,
            setting.elsewhere, setting.clearance, fate[c],
        )  # fmt: skip


@njit(cache=True)
def blood_counts(setting, cells, ways, time_day):
    """Return circulating cells and their concentration in vein and artery [1/ml], as expected in a steady flow."""
    sites, clones = cells.shape
    per_event = 1.0 + setting.cluster_share * (setting.cluster_size - 1.0)
    circulating = 0.0
    vein = 0.0
    artery = 0.0
    entering = np.empty(3)
    rates = np.empty((sites, clones))
    release_rates(setting, cells, time_day, 0.0, rates)
    for c in range(clones):
        if cells[:, c].sum() <= 0.0:
            continue
        entering[:] = 0.0
        for i in range(sites):
            entering[start_of(setting.place[i])] += rates[i, c] * cells[i, c] * per_event * setting.passing[i]
        in_blood, in_vein, in_artery = standing_cells(
            entering, ways[c, 0], ways[c, 1], ways[c, 2], setting.clearance, setting.output_ml_per_minute
        )
        circulating += in_blood
        vein += in_vein
        artery += in_artery
    return circulating, vein, artery


@njit(cache=True)
def stroma_goal(setting, cells, seeded):
    """Return the level that the stroma of a site with ``cells`` and ``seeded`` cells of each clone moves to."""
    native = 0.0
    native_cxcl1 = 0.0
    came = 0.0
    came_cxcl1 = 0.0
    for clone in range(cells.shape[0]):
        stayed = cells[clone] - seeded[clone]
        native += stayed
        native_cxcl1 += stayed * setting.expression[clone, CXCL1]
        came += seeded[clone]
        came_cxcl1 += seeded[clone] * setting.expression[clone, CXCL1]
    return stroma_target(native, native_cxcl1, came, came_cxcl1, setting.native_weight)
