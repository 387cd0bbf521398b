"""How measurements err: the logarithm of the density of what was observed, given what was to be expected."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import gammaln, log_ndtr, xlogy

HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
SMALLEST = 1e-9
"""Expected values are never taken to be less: a measurement of something must not have the chance 0."""


@dataclass(frozen=True)
class Need:
    """Say one number of a noise: its unit, limits, and usual value, None where it must be given."""

    unit: str
    low: float
    high: float
    usual: float | None
    meaning: str


@dataclass(frozen=True)
class About:
    """Say what an observable is: unit, allowed values, how it may be censored, and what its noise needs."""

    meaning: str
    unit: str
    allowed: tuple[float, float]
    needs: Mapping[str, Need] = field(default_factory=dict)
    censored: tuple[str, ...] = ()
    at_end: bool = False
    whole: bool = False


_ERROR = Need("1", 1e-6, 10.0, None, "standard deviation of the logarithm")
_LOGIT_ERROR = Need("1", 1e-6, 10.0, None, "standard deviation of the logit")
_DISPERSION = Need("1", 0.0, 1e3, 0.0, "variance beyond chance, over the square of the mean")
OBSERVABLES: Mapping[str, About] = {
    "volume": About("tumour volume", "mm^3", (SMALLEST, 1e9), {"error": _ERROR}, ("left", "right")),
    "bioluminescence": About(
        "light, in any unit: its scale is integrated out", "1", (SMALLEST, 1e30), {"error": _ERROR}
    ),
    "label_share": About(
        "share of the cells that carries the label", "1", (SMALLEST, 1.0 - SMALLEST), {"error": _LOGIT_ERROR},
        ("left", "right"),
    ),
    "ctc": About(
        "circulating tumour cells counted in a draw", "cells", (0.0, 1e9),
        {"drawn": Need("ml", 1e-6, 1e3, None, "the blood of one draw, like '0.1 ml'"), "dispersion": _DISPERSION},
        whole=True,
    ),
    "seeds": About(
        "seeds that took root, counted", "cells", (0.0, 1e9), {"dispersion": _DISPERSION}, at_end=True, whole=True
    ),
    "seeded": About("whether any seed took root: 1 or 0", "1", (0.0, 1.0), at_end=True, whole=True),
    "survival": About(
        "day on which the burden was reached", "day", (SMALLEST, 1e6),
        {"burden": Need("mm^3", SMALLEST, 1e9, None, "the volume that ends it, like '1500 mm^3'"), "error": _ERROR},
        ("right",),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Noise:
    """Say how one observable errs; see ``OBSERVABLES`` for which numbers it uses, in these units.

    Attributes
    ----------
    observable : str
    error : float
        Standard deviation of the logarithm, or of the logit of a share.
    drawn : float [ml]
    dispersion : float
    burden : float [mm^3]
    """

    observable: str
    error: float = math.nan
    drawn: float = math.nan
    dispersion: float = 0.0
    burden: float = math.nan


def log_density(
    noise: Noise, observed: np.ndarray, expected: np.ndarray, censored: np.ndarray, error: float | None = None
) -> float:
    r"""Return the logarithm of the density of all observations of one kind.

    Parameters
    ----------
    noise : Noise
    observed, expected : float[n]
        In the unit of the observable; of circulating cells, ``expected`` is per ml.
    censored : str[n]
        "left" and "right" count with the chance to lie below, or above, what was observed.
    error : float, optional
        In place of that of ``noise``.

    Notes
    -----
    Volumes, times and light are lognormal about what is expected, shares logit-normal, counts Poisson or negative
    binomial with variance :math:`m + k m^2`. Exact for independent seeds that take root at random times:
    :math:`P(\text{none}) = e^{-m}`. The scale of light has a flat prior on its logarithm and is integrated out.

    References
    ----------
    Negative binomial by mean and dispersion: Lloyd-Smith (2007), https://doi.org/10.1371/journal.pone.0000180
    """
    expected = np.maximum(expected, SMALLEST)
    error = noise.error if error is None else error
    match noise.observable:
        case "bioluminescence":
            return light_log_density(observed, expected, error)
        case "ctc":
            return float(count_log_density(observed, expected * noise.drawn, noise.dispersion).sum())
        case "seeds":
            return float(count_log_density(observed, expected, noise.dispersion).sum())
        case "seeded":
            return float(np.where(observed > 0.0, np.log(-np.expm1(-expected)), -expected).sum())
        case "label_share":
            expected = np.minimum(expected, 1.0 - SMALLEST)
            change = np.log(observed) + np.log1p(-observed)
            return float(normal_log_density(_logit(observed), _logit(expected), error, censored, change).sum())
    change = np.log(observed)
    return float(normal_log_density(change, np.log(expected), error, censored, change).sum())


def normal_log_density(
    observed: np.ndarray, expected: np.ndarray, error: float, censored: np.ndarray, change: np.ndarray
) -> np.ndarray:
    """Return the log density of values that are normal on a scale of their own; ``change`` leads back from it."""
    z = (observed - expected) / error
    inside = -0.5 * z * z - HALF_LOG_2PI - math.log(error) - change
    return np.where(censored == "left", log_ndtr(z), np.where(censored == "right", log_ndtr(-z), inside))


def light_log_density(observed: np.ndarray, expected: np.ndarray, error: float) -> float:
    """Return the log density of light with its scale integrated out."""
    residual = np.log(observed) - np.log(expected)
    number = len(residual)
    squares = float(((residual - residual.mean()) ** 2).sum())
    constant = (number - 1) * (HALF_LOG_2PI + math.log(error)) + 0.5 * math.log(number)
    return -0.5 * squares / error**2 - constant - float(np.log(observed).sum())


def count_log_density(observed: np.ndarray, expected: np.ndarray, dispersion: float) -> np.ndarray:
    """Return the log probability of counts: Poisson, or negative binomial with a dispersion above 0."""
    if dispersion == 0.0:
        return xlogy(observed, expected) - expected - gammaln(observed + 1.0)
    size = 1.0 / dispersion
    return (
        gammaln(observed + size) - gammaln(size) - gammaln(observed + 1.0)
        - (observed + size) * np.log1p(expected * dispersion) + xlogy(observed, expected * dispersion)
    )  # fmt: skip


def draw(noise: Noise, expected: np.ndarray, rng: np.random.Generator, error: float | None = None) -> np.ndarray:
    """Return one set of measurements as they might have been observed."""
    expected = np.maximum(expected, SMALLEST)
    error = noise.error if error is None else error
    match noise.observable:
        case "ctc" | "seeds":
            mean = expected * (noise.drawn if noise.observable == "ctc" else 1.0)
            k = noise.dispersion
            return rng.poisson(mean * (rng.gamma(1.0 / k, k, mean.shape) if k > 0.0 else 1.0)).astype(float)
        case "seeded":
            return (rng.random(expected.shape) < -np.expm1(-expected)).astype(float)
        case "label_share":
            logit = _logit(np.minimum(expected, 1.0 - SMALLEST)) + error * rng.standard_normal(expected.shape)
            return np.clip(1.0 / (1.0 + np.exp(-logit)), SMALLEST, 1.0 - SMALLEST)
    return expected * np.exp(error * rng.standard_normal(expected.shape))


def _logit(share: np.ndarray) -> np.ndarray:
    return np.log(share) - np.log1p(-share)
