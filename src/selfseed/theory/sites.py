"""Sites of a cancer as the states of a Markov chain (Newton et al. 2012)."""

import numpy as np


def stationary(chain: np.ndarray) -> np.ndarray:
    r"""Return the distribution over sites that the chain leaves as it is, :math:`\pi T = \pi`.

    Parameters
    ----------
    chain : float[n, n]
        T; rows sum to 1.

    Returns
    -------
    float[n]

    References
    ----------
    Newton et al. (2012), https://doi.org/10.1371/journal.pone.0034637

    Examples
    --------
    >>> stationary(np.array([[0.9, 0.1], [0.3, 0.7]])).round(6)
    array([0.75, 0.25])
    """
    size = len(chain)
    equations = np.vstack([(np.eye(size) - chain).T, np.ones(size)])
    return np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0), rcond=None)[0]


def mean_first_passage(chain: np.ndarray) -> np.ndarray:
    r"""Return the mean steps from each site to each other, and back to itself on the diagonal.

    .. math:: m_{ij} = (Z_{jj} - Z_{ij}) / \pi_j, \qquad Z = (I - T + 1 \pi)^{-1}, \qquad m_{ii} = 1 / \pi_i

    Parameters
    ----------
    chain : float[n, n]

    Returns
    -------
    float[n, n]

    References
    ----------
    Kemeny & Snell, Finite Markov Chains (1960), chapter 4.

    Examples
    --------
    >>> toy = np.array([[.30, .45, .15, .10], [.10, .40, .25, .25], [.05, .15, .70, .10], [.04, .16, .10, .70]])
    >>> [round(float(steps), 5) for steps in mean_first_passage(toy)[0]]
    [12.84265, 3.49854, 6.09868, 6.80203]
    """
    distribution = stationary(chain)
    size = len(chain)
    fundamental = np.linalg.inv(np.eye(size) - chain + np.outer(np.ones(size), distribution))
    steps = (np.diag(fundamental)[None, :] - fundamental) / distribution[None, :]
    np.fill_diagonal(steps, 1.0 / distribution)
    return steps
