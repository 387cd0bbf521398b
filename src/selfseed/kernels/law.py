"""The equations of the law, one small compiled function each; every loop calls these and knows no others."""

import math

from numba import njit

EXPONENTIAL, LOGISTIC, GOMPERTZ, POWER_LAW, VON_BERTALANFFY = range(5)
"""Codes of the growth laws, in the order of ``selfseed.processes.GROWTH_LAWS``."""


@njit(cache=True)
def growth_rate(law, volume, initial_rate, decay, capacity, exponent, max_rate, stroma_relief, stroma_speed):
    r"""Return the net growth rate per cell in a clump of a given volume.

    With :math:`x = V / v^\eta`, the volume as crowding feels it once the stroma has raised the capacity:

    .. math:: r_{exp} = a, \quad r_{log} = a(1 - x/K), \quad r_{Gom} = a - b \ln x, \quad r_{pow} = a x^{g-1},
              \quad r_{vB} = a (x^{g-1} - K^{g-1}) / (1 - K^{g-1}),

    each at most ``max_rate``, then times :math:`v^{\eta_r}`.

    Parameters
    ----------
    law : int
        One of the codes of this module.
    volume : float, > 0 [mm^3]
    initial_rate, decay, max_rate : float [1/day]
        a (the rate at 1 mm^3), b, and the rate without crowding.
    capacity : float, > 0 [mm^3]
    exponent : float, < 1 [1]
    stroma_relief, stroma_speed : float, > 0 [1]
        :math:`v^\eta` and :math:`v^{\eta_r}`.

    Returns
    -------
    rate : float [1/day]

    References
    ----------
    Vaghi et al. (2020), https://doi.org/10.1371/journal.pcbi.1007178; Hart et al. (1998).
    """
    felt = volume / stroma_relief
    if law == GOMPERTZ:
        rate = initial_rate - decay * math.log(felt)
    elif law == EXPONENTIAL:
        rate = initial_rate
    elif law == LOGISTIC:
        rate = initial_rate * (1.0 - felt / capacity)
    elif law == POWER_LAW:
        rate = initial_rate * felt ** (exponent - 1.0)
    else:
        end = capacity ** (exponent - 1.0)
        rate = initial_rate * (felt ** (exponent - 1.0) - end) / (1.0 - end)
    return min(rate, max_rate) * stroma_speed


@njit(cache=True)
def birth_and_death(net_rate, max_rate, turnover):
    r"""Return the rates of division and death per cell: crowding acts on division alone.

    .. math:: d = r_{max}\, \delta / (1 - \delta), \qquad b = \max(0, r + d), \qquad
              d \leftarrow d - \min(0, r + d) .

    Parameters
    ----------
    net_rate, max_rate : float [1/day]
    turnover : float, in [0, 1) [1]
        Deaths per division where there is no crowding.

    Returns
    -------
    birth, death : float, >= 0 [1/day]
    """
    death = max_rate * turnover / (1.0 - turnover)
    birth = net_rate + death
    if birth < 0.0:
        return 0.0, death - birth
    return birth, death


@njit(cache=True)
def shedding_rate(rate, cells, reference_cells, size_exponent, most_fold):
    r"""Return the release events per cell and day in a tumour of ``cells`` cells.

    .. math:: s \, \min[F, (N / N_{ref})^{\theta - 1}]

    Parameters
    ----------
    rate : float [1/day]
    cells, reference_cells : float, > 0 [cells]
    size_exponent : float [1]
    most_fold : float [1]
        F; without it a tumour of few cells would shed them all when the exponent is below 1.

    References
    ----------
    Butler & Gullino (1975): per gram; Coumans et al. (2013), https://doi.org/10.1186/1471-2407-13-283: with diameter.
    """
    return rate * min(most_fold, (cells / reference_cells) ** (size_exponent - 1.0))


@njit(cache=True)
def rhythm(amplitude, peak_hour, time_day, days):
    r"""Return the factor of the 24 h rhythm of release, averaged over ``days`` around ``time_day``.

    .. math:: 1 + A \cos[2\pi(t - t_0)] \frac{\sin \pi \Delta}{\pi \Delta}

    References
    ----------
    Diamantopoulou et al. (2022), https://doi.org/10.1038/s41586-022-04875-y
    """
    damped = math.sin(math.pi * days) / (math.pi * days) if days > 0.0 else 1.0
    return 1.0 + amplitude * damped * math.cos(2.0 * math.pi * (time_day - peak_hour / 24.0))


@njit(cache=True)
def tumour_flow(volume, flow_at_100, exponent):
    r"""Return the blood flow of a tumour as share of the cardiac output, before all flows are scaled to sum to 1.

    .. math:: w_{100} \, (V / 100\,\mathrm{mm}^3)^{b}
    """
    if volume <= 0.0:
        return 0.0
    return flow_at_100 * (volume / 100.0) ** exponent


@njit(cache=True)
def tumour_concentration(expression, secretion_per_million, density_per_ml, loss_per_day, plasma):
    """Return the steady concentration of a cytokine in a tumour [ng/ml]: secretion over loss, plus plasma."""
    return expression * secretion_per_million * 1e-6 * density_per_ml / loss_per_day + plasma


@njit(cache=True)
def occupancy(concentration, half_occupied):
    """Return the share of receptors that a ligand occupies (both arguments in the same unit)."""
    return concentration / (concentration + half_occupied)


@njit(cache=True)
def arrest_hazard(baseline, responsiveness, gain_6, contrast_6, gain_8, contrast_8, synergy, irradiated=0.0):
    r"""Return the hazard of arrest in one passage of a tumour bed; the chance is 1 - exp(-hazard).

    .. math:: h = h_0 [1 + R ((1-\sigma)(A_6 \Delta_6 + A_8 \Delta_8) + \sigma A_6 \Delta_6 A_8 \Delta_8 + G)]

    Contrasts below zero (more cytokine in plasma than in the tumour) count as none. G is what an irradiated tumour
    adds by its GM-CSF.

    References
    ----------
    Kim et al. (2009), https://doi.org/10.1016/j.cell.2009.11.025; product: Jayatilaka et al. (2017),
    https://doi.org/10.1038/ncomms15584; irradiation: Vilalta et al. (2014),
    https://doi.org/10.1016/j.celrep.2014.06.011.
    """
    pull_6 = gain_6 * max(0.0, contrast_6)
    pull_8 = gain_8 * max(0.0, contrast_8)
    pull = (1.0 - synergy) * (pull_6 + pull_8) + synergy * pull_6 * pull_8 + irradiated
    return baseline * (1.0 + responsiveness * pull)


@njit(cache=True)
def infiltration_probability(crossing_rate, loss_rate, track_share, mmp1, mmp1_exponent, fscn1, fscn1_exponent):
    r"""Return the chance that an arrested cell crosses the wall before it is lost.

    .. math:: \iota = k_x / (k_x + k_l), \qquad k_x = k_{x0} [\tau + (1 - \tau) MMP1^m] FSCN1^f
    """
    crossing = crossing_rate * (track_share + (1.0 - track_share) * mmp1**mmp1_exponent) * fscn1**fscn1_exponent
    return crossing / (crossing + loss_rate)


@njit(cache=True)
def cluster_establishment(single, efficiency):
    """Return the chance of a cluster where a single cell has ``single``: as if it tried ``efficiency`` times."""
    if single >= 1.0:
        return 1.0
    return -math.expm1(efficiency * math.log1p(-single))


@njit(cache=True)
def stroma_target(native_cells, native_cxcl1_cells, seeded_cells, seeded_cxcl1_cells, native_weight):
    r"""Return the level towards which the stroma of a deposit relaxes: the mean CXCL1 of its cells.

    Cells that never left count as 1 for the part ``1 - native_weight``: the growth curve measured on them holds
    their own CXCL1 already.

    Parameters
    ----------
    native_cells, seeded_cells : float, >= 0 [cells]
        Cells that never left, and cells that came by blood or descend from such.
    native_cxcl1_cells, seeded_cxcl1_cells : float, >= 0 [cells]
        The same, each cell times its expression of CXCL1.
    native_weight : float, in [0, 1]

    References
    ----------
    Kim et al. (2009), https://doi.org/10.1016/j.cell.2009.11.025
    """
    cells = native_cells + seeded_cells
    if cells <= 0.0:
        return 1.0
    native = native_weight * native_cxcl1_cells + (1.0 - native_weight) * native_cells
    return (native + seeded_cxcl1_cells) / cells


@njit(cache=True)
def share_left(concentration, potency, hill):
    r"""Return the share of a target (free ligand, free receptor, active enzyme) that a drug leaves.

    .. math:: 1 / (1 + (C / K)^h)

    Both concentrations in the same unit; K leaves a half.

    References
    ----------
    Hill (1910), J Physiol 40:iv; Gaddum (1937), J Physiol 89:7P
    """
    return 1.0 / (1.0 + (concentration / potency) ** hill)


@njit(cache=True)
def joint_share(first, second):
    r"""Return the share that two drugs leave which compete for one target: their concentrations over potency add.

    .. math:: 1 / (1 + x_1 + x_2), \qquad x_i = 1 / s_i - 1

    References
    ----------
    Gaddum (1937), J Physiol 89:7P
    """
    return 1.0 / (1.0 / first + 1.0 / second - 1.0)


@njit(cache=True)
def chemotherapy_death(net_rate, kill):
    r"""Return the deaths per cell and day by chemotherapy: in proportion to the growth that it meets.

    .. math:: k \, \max(0, r), \qquad \text{so that growth becomes } r (1 - k)

    References
    ----------
    Norton & Simon (1977), Cancer Treat Rep 61:1307
    """
    return kill * max(0.0, net_rate)


@njit(cache=True)
def surviving_share(dose, alpha, beta):
    r"""Return the share of cells that survives one fraction of radiation.

    .. math:: e^{-\alpha D - \beta D^2}

    References
    ----------
    Fowler (1989), https://doi.org/10.1259/0007-1285-62-740-679
    """
    return math.exp(-dose * (alpha + beta * dose))


@njit(cache=True)
def killing_rate(per_killer, killers, targets):
    r"""Return the deaths per cell and day that killer cells cause among ``targets`` cells of their deposit.

    .. math:: \kappa K / (K + T)

    Each killer kills up to :math:`\kappa` cells a day while there are many, and all compete for the few.
    """
    if killers <= 0.0:
        return 0.0
    return per_killer * killers / (killers + targets)
