"""Moves between clone trees, and the walk over them: Metropolis-Hastings on trees alone, all shares summed out.

Each move takes something off the tree (a subtree, a mutation, a cluster), which leaves the same rest whether one goes
there or back, and puts it down with a chance computed from that rest. The chances there and back are thus exact.
Each step draws a kind of move, tries it, and records the tried tree with its posterior whether it is accepted or not.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from selfseed.kernels.clone_trees import (
    TRIED,
    accept,
    add_mutation,
    begin,
    log_posterior,
    mark,
    summarize,
    touch,
    undo,
)

OFTEN = np.array([0.25, 0.35, 0.5, 0.85, 1.0])
"""How often each kind of move, or one before it, is tried."""

BLUR = 0.0004
"""Variance added to each comparison of two fractions, so that no place is ever ruled out."""

HOPELESS = -40.0
"""The log weight at which samples are no longer compared."""

FAINTEST = -14.0
"""The lowest log weight of a place against the best place."""

REGRAFT, SWAP, RELOCATE, MUTATION, CLUSTER = range(5)
"""Kinds of moves."""


class Record(NamedTuple):
    """Hold distinct trees: of each mutation the first mutation of its clone, and of its clone's parent (-1: none)."""

    key: np.ndarray  # uint64[size], size a power of 2; 0 where empty
    log_posterior: np.ndarray  # float[size]
    first: np.ndarray  # int16[size, n]
    above: np.ndarray  # int16[size, n]
    state: np.ndarray  # float[3] trees held, best log posterior, margin below it that is recorded [nat]


@njit(cache=True, nogil=True)
def log_below(z):
    """Return nearly the log of the standard normal distribution function at ``z + 1``: a weight, not a probability."""
    z += 1.0
    if z < 0.0:
        return -0.69 + 0.8 * z - 0.45 * z * z
    fall = 1.0 + z + z * z
    return -0.69 / (fall * fall)


@njit(cache=True, nogil=True)
def carries(state, above, below):
    """Return the log chance that ``above`` is carried by as many cells as ``below`` in each sample."""
    a, b = state.at[TRIED, above], state.at[TRIED, below]
    result = 0.0
    for p in range(state.mean.shape[2]):
        spread = state.variance[a, above, p] + state.variance[b, below, p] + BLUR
        result += log_below((state.mean[a, above, p] - state.mean[b, below, p]) / math.sqrt(spread))
        if result < HOPELESS:
            break
    return result


@njit(cache=True, nogil=True)
def settle(weights, alive):
    """Turn log weights into weights with maximum 1, none below the faintest; return their sum."""
    top = -math.inf
    for vertex in range(weights.shape[0]):
        if alive[vertex]:
            top = max(top, weights[vertex])
    total = 0.0
    for vertex in range(weights.shape[0]):
        weights[vertex] = math.exp(max(weights[vertex] - top, FAINTEST)) if alive[vertex] else 0.0
        total += weights[vertex]
    return total


@njit(cache=True, nogil=True)
def draw(weights, total, rng):
    """Return an index drawn with its weight."""
    left = rng.random() * total
    last = 0
    for index in range(weights.shape[0]):
        if weights[index] > 0.0:
            last = index
            left -= weights[index]
            if left < 0.0:
                break
    return last


@njit(cache=True, nogil=True)
def draw_vertex(state, rng, smallest):
    """Return a clone of at least ``smallest`` mutations, each equally likely, and how many there are (0: -1)."""
    count = 0
    for vertex in range(1, state.parent.shape[0]):
        count += state.parent[vertex] >= 0 and state.size[vertex] >= smallest
    if count == 0:
        return -1, 0
    left = int(rng.random() * count)
    for vertex in range(1, state.parent.shape[0]):
        if state.parent[vertex] >= 0 and state.size[vertex] >= smallest:
            if left == 0:
                return vertex, count
            left -= 1
    return -1, 0


@njit(cache=True, nogil=True)
def free_vertex(state):
    """Return a number that no clone has, or -1."""
    for vertex in range(1, state.parent.shape[0]):
        if state.parent[vertex] < 0:
            return vertex
    return -1


@njit(cache=True, nogil=True)
def weigh_parents(state, moved):
    """Write the weight of each vertex as the parent of a new clone ``moved``; return their sum."""
    for vertex in range(state.parent.shape[0]):
        if vertex == 0:
            state.weights[0] = -4.0
        elif state.parent[vertex] >= 0:
            state.weights[vertex] = carries(state, vertex, moved)
    standing = state.parent >= 0
    standing[0] = True
    return settle(state.weights, standing)


@njit(cache=True, nogil=True)
def weigh_hosts(state, moved):
    """Write the weight of each clone as the new home of the mutations of ``moved``; return their sum."""
    b = state.at[TRIED, moved]
    for vertex in range(1, state.parent.shape[0]):
        if state.parent[vertex] < 0:
            continue
        a = state.at[TRIED, vertex]
        log = 0.0
        for p in range(state.mean.shape[2]):
            spread = state.variance[a, vertex, p] + state.variance[b, moved, p] + BLUR
            distance = state.mean[a, vertex, p] - state.mean[b, moved, p]
            log -= 0.4 * distance * distance / spread
            if log < HOPELESS:
                break
        state.weights[vertex] = log
    standing = state.parent >= 0
    standing[0] = False
    return settle(state.weights, standing)


@njit(cache=True, nogil=True)
def chance_below(state, moved, child):
    """Return the chance with which a child of the place of ``moved`` is taken under ``moved``."""
    return min(max(0.6 * math.exp(0.5 * carries(state, moved, child)), 0.02), 0.5)


@njit(cache=True, nogil=True)
def log_insert(state, moved, place, chosen):
    """Return the log chance of putting ``moved`` under ``place``, and just the ``chosen`` children under it."""
    total = weigh_parents(state, moved)
    result = math.log(state.weights[place] / total)
    for child in range(1, state.parent.shape[0]):
        if state.parent[child] == place:
            chance = chance_below(state, moved, child)
            result += math.log(chance if chosen[child] else 1.0 - chance)
    return result


@njit(cache=True, nogil=True)
def insert(state, moved, rng):
    """Put ``moved`` somewhere as a new clone; return the log chance of that."""
    total = weigh_parents(state, moved)
    place = draw(state.weights, total, rng)
    result = math.log(state.weights[place] / total)
    for child in range(1, state.parent.shape[0]):
        if state.parent[child] == place:
            chance = chance_below(state, moved, child)
            if rng.random() < chance:
                result += math.log(chance)
                state.parent[child] = moved
            else:
                result += math.log(1.0 - chance)
    state.parent[moved] = place
    return result


@njit(cache=True, nogil=True)
def pluck(state, vertex, chosen):
    """Take a clone off the tree, give its children to its parent and mark them; return the parent."""
    place = state.parent[vertex]
    for child in range(1, state.parent.shape[0]):
        chosen[child] = state.parent[child] == vertex
        if chosen[child]:
            state.parent[child] = place
    state.parent[vertex] = -1
    return place


@njit(cache=True, nogil=True)
def find_room(state, moved):
    """Write the fraction of each vertex that is left by its children other than ``moved``, and its variance."""
    for vertex in range(state.parent.shape[0]):
        if vertex == 0 or state.parent[vertex] >= 0:
            a = state.at[TRIED, vertex]
            state.room[0, vertex] = state.mean[a, vertex]
            state.room[1, vertex] = state.variance[a, vertex]
    for vertex in range(1, state.parent.shape[0]):
        above = state.parent[vertex]
        if above >= 0 and vertex != moved:
            a = state.at[TRIED, vertex]
            for p in range(state.mean.shape[2]):
                state.room[0, above, p] -= state.mean[a, vertex, p]
                state.room[1, above, p] += state.variance[a, vertex, p]


@njit(cache=True, nogil=True)
def regraft(law, state, rng):
    """Move a clone with all below it under another; return whether that was tried, and the log ratio of chances."""
    moved, _ = draw_vertex(state, rng, 1)
    find_room(state, moved)
    allowed = state.parent >= 0
    allowed[0] = True
    b = state.at[TRIED, moved]
    for vertex in range(state.parent.shape[0]):
        if not allowed[vertex]:
            continue
        above = vertex
        while above > 0 and above != moved:
            above = state.parent[above]
        allowed[vertex] = above == 0
        log = -4.0 if vertex == 0 else 0.0
        for p in range(state.mean.shape[2]):
            spread = state.room[1, vertex, p] + state.variance[b, moved, p] + BLUR
            log += log_below((state.room[0, vertex, p] - state.mean[b, moved, p]) / math.sqrt(spread))
            if log < HOPELESS:
                break
        state.weights[vertex] = 0.7 * log
    total = settle(state.weights, allowed)
    old = state.parent[moved]
    old_weight = state.weights[old]
    state.weights[old] = 0.0
    rest = 0.0
    for weight in state.weights:
        rest += weight
    if rest <= 0.0:
        return False, 0.0
    place = draw(state.weights, rest, rng)
    state.parent[moved] = place
    mark(state, np.array([old, place]))
    there = state.weights[place] / rest
    back = old_weight / (total - state.weights[place]) if total > state.weights[place] else 0.0
    return back > 0.0, math.log(max(back, 1e-300) / there)


@njit(cache=True, nogil=True)
def swap(law, state, rng):
    """Exchange the mutations of a clone with those of its parent, or of any other clone."""
    one, count = draw_vertex(state, rng, 1)
    other = state.parent[one] if rng.random() < 0.6 else draw_vertex(state, rng, 1)[0]
    if other <= 0 or other == one:
        return False, 0.0
    touch(state, one)
    touch(state, other)
    a, b = state.at[TRIED, one], state.at[TRIED, other]
    state.log_sum[a, one] = state.log_sum[1 - b, other]
    state.log_sum[b, other] = state.log_sum[1 - a, one]
    state.size[one], state.size[other] = state.size[other], state.size[one]
    for mutation in range(state.cluster.shape[0]):
        if state.cluster[mutation] == one:
            state.cluster[mutation] = other
        elif state.cluster[mutation] == other:
            state.cluster[mutation] = one
    summarize(state, one)
    summarize(state, other)
    mark(state, np.array([one, other]))
    return True, 0.0


@njit(cache=True, nogil=True)
def relocate(law, state, rng):
    """Take a clone off the tree, leave its children to its parent, and put it somewhere else."""
    moved, clones = draw_vertex(state, rng, 1)
    if clones < 2:
        return False, 0.0
    chosen = state.marks[0]
    place = pluck(state, moved, chosen)
    back = log_insert(state, moved, place, chosen)
    there = insert(state, moved, rng)
    if np.array_equal(state.parent, state.old_parent):
        return False, 0.0
    mark(state, np.array([place, moved]))
    return True, back - there


@njit(cache=True, nogil=True)
def move_mutation(law, state, rng):
    """Take one mutation off its clone, and put it into another clone or make it a clone of its own."""
    mutation = int(rng.random() * state.cluster.shape[0])
    home = state.cluster[mutation]
    chosen = state.marks[0]
    alone = state.size[home] == 1
    if alone:
        moved, place = home, pluck(state, home, chosen)
    else:
        moved, place = free_vertex(state), home
        if moved < 0:
            return False, 0.0
        touch(state, home)
        add_mutation(law, state, mutation, home, -1.0)
        summarize(state, home)
        touch(state, moved)
        state.log_sum[state.at[TRIED, moved], moved] = law.likelihood[mutation]
        summarize(state, moved)
    total = weigh_hosts(state, moved)
    if total <= 0.0:
        return False, 0.0
    back = log_insert(state, moved, place, chosen) if alone else math.log(state.weights[home] / total)
    if rng.random() < 0.5:
        total = weigh_hosts(state, moved)
        host = draw(state.weights, total, rng)
        there = math.log(state.weights[host] / total)
        if host == home:
            return False, 0.0
        touch(state, host)
        state.size[moved] = 0
        add_mutation(law, state, mutation, host, 1.0)
        summarize(state, host)
    else:
        there = insert(state, moved, rng)
        host = moved
        state.size[moved] = 1
        state.cluster[mutation] = moved
        if alone and state.parent[moved] == place and np.array_equal(state.parent, state.old_parent):
            return False, 0.0
    mark(state, np.array([place, host]))
    return True, back - there


@njit(cache=True, nogil=True)
def log_part(law, state, part, whole, count):
    """Return the log chance that a cut of the clusters ``part`` and ``whole`` by one sample's order yields ``part``."""
    samples = law.key.shape[1]
    ways = 0
    for p in range(samples):
        low = low_rest = math.inf
        high = high_rest = -math.inf
        for mutation in range(state.cluster.shape[0]):
            key = law.key[mutation, p]
            if state.cluster[mutation] == part:
                low, high = min(low, key), max(high, key)
            elif state.cluster[mutation] == whole:
                low_rest, high_rest = min(low_rest, key), max(high_rest, key)
        ways += high < low_rest or low > high_rest
    return math.log(ways / (2.0 * samples * (count - 1))) if ways else -math.inf


@njit(cache=True, nogil=True)
def merge(law, state, rng):
    """Give all mutations of one clone to another."""
    moved, clones = draw_vertex(state, rng, 1)
    if clones < 2:
        return False, 0.0
    chosen = state.marks[0]
    place = pluck(state, moved, chosen)
    back = log_insert(state, moved, place, chosen)
    total = weigh_hosts(state, moved)
    host = draw(state.weights, total, rng)
    there = math.log(state.weights[host] / total) - math.log(clones)
    back += log_part(law, state, moved, host, state.size[moved] + state.size[host])
    if back == -math.inf:
        return False, 0.0
    touch(state, host)
    state.log_sum[state.at[TRIED, host], host] += state.log_sum[state.at[TRIED, moved], moved]
    state.size[host] += state.size[moved]
    state.size[moved] = 0
    for mutation in range(state.cluster.shape[0]):
        if state.cluster[mutation] == moved:
            state.cluster[mutation] = host
    larger = 0
    for vertex in range(1, state.parent.shape[0]):
        larger += state.parent[vertex] >= 0 and state.size[vertex] >= 2
    back -= math.log(larger)
    summarize(state, host)
    mark(state, np.array([place, host]))
    return True, back - there


@njit(cache=True, nogil=True)
def split(law, state, rng):
    """Cut a cluster in two by the order of its mutations in one sample, and make one part a clone of its own."""
    host, larger = draw_vertex(state, rng, 2)
    moved = free_vertex(state)
    if larger == 0 or moved < 0:
        return False, 0.0
    members = np.flatnonzero(state.cluster == host)
    order = members[np.argsort(law.key[members, int(rng.random() * law.key.shape[1])])]
    cut = 1 + int(rng.random() * (order.shape[0] - 1))
    part = order[:cut] if rng.random() < 0.5 else order[cut:]
    touch(state, host)
    touch(state, moved)
    state.log_sum[state.at[TRIED, moved], moved] = 0.0
    state.size[moved] = 0
    for mutation in part:
        add_mutation(law, state, mutation, host, -1.0)
        add_mutation(law, state, mutation, moved, 1.0)
    summarize(state, host)
    summarize(state, moved)
    clones = 0
    for vertex in range(1, state.parent.shape[0]):
        clones += state.parent[vertex] >= 0
    there = log_part(law, state, moved, host, order.shape[0]) - math.log(larger)
    total = weigh_hosts(state, moved)
    back = math.log(state.weights[host] / total) - math.log(clones + 1)
    there += insert(state, moved, rng)
    mark(state, np.array([host, moved]))
    return True, back - there


@njit(cache=True, nogil=True)
def mix(word):
    """Return 64 well-mixed bits of 64 bits."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@njit(cache=True, nogil=True)
def name_tree(state, first, above):
    """Write, for each mutation, the first mutation of its clone and of its clone's parent (-1: germ line)."""
    names = state.marks[2]
    names[:] = -1
    for mutation in range(state.cluster.shape[0]):
        if names[state.cluster[mutation]] < 0:
            names[state.cluster[mutation]] = mutation
    key = np.uint64(0)
    for mutation in range(state.cluster.shape[0]):
        vertex = state.cluster[mutation]
        first[mutation] = names[vertex]
        above[mutation] = names[state.parent[vertex]]
        word = (mutation * 70001 + names[vertex]) * 70001 + above[mutation] + 2
        key += mix(np.uint64(word))
    return mix(key) | np.uint64(1)


@njit(cache=True, nogil=True)
def record(state, log, book, first, above):
    """Record the tried tree if it is among the best and not yet known."""
    if log < book.state[1] - book.state[2] or not math.isfinite(log):
        return
    key = name_tree(state, first, above)
    size = book.key.shape[0]
    place = np.int64(key & np.uint64(size - 1))
    while book.key[place] != 0 and book.key[place] != key:
        place = (place + 1) & (size - 1)
    book.state[1] = max(book.state[1], log)
    if book.key[place] == key or 4 * book.state[0] > 3 * size:
        return
    book.key[place] = key
    book.log_posterior[place] = log
    book.first[place] = first
    book.above[place] = above
    book.state[0] += 1


@njit(cache=True, nogil=True)
def walk(law, state, log, steps, hot, cold, clustered, every, rng, book, trace_log, trace_first, trace_above):
    """Walk ``steps`` steps over clone trees from the standing one, cooling from ``hot`` to ``cold``.

    Parameters
    ----------
    log : float
        The log posterior of the standing tree.
    clustered : bool
        Whether clusters are given and to be kept.
    every : int
        After how many steps the standing tree is written to the trace; 0 for never.
    book : Record
    trace_log, trace_first, trace_above : arrays (T,), (T, n), (T, n)

    Returns
    -------
    log : float
        The log posterior of the tree that stands at the end.
    accepted : integer array (5, 2)
        How often each kind of move was tried and accepted.
    """
    count = np.zeros((5, 2), np.int64)
    first = np.zeros(state.cluster.shape[0], np.int16)
    above = np.zeros(state.cluster.shape[0], np.int16)
    written = 0
    for step in range(steps):
        temperature = hot + (cold - hot) * step / steps
        begin(state)
        choice = rng.random()
        if clustered:
            kind = REGRAFT if choice < 0.4 else SWAP if choice < 0.6 else RELOCATE
        else:
            kind = int(np.searchsorted(OFTEN, choice))
        if kind == REGRAFT:
            tried, ratio = regraft(law, state, rng)
        elif kind == SWAP:
            tried, ratio = swap(law, state, rng)
        elif kind == RELOCATE:
            tried, ratio = relocate(law, state, rng)
        elif kind == MUTATION:
            tried, ratio = move_mutation(law, state, rng)
        elif rng.random() < 0.5:
            tried, ratio = merge(law, state, rng)
        else:
            tried, ratio = split(law, state, rng)
        kept = False
        if tried:
            needed = log + temperature * (math.log(1.0 - rng.random()) - ratio)
            new = log_posterior(law, state, min(needed, book.state[1] - book.state[2]))
            record(state, new, book, first, above)
            kept = new > needed
            count[kind, 0] += 1
            count[kind, 1] += kept
        if kept:
            accept(state)
            log = new
        else:
            undo(state)
        if every and (step + 1) % every == 0 and written < trace_log.shape[0]:
            name_tree(state, trace_first[written], trace_above[written])
            trace_log[written] = log
            written += 1
    return log, count
