"""Seed families and clumps of one animal: who descends from which founder, and who crowds whom."""

from typing import NamedTuple

import numpy as np
from numba import njit

IMPLANT, INJECTION, SEED, MUTANT = range(4)
"""How a family came to be."""

PRIMARY, SECONDARY, CROSS, METASTATIC = range(4)
"""The route of a seed: home directly, home through another site, into a foreign tumour, into an organ."""

MASS, CLUMP, METASTASIS = range(3)
"""What a clump is: the implanted mass, a clump of its own in a tumour, a deposit in an organ."""

FINISHED, TOO_MANY = range(2)
"""Why a loop stopped; a loop never raises."""

FAMILY = np.dtype(
    [
        ("cells", "f8"),
        ("founders", "f8"),
        ("time", "f8"),
        ("wakes", "f8"),
        ("extinct", "f8"),
        ("key", "u8"),
        ("parent", "i4"),
        ("clump", "i4"),
        ("clone", "i2"),
        ("site", "i2"),
        ("home", "i2"),
        ("source", "i2"),
        ("kind", "i1"),
        ("route", "i1"),
        ("seeded", "i1"),
    ]
)
CLUMP_TYPE = np.dtype([("cells", "f8"), ("time", "f8"), ("founder", "i4"), ("site", "i2"), ("kind", "i1")])

LEDGER = (
    "implanted", "injected", "born", "died", "died_in_blood", "lost_at_wall", "not_established", "removed",
    "alive", "dormant",
)  # fmt: skip
(
    IMPLANTED, INJECTED, BORN, DIED, DIED_IN_BLOOD, LOST_AT_WALL, NOT_ESTABLISHED, REMOVED, ALIVE, DORMANT,
) = range(10)  # fmt: skip


class Animal(NamedTuple):
    """Hold the state of one animal while it is simulated; S sites, C clones."""

    families: np.ndarray  # FAMILY[max]
    clumps: np.ndarray  # CLUMP_TYPE[max]
    active: np.ndarray  # int32[max] families that still have cells
    counts: np.ndarray  # int64[4] families, clumps, active, pooled founders
    cells: np.ndarray  # float[S, C] growing cells
    seeded: np.ndarray  # float[S, C] those of them whose line came by blood
    stroma: np.ndarray  # float[S]
    powers: np.ndarray  # float[S, 2] what the stroma does to capacity and rate
    rates: np.ndarray  # float[S, C] release events per cell and day
    singles: np.ndarray  # float[max] cells that a family sheds in this step
    clusters: np.ndarray  # float[max] clusters that a family sheds in this step
    last: np.ndarray  # int32[S + 1, C, S + 1, 3] latest of each kind, which takes the rest
    ledger: np.ndarray  # float[10]
    flow: np.ndarray  # float[S + 1, S, 3] arrested, infiltrated, established
    routes: np.ndarray  # float[S, 4]
    fate: np.ndarray  # float[C, 3, 2 S + 1]
    ways: np.ndarray  # float[C, 3]
    stream: np.ndarray  # uint64[4]
    inner: np.ndarray  # uint64[4] a second stream, for the parts of one thing
    due: np.ndarray  # float[P] day of each procedure; nan while it waits for its trigger, inf once it is done
    happened: np.ndarray  # float[P] day on which each was carried out, or nan
    irradiation: np.ndarray  # float[S] see treatment.treat


FAMILIES, CLUMPS, ACTIVE, POOLED = range(4)


@njit(cache=True)
def found_clump(animal, site, kind, founder, time_day):
    """Open a clump and return its number."""
    number = animal.counts[CLUMPS]
    animal.counts[CLUMPS] += 1
    clump = animal.clumps[number]
    clump["cells"] = 0.0
    clump["time"] = time_day
    clump["founder"] = founder
    clump["site"] = site
    clump["kind"] = kind
    return number


@njit(cache=True)
def is_full(animal):
    """Return whether the table has room only for what first families of a kind may need."""
    return animal.counts[FAMILIES] >= animal.families.shape[0] - animal.last.size


@njit(cache=True)
def found_family(animal, clump, parent, clone, site, home, source, kind, route, seeded, founders, time_day, wakes, key):
    """Enter a family, and return its number.

    A negative ``clump`` asks for a new one of kind ``-1 - clump``. When the table is full but for what first families
    of a kind may need (for mutants, when it is half full) the founders join the latest family of the same site, clone
    and home instead, and are counted as pooled. Where there is no place at all, -1 is returned.
    """
    number = animal.counts[FAMILIES]
    way = seeded if wakes <= time_day else 2
    latest = animal.last[site, clone, home, way]
    room = animal.families.shape[0] - animal.last.size
    if kind == MUTANT:
        room //= 2
    if number == animal.families.shape[0] or (number >= room and latest >= 0):
        number = latest
        if number >= 0:
            animal.families[number]["cells"] += founders
            animal.families[number]["founders"] += founders
            animal.clumps[animal.families[number]["clump"]]["cells"] += founders
            animal.counts[POOLED] += np.int64(founders)
            if animal.families[number]["extinct"] >= 0.0:
                animal.families[number]["extinct"] = -1.0
                animal.active[animal.counts[ACTIVE]] = number
                animal.counts[ACTIVE] += 1
        return number
    animal.counts[FAMILIES] += 1
    if clump < 0:
        clump = found_clump(animal, site, -1 - clump, number, time_day)
    family = animal.families[number]
    family["cells"] = founders
    family["founders"] = founders
    family["time"] = time_day
    family["wakes"] = wakes
    family["extinct"] = -1.0
    family["key"] = key
    family["parent"] = parent
    family["clump"] = clump
    family["clone"] = clone
    family["site"] = site
    family["home"] = home
    family["source"] = source
    family["kind"] = kind
    family["route"] = route
    family["seeded"] = seeded
    animal.clumps[clump]["cells"] += founders
    animal.singles[number] = 0.0
    animal.clusters[number] = 0.0
    if founders > 0.0:
        animal.active[animal.counts[ACTIVE]] = number
        animal.counts[ACTIVE] += 1
        animal.last[site, clone, home, way] = number
    return number


@njit(cache=True)
def count_cells(animal, time_day):
    """Forget extinct families; write the cells of each clump, site and clone that grow at ``time_day``."""
    animal.cells[:] = 0.0
    animal.seeded[:] = 0.0
    for i in range(animal.counts[CLUMPS]):
        animal.clumps[i]["cells"] = 0.0
    kept = 0
    for position in range(animal.counts[ACTIVE]):
        number = animal.active[position]
        family = animal.families[number]
        if family["cells"] <= 0.0:
            family["extinct"] = time_day
            continue
        animal.active[kept] = number
        kept += 1
        if family["wakes"] > time_day:
            continue
        animal.clumps[family["clump"]]["cells"] += family["cells"]
        animal.cells[family["site"], family["clone"]] += family["cells"]
        if family["seeded"]:
            animal.seeded[family["site"], family["clone"]] += family["cells"]
    animal.counts[ACTIVE] = kept


@njit(cache=True)
def sleeping_cells(animal, time_day, sleeping):
    """Write the cells of each site that sleep at ``time_day``."""
    sleeping[:] = 0.0
    for position in range(animal.counts[ACTIVE]):
        family = animal.families[animal.active[position]]
        if family["wakes"] > time_day:
            sleeping[family["site"]] += family["cells"]
