"""A patient looked at from time to time: the stochastic loop, until a tumour is found, kills, or time is up."""

from numba import njit

from selfseed.kernels.families import FINISHED
from selfseed.kernels.stochastic import Course, carry_on


@njit(cache=True)
def share_of_limits(cells, kills, limits):
    """Return the sum and the largest of the cancer cells of all sites, each over its limit; killer cells are none.

    Parameters
    ----------
    cells : float[site, clone] [cells]
    kills : float[clone] [1/day]
        Above 0 for engineered killers.
    limits : float[site] [cells]
    """
    whole = 0.0
    largest = 0.0
    for site in range(cells.shape[0]):
        cancer = 0.0
        for clone in range(cells.shape[1]):
            if kills[clone] == 0.0:
                cancer += cells[site, clone]
        share = cancer / limits[site]
        whole += share
        largest = max(largest, share)
    return whole, largest


@njit(cache=True, nogil=True)
def live_on(setting, growth, course, animal, record, replicate_key, now, row, limits, together):
    """Follow a patient from ``now`` on, look by look, until its tumours reach their limits.

    Parameters
    ----------
    setting, growth, course, animal, record, replicate_key, now, row : see ``stochastic.carry_on``
    limits : float[T, site] [cells]
        At each look.
    together : bool
        Whether the limit is that of all sites together, each counting by its share, or of any one.

    Returns
    -------
    status : int
        As of ``stochastic.carry_on``.
    row : int
        Looks that were taken; the last is the one at which the limit was reached.
    reached : bool
    """
    while row < course.times_day.shape[0]:
        part = Course(
            course.times_day[: row + 1], course.at_day, course.what, course.clone, course.place, course.nth,
            course.amount, course.trigger_site, course.trigger_cells, course.therapy, course.step_day,
            course.exact_below,
        )  # fmt: skip
        status = carry_on(setting, growth, part, animal, record, replicate_key, now, row)
        if status != FINISHED:
            return status, row, False
        now = course.times_day[row]
        whole, largest = share_of_limits(record.cells[row], course.therapy.kills, limits[row])
        row += 1
        if (whole if together else largest) >= 1.0:
            return FINISHED, row, True
    return FINISHED, row, False
