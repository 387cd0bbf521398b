"""The mean field solved in one compiled loop: Runge-Kutta steps of order 5, whose error sets their length."""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from selfseed.kernels.lending import lent
from selfseed.kernels.mean_field import field_change, field_of

REACHED, STUCK, TOO_MANY_STEPS = range(3)
"""Why the loop stopped."""

SLOPES = 7
NODES = np.array([0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0])
"""Where in a step each slope is taken; the last is the first of the next step."""
WEIGHTS = np.array([
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [1 / 5, 0.0, 0.0, 0.0, 0.0, 0.0],
    [3 / 40, 9 / 40, 0.0, 0.0, 0.0, 0.0],
    [44 / 45, -56 / 15, 32 / 9, 0.0, 0.0, 0.0],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729, 0.0, 0.0],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656, 0.0],
    [35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
])  # fmt: skip
"""Row s leads to where slope s is taken, from the slopes before it; the last row is the step itself, of order 5."""
ERROR = np.array([71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])
"""The step of order 5 less that of order 4."""
BETWEEN = np.array([
    -12715105075 / 11282082432, 0.0, 87487479700 / 32700410799, -10690763975 / 1880347072,
    701980252875 / 199316789632, -1453857185 / 822651844, 69997945 / 29380423,
])  # fmt: skip
"""The last term of the curve within a step, of order 4."""

SHORTEST, LONGEST, CAUTION = 0.2, 8.0, 0.9
"""How much shorter and longer the next step may be, and what share of the step that would just do is taken."""
LEAST = 1e-13
"""The shortest step, in days or as a share of the day reached."""


class Room(NamedTuple):
    """Hold room for one step; all of it is written."""

    slopes: np.ndarray  # float[7, n]
    place: np.ndarray  # float[n] where a slope is taken
    slope: np.ndarray  # float[n]
    ahead: np.ndarray  # float[n] the field at the end of the step


def room_of(size: int) -> Room:
    """Return room for a field of ``size`` numbers."""
    return Room(np.zeros((SLOPES, size)), np.zeros(size), np.zeros(size), np.zeros(size))


@njit(cache=True)
def weigh(weights, count, slopes, step, total):
    """Write what the first ``count`` slopes, each with its weight, add up to in a step."""
    size = total.shape[0]
    for i in range(size):
        total[i] = 0.0
    for j in range(count):
        weight = weights[j] * step
        if weight != 0.0:
            for i in range(size):
                total[i] += weight * slopes[j, i]


@njit(cache=True)
def size_of(errors, values, ahead, tolerances):
    """Return errors in units of what is allowed: the root of their mean square over all that is not empty."""
    total = 0.0
    counted = 0
    for i in range(values.shape[0]):
        largest = max(abs(values[i]), abs(ahead[i]))
        if largest != 0.0:
            total += (errors[i] / (tolerances[1] + tolerances[0] * largest)) ** 2
            counted += 1
    return math.sqrt(total / counted) if counted > 0 else 0.0


@njit(cache=True)
def write_between(values, ahead, slopes, last, step, part, found):
    r"""Write the field at a ``part`` of a step, on a curve through both of its ends.

    .. math:: y + \theta (\Delta + \bar\theta (a + \theta (b + \bar\theta c))), \qquad \bar\theta = 1 - \theta, \quad
              a = h f_0 - \Delta, \quad b = \Delta - h f_6 - a

    Parameters
    ----------
    values, ahead : float[n]
        At the ends.
    slopes : float[7, n]
    last : float[n]
        c.
    step : float [day]
    part : float, in [0, 1]
    found : float[n], written
    """
    rest = 1.0 - part
    for i in range(values.shape[0]):
        gained = ahead[i] - values[i]
        first = step * slopes[0, i] - gained
        second = gained - step * slopes[SLOPES - 1, i] - first
        found[i] = values[i] + part * (gained + rest * (first + part * (second + rest * last[i])))


@njit(cache=True)
def first_step(values, slope, tolerances):
    """Return a careful first step: a tenth of the time in which the field changes by its own size."""
    field = size_of(values, values, slope, tolerances)
    change = size_of(slope, values, values, tolerances)
    return 0.1 * field / change if field > 0.0 and change > 0.0 else 1e-6


@njit(cache=True, nogil=True)
def solve_field(
    values, span, times, tolerances, step, most_steps, setting, shape, origins_of, homes, cohort, room, moment, states
):
    """Solve the mean field over one stretch of time, and return why the loop stopped, where, and the next step.

    1. six slopes within the step and at its end, each at a place made of those before it;
    2. the error, from steps of order 5 and 4; too large: the step is made again, shorter;
    3. the field at the asked times within the step, from a curve of order 4 through its ends;
    4. the next step is as long as its error allows.

    Parameters
    ----------
    values : float[n], written
        The field at the start; on return, where the loop stopped.
    span : (float, float) [day]
    times : float[T], within span, rising [day]
    tolerances : (float, float)
        Relative, and in cells; of one step.
    step : float, >= 0 [day]
        The step to begin with; 0 to find one.
    most_steps : int
    setting, shape, origins_of, homes, cohort, moment : see ``mean_field.field_change``
    room : Room, written
    states : float[T, n], written
        The field at ``times``.

    Returns
    -------
    status : int
    reached : float [day]
    step : float [day]

    References
    ----------
    Dormand & Prince (1980), https://doi.org/10.1016/0771-050X(80)90013-3; Hairer, Norsett & Wanner (1993),
    https://doi.org/10.1007/978-3-540-78862-1
    """
    setting, room, moment = lent(setting), lent(room), lent(moment)
    slopes, place, ahead = room.slopes, room.place, room.ahead
    field, change = lent(field_of(place, shape)), lent(field_of(room.slope, shape))
    now, end = span
    place[:] = values
    room.slope[:] = 0.0
    field_change(now, field, setting, origins_of, homes, cohort, moment, change)
    slopes[0] = room.slope
    if step <= 0.0:
        step = first_step(values, room.slope, tolerances)
    written = 0
    while written < times.shape[0] and times[written] <= now:
        states[written] = values
        written += 1
    most = LONGEST
    for _ in range(most_steps):
        if now >= end:
            return REACHED, now, step
        if not step > LEAST * max(1.0, abs(now)):
            return STUCK, now, step
        last = now + step * (1.0 + 1e-9) >= end
        taken = end - now if last else step
        for number in range(1, SLOPES):
            weigh(WEIGHTS[number], number, slopes, taken, place)
            for i in range(values.shape[0]):
                place[i] += values[i]
            room.slope[:] = 0.0
            field_change(now + NODES[number] * taken, field, setting, origins_of, homes, cohort, moment, change)
            slopes[number] = room.slope
        ahead[:] = place
        weigh(ERROR, SLOPES, slopes, taken, place)
        error = size_of(place, values, ahead, tolerances)
        if not error <= 1.0:
            step = taken * (max(SHORTEST, CAUTION * error**-0.2) if error < math.inf else SHORTEST)
            most = 1.0
            continue
        then = end if last else now + taken
        if written < times.shape[0] and times[written] <= then:
            weigh(BETWEEN, SLOPES, slopes, taken, place)
        while written < times.shape[0] and times[written] <= then:
            write_between(values, ahead, slopes, place, taken, (times[written] - now) / taken, states[written])
            written += 1
        longer = taken * min(most, CAUTION * max(error, 1e-10) ** -0.2)
        step = max(step, longer) if last else longer
        most = LONGEST
        now = then
        values[:] = ahead
        slopes[0] = slopes[SLOPES - 1]
    return TOO_MANY_STEPS, now, step
