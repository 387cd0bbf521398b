"""Mixed effects: parameters that differ between animals, their middle and spread, with each animal integrated out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np

Curve = Callable[[np.ndarray], np.ndarray]
"""From float[animal, node, parameter] to the expected float[animal, node, observation], on the scale of the data."""

MOST_STEPS, HALVINGS, LONGEST = 50, 8, 2.0
"""Of the search for the mode of an animal; steps are in spreads of the population."""
FAR = 1e6
"""What stands for the residual where a curve could not be computed."""
NARROWEST, WIDEST = 1e-3, 20.0
"""Limits of spreads and of the error."""


@dataclass(frozen=True)
class Population:
    """Hold what a population is: the law from which each animal draws, and the error of a measurement.

    Attributes
    ----------
    middle : float[parameter]
        Of the parameters, on the scale on which they are normal.
    covariance : float[random, random]
        Between animals, of those parameters that differ.
    error : float
        Standard deviation of a measurement, on the scale of the data.
    """

    middle: np.ndarray
    covariance: np.ndarray
    error: float


@dataclass(frozen=True)
class Setup:
    """Hold the data and the curve of a fit.

    Attributes
    ----------
    values : float[animal, observation]
        NaN where an animal has fewer observations than others.
    curve : callable
        See `Curve`.
    differs : bool[parameter]
        Which parameters differ between animals.
    nodes : int
        Points of the quadrature along each of them.
    learn_error : bool
    belief_middle, belief_precision : float[parameter]
        A normal belief about the middles; a precision of 0 is none.
    lowest, highest : float[parameter]
        Limits of the middles.
    step, close : float
        For differences of the curve, and for the mode of an animal: larger where the curve is costly or rough.
    careful : bool
        Whether each mode is looked for from the middle of the population too.
    """

    values: np.ndarray
    curve: Curve
    differs: np.ndarray
    nodes: int
    learn_error: bool
    belief_middle: np.ndarray
    belief_precision: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    step: float = 1e-4
    close: float = 1e-7
    careful: bool = True

    @property
    def observations(self) -> int:
        """Return how many values there are."""
        return int(np.isfinite(self.values).sum())

    def residuals(self, places: np.ndarray) -> np.ndarray:
        """Return float[animal, node, observation]: data minus curve, 0 where nothing was observed."""
        apart = np.nan_to_num(self.values[:, None] - self.curve(places), nan=FAR, posinf=FAR, neginf=-FAR)
        return np.where(np.isfinite(self.values)[:, None], apart, 0.0)

    @cached_property
    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return nodes float[node, random] and log weights of a Gauss-Hermite rule for the standard normal law."""
        points, weights = np.polynomial.hermite_e.hermegauss(self.nodes)
        many = int(self.differs.sum())
        nodes = np.array(list(product(points, repeat=many)))
        logs = np.log(np.array(list(product(weights / weights.sum(), repeat=many)))).sum(axis=1)
        return nodes, logs


@dataclass(frozen=True)
class Expected:
    """Hold what the data say of each animal under a population.

    Attributes
    ----------
    modes : float[animal, random]
        The likeliest place of each animal, in spreads of the population: standard normal beforehand.
    roots : float[animal, random, random]
        Of the covariance about the mode (Gauss-Newton), on the same scale.
    own : float[animal, node, random]
        Nodes of the quadrature on that scale.
    places : float[animal, node, parameter]
    weights : float[animal, node]
        Add up to 1 for each animal.
    residuals : float[animal, node, observation]
    log_likelihood : float[animal]
        With the animal's own values integrated out.
    """

    modes: np.ndarray
    roots: np.ndarray
    own: np.ndarray
    places: np.ndarray
    weights: np.ndarray
    residuals: np.ndarray
    log_likelihood: np.ndarray


@dataclass(frozen=True)
class MixedFit:
    """Hold a fitted population.

    Attributes
    ----------
    population : Population
    expected : Expected
        Of the animals under it.
    log_likelihood : float
    packed_covariance : float[n, n]
        Of the errors of what `pack` returns; NaN where the data leave something open.
    converged : bool
    free : int
        Numbers that were learnt.
    """

    population: Population
    expected: Expected
    log_likelihood: float
    packed_covariance: np.ndarray
    converged: bool
    free: int


def fit_population_of(
    setup: Setup, start: Population, *, rounds: int = 30, most: int = 300, errors: bool = True
) -> MixedFit:
    r"""Return the population under which the data are likeliest.

    .. math:: \ln L = \sum_i \ln \int p(y_i | x)\, N(x; \mu, \Omega)\, dx

    The integral over each animal is taken by Gauss-Hermite quadrature about that animal's own mode. Some rounds of
    expectation and maximisation lead near to the maximum, and a climb along the gradient (by Fisher's identity) to it.

    Parameters
    ----------
    setup : Setup
    start : Population
    rounds, most : int
        Of expectation and maximisation, and steps of the climb that follows.
    errors : bool
        Whether standard errors are wanted: by differences of the gradient.

    References
    ----------
    Pinheiro & Bates (1995), https://doi.org/10.1080/10618600.1995.10474663; Dempster, Laird & Rubin (1977),
    https://doi.org/10.1111/j.2517-6161.1977.tb01600.x
    """
    from scipy.optimize import minimize

    population, modes = start, None
    for _ in range(rounds):
        found = expect(setup, population, modes)
        population, modes = _maximised(setup, population, found), found.modes

    def fall(point: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal modes
        at = unpack(setup, point, population)
        expected = expect(setup, at, modes)
        modes = expected.modes
        return -_objective(setup, at, expected), -_gradient(setup, at, expected)

    limits = _limits(setup)
    best = minimize(
        fall, pack(setup, population), jac=True, method="L-BFGS-B", bounds=limits,
        options={"maxiter": most, "ftol": min(1e-4 * setup.close, 1e-8), "gtol": 1e-3},
    )  # fmt: skip
    population = unpack(setup, best.x, population)
    expected = expect(setup, population, modes)
    covariance = _inverse(_curvature(fall, best.x)) if errors else np.full((best.x.size, best.x.size), np.nan)
    total = float(expected.log_likelihood.sum())
    return MixedFit(population, expected, total, covariance, bool(best.success), best.x.size)


def place(setup: Setup, population: Population, own: np.ndarray) -> np.ndarray:
    """Return where animals are whose own values are standard normal: float[..., random] to float[..., parameter]."""
    places = np.broadcast_to(population.middle, (*own.shape[:-1], setup.differs.size)).copy()
    places[..., setup.differs] += own @ np.linalg.cholesky(population.covariance).T
    return places


def expect(setup: Setup, population: Population, near: np.ndarray | None = None) -> Expected:
    """Return what the data say of each animal under a population; ``near`` is where its mode was before."""
    modes, hessians = _modes(setup, population, near)
    roots = np.linalg.cholesky(np.linalg.inv(hessians))
    nodes, log_weights = setup.grid
    own = modes[:, None] + np.einsum("ijk,nk->inj", roots, nodes)
    places = place(setup, population, own)
    residuals = setup.residuals(places)
    lack = (residuals**2).sum(axis=-1) / population.error**2 + (own**2).sum(axis=-1)
    logs = log_weights - 0.5 * lack + 0.5 * (nodes**2).sum(axis=-1)
    highest = logs.max(axis=1, keepdims=True)
    weights = np.exp(logs - highest)
    total = weights.sum(axis=1)
    counts = np.isfinite(setup.values).sum(axis=1)
    log_root = np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
    log_error = 0.5 * np.log(2.0 * np.pi) + np.log(population.error)
    log_likelihood = np.log(total) + highest[:, 0] + log_root - counts * log_error
    return Expected(modes, roots, own, places, weights / total[:, None], residuals, log_likelihood)


def _modes(setup: Setup, population: Population, near: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the likeliest place of each animal and the curvature there; where careful, the better of two searches."""
    middle = np.zeros((len(setup.values), int(setup.differs.sum())))
    if near is None:
        return _climb(setup, population, middle)[:2]
    modes, hessians, lack = _climb(setup, population, near)
    if setup.careful:
        others, hessians_there, lack_there = _climb(setup, population, middle)
        better = lack_there < lack
        modes[better], hessians[better] = others[better], hessians_there[better]
    return modes, hessians


def _climb(setup: Setup, population: Population, own: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mode, curvature, and minus twice the log density there, by damped Gauss-Newton steps for all animals."""
    root = np.linalg.cholesky(population.covariance)
    own, error = own.copy(), population.error

    def lack_of(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        residual = setup.residuals(place(setup, population, at)[:, None])[:, 0]
        return residual, (residual**2).sum(axis=1) / error**2 + (at**2).sum(axis=1)

    residual, lack = lack_of(own)
    for _ in range(MOST_STEPS):
        slopes = _slopes(setup, place(setup, population, own)[:, None], setup.differs)[:, 0] @ root
        hessians = np.einsum("ioj,iok->ijk", slopes, slopes) / error**2 + np.eye(len(root))
        uphill = np.einsum("ioj,io->ij", slopes, residual) / error**2 - own
        step = np.linalg.solve(hessians, uphill[..., None])[..., 0]
        step *= np.minimum(1.0, LONGEST / np.maximum(abs(step).max(axis=1), 1e-300))[:, None]
        moving = abs(step).max(axis=1) > setup.close
        before = lack.sum()
        for _ in range(HALVINGS):
            if not moving.any():
                break
            trial = own + np.where(moving[:, None], step, 0.0)
            residual_there, there = lack_of(trial)
            better = moving & (there < lack)
            own[better], residual[better], lack[better] = trial[better], residual_there[better], there[better]
            moving &= ~better
            step = step / 2.0
        if lack.sum() >= before:
            break
    return own, hessians, lack


def _slopes(setup: Setup, places: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Return float[animal, node, observation, parameter]: how the curve moves with each of those parameters."""
    slopes = []
    for number in np.flatnonzero(which):
        shift = np.zeros(places.shape[-1])
        shift[number] = setup.step
        slopes.append((setup.residuals(places - shift) - setup.residuals(places + shift)) / (2.0 * setup.step))
    return np.stack(slopes, axis=-1)


def _maximised(setup: Setup, population: Population, found: Expected) -> Population:
    """Return the population that fits best to what is expected of the animals."""
    differs, weights = setup.differs, found.weights
    animals = len(weights)
    middle, own = population.middle.copy(), found.places[:, :, differs]
    pull = population.covariance * setup.belief_precision[differs]
    means = np.einsum("in,inj->j", weights, own) / animals
    middle[differs] = np.linalg.solve(
        animals * np.eye(len(pull)) + pull, animals * means + pull @ setup.belief_middle[differs]
    )
    apart = own - middle[differs]
    covariance = np.einsum("in,inj,ink->jk", weights, apart, apart) / animals
    covariance += NARROWEST**2 * np.eye(len(covariance))
    if not differs.all():
        slopes = _slopes(setup, found.places, ~differs)
        uphill = np.einsum("in,inoj,ino->j", weights, slopes, found.residuals) / population.error**2
        curvature = np.einsum("in,inoj,inok->jk", weights, slopes, slopes) / population.error**2
        common_belief = np.diag(setup.belief_precision[~differs])
        uphill += common_belief @ (setup.belief_middle - middle)[~differs]
        middle[~differs] += np.clip(np.linalg.solve(curvature + common_belief, uphill), -0.5, 0.5)
    middle = np.clip(middle, setup.lowest, setup.highest)
    error = population.error
    if setup.learn_error:
        error = float(np.sqrt(np.einsum("in,ino->", weights, found.residuals**2) / setup.observations))
    return replace(population, middle=middle, covariance=covariance, error=float(np.clip(error, NARROWEST, WIDEST)))


def pack(setup: Setup, population: Population) -> np.ndarray:
    """Return a population as numbers without limits: middles, the root of the covariance, and the log of the error."""
    root = np.linalg.cholesky(population.covariance)
    rows, columns = np.tril_indices(len(root))
    numbers = np.where(rows == columns, np.log(np.maximum(root[rows, columns], NARROWEST)), root[rows, columns])
    error = [np.log(population.error)] if setup.learn_error else []
    return np.concatenate([population.middle, numbers, error])


def unpack(setup: Setup, point: np.ndarray, like: Population) -> Population:
    """Return the population that `pack` made into numbers."""
    many, parameters = int(setup.differs.sum()), len(setup.differs)
    rows, columns = np.tril_indices(many)
    numbers = point[parameters : parameters + rows.size]
    root = np.zeros((many, many))
    root[rows, columns] = np.where(rows == columns, np.exp(numbers), numbers)
    error = float(np.exp(point[-1])) if setup.learn_error else like.error
    return Population(point[:parameters], root @ root.T, error)


def _limits(setup: Setup) -> list[tuple[float, float]]:
    rows, columns = np.tril_indices(int(setup.differs.sum()))
    width = (float(np.log(NARROWEST)), float(np.log(WIDEST)))
    limits: list[tuple[float, float]] = list(zip(setup.lowest.tolist(), setup.highest.tolist(), strict=True))
    limits += [width if row == column else (-WIDEST, WIDEST) for row, column in zip(rows, columns, strict=True)]
    return [*limits, width] if setup.learn_error else limits


def _objective(setup: Setup, population: Population, expected: Expected) -> float:
    """Return the log likelihood and the belief about the middles."""
    apart = population.middle - setup.belief_middle
    total = float(expected.log_likelihood.sum() - 0.5 * (setup.belief_precision * apart**2).sum())
    return total if np.isfinite(total) else -1e12


def _gradient(setup: Setup, population: Population, expected: Expected) -> np.ndarray:
    """Return the slope of `_objective` along each number of `pack`: that of the complete data, as is expected."""
    differs, weights = setup.differs, expected.weights
    root = np.linalg.cholesky(population.covariance)
    slope = -setup.belief_precision * (population.middle - setup.belief_middle)
    slope[differs] += np.linalg.solve(root.T, np.einsum("in,inj->j", weights, expected.own))
    if not differs.all():
        slopes = _slopes(setup, expected.places, ~differs)
        slope[~differs] += np.einsum("in,inoj,ino->j", weights, slopes, expected.residuals) / population.error**2
    scatter = np.einsum("in,inj,ink->jk", weights, expected.own, expected.own)
    along = np.linalg.solve(root.T, scatter - len(weights) * np.eye(len(root)))
    rows, columns = np.tril_indices(len(root))
    of_root = np.where(rows == columns, along[rows, columns] * root[rows, columns], along[rows, columns])
    lack = np.einsum("in,ino->", weights, expected.residuals**2) / population.error**2
    of_error = [lack - setup.observations] if setup.learn_error else []
    return np.concatenate([slope, of_root, of_error])


def _curvature(fall: Callable[[np.ndarray], tuple[float, np.ndarray]], point: np.ndarray) -> np.ndarray:
    """Return the second derivatives at a point, by differences of the gradient."""
    rows = []
    for number in range(point.size):
        shift = np.zeros(point.size)
        shift[number] = 1e-3
        rows.append((fall(point + shift)[1] - fall(point - shift)[1]) / 2e-3)
    curvature = np.array(rows)
    return 0.5 * (curvature + curvature.T)


def _inverse(curvature: np.ndarray) -> np.ndarray:
    """Return the inverse of a curvature, NaN if it is no curvature of a maximum."""
    if not np.isfinite(curvature).all() or np.linalg.eigvalsh(curvature).min() <= 0.0:
        return np.full_like(curvature, np.nan)
    return np.linalg.inv(curvature)
