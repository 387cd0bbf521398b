"""A network of kinds of cells at places: births, deaths, crowding, and moves from kind to kind; no biology of its own.

Two loops over the same rates: event by event, and by steps whose parts have exact laws.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from selfseed.kernels.growth import extinction_and_spread, grow_few
from selfseed.kernels.random import _UNIT, binomial, geometric_sum, point, threefry

FEW = 2.0
"""Expected events in a step below which a kind is followed event by event."""

NOTHING = 1e-3
"""Expected events of a correction, below which it is left out."""

FINISHED, TOO_MANY_EVENTS = range(2)

STEPS, EVENTS = np.uint64(101), np.uint64(102)
"""Names of the streams."""


class Rates(NamedTuple):
    """Hold the rates of a network of T kinds of cells at S sites, per day."""

    site: np.ndarray  # int[T] the site of each kind
    birth: np.ndarray  # float[T]
    death: np.ndarray  # float[T]
    crowding: np.ndarray  # float[T] death added per cell when the site holds its capacity
    capacity: np.ndarray  # float[S] cells
    move: np.ndarray  # float[T, T] from a kind to another
    loss: np.ndarray  # float[T] from a kind to nowhere


@njit(cache=True)
def _total(site, cells, totals):
    totals[:] = 0.0
    for kind in range(cells.shape[0]):
        totals[site[kind]] += cells[kind]


@njit(cache=True)
def _grow(rates, cells, days, totals, middle, beyond, stream):
    """Let every kind be born and die for ``days``, then make good what chance did to the crowding on the way.

    Crowding is held at what it is expected to be half-way. By chance a site then ends with more cells than expected,
    or fewer; on the way it held half of that, on average, and its cells die, or are spared, accordingly.
    """
    kinds = cells.shape[0]
    _total(rates.site, cells, totals)
    middle[:] = 0.0
    for kind in range(kinds):
        n = cells[kind]
        if n > 0.0:
            s = rates.site[kind]
            net = rates.birth[kind] - rates.death[kind] - rates.crowding[kind] * totals[s] / rates.capacity[s]
            middle[s] += n * math.exp(0.5 * days * net)
    beyond[:] = 0.0
    for kind in range(kinds):
        n = cells[kind]
        if n <= 0.0:
            continue
        s = rates.site[kind]
        birth = rates.birth[kind]
        death = rates.death[kind] + rates.crowding[kind] * middle[s] / rates.capacity[s]
        if birth + death <= 0.0:
            continue
        cells[kind] = _born_and_dead(n, birth, death, days, stream)
        beyond[s] += cells[kind] - n * math.exp((birth - death) * days)
    for kind in range(kinds):
        n = cells[kind]
        s = rates.site[kind]
        more = rates.crowding[kind] * 0.5 * beyond[s] / rates.capacity[s] * days
        if n * abs(more) < NOTHING:
            continue
        if more > 0.0:
            cells[kind] = n - binomial(n, -math.expm1(-more), stream)
        else:
            cells[kind] = n + geometric_sum(n, math.exp(more), stream)


@njit(cache=True)
def _born_and_dead(n, birth, death, days, stream):
    """Return the cells of a kind after ``days``, by the exact law."""
    if n * (birth + death) * days < FEW:
        after, _ = grow_few(n, birth, death, days, stream)
        return after
    extinct, spread = extinction_and_spread(birth, death, days)
    founders = binomial(n, 1.0 - extinct, stream)
    return founders + geometric_sum(founders, max(1.0 - spread, 1e-16), stream)


@njit(cache=True)
def _move(stay, share, order, cells, arrived, stream):
    """Let cells change kind, or go, by the multinomial law of a step.

    Parameters
    ----------
    stay : float[T]
        The chance to be of the same kind after the step.
    share : float[T, T + 1]
        Of those that are not: the chance of each other kind, in ``order``, given that it is none of those before;
        the last is to be gone.
    order : int[T, T + 1]
        Kinds from the likeliest on; T stands for gone, -1 for no more.
    """
    kinds = cells.shape[0]
    arrived[:] = 0.0
    for kind in range(kinds):
        n = cells[kind]
        if n <= 0.0 or stay[kind] >= 1.0:
            continue
        left = binomial(n, 1.0 - stay[kind], stream)
        cells[kind] = n - left
        for place in range(kinds + 1):
            if left <= 0.0:
                break
            to = order[kind, place]
            went = left if share[kind, place] >= 1.0 else binomial(left, share[kind, place], stream)
            left -= went
            if to < kinds:
                arrived[to] += went
    for kind in range(kinds):
        cells[kind] += arrived[kind]


@njit(cache=True, nogil=True)
def step_network(rates, stay, share, order, start, step_days, steps, every, replicate_key, record):
    """Follow one replicate by steps of equal length, and write it down every so many.

    One step, after half a step of growth at the very beginning:

    1. cells change kind, move or are lost for a whole step, by the exact multinomial law of first-order moves;
    2. cells are born and die for a whole step (half a one at the end and before what is written down), by the exact
       birth-death law, crowding held at its expected value in the middle;
    3. what chance did to the crowding meanwhile is made good: without it spreads would be too large by about the step
       times the rate at which crowding pulls back.

    Parameters
    ----------
    rates : Rates
    stay, share, order : see ``_move``
        For ``step_days``.
    start : float[T] whole [cells]
    step_days : float [day]
    steps, every : int
    replicate_key : uint64
    record : float[steps // every + 1, T], written

    References
    ----------
    Strang (1968), https://doi.org/10.1137/0705041; Kendall (1948), https://doi.org/10.1214/aoms/1177730285
    """
    kinds = start.shape[0]
    cells = start.copy()
    totals = np.empty(rates.capacity.shape[0])
    middle = np.empty(rates.capacity.shape[0])
    beyond = np.empty(rates.capacity.shape[0])
    arrived = np.empty(kinds)
    stream = np.zeros(4, np.uint64)
    point(stream, replicate_key, STEPS, 0)
    record[0] = cells
    is_half = True
    for number in range(steps):
        _grow(rates, cells, 0.5 * step_days if is_half else step_days, totals, middle, beyond, stream)
        _move(stay, share, order, cells, arrived, stream)
        is_half = (number + 1) % every == 0
        if is_half:
            _grow(rates, cells, 0.5 * step_days, totals, middle, beyond, stream)
            record[(number + 1) // every] = cells


@njit(cache=True, nogil=True)
def follow_network(rates, start, days, most_events, replicate_key, cells):
    """Follow one replicate event by event, and return the events and why the loop stopped.

    The kind is found first, then what happens to it; a total is kept for each kind, and only those of the sites that
    an event touches are computed anew.

    Parameters
    ----------
    rates : Rates
    start : float[T] whole [cells]
    days : float [day]
    most_events : int
    replicate_key : uint64
    cells : float[T], written

    Returns
    -------
    events, status : int

    References
    ----------
    Gillespie (1977), https://doi.org/10.1021/j100540a008
    """
    kinds = start.shape[0]
    sites = rates.capacity.shape[0]
    cells[:] = start
    totals = np.empty(sites)
    _total(rates.site, cells, totals)
    leave = np.empty(kinds)
    for kind in range(kinds):
        leave[kind] = rates.move[kind].sum() + rates.loss[kind]
    each = np.empty(kinds)
    whole = np.empty(kinds)
    for kind in range(kinds):
        s = rates.site[kind]
        each[kind] = rates.birth[kind] + rates.death[kind] + leave[kind]
        whole[kind] = cells[kind] * (each[kind] + rates.crowding[kind] * totals[s] / rates.capacity[s])
    time = 0.0
    counter = np.uint64(0)
    events = 0
    while events < most_events:
        total = 0.0
        for kind in range(kinds):
            total += whole[kind]
        if total <= 0.0:
            return events, FINISHED
        word_0, word_1 = threefry(replicate_key, EVENTS, counter, np.uint64(0))
        counter += np.uint64(1)
        time -= math.log(((word_0 >> np.uint64(11)) + 0.5) * _UNIT) / total
        if time > days:
            return events, FINISHED
        events += 1
        at = ((word_1 >> np.uint64(11)) + 0.5) * _UNIT * total
        kind = 0
        while kind < kinds - 1 and at >= whole[kind]:
            at -= whole[kind]
            kind += 1
        n = cells[kind]
        s = rates.site[kind]
        to = -1
        change = -1.0
        if at < rates.birth[kind] * n:
            change = 1.0
        else:
            at -= (rates.birth[kind] + rates.loss[kind]) * n
            if at >= 0.0:
                for target in range(kinds):
                    at -= rates.move[kind, target] * n
                    if at < 0.0:
                        to = target
                        break
        cells[kind] = n + change
        totals[s] += change
        s_to = s
        if to >= 0:
            cells[to] += 1.0
            s_to = rates.site[to]
            totals[s_to] += 1.0
        for other in range(kinds):
            place = rates.site[other]
            if place in (s, s_to):
                whole[other] = cells[other] * (
                    each[other] + rates.crowding[other] * totals[place] / rates.capacity[place]
                )
    return events, TOO_MANY_EVENTS
