"""What is believed of a parameter before the data: a density, its quantiles, its limits."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

Kind = Literal["lognormal", "normal", "uniform", "loguniform"]
HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Prior:
    """Say how likely each value of a parameter is beforehand, in the unit of the table of parameters.

    Attributes
    ----------
    kind : {"lognormal", "normal", "uniform", "loguniform"}
    centre : float
        Median of a (log)normal; the lower limit of a (log)uniform.
    width : float
        Standard deviation of the logarithm, or of the value; the upper limit of a (log)uniform.
    low, high : float
        What is allowed; a (log)normal is cut there.
    """

    kind: Kind
    centre: float
    width: float
    low: float
    high: float

    @property
    def is_log(self) -> bool:
        """Tell whether the parameter is moved on the logarithmic scale."""
        return self.kind in ("lognormal", "loguniform")

    def log_density(self, value: float) -> float:
        """Return the logarithm of the density, not corrected for what a cut takes away; minus infinity outside."""
        if not self.low <= value <= self.high or (self.is_log and value <= 0.0):
            return -math.inf
        if self.kind == "uniform":
            return -math.log(self.width - self.centre)
        if self.kind == "loguniform":
            return -math.log(value) - math.log(math.log(self.width / self.centre))
        if self.kind == "normal":
            z = (value - self.centre) / self.width
            return -0.5 * z * z - HALF_LOG_2PI - math.log(self.width)
        z = math.log(value / self.centre) / self.width
        return -0.5 * z * z - HALF_LOG_2PI - math.log(self.width) - math.log(value)

    def draw(self, share: np.ndarray | float) -> np.ndarray | float:
        """Return the values below which the given shares of the prior lie, kept within the limits."""
        if self.kind == "uniform":
            return self.centre + (self.width - self.centre) * np.asarray(share)
        if self.kind == "loguniform":
            return self.centre * (self.width / self.centre) ** np.asarray(share)
        with np.errstate(over="ignore"):
            z = ndtri(np.asarray(share))
            value = self.centre + self.width * z if self.kind == "normal" else self.centre * np.exp(self.width * z)
        return np.clip(value, self.low, self.high)

    def to_scale(self, value: np.ndarray | float) -> np.ndarray | float:
        """Return where a value lies on the scale on which it is moved: its logarithm, or itself."""
        return np.log(value) if self.is_log else value

    def from_scale(self, point: float) -> float:
        """Return the value at a point of that scale, kept within the limits."""
        value = math.exp(min(point, 700.0)) if self.is_log else point
        return min(max(value, self.low), self.high)

    def holds(self, point: float) -> bool:
        """Tell whether a point of that scale is within the limits, but for rounding."""
        if not self.is_log:
            return self.low <= point <= self.high
        lowest = math.log(self.low) if self.low > 0.0 else -math.inf
        return lowest - 1e-9 <= point <= math.log(self.high) + 1e-9
