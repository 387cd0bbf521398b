"""Fit a study whose parameters differ between animals: the mean field of each animal, all animals together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from selfseed.base.errors import Problem, RunError, ScenarioError
from selfseed.inference.likelihood import Likelihood, make_likelihood
from selfseed.inference.mixed import MixedFit, Population, Setup, fit_population_of
from selfseed.inference.population import standard_errors
from selfseed.inference.study import OF_NOISE, Fitted, Study
from selfseed.results.chunks import Chunks

MEASURED = "volume"
MOST_KNOWN = 100_000
"""Mean fields that are remembered: most animals wait while the step of one is halved."""
TOGETHER = 250
"""Mean fields that go to the disk together: what an interruption may cost."""
USUAL_ERROR = 0.2
FIELDS = "fields-"
ROUNDS, STEP, CLOSE = 10, 1e-3, 1e-3
"""A mean field costs milliseconds and is rough beyond its tolerance: fewer rounds, wider steps."""

Key = tuple[int, bytes]
"""An animal, and the bits of a place."""


@dataclass(frozen=True)
class PopulationResult:
    """Hold what `fit_population` found, in the units of the table of parameters.

    Attributes
    ----------
    names : tuple of str
        Of the parameters, without the error of a volume.
    median : dict of str to float
        Of the animals; the value itself of a parameter that is the same in all.
    spread : dict of str to float
        Standard deviation of the logarithm between animals, of those parameters that differ.
    correlation : float[random, random]
    standard_error : dict of str to float
        On the scale on which a parameter is moved (its logarithm, for most), and as ``spread NAME`` of the spreads.
    error : float
        Standard deviation of the logarithm of one measured volume.
    animals : tuple of str
    of_animals : float[animal, parameter]
    log_likelihood : float
    converged : bool
    """

    names: tuple[str, ...]
    median: dict[str, float]
    spread: dict[str, float]
    correlation: np.ndarray
    standard_error: dict[str, float]
    error: float
    animals: tuple[str, ...]
    of_animals: np.ndarray
    log_likelihood: float
    converged: bool


def fit_population(
    study: Study,
    *,
    nodes: int = 3,
    threads: int = 1,
    chunks: Chunks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PopulationResult:
    """Fit a study in which parameters with ``per: animal`` are lognormal between animals.

    Parameters
    ----------
    study : Study
        Its data are volumes, none of them censored.
    nodes : int
        Of the quadrature along each parameter that differs; each costs one mean field for each animal.
    threads : int
        Never changes a number.
    chunks : Chunks, optional
        Where the mean fields of the animals are kept, so that an interrupted fit goes the same way again in no time.
    progress : callable (done, total), optional
        Told the mean fields that were computed; how many it will be is not known, so the total is 0.

    Raises
    ------
    ScenarioError
        With everything in the study that such a fit cannot use.

    Notes
    -----
    Priors hold for the medians, and that of ``noise.volume`` only says that the error is to be learnt. Spreads have no
    prior: ``between`` is where the search starts.
    """
    _check(study)
    fitted = [one for one in study.parameters if not one.name.startswith(OF_NOISE)]
    plain = replace(study, parameters=tuple(replace(one, per_animal=None) for one in fitted))
    likelihood = make_likelihood(plain)
    table = _table(study)
    differs = np.array([one.per_animal is not None for one in fitted])
    learn = len(fitted) < len(study.parameters)
    stated = study.noise[MEASURED].error
    first = Population(
        np.array([float(one.prior.to_scale(float(one.prior.draw(0.5)))) for one in fitted]),
        np.diag([one.per_animal**2 for one in fitted if one.per_animal is not None]),
        stated if np.isfinite(stated) else USUAL_ERROR,
    )
    with ThreadPoolExecutor(threads) as pool:
        curve = _Curve(likelihood, table, pool, chunks, progress)
        setup = Setup(
            curve.values, curve, differs, nodes, learn, *_belief(fitted), step=STEP, close=CLOSE, careful=False
        )
        fit = fit_population_of(setup, first, rounds=ROUNDS)
    return _told(plain, setup, fit, tuple(table))


def _check(study: Study) -> None:
    data, problems = study.data, []
    for name in sorted(set(data.observable.tolist()) - {MEASURED}):
        problems.append(Problem("data", name, "animals are told apart by their volumes alone: leave it out"))
    if (data.censored != "").any():
        problems.append(Problem("data", f"{(data.censored != '').sum()} censored rows", "leave them out"))
    if not any(one.per_animal is not None for one in study.parameters):
        problems.append(Problem("parameters", "none differs", "say 'per: animal' of one at least, or use mcmc"))
    for one in study.parameters:
        if one.per_animal is not None and (not one.prior.is_log or one.name.startswith(OF_NOISE)):
            problems.append(
                Problem("parameters", one.name, "per animal needs a lognormal or loguniform prior of the law")
            )
    if len(set(data.animal.tolist())) < 2:
        problems.append(Problem("data", "1 animal", "at least 2 are needed to tell how they differ"))
    if problems:
        raise ScenarioError(study.source, problems)


def _table(study: Study) -> dict[str, np.ndarray]:
    """Return the rows of each animal; animals of two arms are two."""
    data = study.data
    names = np.array([f"{arm}: {animal}" for arm, animal in zip(data.arm, data.animal, strict=True)])
    return {str(name): np.flatnonzero(names == name) for name in dict.fromkeys(names.tolist())}


class _Curve:
    """Compute the logarithms of the volumes of all animals by the mean field."""

    def __init__(
        self, likelihood: Likelihood, table: dict[str, np.ndarray], pool: ThreadPoolExecutor, chunks: Chunks | None,
        progress: Callable[[int, int], None],
    ):  # fmt: skip
        self.likelihood = likelihood
        self.rows = list(table.values())
        self.pool = pool
        self.kept = _Kept(chunks, [rows.size for rows in self.rows]) if chunks else None
        self.progress = progress
        self.done = 0
        self.known: dict[Key, np.ndarray] = {}
        data = likelihood.study.data
        self.arms = [next(arm for arm in likelihood.arms if arm.name == data.arm[rows[0]]) for rows in self.rows]
        self.values = np.full((len(self.rows), max(rows.size for rows in self.rows)), np.nan)
        for number, rows in enumerate(self.rows):
            self.values[number, : rows.size] = np.log(data.value[rows])

    def __call__(self, places: np.ndarray) -> np.ndarray:
        animals, nodes, _ = places.shape
        found = np.full((animals, nodes, self.values.shape[1]), np.nan)
        wanted = {
            (animal, places[animal, node].tobytes()): places[animal, node]
            for animal in range(animals) for node in range(nodes)
        }  # fmt: skip
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
        while self.kept and not wanted.keys() <= self.known.keys() and (more := self.kept.read_on()) is not None:
            self.known |= more
        new = [(key, place) for key, place in wanted.items() if key not in self.known]
        for (key, place), logs in zip(new, self.pool.map(lambda job: self._logs(job[0][0], job[1]), new), strict=True):
            self.known[key] = logs
            if self.kept:
                self.kept.add(key[0], place, logs)
        for animal in range(animals):
            for node in range(nodes):
                logs = self.known[animal, places[animal, node].tobytes()]
                found[animal, node, : logs.size] = logs
        self.done += len(new)
        self.progress(self.done, 0)
        return found

    def _logs(self, animal: int, place: np.ndarray) -> np.ndarray:
        rows = self.rows[animal]
        try:
            outcome, arm = self.likelihood.run(self.arms[animal], self.likelihood.values(place))
        except RunError:
            return np.full(rows.size, np.nan)
        data = self.likelihood.study.data
        volumes = [self.likelihood.read(data, int(row), arm, outcome) for row in rows]
        return np.log(np.maximum(volumes, 1e-12))


class _Kept:
    """Keep mean fields on the disk in the order in which they are computed: a search that is repeated asks so too."""

    def __init__(self, chunks: Chunks, sizes: list[int]):
        self.chunks = chunks
        self.sizes = sizes
        self.ahead = chunks.names(FIELDS)
        self.damaged: list[str] = []
        self.numbers = count(int(self.ahead[-1].removeprefix(FIELDS)) + 1 if self.ahead else 0)
        self.fresh: list[tuple[int, np.ndarray, np.ndarray]] = []

    def read_on(self) -> dict[Key, np.ndarray] | None:
        """Return the next mean fields that an earlier attempt left, or None where there are no more."""
        if not self.ahead:
            return None
        name = self.ahead.pop(0)
        found = self.chunks.read(name)
        if found is None:
            self.damaged.append(name)
            return {}
        rows = zip(found["animal"].tolist(), found["place"], found["logs"], strict=True)
        return {(animal, place.tobytes()): logs[: self.sizes[animal]] for animal, place, logs in rows}

    def add(self, animal: int, place: np.ndarray, logs: np.ndarray) -> None:
        """Keep one mean field, as soon as there are enough to fill a chunk."""
        self.fresh.append((animal, place, logs))
        if len(self.fresh) < TOGETHER:
            return
        padded = np.full((TOGETHER, max(self.sizes)), np.nan)
        for row, (_, _, one) in enumerate(self.fresh):
            padded[row, : one.size] = one
        animals, places = np.array([one[0] for one in self.fresh]), np.array([one[1] for one in self.fresh])
        name = self.damaged.pop() if self.damaged else f"{FIELDS}{next(self.numbers):06d}"
        self.chunks.write(name, {"animal": animals, "place": places, "logs": padded})
        self.fresh = []


def _belief(fitted: list[Fitted]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return centres, precisions and limits of the priors, on the scales on which the parameters are moved."""
    centres, precisions, limits = [], [], []
    for one in fitted:
        prior = one.prior
        normal = prior.kind in ("normal", "lognormal")
        centres.append(float(prior.to_scale(prior.centre)) if normal else 0.0)
        precisions.append(prior.width**-2 if normal else 0.0)
        low = -np.inf if prior.is_log and prior.low <= 0.0 else float(prior.to_scale(prior.low))
        limits.append((low, float(prior.to_scale(prior.high))))
    low, high = np.array(limits).T
    return np.array(centres), np.array(precisions), low, high


def _told(study: Study, setup: Setup, fit: MixedFit, animals: tuple[str, ...]) -> PopulationResult:
    priors = [one.prior for one in study.parameters]
    population = fit.population
    spreads = np.sqrt(np.diag(population.covariance))
    differing = [name for name, own in zip(study.names, setup.differs, strict=True) if own]
    expected = np.einsum("in,inj->ij", fit.expected.weights, fit.expected.places)
    own = [[prior.from_scale(float(x)) for prior, x in zip(priors, row, strict=True)] for row in expected]
    medians = [prior.from_scale(float(x)) for prior, x in zip(priors, population.middle, strict=True)]
    return PopulationResult(
        names=study.names, median=dict(zip(study.names, medians, strict=True)),
        spread=dict(zip(differing, spreads.tolist(), strict=True)),
        correlation=population.covariance / np.outer(spreads, spreads),
        standard_error=standard_errors(setup, fit, study.names, differing), error=population.error, animals=animals,
        of_animals=np.array(own), log_likelihood=fit.log_likelihood, converged=fit.converged,
    )  # fmt: skip
