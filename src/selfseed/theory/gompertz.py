r"""The curve of Gompertz, :math:`V' = V (a - b \ln V)`, volumes in mm^3."""

import math

import numpy as np


def volume_mm3(days, initial_rate: float, decay: float, start: float = 1.0):
    r"""Return the volume after some days.

    .. math:: V(t) = V_0^{e^{-bt}} \exp\left(\frac{a}{b} (1 - e^{-bt})\right)

    Parameters
    ----------
    days : float or float[n], >= 0 [day]
    initial_rate, decay : float, > 0 [1/day]
        a, the rate at 1 mm^3, and b.
    start : float, > 0 [mm^3]

    Returns
    -------
    float or float[n] [mm^3]

    References
    ----------
    Vaghi et al. (2020), https://doi.org/10.1371/journal.pcbi.1007178

    Examples
    --------
    >>> [round(float(volume), 1) for volume in volume_mm3(np.array([0.0, 20.0, 30.0]), 0.5584, 0.0708)]
    [1.0, 392.7, 1037.0]
    """
    fading = np.exp(-decay * np.asarray(days))
    return np.exp(math.log(start) * fading + initial_rate / decay * (1.0 - fading))


def capacity_mm3(initial_rate: float, decay: float) -> float:
    """Return the volume at which growth ends, exp(a / b).

    Examples
    --------
    >>> round(capacity_mm3(0.5584, 0.0708) / 1000.0, 2)
    2.66
    """
    return math.exp(initial_rate / decay)


def inflection_day(initial_rate: float, decay: float) -> float:
    """Return the day of fastest growth of a tumour that starts at 1 mm^3; it then has capacity / e.

    Examples
    --------
    >>> round(inflection_day(0.5584, 0.0708), 2)
    29.17
    """
    return math.log(initial_rate / decay) / decay


def doubling_days(initial_rate: float, decay: float, volume: float = 1.0) -> float:
    r"""Return the days in which a tumour doubles, :math:`-\ln(1 - b \ln 2 / (a - b \ln V)) / b`.

    Parameters
    ----------
    initial_rate, decay : float, > 0 [1/day]
    volume : float, > 0, below half the capacity [mm^3]

    Returns
    -------
    float [day]

    Examples
    --------
    >>> round(doubling_days(0.5584, 0.0708), 3)
    1.299
    """
    rate = initial_rate - decay * math.log(volume)
    return -math.log1p(-decay * math.log(2.0) / rate) / decay
