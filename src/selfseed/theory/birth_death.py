"""The linear birth-death process: extinction, size of a family, and cells that keep immigrating."""

import math


def extinction_probability(birth: float, death: float, days: float, founders: float = 1.0) -> float:
    r"""Return the chance that all descendants of some founders are gone after a time.

    Each cell divides at rate b and dies at rate d, independently of the others; with :math:`r = b - d`

    .. math:: p_0(t) = \left(\frac{d (e^{rt} - 1)}{b e^{rt} - d}\right)^n, \qquad p_0(\infty) = \min(1, d / b)^n .

    Parameters
    ----------
    birth, death : float, >= 0 [1/day]
    days : float, >= 0 [day]
        ``math.inf`` asks for extinction at any time.
    founders : float, >= 0 [cells]

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Kendall (1948), https://doi.org/10.1214/aoms/1177730285

    Examples
    --------
    >>> round(extinction_probability(1.0, 0.5, 2.0), 6)
    0.3873
    >>> extinction_probability(1.0, 0.5, math.inf, founders=3)
    0.125
    """
    return (_alpha_and_beta(birth, death, days)[0]) ** founders


def geometric_ratio(birth: float, death: float, days: float) -> float:
    r"""Return the ratio of the geometric law of the cells that one founder leaves, if it leaves any.

    .. math:: P(N = n \mid N > 0) = (1 - \beta) \beta^{n-1}, \qquad \beta = \frac{b (e^{rt} - 1)}{b e^{rt} - d}

    Parameters
    ----------
    birth, death : float, >= 0 [1/day]
    days : float, >= 0 [day]

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Kendall (1948), https://doi.org/10.1214/aoms/1177730285

    Examples
    --------
    >>> round(geometric_ratio(1.0, 0.5, 2.0), 6)
    0.7746
    """
    return _alpha_and_beta(birth, death, days)[1]


def size_probability(cells: int, birth: float, death: float, days: float) -> float:
    r"""Return the chance that one founder has exactly so many descendants alive.

    .. math:: P(N = n) = (1 - p_0)(1 - \beta)\beta^{n-1} \quad (n \geq 1), \qquad P(N = 0) = p_0

    Parameters
    ----------
    cells : int, >= 0 [cells]
    birth, death : float, >= 0 [1/day]
    days : float, >= 0 [day]

    Returns
    -------
    float, in [0, 1]

    References
    ----------
    Kendall (1948), https://doi.org/10.1214/aoms/1177730285

    Examples
    --------
    >>> round(size_probability(1, 1.0, 0.5, 2.0), 4)
    0.1381
    >>> round(size_probability(1, 1.0, 0.0, 3.0), 5)    # pure birth: Yule
    0.04979
    """
    alpha, beta = _alpha_and_beta(birth, death, days)
    if cells == 0:
        return alpha
    return (1.0 - alpha) * (1.0 - beta) * beta ** (cells - 1)


def mean_cells(birth: float, death: float, days: float, founders: float = 1.0) -> float:
    r"""Return the expected descendants, :math:`n e^{rt}`.

    Parameters
    ----------
    birth, death : float, >= 0 [1/day]
    days : float, >= 0 [day]
    founders : float, >= 0 [cells]

    Returns
    -------
    float [cells]

    Examples
    --------
    >>> round(mean_cells(1.0, 0.5, 2.0), 6), round(mean_cells(1.0, 0.0, 3.0), 4)
    (2.718282, 20.0855)
    """
    return founders * math.exp((birth - death) * days)


def variance_of_cells(birth: float, death: float, days: float, founders: float = 1.0) -> float:
    r"""Return the variance of the number of descendants.

    .. math:: n \frac{b + d}{b - d} e^{rt} (e^{rt} - 1), \qquad 2 n b t \quad (b = d)

    Parameters
    ----------
    birth, death : float, >= 0 [1/day]
    days : float, >= 0 [day]
    founders : float, >= 0 [cells]

    Returns
    -------
    float [cells^2]

    Examples
    --------
    >>> round(variance_of_cells(1.0, 0.5, 2.0), 6)
    14.012323
    >>> variance_of_cells(1.0, 1.0, 2.0)
    4.0
    """
    rate = birth - death
    if rate == 0.0:
        return founders * 2.0 * birth * days
    return founders * (birth + death) / rate * math.exp(rate * days) * math.expm1(rate * days)


def immigration_law(birth: float, death: float, arrivals_per_day: float, days: float) -> tuple[float, float]:
    r"""Return size and success probability of the negative binomial law of a site that keeps receiving cells.

    Cells arrive one by one at rate :math:`\lambda` in a site that starts empty:

    .. math:: N(t) \sim NB(\lambda / b, \; 1 - \beta), \qquad E N = \frac{\lambda}{b} \frac{\beta}{1 - \beta},
              \qquad P(N = 0) = (1 - \beta)^{\lambda / b} .

    Parameters
    ----------
    birth : float, > 0 [1/day]
    death : float, >= 0 [1/day]
    arrivals_per_day : float, > 0 [1/day]
    days : float, > 0 [day]

    Returns
    -------
    size, success : float
        As ``scipy.stats.nbinom`` takes them.

    References
    ----------
    Kendall (1948), https://doi.org/10.1093/biomet/35.3-4.316

    Examples
    --------
    >>> size, success = immigration_law(1.0, 0.5, 0.5, 2.0)
    >>> round(size, 2), round(success, 4)
    (0.5, 0.2254)
    >>> round(size * (1 - success) / success, 5), round(success**size, 5)    # mean, chance of no cell
    (1.71828, 0.47476)
    """
    return arrivals_per_day / birth, 1.0 - geometric_ratio(birth, death, days)


def _alpha_and_beta(birth: float, death: float, days: float) -> tuple[float, float]:
    """Return extinction and geometric ratio of one founder."""
    if math.isinf(days):
        return (1.0 if birth <= death else death / birth), (1.0 if birth >= death else birth / death)
    if birth == death:
        both = birth * days / (1.0 + birth * days)
        return both, both
    growth = math.expm1((birth - death) * days)
    below = birth - death + birth * growth
    return death * growth / below, birth * growth / below
