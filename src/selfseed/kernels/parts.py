"""The parts of a step of the stochastic loop, each with an exact law of its own: growth, release, change of clone."""

import math

from numba import njit

from selfseed.kernels.body import division_and_death, release_rates
from selfseed.kernels.delivery import CHANGE, GROW, RELEASE
from selfseed.kernels.families import ACTIVE, BORN, CLUMPS, DIED, FINISHED, MUTANT, TOO_MANY, found_family
from selfseed.kernels.growth import grow_family
from selfseed.kernels.random import binomial, mix, point, poisson


@njit(inline="always")
def rates_of(setting, growth, animal, family, cells):
    """Return division and death per cell of a family in a clump of ``cells`` cells [1/day].

    Copied into each caller, since to hand over so many arrays takes longer than to compute.
    """
    site = family["site"]
    clone = family["clone"]
    birth, death = division_and_death(
        setting.law[site, clone], growth, site, clone, cells / setting.density_per_mm3,
        animal.powers[site, 0], animal.powers[site, 1], setting.pace[site], setting.kill[clone],
    )  # fmt: skip
    return birth, death + setting.attacked[site, clone]


@njit(cache=True)
def _crowd(setting, growth, animal, time_day, days, crowd):
    """Write the size of each clump half-way through the coming ``days``, as far as its present growth tells."""
    clumps = animal.counts[CLUMPS]
    crowd[:clumps] = 0.0
    for position in range(animal.counts[ACTIVE]):
        family = animal.families[animal.active[position]]
        if family["wakes"] > time_day or family["cells"] <= 0.0:
            continue
        clump = family["clump"]
        birth, death = rates_of(setting, growth, animal, family, animal.clumps[clump]["cells"])
        crowd[clump] += (birth - death) * family["cells"]
    for clump in range(clumps):
        cells = animal.clumps[clump]["cells"]
        if cells > 0.0:
            growth_by_then = 0.5 * days * crowd[clump] / cells
            crowd[clump] = cells * math.exp(min(0.5, max(-0.5, growth_by_then)))


@njit(cache=True)
def grow(setting, growth, animal, replicate_key, moment, time_day, days, crowd):
    """Let all families grow for ``days`` by their exact law, the size of clumps held at its middle value."""
    _crowd(setting, growth, animal, time_day, days, crowd)
    leaves = setting.change.sum(axis=1)
    for position in range(animal.counts[ACTIVE]):
        family = animal.families[animal.active[position]]
        awake = days
        size = crowd[family["clump"]]
        if family["wakes"] > time_day:
            awake = time_day + days - family["wakes"]
            size = max(size, family["cells"])
        if awake <= 0.0 or family["cells"] <= 0.0:
            continue
        birth, death = rates_of(setting, growth, animal, family, size)
        birth *= 1.0 - leaves[family["clone"]]
        point(animal.stream, replicate_key, mix(GROW, family["key"]), moment)
        after, deaths = grow_family(family["cells"], birth, death, awake, animal.stream)
        animal.ledger[DIED] += deaths
        animal.ledger[BORN] += after - family["cells"] + deaths
        family["cells"] = after


@njit(cache=True)
def release(setting, animal, replicate_key, moment, time_day, days):
    """Let all families shed for ``days`` around ``time_day``: singles leave at once, clusters are counted."""
    release_rates(setting, animal.cells, time_day, days, animal.rates)
    for position in range(animal.counts[ACTIVE]):
        number = animal.active[position]
        family = animal.families[number]
        animal.singles[number] = 0.0
        animal.clusters[number] = 0.0
        if family["wakes"] > time_day or family["cells"] <= 0.0:
            continue
        rate = animal.rates[family["site"], family["clone"]]
        point(animal.stream, replicate_key, mix(mix(RELEASE, family["key"]), 0), moment)
        singles = binomial(family["cells"], -math.expm1(-rate * (1.0 - setting.cluster_share) * days), animal.stream)
        family["cells"] -= singles
        animal.singles[number] = singles
        size = setting.cluster_size
        in_clusters = -math.expm1(-rate * setting.cluster_share * size * days)
        clusters = poisson(family["cells"] * in_clusters / size, animal.stream)
        animal.clusters[number] = min(clusters, math.floor(0.5 * family["cells"]))


@njit(cache=True)
def enter_mutants(animal, parent, clone, mutants, time_day, name):
    """Found the family of the changed daughters that a family has in one step, in the clump of their parent."""
    family = animal.families[parent]
    animal.ledger[BORN] += mutants
    number = found_family(
        animal, family["clump"], parent, clone, family["site"], family["home"], family["source"], MUTANT, -1,
        family["seeded"], mutants, time_day, -1.0, name,
    )  # fmt: skip
    return FINISHED if number >= 0 else TOO_MANY


@njit(cache=True)
def change(setting, growth, animal, replicate_key, moment, time_day, days, crowd):
    """Let divisions of ``days`` yield daughters of other clones, and return ``FINISHED`` or ``TOO_MANY``."""
    clones = setting.change.shape[0]
    for position in range(animal.counts[ACTIVE]):
        number = animal.active[position]
        family = animal.families[number]
        if family["wakes"] > time_day or family["cells"] <= 0.0 or family["time"] == time_day:
            continue
        clone = family["clone"]
        birth, _ = rates_of(setting, growth, animal, family, crowd[family["clump"]])
        for other in range(clones):
            chance = setting.change[clone, other]
            if chance <= 0.0:
                continue
            name = mix(mix(CHANGE, family["key"]), other)
            point(animal.stream, replicate_key, name, moment)
            mutants = poisson(chance * birth * days * family["cells"], animal.stream)
            if mutants > 0.0:
                status = enter_mutants(animal, number, other, mutants, time_day, mix(name, moment))
                if status != FINISHED:
                    return status
    return FINISHED
