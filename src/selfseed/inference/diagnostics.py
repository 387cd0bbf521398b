"""Whether samples can be trusted, what the data said beyond the prior, and which parameters hide behind each other."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from selfseed.base.errors import RunError
from selfseed.inference.likelihood import Likelihood
from selfseed.inference.study import Study

MIXED, ENOUGH = 1.01, 400.0
"""R-hat at most, and effective samples at least, for samples that can be trusted (Vehtari et al. 2021)."""
SILENT = 0.1
"""A parameter whose posterior is narrower than its prior by less than this share was not told."""


@dataclass(frozen=True)
class Told:
    """Hold what is known of one parameter after the data.

    Attributes
    ----------
    name : str
    median, low, high : float
        The middle, and the 95 % interval.
    r_hat, effective : float
        Of the samples; infinite, or 0, where the chains do not move.
    contraction : float
        1 - the variance after the data over that before, on the scale on which the parameter is moved.
    """

    name: str
    median: float
    low: float
    high: float
    r_hat: float
    effective: float
    contraction: float


@dataclass(frozen=True)
class Bands:
    """Hold what would be measured again: quantiles for each observation.

    Attributes
    ----------
    low, median, high : float[observation]
        The middle 90 %.
    inside : float
        Share of the observations between low and high, censored ones left out.
    """

    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    inside: float


def r_hat(chains: np.ndarray) -> float:
    """Return the rank-normalised split R-hat, the larger of that of the values and of their distance to the median.

    Parameters
    ----------
    chains : float[chain, step]

    References
    ----------
    Vehtari et al. (2021), https://doi.org/10.1214/20-BA1221
    """
    folded = abs(chains - np.median(chains))
    return max(_plain_r_hat(_ranked(_split(part))) for part in (chains, folded))


def effective_samples(chains: np.ndarray) -> float:
    """Return how many independent samples the chains are worth in their bulk, by Geyer's monotone sequence.

    References
    ----------
    Vehtari et al. (2021), https://doi.org/10.1214/20-BA1221; Geyer (1992), https://doi.org/10.1214/ss/1177011137
    """
    ranked = _ranked(_split(chains))
    count, steps = ranked.shape
    if np.ptp(ranked) == 0.0 or steps < 4:
        return 0.0
    centred = ranked - ranked.mean(axis=1, keepdims=True)
    size = 1 << (2 * steps - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    autocovariance = (np.fft.irfft(abs(spectrum) ** 2, size)[:, :steps] / steps).mean(axis=0)
    within = autocovariance[0] * steps / (steps - 1)
    total = autocovariance[0] + ranked.mean(axis=1).var(ddof=1)
    correlation = 1.0 - (within - autocovariance * steps / (steps - 1)) / total
    pairs = correlation[0 : steps - steps % 2 : 2] + correlation[1:steps:2][: steps // 2]
    stop = np.flatnonzero(pairs < 0.0)
    pairs = np.minimum.accumulate(pairs[: stop[0]] if stop.size else pairs)
    time = max(-1.0 + 2.0 * float(pairs.sum()), 1.0 / np.log10(count * steps))
    return float(count * steps / time)


def _split(chains: np.ndarray) -> np.ndarray:
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, chains.shape[1] - half :]])


def _ranked(chains: np.ndarray) -> np.ndarray:
    ranks = rankdata(chains, axis=None).reshape(chains.shape)
    return ndtri((ranks - 0.375) / (chains.size + 0.25))


def _plain_r_hat(chains: np.ndarray) -> float:
    steps = chains.shape[1]
    within = float(chains.var(axis=1, ddof=1).mean())
    between = float(chains.mean(axis=1).var(ddof=1))
    return float(np.sqrt((steps - 1) / steps + between / within)) if within > 0.0 else float("inf")


def judge(study: Study, values: np.ndarray) -> tuple[Told, ...]:
    """Return what is known of each parameter after the data.

    Parameters
    ----------
    study : Study
    values : float[chain, step, parameter]
    """
    told = []
    for number, fitted in enumerate(study.parameters):
        chains = values[..., number]
        low, median, high = np.quantile(chains, [0.025, 0.5, 0.975])
        before = fitted.prior.to_scale(np.asarray(fitted.prior.draw((np.arange(999) + 0.5) / 999)))
        after = fitted.prior.to_scale(chains)
        contraction = 1.0 - float(np.var(after) / np.var(before))
        told.append(
            Told(
                fitted.name,
                float(median),
                float(low),
                float(high),
                r_hat(chains),
                effective_samples(chains),
                contraction,
            )
        )
    return tuple(told)


def correlations(study: Study, values: np.ndarray) -> np.ndarray:
    """Return float[parameter, parameter] of samples float[sample, parameter], on the scales of the parameters."""
    scaled = [fitted.prior.to_scale(column) for fitted, column in zip(study.parameters, values.T, strict=True)]
    return np.atleast_2d(np.corrcoef(np.array(scaled)))


def words(told: tuple[Told, ...]) -> tuple[str, ...]:
    """Say in sentences whether the samples can be trusted, and of which parameters the data say nothing."""
    said = []
    slow = [one.name for one in told if not (one.r_hat <= MIXED and one.effective >= ENOUGH)]
    if slow:
        said.append(f"not converged: {', '.join(slow)}; take more --samples before you trust the intervals")
    for one in told:
        if one.contraction < SILENT:
            said.append(f"{one.name}: these data say nothing of it; what is shown is the prior")
    return tuple(said)


def predictive_bands(
    likelihood: Likelihood,
    values: np.ndarray,
    *,
    seed: int,
    most: int = 200,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Bands:
    """Return what would be measured if the study were done again, at samples float[sample, parameter].

    Raises
    ------
    RunError
        If the mean field could be solved at none of the samples.
    """
    rng = np.random.default_rng([seed, 2])
    chosen = values[rng.choice(len(values), min(most, len(values)), replace=False)]
    data, again = likelihood.study.data, []
    for done, sample in enumerate(chosen, start=1):
        try:
            expected = likelihood.predict(sample)
        except RunError:
            continue
        light = data.observable == "bioluminescence"
        if light.any():
            expected[light] *= np.exp(np.mean(np.log(data.value[light]) - np.log(np.maximum(expected[light], 1e-9))))
        again.append(likelihood.draw(expected, sample, rng))
        progress(done, len(chosen))
    if not again:
        raise RunError("the mean field could be solved at none of the samples")
    low, median, high = np.quantile(np.array(again), [0.05, 0.5, 0.95], axis=0)
    whole = data.censored == ""
    inside = float(np.mean((data.value >= low)[whole] & (data.value <= high)[whole])) if whole.any() else float("nan")
    return Bands(low, median, high, inside)
