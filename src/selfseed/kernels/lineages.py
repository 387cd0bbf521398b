"""Clones with ancestry from event to event: the cost is that of the clones that arise, not that of their cells."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from selfseed.kernels.random import binomial, geometric_sum, mix, point, uniform

FINISHED, TOO_MANY = range(2)
LINEAGES, COALESCENCE = np.uint64(201), np.uint64(202)
"""Names of the streams."""

CLONE = np.dtype([("time", "f8"), ("cells", "f8"), ("parent", "i4"), ("kind", "i2")], align=True)
"""24 bytes a clone: when its founder arose, its cells at the end, the clone it came from, its kind."""


class Kinds(NamedTuple):
    """Hold the rates of K kinds of clones, per cell and day."""

    birth: np.ndarray  # float[K]
    death: np.ndarray  # float[K]
    emission: np.ndarray  # float[K, K] a cell leaves and founds a clone of the other kind


@njit(cache=True)
def _roots(birth, death, emission):
    r"""Return the roots of :math:`b x^2 - (b + d + m) x + d` and :math:`\omega = b (r_+ - r_-)`."""
    total = birth + death + emission
    root = math.sqrt(max(0.0, total * total - 4.0 * birth * death))
    high = (total + root) / (2.0 * birth)
    return death / (birth * high), high, root


@njit(cache=True)
def _quiet(low, high, omega, days):
    """Return of one clan: the chance of no emission, that of no emission and no cell, and the ratio of its size."""
    fading = math.exp(-omega * days)
    bottom = high - fading * low
    silent = (low * (high - 1.0) + high * fading * (1.0 - low)) / ((high - 1.0) + fading * (1.0 - low))
    return silent, low * high * (1.0 - fading) / bottom, (1.0 - fading) / bottom


@njit(cache=True, nogil=True)
def follow_clones(kinds, first_kind, days, key, clones):
    r"""Write all clones that descend from one cell within ``days``, and return how many, and why the loop stopped.

    Cells of a clone divide at b, die at d and leave at m to found a clone, independently. As long as none has left, the
    generating function of a clan obeys :math:`\dot F = b F^2 - (b+d+m) F + d` and is a ratio of lines, so

    1. the time to the next emission of n cells is found by turning :math:`F(1, t)^n` round;
    2. the n - 1 other clans have then survived or not, each of geometric size, and the clan of the cell that left is
       twice a geometric number of cells;
    3. the cell that left founds a clone, which waits for its turn; and so on to the end, at which no clan has emitted.

    Parameters
    ----------
    kinds : Kinds
        Births above 0.
    first_kind : int
    days : float [day]
    key : uint64
    clones : CLONE[max], written

    Returns
    -------
    count, status : int

    References
    ----------
    Mather, Hasty & Tsimring (2012), https://doi.org/10.1093/bioinformatics/bts130; Kendall (1948),
    https://doi.org/10.1214/aoms/1177730285
    """
    types = kinds.birth.shape[0]
    low = np.empty(types)
    high = np.empty(types)
    omega = np.empty(types)
    emission = np.empty(types)
    for kind in range(types):
        emission[kind] = kinds.emission[kind].sum()
        low[kind], high[kind], omega[kind] = _roots(kinds.birth[kind], kinds.death[kind], emission[kind])
    stream = np.zeros(4, np.uint64)
    clones[0]["time"] = 0.0
    clones[0]["parent"] = -1
    clones[0]["kind"] = first_kind
    count = 1
    number = 0
    while number < count:
        kind = clones[number]["kind"]
        now = clones[number]["time"]
        cells = 1.0
        point(stream, key, np.uint64(mix(LINEAGES, number)), 0)
        while cells > 0.0:
            left = days - now
            silent = math.exp(math.log(uniform(stream)) / cells)
            after = math.inf
            if emission[kind] > 0.0 and silent > low[kind]:
                start = (1.0 - low[kind]) / (high[kind] - 1.0)
                end = (silent - low[kind]) / (high[kind] - silent)
                after = math.log(start / end) / omega[kind]
            days_on = min(left, after)
            quiet, nobody, ratio = _quiet(low[kind], high[kind], omega[kind], days_on)
            others = cells if after >= left else cells - 1.0
            alive = binomial(others, 1.0 - nobody / quiet, stream)
            cells = alive + geometric_sum(alive, max(1.0 - ratio, 1e-16), stream)
            if after >= left:
                break
            cells += geometric_sum(2.0, max(1.0 - ratio, 1e-16), stream)
            now += after
            if count == clones.shape[0]:
                return count, TOO_MANY
            at = uniform(stream) * emission[kind]
            target = 0
            while target < types - 1 and at >= kinds.emission[kind, target]:
                at -= kinds.emission[kind, target]
                target += 1
            clones[count]["time"] = now
            clones[count]["parent"] = number
            clones[count]["kind"] = target
            count += 1
        clones[number]["cells"] = cells
        number += 1
    return count, FINISHED


@njit(cache=True, nogil=True)
def coalesce(birth, death, sampled_share, days, key, depths):
    r"""Write the depths of the nodes between neighbouring tips of a sampled tree.

    Of a birth-death process of age T whose cells are each sampled with chance p, the depths are independent, with
    :math:`P(H > t) = 1 / [1 + p b (e^{rt} - 1) / r]`, given :math:`H < T`, whatever the number of tips.

    Parameters
    ----------
    birth, death : float, birth > 0 [1/day]
    sampled_share : float, in (0, 1]
    days : float [day]
        The age of the clone.
    key : uint64
    depths : float[tips - 1], written [day]

    References
    ----------
    Lambert & Stadler (2013), https://doi.org/10.1016/j.tpb.2013.10.002
    """
    rate = birth - death
    stream = np.zeros(4, np.uint64)
    point(stream, key, COALESCENCE, 0)
    reach = days if abs(rate) < 1e-12 else math.expm1(rate * days) / rate
    least = 1.0 / (1.0 + sampled_share * birth * reach)
    for node in range(depths.shape[0]):
        beyond = least + (1.0 - least) * uniform(stream)
        wanted = (1.0 / beyond - 1.0) / (sampled_share * birth)
        depths[node] = wanted if abs(rate) < 1e-12 else math.log1p(rate * wanted) / rate


@njit(cache=True, nogil=True)
def join(depths, parent, time):
    """Write the tree of a row of tips whose neighbours meet at ``depths``.

    Parameters
    ----------
    depths : float[tips - 1] [day]
    parent : int32[2 * tips - 1], written
        Tips come first, then nodes in the order of ``depths``; -1 for the root.
    time : float32[2 * tips - 1], written [day]
        Before the sampling.
    """
    nodes = depths.shape[0]
    tips = nodes + 1
    parent[:] = -1
    time[:tips] = 0.0
    stack = np.empty(tips, np.int32)
    height = 0
    for node in range(nodes):
        time[tips + node] = depths[node]
        below = node
        while height > 0 and depths[stack[height - 1]] < depths[node]:
            height -= 1
            parent[below] = tips + stack[height]
            below = tips + stack[height]
        parent[below] = tips + node
        stack[height] = node
        height += 1
    below = nodes
    while height > 0:
        height -= 1
        parent[below] = tips + stack[height]
        below = tips + stack[height]
