"""Growth parameters and their spread between animals, from measured tumour volumes."""

from dataclasses import dataclass

import numpy as np

CENTRAL_RANGE = (15.865, 84.135)
"""Percentiles one standard deviation to either side of the middle of a normal law."""


@dataclass(frozen=True)
class GrowthOfAnimals:
    """Hold a Gompertz law for the median animal and how animals spread around it.

    Attributes
    ----------
    initial_rate, decay : float [1/day]
        Medians of a and b in dV/dt = V (a - b ln V), V in mm^3, V(0) = 1.
    between_rate, between_decay : float [1]
        Spread of their logarithms: half of the range that holds the middle 68 %, so that a few ill-determined
        animals do not decide.
    correlation : float [1]
        Of the two logarithms, from the spreads of both and of their difference, for the same reason.
    residual : float [1]
        Root mean square of the logarithmic residuals: the error of one measurement.
    animals, observations : int
    """

    initial_rate: float
    decay: float
    between_rate: float
    between_decay: float
    correlation: float
    residual: float
    animals: int
    observations: int


def fit_animal(time_day: np.ndarray, volume_mm3: np.ndarray) -> tuple[float, float, np.ndarray]:
    """Return the Gompertz law that fits one tumour best on the logarithmic scale, and its residuals.

    Parameters
    ----------
    time_day : float[n] [day]
    volume_mm3 : float[n], > 0 [mm^3]

    Returns
    -------
    log_rate, log_decay : float
        Natural logarithms of a and b [1/day].
    residuals : float[n]
    """
    from scipy.optimize import least_squares

    def residuals(logs: np.ndarray) -> np.ndarray:
        rate, decay = np.exp(logs)
        return rate / decay * -np.expm1(-decay * time_day) - np.log(volume_mm3)

    fit = least_squares(residuals, np.log([0.5, 0.07]))
    return fit.x[0], fit.x[1], fit.fun


def fit_growth(animal: np.ndarray, time_day: np.ndarray, volume_mm3: np.ndarray) -> GrowthOfAnimals:
    """Fit a Gompertz law to each animal and describe the animals together.

    Parameters
    ----------
    animal : array[n]
        Which animal each observation belongs to.
    time_day : float[n] [day]
        Since the implantation of 1 mm^3.
    volume_mm3 : float[n], > 0 [mm^3]

    Raises
    ------
    ValueError
        When an animal has fewer than 3 observations, or a volume is not above 0.

    References
    ----------
    Vaghi et al. (2020), https://doi.org/10.1371/journal.pcbi.1007178; robust correlation: Gnanadesikan & Kettenring
    (1972), https://doi.org/10.2307/2528963
    """
    animal, time_day, volume_mm3 = (np.asarray(column) for column in (animal, time_day, volume_mm3))
    if not (volume_mm3 > 0.0).all():
        raise ValueError("volumes must be above 0 mm^3")
    names, counts = np.unique(animal, return_counts=True)
    if counts.min() < 3:
        raise ValueError(f"animal {names[counts.argmin()]} has {counts.min()} observations; at least 3 are needed")
    fits = [fit_animal(time_day[animal == name], volume_mm3[animal == name]) for name in names]
    logs = np.array([fit[:2] for fit in fits])
    residuals = np.concatenate([fit[2] for fit in fits])
    middle = np.median(logs, axis=0)
    rate, decay, between = (_spread(values) for values in (logs[:, 0], logs[:, 1], logs[:, 0] - logs[:, 1]))
    return GrowthOfAnimals(
        initial_rate=float(np.exp(middle[0])),
        decay=float(np.exp(middle[1])),
        between_rate=rate,
        between_decay=decay,
        correlation=(rate**2 + decay**2 - between**2) / (2.0 * rate * decay),
        residual=float(np.sqrt(np.mean(residuals**2))),
        animals=len(names),
        observations=len(volume_mm3),
    )


def _spread(values: np.ndarray) -> float:
    """Return half of the range that holds the middle 68 %: the standard deviation, if the law is normal."""
    low, high = np.percentile(values, CENTRAL_RANGE)
    return float(high - low) / 2.0
