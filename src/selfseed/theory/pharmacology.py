"""Drugs in closed form: one compartment, repeated doses, and what a concentration leaves of its target."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def concentration(
    days: ArrayLike, *, first: float, half_life: float, absorption_half_life: float, every: float, doses: int
) -> NDArray[np.float64]:
    r"""Return the concentration in plasma after equal doses at equal intervals.

    .. math:: C(t) = C_0 \sum_{k \tau \le t} \frac{k_a}{k_a - k_e}
              \left(e^{-k_e (t - k\tau)} - e^{-k_a (t - k\tau)}\right)

    With no absorption (into a vein) the last term is missing. The sums are geometric, and taken in closed form.

    Parameters
    ----------
    days : array [day]
        Since the first dose.
    first : float [any]
        C_0, what one dose adds if it is there at once: dose over volume of distribution.
    half_life, absorption_half_life : float [day]
        The second is 0 for a dose into a vein.
    every : float [day]
    doses : int

    Returns
    -------
    concentration : float array, shape of ``days``, in the unit of ``first``

    References
    ----------
    Bateman (1910), Proc Camb Phil Soc 15:423; Gibaldi & Perrier (1982), Pharmacokinetics.

    Examples
    --------
    >>> concentration([0, 1, 2], first=8.0, half_life=1.0, absorption_half_life=0.0, every=2.0, doses=2).tolist()
    [8.0, 4.0, 10.0]
    """
    times = np.asarray(days, dtype=float)
    out = math.log(2.0) / half_life
    if absorption_half_life <= 0.0:
        return first * _sum_of_doses(times, out, every, doses)
    into = math.log(2.0) / absorption_half_life
    if abs(into - out) < 1e-6 * out:
        into = out * (1.0 + 1e-6)
    course = _sum_of_doses(times, out, every, doses) - _sum_of_doses(times, into, every, doses)
    return first * into / (into - out) * course


def _sum_of_doses(times: NDArray[np.float64], rate: float, every: float, doses: int) -> NDArray[np.float64]:
    """Return what is left of all doses given so far, each 1 when it was given."""
    given = np.clip(np.floor(times / every + 1e-9) + 1.0, 0.0, doses)
    since_last = times - (given - 1.0) * every
    many = np.expm1(-rate * every * given) / np.expm1(-rate * every)
    return np.where(given > 0.0, np.exp(-rate * np.maximum(since_last, 0.0)) * many, 0.0)


def share_left(concentration_nM: ArrayLike, potency_nM: float, hill: float) -> NDArray[np.float64]:  # noqa: N803
    r"""Return the share of its target that a drug leaves, :math:`1 / (1 + (C/K)^h)`.

    Parameters
    ----------
    concentration_nM : array [nM]
        Unbound, where the target is; below 0 counts as none.
    potency_nM : float, > 0 [nM]
        K, which leaves half.
    hill : float, > 0
        h, the steepness.

    Returns
    -------
    share : float array, shape of ``concentration_nM``, in [0, 1]

    References
    ----------
    Hill (1910), J Physiol 40:iv.

    Examples
    --------
    >>> share_left([0.0, 2.0], potency_nM=2.0, hill=1.0).tolist()
    [1.0, 0.5]
    """
    over = np.maximum(np.asarray(concentration_nM, dtype=float), 0.0) / potency_nM
    return np.asarray(1.0 / (1.0 + over**hill))
