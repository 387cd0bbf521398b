"""Which parameters a result hangs on: Sobol indices with intervals, the noise of chance taken out; Morris to choose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from selfseed.base.errors import Problem, RunError, ScenarioError
from selfseed.inference.experiment import Span

Evaluate = Callable[[np.ndarray], np.ndarray]
"""From points (point, parameter) to outcomes (point, replicate, outcome)."""

RESAMPLES = 500
WIDEST, FURTHEST = 0.1, 0.05
"""Converged: no half interval is wider, and no index moved further when the sample was doubled."""
MOST_LOST = 0.05


@dataclass(frozen=True)
class Indices:
    """Hold the Sobol indices of one outcome.

    Attributes
    ----------
    outcome : str
    first, total : float[parameter]
        Share of the variance that goes when the parameter is known; that stays when all others are known.
    first_interval, total_interval : float[parameter, 2]
        95 %, from resampling the points.
    mean, variance : float
        Of the outcome over the spans, the noise taken out.
    noise : float
        Share of the variance of the points' means that is chance between animals.
    moved : float
        Furthest that an index moved from the first half of the points to all of them.
    """

    outcome: str
    first: np.ndarray
    total: np.ndarray
    first_interval: np.ndarray
    total_interval: np.ndarray
    mean: float
    variance: float
    noise: float
    moved: float

    @property
    def widest(self) -> float:
        """Return the widest half interval of an index."""
        both = np.concatenate([self.first_interval, self.total_interval])
        return float(np.ptp(both, axis=1).max() / 2.0)

    @property
    def converged(self) -> bool:
        """Tell whether intervals are narrow and the last doubling changed little."""
        return self.widest <= WIDEST and self.moved <= FURTHEST


@dataclass(frozen=True)
class Screening:
    """Hold how much each parameter does on average, by Morris.

    Attributes
    ----------
    effect : float[outcome, parameter]
        Mean absolute elementary effect over the spread of the outcome.
    """

    spans: tuple[Span, ...]
    outcomes: tuple[str, ...]
    effect: np.ndarray

    def strongest(self, most: int) -> tuple[Span, ...]:
        """Return the parameters that do most to any outcome, in the order of the table."""
        order = np.argsort(-self.effect.max(axis=0), kind="stable")[:most]
        return tuple(self.spans[number] for number in sorted(order))


def sobol(
    spans: Sequence[Span], evaluate: Evaluate, outcomes: Sequence[str], *, samples: int, seed: int
) -> tuple[Indices, ...]:
    r"""Return the Sobol indices of every outcome.

    Parameters
    ----------
    spans : sequence of Span
    evaluate : callable
        float[point, parameter] -> float[point, replicate, outcome]; NaN where a point could not be computed.
    outcomes : sequence of str
    samples : int, a power of 2
        Base points N; N (k + 2) points are evaluated for k parameters.
    seed : int

    Raises
    ------
    ScenarioError
        When ``samples`` is no power of 2, or SALib is not installed.
    RunError
        When more than 5 % of the points could not be computed, or no outcome changes; one that does not is left out.

    Notes
    -----
    With A, B the base points and AB_i the point A with parameter i from B (Saltelli et al. 2010),

    .. math:: S_i = \frac{\langle f_B (f_{AB_i} - f_A) \rangle}{V}, \qquad
              T_i = \frac{\langle (f_A - f_{AB_i})^2 \rangle}{2 V} .

    Of R animals per point these are quadratic forms Q of means, which chance raises; without bias is
    :math:`(R^2 Q(\bar f) - \sum_r Q(f_r)) / (R (R - 1))`, whether or not points share their random numbers.

    References
    ----------
    Sobol' (2001), https://doi.org/10.1016/S0378-4754(00)00270-6; Saltelli et al. (2010),
    https://doi.org/10.1016/j.cpc.2009.09.018
    """
    if samples < 4 or samples & (samples - 1):
        raise ScenarioError("the command", [Problem("--samples", str(samples), "must be a power of 2, at least 4")])
    _require_salib()
    from SALib.sample import sobol as sampling

    unit = sampling.sample(_problem(spans), samples, calc_second_order=False, seed=seed)
    values = evaluate(_points(spans, unit))
    blocks = values.reshape(samples, len(spans) + 2, *values.shape[1:])
    whole = np.isfinite(blocks).all(axis=(1, 2, 3))
    if whole.mean() < 1.0 - MOST_LOST:
        raise RunError(f"{np.sum(~whole)} of {samples} groups of points could not be computed; narrow the spans")
    blocks = blocks[whole]
    found = (_indices(name, blocks[..., number], seed) for number, name in enumerate(outcomes))
    kept = tuple(indices for indices in found if indices is not None)
    if not kept:
        raise RunError("no outcome changes over these spans by more than chance: there is nothing to share out")
    return kept


def morris(
    spans: Sequence[Span], evaluate: Evaluate, outcomes: Sequence[str], *, trajectories: int, seed: int
) -> Screening:
    """Return how much each parameter does on average when it alone is changed.

    Parameters
    ----------
    spans, evaluate, outcomes : see `sobol`
    trajectories : int, >= 2
    seed : int

    References
    ----------
    Morris (1991), https://doi.org/10.1080/00401706.1991.10484804; Campolongo et al. (2007),
    https://doi.org/10.1016/j.envsoft.2006.10.004
    """
    _require_salib()
    from SALib.analyze import morris as analysis
    from SALib.sample import morris as sampling

    problem = _problem(spans)
    unit = sampling.sample(problem, trajectories, num_levels=4, seed=seed)
    means = evaluate(_points(spans, unit)).mean(axis=1)
    steps = means.reshape(trajectories, len(spans) + 1, -1)
    whole = np.isfinite(steps).all(axis=(1, 2))
    if whole.sum() < 2:
        raise RunError("too few points of the screening could be computed; narrow the spans")
    keep = np.repeat(whole, len(spans) + 1)
    effects = []
    for number in range(len(outcomes)):
        spread = means[keep, number].std()
        found = analysis.analyze(problem, unit[keep], means[keep, number], num_levels=4, seed=seed)
        effects.append(np.asarray(found["mu_star"], float) / spread if spread > 0.0 else np.zeros(len(spans)))
    return Screening(tuple(spans), tuple(outcomes), np.array(effects))


def _require_salib() -> None:
    from importlib.util import find_spec

    if find_spec("SALib") is None:
        remedy = "pip install 'selfseed[sensitivity]'"
        raise ScenarioError("the command", [Problem("sensitivity", "SALib is not installed", remedy)])


def _problem(spans: Sequence[Span]) -> dict:
    return {"num_vars": len(spans), "names": [span.name for span in spans], "bounds": [[0.0, 1.0]] * len(spans)}


def _points(spans: Sequence[Span], unit: np.ndarray) -> np.ndarray:
    return np.array([span.at(column) for span, column in zip(spans, unit.T, strict=True)]).T


def _indices(name: str, blocks: np.ndarray, seed: int) -> Indices | None:
    """Return the indices from values (base point, A AB_1 ... AB_k B, replicate); None for what does not change."""
    middle = float(blocks[:, [0, -1]].mean())
    blocks = blocks - middle
    first, total, variance, noisy = _estimate(blocks)
    if not variance > 1e-20:
        return None
    half = _estimate(blocks[: max(2, len(blocks) // 2)])
    moved = max(abs(half[0] - first).max(), abs(half[1] - total).max()) if half[2] > 0.0 else np.inf
    rng = np.random.default_rng(seed)
    draws = [_estimate(blocks[rng.integers(0, len(blocks), len(blocks))]) for _ in range(RESAMPLES)]
    firsts, totals = (np.array([draw[part] for draw in draws if draw[2] > 0.0]) for part in (0, 1))
    return Indices(
        outcome=name,
        first=first,
        total=total,
        first_interval=np.percentile(firsts, [2.5, 97.5], axis=0).T,
        total_interval=np.percentile(totals, [2.5, 97.5], axis=0).T,
        mean=middle,
        variance=float(variance),
        noise=float(max(0.0, 1.0 - variance / noisy)),
        moved=float(moved),
    )


def _estimate(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Return first and total indices, the variance, and the variance with its noise."""
    replicates = blocks.shape[-1]
    of_means = _forms(blocks.mean(axis=-1))
    forms = of_means
    if replicates > 1:
        each = sum(_forms(blocks[..., number]) for number in range(replicates))
        forms = (replicates**2 * of_means - each) / (replicates * (replicates - 1))
    count = (len(forms) - 1) // 2
    variance = forms[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return forms[1 : 1 + count] / variance, forms[1 + count :] / variance, variance, of_means[0]


def _forms(values: np.ndarray) -> np.ndarray:
    """Return the variance, then the numerators of first and of total indices, from values (base point, point)."""
    base, mixed, other = values[:, :1], values[:, 1:-1], values[:, -1:]
    both = np.concatenate([base, other])
    variance = np.mean(both**2) - both.mean() ** 2
    first = np.mean(other * (mixed - base), axis=0)
    total = np.mean((base - mixed) ** 2, axis=0) / 2.0
    return np.concatenate([[variance], first, total])
