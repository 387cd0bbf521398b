"""Cells of a new clone in a growing tumour: the distribution of Luria and Delbrueck."""

import numpy as np


def lea_coulson(expected_changes: float, most: int) -> np.ndarray:
    r"""Return the chances of 0, 1, ... changed cells in a tumour grown from few cells, all growing alike.

    .. math:: p_0 = e^{-m}, \qquad p_n = \frac{m}{n} \sum_{i=0}^{n-1} \frac{p_i}{n - i + 1}

    Parameters
    ----------
    expected_changes : float, > 0
        m: chance of change per division times divisions.
    most : int, >= 0 [cells]

    Returns
    -------
    float[most + 1]
        What is missing to 1 is the chance of more than ``most``.

    Notes
    -----
    No deaths; growth of the tumour is so large that its start does not matter.

    References
    ----------
    Luria & Delbrueck (1943), https://doi.org/10.1093/genetics/28.6.491; Lea & Coulson (1949),
    https://doi.org/10.1007/BF02986080; recursion: Ma, Sandri & Sarkar (1992), https://doi.org/10.2307/3214564

    Examples
    --------
    >>> lea_coulson(1.0, 5).round(6)
    array([0.367879, 0.18394 , 0.107298, 0.068977, 0.047454, 0.034329])
    >>> upto_99 = lea_coulson(5.0, 99)
    >>> round(1.0 - float(upto_99.sum()), 5), int((upto_99.cumsum() < 0.5).sum())    # chance of 100 and more, median
    (0.06165, 14)
    """
    chances = np.empty(most + 1)
    chances[0] = np.exp(-expected_changes)
    weights = 1.0 / np.arange(2, most + 2)
    for n in range(1, most + 1):
        chances[n] = expected_changes / n * (chances[:n] @ weights[:n][::-1])
    return chances
