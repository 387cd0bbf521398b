"""Seeds of one site: how many lineages live on, and whether they came straight or through a metastasis."""

import math


def same_seed_probability(arrivals: float, birth: float) -> float:
    r"""Return the chance that two cells of a steadily reseeded site descend from one seed, :math:`1/(1 + \theta)`.

    The lineages follow Ewens' law with :math:`\theta` = arrivals over birth, whatever the death rate.

    Parameters
    ----------
    arrivals, birth : float, > 0 [1/day]

    Returns
    -------
    float, in (0, 1)

    References
    ----------
    Tavare (1987), https://doi.org/10.1007/BF00276386

    Examples
    --------
    >>> round(same_seed_probability(0.5, 1.0), 5), round(same_seed_probability(2.0, 1.0), 5)
    (0.66667, 0.33333)
    """
    return 1.0 / (1.0 + arrivals / birth)


def expected_lineages(arrivals: float, birth: float, cells: int) -> float:
    r"""Return the expected number of seeds from which a sample of cells descends, :math:`\sum \theta / (\theta + i)`.

    Parameters
    ----------
    arrivals, birth : float, > 0 [1/day]
    cells : int, > 0
        In the sample.

    Returns
    -------
    float, >= 1

    References
    ----------
    Ewens (1972), https://doi.org/10.1016/0040-5809(72)90035-4

    Examples
    --------
    >>> round(expected_lineages(0.5, 1.0, 100), 5), round(expected_lineages(0.5, 1.0, 1000), 5)
    (3.28434, 4.43563)
    """
    theta = arrivals / birth
    return math.fsum(theta / (theta + number) for number in range(cells))


def secondary_over_primary(shedding: float, founding: float, days: float, passing: float) -> float:
    r"""Return how many seeds come home through lung deposits for one that comes straight through the lung.

    .. math:: R = s p t \frac{1 - \phi}{\phi}, \qquad R = 1 \text{ at } \phi^* = \frac{s p t}{1 + s p t}

    Primary and deposits grow alike; deposits shed on the arterial side. A model in the spirit of Scott et al., whose
    own equations were not at hand.

    Parameters
    ----------
    shedding : float [1/day]
    founding : float
        p, chance that a cell held by the lung founds a deposit.
    days : float [day]
    passing : float, in (0, 1]
        phi, share of cells that pass the lung alive.

    Returns
    -------
    float, >= 0

    References
    ----------
    Scott et al. (2013), https://doi.org/10.1098/rsif.2013.0011

    Examples
    --------
    >>> round(secondary_over_primary(4e-3, 1e-4, 1000.0, 1e-4)), round(secondary_over_primary(4e-3, 1e-4, 1000.0, 1e-6))
    (4, 400)
    """
    return shedding * founding * days * (1.0 - passing) / passing


def crossover(shedding: float, founding: float, days: float) -> float:
    """Return the share passing the lung at which both routes bring as many; see `secondary_over_primary`.

    Parameters
    ----------
    shedding : float [1/day]
    founding : float
    days : float [day]

    Returns
    -------
    float, in [0, 1)

    Examples
    --------
    >>> round(crossover(4e-3, 1e-4, 1000.0), 7)
    0.0003998
    """
    product = shedding * founding * days
    return product / (1.0 + product)
