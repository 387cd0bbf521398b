"""Hand a study to pyABC: its simulated animals as a model, its priors, and the distance between animals and data.

pyABC (https://pyabc.readthedocs.io) has kernels, distances and thresholds that `selfseed fit --method abc` has not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.inference.abc_of_study import groups_of, measured, summaries, summary_names
from selfseed.inference.likelihood import Likelihood, make_likelihood
from selfseed.inference.study import Fitted, Study

FAR = 1e12
"""What stands for each summary of animals that could not be carried through: it is near to no data."""


@dataclass(frozen=True)
class Animals:
    """Simulate the animals of a study and tell their summaries; what pyABC calls a model.

    Attributes
    ----------
    likelihood : Likelihood
    groups : sequence of int[n]
        The rows that one summary stands for.
    names : tuple of str
        Of the summaries.
    """

    likelihood: Likelihood
    groups: Sequence[np.ndarray]
    names: tuple[str, ...]

    def __call__(self, parameters: Mapping[str, float]) -> dict[str, float]:
        """Return the summaries of animals with these parameters, on the scales of `scale_names`."""
        study = self.likelihood.study
        point = np.array([float(parameters[name]) for name in scale_names(study)])
        # pyABC draws from numpy's global state, and seeds it for each process: so must what it calls
        rng = np.random.default_rng(np.random.randint(2**31, size=4))
        told = summaries(study, measured(self.likelihood, self.likelihood.values(point), rng), self.groups)
        return dict(zip(self.names, np.where(np.isfinite(told), told, FAR).tolist(), strict=True))


@dataclass(frozen=True)
class ForPyabc:
    """Hold what ``pyabc.ABCSMC`` takes.

    Attributes
    ----------
    model : Animals
    prior : pyabc.Distribution
    distance : pyabc.Distance
        Euclidean; each summary in units of its median absolute deviation under the prior, as `run_abc` has it.
    observed : dict of str to float
        The summaries of the data, for ``ABCSMC.new``.
    """

    model: Animals
    prior: Any
    distance: Any
    observed: dict[str, float]

    def values(self, particles: Any) -> np.ndarray:
        """Return float[particle, parameter] in the units of the study, from what ``History.get_distribution`` gives."""
        study = self.model.likelihood.study
        points = np.stack([np.asarray(particles[name], float) for name in scale_names(study)], axis=-1)
        return np.array([self.model.likelihood.values(point) for point in points])


def for_pyabc(study: Study) -> ForPyabc:
    """Return the model, the priors, the distance and the data of a study, for pyABC to fit.

    Parameters
    ----------
    study : Study

    Raises
    ------
    ScenarioError
        If pyABC is not installed, or if a parameter differs between animals.

    Notes
    -----
    A parameter with a lognormal or loguniform prior is moved on the scale of its logarithm, and is called ``ln NAME``
    there, so that no kernel of pyABC proposes a rate below 0. As many animals are simulated as were measured, each is
    measured with its error. Random numbers come from pyABC: it does not repeat a fit to the same bits.

    References
    ----------
    Schälte et al. (2022), https://doi.org/10.21105/joss.04304

    Examples
    --------
    >>> import pyabc                                                         # doctest: +SKIP
    >>> problem = for_pyabc(read_study("two-glands-study.yaml"))             # doctest: +SKIP
    >>> fit = pyabc.ABCSMC(problem.model, problem.prior, problem.distance)   # doctest: +SKIP
    >>> fit.new("sqlite:///fit.db", problem.observed)                        # doctest: +SKIP
    >>> particles, weights = fit.run(max_nr_populations=5).get_distribution()  # doctest: +SKIP
    >>> problem.values(particles)                                            # doctest: +SKIP
    """
    try:
        import pyabc
    except ImportError:
        problem = Problem("pyabc", "is not installed", "pip install pyabc")
        raise ScenarioError("the fit with pyABC", [problem]) from None
    likelihood, groups = make_likelihood(study), groups_of(study)
    model = Animals(likelihood, groups, summary_names(study, groups))
    observed = dict(zip(model.names, summaries(study, study.data.value, groups).tolist(), strict=True))
    laws = zip(scale_names(study), map(law_of, study.parameters), strict=True)
    prior = pyabc.Distribution({name: pyabc.RV(law, **numbers) for name, (law, numbers) in laws})
    distance = pyabc.AdaptivePNormDistance(
        p=2, scale_function=pyabc.distance.median_absolute_deviation, fit_scale_ixs={0}
    )
    return ForPyabc(model, prior, distance, observed)


def scale_names(study: Study) -> tuple[str, ...]:
    """Return what the parameters are called on the scales on which they are moved."""
    return tuple(f"ln {one.name}" if one.prior.is_log else one.name for one in study.parameters)


def law_of(fitted: Fitted) -> tuple[str, dict[str, float]]:
    """Return the name of a law of ``scipy.stats`` and its numbers: the prior on the scale of the parameter, cut."""
    prior = fitted.prior

    def on_scale(value: float) -> float:
        return float(prior.to_scale(value)) if value > 0.0 or not prior.is_log else -math.inf

    low, high = on_scale(prior.low), on_scale(prior.high)
    if prior.kind in ("uniform", "loguniform"):
        return "uniform", {"loc": low, "scale": high - low}
    middle = on_scale(prior.centre)
    ends = {"a": (low - middle) / prior.width, "b": (high - middle) / prior.width}
    return "truncnorm", {**ends, "loc": middle, "scale": prior.width}
