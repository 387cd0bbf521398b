"""How far draws of a random walk can be trusted: their effective number, and whether several walks agree."""

import numpy as np
from numpy.typing import NDArray


def effective_draws(values: NDArray[np.float64]) -> float:
    """Return how many independent draws would say as much of the mean of ``values``.

    Parameters
    ----------
    values : array (chains, draws)
        One quantity along each walk, in the order drawn.

    Notes
    -----
    Autocorrelations are summed in pairs until a pair is negative (initial positive sequence). A quantity that never
    changed counts each draw.

    References
    ----------
    Geyer (1992), https://doi.org/10.1214/ss/1177011137
    """
    chains, draws = values.shape
    centred = values - values.mean()
    variance = float((centred**2).mean())
    if variance == 0.0 or draws < 4:
        return float(chains * draws)
    size = 2 ** int(np.ceil(np.log2(2 * draws)))
    spectrum = np.fft.rfft(centred, size, axis=1)
    correlation = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=1)[:, :draws].mean(axis=0) / draws / variance
    pairs = correlation[: draws // 2 * 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs < 0)
    kept = pairs[: negative[0]] if negative.size else pairs
    time = max(1.0, 2.0 * float(kept.sum()) - 1.0)
    return chains * draws / time


def shrink_factor(values: NDArray[np.float64]) -> float:
    """Return R-hat of a quantity: how much its spread might still shrink, 1 where all walks, cut in halves, agree.

    Parameters
    ----------
    values : array (chains, draws)

    References
    ----------
    Gelman and Rubin (1992), https://doi.org/10.1214/ss/1177011136
    """
    half = values.shape[1] // 2
    if half < 2:
        return float("inf")
    walks = np.concatenate([values[:, :half], values[:, half : 2 * half]])
    within = float(walks.var(axis=1, ddof=1).mean())
    between = float(walks.mean(axis=1).var(ddof=1))
    if within == 0.0:
        return 1.0 if between == 0.0 else float("inf")
    return float(np.sqrt((half - 1) / half + between / within))
