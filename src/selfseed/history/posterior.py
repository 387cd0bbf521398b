"""Draw migration histories of a clone tree from their posterior, and say how far the draws can be trusted."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from selfseed.base.streams import replicate_key
from selfseed.history.model import Ground
from selfseed.history.tree import CloneTree, History

HEATS = (1.0, 0.7, 0.45, 0.25)
"""What the log weights are multiplied by at each temperature of a walk: the warm walks cross where the cold cannot."""


GREAT = 200
"""Walks over trees of more clones than this start near the fewest migrations, others anywhere."""


@dataclass(frozen=True)
class Draws:
    """Hold histories drawn from the posterior of one clone tree.

    Parameters
    ----------
    ground : Ground
        The tree and its sites.
    up : integer array (chains, draws, n, k)
        The histories, in the order they were drawn; see ``kernels.histories``.
    features : array (chains, draws, features)
    """

    ground: Ground
    up: NDArray[np.int16]
    features: NDArray[np.float64]

    @cached_property
    def _distinct(self) -> tuple[NDArray[np.int16], NDArray[np.int64], NDArray[np.float64]]:
        flat = self.up.reshape(-1, *self.up.shape[2:])
        rows = flat.reshape(len(flat), -1)
        _, first, count = np.unique(
            rows.view([("", rows.dtype)] * rows.shape[1]), return_index=True, return_counts=True
        )
        order = np.argsort(-count, kind="stable")
        return flat[first[order]], count[order], self.features.reshape(len(flat), -1)[first[order]]

    @property
    def distinct(self) -> NDArray[np.int16]:
        """The different histories, the most frequent first, array (m, n, k)."""
        return self._distinct[0]

    @property
    def count(self) -> NDArray[np.int64]:
        """How often each different history was drawn, array (m,)."""
        return self._distinct[1]

    @property
    def distinct_features(self) -> NDArray[np.float64]:
        """The features of the different histories, array (m, features)."""
        return self._distinct[2]

    def log_sum(self, weights: NDArray[np.float64]) -> float:
        """Return the log of the summed weight of all histories met; the true sum over all histories is not smaller."""
        scores = self.distinct_features @ weights
        return float(scores.max() + np.log(np.exp(scores - scores.max()).sum()))

    def history(self, position: int) -> History:
        """Return one of the different histories."""
        return self.ground.history(self.distinct[position])


def draw_histories(
    tree: CloneTree,
    primary: str,
    weights: NDArray[np.float64],
    *,
    seed: int,
    further_sites: tuple[str, ...] = (),
    chains: int = 2,
    rounds: int = 1500,
    burn_in: int = 300,
    steps: int | None = None,
) -> Draws:
    """Draw histories of a clone tree, each as often as its posterior probability is high.

    Parameters
    ----------
    tree : CloneTree
    primary : str
        The site of the root.
    weights : array (features,)
        The weights of the model.
    seed : int, 0 <= seed < 2**63
    further_sites : tuple of str
        Sites that were sampled, whether or not a clone of the tree was seen there.
    chains : int, >= 1
        Walks with a start and a stream of their own.
    rounds, burn_in : int, rounds > burn_in >= 0
        One history is kept of each round after the first ``burn_in``.
    steps : int, optional
        Steps of Metropolis and Hastings in a round, at each temperature; by default four a clone, 60 at least.

    Notes
    -----
    Parallel tempering over Metropolis-Hastings steps that hang a place elsewhere, turn a clone's places around, move,
    open or close a place where the clone was not observed.

    References
    ----------
    Earl and Deem (2005), https://doi.org/10.1039/B509983H
    """
    from selfseed.kernels.histories import wander

    ground = Ground(tree, primary, further_sites)
    n, k = len(tree), len(ground.sites)
    up = np.zeros((chains, rounds - burn_in, n, k), dtype=np.int16)
    features = np.zeros((chains, rounds - burn_in, weights.size))
    for chain in range(chains):
        generator = np.random.Generator(np.random.PCG64(replicate_key(seed, chain)))
        walks = tuple(ground.walk() for _ in HEATS)
        thinning = steps or max(60, 4 * n)
        wander(
            walks, weights, np.array(HEATS), rounds, thinning, burn_in, n > GREAT, generator, up[chain], features[chain]
        )
    return Draws(ground, up, features)
