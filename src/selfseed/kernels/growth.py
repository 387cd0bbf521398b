"""Birth and death of a family of cells: the exact law over a step, and event by event where cells are few."""

import math

from numba import njit

from selfseed.kernels.random import binomial, exponential, geometric_sum, uniform

FEW_EVENTS = 4.0
"""Expected events in a step below which a family is followed event by event."""


@njit(cache=True)
def extinction_and_spread(birth, death, days):
    r"""Return the two numbers of the linear birth-death law over ``days``.

    .. math:: P(0) = \alpha = \frac{d(e^{rt} - 1)}{b e^{rt} - d}, \qquad
              P(n | n > 0) = (1 - \beta)\beta^{n-1}, \quad \beta = \frac{b (e^{rt} - 1)}{b e^{rt} - d}

    Parameters
    ----------
    birth, death : float, >= 0 [1/day]
    days : float, >= 0 [day]

    Returns
    -------
    extinct, spread : float
        alpha and beta.

    References
    ----------
    Kendall (1948), https://doi.org/10.1214/aoms/1177730285
    """
    rate = birth - death
    if abs(rate * days) < 1e-9:
        both = birth * days / (1.0 + birth * days)
        return min(1.0, death * days / (1.0 + birth * days)), both
    growth = math.expm1(rate * days)
    bottom = rate + birth * growth
    return death * growth / bottom, birth * growth / bottom


@njit(cache=True)
def grow_few(cells, birth, death, days, stream):
    """Return the cells alive after ``days`` and the deaths on the way, event by event.

    Each cell divides or dies independently of the others at the rates ``birth`` and ``death``.

    Parameters
    ----------
    cells : float, whole, >= 0 [cells]
    birth, death : float, >= 0 [1/day]
    days : float, >= 0 [day]
    stream : uint64[4]

    Returns
    -------
    cells, deaths : float, whole [cells]

    References
    ----------
    Gillespie (1977), https://doi.org/10.1021/j100540a008
    """
    deaths = 0.0
    both = birth + death
    if both <= 0.0:
        return cells, deaths
    left = days
    share = birth / both
    while cells > 0.0:
        left -= exponential(stream) / (cells * both)
        if left < 0.0:
            break
        if uniform(stream) < share:
            cells += 1.0
        else:
            cells -= 1.0
            deaths += 1.0
    return cells, deaths


@njit(cache=True)
def grow_family(cells, birth, death, days, stream):
    r"""Return the cells alive after ``days`` and the deaths on the way, from the exact law.

    Few cells are followed event by event. Else the survivors among the founders are binomial, and each founds a
    geometric family: :math:`N = m + NB(m, 1 - \beta)`, :math:`m \sim Bin(n, 1 - \alpha)`.

    Parameters, Returns
    -------------------
    As ``grow_few``. The law of the cells is exact; the deaths of a large family are its expected ones,
    :math:`d \int N`, rounded, and serve the ledger alone.

    References
    ----------
    Kendall (1948), https://doi.org/10.1214/aoms/1177730285
    """
    if cells <= 0.0 or days <= 0.0:
        return cells, 0.0
    if cells * (birth + death) * days < FEW_EVENTS:
        return grow_few(cells, birth, death, days, stream)
    extinct, spread = extinction_and_spread(birth, death, days)
    founders = binomial(cells, 1.0 - extinct, stream)
    after = founders + geometric_sum(founders, max(1.0 - spread, 1e-16), stream)
    mean = cells if after == cells else (after - cells) / math.log(max(after, 0.5) / cells)
    deaths = math.floor(death * days * mean + 0.5) if birth > 0.0 else 0.0
    return after, max(deaths, cells - after, 0.0)
