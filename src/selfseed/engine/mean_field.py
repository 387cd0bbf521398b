"""The mean field of one arm: an ordinary differential equation, solved from procedure to procedure."""

import numpy as np

from selfseed.base.errors import RunError
from selfseed.engine.animal import Outcome, empty_record
from selfseed.kernels.families import ALIVE, CLUMP_TYPE, DIED, DORMANT, FAMILY, IMPLANTED, INJECTED, REMOVED
from selfseed.kernels.mean_field import blood_of_field, field_change, field_of, inject, sum_cells
from selfseed.kernels.setting import Setting
from selfseed.kernels.stochastic import IMPLANTING, INJECTING, Course

TOLERANCES = (1e-7, 1e-6)
"""Tolerances of the solver per step: relative, and in cells."""


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
    record = empty_record(course.times_day.size, sites, clones)
    end = course.times_day[-1]
    breaks = np.unique(np.concatenate([course.at_day, np.linspace(0.0, end, cohorts + 1)]))
    for start, stop in zip(breaks, [*breaks[1:], end], strict=True):
        cohort = min(cohorts, 1 + int(cohorts * start / end + 1e-9))
        for which in np.flatnonzero(course.at_day == start):
            _perform(setting, course, which, values, shape, origins_of, cohort)
        rows = np.flatnonzero((course.times_day >= start) & ((course.times_day < stop) | (start == stop)))
        times = course.times_day[rows]
        states = _solve(setting, values, shape, origins_of, homes, cohort, start, np.append(times, stop), tolerances)
        for row, state in zip(rows, states, strict=False):
            _measure(setting, state, shape, course.times_day[row], row, record)
        values = states[-1]
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


def _solve(setting, values, shape, origins_of, homes, cohort, start, times, tolerances) -> list[np.ndarray]:
    """Return the field at ``times``, from ``values`` at ``start`` on."""
    from scipy.integrate import solve_ivp

    if times[-1] == start:
        return [values] * times.size
    solution = solve_ivp(
        field_change, (start, times[-1]), values, method="DOP853", t_eval=times, rtol=tolerances[0],
        atol=tolerances[1], args=(setting, shape, origins_of, homes, cohort),
    )  # fmt: skip
    if not solution.success:
        raise RunError(f"the mean field could not be solved beyond day {start:g}: {solution.message}")
    return list(np.ascontiguousarray(solution.y.T))


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
        inject(setting, values, shape, origins_of, cohort, place, clone, amount)
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


def _measure(setting, values, shape, time_day, row, record) -> None:
    field = field_of(values, shape)
    sum_cells(field, record.cells[row], record.seeded[row])
    record.dormant[row] = field.sleeping.sum(axis=(1, 2))
    record.stroma[row] = field.stroma
    record.blood[row] = blood_of_field(setting, values, shape, time_day)


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
