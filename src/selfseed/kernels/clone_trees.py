r"""Clone trees of one patient: their posterior, with the shares of all clones summed out exactly on a grid.

A clone ``v`` has the share :math:`u_{vp}` of the tumour cells of sample ``p``, so its mutations are carried by the
fraction :math:`f_{vp} = u_{vp} + \sum_{c} f_{cp}` over its children. Shares are multiples of ``1/G``; absent clones
have share 0 with weight 1, present ones weight :math:`\lambda g(u)/G`. Because the likelihood is a product over
clones of functions of :math:`f_{vp}` alone, one pass up the tree sums over all shares and all presences:

.. math:: M_v(f) = L_v(f) \sum_{u} w(u) \Big[\mathop{\ast}_{c} M_c\Big](f - u) .

Vertex 0 is the germ line: no mutations, all cells; its own share is the tumour-free rest.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

DROPPED = 1e-7
"""Part of a message's largest value below which its ends are cut off."""

FLOOR = 60.0
"""Log-likelihood lost, at most, by one clone in one sample [nat]."""

IMPOSSIBLE = -300.0
"""What a sample counts in which the children do not fit under their parent [nat]."""


class Law(NamedTuple):
    """Hold the numbers that do not change while trees change: n mutations, m samples, G + 1 grid points."""

    likelihood: np.ndarray  # float[n, m, G + 1] log-likelihood of each mutation at each fraction
    key: np.ndarray  # float[n, m] mean fraction of each mutation by its own reads, no two equal in a sample
    slab: np.ndarray  # float[G + 1] weight of each share of a present clone; 0 at 0
    flat_from: int  # from this share on, the slab is flat
    total: np.ndarray  # float[G + 1] weight of each fraction of tumour cells that carry any mutation
    prior: np.ndarray  # float[V + 1] log prior of the number of clones: trees, presence in all samples
    concentration: np.ndarray  # float[A] concentrations of the clustering law, equally likely
    second_trunk: float  # log prior of each further child of the germ line


class State(NamedTuple):
    """Hold one clone tree with its messages, in two buffers: one stands, one is tried; V vertices at most."""

    parent: np.ndarray  # int64[V]; -1 where there is no vertex
    cluster: np.ndarray  # int64[n] the vertex of each mutation
    size: np.ndarray  # int64[V] mutations of each vertex
    old_parent: np.ndarray
    old_cluster: np.ndarray
    old_size: np.ndarray
    at: np.ndarray  # int64[4, V] standing and tried buffer of the clusters, then of the messages
    log_sum: np.ndarray  # float[2, V, m, G + 1] log-likelihood of the cluster
    fit: np.ndarray  # float[2, V, m, G + 1] the same, exponentiated, with maximum 1
    fit_log: np.ndarray  # float[2, V, m] what was divided out of it
    mean: np.ndarray  # float[2, V, m] mean fraction by the cluster's own reads
    variance: np.ndarray  # float[2, V, m]
    message: np.ndarray  # float[2, V, m, G + 1]
    message_log: np.ndarray  # float[2, V, m]
    ends: np.ndarray  # int64[2, V, m, 2] first and last grid point that counts
    absent: np.ndarray  # float[2, V] log probability, by the subtree alone, that the clone is in no sample
    scratch: np.ndarray  # float[3, G + 1]
    weights: np.ndarray  # float[V]
    room: np.ndarray  # float[2, V, m] fraction not taken by children, and its variance
    total: np.ndarray  # float[2, m] log-likelihood of each sample in the standing and in the tried tree
    kids: np.ndarray  # int64[2, V] first child and next sibling; 0 for none
    dirty: np.ndarray  # int64[V + 1] vertices to bring up to date, the deepest first; how many stands last
    marks: np.ndarray  # int64[3, V]


HOPE = 20.0
"""Log-likelihood that samples not yet looked at may still make good [nat]."""

STANDS, TRIED, MESSAGE = 0, 1, 2


@njit(cache=True, nogil=True)
def new_state(mutations, samples, points, vertices):
    """Return an empty state."""
    return State(
        np.full(vertices, -1),
        np.zeros(mutations, np.int64),
        np.zeros(vertices, np.int64),
        np.full(vertices, -1),
        np.zeros(mutations, np.int64),
        np.zeros(vertices, np.int64),
        np.zeros((4, vertices), np.int64),
        np.zeros((2, vertices, samples, points)),
        np.zeros((2, vertices, samples, points)),
        np.zeros((2, vertices, samples)),
        np.zeros((2, vertices, samples)),
        np.zeros((2, vertices, samples)),
        np.zeros((2, vertices, samples, points)),
        np.zeros((2, vertices, samples)),
        np.zeros((2, vertices, samples, 2), np.int64),
        np.zeros((2, vertices)),
        np.zeros((3, points)),
        np.zeros(vertices),
        np.zeros((2, vertices, samples)),
        np.zeros((2, samples)),
        np.zeros((2, vertices), np.int64),
        np.zeros(vertices + 1, np.int64),
        np.zeros((3, vertices), np.int64),
    )


@njit(cache=True, nogil=True)
def summarize(state, vertex):
    """Bring the tried buffer of a cluster up to date with its sum of log-likelihoods."""
    buffer = state.at[TRIED, vertex]
    samples, points = state.log_sum.shape[2:]
    for p in range(samples):
        row = state.log_sum[buffer, vertex, p]
        out = state.fit[buffer, vertex, p]
        top = row[0]
        for g in range(1, points):
            top = max(top, row[g])
        mass = first = second = 0.0
        for g in range(points):
            below = row[g] - top
            value = math.exp(below) if below > -FLOOR else math.exp(-FLOOR)
            out[g] = value
            mass += value
            first += value * g
            second += value * g * g
        first /= mass
        state.fit_log[buffer, vertex, p] = top
        state.mean[buffer, vertex, p] = first / (points - 1)
        state.variance[buffer, vertex, p] = max(second / mass - first * first, 0.0) / (points - 1) ** 2


@njit(cache=True, nogil=True)
def touch(state, vertex):
    """Open the second buffer of a cluster, with a copy of its sum, if it is not open yet."""
    if state.at[TRIED, vertex] == state.at[STANDS, vertex]:
        standing = state.at[STANDS, vertex]
        state.at[TRIED, vertex] = 1 - standing
        state.log_sum[1 - standing, vertex] = state.log_sum[standing, vertex]


@njit(cache=True, nogil=True)
def add_mutation(law, state, mutation, vertex, sign):
    """Add a mutation to the sum of a touched cluster, or take it off."""
    row = state.log_sum[state.at[TRIED, vertex], vertex]
    more = law.likelihood[mutation]
    for p in range(row.shape[0]):
        for g in range(row.shape[1]):
            row[p, g] += sign * more[p, g]
    state.size[vertex] += 1 if sign > 0 else -1
    if sign > 0:
        state.cluster[mutation] = vertex


@njit(cache=True, nogil=True)
def begin(state):
    """Remember the standing tree, so that ``undo`` can bring it back."""
    state.old_parent[:] = state.parent
    state.old_cluster[:] = state.cluster
    state.old_size[:] = state.size
    state.at[TRIED] = state.at[STANDS]
    state.at[MESSAGE + TRIED] = state.at[MESSAGE + STANDS]


@njit(cache=True, nogil=True)
def undo(state):
    """Bring back the standing tree."""
    state.parent[:] = state.old_parent
    state.cluster[:] = state.old_cluster
    state.size[:] = state.old_size


@njit(cache=True, nogil=True)
def accept(state):
    """Let the tried tree stand."""
    state.at[STANDS] = state.at[TRIED]
    state.at[MESSAGE + STANDS] = state.at[MESSAGE + TRIED]
    state.total[STANDS] = state.total[TRIED]


@njit(cache=True, nogil=True, fastmath=True)
def convolve(left, left_first, left_last, right, right_first, right_last, out):
    """Write the distribution of a sum of two fractions, cut at 1; return its ends (last < first: nothing fits)."""
    points = out.shape[0]
    first = left_first + right_first
    last = min(points - 1, left_last + right_last)
    for g in range(first, last + 1):
        out[g] = 0.0
    if left_last - left_first < right_last - right_first:
        left, right = right, left
        left_first, right_first = right_first, left_first
        left_last, right_last = right_last, left_last
    for g in range(right_first, min(right_last, last - left_first) + 1):
        factor = right[g]
        stop = min(left_last, last - g) + 1
        for k in range(left_first, stop):
            out[g + k] += factor * left[k]
    return first, last


@njit(cache=True, nogil=True, fastmath=True)
def trim(row, first, last):
    """Scale a message to maximum 1; return its ends without negligible values and the log of the scale."""
    top = 0.0
    for g in range(first, last + 1):
        top = max(top, row[g])
    if top <= 0.0:
        return first, last, -math.inf
    scale = 1.0 / top
    for g in range(first, last + 1):
        row[g] *= scale
    while row[first] < DROPPED:
        first += 1
    while row[last] < DROPPED:
        last -= 1
    return first, last, math.log(top)


@njit(cache=True, nogil=True)
def link_children(state):
    """List the children of each vertex, the last first."""
    state.kids[:] = 0
    for vertex in range(1, state.parent.shape[0]):
        above = state.parent[vertex]
        if above >= 0:
            state.kids[1, vertex] = state.kids[0, above]
            state.kids[0, above] = vertex


@njit(cache=True, nogil=True)
def children_sum(state, vertex, p):
    """Write the distribution of the children's summed fraction to the scratch; return row, ends and log."""
    row = 0
    first = last = 0
    log = 0.0
    count = 0
    child = state.kids[0, vertex]
    while child > 0:
        buffer = state.at[MESSAGE + TRIED, child]
        ends = state.ends[buffer, child, p]
        message = state.message[buffer, child, p]
        log += state.message_log[buffer, child, p]
        if count == 0:
            first, last = ends[0], ends[1]
            state.scratch[row, first : last + 1] = message[first : last + 1]
        else:
            if first + ends[0] > message.shape[0] - 1:
                log += IMPOSSIBLE
            else:
                other = 1 - row
                first, last = convolve(state.scratch[row], first, last, message, ends[0], ends[1], state.scratch[other])
                row = other
                first, last, scale = trim(state.scratch[row], first, last)
                log += scale
        count += 1
        child = state.kids[1, child]
    if count == 0:
        state.scratch[row, 0] = 1.0
    return row, first, last, log


@njit(cache=True, nogil=True, fastmath=True)
def with_own_share(below, first, last, law, out):
    """Write the weight of each fraction when the clone itself is present; return the ends."""
    points = out.shape[0]
    start = first + 1
    for g in range(first, points):
        out[g] = 0.0
    for share in range(1, law.flat_from):
        weight = law.slab[share]
        for g in range(first, min(last, points - 1 - share) + 1):
            out[g + share] += weight * below[g]
    running = 0.0
    flat = law.slab[points - 1]
    for g in range(first + law.flat_from, points):
        if g - law.flat_from <= last:
            running += flat * below[g - law.flat_from]
        out[g] += running
    return start, points - 1


@njit(cache=True, nogil=True)
def pass_up(law, state, vertex, p):
    """Bring the tried message of a vertex in one sample up to date with its cluster and its children."""
    buffer = state.at[MESSAGE + TRIED, vertex]
    own = state.at[TRIED, vertex]
    points = state.message.shape[3]
    row, first, last, log = children_sum(state, vertex, p)
    below = state.scratch[row]
    out = state.message[buffer, vertex, p]
    fit = state.fit[own, vertex, p]
    with_own_share(below, first, last, law, out)
    without = 0.0
    for g in range(first, last + 1):
        without += below[g] * fit[g]
        out[g] += below[g]
    mass = 0.0
    for g in range(first, points):
        out[g] *= fit[g]
        mass += out[g]
    state.absent[buffer, vertex] += math.log(max(without, 1e-300) / max(mass, 1e-300))
    first, last, scale = trim(out, first, points - 1)
    state.ends[buffer, vertex, p, 0] = first
    state.ends[buffer, vertex, p, 1] = last
    state.message_log[buffer, vertex, p] = log + scale + state.fit_log[own, vertex, p]


@njit(cache=True, nogil=True)
def mark(state, changed):
    """List the vertices from the ``changed`` ones to the root as to be brought up to date, the deepest first."""
    seen, depths = state.marks[0], state.marks[1]
    count = 0
    seen[:] = 0
    for vertex in changed:
        while vertex > 0 and state.parent[vertex] >= 0 and seen[vertex] == 0:
            seen[vertex] = 1
            depth = 0
            above = vertex
            while above > 0:
                above = state.parent[above]
                depth += 1
            place = count
            while place > 0 and depths[place - 1] < depth:
                state.dirty[place] = state.dirty[place - 1]
                depths[place] = depths[place - 1]
                place -= 1
            state.dirty[place] = vertex
            depths[place] = depth
            count += 1
            vertex = state.parent[vertex]
    state.dirty[-1] = count


@njit(cache=True, nogil=True)
def log_sample(law, state, p):
    """Return the log-likelihood of one sample in the tried tree, all shares summed out."""
    row, first, last, log = children_sum(state, 0, p)
    mass = 0.0
    for g in range(first, last + 1):
        mass += state.scratch[row, g] * law.total[g]
    return log + math.log(max(mass, 1e-130))


@njit(cache=True, nogil=True)
def log_clustering(law, state, clones):
    """Return the log prior of the sizes of the clusters: a Chinese restaurant, averaged over its concentrations."""
    mutations = state.cluster.shape[0]
    seats = 0.0
    for vertex in range(1, state.parent.shape[0]):
        if state.parent[vertex] >= 0:
            seats += math.lgamma(state.size[vertex])
    best = -math.inf
    for alpha in law.concentration:
        best = max(best, clones * math.log(alpha) + math.lgamma(alpha) - math.lgamma(alpha + mutations))
    total = 0.0
    for alpha in law.concentration:
        total += math.exp(clones * math.log(alpha) + math.lgamma(alpha) - math.lgamma(alpha + mutations) - best)
    return seats + best + math.log(total / law.concentration.shape[0])


@njit(cache=True, nogil=True)
def log_tree_prior(law, state):
    """Return the log prior of clustering and tree."""
    clones = trunks = 0
    for vertex in range(1, state.parent.shape[0]):
        if state.parent[vertex] >= 0:
            clones += 1
            trunks += state.parent[vertex] == 0
    return law.prior[clones] + log_clustering(law, state, clones) + (trunks - 1) * law.second_trunk


@njit(cache=True, nogil=True)
def log_seen(state):
    """Return the log chance, by the subtrees alone, that each clone of fewer than two children is in some sample."""
    result = 0.0
    for vertex in range(1, state.parent.shape[0]):
        child = state.kids[0, vertex]
        if state.parent[vertex] >= 0 and (child == 0 or state.kids[1, child] == 0):
            absent = state.absent[state.at[MESSAGE + TRIED, vertex], vertex]
            result += math.log(max(-math.expm1(absent), 1e-12))
    return result


@njit(cache=True, nogil=True)
def log_posterior(law, state, needed):
    """Return the log posterior of the tried tree up to a constant, marked vertices brought up to date first.

    Samples are taken in turn, those first in which the deepest changed clone is most common; as soon as hope is lost
    that the sum reaches ``needed``, the answer is minus infinity.
    """
    link_children(state)
    changed = state.dirty[: state.dirty[-1]]
    for vertex in changed:
        state.at[MESSAGE + TRIED, vertex] = 1 - state.at[MESSAGE + STANDS, vertex]
        state.absent[state.at[MESSAGE + TRIED, vertex], vertex] = 0.0
    result = log_tree_prior(law, state)
    samples = state.message.shape[2]
    for p in range(samples):
        result += state.total[STANDS, p]
    first = changed[0] if changed.shape[0] else 0
    for p in np.argsort(-state.mean[state.at[TRIED, first], first]):
        for vertex in changed:
            pass_up(law, state, vertex, p)
        state.total[TRIED, p] = log_sample(law, state, p)
        result += state.total[TRIED, p] - state.total[STANDS, p]
        if result < needed - HOPE:
            return -math.inf
    return result + log_seen(state)


@njit(cache=True, nogil=True)
def set_tree(law, state, parent, cluster):
    """Make ``parent`` and ``cluster`` the standing tree, and return its log posterior."""
    vertices = state.parent.shape[0]
    state.at[:] = 0
    state.parent[:] = -1
    state.parent[: parent.shape[0]] = parent
    state.size[:] = 0
    state.log_sum[0] = 0.0
    for mutation in range(cluster.shape[0]):
        add_mutation(law, state, mutation, cluster[mutation], 1.0)
    for vertex in range(1, vertices):
        if state.parent[vertex] >= 0:
            summarize(state, vertex)
    state.mean[:, 0] = 1.0
    state.total[STANDS] = 0.0
    mark(state, np.arange(vertices))
    result = log_posterior(law, state, -math.inf)
    accept(state)
    return result
