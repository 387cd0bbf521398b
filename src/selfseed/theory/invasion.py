"""Uniform solutions of the invasion model of Franssen et al. 2019, and the survival of its circulating cells.

selfseed has no tissue in space yet: these are what it will be held against, and what its one-way preset stands beside.
"""

import numpy as np


def protease(cells: float, production: float, decay: float, time: np.ndarray) -> np.ndarray:
    r"""Return the protease that uniform mesenchymal cells make, :math:`(\Theta c/\Lambda)(1-e^{-\Lambda t})`.

    Parameters
    ----------
    cells, production, decay : float [non-dimensional]
    time : float[n]

    Returns
    -------
    float[n]

    References
    ----------
    Franssen et al. (2019), https://doi.org/10.1007/s11538-019-00597-x

    Examples
    --------
    >>> round(float(protease(0.3, 0.195, 0.1, np.array(20.0))), 6)
    0.505829
    """
    return production * cells / decay * -np.expm1(-decay * time)


def matrix_left(
    cells: float, production: float, decay: float, contact: float, by_protease: float, time: np.ndarray
) -> np.ndarray:
    r"""Return the share of the matrix that is left where cells are uniform.

    .. math:: w = \exp\left(-\Gamma_1 c t - \Gamma_2 \frac{\Theta c}{\Lambda}
              \left(t - \frac{1 - e^{-\Lambda t}}{\Lambda}\right)\right)

    Parameters
    ----------
    cells, production, decay : float [non-dimensional]
        c, Theta and Lambda.
    contact, by_protease : float [non-dimensional]
        Gamma_1 and Gamma_2: degradation by the cells themselves, and by their protease.
    time : float[n]

    Returns
    -------
    float[n]

    References
    ----------
    Franssen et al. (2019), https://doi.org/10.1007/s11538-019-00597-x

    Examples
    --------
    >>> round(float(matrix_left(0.3, 0.195, 0.1, 1.0, 1.0, np.array(4.0))), 6)
    0.199614
    """
    made = production * cells / decay * (time + np.expm1(-decay * time) / decay)
    return np.exp(-contact * cells * time - by_protease * made)


def survivors(
    singles: float, clusters: float, single_survives: float = 5e-4, cluster_survives: float = 2.5e-2
) -> float:
    """Return the expected survivors among circulating single cells and clusters.

    Parameters
    ----------
    singles, clusters : float, >= 0
        That entered the blood.
    single_survives, cluster_survives : float, in [0, 1]

    Returns
    -------
    float

    References
    ----------
    Franssen et al. (2019), https://doi.org/10.1007/s11538-019-00597-x

    Examples
    --------
    >>> survivors(1e4, 100.0)
    7.5
    """
    return singles * single_survives + clusters * cluster_survives
