"""The mean field of one arm: an ordinary differential equation, solved from procedure to procedure."""

import numpy as np

from selfseed.base.errors import RunError
from selfseed.engine.animal import Outcome, empty_record
from selfseed.kernels.families import ALIVE, CLUMP_TYPE, DIED, DORMANT, FAMILY, IMPLANTED, INJECTED, REMOVED
from selfseed.kernels.mean_field import field_of, inject, measure_field, moment_of
from selfseed.kernels.setting import Setting
from selfseed.kernels.solver import REACHED, STUCK, TOO_MANY_STEPS, room_of, solve_field
from selfseed.kernels.stochastic import IMPLANTING, INJECTING, Course

TOLERANCES = (1e-7, 1e-6)
"""Tolerances of the solver per step: relative, and in cells."""
MOST_STEPS = 1_000_000
"""Steps between two procedures (or cohorts of clumps) after which the solver gives up."""
WHY = {
    STUCK: "no step is short enough; is a rate or a growth law out of bounds?",
    TOO_MANY_STEPS: f"more than {MOST_STEPS:,} steps; are rates far apart in size?",
}


def run_mean_field(
    setting: Setting, course: Course, cohorts: int, tolerances: tuple[float, float] = TOLERANCES
) -> Outcome:
    """Solve the mean field of one arm, for the median animal.

    Parameters
    ----------
    setting, course : see ``engine.plan``
    cohorts : int
        Stretches of time whose new clumps are kept apart; the error in the growth of clumps falls with their number.
    tolerances : (float, float)
        Of the solver: relative, and in cells.

    Raises
    ------
    RunError
        When the solver gives up, or cells are not accounted for.
    """
    sites, clones = setting.place.size, setting.shedding.size
    shape, origins_of, homes = prepare(setting, course, cohorts)
    values = np.zeros(_size(shape))
    field_of(values, shape).stroma[:] = 1.0
    states = np.zeros((course.times_day.size, values.size))
    room, moment, step = room_of(values.size), moment_of(shape), 0.0
    end = course.times_day[-1]
    breaks = np.unique(np.concatenate([course.at_day, np.linspace(0.0, end, cohorts + 1)]))
    for start, stop in zip(breaks, [*breaks[1:], end], strict=True):
        cohort = min(cohorts, 1 + int(cohorts * start / end + 1e-9))
        for which in np.flatnonzero(course.at_day == start):
            _perform(setting, course, which, values, shape, origins_of, cohort)
            step = 0.0
        first, last = np.searchsorted(course.times_day, (start, stop))
        rows = slice(first, None if start == stop else last)
        status, reached, step = solve_field(
            values, (start, stop), course.times_day[rows], tolerances, step, MOST_STEPS,
            setting, shape, origins_of, homes, cohort, room, moment, states[rows],
        )  # fmt: skip
        if status != REACHED:
            raise RunError(f"the mean field could not be solved beyond day {reached:g}: {WHY[status]}")
    record = empty_record(course.times_day.size, sites, clones)
    measure_field(setting, states, shape, course.times_day, moment, record)
    return _outcome(values, shape, record)


def prepare(setting: Setting, course: Course, cohorts: int) -> tuple[tuple[int, int, int, int], np.ndarray, np.ndarray]:
    """Return the shape of the field, the origin of each home, and the home of each origin from 1 on."""
    sites, clones = setting.place.size, setting.shedding.size
    homes = np.unique(np.where(course.what == INJECTING, sites, course.place)[course.what <= INJECTING])
    origins_of = np.zeros(sites + 1, np.int64)
    origins_of[homes] = np.arange(1, homes.size + 1)
    return (sites, 1 + cohorts, clones, 1 + homes.size), origins_of, homes


def start_values(
    setting: Setting, course: Course, shape: tuple[int, int, int, int], origins_of: np.ndarray
) -> np.ndarray:
    """Return the field after what is done on day 0, flat."""
    values = np.zeros(_size(shape))
    field_of(values, shape).stroma[:] = 1.0
    for which in np.flatnonzero(course.at_day == 0.0):
        _perform(setting, course, which, values, shape, origins_of, 1)
    return values


def _size(shape: tuple[int, int, int, int]) -> int:
    sites, parts, clones, origins = shape
    return sites * (parts * clones * origins + parts + clones * origins + 1 + (sites + 1) * 3 + 4) + 10


def _perform(setting, course, which, values, shape, origins_of, cohort) -> None:
    """Carry out one procedure; the field is changed in place."""
    field = field_of(values, shape)
    what, place, clone, amount = (
        column[which] for column in (course.what, course.place, course.clone, course.amount)
    )  # fmt: skip
    if what == IMPLANTING:
        field.ledger[IMPLANTED] += amount
        field.ledger[DIED] += amount * (1.0 - setting.take)
        field.cells[place, 0, clone, 0] += amount * setting.take
    elif what == INJECTING:
        field.ledger[INJECTED] += amount
        inject(setting, values, shape, origins_of, cohort, place, clone, amount, moment_of(shape))
    else:
        _thin_clumps(field, place, amount)
        for part in (field.cells[place], field.sleeping[place]):
            field.ledger[REMOVED] += (1.0 - amount) * part.sum()
            part *= amount


def _thin_clumps(field, place, left) -> None:
    """Keep the clumps in which a cell is left, when each cell stays with the chance ``left``."""
    clumps = field.clumps[place]
    cells = np.maximum(field.cells[place].sum(axis=(1, 2)), 0.0)
    each = np.divide(cells, clumps, out=np.zeros_like(cells), where=clumps > 0.0)
    clumps *= -np.expm1(-left * each)


def _outcome(values, shape, record) -> Outcome:
    field = field_of(values, shape)
    ledger = field.ledger.copy()
    ledger[ALIVE], ledger[DORMANT] = field.cells.sum(), field.sleeping.sum()
    came, rest = ledger[:3].sum(), ledger[3:].sum()
    if abs(came - rest) > 1e-6 * came + 0.01:
        raise RunError(f"the mean field lost {came - rest:g} of {came:g} cells; please report this scenario")
    return Outcome(
        record=record,
        families=np.zeros(0, FAMILY),
        clumps=np.zeros(0, CLUMP_TYPE),
        ledger=ledger,
        flow=field.flow.copy(),
        routes=field.routes.copy(),
        pooled=0,
    )
