"""Means, spreads and quantiles of many replicates that were never in memory together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BINS_PER_DECADE = 40
LOWEST_DECADE, HIGHEST_DECADE = -9, 13
"""Quantiles are told apart between 10^-9 and 10^13; what lies beyond counts as the limit, what is 0 as 0."""

BINS = (HIGHEST_DECADE - LOWEST_DECADE) * BINS_PER_DECADE + 2


@dataclass(frozen=True)
class Moments:
    """Hold what is left of many replicates of an array of numbers >= 0, the replicates along the second axis.

    Attributes
    ----------
    count : float[...]
        Replicates with a number; NaN counts as none.
    mean, squares : float[...]
        Their mean, and the sum of the squared distances to it.
    bins : int[..., BINS]
        Replicates by size: none at all, then 40 bins for each factor of 10.
    """

    count: np.ndarray
    mean: np.ndarray
    squares: np.ndarray
    bins: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Moments:
        """Return the moments of ``values`` (arm, replicate, ...), over the replicates."""
        known = np.isfinite(values)
        count = known.sum(axis=1).astype(float)
        filled = np.where(known, values, 0.0)
        mean = filled.sum(axis=1) / np.maximum(count, 1.0)
        squares = (np.where(known, values - mean[:, None], 0.0) ** 2).sum(axis=1)
        return cls(count, mean, squares, _counted(values, known))

    def and_then(self, other: Moments) -> Moments:
        """Return the moments of both sets of replicates together.

        References
        ----------
        Chan, Golub & LeVeque (1983), https://doi.org/10.1080/00031305.1983.10483115
        """
        count = self.count + other.count
        share = other.count / np.maximum(count, 1.0)
        apart = other.mean - self.mean
        return Moments(
            count,
            self.mean + apart * share,
            self.squares + other.squares + apart**2 * self.count * share,
            self.bins + other.bins,
        )

    def deviation(self) -> np.ndarray:
        """Return the standard deviation over replicates; NaN where there are fewer than 2."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.count > 1, np.sqrt(self.squares / (self.count - 1.0)), np.nan)

    def means(self) -> np.ndarray:
        """Return the mean over replicates; NaN where there are none."""
        return np.where(self.count > 0, self.mean, np.nan)

    def quantile(self, share: float) -> np.ndarray:
        """Return a quantile over replicates, right to half a bin (3 %); NaN where there are no replicates."""
        below = np.cumsum(self.bins, axis=-1)
        reached = below >= np.maximum(share * self.count, 1e-9)[..., None]
        which = np.argmax(reached, axis=-1)
        exponent = LOWEST_DECADE + (which - 0.5) / BINS_PER_DECADE
        return np.where(self.count > 0, np.where(which > 0, 10.0**exponent, 0.0), np.nan)

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the parts as arrays, ready to be kept."""
        return {f"{name}/{part}": getattr(self, part) for part in ("count", "mean", "squares", "bins")}

    @classmethod
    def kept(cls, arrays: dict[str, np.ndarray], name: str) -> Moments:
        """Return what `arrays` made."""
        return cls(*(arrays[f"{name}/{part}"] for part in ("count", "mean", "squares", "bins")))


def _counted(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return int[arm, ..., BINS]: how many replicates fall into each bin."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.log10(np.where(values > 0.0, values, 1.0))
    inside = np.clip((exponent - LOWEST_DECADE) * BINS_PER_DECADE, 0, BINS - 2).astype(np.int64) + 1
    which = np.where(values > 0.0, inside, 0)
    shape = (values.shape[0], *values.shape[2:])
    counted = np.zeros((*shape, BINS), np.int32)
    cell = np.moveaxis(np.arange(int(np.prod(shape))).reshape(shape)[:, None] + np.zeros_like(which), 1, 1)
    np.add.at(counted.reshape(-1), (cell * BINS + which)[known], 1)
    return counted
