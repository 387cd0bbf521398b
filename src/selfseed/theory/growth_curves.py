r"""Closed curves of tumour growth on the logarithmic scale, for fits to many animals at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

SURFACE = 2.0 / 3.0
"""Exponent of growth at the surface of a ball (von Bertalanffy 1957, https://doi.org/10.1086/401873)."""
SMALLEST_LOG, LARGEST_LOG = -30.0, 60.0


@dataclass(frozen=True)
class GrowthCurve:
    """Describe one law of growth.

    Attributes
    ----------
    meaning : str
    names, units : tuple of str
        Of its parameters.
    usual : tuple of float
        Where a fit starts.
    common : tuple of str
        Parameters that are the same in all animals.
    log_volume : callable (day, log_start, parameter, ...) -> array
        Logarithm of the volume in mm^3; all arguments are broadcast.
    """

    meaning: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    usual: tuple[float, ...]
    common: tuple[str, ...]
    log_volume: Callable[..., np.ndarray]


def exponential(day, log_start, rate):
    """Return ln V of V' = r V.

    Examples
    --------
    >>> round(float(exponential(10.0, 0.0, 0.3)), 6)
    3.0
    """
    return log_start + rate * day


def logistic(day, log_start, rate, capacity):
    r"""Return ln V of :math:`V' = r V (1 - V / K)`.

    Examples
    --------
    >>> round(float(np.exp(logistic(1e3, 0.0, 0.3, 800.0))), 6)
    800.0
    """
    grown = np.clip(log_start + rate * day, None, LARGEST_LOG)
    return grown - np.log1p((np.exp(grown) - np.exp(log_start)) / capacity)


def gompertz(day, log_start, initial_rate, decay):
    r"""Return ln V of :math:`V' = V (a - b \ln V)`.

    Examples
    --------
    >>> round(float(np.exp(gompertz(20.0, 0.0, 0.5584, 0.0708))), 1)
    392.7
    """
    return log_start * np.exp(-decay * day) - initial_rate / decay * np.expm1(-decay * day)


def reduced_gompertz(day, log_start, decay, ratio):
    r"""Return ln V of :math:`V' = V (k b - b \ln V)`: rate and decay go together, and k is the same in all animals.

    References
    ----------
    Vaghi et al. (2020), https://doi.org/10.1371/journal.pcbi.1007178

    Examples
    --------
    >>> round(float(np.exp(reduced_gompertz(1e3, 0.0, 0.07, 7.5))), 1) == round(float(np.exp(7.5)), 1)
    True
    """
    return gompertz(day, log_start, ratio * decay, decay)


def power_law(day, log_start, rate, shortfall):
    r"""Return ln V of :math:`V' = r V^{1 - s}`, where s is what the exponent falls short of 1.

    Examples
    --------
    >>> round(float(np.exp(power_law(10.0, 0.0, 0.9, 1.0 / 3.0))), 6)    # (1 + 0.3 t)^3
    64.0
    """
    return log_start + np.log1p(shortfall * rate * day * np.exp(-shortfall * log_start)) / shortfall


def surface(day, log_start, rate):
    r"""Return ln V of :math:`V' = r V^{2/3}`: only cells near the surface divide.

    Examples
    --------
    >>> round(float(np.exp(surface(10.0, 0.0, 0.9))), 6)
    64.0
    """
    return power_law(day, log_start, rate, 1.0 - SURFACE)


def von_bertalanffy(day, log_start, rate, loss):
    r"""Return ln V of :math:`V' = r V^{2/3} - l V`.

    Examples
    --------
    >>> round(float(np.exp(von_bertalanffy(1e3, 0.0, 2.0, 0.2)) ** (1 / 3)), 6)
    10.0
    """
    root = np.exp((1.0 - SURFACE) * log_start)
    grown = root - np.expm1(-(1.0 - SURFACE) * loss * day) * (rate / loss - root)
    return np.log(np.maximum(grown, np.exp((1.0 - SURFACE) * SMALLEST_LOG))) / (1.0 - SURFACE)


GROWTH_CURVES: Mapping[str, GrowthCurve] = {
    "exponential": GrowthCurve("grows without a limit", ("rate",), ("1/day",), (0.25,), (), exponential),
    "logistic": GrowthCurve(
        "slows in proportion to its volume", ("rate", "capacity"), ("1/day", "mm^3"), (0.4, 1500.0), (), logistic
    ),
    "gompertz": GrowthCurve(
        "slows in proportion to the logarithm of its volume", ("initial_rate", "decay"), ("1/day", "1/day"),
        (0.5, 0.07), (), gompertz,
    ),
    "reduced_gompertz": GrowthCurve(
        "Gompertz with one ratio of rate to decay for all animals", ("decay", "ratio"), ("1/day", "1"), (0.08, 7.5),
        ("ratio",), reduced_gompertz,
    ),
    "power_law": GrowthCurve(
        "grows as a power of its volume", ("rate", "shortfall"), ("1/day", "1"), (0.9, 0.33), (), power_law
    ),
    "surface": GrowthCurve("grows at its surface", ("rate",), ("1/day",), (0.9,), (), surface),
    "von_bertalanffy": GrowthCurve(
        "grows at its surface and dies throughout", ("rate", "loss"), ("1/day", "1/day"), (1.2, 0.05), (),
        von_bertalanffy,
    ),
}  # fmt: skip
"""All parameters are above 0 and differ between animals by a factor that is lognormal."""
