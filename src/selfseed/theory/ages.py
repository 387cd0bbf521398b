"""How old a tumour of a size is, and how its doubling slows: growth laws fitted to patients."""

import math


def years_to(cells: float, doubling_days: float, at_cells: float, most_cells: float = 1e11) -> float:
    r"""Return the age at which a Gompertz tumour from one cell reaches a size, its doubling time known at another.

    .. math:: N = e^{(\alpha/\beta)(1 - e^{-\beta t})}, \qquad N_\infty = e^{\alpha / \beta}

    Parameters
    ----------
    cells, at_cells, most_cells : float [cells]
    doubling_days : float [day]
        From ``at_cells`` to twice as many.

    Returns
    -------
    float [year]

    References
    ----------
    Hu et al. (2020), https://doi.org/10.1038/s41588-020-0628-z

    Examples
    --------
    >>> two_cm = math.pi / 6.0 * 2.0**3 * 1e8
    >>> round(years_to(two_cm, 148.7, two_cm), 2)
    4.61
    """
    ceiling, end = math.log(most_cells), math.log(at_cells)
    decay = math.log((ceiling - end) / (ceiling - end - math.log(2.0))) / doubling_days
    return -math.log1p(-math.log(cells) / ceiling) / decay / 365.25


def doubling_lengthens(cells: float, most_cells: float = 1e12) -> float:
    r"""Return by what fold the doubling time of a tumour is longer than that of its first cells (power 1/4 law).

    .. math:: DT(N) = -\frac{4 DT}{\ln 2} \ln\frac{(N_{max}/2N)^{1/4} - 1}{(N_{max}/N)^{1/4} - 1}

    Parameters
    ----------
    cells, most_cells : float [cells]
        N and N_max.

    Returns
    -------
    float, >= 1

    References
    ----------
    Coumans, Siesling & Terstappen (2013), https://doi.org/10.1186/1471-2407-13-283

    Examples
    --------
    >>> [round(doubling_lengthens(math.pi / 6.0 * diameter**3 * 1e9), 3) for diameter in (0.8, 1.2)]
    [1.162, 1.234]
    """
    upper = (most_cells / (2.0 * cells)) ** 0.25 - 1.0
    lower = (most_cells / cells) ** 0.25 - 1.0
    return -4.0 / math.log(2.0) * math.log(upper / lower)
