"""The fate of a circulating cell as a generic absorbing Markov chain, and the blood that it is drawn from."""

import math
from collections.abc import Sequence

import numpy as np

VEIN, ARTERY, PORTAL = range(3)
STARTS = 3


def absorption(transient: np.ndarray, absorbing: np.ndarray) -> np.ndarray:
    r"""Return the chance to end in each absorbing state from each transient one, :math:`(I - Q)^{-1} R`.

    Parameters
    ----------
    transient : float[n, n]
        Q, the chances to go from one transient state to another.
    absorbing : float[n, m]
        R, the chances to be absorbed. Rows of both together sum to at most 1.

    Returns
    -------
    float[n, m]

    References
    ----------
    Kemeny & Snell (1976), Finite Markov Chains, chapter 3.

    Examples
    --------
    >>> absorption(np.array([[0.5]]), np.array([[0.1, 0.4]]))
    array([[0.2, 0.8]])
    """
    return np.linalg.solve(np.eye(len(transient)) - transient, absorbing)


def circuit(
    place: Sequence[str],
    tumour_share: np.ndarray,
    tumour_arrest: np.ndarray,
    normal_share: np.ndarray,
    normal_arrest: np.ndarray,
    elsewhere: np.ndarray,
    clearance: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the chain of a body: vein, lung beds, artery, organ beds, and the portal vein before the liver.

    Parameters
    ----------
    place : str[site]
        "lung", "liver", "gut" or "organ".
    tumour_share, normal_share : float[site]
        Share of the (pulmonary or systemic) flow through the tumour and the normal tissue of a site.
    tumour_arrest, normal_arrest : float[site]
        Chance of arrest in one passage.
    elsewhere : float[3]
        Outside all sites: chance of arrest, share that drains into the portal vein, chance of arrest in the lung.
    clearance : float[4]
        Death rate [1/s], seconds on the way through lungs and through body, chance of arrest in the liver on the way
        from the portal vein.

    Returns
    -------
    transient : float[3, 3]
        Between vein, artery and portal vein.
    absorbing : float[3, 2 * site + 2]
        Arrest in the tumour of each site, in the normal tissue of each site, anywhere else; death.
    """
    sites = len(place)
    transient, absorbing = np.zeros((STARTS, STARTS)), np.zeros((STARTS, 2 * sites + 2))
    alive = {VEIN: math.exp(-clearance[0] * clearance[1]), ARTERY: math.exp(-clearance[0] * clearance[2])}
    beds = [(name, tumour_share[i], tumour_arrest[i], i) for i, name in enumerate(place)]
    beds += [(name, normal_share[i], normal_arrest[i], sites + i) for i, name in enumerate(place)]
    lungs = sum(share for name, share, _, _ in beds if name == "lung")
    organs = sum(share for name, share, _, _ in beds if name != "lung")
    beds.append(("lung", 1.0 - lungs, elsewhere[2], 2 * sites))
    beds.append(("organ", (1.0 - organs) * (1.0 - elsewhere[1]), elsewhere[0], 2 * sites))
    beds.append(("gut", (1.0 - organs) * elsewhere[1], elsewhere[0], 2 * sites))
    for name, share, arrest, absorber in beds:
        before, after = (VEIN, ARTERY) if name == "lung" else (ARTERY, PORTAL if name == "gut" else VEIN)
        absorbing[before, absorber] += alive[before] * share * arrest
        transient[before, after] += alive[before] * share * (1.0 - arrest)
    liver = np.array([share if name == "liver" else 0.0 for name, share in zip(place, normal_share, strict=True)])
    if liver.sum() > 0.0:
        absorbing[PORTAL, sites : 2 * sites] = clearance[3] * liver / liver.sum()
    else:
        absorbing[PORTAL, 2 * sites] = clearance[3]
    transient[PORTAL, VEIN] = 1.0 - clearance[3]
    for start, survives in alive.items():
        absorbing[start, -1] = 1.0 - survives
    return transient, absorbing


def standing_count(per_day: float, half_life_minutes: float) -> float:
    r"""Return how many cells circulate when so many enter per day, :math:`S \, t_{1/2} / \ln 2`.

    Parameters
    ----------
    per_day : float, >= 0 [1/day]
    half_life_minutes : float, > 0 [min]

    Returns
    -------
    float [cells]

    Examples
    --------
    >>> round(standing_count(1e6, 1.0), 1), round(standing_count(1e6, 60.0))
    (1001.9, 60112)
    """
    return per_day / 1440.0 * half_life_minutes / math.log(2.0)


def tube_finds_a_cell(circulating: float, tube_ml: float, blood_ml: float) -> float:
    r"""Return the chance of at least one cell in a tube of blood, :math:`1 - e^{-C v / V}`.

    Parameters
    ----------
    circulating : float, >= 0 [cells]
    tube_ml, blood_ml : float, > 0 [ml]

    Returns
    -------
    float, in [0, 1]

    Examples
    --------
    >>> round(tube_finds_a_cell(standing_count(1e6, 1.0), 7.5, 5000.0), 4)
    0.7775
    """
    return -math.expm1(-circulating * tube_ml / blood_ml)
