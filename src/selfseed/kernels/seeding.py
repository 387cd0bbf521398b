"""One patient's tumours, generation by generation: lineages of cells divide, mutate, die and seed other sites."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

MONOCLONAL, SINGLE_SOURCE, MULTI_SOURCE, RESEEDING, FREE = range(5)
"""Which sites a wave may enter."""

FINISHED, EXTINCT, TOO_OLD, TOO_MANY = range(4)
"""Why the loop stopped: sites enough, no cell left, generations used up, no room for more lineages or sites."""

MOST_SITES = 96
MOST_GROUPS = 1024
DETECTABLE = 0.1
"""A site is detectable above this share of its capacity, as in El-Kebir et al. 2018."""

LINEAGES, ACTIVE, SITES, GROUPS, DRIVER_SETS, GENERATION, STATUS = range(7)


class Rules(NamedTuple):
    """Hold the numbers that one patient's tumours obey; ``history.settings`` explains them."""

    advantage: float
    mutation_rate: float
    driver_rate: float
    migration_rate: float
    wave_mean: float
    new_site: float
    return_weight: float
    room: float
    tracked_below: float
    pattern: int
    detectable_sites: int
    most_generations: int


class Tumours(NamedTuple):
    """Hold the state of all tumours of one patient; a group is the cells of one site with the same drivers."""

    parent: np.ndarray  # int32[lineage] the lineage it came from, -1 for the first
    site: np.ndarray  # int32[lineage]
    group: np.ndarray  # int32[lineage]
    mutations: np.ndarray  # int32[lineage] how many it gained when it was founded
    untracked: np.ndarray  # int32[lineage] untracked generations of its group before it was founded
    cells: np.ndarray  # int64[lineage]
    active: np.ndarray  # int32[lineage] those with cells
    group_site: np.ndarray  # int32[group]
    group_drivers: np.ndarray  # int32[group, 2] which set of drivers, how many are in it
    group_cells: np.ndarray  # int64[group]
    group_untracked: np.ndarray  # int32[group] generations in which new mutations were not followed
    arcs: np.ndarray  # int32[site, site] cells that moved
    capacity: np.ndarray  # float[site]
    counts: np.ndarray  # int64[7] see LINEAGES...


@njit(cache=True)
def empty_tumours(capacity, most_lineages):
    """Return the state with one founder cell in site 0, which carries one driver mutation."""
    tumours = Tumours(
        np.empty(most_lineages, np.int32),
        np.empty(most_lineages, np.int32),
        np.empty(most_lineages, np.int32),
        np.empty(most_lineages, np.int32),
        np.empty(most_lineages, np.int32),
        np.empty(most_lineages, np.int64),
        np.empty(most_lineages, np.int32),
        np.zeros(MOST_GROUPS, np.int32),
        np.zeros((MOST_GROUPS, 2), np.int32),
        np.zeros(MOST_GROUPS, np.int64),
        np.zeros(MOST_GROUPS, np.int32),
        np.zeros((MOST_SITES, MOST_SITES), np.int32),
        capacity,
        np.zeros(7, np.int64),
    )
    tumours.counts[SITES] = tumours.counts[GROUPS] = tumours.counts[DRIVER_SETS] = 1
    tumours.group_drivers[0, 1] = 1
    found(tumours, -1, 0, 0, 1)
    tumours.group_cells[0] = 1
    return tumours


@njit(cache=True)
def found(tumours, parent, site, group, mutations):
    """Add a lineage of one cell."""
    counts = tumours.counts
    lineage = counts[LINEAGES]
    if lineage == len(tumours.parent):
        counts[STATUS] = TOO_MANY
        return
    tumours.parent[lineage] = parent
    tumours.site[lineage] = site
    tumours.group[lineage] = group
    tumours.mutations[lineage] = mutations
    tumours.untracked[lineage] = tumours.group_untracked[group]
    tumours.cells[lineage] = 1
    tumours.active[counts[ACTIVE]] = lineage
    counts[LINEAGES] += 1
    counts[ACTIVE] += 1


@njit(cache=True)
def add_group(tumours, site, driver_set, drivers):
    """Return a new group without cells."""
    counts = tumours.counts
    group = counts[GROUPS]
    if group == MOST_GROUPS:
        counts[STATUS] = TOO_MANY
        return 0
    tumours.group_site[group] = site
    tumours.group_drivers[group, 0] = driver_set
    tumours.group_drivers[group, 1] = drivers
    counts[GROUPS] += 1
    return group


@njit(cache=True)
def binomial(trials, chance, rng):
    """Return how many of ``trials`` succeed; by the normal law, rounded, where the variance exceeds 25."""
    if trials <= 8:
        successes = 0
        for _ in range(trials):
            successes += rng.random() < chance
        return successes
    variance = trials * chance * (1.0 - chance)
    if variance > 25.0:
        drawn = int(math.floor(trials * chance + math.sqrt(variance) * rng.normal() + 0.5))
        return min(max(drawn, 0), trials)
    return int(rng.binomial(trials, chance))


@njit(cache=True)
def birth_chance(cells, capacity, drivers, advantage):
    r"""Return the chance that a cell divides rather than dies.

    .. math:: b = \tfrac{1}{2} (1 + s)^{1 + d}, \qquad s = s_0 \max(0, 1 - N / (d K))

    Parameters
    ----------
    cells : int
        N, the cells of the site with the same drivers.
    capacity : float, > 0 [cells]
        K, of the site.
    drivers : int, >= 1
        d.
    advantage : float, >= 0
        The advantage of one driver s_0 in an empty site.
    """
    strength = advantage * max(0.0, 1.0 - cells / (capacity * drivers))
    return min(1.0, 0.5 * (1.0 + strength) ** (1 + drivers))


@njit(cache=True)
def divide(tumours, rules, rng):
    """Let each cell divide or die; follow new mutations in small groups, and new drivers in all."""
    counts, cells, active = tumours.counts, tumours.cells, tumours.active
    groups = counts[GROUPS]
    chance = np.zeros(groups)
    tracked = np.zeros(groups, np.bool_)
    born = np.zeros(groups, np.int64)
    for group in range(groups):
        size = tumours.group_cells[group]
        capacity = tumours.capacity[tumours.group_site[group]]
        chance[group] = birth_chance(size, capacity, tumours.group_drivers[group, 1], rules.advantage)
        tracked[group] = size < rules.tracked_below
        if not tracked[group]:
            tumours.group_untracked[group] += 1
    for position in range(counts[ACTIVE]):
        lineage = active[position]
        group = tumours.group[lineage]
        births = binomial(cells[lineage], chance[group], rng)
        born[group] += births
        mutants = binomial(births, rules.mutation_rate, rng) if tracked[group] else 0
        cells[lineage] = 2 * births - mutants
        for _ in range(mutants):
            found(tumours, lineage, tumours.site[lineage], group, 1)
    gather(tumours)
    for group in range(groups):
        expected = born[group] * rules.driver_rate * (tumours.group_drivers[group, 1] + 1)
        if expected > 0.0 and tumours.group_cells[group] > 0:
            for _ in range(rng.poisson(expected)):
                add_driver(tumours, group, rules, rng)


@njit(cache=True)
def gather(tumours):
    """Forget lineages without cells, and count the cells of each group."""
    counts = tumours.counts
    tumours.group_cells[: counts[GROUPS]] = 0
    kept = 0
    for position in range(counts[ACTIVE]):
        lineage = tumours.active[position]
        if tumours.cells[lineage] > 0:
            tumours.active[kept] = lineage
            kept += 1
            tumours.group_cells[tumours.group[lineage]] += tumours.cells[lineage]
    counts[ACTIVE] = kept


@njit(cache=True)
def pick_cell(tumours, key, wanted, rng):
    """Return the lineage of a random cell among those whose ``key`` (site or group of a lineage) is ``wanted``."""
    total = 0
    for position in range(tumours.counts[ACTIVE]):
        lineage = tumours.active[position]
        if key[lineage] == wanted:
            total += tumours.cells[lineage]
    if total == 0:
        return -1
    left = int(rng.random() * total)
    for position in range(tumours.counts[ACTIVE]):
        lineage = tumours.active[position]
        if key[lineage] == wanted:
            left -= tumours.cells[lineage]
            if left < 0:
                return lineage
    return -1


@njit(cache=True)
def private_mutations(tumours, lineage, rules, rng):
    """Return how many mutations a cell of ``lineage`` gained unfollowed: of two daughters only one may gain one."""
    divisions = tumours.group_untracked[tumours.group[lineage]] - tumours.untracked[lineage]
    return binomial(divisions, 0.5 * rules.mutation_rate, rng)


@njit(cache=True)
def add_driver(tumours, group, rules, rng):
    """Give a random cell of ``group``, with all its mutations, one driver more, and with it a group of its own."""
    lineage = pick_cell(tumours, tumours.group, group, rng)
    if lineage < 0:
        return
    private = private_mutations(tumours, lineage, rules, rng)
    site = tumours.group_site[group]
    new = add_group(tumours, site, tumours.counts[DRIVER_SETS], tumours.group_drivers[group, 1] + 1)
    tumours.counts[DRIVER_SETS] += 1
    tumours.cells[lineage] -= 1
    tumours.group_cells[group] -= 1
    tumours.group_cells[new] += 1
    found(tumours, lineage, site, new, 1 + private)


@njit(cache=True)
def reaches(tumours, start, goal):
    """Return whether cells that left ``start`` may have come to ``goal``, over any number of sites."""
    sites = tumours.counts[SITES]
    seen = np.zeros(sites, np.bool_)
    waiting = np.empty(sites, np.int64)
    waiting[0] = start
    seen[start] = True
    number = 1
    while number:
        number -= 1
        site = waiting[number]
        if site == goal:
            return True
        for target in range(sites):
            if tumours.arcs[site, target] and not seen[target]:
                seen[target] = True
                waiting[number] = target
                number += 1
    return False


@njit(cache=True)
def weight_of(tumours, source, target, rules):
    """Return how much a wave from ``source`` favours a site that was seeded before."""
    used = tumours.arcs[source, target] > 0
    if rules.pattern == SINGLE_SOURCE:
        return 1.0 if used else 0.0
    closes = reaches(tumours, target, source)
    if rules.pattern == MULTI_SOURCE:
        return 0.0 if closes else (1.0 if used else 5.0)
    if rules.pattern == RESEEDING:
        return 5.0 if closes else (1.0 if used else 2.0)
    return rules.return_weight if closes else 1.0


@njit(cache=True)
def target_of(tumours, source, rules, rng):
    """Return the site that a wave from ``source`` enters; a site not seen before has the next number."""
    sites = tumours.counts[SITES]
    if rules.pattern == MONOCLONAL:
        return sites
    weights = np.zeros(sites)
    for target in range(sites):
        if target != source:
            weights[target] = weight_of(tumours, source, target, rules)
    total = weights.sum()
    if total <= 0.0 or rng.random() < rules.new_site:
        return sites
    left = rng.random() * total
    for target in range(sites):
        left -= weights[target]
        if left < 0.0:
            return target
    return sites


@njit(cache=True)
def group_in(tumours, lineage, target, rules, rng):
    """Return the group that a cell of ``lineage`` joins in the site ``target``: its own drivers', or one of its own."""
    driver_set, drivers = tumours.group_drivers[tumours.group[lineage]]
    if rules.room <= 0.0 or rng.random() >= rules.room:
        for group in range(tumours.counts[GROUPS]):
            if tumours.group_site[group] == target and tumours.group_drivers[group, 0] == driver_set:
                return group
    return add_group(tumours, target, driver_set, drivers)


@njit(cache=True)
def send_wave(tumours, source, size, rules, rng):
    """Move up to ``size`` cells of a site into one other, no two of them alike in all mutations."""
    target = target_of(tumours, source, rules, rng)
    if target == MOST_SITES:
        tumours.counts[STATUS] = TOO_MANY
        return
    tumours.counts[SITES] = max(tumours.counts[SITES], target + 1)
    sent = np.full(size, -1)
    for cell in range(size):
        lineage = pick_cell(tumours, tumours.site, source, rng)
        if lineage < 0:
            return
        private = private_mutations(tumours, lineage, rules, rng)
        if private == 0:
            if np.any(sent == lineage):
                continue
            sent[cell] = lineage
        tumours.cells[lineage] -= 1
        tumours.group_cells[tumours.group[lineage]] -= 1
        group = group_in(tumours, lineage, target, rules, rng)
        tumours.group_cells[group] += 1
        tumours.arcs[source, target] += 1
        found(tumours, lineage, target, group, private)


@njit(cache=True)
def migrate(tumours, rules, rng):
    """Let at most one wave leave each site, the likelier the more cells it has and the more drivers they carry."""
    sites = tumours.counts[SITES]
    pressure = np.zeros(sites)
    for group in range(tumours.counts[GROUPS]):
        pressure[tumours.group_site[group]] += tumours.group_drivers[group, 1] * tumours.group_cells[group]
    for source in range(sites):
        if rng.random() < rules.migration_rate * pressure[source]:
            size = 1 if rules.pattern == MONOCLONAL else 1 + rng.poisson(rules.wave_mean)
            send_wave(tumours, source, size, rules, rng)


@njit(cache=True)
def site_cells(tumours):
    """Return the cells of each site."""
    cells = np.zeros(tumours.counts[SITES], np.int64)
    for group in range(tumours.counts[GROUPS]):
        cells[tumours.group_site[group]] += tumours.group_cells[group]
    return cells


@njit(cache=True)
def seed_sites(capacity, rules, most_lineages, rng):
    """Let one cell grow to tumours in many sites.

    1. The loop ends when more sites than ``detectable_sites`` are detectable, no cell is left, or time is up.
    2. Each cell divides or dies; in small groups a daughter may found a lineage by a new mutation.
    3. A cell may gain a driver, and with it room of its own.
    4. From each site at most one wave of cells leaves, and all its cells enter one other site.

    Parameters
    ----------
    capacity : float[MOST_SITES], > 0 [cells]
        The first is the primary's.
    rules : Rules
    most_lineages : int
    rng : numpy.random.Generator

    Returns
    -------
    Tumours
        ``counts[STATUS]`` says why the loop stopped.

    References
    ----------
    El-Kebir, Satas and Raphael (2018), https://doi.org/10.1038/s41588-018-0106-z
    Reiter, Bozic, Chatterjee and Nowak (2013), https://doi.org/10.1007/978-3-642-39799-8_6
    """
    tumours = empty_tumours(capacity, most_lineages)
    counts = tumours.counts
    while counts[STATUS] == FINISHED:
        detectable = 0
        for site, cells in enumerate(site_cells(tumours)):
            detectable += cells > DETECTABLE * capacity[site]
        if detectable > rules.detectable_sites:
            break
        if counts[GENERATION] == rules.most_generations:
            counts[STATUS] = TOO_OLD
            break
        divide(tumours, rules, rng)
        if counts[ACTIVE] == 0:
            counts[STATUS] = EXTINCT
            break
        migrate(tumours, rules, rng)
        counts[GENERATION] += 1
    gather(tumours)
    return tumours
