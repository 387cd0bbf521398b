"""How well values of the parameters agree with what was measured, by the mean field."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from selfseed.base.errors import Problem, RunError, ScenarioError
from selfseed.engine.animal import Outcome
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_course, plan_setting
from selfseed.inference.data import DRAWS, Data
from selfseed.inference.experiment import with_values
from selfseed.inference.noise import draw, log_density
from selfseed.inference.study import OF_CLONE, OF_NOISE, Study
from selfseed.scenario import ResolvedArm, resolve, resolve_measurements
from selfseed.scenario.resolve import table_values


@dataclass(frozen=True)
class Likelihood:
    """Hold a study, ready to be asked how well values of its parameters agree with its data.

    Attributes
    ----------
    study : Study
    arms : tuple of ResolvedArm
        Those that were measured, at the days on which they were.
    usual : mapping of str to float
        The values of the scenario.
    label : str or None
    """

    study: Study
    arms: tuple[ResolvedArm, ...]
    usual: Mapping[str, float]
    label: str | None

    def predict(self, values: Sequence[float] | np.ndarray, data: Data | None = None) -> np.ndarray:
        """Return what is expected of each observation, in its unit; of circulating cells, per ml.

        Raises
        ------
        RunError
            If the mean field cannot be solved at these values.
        """
        data = self.study.data if data is None else data
        expected = np.empty(len(data))
        for arm in self.arms:
            outcome, changed = self.run(arm, values)
            for row in np.flatnonzero(data.arm == arm.name):
                expected[row] = self.read(data, int(row), changed, outcome)
        return expected

    def run(self, arm: ResolvedArm, values: Sequence[float] | np.ndarray) -> tuple[Outcome, ResolvedArm]:
        """Return the mean field of an arm at these values, and the arm that has them."""
        changed = arm_with(arm, dict(zip(self.study.names, map(float, values), strict=True)), self.usual)
        numerics = self.study.scenario.numerics
        return run_mean_field(plan_setting(changed), plan_course(changed, numerics), numerics.cohorts), changed

    def log_likelihood(self, values: Sequence[float] | np.ndarray) -> float:
        """Return the logarithm of the likelihood; minus infinity where the mean field cannot be solved."""
        try:
            expected = self.predict(values)
        except RunError:
            return -math.inf
        data, total = self.study.data, 0.0
        for name, error in self.errors(values).items():
            rows = data.observable == name
            total += log_density(
                self.study.noise[name], data.value[rows], expected[rows], data.censored[rows], error
            )  # fmt: skip
        return total if math.isfinite(total) else -math.inf

    def draw(self, expected: np.ndarray, values: Sequence[float] | np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return what might have been measured where this was to be expected, with the errors at these values."""
        drawn = np.empty(len(expected))
        for name, error in self.errors(values).items():
            rows = self.study.data.observable == name
            drawn[rows] = draw(self.study.noise[name], expected[rows], rng, error)
        return drawn

    def errors(self, values: Sequence[float] | np.ndarray) -> dict[str, float]:
        """Return the error of each observable that was measured, as learnt or as stated."""
        learnt = dict(zip(self.study.names, map(float, values), strict=True))
        measured = sorted(set(self.study.data.observable.tolist()))
        return {name: learnt.get(OF_NOISE + name, self.study.noise[name].error) for name in measured}

    def log_prior(self, values: Sequence[float] | np.ndarray) -> float:
        """Return the logarithm of the prior density of the values."""
        return sum(
            fitted.prior.log_density(float(value))
            for fitted, value in zip(self.study.parameters, values, strict=True)
        )  # fmt: skip

    def log_posterior(self, point: np.ndarray) -> float:
        """Return the logarithm of the posterior density on the scale on which parameters are moved, not normalised."""
        values = self.values(point)
        prior = self.log_prior(values)
        for fitted, where in zip(self.study.parameters, point, strict=True):
            if not fitted.prior.holds(float(where)):
                return -math.inf
            prior += float(where) if fitted.prior.is_log else 0.0
        return prior + self.log_likelihood(values) if math.isfinite(prior) else -math.inf

    def values(self, point: np.ndarray) -> np.ndarray:
        """Return the values of the parameters at a point of that scale."""
        return np.array([
            fitted.prior.from_scale(float(where)) for fitted, where in zip(self.study.parameters, point, strict=True)
        ])  # fmt: skip

    def read(self, data: Data, row: int, arm: ResolvedArm, outcome: Outcome) -> float:
        """Return what is expected of one observation."""
        observable, cells = data.observable[row], outcome.record.cells
        when = int(np.searchsorted(arm.times_day, data.day[row] - 1e-6))
        if observable == "ctc":
            return float(outcome.record.blood[when, 1 + DRAWS.index(data.site[row])])
        site = [name for name, _ in arm.sites].index(data.site[row])
        density = arm.parameters["growth.cell_density"]
        if observable in ("volume", "bioluminescence"):
            return float(cells[when, site].sum()) / density
        if observable == "label_share":
            labelled = np.array([clone.label is not None and clone.label == self.label for clone in arm.clones])
            return float(cells[when, site] @ labelled) / max(float(cells[when, site].sum()), 1e-300)
        if observable in ("seeds", "seeded"):
            return float(outcome.routes[site].sum())
        burden = self.study.noise["survival"].burden
        return _reached(np.array(arm.times_day), cells[:, site].sum(axis=1) / density, burden)


def arm_with(arm: ResolvedArm, values: Mapping[str, float], usual: Mapping[str, float]) -> ResolvedArm:
    """Return an arm in which the parameters of a study have these values.

    What an arm sets for itself stays. A parameter of clones is that of the first clone, and all others keep their
    ratio to it; one of a single clone replaces what that clone has.
    """
    law = {name: value for name, value in values.items() if not name.startswith((OF_CLONE, OF_NOISE))}
    law = {
        name: value
        for name, value in law.items()
        if name not in arm.parameters or arm.parameters[name] == usual[name]
    }  # fmt: skip
    changed = with_values(arm, law, usual)
    own = {name.removeprefix(OF_CLONE): value for name, value in values.items() if name.startswith(OF_CLONE)}
    for name, value in own.items():
        clone_name, _, parameter = name.partition(" ")
        changed = replace(changed, clones=tuple(
            replace(clone, parameters={**clone.parameters, parameter: value}) if clone.name == clone_name else clone
            for clone in changed.clones
        ))  # fmt: skip
    return changed


def make_likelihood(study: Study) -> Likelihood:
    """Return the likelihood of a study by the mean field.

    Raises
    ------
    ScenarioError
        If a parameter differs between animals, of which the mean field knows only the median one.
    """
    mixed = [fitted.name for fitted in study.parameters if fitted.per_animal is not None]
    if mixed:
        remedy = "the mean field knows one animal: use --method population, or leave out 'per: animal'"
        raise ScenarioError(study.source, [Problem("parameters", name, remedy) for name in mixed])
    looks = [entry for entry in resolve_measurements(study.scenario) if entry.kind == "label_share"]
    arms = resolve(study.scenario)
    labels = [clone.label for clone in arms[0].clones if clone.label]
    label = looks[0].label if looks else next(iter(labels), None)
    measured = tuple(
        replace(arm, times_day=_days(arm, study.data)) for arm in arms if (study.data.arm == arm.name).any()
    )  # fmt: skip
    first = {name: value for name, value in arms[0].clones[0].parameters.items() if value > 0.0}
    return Likelihood(study, measured, {**table_values(study.scenario), **first}, label)


def _days(arm: ResolvedArm, data: Data) -> tuple[float, ...]:
    """Return the days on which an arm was measured, its first and its last; every day where a time is looked for."""
    here = data.arm == arm.name
    grid = arm.times_day if (data.observable[here] == "survival").any() else ()
    return tuple(sorted({round(float(day), 6) for day in (0.0, *grid, *data.day[here], arm.duration_day)}))


def _reached(day: np.ndarray, volume: np.ndarray, burden: float) -> float:
    """Return the day on which a volume first reaches the burden, between and beyond the days on the log scale."""
    logs = np.log(np.maximum(volume, 1e-9))
    goal = math.log(burden)
    above = np.flatnonzero(logs >= goal)
    after = int(above[0]) if above.size else len(day) - 1
    if after == 0:
        return float(max(day[0], 1e-3))
    slope = (logs[after] - logs[after - 1]) / (day[after] - day[after - 1])
    return float(day[after] + (goal - logs[after]) / slope) if slope > 1e-6 else 1e6
