"""How one animal differs from the next."""

import math

import numpy as np
from numba import njit

from selfseed.kernels.random import normal, point

ANIMAL = np.uint64(100)


@njit(cache=True)
def growth_of_animal(growth, between, replicate_key):
    r"""Return the growth parameters of one animal, shared by all its tumours and all arms.

    .. math:: a' = a e^{\sigma_a z_1}, \qquad b' = b e^{\sigma_b (\rho z_1 + \sqrt{1 - \rho^2} z_2)}

    Parameters
    ----------
    growth : float[site, clone, 6]
        Initial rate, decay, capacity, exponent, max rate, turnover.
    between : float[3]
        Standard deviation of the logarithm of the initial rate and of the decay, their correlation.
    replicate_key : uint64

    Returns
    -------
    growth : float[site, clone, 6]
        A copy; no initial rate exceeds what the clone reaches without crowding.
    """
    stream = np.zeros(4, np.uint64)
    point(stream, replicate_key, ANIMAL, 0)
    first = normal(stream)
    second = between[2] * first + math.sqrt(1.0 - between[2] ** 2) * normal(stream)
    own = growth.copy()
    own[..., 0] *= math.exp(between[0] * first)
    own[..., 1] *= math.exp(between[1] * second)
    return own
