"""Which parameters a design can tell: Fisher information, the direction it cannot see, and what to measure besides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

BEFOREHAND = float(np.log(10.0))
"""What is known without data: each parameter to within a factor of ten, as a standard deviation of its logarithm."""
TOLD = float(np.log(2.0)) / 1.96
"""A parameter is told when its 95 % interval is no wider than a factor of two either way."""
PART = 0.3
"""Share of a direction, as a cosine, from which a parameter is named."""

Predict = Callable[[np.ndarray], np.ndarray]
"""From the logarithms of parameters, 0 being the usual values, to observables on the scale of their noise."""


@dataclass(frozen=True)
class Judgement:
    """Hold what a design can tell of parameters.

    Attributes
    ----------
    names : tuple of str
    error : float[parameter]
        Standard error of the logarithm, each known to within a factor of ten beforehand.
    bare_error : float[parameter]
        From the data alone; infinite where they say nothing.
    rank : int
        Directions that the data alone tell to within a factor of two.
    condition : float
        Largest over smallest eigenvalue of the information.
    worst : float[parameter]
        The direction of unit length that the data see least.
    worst_error : float
        How far one may go in it, in e-folds, before the data move by one standard error.
    """

    names: tuple[str, ...]
    error: np.ndarray
    bare_error: np.ndarray
    rank: int
    condition: float
    worst: np.ndarray
    worst_error: float

    @property
    def told(self) -> tuple[str, ...]:
        """Return the parameters whose 95 % interval is no wider than a factor of two either way."""
        return tuple(name for name, error in zip(self.names, self.error, strict=True) if error <= TOLD)

    def words(self) -> str:
        """Say in a sentence what the data see least."""
        order = np.argsort(-abs(self.worst))
        parts = [number for number in order if abs(self.worst[number]) >= PART]
        sign = np.sign(self.worst[parts[0]])
        up = [self.names[number] for number in parts if self.worst[number] * sign > 0.0]
        down = [self.names[number] for number in parts if self.worst[number] * sign < 0.0]
        lost = self.worst_error > np.log(1e6)
        seen = "the data do not move" if lost else f"by {np.exp(self.worst_error):.3g}-fold, the data move by one error"
        if len(parts) == 1:
            return f"{up[0]} cannot be told: change it alone, and {seen}" if lost else f"{up[0]}: changed {seen}"
        moved = " while ".join(filter(None, [_both(up, "rise"), _both(down, "fall")]))
        return f"{_joined([*up, *down])} cannot be told apart: when {moved}, {'' if lost else 'together '}{seen}"


@dataclass(frozen=True)
class Profile:
    """Hold the profile likelihood of one parameter.

    Attributes
    ----------
    name : str
    fold : float[n]
        The parameter relative to its usual value.
    deviance : float[n]
        Twice the logarithm of the likelihood ratio, all other parameters fitted anew.
    """

    name: str
    fold: np.ndarray
    deviance: np.ndarray

    def interval(self, most: float = 3.841) -> tuple[float, float]:
        """Return between which folds the deviance stays below ``most``; 0 or infinite where it never goes above."""
        inside = self.deviance <= most
        middle = int(abs(np.log(self.fold)).argmin())
        low, high = middle, middle
        while low > 0 and inside[low - 1]:
            low -= 1
        while high < len(inside) - 1 and inside[high + 1]:
            high += 1
        return self._crossing(low, low - 1, most), self._crossing(high, high + 1, most)

    def _crossing(self, inside: int, outside: int, most: float) -> float:
        if not 0 <= outside < len(self.fold):
            return 0.0 if outside < 0 else float("inf")
        low, high = self.deviance[inside], self.deviance[outside]
        share = (most - low) / (high - low)
        logs = np.log(self.fold[[inside, outside]])
        return float(np.exp(logs[0] + share * (logs[1] - logs[0])))


def jacobian(predict: Predict, count: int, step: float = 0.05) -> np.ndarray:
    """Return the derivative of every observable by the logarithm of every parameter (observable, parameter).

    Parameters
    ----------
    predict : callable
    count : int
        Parameters.
    step : float
        To either side, in e-folds.
    """
    columns = []
    for number in range(count):
        away = np.zeros(count)
        away[number] = step
        columns.append((predict(away) - predict(-away)) / (2.0 * step))
    return np.array(columns).T


def information(derivative: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    r"""Return the Fisher information :math:`J^T C^{-1} J` of observables with normal noise.

    Parameters
    ----------
    derivative : float[observable, parameter]
    covariance : float[observable, observable]
    """
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), derivative)
    return whitened.T @ whitened


def judge(fisher: np.ndarray, names: Sequence[str], beforehand: float = BEFOREHAND) -> Judgement:
    """Return what a Fisher information tells.

    Parameters
    ----------
    fisher : float[parameter, parameter]
        Of the logarithms of the parameters.
    names : sequence of str
    beforehand : float
        What is known without data: standard deviation of the logarithm of each parameter.
    """
    values, vectors = np.linalg.eigh((fisher + fisher.T) / 2.0)
    values = np.maximum(values, 0.0)
    smallest = max(float(values[-1]) * 1e-13, 1e-300)
    certain = np.linalg.inv(fisher + np.eye(len(names)) / beforehand**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(vectors**2 > 1e-12, vectors**2 / np.where(values > smallest, values, 0.0), 0.0)
        bare = np.sqrt(parts.sum(axis=1))
        worst_error = float(1.0 / np.sqrt(values[0])) if values[0] > smallest else float("inf")
    return Judgement(
        names=tuple(names),
        error=np.sqrt(np.diag(certain)),
        bare_error=bare,
        rank=int(np.sum(values >= 1.0 / np.log(2.0) ** 2)),
        condition=float(values[-1] / values[0]) if values[0] > smallest else float("inf"),
        worst=vectors[:, 0],
        worst_error=worst_error,
    )


def judge_designs(
    derivative: np.ndarray,
    covariance: np.ndarray,
    names: Sequence[str],
    kinds: Sequence[str],
    designs: Mapping[str, Sequence[str]],
) -> dict[str, Judgement]:
    """Return what each design tells.

    Parameters
    ----------
    derivative, covariance : see `information`
    names : sequence of str
        Parameters.
    kinds : sequence of str
        Of each observable.
    designs : mapping of str to sequence of str
        The kinds of observables that each design measures.
    """
    kind = np.array(kinds)
    judged = {}
    for design, measured in designs.items():
        rows = np.flatnonzero(np.isin(kind, list(measured)))
        judged[design] = judge(information(derivative[rows], covariance[np.ix_(rows, rows)]), names)
    return judged


def profile(
    predict: Predict,
    names: Sequence[str],
    covariance: np.ndarray,
    which: str,
    *,
    folds: Sequence[float] = (0.1, 0.3, 1.0, 3.0, 10.0),
    limits: np.ndarray | None = None,
    start: np.ndarray | None = None,
    rounds: int = 6,
) -> Profile:
    """Return the profile likelihood of one parameter: fixed at each fold, all others fitted to the usual outcome.

    Parameters
    ----------
    predict : callable
    names : sequence of str
    covariance : float[observable, observable]
    which : str
        The parameter.
    folds : sequence of float
        Rising, 1 among them.
    limits : float[parameter, 2], optional
        Of the logarithms; a factor of a thousand either way, unless given.
    start : float[observable, parameter], optional
        The derivative at the usual values; it is renewed by Broyden's rule as the fit moves on.
    rounds : int
        Steps of the fit at each fold.

    References
    ----------
    Raue et al. (2009), https://doi.org/10.1093/bioinformatics/btp358
    """
    count = len(names)
    fixed = list(names).index(which)
    whiten = np.linalg.inv(np.linalg.cholesky(covariance))
    usual = whiten @ predict(np.zeros(count))
    slope = whiten @ (jacobian(predict, count) if start is None else start)
    limits = np.tile(np.log([1e-3, 1e3]), (count, 1)) if limits is None else limits
    fit = _Fit(predict, whiten, usual, fixed, limits)
    deviance = np.zeros(len(folds))
    middle = int(abs(np.log(folds)).argmin())
    for order in (range(middle + 1, len(folds)), range(middle - 1, -1, -1)):
        state = _State(np.zeros(count), np.zeros(len(usual)), slope)
        for number in order:
            state = fit.at(float(np.log(folds[number])), state, rounds)
            deviance[number] = float(state.residual @ state.residual)
    return Profile(which, np.array(folds, dtype=float), deviance)


@dataclass(frozen=True)
class _State:
    """Hold a point, its residual in standard errors, and the derivative of the residual there."""

    point: np.ndarray
    residual: np.ndarray
    slope: np.ndarray


@dataclass(frozen=True)
class _Fit:
    """Fit all parameters but one to the usual outcome, by damped least squares with Broyden's rule."""

    predict: Predict
    whiten: np.ndarray
    usual: np.ndarray
    fixed: int
    limits: np.ndarray

    def at(self, value: float, start: _State, rounds: int) -> _State:
        """Return the fit with the parameter fixed at ``value``."""
        damping = 1e-6
        best = self._step(self._moved(value, start, damping), start)
        slope = best.slope
        for _ in range(rounds):
            best = _State(best.point, best.residual, slope)
            trial = self._moved(value, best, damping)
            if abs(trial - best.point).max() < 1e-4:
                break
            tried = self._step(trial, best)
            slope = tried.slope
            if tried.residual @ tried.residual < best.residual @ best.residual:
                best, damping = tried, damping / 10.0
            else:
                damping = max(damping * 100.0, 1e-2)
        return _State(best.point, best.residual, slope)

    def _moved(self, value: float, state: _State, damping: float) -> np.ndarray:
        """Return where the next step leads, within the limits."""
        shift = np.zeros(len(state.point))
        shift[self.fixed] = value - state.point[self.fixed]
        free = [number for number in range(len(shift)) if number != self.fixed]
        target = -(state.residual + state.slope @ shift)
        part = state.slope[:, free]
        normal = part.T @ part
        scale = damping * (np.diag(normal).max(initial=0.0) + 1.0)
        shift[free] = np.linalg.solve(normal + scale * np.eye(len(free)), part.T @ target)
        moved = np.clip(state.point + np.clip(shift, -2.0, 2.0), self.limits[:, 0], self.limits[:, 1])
        moved[self.fixed] = value
        return moved

    def _step(self, point: np.ndarray, before: _State) -> _State:
        """Evaluate a point, and renew the derivative."""
        residual = self.whiten @ self.predict(point) - self.usual
        shift = point - before.point
        length = float(shift @ shift)
        slope = before.slope
        if length > 0.0:
            slope = slope + np.outer(residual - before.residual - slope @ shift, shift) / length
        return _State(point, residual, slope)


def _both(names: Sequence[str], what: str) -> str:
    return f"{_joined(names)} {what}{'s' if len(names) == 1 else ''}" if names else ""


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
