"""Seeds of a growing tumour: how many, how early, how much of a tumour they become, and what they cannot do."""

import math

import numpy as np


def mean_metastases(rate: float, growth_rate: float, cells: float, start: float = 1.0) -> float:
    r"""Return the expected metastases that an exponentially growing tumour has founded; their number is Poisson.

    .. math:: \int \nu N \, dt = \frac{\nu}{r} (N - N_0)

    Parameters
    ----------
    rate : float, >= 0 [1/day]
        nu, metastases founded per cell and day.
    growth_rate : float, > 0 [1/day]
        r
    cells, start : float [cells]
        Size now, and at the start.

    Returns
    -------
    float

    Examples
    --------
    >>> round(mean_metastases(1e-9, math.log(2) / 100, 1e9), 2)
    144.27
    """
    return rate / growth_rate * (cells - start)


def size_at_first_seeding(chance: float, rate: float, growth_rate: float) -> float:
    r"""Return the size that a tumour does not exceed, with a given chance, when it founds its first metastasis.

    The size is exponential of mean :math:`r / \nu`.

    Parameters
    ----------
    chance : float, in [0, 1)
    rate : float, > 0 [1/day]
        nu, metastases founded per cell and day.
    growth_rate : float, > 0 [1/day]

    Returns
    -------
    float [cells]

    References
    ----------
    Haeno et al. (2012), https://doi.org/10.1016/j.cell.2011.11.060

    Examples
    --------
    >>> f"{size_at_first_seeding(0.5, 1e-9, math.log(2) / 100):.4g}"    # the median
    '4.805e+06'
    """
    return -math.log1p(-chance) * growth_rate / rate


def label_share(influx: float) -> float:
    r"""Return the share of a tumour that descends from labelled seeds, whatever its law of growth.

    All cells grow alike, so only the influx i of labelled cells into P cells changes the share:

    .. math:: f' = (1 - f) i / P, \qquad f = 1 - \exp\left(-\int i / P \, dt\right)

    Parameters
    ----------
    influx : float, >= 0
        The integral of i / P.

    Returns
    -------
    float, in [0, 1)

    Examples
    --------
    >>> round(label_share(0.002 * 60), 5)
    0.11308
    """
    return -math.expm1(-influx)


def seeding_matrix(
    primary_rate: float,
    metastasis_rate: float,
    primary_shedding: float,
    metastasis_shedding: float,
    primary_return: float,
    metastasis_return: float,
) -> np.ndarray:
    r"""Return the matrix of the minimal self-seeding model, d(P, M)/dt = A (P, M).

    .. math:: A = \begin{pmatrix} r_P - s_P (1 - \rho_P) & s_M \rho_P \\
                                  s_P \rho_M & r_M - s_M (1 - \rho_M) \end{pmatrix}

    Blood is in steady state; a shed cell takes root in the primary with chance rho_P, in a metastasis with rho_M.

    Parameters
    ----------
    primary_rate, metastasis_rate : float [1/day]
        r_P, r_M: growth before shedding.
    primary_shedding, metastasis_shedding : float, >= 0 [1/day]
        s_P, s_M
    primary_return, metastasis_return : float, in [0, 1], sum <= 1
        rho_P, rho_M

    Returns
    -------
    float[2, 2] [1/day]

    Examples
    --------
    >>> matrix = seeding_matrix(0.05, 0.06, 4e-3, 4e-3, 1e-3, 1e-4)
    >>> [[float(f"{rate:.7g}") for rate in row] for row in matrix]
    [[0.046004, 4e-06], [4e-07, 0.0560004]]
    >>> [float(f"{cells:.6g}") for cells in grow_linearly(matrix, np.array([1.0, 0.0]), 100.0)]
    [99.5241, 0.00683899]
    """
    return np.array([
        [primary_rate - primary_shedding * (1.0 - primary_return), metastasis_shedding * primary_return],
        [primary_shedding * metastasis_return, metastasis_rate - metastasis_shedding * (1.0 - metastasis_return)],
    ])  # fmt: skip


def grow_linearly(matrix: np.ndarray, cells: np.ndarray, days: float) -> np.ndarray:
    r"""Return the cells of all deposits after a time of linear exchange, :math:`e^{A t} x`.

    Parameters
    ----------
    matrix : float[n, n] [1/day]
    cells : float[n] [cells]
    days : float [day]

    Returns
    -------
    float[n] [cells]

    Examples
    --------
    >>> nothing_leaves = seeding_matrix(0.05, 0.06, 0.0, 0.0, 0.0, 0.0)
    >>> grow_linearly(nothing_leaves, np.array([1.0, 2.0]), 20.0).round(3)
    array([2.718, 6.64 ])
    """
    from scipy.linalg import expm

    return expm(matrix * days) @ cells


def fastest_rate(matrix: np.ndarray) -> float:
    """Return the rate at which everything finally grows: the largest real part among the eigenvalues [1/day].

    Examples
    --------
    >>> round(fastest_rate(seeding_matrix(0.05, 0.06, 4e-3, 4e-3, 1e-3, 1e-4)), 7)
    0.0560004
    """
    return float(np.linalg.eigvals(matrix).real.max())


def conservation_bound(matrix: np.ndarray) -> float:
    r"""Return a rate that the fastest one cannot exceed: the largest sum of a column.

    Entries off the diagonal are not negative, and column j sums to :math:`r_j - s_j (1 - \sum_i \rho_i)`: without
    crowding, seeds of equal fitness cannot make a tumour grow faster than it would if it lost no cell.

    Parameters
    ----------
    matrix : float[n, n] [1/day]

    Returns
    -------
    float [1/day]

    Examples
    --------
    >>> everything_returns = seeding_matrix(0.05, 0.05, 0.5, 0.5, 0.7, 0.3)
    >>> round(conservation_bound(everything_returns), 12), round(fastest_rate(everything_returns), 12)
    (0.05, 0.05)
    """
    return float(matrix.sum(axis=0).max())
