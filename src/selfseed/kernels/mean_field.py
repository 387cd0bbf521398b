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
from selfseed.kernels.lending import lent

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


class Moment(NamedTuple):
    """Hold what the processes need to know of a field at one moment, and room for what they find."""

    cells: np.ndarray  # float[S, C] growing cells
    seeded: np.ndarray  # float[S, C] those whose line came by blood
    fate: np.ndarray  # float[C, 3, 2 S + 1] see circulation.arrest_probabilities
    ways: np.ndarray  # float[C, 3] see circulation.standing_cells
    rates: np.ndarray  # float[S, C] release per cell and day
    powers: np.ndarray  # float[S, 2] what the stroma does, see body.stroma_powers
    survival: np.ndarray  # float[2, S, C] chance that a clump founded by a cell, a cluster escapes early extinction
    share: np.ndarray  # float[S, M] of the cells of a site that each compartment holds
    joining: np.ndarray  # float[S, C, L] seeds that join the compartments by their share


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
    cells = sites * parts * clones * origins
    clumps = cells + sites * parts
    sleeping = clumps + sites * clones * origins
    stroma = sleeping + sites
    flow = stroma + (sites + 1) * sites * 3
    routes = flow + sites * 4
    return Field(
        values[:cells].reshape((sites, parts, clones, origins)),
        values[cells:clumps].reshape((sites, parts)),
        values[clumps:sleeping].reshape((sites, clones, origins)),
        values[sleeping:stroma],
        values[stroma:flow].reshape((sites + 1, sites, 3)),
        values[flow:routes].reshape((sites, 4)),
        values[routes : routes + 10],
    )


def moment_of(shape: tuple[int, int, int, int]) -> Moment:
    """Return room for one moment of a field of this shape."""
    sites, parts, clones, origins = shape
    return Moment(
        np.zeros((sites, clones)),
        np.zeros((sites, clones)),
        np.zeros((clones, 3, 2 * sites + 1)),
        np.zeros((clones, 3)),
        np.zeros((sites, clones)),
        np.zeros((sites, 2)),
        np.zeros((2, sites, clones)),
        np.zeros((sites, parts)),
        np.zeros((sites, clones, origins)),
    )


@njit(cache=True, inline="always")
def sum_cells(field, cells, seeded):
    """Write the growing cells of each site and clone, and those whose line came by blood: both float[S, C]."""
    held = field.cells
    sites, parts, clones, origins = held.shape
    for site in range(sites):
        for clone in range(clones):
            cells[site, clone] = 0.0
            seeded[site, clone] = 0.0
        for part in range(parts):
            for clone in range(clones):
                for origin in range(origins):
                    amount = max(0.0, held[site, part, clone, origin])
                    cells[site, clone] += amount
                    if origin > 0:
                        seeded[site, clone] += amount


@njit(cache=True, inline="always")
def _share_out(field, moment):
    """Write which share of the cells of a site each compartment holds; the mass takes all where there is none."""
    held, cells, share = field.cells, moment.cells, moment.share
    sites, parts, clones, origins = held.shape
    for site in range(sites):
        total = 0.0
        for clone in range(clones):
            total += cells[site, clone]
        for part in range(parts):
            amount = 0.0
            for clone in range(clones):
                for origin in range(origins):
                    amount += max(0.0, held[site, part, clone, origin])
            if total > TINY:
                share[site, part] = amount / total
            else:
                share[site, part] = 1.0 if part == 0 else 0.0


@njit(cache=True, inline="always")
def _watch_founders(setting, field, moment):
    """Write what the stroma does, and the chance that a clump founded now escapes early extinction."""
    law, growth, pace, kill, attacked = setting.law, setting.growth, setting.pace, setting.kill, setting.attacked
    volume = 1.0 / setting.density_per_mm3
    stop = 1.0 / (setting.cluster_size - 1.0)
    stroma, powers, survival = field.stroma, moment.powers, moment.survival
    for site in range(stroma.shape[0]):
        relief, speed = stroma_powers(setting, stroma[site])
        powers[site, 0] = relief
        powers[site, 1] = speed
        for clone in range(survival.shape[2]):
            birth, death = division_and_death(
                law[site, clone], growth, site, clone, volume, relief, speed, pace[site], kill[clone]
            )  # fmt: skip
            death += attacked[site, clone]
            dies = death / birth if birth > death else 0.0
            survival[0, site, clone] = 1.0 - dies
            survival[1, site, clone] = 1.0 - dies * dies * stop / (1.0 - (1.0 - stop) * dies)


@njit(cache=True, inline="always")
def _watch(setting, field, moment, circulating):
    """Write what is known of the field at one moment, a clone that circulates without a tumour counted in."""
    sum_cells(field, moment.cells, moment.seeded)
    circulate(setting, moment.cells, circulating, moment.fate, moment.ways)
    _share_out(field, moment)
    _watch_founders(setting, field, moment)
    moment.joining[:] = 0.0


@njit(cache=True, inline="always")
def _arrive(setting, moment, change, source, start, clone, home, origin, events, kind, cohort):
    """Add what becomes of ``events`` cells (or clusters) shed in ``source`` to the change of the field.

    Parameters
    ----------
    setting : Setting
    moment : Moment
        ``joining`` is added to.
    change : Field
        Written: a flow per day, or a jump.
    source, start, clone, home, origin : int
    events : float
    kind : int
        0 single cells, 1 clusters.
    cohort : int
        The compartment in which clumps founded now are.
    """
    sites = moment.share.shape[0]
    fate, survival, joining = moment.fate, moment.survival, moment.joining
    establishment, open_routes = setting.establishment, setting.open_routes
    clump_share, dormant_share = setting.new_clump_share, setting.dormant_share
    cells, clumps, sleeping, flow = change.cells, change.clumps, change.sleeping, change.flow
    founders = 1.0 if kind == 0 else setting.cluster_size
    crosses, passing = setting.infiltration[clone], setting.passing[source]
    in_blood = events
    not_established = 0.0
    for bed in range(2 * sites + 1):
        arrested = events * passing * fate[clone, start, bed]
        if arrested <= 0.0:
            continue
        in_blood -= arrested
        survives = establishment[kind, bed, clone]
        if bed == 2 * sites:
            not_established += arrested * crosses * (1.0 - survives)
            continue
        site = bed % sites
        route = route_of(source, site, home, bed < sites)
        survives *= open_routes[route]
        settled = arrested * crosses * survives
        not_established += arrested * crosses * (1.0 - survives)
        flow[source, site, 0] += arrested
        flow[source, site, 1] += arrested * crosses
        flow[source, site, 2] += settled
        if settled <= 0.0:
            continue
        change.routes[site, route] += settled
        if bed < sites:
            founding = settled * clump_share
            joining[site, clone, origin] += (settled - founding) * founders
        else:
            founding = settled * (1.0 - dormant_share)
            sleeping[site, clone, origin] += (settled - founding) * founders
        cells[site, cohort, clone, origin] += founding * founders
        clumps[site, cohort] += founding * survival[kind, site, clone]
    change.ledger[LOST_AT_WALL] += (events - in_blood) * (1.0 - crosses) * founders
    change.ledger[NOT_ESTABLISHED] += not_established * founders
    change.ledger[DIED_IN_BLOOD] += in_blood * founders


@njit(cache=True, inline="always")
def _join(moment, change, cohort):
    """Add the seeds that join to the compartments that hold cells."""
    joining, share, cells = moment.joining, moment.share, change.cells
    sites, clones, origins = joining.shape
    for site in range(sites):
        for clone in range(clones):
            for origin in range(origins):
                amount = joining[site, clone, origin]
                if amount > 0.0:
                    for part in range(cohort + 1):
                        cells[site, part, clone, origin] += amount * share[site, part]


@njit(cache=True, inline="always")
def _grow(setting, field, moment, change, cohort):
    """Add growth and change of clone to the change of the field."""
    law, growth, pace, changes = setting.law, setting.growth, setting.pace, setting.change
    kill, attacked = setting.kill, setting.attacked
    held, clumps, slopes, powers = field.cells, field.clumps, change.cells, moment.powers
    sites, _, clones, origins = held.shape
    born = 0.0
    died = 0.0
    for site in range(sites):
        for part in range(cohort + 1):
            total = 0.0
            for clone in range(clones):
                for origin in range(origins):
                    total += held[site, part, clone, origin]
            number = 1.0 if part == 0 else clumps[site, part]
            if total <= TINY or number <= TINY:
                continue
            volume = total / number / setting.density_per_mm3
            for clone in range(clones):
                amounts = 0.0
                for origin in range(origins):
                    amounts += abs(held[site, part, clone, origin])
                if amounts == 0.0:
                    continue
                birth, death = division_and_death(
                    law[site, clone], growth, site, clone, volume, powers[site, 0], powers[site, 1], pace[site],
                    kill[clone],
                )  # fmt: skip
                death += attacked[site, clone]
                for origin in range(origins):
                    amount = held[site, part, clone, origin]
                    born += birth * amount
                    died += death * amount
                    slopes[site, part, clone, origin] += (birth - death) * amount
                for other in range(clones):
                    changed = changes[clone, other] * birth
                    if changed != 0.0:
                        for origin in range(origins):
                            amount = changed * held[site, part, clone, origin]
                            slopes[site, part, clone, origin] -= amount
                            slopes[site, part, other, origin] += amount
    change.ledger[BORN] += born
    change.ledger[DIED] += died


@njit(cache=True, inline="always")
def _wake(setting, field, moment, change, cohort):
    """Add the waking of sleeping cells to the change of the field: each founds a clump."""
    asleep, survival = field.sleeping, moment.survival
    sleeping, cells, clumps = change.sleeping, change.cells, change.clumps
    sites, clones, origins = asleep.shape
    for site in range(sites):
        for clone in range(clones):
            for origin in range(origins):
                waking = setting.waking_per_day * asleep[site, clone, origin]
                sleeping[site, clone, origin] -= waking
                cells[site, cohort, clone, origin] += waking
                clumps[site, cohort] += waking * survival[0, site, clone]


@njit(cache=True, inline="always")
def _release(setting, field, moment, change, time_day, origins_of, homes, cohort):
    """Add shedding and all that follows from it to the change of the field."""
    held, slopes, rates, place = field.cells, change.cells, moment.rates, setting.place
    sites, _, clones, origins = held.shape
    clusters = setting.cluster_share
    cells_per_event = 1.0 + clusters * (setting.cluster_size - 1.0)
    release_rates(setting, moment.cells, time_day, 0.0, rates)
    for source in range(sites):
        start = start_of(place[source])
        for clone in range(clones):
            rate = rates[source, clone]
            if rate <= 0.0:
                continue
            for origin in range(origins):
                shedding = 0.0
                for part in range(cohort + 1):
                    amount = max(0.0, held[source, part, clone, origin])
                    shedding += amount
                    slopes[source, part, clone, origin] -= rate * cells_per_event * amount
                if shedding <= TINY:
                    continue
                home = source if origin == 0 else homes[origin - 1]
                for kind in range(2):
                    events = rate * shedding * (clusters if kind == 1 else 1.0 - clusters)
                    if events > 0.0:
                        _arrive(
                            setting, moment, change, source, start, clone, home, origins_of[home], events, kind, cohort
                        )
    _join(moment, change, cohort)


@njit(cache=True, nogil=True)
def field_change(time_day, field, setting, origins_of, homes, cohort, moment, change):
    """Write the change per day of the mean field.

    Parameters
    ----------
    time_day : float [day]
    field : Field
        Compartments after ``cohort`` hold nothing.
    setting : Setting
    origins_of : int[S + 1]
    homes : int[L - 1]
        The home of each origin from 1 on.
    cohort : int
    moment : Moment, written
    change : Field, written
        All zero before.
    """
    _watch(setting, field, moment, -1)
    _grow(setting, field, moment, change, cohort)
    _wake(setting, field, moment, change, cohort)
    _release(setting, field, moment, change, time_day, origins_of, homes, cohort)
    stroma, goals = field.stroma, change.stroma
    for site in range(stroma.shape[0]):
        goals[site] = (stroma_goal(setting, moment.cells[site], moment.seeded[site]) - stroma[site]) / setting.lag_days


@njit(cache=True)
def inject(setting, values, shape, origins_of, cohort, start, clone, amount, moment):
    """Let ``amount`` injected cells of a clone circulate at once; the field is changed in place."""
    sites = shape[0]
    jump = np.zeros(values.shape[0])
    change = field_of(jump, shape)
    _watch(setting, field_of(values, shape), moment, clone)
    _arrive(setting, moment, change, sites, start, clone, sites, origins_of[sites], amount, 0, cohort)
    _join(moment, change, cohort)
    values += jump


@njit(cache=True)
def measure_field(setting, states, shape, times_day, moment, record):
    """Write what is measured of the field at each time.

    Parameters
    ----------
    setting : Setting
    states : float[T, n]
    shape : (int, int, int, int)
    times_day : float[T] [day]
    moment : Moment, written
    record : Record, written
    """
    setting, moment, record = lent(setting), lent(moment), lent(record)
    for row in range(times_day.shape[0]):
        field = field_of(states[row], shape)
        cells = record.cells[row]
        sum_cells(field, cells, record.seeded[row])
        circulate(setting, cells, -1, moment.fate, moment.ways)
        blood = blood_counts(setting, cells, moment.ways, times_day[row])
        for which in range(3):
            record.blood[row, which] = blood[which]
        for site in range(shape[0]):
            record.stroma[row, site] = field.stroma[site]
            record.dormant[row, site] = field.sleeping[site].sum()
