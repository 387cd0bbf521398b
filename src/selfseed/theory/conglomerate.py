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


def late_rate(founding: float, initial_rate: float, decay: float) -> float:
    """Return the rate of the exponential growth in which a reseeded Gompertz tumour ends [1/day].

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

    References
    ----------
    Norton (2005), https://doi.org/10.1634/theoncologist.10-6-370

    Examples
    --------
    >>> round(density_ratio(2.98), 3), round(density_ratio(2.25), 3)
    (0.955, 0.178)
    """
    return fold ** (fractal_dimension - 3.0)
