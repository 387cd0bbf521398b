"""The stochastic loop: one animal, from implantation to the last measurement."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from selfseed.kernels.body import blood_counts, circulate, stroma_goal, stroma_powers
from selfseed.kernels.circulation import ARTERY, PORTAL, VEIN
from selfseed.kernels.delivery import PROCEDURE, SINGLE, book_losses, deliver, shed_from
from selfseed.kernels.events import event_by_event, is_many
from selfseed.kernels.families import (
    ACTIVE,
    ALIVE,
    CLUMPS,
    DIED,
    DORMANT,
    FAMILIES,
    FINISHED,
    IMPLANT,
    IMPLANTED,
    INJECTED,
    INJECTION,
    MASS,
    REMOVED,
    TOO_MANY,
    count_cells,
    found_family,
    sleeping_cells,
)
from selfseed.kernels.law import surviving_share
from selfseed.kernels.parts import change, grow, release
from selfseed.kernels.random import binomial, mix, point
from selfseed.kernels.treatment import Therapy, fade, treat

MOMENTS_PER_DAY = 1e6
"""Streams tell moments apart by the millionth of a day."""

IMPLANTING, INJECTING, RESECTING, IRRADIATING, GIVING = range(5)
"""What a procedure does."""


class Course(NamedTuple):
    """Hold what is done and measured when: P procedures, T times of measurement."""

    times_day: np.ndarray  # float[T] increasing, the first is 0
    at_day: np.ndarray  # float[P] increasing; with a trigger, days after it, and at the end
    what: np.ndarray  # int[P] IMPLANTING, INJECTING, RESECTING, IRRADIATING, GIVING
    clone: np.ndarray  # int[P]
    place: np.ndarray  # int[P] site; for an injection where in the circuit it starts
    nth: np.ndarray  # int[P] among the procedures of its kind; of resections and fractions, among those of its site
    amount: np.ndarray  # float[P] cells; for a resection the share that is left; for radiation the dose [Gy]
    trigger_site: np.ndarray  # int[P] the site that must have grown, or -1
    trigger_cells: np.ndarray  # float[P] to so many cells
    therapy: Therapy
    step_day: float
    exact_below: float  # events per step below which all is followed event by event


class Record(NamedTuple):
    """Hold what one animal leaves behind: T times, S sites, C clones."""

    cells: np.ndarray  # float[T, S, C]
    seeded: np.ndarray  # float[T, S, C]
    dormant: np.ndarray  # float[T, S]
    stroma: np.ndarray  # float[T, S]
    blood: np.ndarray  # float[T, 3] circulating cells; per ml of venous, of arterial blood


@njit(cache=True)
def set_dates(course, animal):
    """Write when each procedure is due, before the first of them."""
    for which in range(course.at_day.shape[0]):
        animal.happened[which] = np.nan
        animal.due[which] = course.at_day[which] if course.trigger_site[which] < 0 else np.nan


@njit(cache=True)
def pull_triggers(course, cells, due, now):
    """Set the date of each procedure whose tumour has grown to its size by now, and return whether there was any."""
    pulled = False
    for which in range(course.at_day.shape[0]):
        if math.isnan(due[which]) and cells[course.trigger_site[which]].sum() >= course.trigger_cells[which]:
            due[which] = now + course.at_day[which]
            pulled = True
    return pulled


@njit(cache=True)
def _irradiate(course, animal, site, dose):
    """Let one fraction of radiation kill cells of each family at a site."""
    therapy = course.therapy
    for position in range(animal.counts[ACTIVE]):
        family = animal.families[animal.active[position]]
        if family["site"] == site:
            survives = surviving_share(dose, therapy.alpha[family["clone"]], therapy.beta[family["clone"]])
            kept = binomial(family["cells"], survives, animal.stream)
            animal.ledger[DIED] += family["cells"] - kept
            family["cells"] = kept
    animal.irradiation[site] = 1.0


@njit(cache=True)
def _perform(setting, course, which, animal, replicate_key, time_day):
    """Carry out one procedure and return ``FINISHED`` or ``TOO_MANY``.

    Its chance is named after what it is, not after its row: a drug that is given before surgery leaves the chance of
    surgery as it was.
    """
    animal.due[which] = np.inf
    animal.happened[which] = time_day
    what = course.what[which]
    if what == GIVING:
        return FINISHED
    amount = course.amount[which]
    clone = course.clone[which]
    place = course.place[which]
    sites = setting.place.shape[0]
    name = mix(PROCEDURE, (what * 1000 + (place if what >= RESECTING else 0)) * 100_000 + course.nth[which])
    point(animal.stream, replicate_key, name, 0)
    if what == IRRADIATING:
        _irradiate(course, animal, place, amount)
        return FINISHED
    if what == RESECTING:
        for position in range(animal.counts[ACTIVE]):
            family = animal.families[animal.active[position]]
            if family["site"] == place:
                kept = binomial(family["cells"], amount, animal.stream)
                animal.ledger[REMOVED] += family["cells"] - kept
                family["cells"] = kept
        return FINISHED
    if what == IMPLANTING:
        taken = binomial(amount, setting.take, animal.stream)
        animal.ledger[IMPLANTED] += amount
        animal.ledger[DIED] += amount - taken
        clump = -1 - MASS
        for number in range(animal.counts[CLUMPS]):
            if animal.clumps[number]["site"] == place and animal.clumps[number]["kind"] == MASS:
                clump = number
        number = found_family(animal, clump, -1, clone, place, place, -1, IMPLANT, -1, 0, taken, time_day, -1.0, name)
        return FINISHED if number >= 0 else TOO_MANY
    animal.ledger[INJECTED] += amount
    number = found_family(animal, -1 - MASS, -1, clone, sites, sites, -1, INJECTION, -1, 0, 0.0, time_day, -1.0, name)
    if number < 0:
        return TOO_MANY
    animal.singles[number] = amount
    animal.active[animal.counts[ACTIVE]] = number
    animal.counts[ACTIVE] += 1
    circulate(setting, animal.cells, clone, animal.fate, animal.ways)
    lost = np.zeros(3)
    moment = (
        np.int64(round(time_day * MOMENTS_PER_DAY)) + course.nth[which]
    )  # injections at one time differ in their chance
    status = deliver(setting, animal, replicate_key, moment, sites, place, clone, amount, SINGLE, time_day, lost)
    book_losses(animal, lost, lost.sum())
    animal.singles[number] = 0.0
    return status


@njit(cache=True)
def _relax_stroma(setting, animal, days):
    """Let the stroma of each site follow the CXCL1 of its cells for ``days``."""
    for site in range(animal.stroma.shape[0]):
        target = stroma_goal(setting, animal.cells[site], animal.seeded[site])
        animal.stroma[site] = target + (animal.stroma[site] - target) * math.exp(-days / setting.lag_days)
        animal.powers[site, 0], animal.powers[site, 1] = stroma_powers(setting, animal.stroma[site])


@njit(cache=True)
def _measure(setting, animal, time_day, row, record):
    """Write what is measured at ``time_day`` into row ``row`` of the record."""
    circulate(setting, animal.cells, -1, animal.fate, animal.ways)
    record.cells[row] = animal.cells
    record.seeded[row] = animal.seeded
    record.stroma[row] = animal.stroma
    sleeping_cells(animal, time_day, record.dormant[row])
    blood = blood_counts(setting, animal.cells, animal.ways, time_day)
    for i in range(3):
        record.blood[row, i] = blood[i]


@njit(cache=True)
def _step(setting, growth, course, animal, replicate_key, time_day, days, crowd):
    """Advance the animal by ``days``; the order of events is that of ``simulate_animal``."""
    moment = np.int64(round(time_day * MOMENTS_PER_DAY))
    if course.therapy.is_on:
        treat(setting, course.therapy, animal.cells, animal.happened, animal.irradiation, time_day, days)
        fade(course.therapy, animal.irradiation, days)
    if not is_many(setting, growth, animal, time_day, days, course.exact_below):
        circulate(setting, animal.cells, -1, animal.fate, animal.ways)
        status = event_by_event(setting, growth, animal, replicate_key, moment, time_day, days)
        count_cells(animal, time_day + days)
        _relax_stroma(setting, animal, days)
        return status
    half = 0.5 * days
    grow(setting, growth, animal, replicate_key, moment, time_day, half, crowd)
    count_cells(animal, time_day + half)
    circulate(setting, animal.cells, -1, animal.fate, animal.ways)
    release(setting, animal, replicate_key, moment, time_day + half, days)
    status = shed_from(setting, animal, replicate_key, moment, time_day + half)
    count_cells(animal, time_day + half)
    if status == FINISHED and setting.change.max() > 0.0:
        for clump in range(animal.counts[CLUMPS]):
            crowd[clump] = animal.clumps[clump]["cells"]
        status = change(setting, growth, animal, replicate_key, moment, time_day + half, days, crowd)
        count_cells(animal, time_day + half)
    _relax_stroma(setting, animal, days)
    grow(setting, growth, animal, replicate_key, moment + 1, time_day + half, half, crowd)
    count_cells(animal, time_day + days)
    return status


@njit(cache=True, nogil=True)
def carry_on(setting, growth, course, animal, record, replicate_key, now, row):
    """Simulate an animal from ``now`` on and return why the loop stopped; see `simulate_animal`.

    Parameters
    ----------
    setting, growth, course, animal, record, replicate_key : see `simulate_animal`
        The animal as it is at ``now``, with the dates of its procedures.
    now : float [day]
        0, or the time of a measurement.
    row : int
        The next row of the record to be written.

    Returns
    -------
    status : int
    """
    crowd = np.zeros(animal.clumps.shape[0])
    procedures = course.at_day.shape[0]
    while row < course.times_day.shape[0]:
        pull_triggers(course, animal.cells, animal.due, now)
        for which in range(procedures):
            if animal.due[which] <= now:
                if _perform(setting, course, which, animal, replicate_key, now) != FINISHED:
                    return TOO_MANY
                count_cells(animal, now)
        if course.times_day[row] <= now:
            if course.therapy.is_on:
                treat(setting, course.therapy, animal.cells, animal.happened, animal.irradiation, now, 0.0)
            _measure(setting, animal, now, row, record)
            row += 1
            continue
        end = course.times_day[row]
        for which in range(procedures):
            if animal.due[which] < end:
                end = animal.due[which]
        steps = max(1, int(math.ceil((end - now) / course.step_day - 1e-9)))
        days = (end - now) / steps
        for i in range(steps):
            status = _step(setting, growth, course, animal, replicate_key, now + i * days, days, crowd)
            if status != FINISHED:
                return status
            if i < steps - 1 and pull_triggers(course, animal.cells, animal.due, now + (i + 1) * days):
                end = now + (i + 1) * days
                break
        now = end
    return FINISHED


@njit(cache=True, nogil=True)
def simulate_animal(setting, growth, course, animal, record, replicate_key):
    """Simulate one animal and return why the loop stopped.

    Until the next procedure or measurement, in equal steps of at most ``course.step_day``:

    1. Procedures due now are carried out: implants, injections (their cells circulate at once), resections, fractions
       of radiation; drugs and filters start. What waits for a tumour to grow is due when a step ends with it so large.
    2. Measurements due now are written.
    3. Drugs, filters, radiation and killer cells change the numbers of the arm, by their mean over the step
       (``treatment.treat``). Where fewer than ``course.exact_below`` divisions, deaths and releases are expected in the
       step, all of them are followed one by one, every rate anew after each event. Else:
    4. half a step of growth by the exact birth-death law of each family;
    5. the fate of circulating cells is solved for the tumours as they are now (``body.circulate``);
    6. a step of release: each family sheds, the shed cells of each site and clone die, are lost or settle by one
       exact multinomial law, and each settled cell founds a family;
    7. a step of change of clone;
    8. the stroma follows;
    9. half a step of growth.

    Parameters
    ----------
    setting : Setting
    growth : float[site, clone, 6]
        ``setting.growth`` as it is in this animal.
    course : Course
    animal : Animal
        Empty; holds families, clumps and counts afterwards.
    record : Record, written
    replicate_key : uint64

    Returns
    -------
    status : int
        ``FINISHED`` or ``TOO_MANY``; a kernel never raises.

    Notes
    -----
    Growth and release are composed symmetrically (Strang 1968, https://doi.org/10.1137/0705041): the error in means
    falls with the square of the step. Each part has its exact law, so counts never fall below zero and few cells are
    not mistaken for a flow.
    """
    set_dates(course, animal)
    status = carry_on(setting, growth, course, animal, record, replicate_key, 0.0, 0)
    if status == FINISHED:
        close_books(course, animal, record)
    return status


@njit(cache=True)
def close_books(course, animal, record):
    """Enter into the ledger who is alive at the end, and into the families when the last of them died out."""
    now = course.times_day[-1]
    animal.ledger[ALIVE] = animal.cells.sum()
    animal.ledger[DORMANT] = record.dormant[-1].sum()
    for number in range(animal.counts[FAMILIES]):
        if animal.families[number]["cells"] <= 0.0 and animal.families[number]["extinct"] < 0.0:
            animal.families[number]["extinct"] = now


STARTS = {"tail_vein": VEIN, "intracardiac": ARTERY, "portal_vein": PORTAL}
"""Where the cells of an injection start, by route."""
