"""Infer where a patient's tumour cells came from, and came back: from a clone tree, or from sequencing reads."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from selfseed.history.answer import Answer, LeftOut, Pool, Trust, odds_of
from selfseed.history.counts import ReadCounts
from selfseed.history.model import Learned, learned
from selfseed.history.phylogeny_presence import Candidate
from selfseed.history.posterior import GREAT, Draws, draw_histories
from selfseed.history.tree import CloneTree
from selfseed.history.trust import effective_draws, shrink_factor

PRIOR = 0.25
"""The prior probability of reseeding unless another is asked for: its share among the patients learned from."""

MOST_TREES = 60
"""Clone trees, with the sites of their clones, whose histories are drawn."""

LEADING = 6
"""The most probable clone trees: their histories are drawn at length, and again when a sample is left out."""

Say = Callable[[str], None]


def infer_from_tree(
    tree: CloneTree,
    primary: str | None,
    *,
    prior: float = PRIOR,
    seed: int = 0,
    leave_out: bool = True,
    model: Learned | None = None,
    say: Say = lambda text: None,
) -> Answer:
    """Return what the observed sites of a clone tree's clones say of its migration history.

    Parameters
    ----------
    tree : CloneTree
        Taken as certain, and so are the sites where each clone was observed.
    primary : str or None
        The site where the tumour began; None compares all sites on one scale.
    prior : float, in (0, 1)
        The probability of reseeding before this patient was looked at.
    seed : int, 0 <= seed < 2**63
    leave_out : bool
        Whether to infer again without each site.
    model : Learned, optional
        Hyper-parameters other than those of this version.
    say : callable
        Is told what is done.
    """
    start = time.monotonic()
    model = model or learned()
    drawn = []
    for site in [primary] if primary is not None else tree.sites:
        say(f"drawing histories of {len(tree)} clones with the primary in {site}")
        drawn.append(draw_histories(tree, site, model.weights, seed=seed, **effort(len(tree))))
    chance = _normalised(np.array([draws.log_sum(model.weights) for draws in drawn]))
    likeliest = drawn[int(chance.argmax())]
    left_out: list[LeftOut] = []
    if leave_out:
        for site in [site for site in likeliest.ground.sites if site != likeliest.ground.primary]:
            say(f"again without {site}")
            rest = without_sites(tree, {site})
            if len(rest.sites) > 1:
                draws = draw_histories(rest, likeliest.ground.primary, model.weights, seed=seed, **effort(len(rest), 3))
                left_out.append(_left_out(site, pool_of([draws], np.ones(1)), prior, model))
    return answer_from(
        pool_of([likeliest], np.ones(1)),
        trust_in([likeliest], np.ones(1), start),
        prior,
        model,
        left_out=left_out,
        primaries=dict(zip([draws.ground.primary for draws in drawn], map(float, chance), strict=True)),
    )


def infer_from_reads(
    reads: ReadCounts,
    primary: str | None,
    *,
    prior: float = PRIOR,
    seed: int = 0,
    budget_seconds: float = 20.0,
    leave_out: bool = True,
    model: Learned | None = None,
    say: Say = lambda text: None,
) -> Answer:
    """Return what sequencing reads say of a patient's migration history.

    Clusters of mutations, the clone tree and which clones are in which sites are drawn from their posterior given the
    reads; the histories of each are drawn in turn, and trees are weighed by both, so that a tree that asks for a
    strange history counts for less.

    Parameters
    ----------
    reads : ReadCounts
        Copy-number neutral and heterozygous mutations are assumed.
    primary : str or None
        The site where the tumour began; None compares all sites on one scale.
    prior : float, in (0, 1)
        The probability of reseeding before this patient was looked at.
    seed : int, 0 <= seed < 2**63
    budget_seconds : float, > 0 [s]
        No new work is begun after this time; an answer that it cut short says so.
    leave_out : bool
        Whether to infer again without each sample.
    model : Learned, optional
        Hyper-parameters other than those of this version.
    say : callable
        Is told what is done.
    """
    from selfseed.history.phylogeny import sample_clone_trees

    start = time.monotonic()
    model = model or learned()
    say("drawing clone trees from the reads")
    sample = sample_clone_trees(reads, seed=seed, budget_seconds=budget_seconds / 2)
    candidates = sample.candidates[:MOST_TREES]
    reading = np.log([candidate.weight for candidate in candidates])
    trees = [candidate.tree for candidate in candidates]
    say(f"drawing histories of {len(trees)} clone trees")
    notes = ["All mutations are taken as heterozygous, in regions of two copies."]
    joint: dict[str, tuple[list[Draws], NDArray[np.float64]]] = {}
    for site in [primary] if primary is not None else reads.sites:
        joint[site] = _draw_each(trees, reading, site, reads.sites, model, seed)
    evidence = np.array([logs.max() + np.log(np.exp(logs - logs.max()).sum()) for _, logs in joint.values()])
    chance = _normalised(evidence)
    likeliest = list(joint)[int(chance.argmax())]
    drawn, logs = joint[likeliest]
    for number in np.argsort(-logs, kind="stable")[:LEADING]:
        drawn[number] = draw_histories(
            trees[number], likeliest, model.weights, seed=seed, further_sites=reads.sites, rounds=900, burn_in=150
        )
    pool = pool_of(drawn, _normalised(logs))
    left_out: list[LeftOut | None] = []
    for sample_name in reads.samples if leave_out else ():
        if time.monotonic() - start > budget_seconds:
            notes.append("The time budget ended before each sample was left out.")
            break
        say(f"again without {sample_name}")
        left_out.append(_without_sample(reads, sample_name, candidates, logs, likeliest, prior, model, seed))
    return answer_from(
        pool,
        trust_in(drawn, _normalised(logs), start, sample.truncated, sample.disagreement),
        prior,
        model,
        left_out=[moved for moved in left_out if moved is not None],
        primaries=dict(zip(joint, map(float, chance), strict=True)),
        notes=notes,
    )


def _draw_each(
    trees: Sequence[CloneTree],
    reading: NDArray[np.float64],
    primary: str,
    sites: tuple[str, ...],
    model: Learned,
    seed: int,
) -> tuple[list[Draws], NDArray[np.float64]]:
    """Draw histories of each tree, and return with them the log of each tree's weight by reads and histories."""
    drawn, logs = [], []
    for log_reads, tree in zip(reading, trees, strict=True):
        draws = draw_histories(
            tree, primary, model.weights, seed=seed, further_sites=sites, chains=2, rounds=150, burn_in=40
        )
        drawn.append(draws)
        logs.append(float(log_reads) + draws.log_sum(model.weights))
    return drawn, np.array(logs)


def _without_sample(
    reads: ReadCounts,
    left_out: str,
    candidates: Sequence[Candidate],
    logs: NDArray[np.float64],
    primary: str,
    prior: float,
    model: Learned,
    seed: int,
) -> LeftOut | None:
    """Return how the answer moves when what one sample showed is not used to place clones; their trees stay.

    Only the leading clone trees are looked at. None where no second site would be left.
    """
    rows = [row for row, name in enumerate(reads.samples) if name != left_out]
    leading = np.argsort(-logs, kind="stable")[:LEADING]
    drawn = []
    for number in leading:
        candidate = candidates[number]
        seen = [
            frozenset(reads.site[row] for row in rows if candidate.share[row, clone] > 0)
            for clone in range(len(candidate.tree))
        ]
        rest = without_sites(replace(candidate.tree, observed=tuple(seen)), set())
        if len({*rest.sites, primary}) < 2:
            return None
        drawn.append(draw_histories(rest, primary, model.weights, seed=seed, chains=1, rounds=150, burn_in=40))
    chance = _normalised(logs[leading])
    cycle = into = 0.0
    factor = odds_of(prior) / odds_of(model.base_rate)
    total = 0.0
    for draws, probability in zip(drawn, chance, strict=True):
        pool = pool_of([draws], np.ones(1))
        weight = probability * pool.weight * np.where(pool.cycle, factor, 1.0)
        total += float(weight.sum())
        cycle += float(weight[pool.cycle].sum())
        into += float(weight[pool.arcs[:, :, draws.ground.sites.index(primary)].any(axis=1)].sum())
    return LeftOut(left_out, cycle / total, into / total)


def answer_from(
    pool: Pool,
    trust: Trust,
    prior: float,
    model: Learned,
    *,
    left_out: Iterable[LeftOut] = (),
    primaries: dict[str, float] | None = None,
    notes: Sequence[str] = (),
) -> Answer:
    """Return the answer that a pool of histories gives at the prior asked for."""
    before = float(pool.weight[pool.cycle].sum())
    return Answer(
        pool.at_odds(odds_of(prior) / odds_of(model.base_rate)),
        _kept_off_the_ends(before, trust.effective_draws),
        prior,
        model.base_rate,
        trust,
        tuple(left_out),
        primaries or {pool.grounds[0].primary: 1.0},
        tuple(notes),
    )


def pool_of(drawn: Sequence[Draws], chance: NDArray[np.float64]) -> Pool:
    """Return the different histories of several clone trees, each tree with its probability ``chance``."""
    from selfseed.kernels.histories import FEATURES, migrations_of

    any_cycle, metastatic = FEATURES.index("any cycle"), FEATURES.index("a cycle between metastases")
    trees, ups, weights, arcs, cycles, metastatic_cycles = [], [], [], [], [], []
    for tree, (draws, probability) in enumerate(zip(drawn, chance, strict=True)):
        found = draws.distinct
        migrations = np.zeros((len(found), found.shape[2], found.shape[2]), dtype=np.int64)
        migrations_of(np.array(draws.ground.tree.parent), found, migrations)
        trees.append(np.full(len(found), tree))
        ups += list(found)
        weights.append(probability * draws.count / draws.count.sum())
        arcs.append(migrations)
        cycles.append(draws.distinct_features[:, any_cycle] > 0)
        metastatic_cycles.append(draws.distinct_features[:, metastatic] > 0)
    return Pool(
        tuple(draws.ground for draws in drawn),
        np.concatenate(trees),
        ups,
        np.concatenate(weights),
        np.concatenate(arcs),
        np.concatenate(cycles),
        np.concatenate(metastatic_cycles),
    )


def trust_in(
    drawn: Sequence[Draws],
    chance: NDArray[np.float64],
    start: float,
    truncated: bool = False,
    disagreement: float = 1.0,
) -> Trust:
    """Return how far the draws can be trusted: of several trees the most probable one's, and R-hat of the trees."""
    from selfseed.kernels.histories import FEATURES

    main = drawn[int(np.argmax(chance))]
    reseeding = main.features[:, :, FEATURES.index("any cycle")]
    watched = [
        main.features[:, :, place]
        for place in range(len(FEATURES))
        if FEATURES[place].startswith(("arcs", "migrations on"))
    ]
    factor = max(disagreement, *(shrink_factor(values) for values in [reseeding, *watched]))
    return Trust(effective_draws(reseeding), factor, time.monotonic() - start, truncated)


def effort(clones: int, less: int = 1) -> dict[str, Any]:
    """Return how long to walk over the histories of a tree of so many clones: rounds, and steps in each."""
    steps = max(60, min(6 * clones, 10_000))
    rounds = max(200, min(1500, 2_500_000 // steps)) // less
    return {"rounds": rounds, "burn_in": rounds // 5, "steps": steps, "chains": 3 if clones <= GREAT else 2}


def without_sites(tree: CloneTree, left_out: set[str]) -> CloneTree:
    """Return the tree as if some sites had not been sampled.

    Clones seen nowhere else are unobserved; those without observed descendants go, and those with one child merge
    with it, since nothing tells the two apart.
    """
    observed = [seen - left_out for seen in tree.observed]
    mutations = [list(gained) for gained in tree.mutations]
    parent, names = list(tree.parent), list(tree.names)
    kept = set(range(len(tree)))
    for clone in range(len(tree) - 1, 0, -1):
        below = [child for child in kept if parent[child] == clone]
        if observed[clone] or len(below) > 1:
            continue
        kept.discard(clone)
        for child in below:
            parent[child] = parent[clone]
            mutations[child] = mutations[clone] + mutations[child]
    order = sorted(kept)
    place = {clone: position for position, clone in enumerate(order)}
    return CloneTree(
        tuple(names[clone] for clone in order),
        tuple(place[parent[clone]] if clone else -1 for clone in order),
        tuple(frozenset(observed[clone]) for clone in order),
        tuple(tuple(mutations[clone]) for clone in order),
    )


def _left_out(name: str, pool: Pool, prior: float, model: Learned) -> LeftOut:
    moved = pool.at_odds(odds_of(prior) / odds_of(model.base_rate))
    primary = pool.grounds[0].sites.index(pool.grounds[0].primary)
    into = moved.arcs[:, :, primary].any(axis=1)
    return LeftOut(name, float(moved.weight[moved.cycle].sum()), float(moved.weight[into].sum()))


def _normalised(log_weights: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(log_weights - log_weights.max())
    return weights / weights.sum()


def _kept_off_the_ends(probability: float, draws: float) -> float:
    """Return the probability, no nearer to 0 or 1 than that many draws can tell."""
    least = 1 / (draws + 2)
    return min(max(probability, least), 1 - least)
