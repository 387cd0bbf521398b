"""From the lineages of a patient to what could be seen of them: cells of which clone came to which site, whence."""

from typing import NamedTuple

import numpy as np
from numba import njit


class Places(NamedTuple):
    """Hold the places of clones, upper ones first: cells of one clone that came into one site from one other place."""

    parent: np.ndarray  # int32[place] -1 for the first
    clone: np.ndarray  # int32[place] the lineage that founded the clone
    site: np.ndarray  # int32[place]
    cells: np.ndarray  # int64[place]


@njit(cache=True)
def cells_below(parent, site, cells, column, columns):
    """Return the living cells that descend from each lineage, in each wanted site, int64[lineage, column]."""
    below = np.zeros((len(parent), columns), np.int64)
    for lineage in range(len(parent) - 1, -1, -1):
        own = column[site[lineage]]
        if own >= 0:
            below[lineage, own] += cells[lineage]
        if lineage > 0:
            for place in range(columns):
                below[parent[lineage], place] += below[lineage, place]
    return below


@njit(cache=True)
def clones_of(parent, mutations, below, least):
    """Return the founder of the clone each lineage belongs to: the nearest above whose mutations can be seen somewhere.

    Parameters
    ----------
    parent, mutations : int32[lineage]
    below : int64[lineage, site]
    least : int64[site]
        So many cells of a site must carry a mutation to be seen.
    """
    clone = np.zeros(len(parent), np.int32)
    for lineage in range(1, len(parent)):
        clone[lineage] = clone[parent[lineage]]
        if mutations[lineage] > 0:
            for place in range(below.shape[1]):
                if below[lineage, place] >= least[place]:
                    clone[lineage] = lineage
                    break
    return clone


@njit(cache=True)
def places_of(parent, site, cells, clone, below):
    """Return the places of all clones that have living descendants in some wanted site.

    Cells of one clone that came into one site from one place, whether in one wave or several, are one place.
    """
    number = len(parent)
    place = np.zeros(number, np.int32)
    founder = np.zeros(number, np.int32)
    above = np.full(number, -1, np.int32)
    first = np.full(number, -1, np.int32)
    following = np.full(number, -1, np.int32)
    total = np.zeros(number, np.int64)
    total[0] = cells[0]
    places = 1
    for lineage in range(1, number):
        if below[lineage].sum() == 0:
            continue
        upper = place[parent[lineage]]
        own = upper
        if clone[lineage] != clone[parent[lineage]] or site[lineage] != site[parent[lineage]]:
            own = first[upper]
            while own >= 0 and (clone[founder[own]] != clone[lineage] or site[founder[own]] != site[lineage]):
                own = following[own]
            if own < 0:
                own = places
                founder[own] = lineage
                above[own] = upper
                following[own] = first[upper]
                first[upper] = own
                places += 1
        place[lineage] = own
        total[own] += cells[lineage]
    founder = founder[:places]
    return Places(above[:places].copy(), clone[founder], site[founder], total[:places].copy())


@njit(cache=True)
def see(parent, site, mutations, cells, column, least):
    """Return the places of clones, and the parent clone of each lineage that founded one.

    Parameters
    ----------
    parent, site, mutations : int32[lineage]
    cells : int64[lineage]
    column : int64[site]
        The wanted sites are numbered from 0; -1 for all others.
    least : int64[wanted site] [cells]

    Returns
    -------
    places : Places
    upper : int32[lineage]
        For a founder of a clone the founder of the clone it came from, -1 for the first.
    """
    below = cells_below(parent, site, cells, column, len(least))
    clone = clones_of(parent, mutations, below, least)
    places = places_of(parent, site, cells, clone, below)
    upper = np.full(len(parent), -1, np.int32)
    for lineage in range(1, len(parent)):
        upper[lineage] = clone[parent[lineage]]
    return places, upper
