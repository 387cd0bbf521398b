"""What an experiment measures, as numbers: their mean by the mean field, their noise from animals that differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.base.streams import replicate_key
from selfseed.engine.animal import Outcome, run_animal
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.inference.experiment import Experiment, with_values
from selfseed.processes import PARAMETERS
from selfseed.scenario import ResolvedArm

OPEN_PARAMETERS = (
    "growth.initial_rate", "growth.decay", "shedding.rate", "circulation.death_rate", "circulation.arrest_organ",
    "attraction.baseline", "attraction.il6_gain", "attraction.il8_gain", "infiltration.crossing_rate",
    "infiltration.loss_rate", "establishment.home", "establishment.new_clump_share", "effect.capacity_gain",
    "effect.lag",
)  # fmt: skip
"""What an experiment with two glands turns on, and nobody has measured."""
MOST_TIMES = 12
KINDS = {
    "volumes": "volume of every implanted tumour over time",
    "label share": "share of labelled cells in the recipient, at the end",
    "label course": "the same share over time, in animals killed then",
    "CTC": "circulating tumour cells in a sample of venous blood, in the middle and at the end",
    "seeds": "seeds that took root in the recipient, counted at the end, as by barcodes",
    "stroma": "stroma of every implanted tumour at the end, as by vessel density",
    "unseeded control": "volume of the recipient in mice without the donor",
}
DESIGNS = {
    "volumes": ("volumes",),
    "volumes, label share": ("volumes", "label share"),
    "... and label course": ("volumes", "label share", "label course"),
    "... and CTC": ("volumes", "label share", "CTC"),
    "... and seeds": ("volumes", "label share", "seeds"),
    "... and stroma": ("volumes", "label share", "stroma"),
    "... and unseeded control": ("volumes", "label share", "unseeded control"),
    "all": tuple(KINDS),
}
RELATIVE_ERROR = {"label share": 0.1, "label course": 0.1, "CTC": 0.1, "seeds": 0.1, "stroma": 0.2}
"""Of one measurement, beside the differences between animals: assumed. That of volumes is in the table."""
DRAWN_ML = 0.1
"""Blood per sample: what a mouse can spare; cells in it are counted, so chance decides."""


@dataclass(frozen=True)
class Measurements:
    """Hold what is measured in an experiment, for given parameters.

    Attributes
    ----------
    experiment : Experiment
    lone : ResolvedArm
        The recipient alone in its mouse.
    names : tuple of str
        The parameters, all above 0.
    kinds : tuple of str
        Of each observable.
    rows : array of int
        The times at which volumes and shares are measured.
    """

    experiment: Experiment
    lone: ResolvedArm
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: np.ndarray
    floor: np.ndarray

    def predict(self, logs: np.ndarray) -> np.ndarray:
        """Return the logarithm of every observable, by the mean field, at the logarithms of the parameters.

        0 stands for the usual values.
        """
        usual = self.experiment.usual
        folds = np.exp(logs)
        values = {name: usual[name] * fold for name, fold in zip(self.names, folds, strict=True)}
        values = {name: min(max(v, PARAMETERS[name].low), PARAMETERS[name].high) for name, v in values.items()}
        pair = (with_values(arm, values, usual) for arm in (self.experiment.arm, self.lone))
        both, alone = (self._mean_field(arm) for arm in pair)
        return np.log(np.maximum(self._read(both, alone), self.floor))

    def covariance(self, animals: int, sampled: int, seed: int) -> np.ndarray:
        """Return the covariance of the logarithms of means over ``animals`` animals.

        Animals differ in growth and by chance, as the stochastic engine says of ``sampled`` of them at the usual
        values; each measurement errs besides. Mice with and without a donor are other mice.
        """
        drawn = np.array([
            self._read(self._animal(self.experiment.arm, key), self._animal(self.lone, key + (1 << 62)))
            for key in (replicate_key(seed, number) for number in range(sampled))
        ])  # fmt: skip
        mean = np.maximum(drawn.mean(axis=0), self.floor)
        relative = (drawn - drawn.mean(axis=0)) / mean
        between = relative.T @ relative / (sampled - 1)
        alone = np.array([kind == "unseeded control" for kind in self.kinds])
        between[np.ix_(alone, ~alone)] = between[np.ix_(~alone, alone)] = 0.0
        return (between + np.diag(self._error(mean))) / animals

    def _error(self, mean: np.ndarray) -> np.ndarray:
        volume = self.experiment.usual["measurement.volume_error"]
        error = np.array([RELATIVE_ERROR.get(kind, volume) for kind in self.kinds]) ** 2
        counted = np.array([kind == "CTC" for kind in self.kinds])
        return error + np.where(counted, 1.0 / (mean * DRAWN_ML), 0.0)

    def _mean_field(self, arm: ResolvedArm) -> Outcome:
        numerics = self.experiment.numerics
        return run_mean_field(plan_setting(arm), plan_course(arm, numerics), numerics.cohorts)

    def _animal(self, arm: ResolvedArm, key: int) -> Outcome:
        numerics = self.experiment.numerics
        return run_animal(
            plan_setting(arm), plan_between(arm), plan_course(arm, numerics), key % (1 << 64), numerics.max_families
        )

    def _read(self, both: Outcome, alone: Outcome) -> np.ndarray:
        experiment = self.experiment
        density = experiment.usual["growth.cell_density"]
        site, last = experiment.site, -1
        cells = both.record.cells.sum(axis=2)
        labelled = np.array([bool(clone.label) and clone.label == experiment.label for clone in experiment.arm.clones])
        share = both.record.cells[:, site] @ labelled / np.maximum(cells[:, site], 1.0)
        implanted = _implanted(experiment.arm)
        middle = len(cells) // 2
        found = {
            "volumes": cells[np.ix_(self.rows, np.array(implanted))].ravel() / density,
            "label share": share[[last]],
            "label course": share[self.rows[:-1]],
            "CTC": both.record.blood[[middle, last], 1],
            "seeds": both.routes[[site]].sum(axis=1),
            "stroma": both.record.stroma[last, implanted],
            "unseeded control": alone.record.cells[self.rows, site].sum(axis=1) / density,
        }
        return np.concatenate([found[kind] for kind in KINDS])


def make_measurements(experiment: Experiment, names: Sequence[str] = OPEN_PARAMETERS) -> Measurements:
    """Return what an experiment measures of a recipient that shares its mouse with a donor.

    Raises
    ------
    ScenarioError
        When a parameter is not in the table or 0, or when nothing is implanted where the outcomes are read.
    """
    problems = [
        Problem("--parameter", repr(name), "must be in the table, and above 0 in the scenario")
        for name in names
        if not experiment.usual.get(name, 0.0) > 0.0
    ]
    implanted = _implanted(experiment.arm)
    if experiment.site not in implanted:
        site = experiment.arm.sites[experiment.site][0]
        problems.append(Problem("--site", repr(site), "no tumour is implanted there; name one that is"))
    if problems:
        raise ScenarioError("the command", problems)
    own = tuple(step for step in experiment.arm.procedures if step.site == experiment.site)
    times = np.array(experiment.arm.times_day)
    wanted = np.linspace(0.0, times[-1], MOST_TIMES + 1)[1:]
    rows = np.unique([int(abs(times - time).argmin()) for time in wanted])
    counts = {
        "volumes": rows.size * len(implanted), "label share": 1, "label course": rows.size - 1, "CTC": 2, "seeds": 1,
        "stroma": len(implanted), "unseeded control": rows.size,
    }  # fmt: skip
    kinds = tuple(kind for kind in KINDS for _ in range(counts[kind]))
    floor = np.array([_FLOORS[kind] for kind in kinds])
    return Measurements(experiment, replace(experiment.arm, procedures=own), tuple(names), kinds, rows, floor)


_FLOORS: Mapping[str, float] = {
    "volumes": 1e-3, "label share": 1e-4, "label course": 1e-4, "CTC": 1e-1, "seeds": 1e-2, "stroma": 1e-3,
    "unseeded control": 1e-3,
}  # fmt: skip
"""What is too little to be seen: mm^3, shares, cells per ml, seeds."""


def _implanted(arm: ResolvedArm) -> list[int]:
    return sorted({step.site for step in arm.procedures if step.kind == "implant"})
