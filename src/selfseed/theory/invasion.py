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

    References
    ----------
    Franssen et al. (2019), https://doi.org/10.1007/s11538-019-00597-x
    """
    return production * cells / decay * -np.expm1(-decay * time)


def matrix_left(
    cells: float, production: float, decay: float, contact: float, by_protease: float, time: np.ndarray
) -> np.ndarray:
    r"""Return the share of the matrix that is left where cells are uniform.

    .. math:: w = \exp\left(-\Gamma_1 c t - \Gamma_2 \frac{\Theta c}{\Lambda}
              \left(t - \frac{1 - e^{-\Lambda t}}{\Lambda}\right)\right)

    References
    ----------
    Franssen et al. (2019), https://doi.org/10.1007/s11538-019-00597-x
    """
    made = production * cells / decay * (time + np.expm1(-decay * time) / decay)
    return np.exp(-contact * cells * time - by_protease * made)


def survivors(
    singles: float, clusters: float, single_survives: float = 5e-4, cluster_survives: float = 2.5e-2
) -> float:
    """Return the expected survivors among circulating single cells and clusters.

    References
    ----------
    Franssen et al. (2019), https://doi.org/10.1007/s11538-019-00597-x

    Examples
    --------
    >>> survivors(1e4, 100.0)
    7.5
    """
    return singles * single_survives + clusters * cluster_survives
