"""When established metastases progress or respond, as trials count it from look to look."""

import math

import numpy as np
from numpy.typing import NDArray

GROWTH = 1.2
"""Sum of diameters over the smallest so far that is progression; Eisenhauer et al. 2009, https://doi.org/10.1016/j.ejca.2008.10.026"""
LEAST_GROWTH_MM = 5.0
"""... and the least by which it must have grown; the same."""
RESPONSE = 0.7
"""Sum of diameters over that at the start which is a response; the same."""

Array = NDArray[np.float64]


def progression_of(days: Array, diameters_mm: Array, seen_mm: float) -> tuple[float, float]:
    r"""Return the days on which metastases progress and respond; nan: never, or none was seen at the start.

    With :math:`s(t)` the sum of the diameters of the organs whose metastases are seen at the first look, the first
    later look at which

    .. math:: s(t) \ge 1.2 \min_{u < t} s(u) \quad\text{and}\quad s(t) - \min_{u < t} s(u) \ge 5\,\text{mm},

    or metastases of another organ are seen, is progression. A look before it with :math:`s(t) \le 0.7\, s(0)` is a
    response.

    Parameters
    ----------
    days : float[look] [day]
        The first look is the start of the trial.
    diameters_mm : float[look, organ] [mm]
        Of all metastases of an organ as one sphere; the primary is not among them.
    seen_mm : float [mm]
        From which metastases are seen.

    Returns
    -------
    progression_day, response_day : float [day]
        Days of looks, as in trials, not of what happened between them.

    Notes
    -----
    Death is not progression here; endpoints add it. Metastases of an organ are one lesion, so that a second one in
    the same organ is growth, and none is too small to be measured once it was seen.

    References
    ----------
    Eisenhauer et al. (2009), RECIST 1.1, https://doi.org/10.1016/j.ejca.2008.10.026

    Examples
    --------
    >>> days = np.array([0.0, 56.0, 112.0, 168.0])
    >>> progression_of(days, np.array([[40.0, 2.0], [20.0, 3.0], [22.0, 4.0], [26.0, 5.0]]), 10.0)
    (168.0, 56.0)
    """
    target = diameters_mm[0] >= seen_mm
    if not target.any():
        return math.nan, math.nan
    total = diameters_mm[:, target].sum(axis=1)
    least = np.minimum.accumulate(total)[:-1]
    grown = (total[1:] >= GROWTH * least) & (total[1:] - least >= LEAST_GROWTH_MM)
    elsewhere = (diameters_mm[1:, ~target] >= seen_mm).any(axis=1)
    progressed = _first(days[1:], grown | elsewhere)
    responded = _first(days[1:], total[1:] <= RESPONSE * total[0])
    return progressed, math.nan if responded >= progressed else responded


def _first(days: Array, true: NDArray[np.bool_]) -> float:
    return float(days[int(true.argmax())]) if true.any() else math.nan
