"""Numbers with their uncertainty: shares, means, paired differences, spreads over animals."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """Hold a number, its 95 % interval, and how many animals (or pairs of them) it rests on.

    The value is None where there is nothing to count; the limits are None where one animal is all there is.
    """

    value: float | None
    low: float | None
    high: float | None
    replicates: int

    def exp(self) -> "Estimate":
        """Return the estimate of a ratio from that of its logarithm."""
        value, low, high = (None if it is None else float(np.exp(it)) for it in (self.value, self.low, self.high))
        return Estimate(value, low, high, self.replicates)


@dataclass(frozen=True)
class Spread:
    """Hold the median over animals and two quantiles around it; all None where no animal has a value."""

    median: float | None
    low: float | None
    high: float | None
    replicates: int


def share(yes: np.ndarray) -> Estimate:
    """Return the share of True in ``yes`` with its Wilson interval.

    References
    ----------
    Wilson (1927), https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> estimate = share(np.array([True] * 8 + [False] * 2))
    >>> f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
    '0.80 (0.49 to 0.94)'
    """
    count, successes = len(yes), float(np.sum(yes))
    if count == 0:
        return Estimate(None, None, None, 0)
    squared = _normal_quantile() ** 2
    centre = (successes + squared / 2) / (count + squared)
    half = np.sqrt(squared * successes * (count - successes) / count + squared**2 / 4) / (count + squared)
    return Estimate(successes / count, max(0.0, float(centre - half)), min(1.0, float(centre + half)), count)


def mean(values: np.ndarray) -> Estimate:
    """Return the mean of ``values`` with its t interval; values that are not finite are left out.

    References
    ----------
    Student (1908), https://doi.org/10.1093/biomet/6.1.1

    Examples
    --------
    >>> estimate = mean(np.array([1.0, 2.0, 3.0]))
    >>> f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
    '2.00 (-0.48 to 4.48)'
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    count = len(known)
    if count == 0:
        return Estimate(None, None, None, 0)
    centre = float(known.mean())
    if count == 1:
        return Estimate(centre, None, None, 1)
    from scipy.special import stdtrit

    half = float(stdtrit(count - 1, (1 + CONFIDENCE) / 2) * known.std(ddof=1) / np.sqrt(count))
    return Estimate(centre, centre - half, centre + half, count)


def share_difference(first: np.ndarray, second: np.ndarray) -> Estimate:
    r"""Return the share of True in ``first`` minus that in ``second``, for paired animals.

    The interval holds every difference :math:`\Delta` that the score test of paired shares does not refuse, so it stays
    honest where few pairs, or none, differ: with b gained and c lost of n pairs,

    .. math:: |b - c - n \Delta| \le z \sqrt{n (2 q + \Delta (1 - \Delta))},

    where q is the likeliest share of lost pairs given :math:`\Delta`.

    References
    ----------
    Tango (1998), https://doi.org/10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B

    Examples
    --------
    >>> estimate = share_difference(np.array([True] * 10), np.array([False] * 10))
    >>> f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
    '1.00 (0.44 to 1.00)'
    """
    count = len(first)
    gained, lost = float(np.sum(first & ~second)), float(np.sum(~first & second))
    if count < 2:
        return Estimate(gained - lost if count else None, None, None, count)
    value = (gained - lost) / count
    return Estimate(
        value, -_furthest_gain(lost, gained, count, -value), _furthest_gain(gained, lost, count, value), count
    )  # fmt: skip


def _furthest_gain(gained: float, lost: float, count: int, value: float) -> float:
    """Return the largest difference of paired shares that so many gained and lost pairs do not refuse."""
    from scipy.optimize import brentq

    limit = _normal_quantile()

    def excess(wanted: float) -> float:
        a, b, c = 2.0 * count, (2.0 * count - gained + lost) * wanted - gained - lost, -lost * wanted * (1.0 - wanted)
        likeliest = (np.sqrt(max(b * b - 4.0 * a * c, 0.0)) - b) / (2.0 * a)
        variance = max(count * (2.0 * likeliest + wanted * (1.0 - wanted)), 0.0)
        return float(count * (wanted - value) - limit * np.sqrt(variance))

    nearest = value + 1e-9  # at the value itself both sides may be 0
    return 1.0 if nearest >= 1.0 or excess(1.0) <= 0.0 else float(brentq(excess, nearest, 1.0, xtol=1e-12))


def difference(first: np.ndarray, second: np.ndarray) -> Estimate:
    """Return the mean of ``first - second`` over paired animals with its interval; for True and False, of shares."""
    if first.dtype == bool:
        return share_difference(first, second)
    return mean(first - second)


def ratio(above: np.ndarray, below: np.ndarray) -> Estimate:
    """Return the mean of ``above`` over the mean of ``below``, which vary together from animal to animal.

    The interval is that of the linearised ratio, not below 0 where nothing is; None stands for a ratio to nothing.

    References
    ----------
    Cochran, Sampling Techniques (1977), chapter 6.

    Examples
    --------
    >>> estimate = ratio(np.array([1.0, 2.0, 2.0, 1.0]), np.array([2.0, 4.0, 5.0, 1.0]))
    >>> f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})"
    '0.50 (0.28 to 0.72)'
    """
    count, base = len(below), float(np.mean(below)) if len(below) else 0.0
    if base == 0.0:
        return Estimate(None, None, None, count)
    value = float(np.mean(above)) / base
    around = mean(value + (above - value * below) / base)
    low = 0.0 if around.low is not None and around.low < 0.0 <= np.min(above) else around.low
    return Estimate(value, low, around.high, count)


def spread(values: np.ndarray, low: float, high: float) -> Spread:
    """Return the median and the quantiles ``low`` and ``high`` of the finite ``values``.

    Examples
    --------
    >>> spread(np.array([1.0, 2.0, 3.0, np.nan]), 0.25, 0.75)
    Spread(median=2.0, low=1.5, high=2.5, replicates=3)
    """
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    if len(known) == 0:
        return Spread(None, None, None, 0)
    below, middle, above = (float(value) for value in np.quantile(known, [low, 0.5, high]))
    return Spread(middle, below, above, len(known))


def _normal_quantile() -> float:
    return NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
