"""Which mechanism did it: paired counterfactual runs, and what mechanisms do together.

Growth is measured as the logarithm of volume, so that gains add up. Mechanisms, and routes, are switched off in every
combination: what each does alone, what each pair or all of them do together beyond that, and a remainder add up to the
whole effect of return, animal by animal. Genes are silenced in all cells, one by one and all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np

from selfseed.processes import GENES
from selfseed.results.estimates import Estimate, mean
from selfseed.results.measures import is_seeded, log_volume, main_site

if TYPE_CHECKING:
    from selfseed.results import Run
    from selfseed.scenario import ResolvedArm, Scenario

GROUPS: Mapping[str, tuple[str, ...]] = {
    "mechanism": ("crowding_relief", "selection", "niche"),
    "route": ("primary_route", "secondary_route", "cross_route"),
}
"""Switches that are crossed with each other, all combinations."""

TOGETHER = "all five"
Progress = Callable[[int, int], None]
Values = np.ndarray


@dataclass(frozen=True)
class Part:
    """Hold what one part contributes to one outcome.

    Attributes
    ----------
    outcome : {"growth", "seeded", "metastasis"}
        Logarithm of the volume at the end; share of animals seeded; seeds that took root in organs without a tumour.
    kind : {"return", "mechanism", "route", "attraction", "gene"}
    part : str
        The switch or the gene; several joined by " x " for what they do together beyond what they do alone.
    last : Estimate or None
        What is lost when it alone is off: the outcome as it is, minus the outcome without it.
    alone : Estimate or None
        What it does when the others of its kind are off; for several: their interaction. These add up to the whole.
    shapley : Estimate or None
        Its fair share of the whole: the mean of what it adds over all orders of switching on.
    """

    outcome: str
    kind: str
    part: str
    last: Estimate | None = None
    alone: Estimate | None = None
    shapley: Estimate | None = None


@dataclass(frozen=True)
class Why:
    """Hold which mechanism did it, for one arm and one site of a run.

    Attributes
    ----------
    arm, site : str
    replicates : int
    levels : mapping of str to (Estimate, Estimate)
        Each outcome as it is, and without return.
    parts : tuple of Part
    same_bits : bool
        Whether the arm, simulated again, gave the volumes of the run to the last bit.
    """

    arm: str
    site: str
    replicates: int
    levels: Mapping[str, tuple[Estimate, Estimate]]
    parts: tuple[Part, ...]
    same_bits: bool


def explain_why(
    run: Run, *, arm: str | None = None, site: str | None = None, threads: int | None = None,
    progress: Progress | None = None,
) -> Why:  # fmt: skip
    """Return what each mechanism, route and gene contributed to growth, seeding and metastasis in a run.

    Parameters
    ----------
    run : Run
        Its seed and replicates are used again, so that each animal is compared with itself.
    arm : str, optional
        Of the run; the first if absent.
    site : str, optional
        Whose growth and seeding are explained; the run's main site if absent.
    threads : int, optional
    progress : callable (done, total), optional

    Returns
    -------
    Why

    Raises
    ------
    ScenarioError
        When the run has no such arm or site.

    Notes
    -----
    A mechanism may act on cells that never left, so a part can exceed the gain. Intervals are 95 % intervals of means
    over pairs. Silencing leaves what ``treatment.knock_down`` says.
    """
    from selfseed.engine import simulate_arms

    control = _chosen_arm(run, arm)
    where = _chosen_site(run, site)
    remaining = control.parameters["treatment.knock_down"]
    arms = {frozenset(): control, **_counterfactuals(control, remaining)}
    asked = run.manifest["parameters"]
    again = simulate_arms(
        run.scenario, list(arms.values()), seed=asked["seed"], replicates=asked["replicates"], engine=asked["engine"],
        threads=threads, progress=progress,
    )  # fmt: skip
    outcomes = _outcomes(again, where)
    by_key = {name: dict(zip(arms, values, strict=True)) for name, values in outcomes.items()}
    position = list(run.arrays["arm"].values).index(control.name)
    first = run.arrays["volume"].values[position]
    return Why(
        arm=control.name,
        site=where,
        replicates=run.arrays.sizes["replicate"],
        levels={name: (mean(values[frozenset()]), mean(values[_key("return")])) for name, values in by_key.items()},
        parts=tuple(part for name, values in by_key.items() for part in _parts(name, values)),
        same_bits=bool(np.array_equal(first, again.arrays["volume"].values[0])),
    )


def _key(*parts: str) -> frozenset[str]:
    return frozenset(parts)


def _counterfactuals(control: ResolvedArm, remaining: float) -> dict[frozenset[str], ResolvedArm]:
    """Return the arms to compare with, each by what is off in it."""
    from selfseed.scenario import counterfactual

    switched: list[tuple[str, ...]] = [("return",), ("attraction",)]
    switched += [chosen for group in GROUPS.values() for size in (1, 2, 3) for chosen in combinations(group, size)]
    silenced = [(gene,) for gene in GENES] + [GENES]
    arms = {_key(*off): counterfactual(control, f"without {', '.join(off)}", off) for off in switched}
    return arms | {
        _key(*genes): counterfactual(control, f"silenced {', '.join(genes)}", silenced=dict.fromkeys(genes, remaining))
        for genes in silenced
    }


def _outcomes(run: Run, site: str) -> dict[str, Values]:
    """Return each outcome (arm, replicate)."""
    metastatic = run.arrays["seeds_by_route"].sel(route="metastatic").sum("site").values
    return {"growth": log_volume(run, site), "seeded": is_seeded(run, site).astype(float), "metastasis": metastatic}


def _parts(outcome: str, values: Mapping[frozenset[str], Values]) -> Iterator[Part]:
    """Yield all parts of one outcome."""
    whole = values[frozenset()]
    yield Part(outcome, "return", "return", last=mean(whole - values[_key("return")]))
    for kind, group in GROUPS.items():
        yield from _crossed(outcome, kind, group, values)
    yield Part(outcome, "attraction", "attraction", last=mean(whole - values[_key("attraction")]))
    lost = {gene: whole - values[_key(gene)] for gene in GENES}
    all_lost = whole - values[_key(*GENES)]
    for gene, loss in lost.items():
        yield Part(outcome, "gene", gene, last=mean(loss))
    yield Part(outcome, "gene", TOGETHER, last=mean(all_lost))
    yield Part(outcome, "gene", "interaction", last=mean(all_lost - np.sum(list(lost.values()), axis=0)))


def _crossed(outcome: str, kind: str, group: Sequence[str], values: Mapping[frozenset[str], Values]) -> Iterator[Part]:
    """Yield what each of a group does, alone and together; the entries of ``alone`` add up to the effect of return."""
    everything = frozenset(group)

    def on(*parts: str) -> Values:
        return values[everything - frozenset(parts)]

    for part in group:
        yield Part(
            outcome, kind, part, last=mean(on(*group) - on(*(everything - {part}))),
            alone=mean(on(part) - on()), shapley=mean(_shapley(part, group, on)),
        )  # fmt: skip
    for size in (2, 3):
        for chosen in combinations(group, size):
            yield Part(outcome, kind, " x ".join(chosen), alone=mean(_interaction(chosen, on)))
    yield Part(outcome, kind, "none of them", alone=mean(on() - values[_key("return")]))


def _interaction(chosen: Sequence[str], on: Callable[..., Values]) -> Values:
    """Return what several do together beyond all that fewer of them do (inclusion and exclusion)."""
    total: Values = np.zeros(())
    for size in range(len(chosen) + 1):
        for some in combinations(chosen, size):
            total = total + (-1.0) ** (len(chosen) - size) * on(*some)
    return total


def _shapley(part: str, group: Sequence[str], on: Callable[..., Values]) -> Values:
    """Return the mean of what ``part`` adds over all orders in which the group is switched on."""
    others = [other for other in group if other != part]
    total: Values = np.zeros(())
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(group))
        for before in combinations(others, size):
            total = total + weight * (on(*before, part) - on(*before))
    return total


def _chosen_arm(run: Run, arm: str | None) -> ResolvedArm:
    from selfseed.scenario import resolve

    arms = {one.name: one for one in resolve(run.scenario) if one.kind == "arm"}
    return arms[_one_of(run.scenario, "arm", arm or next(iter(arms)), arms)]


def _chosen_site(run: Run, site: str | None) -> str:
    return _one_of(run.scenario, "site", site or main_site(run), run.scenario.sites)


def _one_of(scenario: Scenario, what: str, name: str, allowed: Mapping[str, object]) -> str:
    from selfseed.base.errors import Problem, ScenarioError, nearest

    if name not in allowed:
        close = nearest(name, allowed)
        remedy = f"did you mean '{close}'?" if close else f"one of: {', '.join(allowed)}"
        raise ScenarioError(scenario.title or "the run", [Problem(what, f"'{name}' is unknown", remedy)])
    return name
