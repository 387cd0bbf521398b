"""The mean field: the same processes as expected flows of cells, as the right-hand side of a differential equation.

Cells are sorted by site, compartment, clone and origin. Compartment 0 is the mass; the others are cohorts of clumps,
one for each stretch of time in which clumps were founded, all clumps of a cohort taken to be of one size. Origin 0
are cells that never left; the others came by blood, one origin for each home.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from selfseed.kernels.body import (
    blood_counts,
    circulate,
    division_and_death,
    release_rates,
    start_of,
    stroma_goal,
    stroma_powers,
)
from selfseed.kernels.delivery import route_of
from selfseed.kernels.families import BORN, DIED, DIED_IN_BLOOD, LOST_AT_WALL, NOT_ESTABLISHED

TINY = 1e-200
"""Fewer cells than this are none."""


class Field(NamedTuple):
    """Hold the state of the mean field, or its change per day; S sites, M compartments, C clones, L origins."""

    cells: np.ndarray  # float[S, M, C, L]
    clumps: np.ndarray  # float[S, M] clumps that escaped early extinction; the mass counts as one
    sleeping: np.ndarray  # float[S, C, L]
    stroma: np.ndarray  # float[S]
    flow: np.ndarray  # float[S + 1, S, 3]
    routes: np.ndarray  # float[S, 4]
    ledger: np.ndarray  # float[10]


@njit(cache=True)
def field_of(values, shape):
    """Return a flat array of numbers as a Field that shares its memory.

    Parameters
    ----------
    values : float[n]
    shape : (int, int, int, int)
        S, M, C, L.
    """
    sites, parts, clones, origins = shape
    sizes = (
        sites * parts * clones * origins, sites * parts, sites * clones * origins, sites,
        (sites + 1) * sites * 3, sites * 4, 10,
    )  # fmt: skip
    ends = np.cumsum(np.array(sizes))
    return Field(
        values[: ends[0]].reshape((sites, parts, clones, origins)),
        values[ends[0] : ends[1]].reshape((sites, parts)),
        values[ends[1] : ends[2]].reshape((sites, clones, origins)),
        values[ends[2] : ends[3]],
        values[ends[3] : ends[4]].reshape((sites + 1, sites, 3)),
        values[ends[4] : ends[5]].reshape((sites, 4)),
        values[ends[5] : ends[6]],
    )


@njit(cache=True)
def sum_cells(field, cells, seeded):
    """Write the growing cells of each site and clone, and those whose line came by blood: both float[S, C]."""
    sites, parts, clones, origins = field.cells.shape
    cells[:] = 0.0
    seeded[:] = 0.0
    for site in range(sites):
        for part in range(parts):
            for clone in range(clones):
                for origin in range(origins):
                    amount = max(0.0, field.cells[site, part, clone, origin])
                    cells[site, clone] += amount
                    if origin > 0:
                        seeded[site, clone] += amount


@njit(cache=True)
def _founder_survival(setting, clone, site, stroma, kind):
    """Return the chance that a clump founded by one cell (or cluster) escapes early extinction."""
    relief, speed = stroma_powers(setting, stroma)
    birth, death = division_and_death(
        setting.law[site, clone],
        setting.growth,
        site,
        clone,
        1.0 / setting.density_per_mm3,
        relief,
        speed,
        setting.pace[site],
    )
    if birth <= death:
        return 1.0
    dies = death / birth
    if kind == 0:
        return 1.0 - dies
    stop = 1.0 / (setting.cluster_size - 1.0)
    return 1.0 - dies * dies * stop / (1.0 - (1.0 - stop) * dies)


@njit(cache=True)
def _settle(setting, field, cells, change, bed, clone, origin, events, founders, kind, cohort):
    """Add ``events`` established cells (or clusters) of ``founders`` cells each to the change of the field."""
    sites, parts = field.clumps.shape
    in_tumour = bed < sites
    site = bed % sites
    founding = events
    if in_tumour:
        founding = events * setting.new_clump_share
        joining = (events - founding) * founders
        total = cells[site].sum()
        if total > TINY:
            for part in range(parts):
                share = np.maximum(field.cells[site, part], 0.0).sum() / total
                change.cells[site, part, clone, origin] += joining * share
        else:
            change.cells[site, 0, clone, origin] += joining
    else:
        founding = events * (1.0 - setting.dormant_share)
        change.sleeping[site, clone, origin] += (events - founding) * founders
    survival = _founder_survival(setting, clone, site, field.stroma[site], kind)
    change.cells[site, cohort, clone, origin] += founding * founders
    change.clumps[site, cohort] += founding * survival


@njit(cache=True)
def arrive(setting, field, cells, fate, change, source, start, clone, home, origins_of, events, kind, cohort):
    """Add what becomes of ``events`` cells (or clusters) shed in ``source`` to the change of the field.

    Parameters
    ----------
    setting : Setting
    field, change : Field
        ``change`` is written: a flow per day, or a jump.
    cells : float[S, C]
    fate : float[C, 3, 2 S + 1]
    source, start, clone, home : int
    origins_of : int[S + 1]
        The origin of each home.
    events : float
    kind : int
        0 single cells, 1 clusters.
    cohort : int
        The compartment in which clumps founded now are.
    """
    sites = field.stroma.shape[0]
    founders = 1.0 if kind == 0 else setting.cluster_size
    crosses = setting.infiltration[clone]
    origin = origins_of[home]
    in_blood = events
    for bed in range(2 * sites + 1):
        arrested = events * fate[clone, start, bed]
        if arrested <= 0.0:
            continue
        in_blood -= arrested
        survives = setting.establishment[kind, bed, clone]
        if bed < 2 * sites:
            survives *= setting.open_routes[route_of(source, bed % sites, home, bed < sites)]
        settled = arrested * crosses * survives
        change.ledger[LOST_AT_WALL] += arrested * (1.0 - crosses) * founders
        change.ledger[NOT_ESTABLISHED] += arrested * crosses * (1.0 - survives) * founders
        if bed == 2 * sites:
            continue
        site = bed % sites
        change.flow[source, site, 0] += arrested
        change.flow[source, site, 1] += arrested * crosses
        change.flow[source, site, 2] += settled
        if settled > 0.0:
            change.routes[site, route_of(source, site, home, bed < sites)] += settled
            _settle(setting, field, cells, change, bed, clone, origin, settled, founders, kind, cohort)
    change.ledger[DIED_IN_BLOOD] += in_blood * founders


@njit(cache=True)
def _grow(setting, field, change):
    """Add growth and change of clone to the change of the field."""
    sites, parts, clones, origins = field.cells.shape
    for site in range(sites):
        relief, speed = stroma_powers(setting, field.stroma[site])
        for part in range(parts):
            total = field.cells[site, part].sum()
            clumps = 1.0 if part == 0 else field.clumps[site, part]
            if total <= TINY or clumps <= TINY:
                continue
            for clone in range(clones):
                birth, death = division_and_death(
                    setting.law[site, clone], setting.growth, site, clone, total / clumps / setting.density_per_mm3,
                    relief, speed, setting.pace[site],
                )  # fmt: skip
                for origin in range(origins):
                    amount = field.cells[site, part, clone, origin]
                    if amount == 0.0:
                        continue
                    change.ledger[BORN] += birth * amount
                    change.ledger[DIED] += death * amount
                    change.cells[site, part, clone, origin] += (birth - death) * amount
                    for other in range(clones):
                        changed = setting.change[clone, other] * birth * amount
                        change.cells[site, part, clone, origin] -= changed
                        change.cells[site, part, other, origin] += changed


@njit(cache=True)
def _wake(setting, field, change, cohort):
    """Add the waking of sleeping cells to the change of the field: each founds a clump."""
    sites, clones, origins = field.sleeping.shape
    for site in range(sites):
        for clone in range(clones):
            for origin in range(origins):
                waking = setting.waking_per_day * field.sleeping[site, clone, origin]
                if waking != 0.0:
                    change.sleeping[site, clone, origin] -= waking
                    change.cells[site, cohort, clone, origin] += waking
                    survival = _founder_survival(setting, clone, site, field.stroma[site], 0)
                    change.clumps[site, cohort] += waking * survival


@njit(cache=True)
def _release(setting, field, cells, fate, change, time_day, origins_of, homes, cohort):
    """Add shedding and all that follows from it to the change of the field."""
    sites, parts, clones, origins = field.cells.shape
    rates = np.empty((sites, clones))
    release_rates(setting, cells, time_day, 0.0, rates)
    for source in range(sites):
        start = start_of(setting.place[source])
        for clone in range(clones):
            rate = rates[source, clone]
            if rate <= 0.0:
                continue
            for origin in range(origins):
                shedding = 0.0
                for part in range(parts):
                    amount = max(0.0, field.cells[source, part, clone, origin])
                    shedding += amount
                    leaving = rate * (1.0 + setting.cluster_share * (setting.cluster_size - 1.0))
                    change.cells[source, part, clone, origin] -= leaving * amount
                if shedding <= TINY:
                    continue
                home = source if origin == 0 else homes[origin - 1]
                for kind in range(2):
                    share = setting.cluster_share if kind == 1 else 1.0 - setting.cluster_share
                    if share > 0.0:
                        arrive(
                            setting, field, cells, fate, change, source, start, clone, home, origins_of,
                            rate * share * shedding, kind, cohort,
                        )  # fmt: skip


@njit(cache=True, nogil=True)
def field_change(time_day, values, setting, shape, origins_of, homes, cohort):
    """Return the change per day of the mean field.

    Parameters
    ----------
    time_day : float [day]
    values : float[n]
        The field, flat.
    setting : Setting
    shape : (int, int, int, int)
    origins_of : int[S + 1]
    homes : int[L - 1]
        The home of each origin from 1 on.
    cohort : int

    Returns
    -------
    change : float[n]
    """
    field = field_of(values, shape)
    sites, _, clones, _ = shape
    slopes = np.zeros(values.shape[0])
    change = field_of(slopes, shape)
    cells = np.empty((sites, clones))
    seeded = np.empty((sites, clones))
    sum_cells(field, cells, seeded)
    fate = np.empty((clones, 3, 2 * sites + 1))
    circulate(setting, cells, -1, fate, np.empty((clones, 3)))
    _grow(setting, field, change)
    _wake(setting, field, change, cohort)
    _release(setting, field, cells, fate, change, time_day, origins_of, homes, cohort)
    for site in range(sites):
        change.stroma[site] = (stroma_goal(setting, cells[site], seeded[site]) - field.stroma[site]) / setting.lag_days
    return slopes


@njit(cache=True)
def inject(setting, values, shape, origins_of, cohort, start, clone, amount):
    """Let ``amount`` injected cells of a clone circulate at once; the field is changed in place."""
    field = field_of(values, shape)
    sites, _, clones, _ = shape
    jump = np.zeros(values.shape[0])
    cells = np.empty((sites, clones))
    sum_cells(field, cells, np.empty((sites, clones)))
    fate = np.empty((clones, 3, 2 * sites + 1))
    circulate(setting, cells, clone, fate, np.empty((clones, 3)))
    arrive(
        setting, field, cells, fate, field_of(jump, shape), sites, start, clone, sites, origins_of, amount, 0, cohort
    )
    values += jump


@njit(cache=True)
def blood_of_field(setting, values, shape, time_day):
    """Return circulating cells and their concentration in vein and artery [1/ml]."""
    sites, _, clones, _ = shape
    cells = np.empty((sites, clones))
    sum_cells(field_of(values, shape), cells, np.empty((sites, clones)))
    ways = np.empty((clones, 3))
    circulate(setting, cells, -1, np.empty((clones, 3, 2 * sites + 1)), ways)
    return blood_counts(setting, cells, ways, time_day)
