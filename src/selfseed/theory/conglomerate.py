"""A tumour as a conglomerate of clumps, each on a Gompertz curve of its own (Norton 2005)."""

import math

import numpy as np

from selfseed.theory import gompertz
from selfseed.theory.metastases import malthus_rate, renewal


def equal_clumps_mm3(clumps: int, days: np.ndarray, initial_rate: float, decay: float) -> np.ndarray:
    r"""Return the volume of k clumps that start together, as one Gompertz law of its own.

    .. math:: N' = N (a - b \ln N + b \ln k), \qquad N(0) = k : \quad \text{rate} + b \ln k, \text{ capacity} \times k

    Parameters
    ----------
    clumps : int, > 0
    days : float[n] [day]
    initial_rate, decay : float, > 0 [1/day]

    Returns
    -------
    float[n] [mm^3]

    References
    ----------
    Norton (2005), https://doi.org/10.1634/theoncologist.10-6-370

    Examples
    --------
    >>> [round(float(volume), 1) for volume in equal_clumps_mm3(10, np.array([0.0, 20.0, 30.0]), 0.5584, 0.0708)]
    [10.0, 3926.7, 10370.1]
    """
    return gompertz.volume_mm3(days, initial_rate + decay * math.log(clumps), decay, start=float(clumps))


def reseeded_mm3(
    founding: float, days: np.ndarray, initial_rate: float, decay: float, start: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return volume and number of clumps when clumps are founded at a rate per volume.

    .. math:: N(t) = g_1(t) + \nu \int_0^t N(u) g_{V_0}(t - u) du

    Parameters
    ----------
    founding : float, > 0 [1/mm^3/day]
        nu
    days : float[n], equally spaced from 0 [day]
    initial_rate, decay : float, > 0 [1/day]
    start : float, > 0 [mm^3]
        V_0, the volume with which a founded clump starts; the first starts with 1 mm^3.

    Returns
    -------
    volume : float[n] [mm^3]
    clumps : float[n]

    References
    ----------
    Norton (2005), https://doi.org/10.1634/theoncologist.10-6-370

    Examples
    --------
    >>> volume, clumps = reseeded_mm3(2e-4, np.linspace(0.0, 60.0, 6001), 0.5584, 0.0708)
    >>> round(float(volume[-1]), 1), round(float(clumps[-1]), 2)
    (8524.4, 24.7)
    """

    def by(first: float):
        return lambda ages: founding * gompertz.volume_mm3(ages, initial_rate, decay, start=first)

    founded = renewal(by(1.0), by(start), days)
    step = days[1] - days[0]
    clumps = 1.0 + np.concatenate([[0.0], np.cumsum(0.5 * step * (founded[1:] + founded[:-1]))])
    return founded / founding, clumps


def mean_clump_cells(
    days: np.ndarray, initial_rate: float, decay: float, loss: float = 0.0, most: int = 4000
) -> np.ndarray:
    r"""Return the expected cells of a clump that one cell founds, each division being left to chance.

    A clump of n cells grows at :math:`n (a - b \ln n)` and loses cells at :math:`s n`, one at a time. Its mean lies
    below the curve of Gompertz, by about :math:`\Gamma(1 + e^{-bt})`: clumps that were early are held back by crowding
    more than those that were late catch up. Solved from the master equation.

    Parameters
    ----------
    days : float[n], increasing from 0 [day]
    initial_rate, decay : float, > 0 [1/day]
        a, the rate of a single cell, and b.
    loss : float, >= 0 [1/day]
        s
    most : int
        Cells beyond which a clump is not followed; well above the capacity exp(a / b).

    Returns
    -------
    float[n] [cells]

    References
    ----------
    Kendall (1948), https://doi.org/10.1214/aoms/1177730285

    Examples
    --------
    >>> cells = mean_clump_cells(np.array([0.0, 10.0, 60.0]), 0.4, 0.08, most=400)
    >>> curve = gompertz.volume_mm3(np.array([0.0, 10.0, 60.0]), 0.4, 0.08)
    >>> [round(float(value), 2) for value in cells / curve]
    [1.0, 0.9, 0.99]
    """
    from scipy.integrate import solve_ivp
    from scipy.sparse import diags

    cells = np.arange(most + 1, dtype=float)
    net = initial_rate - decay * np.log(np.maximum(cells, 1.0))
    up = cells * np.maximum(net, 0.0)
    up[-1] = 0.0
    down = cells * (loss - np.minimum(net, 0.0))
    flow = diags([up[:-1], -up - down, down[1:]], [-1, 0, 1], format="csc")
    start = np.zeros(most + 1)
    start[1] = 1.0
    solution = solve_ivp(
        lambda _, chances: flow @ chances, (days[0], days[-1]), start, method="BDF", t_eval=days, jac=flow,
        rtol=1e-7, atol=1e-12,
    )  # fmt: skip
    return cells @ solution.y


def late_rate(founding: float, initial_rate: float, decay: float) -> float:
    r"""Return the rate of the exponential growth in which a reseeded Gompertz tumour ends.

    .. math:: \nu \int_0^\infty g(s) e^{-\Lambda s} ds = 1

    Parameters
    ----------
    founding : float, > 0 [1/mm^3/day]
        nu
    initial_rate, decay : float, > 0 [1/day]

    Returns
    -------
    float [1/day]

    References
    ----------
    Norton (2005), https://doi.org/10.1634/theoncologist.10-6-370

    Examples
    --------
    >>> round(late_rate(2e-4, 0.5584, 0.0708), 6)
    0.069525
    """
    return malthus_rate(lambda ages: founding * gompertz.volume_mm3(ages, initial_rate, decay), 1000.0)


def density_ratio(fractal_dimension: float, fold: float = 10.0) -> float:
    r"""Return how the density of a mass of a fractal dimension changes when it grows, :math:`f^{D - 3}`.

    Parameters
    ----------
    fractal_dimension : float, <= 3
    fold : float, > 0
        Of the diameter.

    Returns
    -------
    float, > 0

    References
    ----------
    Norton (2005), https://doi.org/10.1634/theoncologist.10-6-370

    Examples
    --------
    >>> round(density_ratio(2.98), 3), round(density_ratio(2.25), 3)
    (0.955, 0.178)
    """
    return fold ** (fractal_dimension - 3.0)
