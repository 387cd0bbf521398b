"""The way of shed cells from the vessel to a new family: steps 3 to 6 for many cells at once, exactly."""

import numpy as np
from numba import njit

from selfseed.kernels.body import start_of
from selfseed.kernels.families import (
    ACTIVE,
    CLUMP,
    CLUMPS,
    CROSS,
    DIED_IN_BLOOD,
    FINISHED,
    LOST_AT_WALL,
    MASS,
    METASTASIS,
    METASTATIC,
    NOT_ESTABLISHED,
    PRIMARY,
    SECONDARY,
    SEED,
    TOO_MANY,
    found_family,
    is_full,
)
from selfseed.kernels.random import binomial, exponential, geometric_sum, mix, point, uniform

SINGLE, CLUSTER = range(2)

ARRIVE, PART, PARENT, FOUND, GROW, RELEASE, CHANGE, PROCEDURE, EVENTS = (np.uint64(name) for name in range(101, 110))
"""Names of the processes that own streams of chance."""

TOGETHER = 64
"""Seeds of one source, clone and bed that settle at once where they join others of their kind anyhow."""


@njit(cache=True)
def cluster_cells(size, stream):
    """Return the cells of one cluster: two and a geometric number more, ``size`` on average."""
    return 2.0 + geometric_sum(1.0, 1.0 / (size - 1.0), stream)


@njit(cache=True)
def route_of(source, site, home, in_tumour):
    """Return the route of a seed that was shed in ``source`` by a line from ``home`` and arrives in ``site``."""
    if not in_tumour:
        return METASTATIC
    if source == site:
        return PRIMARY
    return SECONDARY if home == site else CROSS


@njit(cache=True)
def _pick_parent(animal, source, clone, kind, left):
    """Return the family that shed one cell (or cluster) chosen evenly among those left of this clone and site."""
    shed = animal.singles if kind == SINGLE else animal.clusters
    target = uniform(animal.stream) * left
    chosen = -1
    for position in range(animal.counts[ACTIVE]):
        number = animal.active[position]
        if shed[number] <= 0.0:
            continue
        family = animal.families[number]
        if family["clone"] != clone or family["site"] != source:
            continue
        chosen = number
        target -= shed[number]
        if target < 0.0:
            break
    return chosen


@njit(cache=True)
def _pick_clump(animal, site):
    """Return a clump of ``site`` chosen in proportion to its cells, or -1 where there is none."""
    total = 0.0
    for number in range(animal.counts[CLUMPS]):
        if animal.clumps[number]["site"] == site:
            total += animal.clumps[number]["cells"]
    target = uniform(animal.inner) * total
    chosen = -1
    for number in range(animal.counts[CLUMPS]):
        clump = animal.clumps[number]
        if clump["site"] == site and clump["cells"] > 0.0:
            chosen = number
            target -= clump["cells"]
            if target < 0.0:
                break
    return chosen


@njit(cache=True)
def _waking_day(setting, animal, time_day):
    """Return when a seed that falls asleep now wakes [day]."""
    if setting.waking_per_day <= 0.0:
        return np.inf
    return time_day + exponential(animal.inner) / setting.waking_per_day


@njit(cache=True)
def settle(setting, animal, replicate_key, name, parent, source, bed, kind, time_day):
    """Turn one established cell or cluster into a family if its route is open; return ``FINISHED`` or ``TOO_MANY``."""
    sites = setting.place.shape[0]
    in_tumour = bed < sites
    site = bed if in_tumour else bed - sites
    point(animal.inner, replicate_key, mix(name, FOUND), 0)
    family = animal.families[parent]
    founders = 1.0
    if kind == CLUSTER:
        promised = 2.0 * (animal.clusters[parent] - 1.0)
        founders = min(cluster_cells(setting.cluster_size, animal.inner), family["cells"] - promised)
        animal.clusters[parent] -= 1.0
        family["cells"] -= founders
    else:
        animal.singles[parent] -= 1.0
    route = route_of(source, site, family["home"], in_tumour)
    if setting.open_routes[route] == 0.0:
        animal.ledger[NOT_ESTABLISHED] += founders
        animal.flow[source, site, 2] -= 1.0
        return FINISHED
    clump = -1 - METASTASIS
    wakes = -1.0
    if in_tumour:
        clump = -1 - CLUMP
        if uniform(animal.inner) >= setting.new_clump_share:
            clump = _pick_clump(animal, site)
            if clump < 0:
                clump = -1 - MASS
    elif uniform(animal.inner) < setting.dormant_share:
        wakes = _waking_day(setting, animal, time_day)
    number = found_family(
        animal, clump, parent, family["clone"], site, family["home"], source, SEED, route, 1, founders, time_day,
        wakes, name,
    )  # fmt: skip
    if number < 0:
        return TOO_MANY
    animal.routes[site, route] += 1.0
    return FINISHED


@njit(cache=True)
def settle_together(setting, animal, replicate_key, name, source, clone, bed, kind, settled, shedding, time_day):
    """Turn many established cells or clusters into few families; return ``FINISHED`` or ``TOO_MANY``.

    For a full table, where ``settle`` would let each join the latest family of its kind: their numbers have the same
    law. From which families they come is drawn with replacement.

    Parameters
    ----------
    settled : float, whole
        Those that settle.
    shedding : int
        Active families that may have shed.
    """
    sites = setting.place.shape[0]
    in_tumour = bed < sites
    site = bed if in_tumour else bed - sites
    shed = animal.singles if kind == SINGLE else animal.clusters
    point(animal.inner, replicate_key, mix(name, FOUND), 0)
    while settled > 0.0:
        left = _sum_shed(animal, shed, source, clone, shedding)
        if left <= 0.0:
            return FINISHED
        for position in range(shedding):
            parent = animal.active[position]
            family = animal.families[parent]
            if shed[parent] <= 0.0 or family["clone"] != clone or family["site"] != source:
                continue
            seeds = min(binomial(settled, share_of(shed[parent], left), animal.inner), shed[parent])
            left -= shed[parent]
            settled -= seeds
            shed[parent] -= seeds
            sleeping = 0.0 if in_tumour else binomial(seeds, setting.dormant_share, animal.inner)
            route = route_of(source, site, family["home"], in_tumour)
            for awake in range(2):
                some = seeds - sleeping if awake else sleeping
                if some <= 0.0:
                    continue
                founders = some
                if kind == CLUSTER:
                    promised = 2.0 * (shed[parent] + (0.0 if awake else seeds - sleeping))
                    founders = 2.0 * some + geometric_sum(some, 1.0 / (setting.cluster_size - 1.0), animal.inner)
                    founders = min(founders, family["cells"] - promised)
                    family["cells"] -= founders
                if setting.open_routes[route] == 0.0:
                    animal.ledger[NOT_ESTABLISHED] += founders
                    animal.flow[source, site, 2] -= some
                    continue
                wakes = -1.0 if awake else _waking_day(setting, animal, time_day)
                number = found_family(
                    animal, -1 - (CLUMP if in_tumour else METASTASIS), parent, clone, site, family["home"], source,
                    SEED, route, 1, founders, time_day, wakes, mix(mix(name, parent), awake),
                )  # fmt: skip
                if number < 0:
                    return TOO_MANY
                animal.routes[site, route] += some
    return FINISHED


@njit(cache=True)
def _sum_shed(animal, shed, source, clone, shedding):
    """Return what the families of a clone in a site have shed and nothing was decided of."""
    total = 0.0
    for position in range(shedding):
        number = animal.active[position]
        if animal.families[number]["clone"] == clone and animal.families[number]["site"] == source:
            total += shed[number]
    return total


@njit(cache=True)
def share_of(chance, chance_left):
    """Return the chance of an outcome given that none of the outcomes before it came, within [0, 1]."""
    if chance <= 0.0:
        return 0.0
    return 1.0 if chance >= chance_left else chance / chance_left


@njit(cache=True)
def deliver(setting, animal, replicate_key, moment, source, start, clone, number, kind, time_day, lost):
    r"""Decide what becomes of ``number`` cells (or clusters) of a clone shed in one site.

    The counts of all outcomes are multinomial, drawn as a chain of binomials; established seeds first, each bed from
    its own stream, so that an arm in which seeds settle less often loses some of the same seeds and gains no others.

    Parameters
    ----------
    setting : Setting
    animal : Animal
        Families carry what they shed in ``singles`` or ``clusters``.
    replicate_key : uint64
    moment : int
    source, start, clone : int
        Site (or S for an injection), place of start in the circuit, clone.
    number : float, whole
    kind : int
        ``SINGLE`` or ``CLUSTER``.
    time_day : float [day]
    lost : float[3], written
        Cells or clusters that died in blood (or were held back by a filter), were lost at the wall, crossed and did
        not survive.

    Returns
    -------
    status : int
        ``FINISHED`` or ``TOO_MANY``.
    """
    sites = setting.place.shape[0]
    crosses = setting.infiltration[clone]
    passing = setting.passing[source]
    left = number
    chance_left = 1.0
    lost[:] = 0.0
    shedding = animal.counts[ACTIVE]
    for bed in range(2 * sites):
        chance = passing * animal.fate[clone, start, bed] * crosses * setting.establishment[kind, bed, clone]
        if chance <= 0.0:
            continue
        name = mix(mix(mix(mix(mix(ARRIVE, source), clone), kind), bed), moment)
        point(animal.stream, replicate_key, name, 0)
        settled = binomial(left, share_of(chance, chance_left), animal.stream)
        left -= settled
        chance_left -= chance
        animal.flow[source, bed % sites, :] += settled
        if settled >= TOGETHER and is_full(animal):
            status = settle_together(
                setting, animal, replicate_key, name, source, clone, bed, kind, settled, shedding, time_day
            )
            if status != FINISHED:
                return status
            continue
        for i in range(int(settled)):
            point(animal.stream, replicate_key, mix(name, PARENT), i)
            parent = _pick_parent(animal, source, clone, kind, left + settled - i)
            status = settle(setting, animal, replicate_key, mix(name, i), parent, source, bed, kind, time_day)
            if status != FINISHED:
                return status
    point(animal.stream, replicate_key, mix(mix(mix(mix(PART, source), clone), kind), moment), 0)
    for site in range(sites + 1):
        arrest = animal.fate[clone, start, 2 * sites] if site == sites else 0.0
        survive = 0.0
        if site < sites:
            for bed in (site, site + sites):
                arrest += animal.fate[clone, start, bed]
                survive += animal.fate[clone, start, bed] * setting.establishment[kind, bed, clone]
        for crossed in range(2):
            chance = passing * (crosses * (arrest - survive) if crossed else (1.0 - crosses) * arrest)
            count = binomial(left, share_of(chance, chance_left), animal.stream)
            left -= count
            chance_left -= chance
            lost[1 + crossed] += count
            if site < sites:
                animal.flow[source, site, 0] += count
                animal.flow[source, site, 1] += count * crossed
    lost[0] = left
    return FINISHED


@njit(cache=True)
def book_losses(animal, lost, cells):
    """Enter ``cells`` cells that did not settle in the ledger, split as the events in ``lost`` are."""
    events = lost.sum()
    entries = (DIED_IN_BLOOD, LOST_AT_WALL, NOT_ESTABLISHED)
    left = cells
    for i in range(2):
        share = np.floor(cells * lost[1 + i] / events + 0.5) if events > 0.0 else 0.0
        share = min(share, left)
        animal.ledger[entries[1 + i]] += share
        left -= share
    animal.ledger[DIED_IN_BLOOD] += left


@njit(cache=True)
def shed_from(setting, animal, replicate_key, moment, time_day):
    """Send what all families shed in this step through the body, and return ``FINISHED`` or ``TOO_MANY``.

    Singles have left their families already; clusters leave here, since only now is known how large those are that
    settled.
    """
    sites, clones = animal.cells.shape
    singles = np.zeros((sites, clones))
    clusters = np.zeros((sites, clones))
    shedding = animal.counts[ACTIVE]
    for position in range(shedding):
        number = animal.active[position]
        family = animal.families[number]
        singles[family["site"], family["clone"]] += animal.singles[number]
        clusters[family["site"], family["clone"]] += animal.clusters[number]
    lost = np.zeros(3)
    for source in range(sites):
        start = start_of(setting.place[source])
        for clone in range(clones):
            for kind in range(2):
                shed = singles[source, clone] if kind == SINGLE else clusters[source, clone]
                if shed <= 0.0:
                    continue
                status = deliver(
                    setting, animal, replicate_key, moment, source, start, clone, shed, kind, time_day, lost
                )
                if status != FINISHED:
                    return status
                cells = lost.sum()
                if kind == CLUSTER:
                    cells = _lose_clusters(setting, animal, replicate_key, moment, source, clone, shedding)
                book_losses(animal, lost, cells)
    for position in range(shedding):
        number = animal.active[position]
        animal.singles[number] = 0.0
        animal.clusters[number] = 0.0
    return FINISHED


@njit(cache=True)
def _lose_clusters(setting, animal, replicate_key, moment, source, clone, shedding):
    """Take the clusters that did not settle from their families and return their cells."""
    gone = 0.0
    for position in range(shedding):
        number = animal.active[position]
        family = animal.families[number]
        clusters = animal.clusters[number]
        if clusters <= 0.0 or family["site"] != source or family["clone"] != clone:
            continue
        point(animal.stream, replicate_key, mix(mix(RELEASE, family["key"]), 1), moment)
        cells = 2.0 * clusters + geometric_sum(clusters, 1.0 / (setting.cluster_size - 1.0), animal.stream)
        cells = min(cells, family["cells"])
        family["cells"] -= cells
        gone += cells
    return gone
