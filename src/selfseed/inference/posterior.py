"""Samples from the posterior of a study, by ensembles of walkers that move by each other's differences."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.inference.likelihood import Likelihood
from selfseed.inference.optimum import Optimum
from selfseed.results.chunks import Chunks

ENSEMBLES = 2
BLOCK = 25
"""Steps after which the walkers are kept."""
WARM_UP = 0.5
"""Share of the steps that is not kept: the walkers find their places."""


@dataclass(frozen=True)
class Posterior:
    """Hold samples from a posterior.

    Attributes
    ----------
    names : tuple of str
    values : float[ensemble, step, walker, parameter]
        After the warm-up, in the unit of the table of parameters.
    log_posterior : float[ensemble, step, walker]
    accepted : float
        Share of the moves that were accepted.
    """

    names: tuple[str, ...]
    values: np.ndarray
    log_posterior: np.ndarray
    accepted: float

    def flat(self) -> np.ndarray:
        """Return float[sample, parameter]."""
        return self.values.reshape(-1, len(self.names))

    def chains(self, number: int) -> np.ndarray:
        """Return float[chain, step] of one parameter; each walker of each ensemble is a chain."""
        return self.values[..., number].transpose(0, 2, 1).reshape(-1, self.values.shape[1])


def sample_posterior(
    likelihood: Likelihood,
    optimum: Optimum,
    *,
    samples: int,
    seed: int,
    threads: int = 1,
    chunks: Chunks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Posterior:
    """Return samples of the posterior.

    Parameters
    ----------
    likelihood : Likelihood
    optimum : Optimum
        The walkers start around it, twice as wide as its curvature says.
    samples : int
        At least so many are kept, of both ensembles together.
    seed : int
    threads : int
        Never changes a number.
    chunks : Chunks, optional
        Where the walkers are kept after every block, so that an interrupted fit goes on to the same numbers.
    progress : callable (done, total), optional

    Raises
    ------
    ScenarioError
        If emcee is not installed.

    References
    ----------
    Foreman-Mackey et al. (2013), https://doi.org/10.1086/670067; moves by differences: ter Braak & Vrugt (2008),
    https://doi.org/10.1007/s11222-008-9104-9
    """
    if find_spec("emcee") is None:
        raise ScenarioError("the command", [Problem("mcmc", "emcee is not installed", "pip install 'selfseed[fit]'")])
    walkers = max(8, 2 * (len(likelihood.study.names) + 1))
    kept_steps = -(-samples // (ENSEMBLES * walkers * BLOCK)) * BLOCK
    warm = -(-int(kept_steps * WARM_UP / (1.0 - WARM_UP)) // BLOCK)
    blocks = warm + kept_steps // BLOCK
    points, densities, accepted = [], [], []
    with ThreadPoolExecutor(threads) as pool:
        for ensemble in range(ENSEMBLES):
            state = _first_places(likelihood, optimum, walkers, seed, ensemble)
            for block in range(blocks):
                kept = _block(likelihood, state, seed, ensemble, block, pool, chunks)
                state = kept["points"][-1]
                if block >= warm:
                    points.append(kept["points"])
                    densities.append(kept["log_posterior"])
                    accepted.append(float(kept["accepted"]))
                progress(ensemble * blocks + block + 1, ENSEMBLES * blocks)
    scale = np.array(points).reshape(ENSEMBLES, kept_steps, walkers, -1)
    values = np.array([likelihood.values(point) for point in scale.reshape(-1, scale.shape[-1])]).reshape(scale.shape)
    density = np.array(densities).reshape(ENSEMBLES, kept_steps, walkers)
    return Posterior(likelihood.study.names, values, density, float(np.mean(accepted)))


def _first_places(likelihood: Likelihood, optimum: Optimum, walkers: int, seed: int, ensemble: int) -> np.ndarray:
    """Return where the walkers of an ensemble start: about the optimum, or over the prior where that is flat."""
    rng = np.random.default_rng([seed, ensemble, 1 << 20])
    limits, widths = [], []
    for fitted in likelihood.study.parameters:
        prior = fitted.prior
        limits.append([float(prior.to_scale(float(prior.draw(share)))) for share in (1e-4, 1.0 - 1e-4)])
        middle = [float(prior.to_scale(float(prior.draw(share)))) for share in (0.16, 0.84)]
        widths.append((middle[1] - middle[0]) / 2.0)
    low, high = np.array(limits).T
    spread = np.sqrt(np.diag(optimum.covariance))
    spread = np.where(np.isfinite(spread), np.minimum(2.0 * spread, widths), widths)
    return np.clip(optimum.point + spread * rng.standard_normal((walkers, len(widths))), low, high)


def _block(
    likelihood: Likelihood,
    places: np.ndarray,
    seed: int,
    ensemble: int,
    block: int,
    pool: ThreadPoolExecutor,
    chunks: Chunks | None,
) -> dict[str, np.ndarray]:
    """Return one block of steps from ``places`` on; its random numbers depend on its number, not on its past."""
    import emcee

    name = f"walkers-{ensemble}-{block:06d}"
    kept = chunks.read(name) if chunks else None
    if kept is not None:
        return kept
    moves = [(emcee.moves.DEMove(), 0.8), (emcee.moves.DESnookerMove(), 0.2)]
    sampler = emcee.EnsembleSampler(*places.shape, likelihood.log_posterior, moves=moves, pool=pool)
    words = np.random.SeedSequence([seed, ensemble, block]).generate_state(8)
    start = emcee.State(places, random_state=np.random.RandomState(words).get_state())
    sampler.run_mcmc(start, BLOCK, skip_initial_state_check=True)
    kept = {
        "points": sampler.get_chain(),
        "log_posterior": sampler.get_log_prob(),
        "accepted": np.array(sampler.acceptance_fraction.mean()),
    }
    if chunks:
        chunks.write(name, kept)
    return kept
