"""Hold probabilities against the truth: Brier score, log loss, area under the curve, reliability with its band."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLIP = 0.01
"""Probabilities are kept this far from 0 and 1 in the log loss, which one sure mistake would otherwise decide."""

EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.98, 1.0)
"""Where the bins of the reliability curve end."""


@dataclass(frozen=True)
class Bin:
    """Hold the patients whose probability lies between two edges.

    Parameters
    ----------
    patients : int
    mean : float
        The mean probability they were given.
    found : float
        The share of them that truly were reseeded.
    low, high : float
        Between these the share lies in 95 of 100 repeats if the probabilities are right.
    """

    patients: int
    mean: float
    found: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the share lies in its band."""
        return self.low - 1e-9 <= self.found <= self.high + 1e-9


@dataclass(frozen=True)
class Calibration:
    """Hold how well probabilities of reseeding kept what they promised.

    Parameters
    ----------
    probability : array (patients,), in [0, 1]
    truth : bool array (patients,)
    """

    probability: NDArray[np.float64]
    truth: NDArray[np.bool_]

    @property
    def brier(self) -> float:
        """The mean squared distance of probability and truth."""
        return float(((self.probability - self.truth) ** 2).mean())

    @property
    def log_loss(self) -> float:
        """The mean negative log probability of the truth [nat], clipped at ``CLIP``."""
        given = np.clip(self.probability, CLIP, 1 - CLIP)
        return float(-np.log(np.where(self.truth, given, 1 - given)).mean())

    @property
    def area(self) -> float:
        """The area under the receiver operating curve: how often a reseeded patient ranks above another."""
        from scipy.stats import rankdata

        reseeded, others = int(self.truth.sum()), int((~self.truth).sum())
        if not reseeded or not others:
            return float("nan")
        ranks = rankdata(self.probability)[self.truth].sum()
        return float((ranks - reseeded * (reseeded + 1) / 2) / (reseeded * others))

    @property
    def found(self) -> int:
        """Reseeded patients called so (probability at least 1/2)."""
        return int((self.truth & (self.probability >= 0.5)).sum())

    @property
    def false(self) -> int:
        """Patients called reseeded that were not."""
        return int((~self.truth & (self.probability >= 0.5)).sum())

    def bins(self, edges: Sequence[float] = EDGES, repeats: int = 4000) -> tuple[Bin, ...]:
        """Return the reliability curve: each bin's share of reseeded patients, with its band if all is right.

        The band is simulated: each patient of the bin is reseeded with its own probability.
        """
        rng = np.random.default_rng(0)
        where = np.clip(np.searchsorted(edges, self.probability, side="right") - 1, 0, len(edges) - 2)
        curve = []
        for number in range(len(edges) - 1):
            given, truth = self.probability[where == number], self.truth[where == number]
            if given.size == 0:
                continue
            shares = (rng.random((repeats, given.size)) < given).mean(axis=1)
            low, high = np.quantile(shares, [0.025, 0.975])
            curve.append(Bin(given.size, float(given.mean()), float(truth.mean()), float(low), float(high)))
        return tuple(curve)

    def table(self) -> str:
        """Return the reliability curve as tab-separated text."""
        lines = ["patients\tmean_probability\treseeded\tlow_95\thigh_95\tinside"]
        lines += [
            f"{each.patients}\t{each.mean:.4f}\t{each.found:.4f}\t{each.low:.4f}\t{each.high:.4f}\t{each.inside}"
            for each in self.bins()
        ]
        return "\n".join(lines) + "\n"
