"""The stochastic loop where cells are few: every division, death and release one by one."""

import numpy as np
from numba import njit

from selfseed.kernels.body import release_rates, start_of
from selfseed.kernels.delivery import CLUSTER, EVENTS, SINGLE, book_losses, cluster_cells, deliver
from selfseed.kernels.families import ACTIVE, BORN, DIED, FAMILIES, FINISHED, count_cells
from selfseed.kernels.parts import enter_mutants, rates_of
from selfseed.kernels.random import exponential, mix, point, uniform

UNKNOWN = -1.0
"""No number of cells."""


@njit(cache=True)
def is_many(setting, growth, animal, time_day, days, enough):
    """Return whether at least ``enough`` divisions, deaths and releases are to be expected in the coming ``days``."""
    events = 0.0
    release_rates(setting, animal.cells, time_day + 0.5 * days, days, animal.rates)
    for position in range(animal.counts[ACTIVE]):
        family = animal.families[animal.active[position]]
        if family["wakes"] > time_day:
            continue
        birth, death = rates_of(setting, growth, animal, family, animal.clumps[family["clump"]]["cells"])
        release = animal.rates[family["site"], family["clone"]]
        events += (birth + death + release) * family["cells"] * days
        if events >= enough:
            return True
    return events >= enough


@njit(cache=True)
def _forget(animal, first, known):
    """Forget what was known of all living families, or of those entered from number ``first`` on."""
    if first < 0:
        for position in range(animal.counts[ACTIVE]):
            known[animal.active[position], 0] = UNKNOWN
    else:
        known[first : animal.counts[FAMILIES], 0] = UNKNOWN
    return animal.counts[FAMILIES]


@njit(cache=True)
def _weigh(setting, growth, animal, time_day, middle_day, days, weights, known):
    """Write the rate of each kind of event of each awake family; return their sum.

    The columns of ``weights``: division, death, release of a single cell, release of a cluster. Those of ``known``: the
    cells of the clump for which division and death were last computed, and both; an event changes few clumps.
    """
    total = 0.0
    release_rates(setting, animal.cells, middle_day, days, animal.rates)
    for position in range(animal.counts[ACTIVE]):
        family = animal.families[animal.active[position]]
        weights[position, :] = 0.0
        cells = family["cells"]
        if family["wakes"] > time_day or cells <= 0.0:
            continue
        own = known[animal.active[position]]
        crowd = animal.clumps[family["clump"]]["cells"]
        if own[0] != crowd:
            own[0] = crowd
            own[1], own[2] = rates_of(setting, growth, animal, family, crowd)
        release = animal.rates[family["site"], family["clone"]]
        clusters = setting.cluster_share if cells >= 2.0 else 0.0
        weights[position, 0] = own[1] * cells
        weights[position, 1] = own[2] * cells
        weights[position, 2] = release * (1.0 - clusters) * cells
        weights[position, 3] = release * clusters * cells
        for column in range(4):
            total += weights[position, column]
    return total


@njit(cache=True)
def _next_waking(animal, time_day):
    """Return when the next sleeping family wakes [day]."""
    soonest = np.inf
    for position in range(animal.counts[ACTIVE]):
        wakes = animal.families[animal.active[position]]["wakes"]
        if time_day < wakes < soonest:
            soonest = wakes
    return soonest


@njit(cache=True)
def _shift(animal, number, cells):
    """Add ``cells`` (or take them, below zero) in a family and in all counts that hold it."""
    family = animal.families[number]
    family["cells"] += cells
    animal.clumps[family["clump"]]["cells"] += cells
    animal.cells[family["site"], family["clone"]] += cells
    if family["seeded"]:
        animal.seeded[family["site"], family["clone"]] += cells


@njit(cache=True)
def _happen(setting, animal, replicate_key, moment, number, column, time_day, lost):
    """Let one event of one family happen, and return ``FINISHED`` or ``TOO_MANY``."""
    family = animal.families[number]
    if column == 0:
        clone = family["clone"]
        target = uniform(animal.stream)
        for other in range(setting.change.shape[0]):
            target -= setting.change[clone, other]
            if target < 0.0:
                return enter_mutants(animal, number, other, 1.0, time_day, mix(family["key"], moment))
        animal.ledger[BORN] += 1.0
        _shift(animal, number, 1.0)
        return FINISHED
    if column == 1:
        animal.ledger[DIED] += 1.0
        _shift(animal, number, -1.0)
        return FINISHED
    kind = SINGLE if column == 2 else CLUSTER
    source = family["site"]
    clone = family["clone"]
    before = family["cells"]
    if kind == SINGLE:
        family["cells"] -= 1.0
        animal.singles[number] = 1.0
    else:
        animal.clusters[number] = 1.0
    start = start_of(setting.place[source])
    status = deliver(setting, animal, replicate_key, moment, source, start, clone, 1.0, kind, time_day, lost)
    cells = lost.sum()
    if kind == CLUSTER and animal.clusters[number] > 0.0:
        cells = min(before, cluster_cells(setting.cluster_size, animal.stream))
        family["cells"] -= cells
    book_losses(animal, lost, cells)
    animal.singles[number] = 0.0
    animal.clusters[number] = 0.0
    return status


@njit(cache=True)
def event_by_event(setting, growth, animal, replicate_key, moment, time_day, days):
    """Follow every division, death and release of ``days`` one by one (Gillespie's direct method).

    Where released cells go is settled by the tumours as they stood at the start of the step.
    """
    weights = np.empty((animal.active.shape[0], 4))
    known = np.empty((animal.families.shape[0], 3))
    families = _forget(animal, -1, known)
    lost = np.zeros(3)
    now = time_day
    happened = 0
    clock = animal.stream.copy()
    point(clock, replicate_key, EVENTS, moment)
    while True:
        total = _weigh(setting, growth, animal, now, time_day + 0.5 * days, days, weights, known)
        wakes = _next_waking(animal, now)
        after = now + exponential(clock) / total if total > 0.0 else np.inf
        if min(after, wakes) >= time_day + days:
            return FINISHED
        if wakes <= after:
            now = wakes
            count_cells(animal, now)
            continue
        now = after
        target = uniform(clock) * total
        position = 0
        column = 0
        for position in range(animal.counts[ACTIVE]):  # noqa: B007
            column = 0
            while column < 4 and target >= weights[position, column]:
                target -= weights[position, column]
                column += 1
            if column < 4:
                break
        happened += 1
        point(animal.stream, replicate_key, mix(mix(EVENTS, moment), happened), 0)
        status = _happen(
            setting, animal, replicate_key, moment + happened, animal.active[position], min(column, 3), now, lost
        )
        if status != FINISHED:
            return status
        families = _forget(animal, families, known)
        count_cells(animal, now)
