"""The fate of a circulating cell, solved exactly: an absorbing Markov chain in closed form.

Blood runs vein -> lung bed -> artery -> organ beds side by side -> vein; what leaves the gut passes the liver
first. Three states are transient (vein, artery, portal vein); each bed and death in the blood absorb.
"""

import math

from numba import njit

VEIN, ARTERY, PORTAL = range(3)
"""Where a circulating cell is, and where it may start."""

LUNG, LIVER, GUT, ORGAN = range(4)
"""What the law of circulation needs to know of an organ: its place in the circuit."""


MOST_PASSAGES = 1e12
"""Circuits after which a cell that nothing stops is no longer followed."""


@njit(cache=True)
def passages(to_artery, to_vein):
    """Return how often, on average, a cell passes the place in the circuit where it started."""
    return 1.0 / max(1.0 - to_artery * to_vein, 1.0 / MOST_PASSAGES)


@njit(cache=True)
def arrest_probabilities(place, tumour_share, tumour_arrest, normal_share, normal_arrest, elsewhere, clearance, fate):
    r"""Write the chance that a cell is arrested in each bed, for each place where it may start.

    A cell that starts in the vein survives the way through the lungs with :math:`e^{-kT_L}`, is arrested there with
    :math:`\alpha_L`, survives the way through the body with :math:`e^{-kT_B}`, and comes back to the vein with
    :math:`\beta`; the number of passages is geometric:

    .. math:: n_V = 1 / (1 - p_L \beta), \qquad p_L = e^{-kT_L}(1 - \alpha_L), \qquad F_j = n \, e^{-kT} q_j a_j .

    Parameters
    ----------
    place : int[site]
        ``LUNG``, ``LIVER``, ``GUT`` or ``ORGAN``.
    tumour_share, tumour_arrest : float[site]
        Share of the (pulmonary or systemic) flow through the tumour of a site, chance of arrest in one passage.
    normal_share, normal_arrest : float[site]
        The same for the normal tissue of the site, all tumours counted in: shares sum to at most 1.
    elsewhere : float[3]
        Of the tissue outside all sites: chance of arrest, share that drains into the portal vein, and chance of
        arrest in the lung.
    clearance : float[4]
        Death rate in blood [1/s], transit time through the lungs [s], through the body [s], chance of arrest in the
        liver on the way from the portal vein.
    fate : float[3, 2 * site + 1], written
        For a start in vein, artery, portal vein: arrest in the tumour of each site, in the normal tissue of each
        site, and anywhere else. What is missing to 1 is death in the blood.

    Returns
    -------
    to_artery, to_vein, portal_pass : float
        Chance to get from vein to artery, from artery to vein, and through the liver from the portal vein.

    Notes
    -----
    The portal blood meets the normal tissue of the liver sites in proportion to their share; liver tumours are fed
    by the artery alone.
    """
    sites = place.shape[0]
    lungs = math.exp(-clearance[0] * clearance[1])
    body = math.exp(-clearance[0] * clearance[2])
    portal_arrest = clearance[3]
    lung_flow = 0.0
    lung_arrest = 0.0
    passed = 0.0
    passed_gut = 0.0
    flow = 0.0
    liver_flow = 0.0
    for i in range(sites):
        if place[i] == LUNG:
            lung_flow += tumour_share[i] + normal_share[i]
            lung_arrest += tumour_share[i] * tumour_arrest[i] + normal_share[i] * normal_arrest[i]
            continue
        flow += tumour_share[i] + normal_share[i]
        through = tumour_share[i] * (1.0 - tumour_arrest[i]) + normal_share[i] * (1.0 - normal_arrest[i])
        if place[i] == GUT:
            passed_gut += through
        else:
            passed += through
        if place[i] == LIVER:
            liver_flow += normal_share[i]
    lung_arrest += (1.0 - lung_flow) * elsewhere[2]
    rest = (1.0 - flow) * (1.0 - elsewhere[0])
    passed += rest * (1.0 - elsewhere[1])
    passed_gut += rest * elsewhere[1]
    to_artery = lungs * (1.0 - lung_arrest)
    to_vein = body * (passed + passed_gut * (1.0 - portal_arrest))
    returns = passages(to_artery, to_vein)
    for start in range(3):
        veins = returns
        arteries = returns * to_artery
        portals = 0.0
        if start == ARTERY:
            arteries = returns
            veins = returns * to_vein
        elif start == PORTAL:
            veins = returns * (1.0 - portal_arrest)
            arteries = veins * to_artery
            portals = 1.0
        portals += arteries * body * passed_gut
        for i in range(sites):
            reached = veins * lungs if place[i] == LUNG else arteries * body
            fate[start, i] = reached * tumour_share[i] * tumour_arrest[i]
            fate[start, sites + i] = reached * normal_share[i] * normal_arrest[i]
            if place[i] == LIVER and liver_flow > 0.0:
                fate[start, sites + i] += portals * portal_arrest * (normal_share[i] / liver_flow)
        outside = veins * lungs * (1.0 - lung_flow) * elsewhere[2] + arteries * body * (1.0 - flow) * elsewhere[0]
        if liver_flow == 0.0:
            outside += portals * portal_arrest
        fate[start, 2 * sites] = outside
    return to_artery, to_vein, 1.0 - portal_arrest


@njit(cache=True)
def standing_cells(start_per_day, to_artery, to_vein, portal_pass, clearance, output_ml_per_minute):
    r"""Return the steady number of circulating cells and their concentrations in vein and artery.

    A cell that enters a passage stays :math:`(1 - e^{-kT}) / k` on average.

    Parameters
    ----------
    start_per_day : float[3]
        Cells that enter vein, artery and portal vein per day.
    to_artery, to_vein, portal_pass : float
        Chance to get from vein to artery, from artery to vein, and through the liver from the portal vein.
    clearance : float[4]
        As in ``arrest_probabilities``.
    output_ml_per_minute : float
        Cardiac output.

    Returns
    -------
    circulating : float [cells]
    venous, arterial : float [cells/ml]
    """
    returns = passages(to_artery, to_vein)
    vein_first = start_per_day[0] + start_per_day[2] * portal_pass
    veins = returns * (vein_first + start_per_day[1] * to_vein)
    arteries = returns * (start_per_day[1] + vein_first * to_artery)
    death = clearance[0]
    stay_lungs = clearance[1]
    stay_body = clearance[2]
    if death > 0.0:
        stay_lungs = -math.expm1(-death * clearance[1]) / death
        stay_body = -math.expm1(-death * clearance[2]) / death
    circulating = (veins * stay_lungs + arteries * stay_body) / 86400.0
    per_day_and_ml = 1440.0 * output_ml_per_minute
    return circulating, veins / per_day_and_ml, arteries / per_day_and_ml
