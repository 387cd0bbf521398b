"""An experiment with other values of its parameters: what each may be, and what comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from selfseed.base.errors import Problem, RunError, ScenarioError, nearest
from selfseed.base.streams import replicate_key
from selfseed.base.units import number_text
from selfseed.engine.animal import Outcome, run_animal
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.processes import GROWTH_LAWS, ORGANS, PARAMETERS, Parameter
from selfseed.scenario import SWITCHES, ResolvedArm, Scenario, resolve, resolve_measurements
from selfseed.scenario.model import Numerics
from selfseed.scenario.resolve import table_values

Engine = Literal["mean-field", "stochastic"]

OUTCOMES = {
    "gain": "growth gain by return: ln of the final volume with return over that without, 1 mm^3 added to both",
    "label_share": "share of the cells that carries the label, at the end",
    "seeded_share": "share of the cells that descends from a cell that came by blood, at the end",
    "seeds": "log10 of 1 + the seeds that took root there",
    "metastasis": "log10 of 1 + the cells in all sites where nothing was implanted, at the end",
    "ctc": "log10 of the circulating tumour cells per ml in a vein at the end, 10^-3 added",
}
LEFT_OUT = ("host.", "flow.", "measurement.", "treatment.", "growth.between", "change.")
"""Measured well, or no part of the law: not varied unless named."""
UNITS_OF_MEASURE = ("shedding.reference_cells", "growth.cell_density")
GUESSED = ("assumed", "memory")
"""How sure of what is varied by the full factor; what was derived, quoted or read by its root."""
RETURN_OFF = "return"


@dataclass(frozen=True)
class Span:
    """Say between which limits a parameter is varied, and why.

    Attributes
    ----------
    name : str
    usual, low, high : float
        In the unit of the table of parameters.
    why : str
    """

    name: str
    usual: float
    low: float
    high: float
    why: str

    @property
    def is_log(self) -> bool:
        """Tell whether all sizes are alike: log-uniform, for limits above 0."""
        return self.low > 0.0

    def at(self, share: np.ndarray) -> np.ndarray:
        """Return the values at shares from 0 to 1 of the span."""
        if self.is_log:
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share


def make_spans(
    scenario: Scenario, wanted: Sequence[str] = (), *, factor: float = 3.0
) -> tuple[tuple[Span, ...], tuple[str, ...]]:
    """Return the span of every parameter that is varied, and what is left out.

    Parameters
    ----------
    scenario : Scenario
    wanted : sequence of str
        Names, or ``name=low:high`` in the unit of the table; without any: every parameter that is not known well and
        that the scenario uses.
    factor : float, > 1
        Either way, for a parameter that is assumed or recalled and to which the table knows no alternatives; its root
        for one that was derived, quoted or read.

    Raises
    ------
    ScenarioError
        With every name that is not in the table, and every span that is not allowed.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    found = []
    arm = resolve(scenario)[0]
    for asked in wanted or _candidates(arm):
        name, _, limits = asked.partition("=")
        if name not in PARAMETERS:
            close = nearest(name, PARAMETERS)
            remedy = f"did you mean '{close}'?" if close else "docs/parameters.md lists them"
            problems.append(Problem("--parameter", repr(name), f"is not in the table; {remedy}"))
            continue
        usual = _usual(scenario, arm, name)
        span = _stated(name, usual, limits, problems) if limits else _span(name, usual, arm, factor)
        if span is not None:
            found.append(span)
        elif not limits:
            notes.append(f"{name} is {number_text(usual)} and has no scale of its own: left out")
    if not found and not problems:
        problems.append(Problem("--parameter", ", ".join(wanted), "give limits: NAME=LOW:HIGH"))
    if problems:
        raise ScenarioError("the command", problems)
    return tuple(found), tuple(notes)


def _candidates(arm: ResolvedArm) -> list[str]:
    organs = {organ for _, organ in arm.sites}
    laws = {clone.law for clone in arm.clones}
    idle = set(UNITS_OF_MEASURE)
    idle |= {f"establishment.{organ}" for organ in ORGANS if organ not in organs}
    idle |= set() if "gompertz" in laws else {"growth.decay"}
    idle |= set() if laws & {"logistic", "von_bertalanffy"} else {"growth.capacity"}
    idle |= set() if laws & {"power_law", "von_bertalanffy"} else {"growth.exponent"}
    idle |= {"shedding.rhythm_peak"} if arm.parameters["shedding.rhythm"] == 0.0 else set()
    return [name for name in PARAMETERS if name not in idle and not name.startswith(LEFT_OUT)]


def _usual(scenario: Scenario, arm: ResolvedArm, name: str) -> float:
    return float(arm.parameters.get(name, table_values(scenario)[name]))


def _stated(name: str, usual: float, limits: str, problems: list[Problem]) -> Span | None:
    parameter = PARAMETERS[name]
    try:
        low, high = (float(limit) for limit in limits.split(":"))
    except ValueError:
        problems.append(Problem("--parameter", f"{name}={limits}", "give limits as NAME=LOW:HIGH"))
        return None
    if not parameter.low <= low < high <= parameter.high:
        allowed = f"from {number_text(parameter.low)} to {number_text(parameter.high)}"
        problems.append(Problem("--parameter", f"{name}={limits}", f"must rise, {allowed}"))
        return None
    return Span(name, usual, low, high, "as asked")


def _span(name: str, usual: float, arm: ResolvedArm, factor: float) -> Span | None:
    parameter = PARAMETERS[name]
    others = _alternatives(parameter, arm)
    if others:
        low, high = min(usual, *others), max(usual, *others)
        return Span(name, usual, low, high, "the values in the literature") if low < high else None
    if usual == 0.0:
        return None
    fold = factor if parameter.confidence in GUESSED else factor**0.5
    low, high = sorted((usual / fold, usual * fold))
    low, high = max(low, parameter.low), min(high, parameter.high)
    return Span(name, usual, low, high, f"{parameter.confidence}: {fold:.3g}-fold either way") if low < high else None


def _alternatives(parameter: Parameter, arm: ResolvedArm) -> list[float]:
    """Return the other values of the literature that fit the host and the growth laws of an arm."""
    other = ["human" if arm.host == "mouse" else "mouse"]
    other += [f"{law.replace('_', ' ')} law" for law in GROWTH_LAWS if law not in {clone.law for clone in arm.clones}]
    return [value for value, source in parameter.alternatives if not source.startswith(tuple(other))]


def with_values(arm: ResolvedArm, values: Mapping[str, float], usual: Mapping[str, float]) -> ResolvedArm:
    """Return an arm in which parameters have other values.

    A parameter of clones scales what each clone has by the ratio of its value to the usual one, so that clones which
    set their own keep their differences.
    """
    parameters = {**arm.parameters, **{name: value for name, value in values.items() if name in arm.parameters}}
    ratios = {
        name: value / usual[name] if usual[name] else 1.0
        for name, value in values.items()
        if PARAMETERS[name].scope == "clone"
    }
    clones = tuple(
        replace(
            clone,
            parameters={
                name: _within(PARAMETERS[name], own * ratios.get(name, 1.0)) for name, own in clone.parameters.items()
            },
        )
        for clone in arm.clones
    )
    return replace(arm, parameters=parameters, clones=clones)


def _within(parameter: Parameter, value: float) -> float:
    return float(min(max(value, parameter.low), parameter.high))


@dataclass(frozen=True)
class Experiment:
    """Hold the first arm of a scenario and its copy without return, ready to be run with other values.

    Attributes
    ----------
    arm, twin : ResolvedArm
        The twin lets no cell take root in a tumour.
    numerics : Numerics
    site : int
        Where the outcomes are read.
    label : str or None
    usual : mapping of str to float
        The values of the scenario.
    """

    arm: ResolvedArm
    twin: ResolvedArm
    numerics: Numerics
    site: int
    label: str | None
    usual: Mapping[str, float]

    def outcomes(self, values: Mapping[str, float], engine: Engine, replicates: int, seed: int) -> np.ndarray:
        """Return float[replicate, outcome] in the order of ``OUTCOMES``; NaN where a run could not be carried through.

        Equal replicates share their random numbers for all values.
        """
        switched = SWITCHES[RETURN_OFF].parameters
        others = {name: value for name, value in values.items() if name not in switched}
        with_return = with_values(self.arm, values, self.usual)
        without = with_values(self.twin, others, self.usual)
        density = with_return.parameters["growth.cell_density"]
        try:
            pairs = zip(*(self._run(arm, engine, replicates, seed) for arm in (with_return, without)), strict=True)
            return np.array([self._read(here, there, density) for here, there in pairs])
        except RunError:
            return np.full((replicates, len(OUTCOMES)), np.nan)

    def _run(self, arm: ResolvedArm, engine: Engine, replicates: int, seed: int) -> list[Outcome]:
        setting, course = plan_setting(arm), plan_course(arm, self.numerics)
        if engine == "mean-field":
            return [run_mean_field(setting, course, self.numerics.cohorts)]
        between = plan_between(arm)
        keys = [replicate_key(seed, replicate) for replicate in range(replicates)]
        return [run_animal(setting, between, course, key, self.numerics.max_families) for key in keys]

    def _read(self, outcome: Outcome, without: Outcome, density: float) -> list[float]:
        cells, bare = outcome.record.cells[-1], without.record.cells[-1]
        here = cells[self.site].sum()
        labelled = np.array([clone.label is not None and clone.label == self.label for clone in self.arm.clones])
        implanted = {step.site for step in self.arm.procedures if step.kind == "implant"}
        elsewhere = [site for site in range(len(self.arm.sites)) if site not in implanted]
        share = cells[self.site] @ labelled / here if here > 0.0 else 0.0
        seeded = outcome.record.seeded[-1, self.site].sum() / here if here > 0.0 else 0.0
        return [
            float(np.log((here / density + 1.0) / (bare[self.site].sum() / density + 1.0))),
            float(share),
            float(seeded),
            float(np.log10(1.0 + max(outcome.routes[self.site].sum(), 0.0))),
            float(np.log10(1.0 + max(cells[elsewhere].sum(), 0.0))),
            float(np.log10(1e-3 + max(outcome.record.blood[-1, 1], 0.0))),
        ]


def make_experiment(scenario: Scenario, site: str | None = None) -> Experiment:
    """Return the experiment of a scenario's first arm.

    Parameters
    ----------
    scenario : Scenario
    site : str, optional
        Where the outcomes are read; without it the first implanted site in which a label is looked for, or else the
        last that was implanted.

    Raises
    ------
    ScenarioError
        When there is no such site.
    """
    first = next(iter(scenario.arms))
    narrow = scenario.model_copy(update={"arms": {first: scenario.arms[first]}, "switch_off": (RETURN_OFF,)})
    arm, twin = resolve(narrow)
    names = [name for name, _ in arm.sites]
    looks = [entry for entry in resolve_measurements(scenario) if entry.kind == "label_share"]
    implanted = [names[step.site] for step in arm.procedures if step.kind == "implant"]
    if site is None:
        site = next((name for look in looks for name in look.names if name in implanted), (implanted or names)[-1])
    if site not in names:
        close = nearest(site, names)
        remedy = f"did you mean '{close}'?" if close else f"there are: {', '.join(names)}"
        raise ScenarioError("the command", [Problem("--site", repr(site), remedy)])
    labels = [clone.label for clone in arm.clones if clone.label]
    label = looks[0].label if looks else next(iter(labels), None)
    usual = {name: _usual(scenario, arm, name) for name in PARAMETERS}
    return Experiment(arm, twin, scenario.numerics, names.index(site), label, usual)
