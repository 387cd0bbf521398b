"""The mean field of one arm: an ordinary differential equation, solved from procedure to procedure."""

import numpy as np

from selfseed.base.errors import RunError
from selfseed.engine.animal import Outcome, empty_record, own_setting
from selfseed.kernels.families import ALIVE, CLUMP_TYPE, DIED, DORMANT, FAMILY, IMPLANTED, INJECTED, REMOVED
from selfseed.kernels.mean_field import field_of, inject, measure_field, moment_of
from selfseed.kernels.setting import Setting
from selfseed.kernels.solver import REACHED, STUCK, TOO_MANY_STEPS, room_of, solve_field
from selfseed.kernels.stochastic import (
    GIVING,
    IMPLANTING,
    INJECTING,
    IRRADIATING,
    Course,
    Record,
    pull_triggers,
)
from selfseed.kernels.treatment import Therapy, fade, treat

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
    record = empty_record(course.times_day.size, sites, clones)
    treated = Treated(setting, course, shape)
    end = course.times_day[-1]
    borders = np.linspace(0.0, end, cohorts + 1)
    start, last_row = 0.0, 0
    while last_row < course.times_day.size:
        cohort = min(cohorts, 1 + int(cohorts * start / end + 1e-9))
        for which in treated.due(values, start):
            _perform(treated.setting, course, which, values, shape, origins_of, cohort)
            treated.perform(which, start)
            step = 0.0
        stop = min(treated.next_stop(start), *borders[borders > start], end)
        first, last_row = np.searchsorted(course.times_day, (start, stop))
        last_row = course.times_day.size if start == stop else last_row
        rows = slice(first, last_row)
        treated.change(values, start, stop)
        status, reached, step = solve_field(
            values, (start, stop), course.times_day[rows], tolerances, step, MOST_STEPS,
            treated.setting, shape, origins_of, homes, cohort, room, moment, states[rows],
        )  # fmt: skip
        if status != REACHED:
            raise RunError(f"the mean field could not be solved beyond day {reached:g}: {WHY[status]}")
        if treated.is_on:
            part = Record(*(getattr(record, name)[rows] for name in Record._fields))
            measure_field(treated.setting, states[rows], shape, course.times_day[rows], moment, part)
        start = stop
    if not treated.is_on:
        measure_field(setting, states, shape, course.times_day, moment, record)
    return _outcome(values, shape, record, treated.happened)


class Treated:
    """Keep the dates of procedures, and the numbers of the arm as treatment makes them."""

    def __init__(self, setting: Setting, course: Course, shape: tuple[int, int, int, int]):
        self.course, self.shape, self.therapy = course, shape, course.therapy
        self.is_on, self.setting = course.therapy.is_on, own_setting(setting, course)
        self.happened = np.full(course.at_day.size, np.nan)
        self.dates = np.where(course.trigger_site < 0, course.at_day, np.nan)
        self.irradiation = np.zeros(shape[0])
        self.cells = np.zeros((shape[0], shape[2]))

    def due(self, values: np.ndarray, now: float) -> np.ndarray:
        """Return the procedures that are due now."""
        if np.isnan(self.dates).any():
            pull_triggers(self.course, self._count(values), self.dates, now)
        return np.flatnonzero(self.dates <= now)

    def perform(self, which: int, now: float) -> None:
        """Note that a procedure has been carried out."""
        self.dates[which], self.happened[which] = np.inf, now
        if self.course.what[which] == IRRADIATING:
            self.irradiation[self.course.place[which]] = 1.0

    def next_stop(self, now: float) -> float:
        """Return up to when the numbers may be taken to stay: the next procedure, or a step while something changes."""
        coming = self.dates[self.dates > now]
        first = float(coming.min()) if coming.size else np.inf
        changes = self.is_on and (np.isfinite(self.happened[self.course.what >= IRRADIATING]).any() or self._kills())
        return min(first, now + self.course.step_day) if changes or np.isnan(self.dates).any() else first

    def change(self, values: np.ndarray, now: float, until: float) -> None:
        """Write the numbers of the arm as they are on average until then."""
        if self.is_on:
            cells = self._count(values)
            treat(self.setting, self.therapy, cells, self.happened, self.irradiation, now, until - now)
            fade(self.therapy, self.irradiation, until - now)

    def _kills(self) -> bool:
        return bool(self.therapy.kills.any())

    def _count(self, values: np.ndarray) -> np.ndarray:
        self.cells[:] = np.maximum(field_of(values, self.shape).cells, 0.0).sum(axis=(1, 3))
        return self.cells


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
    elif what == GIVING:
        return
    elif what == IRRADIATING:
        _irradiate(course.therapy, field, place, amount)
    elif what == INJECTING:
        field.ledger[INJECTED] += amount
        inject(setting, values, shape, origins_of, cohort, place, clone, amount, moment_of(shape))
    else:
        _thin_clumps(field, place, amount)
        for part in (field.cells[place], field.sleeping[place]):
            field.ledger[REMOVED] += (1.0 - amount) * part.sum()
            part *= amount


def _irradiate(therapy: Therapy, field, place: int, dose: float) -> None:
    """Let one fraction of radiation kill cells of each clone at a site."""
    survives = np.exp(-dose * (therapy.alpha + therapy.beta * dose))[:, None]
    cells = np.maximum(field.cells[place], 0.0)
    before = cells.sum()
    field.ledger[DIED] += (cells * (1.0 - survives)).sum() + (field.sleeping[place] * (1.0 - survives)).sum()
    if before > 0.0:
        _thin_clumps(field, place, (cells * survives).sum() / before)
    field.cells[place] *= survives
    field.sleeping[place] *= survives


def _thin_clumps(field, place, left) -> None:
    """Keep the clumps in which a cell is left, when each cell stays with the chance ``left``."""
    clumps = field.clumps[place]
    cells = np.maximum(field.cells[place].sum(axis=(1, 2)), 0.0)
    each = np.divide(cells, clumps, out=np.zeros_like(cells), where=clumps > 0.0)
    clumps *= -np.expm1(-left * each)


def _outcome(values, shape, record, happened) -> Outcome:
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
        happened=happened,
        pooled=0,
    )
