"""How the tumours of single animals grow: the median animal, how animals differ, and what to expect of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from selfseed.inference.mixed import MixedFit, Population, Setup, expect, fit_population_of, pack, place, unpack
from selfseed.theory.growth_curves import GROWTH_CURVES, GrowthCurve

OF_START = "start"
"""Name of the volume on day 0, where that is learnt of each animal."""
FIRST_SPREAD, FIRST_ERROR = 0.3, 0.3
HEAVY_TAIL = 5.0
"""Degrees of freedom of Student's law from which the values of an animal are proposed."""


@dataclass(frozen=True)
class GrowthFit:
    """Hold a law of growth fitted to many animals.

    Attributes
    ----------
    law : str
        One of ``GROWTH_CURVES``.
    start : float or None
        Volume on day 0; None where it is learnt of each animal, in the unit of the data.
    common : tuple of str
        Parameters that are the same in all animals.
    names, units : tuple of str
        Of the parameters; in the order of the law, then that of day 0.
    median, spread : dict of str to float
        Of the lognormal law between animals; spreads are those of the logarithm. A common parameter has no spread.
    correlation : float[random, random]
        Of the logarithms, between animals.
    error : float
        Standard deviation of the logarithm of one measurement.
    standard_error : dict of str to float
        Of the logarithms of the medians and (as ``spread NAME``) of the spreads; NaN where the data leave it open.
    animals : tuple of str
    of_animals : float[animal, parameter]
        What is expected of the logarithm of each animal's own values, as values.
    log_likelihood, aic : float
    mixed : MixedFit
    """

    law: str
    start: float | None
    common: tuple[str, ...]
    names: tuple[str, ...]
    units: tuple[str, ...]
    median: dict[str, float]
    spread: dict[str, float]
    correlation: np.ndarray
    error: float
    standard_error: dict[str, float]
    animals: tuple[str, ...]
    of_animals: np.ndarray
    log_likelihood: float
    aic: float
    mixed: MixedFit


def fit_mixed(
    animal: Sequence | np.ndarray,
    day: Sequence[float] | np.ndarray,
    value: Sequence[float] | np.ndarray,
    law: str,
    *,
    start: float | None = 1.0,
    common: Sequence[str] | None = None,
    nodes: int = 5,
    errors: bool = True,
) -> GrowthFit:
    """Fit one law of growth to all animals together; each has its own parameters, lognormal between animals.

    Parameters
    ----------
    animal : array[n]
        Which animal each observation belongs to.
    day : float[n], >= 0 [day]
    value : float[n], > 0 [mm^3, or any unit of which ``start`` is known]
    law : str
        One of ``GROWTH_CURVES``.
    start : float or None
        Volume on day 0; None learns it of each animal.
    common : sequence of str, optional
        Parameters that are the same in all animals; without it, those of which the law says so.
    nodes : int
        Of the quadrature along each parameter that differs.
    errors : bool
        Whether standard errors are wanted.

    Raises
    ------
    ValueError
        When the law is not known, or a day or a value is out of range.

    Notes
    -----
    The error of a measurement is lognormal with one size for all: measurements of small tumours that err more are not
    given less weight.

    Examples
    --------
    >>> day = np.tile([5.0, 10.0, 15.0, 20.0], 8)
    >>> rate = np.repeat(0.3 * np.exp(0.1 * np.linspace(-1.5, 1.5, 8)), 4)
    >>> fit = fit_mixed(np.repeat(np.arange(8), 4), day, np.exp(rate * day), "exponential")
    >>> round(fit.median["rate"], 3), round(fit.spread["rate"], 2)
    (0.3, 0.1)
    """
    curve = _curve(law, common)
    animals, days, logs = _table(animal, day, value)
    names = (*curve.names, OF_START) if start is None else curve.names
    usual = [*curve.usual, float(np.exp(np.nanmin(logs)))] if start is None else curve.usual
    setup = _setup(curve, days, logs, start, nodes)
    many = int(setup.differs.sum())
    first = Population(np.log(usual), FIRST_SPREAD**2 * np.eye(many), FIRST_ERROR)
    fit = fit_population_of(setup, first, errors=errors)
    return _told(law, start, names, curve, animals, setup, fit)


def sample_animal(
    fit: GrowthFit, day: Sequence[float] | np.ndarray, value: Sequence[float] | np.ndarray, *, draws: int, seed: int
) -> np.ndarray:
    """Return values of an animal's own parameters, from its measurements and the population that it is one of.

    Parameters
    ----------
    fit : GrowthFit
    day, value : float[n]
        May be empty: then the animal is any one of the population.
    draws, seed : int

    Returns
    -------
    float[draw, parameter]

    Notes
    -----
    Proposed from Student's law about the mode and drawn again by weight (importance resampling); the population is
    taken to be known.
    """
    population = fit.mixed.population
    logs = np.log(np.asarray(value, float))[None] if len(value) else np.full((1, 1), np.nan)
    days = np.asarray(day, float)[None] if len(value) else np.zeros((1, 1))
    setup = _setup(_curve(fit.law, fit.common), days, logs, fit.start, 1)
    found = expect(setup, population)
    rng = np.random.default_rng(seed)
    many, proposals = int(setup.differs.sum()), 10 * draws
    steps = rng.standard_normal((proposals, many))
    steps /= np.sqrt(rng.chisquare(HEAVY_TAIL, (proposals, 1)) / HEAVY_TAIL)
    own = found.modes + steps @ found.roots[0].T
    places = place(setup, population, own)
    residual = setup.residuals(places[None])[0]
    density = -0.5 * (residual**2).sum(axis=-1) / population.error**2 - 0.5 * (own**2).sum(axis=-1)
    density += 0.5 * (HEAVY_TAIL + many) * np.log1p((steps**2).sum(axis=-1) / HEAVY_TAIL)
    weights = np.exp(density - density.max())
    return np.exp(places[rng.choice(proposals, draws, p=weights / weights.sum())])


def predict_animal(
    fit: GrowthFit, day: Sequence[float] | np.ndarray, value: Sequence[float] | np.ndarray,
    at: Sequence[float] | np.ndarray, *, draws: int = 2000, seed: int = 0,
) -> np.ndarray:  # fmt: skip
    """Return measurements that may be made of an animal on other days, with their errors.

    Parameters
    ----------
    fit : GrowthFit
    day, value : float[n]
        What was measured of the animal so far.
    at : float[m] [day]
    draws, seed : int

    Returns
    -------
    float[draw, m]
    """
    own = sample_animal(fit, day, value, draws=draws, seed=seed)
    curve, at = _curve(fit.law, fit.common), np.asarray(at, float)
    log_start = np.log(own[:, len(curve.names), None]) if fit.start is None else np.log(fit.start)
    logs = curve.log_volume(at, log_start, *(own[:, number, None] for number in range(len(curve.names))))
    noise = np.random.default_rng([seed, 1]).standard_normal((draws, at.size))
    return np.exp(logs + fit.error * noise)


def _curve(law: str, common: Sequence[str] | None = None) -> GrowthCurve:
    if law not in GROWTH_CURVES:
        raise ValueError(f"no law of growth is called {law!r}; there are: {', '.join(GROWTH_CURVES)}")
    curve = GROWTH_CURVES[law]
    if common is None:
        return curve
    unknown = sorted(set(common) - set(curve.names))
    if unknown:
        raise ValueError(f"{law} has no parameter {unknown[0]!r}; it has: {', '.join(curve.names)}")
    if set(common) == set(curve.names):
        raise ValueError("one parameter at least must differ between animals")
    return replace(curve, common=tuple(common))


def _table(
    animal: Sequence | np.ndarray, day: Sequence[float] | np.ndarray, value: Sequence[float] | np.ndarray
) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Return names, float[animal, observation] days and logarithms of values; NaN where there are fewer."""
    animal, day, value = np.asarray(animal), np.asarray(day, float), np.asarray(value, float)
    if not (np.isfinite(value).all() and (value > 0.0).all()):
        raise ValueError("values must be above 0")
    if not (np.isfinite(day).all() and (day >= 0.0).all()):
        raise ValueError("days must be 0 or later")
    names, which, counts = np.unique(animal, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise ValueError("at least 2 animals are needed to tell how they differ")
    days, logs = np.zeros((len(names), counts.max())), np.full((len(names), counts.max()), np.nan)
    for number, count in enumerate(counts):
        rows = which == number
        days[number, :count], logs[number, :count] = day[rows], np.log(value[rows])
    return tuple(map(str, names)), days, logs


def _setup(curve: GrowthCurve, days: np.ndarray, logs: np.ndarray, start: float | None, nodes: int) -> Setup:
    parameters = len(curve.names)

    def log_volume(places: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", invalid="ignore"):
            own = np.exp(np.clip(places, -40.0, 40.0))[..., None]
            log_start = places[..., parameters, None] if start is None else np.log(start)
            return curve.log_volume(days[:, None], log_start, *(own[:, :, n] for n in range(parameters)))

    differs = np.array([name not in curve.common for name in curve.names] + [True] * (start is None))
    nothing = np.zeros(differs.size)
    anything = np.full(differs.size, np.inf)
    return Setup(logs, log_volume, differs, nodes, True, nothing, nothing, -anything, anything)


def _told(
    law: str, start: float | None, names: tuple[str, ...], curve: GrowthCurve, animals: tuple[str, ...], setup: Setup,
    fit: MixedFit,
) -> GrowthFit:  # fmt: skip
    """Return a fit in the words of the law."""
    population = fit.population
    spreads = np.sqrt(np.diag(population.covariance))
    differing = [name for name, own in zip(names, setup.differs, strict=True) if own]
    expected = np.einsum("in,inj->ij", fit.expected.weights, fit.expected.places)
    units = (*curve.units, "mm^3") if start is None else curve.units
    return GrowthFit(
        law=law, start=start, common=curve.common, names=names, units=units,
        median=dict(zip(names, np.exp(population.middle).tolist(), strict=True)),
        spread=dict(zip(differing, spreads.tolist(), strict=True)),
        correlation=population.covariance / np.outer(spreads, spreads),
        error=population.error, standard_error=standard_errors(setup, fit, names, differing), animals=animals,
        of_animals=np.exp(expected), log_likelihood=fit.log_likelihood,
        aic=2.0 * fit.free - 2.0 * fit.log_likelihood, mixed=fit,
    )  # fmt: skip


def standard_errors(setup: Setup, fit: MixedFit, names: Sequence[str], differing: Sequence[str]) -> dict[str, float]:
    """Return the standard errors of middles and spreads, from the curvature at the maximum."""
    point = pack(setup, fit.population)

    def told(at: np.ndarray) -> np.ndarray:
        population = unpack(setup, at, fit.population)
        return np.concatenate([population.middle, np.sqrt(np.diag(population.covariance))])

    moved = [(told(point + shift) - told(point - shift)) / 2e-5 for shift in 1e-5 * np.eye(point.size)]
    slopes = np.array(moved).T
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(slopes @ fit.packed_covariance @ slopes.T))
    return dict(zip([*names, *(f"spread {name}" for name in differing)], errors.tolist(), strict=True))
