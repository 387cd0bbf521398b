"""The best values of the parameters of a study, from many starts, and how far each may move: profiles."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from selfseed.base.errors import RunError
from selfseed.inference.likelihood import Likelihood
from selfseed.results.chunks import Chunks

SAME = 0.1
"""Starts whose log posterior comes as near to the best as this have found it."""
STEP = 1e-3
"""Of the differences, to both sides, in standard deviations of the prior: well above the error of the solver.

Differences to one side would lead off the optimum along a ridge: by half its spread where two correlate by 0.97.
"""
WORST = 1e12
HALF_95 = 1.9207
"""Half of the 95 % quantile of chi-square with one degree of freedom."""
STEPS_OUT, FURTHEST = 8, 3.0


@dataclass(frozen=True)
class Optimum:
    """Hold the best values that were found.

    Attributes
    ----------
    values : float[parameter]
        At the highest posterior density on the scale on which parameters are moved.
    point : float[parameter]
        On that scale.
    log_posterior, log_likelihood : float
    covariance : float[parameter, parameter]
        On that scale, from the curvature; NaN where the posterior is flat.
    starts, reached : int
        How many there were, and how many came to this optimum.
    found : float[start]
        The log posterior that each start reached.
    """

    values: np.ndarray
    point: np.ndarray
    log_posterior: float
    log_likelihood: float
    covariance: np.ndarray
    starts: int
    reached: int
    found: np.ndarray


@dataclass(frozen=True)
class ProfileOfFit:
    """Hold how the posterior falls along one parameter, all others fitted anew.

    Attributes
    ----------
    name : str
    value : float[n]
        Rising.
    fall : float[n], >= 0
        Of the log posterior below its optimum.
    """

    name: str
    value: np.ndarray
    fall: np.ndarray

    def interval(self) -> tuple[float, float]:
        """Return the 95 % limits; infinite where the profile does not rise enough within what was tried."""
        best = int(self.fall.argmin())
        return self._crossing(range(best, 0, -1), -1), self._crossing(range(best, len(self.value) - 1), 1)

    def _crossing(self, places: range, way: int) -> float:
        for here in places:
            there = here + way
            if self.fall[there] >= HALF_95 > self.fall[here]:
                share = (HALF_95 - self.fall[here]) / (self.fall[there] - self.fall[here])
                return float(self.value[here] + share * (self.value[there] - self.value[here]))
        return way * math.inf


@dataclass(frozen=True)
class _Frame:
    """Measure points in standard deviations of the prior about its middle, within limits."""

    likelihood: Likelihood
    middle: np.ndarray
    width: np.ndarray
    limits: np.ndarray

    def point(self, place: np.ndarray) -> np.ndarray:
        return self.middle + self.width * place

    def cost(self, place: np.ndarray) -> float:
        found = -self.likelihood.log_posterior(self.point(place))
        return found if math.isfinite(found) else WORST


def find_optimum(
    likelihood: Likelihood,
    *,
    starts: int,
    seed: int,
    threads: int = 1,
    chunks: Chunks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Optimum:
    """Return the best values that searches from ``starts`` points of a Latin hypercube over the prior find.

    Parameters
    ----------
    likelihood : Likelihood
    starts : int, >= 1
    seed : int
    threads : int
        Never changes a number.
    chunks : Chunks, optional
        Where each finished search is kept, so that an interrupted fit goes on.
    progress : callable (done, total), optional

    Raises
    ------
    RunError
        If no start could be computed.

    References
    ----------
    L-BFGS-B: Byrd et al. (1995), https://doi.org/10.1137/0916069; many starts: Raue et al. (2013),
    https://doi.org/10.1371/journal.pone.0074335
    """
    frame = _frame(likelihood)
    firsts = _hypercube(likelihood, frame, starts, seed)

    def search(number: int) -> tuple[np.ndarray, float]:
        return _kept_search(chunks, f"start-{number:05d}", frame, firsts[number])

    found = []
    with ThreadPoolExecutor(threads) as pool:
        for done, one in enumerate(pool.map(search, range(starts)), start=1):
            found.append(one)
            progress(done, starts)
    costs = np.array([cost for _, cost in found])
    best = int(costs.argmin())
    if costs[best] >= WORST:
        raise RunError("no start of the search could be computed; narrow the priors")
    point = frame.point(found[best][0])
    values = likelihood.values(point)
    covariance = _kept_or_made(
        chunks, f"curvature-{best:05d}", lambda: {"covariance": _covariance(frame, found[best][0])}
    )
    return Optimum(
        values, point, -float(costs[best]), likelihood.log_likelihood(values), covariance["covariance"], starts,
        int((costs <= costs[best] + SAME).sum()), -costs,
    )  # fmt: skip


def make_profiles(
    likelihood: Likelihood,
    optimum: Optimum,
    *,
    threads: int = 1,
    chunks: Chunks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[ProfileOfFit, ...]:
    """Return the profile of the posterior along each parameter.

    Parameters
    ----------
    likelihood : Likelihood
    optimum : Optimum
    threads : int
        Never changes a number; each parameter is followed both ways at the same time.
    chunks : Chunks, optional
        Where each step along a profile is kept.
    progress : callable (done, total), optional

    References
    ----------
    Raue et al. (2009), https://doi.org/10.1093/bioinformatics/btp358
    """
    frame = _frame(likelihood)
    best = (optimum.point - frame.middle) / frame.width
    spread = np.sqrt(np.diag(optimum.covariance)) / frame.width
    spread = np.where(np.isfinite(spread), np.clip(spread, 0.01, 1.0), 1.0)
    walks = [(number, way) for number in range(len(best)) for way in (-1, 1)]

    def walk(where: tuple[int, int]) -> list[tuple[float, float]]:
        number, way = where
        return list(_walk(frame, best, number, way * spread[number], optimum, chunks))

    steps = []
    with ThreadPoolExecutor(threads) as pool:
        for done, one in enumerate(pool.map(walk, walks), start=1):
            steps.append(one)
            progress(done, len(walks))
    profiles = []
    for number, name in enumerate(likelihood.study.names):
        both = [*reversed(steps[2 * number]), (best[number], 0.0), *steps[2 * number + 1]]
        values = [likelihood.values(frame.point(_moved(best, number, place)))[number] for place, _ in both]
        profiles.append(ProfileOfFit(name, np.array(values), np.array([fall for _, fall in both])))
    return tuple(profiles)


def _kept_or_made(chunks: Chunks | None, name: str, make: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the arrays that are kept under ``name``, or else make them and keep them."""
    found = chunks.read(name) if chunks else None
    if found is None:
        found = make()
        if chunks:
            chunks.write(name, found)
    return found


def _kept_search(
    chunks: Chunks | None, name: str, frame: _Frame, start: np.ndarray, fixed: int | None = None
) -> tuple[np.ndarray, float]:
    def make() -> dict[str, np.ndarray]:
        place, cost = _search(frame, start, fixed)
        return {"place": place, "cost": np.array(cost)}

    kept = _kept_or_made(chunks, name, make)
    return kept["place"], float(kept["cost"])


def _walk(
    frame: _Frame, best: np.ndarray, number: int, step: float, optimum: Optimum, chunks: Chunks | None
) -> Iterator[tuple[float, float]]:
    """Yield places of one parameter away from the best, and how far the posterior has fallen there."""
    place, side = best.copy(), "up" if step > 0.0 else "down"
    for way in range(1, STEPS_OUT + 1):
        target = best[number] + step * way * 0.6
        clipped = float(np.clip(target, *frame.limits[number]))
        name = f"profile-{number:02d}-{side}-{way:02d}"
        place, cost = _kept_search(chunks, name, frame, _moved(place, number, clipped), fixed=number)
        fall = max(0.0, cost + optimum.log_posterior)
        yield clipped, fall
        if fall > FURTHEST or clipped != target:
            return


def _moved(place: np.ndarray, number: int, where: float) -> np.ndarray:
    place = place.copy()
    place[number] = where
    return place


def _frame(likelihood: Likelihood) -> _Frame:
    middle, width, limits = [], [], []
    for fitted in likelihood.study.parameters:
        prior = fitted.prior
        low, centre, high = (float(prior.to_scale(float(prior.draw(share)))) for share in (0.16, 0.5, 0.84))
        ends = [float(prior.to_scale(float(prior.draw(share)))) for share in (1e-5, 1.0 - 1e-5)]
        middle.append(centre)
        width.append(max((high - low) / 2.0, 1e-9))
        limits.append([(end - centre) / width[-1] for end in ends])
    return _Frame(likelihood, np.array(middle), np.array(width), np.array(limits))


def _hypercube(likelihood: Likelihood, frame: _Frame, starts: int, seed: int) -> np.ndarray:
    """Return the places of the starts: the middle of the prior, then a Latin hypercube over its middle 98 %."""
    from scipy.stats import qmc

    count = len(likelihood.study.parameters)
    shares = 0.01 + 0.98 * qmc.LatinHypercube(count, rng=np.random.default_rng(seed)).random(starts)
    shares[0] = 0.5
    draws = [
        np.asarray(fitted.prior.to_scale(np.asarray(fitted.prior.draw(column))))
        for fitted, column in zip(likelihood.study.parameters, shares.T, strict=True)
    ]
    return (np.array(draws).T - frame.middle) / frame.width


def _search(frame: _Frame, start: np.ndarray, fixed: int | None = None) -> tuple[np.ndarray, float]:
    """Return where a search from one start ends, and the cost there."""
    from scipy.optimize import minimize

    free = np.array([number for number in range(len(start)) if number != fixed], dtype=int)
    if not free.size:
        return start, frame.cost(start)

    def cost(part: np.ndarray) -> float:
        place = start.copy()
        place[free] = part
        return frame.cost(place)

    bounds = frame.limits[free]

    def slope(part: np.ndarray) -> np.ndarray:
        ends = np.clip(part + STEP * np.array([[[1.0]], [[-1.0]]]) * np.eye(free.size), bounds[:, 0], bounds[:, 1])
        width = np.einsum("jj->j", ends[0] - ends[1])
        return np.array([cost(up) - cost(down) for up, down in zip(*ends, strict=True)]) / width

    first = np.clip(start[free], bounds[:, 0], bounds[:, 1])
    for _ in range(2 if fixed is None else 1):
        done = minimize(cost, first, jac=slope, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200})
        first = done.x
    place = start.copy()
    place[free] = done.x
    return place, float(done.fun)


def _covariance(frame: _Frame, place: np.ndarray, step: float = 0.02) -> np.ndarray:
    """Return the inverse of the curvature of the cost, by differences."""
    count = len(place)
    inner = np.clip(place, frame.limits[:, 0] + 2 * step, frame.limits[:, 1] - 2 * step)
    unit = np.eye(count) * step
    here = frame.cost(inner)
    bent = np.empty((count, count))
    for i in range(count):
        for j in range(i + 1):
            if i == j:
                second = frame.cost(inner + unit[i]) - 2.0 * here + frame.cost(inner - unit[i])
            else:
                corners = [
                    frame.cost(inner + a * unit[i] + b * unit[j]) for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))
                ]
                second = (corners[0] - corners[1] - corners[2] + corners[3]) / 4.0
            bent[i, j] = bent[j, i] = second / step**2
    try:
        inverse = np.linalg.inv(bent)
    except np.linalg.LinAlgError:
        return np.full((count, count), np.nan)
    if not (np.linalg.eigvalsh(bent) > 0.0).all():
        return np.full((count, count), np.nan)
    return inverse * np.outer(frame.width, frame.width)
