"""How well a population foretells the late growth of an animal that was left out, from its first measurements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from selfseed.inference.population import fit_mixed, predict_animal


@dataclass(frozen=True)
class HeldOut:
    """Hold predictions of measurements that no fit had seen.

    Attributes
    ----------
    animal : str[n]
    day, value, low, median, high : float[n]
        What was measured, and what was foretold.
    ahead : float[n] [day]
        Since the last measurement that was known.
    nominal : float
        Share of the measurements that should lie between low and high.
    """

    animal: np.ndarray
    day: np.ndarray
    value: np.ndarray
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    ahead: np.ndarray
    nominal: float

    @property
    def inside(self) -> float:
        """Return the share of the measurements between low and high."""
        return float(np.mean((self.low <= self.value) & (self.value <= self.high)))

    @property
    def inside_error(self) -> float:
        """Return the standard error of that share, over animals: the measurements of one hang together."""
        hit = (self.low <= self.value) & (self.value <= self.high)
        totals = np.array([(hit[self.animal == one] - self.inside).sum() for one in np.unique(self.animal)])
        return float(np.sqrt((totals**2).sum()) / len(hit))

    @property
    def relative_error(self) -> float:
        """Return the median of the relative errors, either way."""
        return float(np.median(abs(np.log(self.median / self.value))))


def predict_held_out(
    animal: Sequence | np.ndarray,
    day: Sequence[float] | np.ndarray,
    value: Sequence[float] | np.ndarray,
    law: str,
    *,
    start: float | None = 1.0,
    known: int = 3,
    parts: int = 11,
    nominal: float = 0.9,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> HeldOut:
    """Foretell each animal's later measurements from its first ones and from the animals of all other parts.

    Parameters
    ----------
    animal, day, value, law, start : see `fit_mixed`
    known : int, >= 0
        Measurements of the animal that are used.
    parts : int, >= 2
        Animals are dealt into so many parts by chance; the population is fitted without one part at a time.
    nominal : float, in (0, 1)
    seed : int
    progress : callable (done, total), optional

    References
    ----------
    Vaghi et al. (2020), https://doi.org/10.1371/journal.pcbi.1007178
    """
    animal, day, value = np.asarray(animal), np.asarray(day, float), np.asarray(value, float)
    names = np.random.default_rng(seed).permutation(np.unique(animal))
    tails = [50.0 * (1.0 - nominal), 50.0, 50.0 * (1.0 + nominal)]
    rows: list[tuple] = []
    for part in range(parts):
        left_out = names[part::parts]
        others = ~np.isin(animal, left_out)
        fit = fit_mixed(animal[others], day[others], value[others], law, start=start, errors=False)
        for number, one in enumerate(left_out):
            here = np.flatnonzero(animal == one)
            here = here[np.argsort(day[here], kind="stable")]
            early, late = here[:known], here[known:]
            if not late.size:
                continue
            drawn = predict_animal(fit, day[early], value[early], day[late], seed=seed + part * 10_000 + number)
            last = day[early[-1]] if early.size else 0.0
            low, median, high = np.percentile(drawn, tails, axis=0)
            ahead = day[late] - last
            rows += zip([str(one)] * late.size, day[late], value[late], low, median, high, ahead, strict=True)
        progress(part + 1, parts)
    named, days, seen, low, median, high, ahead = (np.array(column) for column in zip(*rows, strict=True))
    return HeldOut(named, days, seen, low, median, high, ahead, nominal)
