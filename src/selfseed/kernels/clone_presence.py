"""Which clones are in which samples of one clone tree: draws of all shares, and the exact chance of each pattern."""

import math

import numpy as np
from numba import njit

from selfseed.kernels.clone_trees import (
    MESSAGE,
    TRIED,
    children_sum,
    convolve,
    trim,
    with_own_share,
)


@njit(cache=True, nogil=True)
def draw_index(weights, first, last, rng):
    """Return an index from ``first`` to ``last`` drawn with its weight; -1 where all weights are 0."""
    total = 0.0
    for g in range(first, last + 1):
        total += weights[g]
    if total <= 0.0:
        return -1
    left = rng.random() * total
    for g in range(first, last + 1):
        left -= weights[g]
        if left < 0.0:
            return g
    return last


@njit(cache=True, nogil=True)
def sums_before(state, order, p, before, ends):
    """Write, for each vertex, the distribution of the summed fractions of its siblings that come earlier."""
    last_child = np.full(state.parent.shape[0], -1)
    for vertex in order:
        above = state.parent[vertex]
        elder = last_child[above]
        if elder < 0:
            before[vertex, 0] = 1.0
            ends[vertex, 0] = ends[vertex, 1] = 0
        else:
            buffer = state.at[MESSAGE + TRIED, elder]
            e = state.ends[buffer, elder, p]
            if ends[elder, 0] + e[0] > before.shape[1] - 1:
                before[vertex] = before[elder]
                ends[vertex] = ends[elder]
            else:
                first, last = convolve(
                    before[elder], ends[elder, 0], ends[elder, 1],
                    state.message[buffer, elder, p], e[0], e[1], before[vertex],
                )  # fmt: skip
                first, last, _ = trim(before[vertex], first, last)
                ends[vertex, 0], ends[vertex, 1] = first, last
        last_child[above] = vertex
    return last_child


@njit(cache=True, nogil=True)
def hand_down(state, vertex, fraction, p, before, ends, last_child, shared, rng):
    """Draw how the ``fraction`` left to the children of a vertex is shared among them."""
    child = last_child[vertex]
    weights = state.scratch[2]
    while child >= 0:
        buffer = state.at[MESSAGE + TRIED, child]
        e = state.ends[buffer, child, p]
        first = max(e[0], fraction - ends[child, 1])
        last = min(e[1], fraction - ends[child, 0])
        for g in range(first, last + 1):
            weights[g] = state.message[buffer, child, p, g] * before[child, fraction - g]
        part = draw_index(weights, first, last, rng) if last >= first else -1
        shared[child] = max(part, 0)
        fraction -= shared[child]
        elder = -1
        for other in range(child - 1, 0, -1):
            if state.parent[other] == vertex:
                elder = other
                break
        child = elder


@njit(cache=True, nogil=True)
def draw_shares(law, state, p, draws, rng, shares):
    """Draw the shares of all clones of the standing tree in one sample, in units of a grid step.

    Vertices must be numbered parents first, without gaps, as ``set_tree`` was given them.

    Parameters
    ----------
    shares : integer array (draws, K + 1), written
    """
    points = state.message.shape[3]
    clones = shares.shape[1] - 1
    order = np.arange(1, clones + 1)
    before = np.zeros((clones + 1, points))
    ends = np.zeros((clones + 1, 2), np.int64)
    last_child = sums_before(state, order, p, before, ends)
    below = np.zeros((clones + 1, points))
    span = np.zeros((clones + 1, 2), np.int64)
    for vertex in range(clones + 1):
        row, span[vertex, 0], span[vertex, 1], _ = children_sum(state, vertex, p)
        below[vertex] = state.scratch[row]
    weights = np.zeros(points)
    shared = np.zeros(clones + 1, np.int64)
    for number in range(draws):
        shares[number] = 0
        for g in range(points):
            weights[g] = below[0, g] * law.total[g]
        left = draw_index(weights, span[0, 0], span[0, 1], rng)
        shared[0] = max(left, 0)
        hand_down(state, 0, shared[0], p, before, ends, last_child, shared, rng)
        for vertex in range(1, clones + 1):
            fraction = shared[vertex]
            if fraction == 0:
                for child in range(vertex + 1, clones + 1):
                    if state.parent[child] == vertex:
                        shared[child] = 0
                continue
            first = max(fraction - span[vertex, 1], 0)
            last = fraction - span[vertex, 0]
            for g in range(first, last + 1):
                weights[g] = (1.0 if g == 0 else law.slab[g]) * below[vertex, fraction - g]
            own = max(draw_index(weights, first, last, rng), 0) if last >= first else 0
            shares[number, vertex] = own
            hand_down(state, vertex, fraction - own, p, before, ends, last_child, shared, rng)


@njit(cache=True, nogil=True)
def log_pattern(law, state, p, present, message):
    """Return the log-likelihood of one sample jointly with the set of clones ``present`` in it, up to a constant.

    The constant is the one that ``log_sample`` leaves out as well.
    """
    clones = present.shape[0] - 1
    points = state.message.shape[3]
    log = 0.0
    sums = np.zeros((clones + 1, points))
    ends = np.zeros((clones + 1, 2), np.int64)
    sums[:, 0] = 1.0
    spare = np.zeros(points)
    for vertex in range(clones, -1, -1):
        first, last = ends[vertex, 0], ends[vertex, 1]
        if vertex == 0:
            break
        out = message[vertex]
        if present[vertex]:
            with_own_share(sums[vertex], first, last, law, out)
            first, last = first + 1, points - 1
        else:
            out[first : last + 1] = sums[vertex, first : last + 1]
        fit = state.fit[state.at[TRIED, vertex], vertex, p]
        if first > points - 1:
            return -math.inf
        for g in range(first, last + 1):
            out[g] *= fit[g]
        first, last, scale = trim(out, first, last)
        log += scale + state.fit_log[state.at[TRIED, vertex], vertex, p]
        above = state.parent[vertex]
        if scale == -math.inf or ends[above, 0] + first > points - 1:
            return -math.inf
        a, b = convolve(sums[above], ends[above, 0], ends[above, 1], out, first, last, spare)
        a, b, scale = trim(spare, a, b)
        if scale == -math.inf:
            return -math.inf
        log += scale
        ends[above, 0], ends[above, 1] = a, b
        sums[above, a : b + 1] = spare[a : b + 1]
    mass = 0.0
    for g in range(ends[0, 0], ends[0, 1] + 1):
        mass += sums[0, g] * law.total[g]
    return log + math.log(max(mass, 1e-300))


@njit(cache=True, nogil=True)
def presence_patterns(law, state, clones, draws, most, rng):
    """Return the sets of clones that may be present in each sample of the standing tree, and their log-likelihoods.

    Parameters
    ----------
    clones : int
        Clones of the tree, numbered 1 to ``clones``, parents first.
    draws : int
        Draws from the posterior of the shares that look for sets.
    most : int
        Sets kept a sample.

    Returns
    -------
    count : integer array (m,)
    log_likelihood : array (m, most)
    present : boolean array (m, most, K + 1)
    mean_share : array (m, most, K + 1)
        Mean of the drawn shares, given the set.
    """
    samples = state.message.shape[2]
    count = np.zeros(samples, np.int64)
    log = np.full((samples, most), -math.inf)
    present = np.zeros((samples, most, clones + 1), np.bool_)
    mean = np.zeros((samples, most, clones + 1))
    shares = np.zeros((draws, clones + 1), np.int64)
    seen = np.zeros(most)
    message = np.zeros((clones + 1, state.message.shape[3]))
    for p in range(samples):
        draw_shares(law, state, p, draws, rng, shares)
        seen[:] = 0.0
        for number in range(draws):
            same = -1
            for known in range(count[p]):
                same = known
                for clone in range(1, clones + 1):
                    if present[p, known, clone] != (shares[number, clone] > 0):
                        same = -1
                        break
                if same >= 0:
                    break
            if same < 0:
                if count[p] == most:
                    continue
                same = count[p]
                count[p] += 1
                for clone in range(1, clones + 1):
                    present[p, same, clone] = shares[number, clone] > 0
            seen[same] += 1.0
            for clone in range(1, clones + 1):
                mean[p, same, clone] += shares[number, clone]
        for known in range(count[p]):
            mean[p, known] /= seen[known] * (state.message.shape[3] - 1)
            log[p, known] = log_pattern(law, state, p, present[p, known], message)
    return count, log, present, mean
