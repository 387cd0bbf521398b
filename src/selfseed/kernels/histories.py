"""Random walks over the migration histories of one clone tree.

A *place* is a clone in a site where it lives in the history. Each place but the root's hangs below another: a place of
the same clone (a migration that brought no new mutation) or a place of the parent clone (the branch on which the clone
arose, a migration where the sites differ). Exactly one place of each clone hangs below the parent clone: its *entry*.

``up[clone, site]`` is -1 where the clone does not live. With k sites, codes 0..k-1 name the site of a place of the
parent clone, codes k..2k-1 the site of another place of the same clone.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

FEATURES = (
    "migrations on branches",
    "mutations on migrating branches",
    "migrations within clones",
    "migrations from the primary",
    "migrations into the primary",
    "mutations on branches into the primary",
    "parallel migrations of one place",
    "unobserved places in the primary",
    "unobserved places in metastases",
    "unobserved places without two descendants",
    "unobserved places of observed clones",
    "mutations on migrating branches, by the mean of the tree",
    "mutations on migrating branches, squared",
    "mutations on branches from the primary",
    "clones seen in the sites that migrations leave",
    "arcs from the primary",
    "arcs between metastases",
    "arcs into the primary",
    "metastases that seed",
    "further sources of a metastasis",
    "any cycle",
    "a cycle between metastases",
    "repeats of an arc",
    "further sources, by number of sites",
    "migrations, by number of sites",
    "pairs of sites that seed each other",
    "crowding of arcs on a source",
)
"""What a history is weighed by; see ``history/model.py`` for the meaning of each."""

PLACES = 15  # the first features belong to single places and edges, the others to the migration graph
NOWHERE = -1


class Walk(NamedTuple):
    """Hold one history of a tree of n clones and k sites, and the counts that belong to it.

    Parameters
    ----------
    parent : int array (n,); first_child : int array (n + 1,); child : int array (n - 1,)
    observed : bool array (n, k)
    seen : bool array (n,)
        Whether the clone was observed anywhere.
    length : float array (n, 3)
        Logarithm of the mutations on the branch above, against the mean of the tree; the same times the logarithm of
        that mean; its square.
    age : float array (k,)
        Logarithm of the clones observed in each site, against the mean of the sites.
    primary : int array (1,)
    founder : int array (1,)
        The clone that enters the primary and nowhere else, the first below a root without cells; -1 if there is none.
    up : int array (n, k); entry : int array (n,)
    degree : int array (n, k)
        Places that hang below each place.
    into : int array (n, k, k)
        Of those, the ones in each other site.
    arcs : int array (k, k)
        Migrations between each two sites.
    local : float array (PLACES,)
        Sums over places and edges.
    """

    parent: np.ndarray
    first_child: np.ndarray
    child: np.ndarray
    observed: np.ndarray
    seen: np.ndarray
    length: np.ndarray
    age: np.ndarray
    primary: np.ndarray
    founder: np.ndarray
    up: np.ndarray
    entry: np.ndarray
    degree: np.ndarray
    into: np.ndarray
    arcs: np.ndarray
    local: np.ndarray


@njit(cache=True)
def _count_edge(walk, clone, site, sign):
    """Add (or take away) the edge above a place from all counts."""
    if clone == 0:
        return
    k = walk.up.shape[1]
    code = walk.up[clone, site]
    within = code >= k
    above = clone if within else walk.parent[clone]
    source = code - k if within else code
    if above != 0 and not walk.observed[above, source]:
        before = max(0, 2 - walk.degree[above, source])
        after = max(0, 2 - walk.degree[above, source] - sign)
        walk.local[9] += after - before
    walk.degree[above, source] += sign
    if source == site:
        return
    if within:
        walk.local[2] += sign
    else:
        walk.local[0] += sign
        walk.local[1] += sign * walk.length[clone, 0]
        walk.local[11] += sign * walk.length[clone, 1]
        walk.local[12] += sign * walk.length[clone, 2]
    primary = walk.primary[0]
    walk.local[14] += sign * walk.age[source]
    if source == primary:
        walk.local[3] += sign
        if not within:
            walk.local[13] += sign * walk.length[clone, 0]
    if site == primary:
        walk.local[4] += sign
        if not within:
            walk.local[5] += sign * walk.length[clone, 0]
    already = walk.into[above, source, site]
    if (sign > 0 and already >= 1) or (sign < 0 and already >= 2):
        walk.local[6] += sign
    walk.into[above, source, site] += sign
    walk.arcs[source, site] += sign


@njit(cache=True)
def _count_place(walk, clone, site, sign):
    """Add (or take away) a place, which nothing hangs below, from all counts."""
    if clone == 0 or walk.observed[clone, site]:
        return
    walk.local[7 if site == walk.primary[0] else 8] += sign
    walk.local[9] += 2 * sign
    if walk.seen[clone]:
        walk.local[10] += sign


@njit(cache=True)
def count_all(walk):
    """Count the history in ``up`` and ``entry`` from nothing."""
    walk.degree[:] = 0
    walk.into[:] = 0
    walk.arcs[:] = 0
    walk.local[:] = 0.0
    n, k = walk.up.shape
    for clone in range(n):
        for site in range(k):
            if walk.up[clone, site] != NOWHERE:
                _count_place(walk, clone, site, 1)
    for clone in range(1, n):
        for site in range(k):
            if walk.up[clone, site] != NOWHERE:
                _count_edge(walk, clone, site, 1)


@njit(cache=True)
def _has_cycle(arcs, left_out):
    """Say whether the sites, without ``left_out``, hold a directed cycle: take away sites that nothing enters."""
    k = arcs.shape[0]
    there = np.ones(k, dtype=np.bool_)
    if left_out >= 0:
        there[left_out] = False
    again = True
    while again:
        again = False
        for site in range(k):
            if there[site]:
                entered = False
                for source in range(k):
                    if there[source] and arcs[source, site] > 0:
                        entered = True
                        break
                if not entered:
                    there[site] = False
                    again = True
    return there.any()


@njit(cache=True)
def graph_features(walk, features):
    """Fill in the features that belong to the migration graph, and copy the others."""
    arcs = walk.arcs
    k = arcs.shape[0]
    primary = walk.primary[0]
    features[:PLACES] = walk.local
    features[PLACES:] = 0.0
    migrations = 0
    for site in range(k):
        out, entered = 0, 0
        for other in range(k):
            number = arcs[site, other]
            if number > 0:
                out += 1
                migrations += number
                features[22] += np.log(number)
                if other == primary:
                    features[17] += 1
                elif site == primary:
                    features[15] += 1
                else:
                    features[16] += 1
                if site < other and arcs[other, site] > 0:
                    features[25] += 1
            if arcs[other, site] > 0:
                entered += 1
        if site != primary:
            if out > 0:
                features[18] += 1
            if entered > 1:
                features[19] += entered - 1
        features[26] += out * (out - 1) / 2 / k
    scale = np.log(k / 7.0)
    features[23] = features[19] * scale
    features[24] = migrations * scale
    if features[17] > 0:
        features[20] = 1.0
        if _has_cycle(arcs, primary):
            features[21] = 1.0
    elif features[16] > 1 and _has_cycle(arcs, primary):
        features[20] = 1.0
        features[21] = 1.0


@njit(cache=True)
def _set_up(walk, clone, site, code):
    _count_edge(walk, clone, site, -1)
    walk.up[clone, site] = code
    _count_edge(walk, clone, site, 1)


@njit(cache=True)
def _reroot(walk, clone, site):
    """Make a place the entry of its clone: turn the edges between it and the entry around."""
    k = walk.up.shape[1]
    code = walk.up[clone, walk.entry[clone]]
    current = site
    while True:
        above = walk.up[clone, current]
        _set_up(walk, clone, current, code)
        if above < k:
            break
        code = k + current
        current = above - k
    walk.entry[clone] = site


@njit(cache=True)
def _move_below(walk, clone, old, new, moved_site, moved_clone):
    """Hang what ``moved_*`` names, below place ``old`` of a clone, below place ``new``; say how many hung below it."""
    k = walk.up.shape[1]
    number = 0
    for site in range(k):
        if site != new and walk.up[clone, site] == k + old:
            number += 1
            if moved_site[site]:
                _set_up(walk, clone, site, k + new)
    for position in range(walk.first_child[clone], walk.first_child[clone + 1]):
        below = walk.child[position]
        if walk.up[below, walk.entry[below]] == old:
            number += 1
            if moved_clone[position]:
                _set_up(walk, below, walk.entry[below], new)
    return number


@njit(cache=True)
def _mark_below(walk, clone, old, moved_site, moved_clone):
    """Mark all that hangs below a place."""
    k = walk.up.shape[1]
    for site in range(k):
        moved_site[site] = walk.up[clone, site] == k + old
    for position in range(walk.first_child[clone], walk.first_child[clone + 1]):
        below = walk.child[position]
        moved_clone[position] = walk.up[below, walk.entry[below]] == old


@njit(cache=True)
def _relocate(walk, clone, old, new, moved_site, moved_clone):
    """Put a place into another site, with all that hangs above and below."""
    code = walk.up[clone, old]
    _mark_below(walk, clone, old, moved_site, moved_clone)
    walk.up[clone, new] = code
    _count_place(walk, clone, new, 1)
    _count_edge(walk, clone, new, 1)
    if walk.entry[clone] == old:
        walk.entry[clone] = new
    _move_below(walk, clone, old, new, moved_site, moved_clone)
    _count_edge(walk, clone, old, -1)
    walk.up[clone, old] = NOWHERE
    _count_place(walk, clone, old, -1)


@njit(cache=True)
def _insert(walk, clone, partner, new, above, moved_site, moved_clone):
    """Open a new place above or below ``partner``; what is marked below the partner moves to it."""
    k = walk.up.shape[1]
    walk.up[clone, new] = walk.up[clone, partner] if above else k + partner
    _count_place(walk, clone, new, 1)
    _count_edge(walk, clone, new, 1)
    if above:
        _set_up(walk, clone, partner, k + new)
        if walk.entry[clone] == partner:
            walk.entry[clone] = new
    moved_site[new] = False
    moved_site[partner] = False
    _move_below(walk, clone, partner, new, moved_site, moved_clone)


@njit(cache=True)
def _remove(walk, clone, old, partner, above, moved_site, moved_clone):
    """Close a place that was above or below ``partner``; what hung below it moves to the partner, and stays marked."""
    if above:
        code = walk.up[clone, old]
        _set_up(walk, clone, partner, code)
        if walk.entry[clone] == old:
            walk.entry[clone] = partner
    _mark_below(walk, clone, old, moved_site, moved_clone)
    _move_below(walk, clone, old, partner, moved_site, moved_clone)
    _count_edge(walk, clone, old, -1)
    walk.up[clone, old] = NOWHERE
    _count_place(walk, clone, old, -1)


@njit(cache=True)
def _below(walk, clone, place, other):
    """Say whether ``other`` hangs, within the clone, below ``place``, or is it."""
    k = walk.up.shape[1]
    while True:
        if other == place:
            return True
        code = walk.up[clone, other]
        if code < k:
            return False
        other = code - k


@njit(cache=True)
def _pick_place(walk, clone, rng, unobserved):
    """Return a place of the clone, and among how many it was picked; -1 if there is none."""
    k = walk.up.shape[1]
    number = 0
    picked = -1
    for site in range(k):
        if walk.up[clone, site] != NOWHERE and not (unobserved and walk.observed[clone, site]):
            number += 1
    if number > 0:
        left = int(rng.random() * number)
        for site in range(k):
            if walk.up[clone, site] != NOWHERE and not (unobserved and walk.observed[clone, site]):
                if left == 0:
                    picked = site
                    break
                left -= 1
    return picked, number


@njit(cache=True)
def _pick_free(walk, clone, rng):
    """Return a site where the clone does not live, and among how many it was picked; -1 if there is none."""
    k = walk.up.shape[1]
    number = 0
    for site in range(k):
        number += walk.up[clone, site] == NOWHERE
    picked = -1
    if number > 0:
        left = int(rng.random() * number)
        for site in range(k):
            if walk.up[clone, site] == NOWHERE:
                if left == 0:
                    picked = site
                    break
                left -= 1
    return picked, number


@njit(cache=True)
def _pick_above(walk, clone, place, rng):
    """Return the code of a new place to hang ``place`` from; all that is possible is equally likely."""
    k = walk.up.shape[1]
    above = walk.parent[clone]
    from_above = walk.entry[clone] == place
    number = 0
    for site in range(k):
        if from_above:
            number += walk.up[above, site] != NOWHERE
        elif walk.up[clone, site] != NOWHERE and not _below(walk, clone, place, site):
            number += 1
    left = int(rng.random() * number)
    for site in range(k):
        if from_above:
            possible = walk.up[above, site] != NOWHERE
        else:
            possible = walk.up[clone, site] != NOWHERE and not _below(walk, clone, place, site)
        if possible:
            if left == 0:
                return site if from_above else k + site
            left -= 1
    return NOWHERE


@njit(cache=True)
def _places(walk, clone):
    number = 0
    for site in range(walk.up.shape[1]):
        number += walk.up[clone, site] != NOWHERE
    return number


@njit(cache=True)
def _children_within(walk, clone, place):
    k = walk.up.shape[1]
    number = 0
    for site in range(k):
        number += walk.up[clone, site] == k + place
    return number


@njit(cache=True)
def _unobserved(walk, clone):
    number = 0
    for site in range(walk.up.shape[1]):
        number += walk.up[clone, site] != NOWHERE and not walk.observed[clone, site]
    return number


@njit(cache=True)
def _step(walk, weights, features, trial, heat, rng, moved_site, moved_clone):
    """Propose one change and take or leave it, by Metropolis and Hastings; ``features`` belong to the history left."""
    n, k = walk.up.shape
    if n == 1:
        return False
    kind = rng.random()
    clone = 1 + int(rng.random() * (n - 1))
    odds = 0.0
    place = new = partner = old_code = -1
    above = False
    if kind < 0.45:
        place, _ = _pick_place(walk, clone, rng, False)
        old_code = walk.up[clone, place]
        code = _pick_above(walk, clone, place, rng)
        unchanged = code == old_code
        if unchanged or code == NOWHERE:
            return False
        _set_up(walk, clone, place, code)
        move = 0
    elif kind < 0.60:
        place, number = _pick_place(walk, clone, rng, False)
        partner = walk.entry[clone]
        if number < 2 or place == partner:
            return False
        _reroot(walk, clone, place)
        move = 1
    elif kind < 0.80:
        place, _ = _pick_place(walk, clone, rng, True)
        new, _ = _pick_free(walk, clone, rng)
        if place < 0 or new < 0:
            return False
        _relocate(walk, clone, place, new, moved_site, moved_clone)
        move = 2
    elif kind < 0.90:
        partner, places = _pick_place(walk, clone, rng, False)
        new, free = _pick_free(walk, clone, rng)
        if new < 0:
            return False
        above = rng.random() < 0.5
        for site in range(k):
            moved_site[site] = rng.random() < 0.5
        for position in range(walk.first_child[clone], walk.first_child[clone + 1]):
            moved_clone[position] = rng.random() < 0.5
        below = walk.degree[clone, partner]
        _insert(walk, clone, partner, new, above, moved_site, moved_clone)
        back = _unobserved(walk, clone) * (_children_within(walk, clone, new) if above else 1)
        odds = np.log(places * free) + below * np.log(2.0) - np.log(back)
        move = 3
    else:
        place, number = _pick_place(walk, clone, rng, True)
        if place < 0 or _places(walk, clone) < 2:
            return False
        above = rng.random() < 0.5
        if above:
            choices = _children_within(walk, clone, place)
            if choices == 0:
                return False
            left = int(rng.random() * choices)
            for site in range(k):
                if walk.up[clone, site] == k + place:
                    if left == 0:
                        partner = site
                        break
                    left -= 1
        else:
            if walk.up[clone, place] < k:
                return False
            choices = 1
            partner = walk.up[clone, place] - k
        _remove(walk, clone, place, partner, above, moved_site, moved_clone)
        places = _places(walk, clone)
        below = walk.degree[clone, partner]
        odds = np.log(number * choices) - np.log(places * (k - places)) - below * np.log(2.0)
        move = 4
    graph_features(walk, trial)
    gain = odds
    if clone == walk.founder[0] and walk.entry[clone] != walk.primary[0]:
        gain = -np.inf
    for feature in range(trial.size):
        gain += heat * weights[feature] * (trial[feature] - features[feature])
    if gain >= 0.0 or rng.random() < np.exp(gain):
        features[:] = trial
        return True
    if move == 0:
        _set_up(walk, clone, place, old_code)
    elif move == 1:
        _reroot(walk, clone, partner)
    elif move == 2:
        _relocate(walk, clone, new, place, moved_site, moved_clone)
    elif move == 3:
        _remove(walk, clone, new, partner, above, moved_site, moved_clone)
    else:
        _insert(walk, clone, partner, place, above, moved_site, moved_clone)
    return False


@njit(cache=True)
def fewest_moves(walk):
    """Return the fewest migrations below each clone should it enter each site, int array (n, k)."""
    n, k = walk.up.shape
    cost = np.zeros((n, k), dtype=np.int64)
    for clone in range(n - 1, -1, -1):
        for site in range(k):
            if walk.seen[clone] and not walk.observed[clone, site]:
                cost[clone, site] += 1
        if clone > 0:
            above, least = walk.parent[clone], cost[clone].min()
            for site in range(k):
                cost[above, site] += min(cost[clone, site], 1 + least)
    return cost


@njit(cache=True)
def start(walk, near, rng):
    """Put each clone where it was observed, joined at random; an unobserved one where its parent is, or by chance.

    With ``near`` clones enter where the fewest migrations follow, which a walk over a great tree takes long to find.
    """
    n, k = walk.up.shape
    cost = fewest_moves(walk)
    walk.up[:] = NOWHERE
    walk.up[0, walk.primary[0]] = 0
    walk.entry[0] = walk.primary[0]
    for clone in range(1, n):
        parent = walk.parent[clone]
        above, _ = _pick_place(walk, parent, rng, False)
        best, entry = np.inf, -1
        for site in range(k):
            if near:
                value = cost[clone, site] + (walk.up[parent, site] == NOWHERE) + 0.5 * rng.random()
            else:
                value = rng.random() - 2.0 * (site == above) * (not walk.seen[clone] and rng.random() < 0.7)
            if value < best and (walk.observed[clone, site] or not walk.seen[clone]):
                best, entry = value, site
        if clone == walk.founder[0]:
            entry = walk.primary[0]
        walk.entry[clone] = entry
        walk.up[clone, entry] = entry if near and walk.up[parent, entry] != NOWHERE else above
        for site in range(k):
            if walk.observed[clone, site] and site != entry:
                joined, _ = _pick_place(walk, clone, rng, False)
                walk.up[clone, site] = k + joined


@njit(cache=True)
def wander(walks, weights, heats, sweeps, thinning, burn_in, near, rng, kept_up, kept_features):
    """Walk over histories at several temperatures, exchange neighbours, and keep every ``thinning``-th of the coldest.

    1. Each temperature takes ``thinning`` steps of Metropolis and Hastings.
    2. One pair of neighbouring temperatures is offered to exchange their histories.
    3. After ``burn_in`` rounds the history of the coldest is kept.

    Parameters
    ----------
    walks : tuple of Walk, one a temperature
    weights : float array (features,)
    heats : float array (temperatures,), the first 1
    sweeps, thinning, burn_in : int [rounds, steps, rounds]
    near : bool
        Whether walks start near the fewest migrations, or anywhere.
    rng : numpy.random.Generator
    kept_up : int array (sweeps - burn_in, n, k), filled
    kept_features : float array (sweeps - burn_in, features), filled
    """
    levels = heats.size
    n, k = walks[0].up.shape
    features = np.zeros((levels, weights.size))
    trial = np.zeros(weights.size)
    moved_site = np.zeros(k, dtype=np.bool_)
    moved_clone = np.zeros(max(1, n), dtype=np.bool_)
    holder = np.arange(levels)
    for level in range(levels):
        start(walks[level], near, rng)
        count_all(walks[level])
        graph_features(walks[level], features[level])
    for sweep in range(sweeps):
        for level in range(levels):
            walk = walks[holder[level]]
            for _ in range(thinning):
                _step(walk, weights, features[holder[level]], trial, heats[level], rng, moved_site, moved_clone)
        if levels > 1:
            level = int(rng.random() * (levels - 1))
            cold, warm = holder[level], holder[level + 1]
            gain = (heats[level] - heats[level + 1]) * np.dot(weights, features[warm] - features[cold])
            if gain >= 0.0 or rng.random() < np.exp(gain):
                holder[level], holder[level + 1] = warm, cold
        if sweep >= burn_in:
            kept_up[sweep - burn_in] = walks[holder[0]].up
            kept_features[sweep - burn_in] = features[holder[0]]


@njit(cache=True)
def migrations_of(parent, ups, arcs):
    """Count the migrations between each two sites in each of m histories, filled into ``arcs`` (m, k, k)."""
    m, n, k = ups.shape
    arcs[:] = 0
    for history in range(m):
        for clone in range(1, n):
            for site in range(k):
                code = ups[history, clone, site]
                if code != NOWHERE:
                    source = code - k if code >= k else code
                    if source != site:
                        arcs[history, source, site] += 1
