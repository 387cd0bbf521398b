"""What else to measure: which observable would tell parameters apart that a study could not, and by how much."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import log_ndtr

from selfseed.inference.data import DRAWS, Data, make_data
from selfseed.inference.identifiability import jacobian
from selfseed.inference.likelihood import Likelihood
from selfseed.inference.measurements import DRAWN_ML, RELATIVE_ERROR
from selfseed.inference.noise import OBSERVABLES, SMALLEST, Noise
from selfseed.inference.study import OF_NOISE, Fitted

TOGETHER = 0.8
"""Correlation from which two parameters are named together."""
HELPS = 0.7
"""Share of the spread that may be left after a measurement that is said to help: half the variance."""
STEP = 0.05
"""Of the differences, in e-folds or in spreads of the prior."""
MOST_PAIRS = 3
"""So many, the worst, are looked into."""
USUAL: Mapping[str, Noise] = {
    "label_share": Noise("label_share", error=RELATIVE_ERROR["label share"]),
    "ctc": Noise("ctc", drawn=DRAWN_ML),
    "seeds": Noise("seeds", dispersion=RELATIVE_ERROR["seeds"] ** 2),
    "seeded": Noise("seeded"),
}
"""Assumed where a study does not say how an observable errs."""
AT_END = ("label_share", "seeds", "seeded", "survival")
"""Measured once in an animal, when it is killed."""


@dataclass(frozen=True)
class Proposal:
    """Say what might be measured besides, in the animals and on days of the study.

    Attributes
    ----------
    observable, site : str
    animals : int
    days : tuple of float [day]
    noise : Noise
    assumed : bool
        Whether the noise is not that of the study.
    """

    observable: str
    site: str
    animals: int
    days: tuple[float, ...]
    noise: Noise
    assumed: bool


@dataclass(frozen=True)
class Outlook:
    """Hold what would be known after a proposal, of one or two parameters.

    Attributes
    ----------
    proposal : Proposal
    correlation : float
        Of the two; NaN for one.
    spread : tuple of float
        Standard deviation of each, on the scale on which it is moved.
    left : float
        Share of the spread that would be left: the geometric mean over the two.
    """

    proposal: Proposal
    correlation: float
    spread: tuple[float, ...]
    left: float

    @property
    def helps(self) -> bool:
        """Tell whether it would leave less than `HELPS` of the spread."""
        return self.left <= HELPS


@dataclass(frozen=True)
class Advice:
    """Hold what would tell one parameter, or two apart.

    Attributes
    ----------
    names : tuple of str
    correlation : float
        Of the two; NaN for one.
    spread : tuple of float
        As measured so far.
    outlooks : tuple of Outlook
        The best first.
    """

    names: tuple[str, ...]
    correlation: float
    spread: tuple[float, ...]
    outlooks: tuple[Outlook, ...]


@dataclass(frozen=True)
class Knowledge:
    """Hold what data tell of all parameters, on the scales on which they are moved.

    Attributes
    ----------
    names : tuple of str
    information : float[parameter, parameter]
        Of the data and the priors.
    proposals : tuple of Proposal
    gains : tuple of float[parameter, parameter]
        The information that each proposal would add.
    """

    names: tuple[str, ...]
    information: np.ndarray
    proposals: tuple[Proposal, ...]
    gains: tuple[np.ndarray, ...]

    def covariance(self, gain: np.ndarray | float = 0.0) -> np.ndarray:
        """Return the covariance that is to be expected, as measured or with what a proposal adds."""
        return np.linalg.inv(self.information + gain)

    def correlations(self) -> np.ndarray:
        """Return the correlations of the parameters as measured."""
        covariance = self.covariance()
        spread = np.sqrt(np.diag(covariance))
        return covariance / np.outer(spread, spread)


def know(likelihood: Likelihood, point: np.ndarray, proposals: Sequence[Proposal] | None = None) -> Knowledge:
    r"""Return what the data of a study tell at a point, and what proposals would add.

    Parameters
    ----------
    likelihood : Likelihood
    point : float[parameter]
        On the scale on which parameters are moved.
    proposals : sequence of Proposal, optional
        If absent: all that were not measured.

    Notes
    -----
    Fisher information :math:`\sum_i w_i\, g_i g_i^T`: the gradient g of the logarithm (of a share, the logit) of what
    the mean field expects, by differences; the weight w by the noise. A prior counts as a normal one with its variance.
    Where the posterior is far from normal the spread is a guide.

    Raises
    ------
    RunError
        If the mean field cannot be solved beside the point.

    References
    ----------
    Kreutz & Timmer (2009), https://doi.org/10.1111/j.1742-4658.2008.06843.x
    """
    study = likelihood.study
    proposals = propose(likelihood, point) if proposals is None else proposals
    rows = [_rows(likelihood, proposal) for proposal in proposals]
    noise = {**study.noise, **{one.observable: one.noise for one in proposals}}
    tables = [study.data, *(make_data(part) for part in rows)]
    derivative, expected = _slopes(likelihood, point, _joined(tables))
    information = np.diag([1.0 / _prior_variance(fitted) for fitted in study.parameters])
    ends = np.cumsum([len(table) for table in tables])
    parts = []
    for table, end in zip(tables, ends, strict=True):
        here = slice(end - len(table), end)
        parts.append(_information(likelihood, point, noise, table, derivative[here], expected[here]))
    return Knowledge(study.names, information + parts[0], tuple(proposals), tuple(parts[1:]))


def advise(knowledge: Knowledge, correlation: np.ndarray, flat: Sequence[str] = ()) -> tuple[Advice, ...]:
    """Return what each proposal would do for the parameters that are not told, the worst pair first.

    Parameters
    ----------
    knowledge : Knowledge
    correlation : float[parameter, parameter]
        As sampled, or as expected; it decides what is not told apart.
    flat : sequence of str
        Parameters that the data do not tell.
    """
    found = []
    for names in find_unclear(knowledge.names, correlation, flat):
        places = [knowledge.names.index(name) for name in names]
        between = float(correlation[places[0], places[1]]) if len(places) == 2 else math.nan
        found.append(replace(_advise(knowledge, names), correlation=between))
    return tuple(found)


def _advise(knowledge: Knowledge, names: Sequence[str]) -> Advice:
    places = [knowledge.names.index(name) for name in names]
    correlation, spread = _of(knowledge.covariance(), places)
    outlooks = []
    for proposal, gain in zip(knowledge.proposals, knowledge.gains, strict=True):
        then, after = _of(knowledge.covariance(gain), places)
        left = float(np.exp(np.mean(np.log(np.array(after) / np.array(spread)))))
        outlooks.append(Outlook(proposal, then, after, left))
    return Advice(tuple(names), correlation, spread, tuple(sorted(outlooks, key=lambda one: one.left)))


def find_unclear(
    names: Sequence[str], correlation: np.ndarray, flat: Sequence[str] = ()
) -> tuple[tuple[str, ...], ...]:
    """Return pairs that are not told apart, the worst first, and parameters that are not told and in no such pair."""
    count = len(names)
    pairs = [(i, j) for i in range(count) for j in range(i + 1, count) if abs(correlation[i, j]) >= TOGETHER]
    pairs.sort(key=lambda pair: -abs(correlation[pair]))
    found: list[tuple[str, ...]] = [(names[i], names[j]) for i, j in pairs[:MOST_PAIRS]]
    paired = {name for pair in found for name in pair}
    return (*found, *((name,) for name in flat if name not in paired))


def propose(likelihood: Likelihood, point: np.ndarray) -> tuple[Proposal, ...]:
    """Return every observable that was not measured and could be, in the same animals.

    What ends an animal is measured on the last day, everything else on the day in the middle of those of the study and
    on the last. Sites that stay below the limit of detection are left out.
    """
    study = likelihood.study
    measured = {(str(o), str(s)) for o, s in zip(study.data.observable, study.data.site, strict=True)}
    days = np.unique(study.data.day)
    some = tuple(sorted({float(days[len(days) // 2]), float(days[-1])}))
    animals = sum(_animals(study.data, arm.name) for arm in likelihood.arms)
    found = []
    for observable, about in OBSERVABLES.items():
        noise = study.noise.get(observable, _usual(likelihood, observable))
        if noise is None or (observable == "label_share" and likelihood.label is None):
            continue
        for site in _sites(likelihood, observable, point):
            if (observable, site) not in measured:
                when = (study.scenario.duration,) if about.at_end or observable in AT_END else some
                found.append(Proposal(observable, site, animals, when, noise, observable not in study.noise))
    return tuple(found)


def _usual(likelihood: Likelihood, observable: str) -> Noise | None:
    """Return how an observable errs of which the study does not say it; None where nothing is known of it."""
    if observable == "volume":
        return Noise("volume", error=likelihood.usual["measurement.volume_error"])
    return USUAL.get(observable)


def _sites(likelihood: Likelihood, observable: str, point: np.ndarray) -> list[str]:
    """Return where an observable can be measured: vessels, or sites with enough cells to be seen in any arm."""
    if observable == "ctc":
        return [DRAWS[0]]
    names = list(likelihood.study.scenario.sites)
    if observable in ("seeds", "seeded"):
        return names
    seen = set()
    for arm in likelihood.arms:
        outcome, changed = likelihood.run(arm, likelihood.values(point))
        cells = seen_cells = outcome.record.cells[-1].sum(axis=1)
        if observable == "label_share":
            labelled = [clone.label == likelihood.label for clone in changed.clones]
            carry = outcome.record.cells[-1][:, labelled].sum(axis=1)
            seen_cells = np.minimum(carry, cells - carry)
        enough = seen_cells >= changed.parameters["measurement.detection_limit"]
        seen |= {name for (name, _), some in zip(changed.sites, enough, strict=True) if some}
    return [name for name in names if name in seen]


def _animals(data: Data, arm: str) -> int:
    """Return how many animals of an arm were measured: the most rows that share observable, site and day."""
    here = data.arm == arm
    counts = Counter(zip(data.observable[here], data.site[here], data.day[here], strict=True))
    return max(counts.values(), default=0)


def _rows(likelihood: Likelihood, proposal: Proposal) -> list[tuple]:
    """Return the measurements of a proposal, without values."""
    data = likelihood.study.data
    return [
        (f"{arm.name} {number}", arm.name, proposal.site, day, proposal.observable, 1.0, "")
        for arm in likelihood.arms
        for number in range(_animals(data, arm.name))
        for day in proposal.days
    ]


def _joined(tables: Sequence[Data]) -> Data:
    return Data(*(np.concatenate([vars(table)[name] for table in tables]) for name in vars(tables[0])))


def _slopes(likelihood: Likelihood, point: np.ndarray, data: Data) -> tuple[np.ndarray, np.ndarray]:
    """Return the derivative (row, parameter) of the logarithm of what is expected, and what is expected."""
    share = data.observable == "label_share"
    units = np.array([_unit(fitted) for fitted in likelihood.study.parameters])
    middle = np.array([
        _inside(fitted, float(where)) for fitted, where in zip(likelihood.study.parameters, point, strict=True)
    ])  # fmt: skip

    def expect(place: np.ndarray) -> np.ndarray:
        return np.maximum(likelihood.predict(likelihood.values(middle + units * place), data), SMALLEST)

    def told(place: np.ndarray) -> np.ndarray:
        expected = expect(place)
        rest = np.maximum(1.0 - np.minimum(expected, 1.0), SMALLEST)
        return np.log(expected) - np.where(share, np.log(rest), 0.0)

    return jacobian(told, len(point), STEP) / units, expect(np.zeros(len(point)))


def _unit(fitted: Fitted) -> float:
    """Return the length in which steps along a parameter are counted: an e-fold, or the spread of the prior."""
    return 1.0 if fitted.prior.is_log else math.sqrt(_prior_variance(fitted))


def _inside(fitted: Fitted, where: float) -> float:
    """Return a point from which steps to either side stay within the limits."""
    ends = [float(fitted.prior.to_scale(float(fitted.prior.draw(share)))) for share in (1e-5, 1.0 - 1e-5)]
    room = STEP * _unit(fitted)
    return float(np.clip(where, ends[0] + room, ends[1] - room))


def _prior_variance(fitted: Fitted) -> float:
    prior = fitted.prior
    if prior.kind in ("normal", "lognormal"):
        return prior.width**2
    low, high = float(prior.to_scale(prior.centre)), float(prior.to_scale(prior.width))
    return (high - low) ** 2 / 12.0


def _information(
    likelihood: Likelihood, point: np.ndarray, noise: Mapping[str, Noise], data: Data, derivative: np.ndarray,
    expected: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return the information of some rows, on errors that are learnt as well."""
    study = likelihood.study
    learnt = dict(zip(study.names, likelihood.values(point), strict=True))
    total = np.zeros((len(point), len(point)))
    for name in sorted(set(data.observable.tolist())):
        rows = data.observable == name
        its = replace(noise[name], error=float(learnt.get(OF_NOISE + name, noise[name].error)))
        slope = derivative[rows]
        if name == "bioluminescence":
            slope = slope - slope.mean(axis=0)
        weight = _weight(its, expected[rows], data.value[rows], data.censored[rows])
        total += (slope * weight[:, None]).T @ slope
        if OF_NOISE + name in learnt:
            place = study.names.index(OF_NOISE + name)
            per_point = 1.0 if study.parameters[place].prior.is_log else 1.0 / its.error
            told = int((data.censored[rows] == "").sum()) - (name == "bioluminescence")
            total[place, place] += 2.0 * told * per_point**2
    return total


def _weight(noise: Noise, expected: np.ndarray, value: np.ndarray, censored: np.ndarray) -> np.ndarray:
    """Return the information of each row on the logarithm, or logit, of what is expected."""
    match noise.observable:
        case "ctc" | "seeds":
            mean = expected * (noise.drawn if noise.observable == "ctc" else 1.0)
            return mean / (1.0 + noise.dispersion * mean)
        case "seeded":
            return expected**2 / np.expm1(np.minimum(expected, 500.0))
    scaled, limit = (_logit(part) if noise.observable == "label_share" else np.log(part) for part in (expected, value))
    z = (limit - scaled) / noise.error
    known = np.exp(-z * z - math.log(2.0 * math.pi) - log_ndtr(z) - log_ndtr(-z))  # of whether it lies below a limit
    return np.where(censored == "", 1.0, known) / noise.error**2


def _logit(share: np.ndarray) -> np.ndarray:
    share = np.clip(share, SMALLEST, 1.0 - SMALLEST)
    return np.log(share) - np.log1p(-share)


def _of(covariance: np.ndarray, places: Sequence[int]) -> tuple[float, tuple[float, ...]]:
    spread = np.sqrt(np.diag(covariance))[list(places)]
    if len(places) == 1:
        return math.nan, (float(spread[0]),)
    one, other = places
    return float(covariance[one, other] / (spread[0] * spread[1])), (float(spread[0]), float(spread[1]))
