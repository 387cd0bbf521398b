"""One animal of one arm: empty arrays, the loop, and the check that every cell is accounted for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from selfseed.base.errors import RunError
from selfseed.kernels.between import growth_of_animal
from selfseed.kernels.families import (
    ACTIVE,
    CLUMP_TYPE,
    CLUMPS,
    FAMILIES,
    FAMILY,
    FINISHED,
    LEDGER,
    POOLED,
    Animal,
)
from selfseed.kernels.setting import Setting
from selfseed.kernels.stochastic import Course, Record, simulate_animal

TREATED = (
    "secretion", "plasma_host", "half_occupied", "clearance", "infiltration", "kill", "attacked", "irradiated",
    "passing",
)  # fmt: skip
"""The numbers of an arm that ``kernels.treatment.treat`` writes."""

PER_FAMILY = ("families", "singles", "clusters")
DATES = ("due", "happened")

EXACT_COUNT = 2.0**53
"""Above this a sum of cells is no longer exact in double precision."""


@dataclass(frozen=True)
class Outcome:
    """Hold what one animal leaves behind; shapes as in ``Record`` and ``Animal``."""

    record: Record
    families: np.ndarray
    clumps: np.ndarray
    ledger: np.ndarray
    flow: np.ndarray
    routes: np.ndarray
    happened: np.ndarray
    pooled: int


def empty_animal(sites: int, clones: int, max_families: int, procedures: int) -> Animal:
    """Return an animal without cells."""
    return Animal(
        families=np.zeros(max_families, FAMILY),
        clumps=np.zeros(max_families, CLUMP_TYPE),
        active=np.zeros(max_families + 1, np.int32),
        counts=np.zeros(4, np.int64),
        cells=np.zeros((sites, clones)),
        seeded=np.zeros((sites, clones)),
        stroma=np.ones(sites),
        powers=np.ones((sites, 2)),
        rates=np.zeros((sites, clones)),
        singles=np.zeros(max_families),
        clusters=np.zeros(max_families),
        last=np.full((sites + 1, clones, sites + 1, 3), -1, np.int32),
        ledger=np.zeros(len(LEDGER)),
        flow=np.zeros((sites + 1, sites, 3)),
        routes=np.zeros((sites, 4)),
        fate=np.zeros((clones, 3, 2 * sites + 1)),
        ways=np.zeros((clones, 3)),
        stream=np.zeros(4, np.uint64),
        inner=np.zeros(4, np.uint64),
        due=np.full(procedures, np.inf),
        happened=np.full(procedures, np.nan),
        irradiation=np.zeros(sites),
    )


def empty_record(times: int, sites: int, clones: int) -> Record:
    """Return a record to be written."""
    return Record(
        cells=np.zeros((times, sites, clones)),
        seeded=np.zeros((times, sites, clones)),
        dormant=np.zeros((times, sites)),
        stroma=np.zeros((times, sites)),
        blood=np.zeros((times, 3)),
    )


def run_animal(setting: Setting, between: np.ndarray, course: Course, key: int, max_families: int) -> Outcome:
    """Simulate one animal.

    Parameters
    ----------
    setting, course : see ``engine.plan``
    between : float[3]
    key : int
        Stands for (seed, replicate), see ``base.streams``.
    max_families : int

    Raises
    ------
    RunError
        When the table of families overflows, or a cell is not accounted for.
    """
    sites, clones = setting.place.size, setting.shedding.size
    kinds = (sites + 1) * clones * (sites + 1) * 3
    animal = empty_animal(sites, clones, max_families + kinds, course.at_day.size)
    setting = own_setting(setting, course)
    record = empty_record(course.times_day.size, sites, clones)
    growth = growth_of_animal(setting.growth, between, np.uint64(key))
    if simulate_animal(setting, growth, course, animal, record, np.uint64(key)) != FINISHED:
        raise RunError(f"more than {max_families} families of cells; raise numerics.max_families")
    check_books(animal.ledger)
    return Outcome(
        record=record,
        families=animal.families[: animal.counts[FAMILIES]].copy(),
        clumps=animal.clumps[: animal.counts[CLUMPS]].copy(),
        ledger=animal.ledger,
        flow=animal.flow,
        routes=animal.routes,
        happened=animal.happened,
        pooled=int(animal.counts[POOLED]),
    )


def compact(animal: Animal) -> dict[str, np.ndarray]:
    """Return copies of the parts of an animal, without the places that are not used."""
    used = {"clumps": animal.counts[CLUMPS], "active": animal.counts[ACTIVE]}
    used |= dict.fromkeys(PER_FAMILY, animal.counts[FAMILIES])
    return {name: getattr(animal, name)[: used.get(name)].copy() for name in Animal._fields}


def restore(animal: Animal, parts: Mapping[str, np.ndarray]) -> None:
    """Write what `compact` returned into an animal; the dates of its procedures are left as they are."""
    for name, values in parts.items():
        if name not in DATES:
            getattr(animal, name)[: len(values)] = values


def own_setting(setting: Setting, course: Course) -> Setting:
    """Return the numbers of an arm, copied where treatment writes into them."""
    if not course.therapy.is_on:
        return setting
    return setting._replace(**{name: getattr(setting, name).copy() for name in TREATED})


def check_books(ledger: np.ndarray) -> None:
    """Raise a RunError unless what came in equals what went out, died and is alive.

    Parameters
    ----------
    ledger : float[10], in the order of ``LEDGER``; to the cell up to 2**53 cells, to 10 digits above
    """
    came, rest = ledger[:3].sum(), ledger[3:].sum()
    allowed = 0.0 if came < EXACT_COUNT else 1e-10 * came
    if abs(came - rest) > allowed or (ledger < 0.0).any():
        books = ", ".join(f"{entry} {cells:.0f}" for entry, cells in zip(LEDGER, ledger, strict=True))
        raise RunError(f"{came - rest:.0f} cells are not accounted for: {books}")
