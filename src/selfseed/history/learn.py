"""Learn the weights of the model of seeding from patients whose history is known, by maximum likelihood."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selfseed.history.model import Ground
from selfseed.history.posterior import draw_histories
from selfseed.history.tree import CloneTree, History, without_repeats

SPREAD = 2.0
"""Standard deviation of the normal law that the weights are drawn from before any patient is seen."""

LEAST_EFFECTIVE = 0.12
"""A step of learning goes no further than where a fifth of the patients keep fewer than this share of their draws."""


FIRM = 1e-3
"""What is added to the curvature, so that a feature that draws hardly ever show does not run away."""


@dataclass(frozen=True)
class Lesson:
    """Hold one patient to learn from: the clone tree, the primary, and the features of the true history."""

    tree: CloneTree
    primary: str
    features: NDArray[np.float64]
    reseeding: bool


def lesson(history: History) -> Lesson | None:
    """Return what can be learned from a true history; None where a clone has two places in one site."""
    try:
        features = Ground(history.tree, history.primary).features(without_repeats(history))
    except ValueError:
        return None
    return Lesson(history.tree, history.primary, features, history.graph.reseeding)


def learn(
    lessons: Sequence[Lesson],
    start: NDArray[np.float64],
    *,
    rounds: int,
    seed: int,
    workers: Executor,
    draws: int = 190,
    say: Callable[[str], None] = lambda text: None,
) -> NDArray[np.float64]:
    r"""Return the weights under which the true histories are most probable.

    .. math:: \max_w \sum_p \Big( w \cdot f(H_p) - \log \sum_H e^{w \cdot f(H)} \Big) - \frac{|w|^2}{2 \cdot 2^2}

    Parameters
    ----------
    lessons : sequence of Lesson
    start : array (features,)
    rounds : int, >= 1
        How often histories are drawn anew under the weights reached.
    seed : int
    workers : Executor
    draws : int
        Histories drawn of each patient in a round.
    say : callable
        Is told of each round.

    Notes
    -----
    Slope and curvature are estimated from draws under the weights of the round before; a step is shortened until these
    draws still say enough about where it leads.

    References
    ----------
    Geyer and Thompson (1992), https://doi.org/10.1111/j.2517-6161.1992.tb01443.x
    """
    weights = np.array(start, dtype=np.float64)
    true = np.array([each.features for each in lessons])
    for turn in range(rounds):
        tasks = [(each.tree, each.primary, weights, seed * 1000 + turn, draws) for each in lessons]
        drawn = list(workers.map(_features_drawn, tasks, chunksize=10))
        weights, length = _step(true, np.stack(drawn), weights)
        say(f"round {turn + 1} of {rounds}: went {length:.2f} of the way to the best weights these draws can tell")
    return weights


def _features_drawn(task: tuple) -> NDArray[np.float32]:
    tree, primary, weights, seed, draws = task
    drawn = draw_histories(tree, primary, weights, seed=seed, chains=1, rounds=draws + draws // 3, burn_in=draws // 3)
    return drawn.features[0].astype(np.float32)


def _step(
    true: NDArray[np.float64], drawn: NDArray[np.float32], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return better weights: a step of Newton's method, shortened; ``drawn`` is (patients, draws, features)."""
    draws = drawn.astype(np.float64)
    centred = draws - draws.mean(axis=1, keepdims=True)
    pull = 1 / (SPREAD**2 * len(true))
    slope = (true - draws.mean(axis=1)).mean(axis=0) - pull * weights
    curvature = np.einsum("pdf,pdg->fg", centred, centred) / (draws.shape[0] * draws.shape[1])
    towards = np.linalg.solve(curvature + (pull + FIRM) * np.eye(weights.size), slope)
    length = 1.0
    while length > 1e-3:
        scores = centred @ (length * towards)
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        if np.quantile(1 / (share**2).sum(axis=1), 0.2) >= LEAST_EFFECTIVE * draws.shape[1]:
            break
        length *= 0.7
    return weights + length * towards, length
