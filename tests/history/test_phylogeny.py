import itertools
import math
from collections import Counter

import numpy as np
import pytest

from selfseed.history.counts import Frequencies, ReadCounts
from selfseed.history.phylogeny import counts_from_frequencies, sample_clone_trees
from selfseed.history.phylogeny_prepare import TreePrior, estimate_error, gather, prepare_law, read_likelihood

# clone: (parent, mutations, share in each of the samples P, L, B)
CLONES = (
    (-1, 0, (0.0, 0.0, 0.0)),
    (0, 3, (0.5, 0.0, 0.0)),
    (1, 3, (0.5, 0.3, 0.0)),
    (1, 3, (0.0, 0.0, 1.0)),
    (2, 3, (0.0, 0.7, 0.0)),
)


def reads_of(clones=CLONES, depth=400, seed=1, error=0.0):
    rng = np.random.default_rng(seed)
    carried = np.array([share for *_, share in clones], dtype=float)
    for clone in range(len(clones) - 1, 0, -1):
        carried[clones[clone][0]] += carried[clone]
    cluster = np.repeat(np.arange(len(clones)), [count for _, count, _ in clones])
    chance = carried[cluster].T / 2.0 * (1.0 - 2.0 * error) + error
    deep = rng.poisson(depth, chance.shape)
    variant = rng.binomial(deep, chance)
    names = tuple(f"m{number}" for number in range(cluster.size))
    return ReadCounts(names, ("P", "L", "B"), ("P", "L", "B"), deep - variant, variant, np.ones(3))


def truth_of(clones=CLONES):
    position, names, edges = 0, [], set()
    for _, count, _ in clones:
        names.append(frozenset(f"m{number}" for number in range(position, position + count)))
        position += count
    for (parent, _, share), name in zip(clones[1:], names[1:], strict=True):
        edges.add((names[parent], name, frozenset(site for site, one in zip("PLB", share, strict=True) if one > 0)))
    return frozenset(edges)


def drawn(tree):
    sets = [frozenset(mutations) for mutations in tree.mutations]
    return frozenset((sets[tree.parent[v]], sets[v], tree.observed[v]) for v in range(1, len(tree)))


def mass_of(sample, truth):
    return sum(candidate.weight for candidate in sample.candidates if drawn(candidate.tree) == truth)


def test_a_well_sequenced_clone_tree_is_found_with_its_sites():
    sample = sample_clone_trees(reads_of(), seed=1)
    assert drawn(sample.candidates[0].tree) == truth_of()
    assert mass_of(sample, truth_of()) > 0.5


def test_another_tree_is_not_found_in_its_place():
    moved = (*CLONES[:4], (3, 3, (0.0, 0.7, 0.0)))
    assert mass_of(sample_clone_trees(reads_of(), seed=1), truth_of(moved)) == 0.0


def test_shares_are_those_that_were_sequenced():
    best = sample_clone_trees(reads_of(depth=2000), seed=1).candidates[0]
    clone = {mutations: number for number, mutations in enumerate(best.tree.mutations)}
    second, last = clone["m3", "m4", "m5"], clone["m9", "m10", "m11"]
    assert best.share[:, second] == pytest.approx([0.5, 0.3, 0.0], abs=0.04)
    assert best.share[:, last] == pytest.approx([0.0, 0.7, 0.0], abs=0.04)


def test_weights_are_a_distribution_and_the_same_seed_gives_the_same_trees():
    one, two = (sample_clone_trees(reads_of(depth=60), seed=3) for _ in range(2))
    assert sum(candidate.weight for candidate in one.candidates) == pytest.approx(1.0)
    assert [candidate.tree for candidate in one.candidates] == [candidate.tree for candidate in two.candidates]
    assert one.steps == two.steps and not one.truncated


def test_fewer_reads_leave_more_doubt():
    deep, shallow = (sample_clone_trees(reads_of(depth=depth), seed=1) for depth in (400, 30))
    assert shallow.candidates[0].weight < deep.candidates[0].weight


def test_a_search_cut_short_says_so():
    assert sample_clone_trees(reads_of(), seed=1, budget_seconds=1e-9).truncated


def test_given_clusters_are_kept():
    reads = reads_of(depth=30)
    cluster = np.repeat([0, 1, 2, 3], 3)
    kept = ReadCounts(
        reads.mutations, reads.samples, reads.site, reads.reference, reads.variant, reads.purity, cluster
    )  # fmt: skip
    wanted = {tuple(reads.mutations[3 * c : 3 * c + 3]) for c in range(4)}
    assert all(set(one.tree.mutations[1:]) == wanted for one in sample_clone_trees(kept, seed=1).candidates)


def test_clones_of_fewer_than_two_children_are_seen_somewhere():
    for candidate in sample_clone_trees(reads_of(depth=40), seed=2).candidates:
        tree = candidate.tree
        assert all(tree.observed[v] or len(tree.children[v]) > 1 for v in range(1, len(tree)))


@pytest.mark.parametrize("error", [0.0, 0.002])
def test_the_error_rate_is_estimated(error):
    estimate = estimate_error(reads_of(depth=1000, error=error))
    assert estimate == pytest.approx(error, abs=4e-4)


def test_thousands_of_mutations_become_a_few_groups_each_of_one_kind():
    clones = ((-1, 0, (0.0, 0.0, 0.0)), *((parent, 300, share) for parent, _, share in CLONES[1:]))
    reads = reads_of(clones)
    group, likelihood = gather(reads, read_likelihood(reads, TreePrior(), 1e-4), most=40)
    true_cluster = np.repeat(np.arange(4), 300)
    assert likelihood.shape[0] <= 40
    pure = [np.bincount(true_cluster[group == one]).max() for one in range(likelihood.shape[0])]
    assert sum(pure) > 0.97 * true_cluster.size


def test_intervals_become_reads_of_the_same_middle_and_width():
    frequencies = Frequencies(
        ("1", "2"), ("a",), ("a",), np.array([[0.4, 0.0]]), np.array([[0.6, 0.01]])
    )  # fmt: skip
    counts = counts_from_frequencies(frequencies)
    fraction = 2.0 * counts.variant / counts.depth
    deviation = np.sqrt(fraction * (2.0 - fraction) / counts.depth)
    assert fraction[0] == pytest.approx([0.5, 0.0], abs=0.01)
    assert 3.92 * deviation[0, 0] == pytest.approx(0.2, rel=0.02)
    assert (1.0 - 0.01 / 2.0) ** counts.depth[0, 1] == pytest.approx(0.05, rel=0.02)


def test_no_mutation_is_refused():
    none = ReadCounts((), ("a",), ("a",), np.zeros((1, 0), int), np.zeros((1, 0), int), np.ones(1))
    with pytest.raises(ValueError, match="at least one mutation"):
        sample_clone_trees(none, seed=1)


# ---- every clustering, tree, presence and share of a small patient, one by one


def partitions(items):
    if not items:
        yield []
        return
    for rest in partitions(items[1:]):
        yield [[items[0]], *rest]
        for place in range(len(rest)):
            yield [*rest[:place], [items[0], *rest[place]], *rest[place + 1 :]]


def rooted_trees(clones):
    for parent in itertools.product(range(clones + 1), repeat=clones):
        above = (-1, *parent)
        if all(reaches_root(above, v) for v in range(1, clones + 1)):
            yield above


def reaches_root(above, vertex):
    for _ in above:
        vertex = above[vertex] if vertex > 0 else 0
    return vertex == 0


def sample_table(clones, law, likelihood, above):
    """Return the weight of each set of present clones in one sample, and of all shares without any reads."""
    points = law.slab.size - 1
    table, prior = Counter(), 0.0
    for share in itertools.product(range(points + 1), repeat=clones):
        if sum(share) > points:
            continue
        weight = law.total[sum(share)] * math.prod(law.slab[u] if u else 1.0 for u in share)
        prior += weight
        fraction = [0, *share]
        for _ in range(clones):
            fraction = [(0, *share)[v] + sum(fraction[c] for c in range(1, clones + 1) if above[c] == v)
                        for v in range(clones + 1)]  # fmt: skip
        weight *= math.prod(likelihood[v - 1][fraction[v]] for v in range(1, clones + 1))
        table[frozenset(v + 1 for v, u in enumerate(share) if u)] += weight
    return table, prior


def log_prior(prior, groups, above, mutations):
    clones = len(groups)
    seats = math.prod(math.factorial(len(group) - 1) for group in groups)
    clustering = np.mean(
        [a**clones * math.gamma(a) / math.gamma(a + mutations) * seats for a in prior.concentrations]
    )  # fmt: skip
    trunks = sum(parent == 0 for parent in above[1:])
    trees = (clones - 1) * math.log(clones + 1)
    return math.log(clustering) - trees + prior.clone * clones + (trunks - 1) * prior.second_trunk


def every_answer(reads, prior):
    error = estimate_error(reads)
    log_likelihood = read_likelihood(reads, prior, error)
    law = prepare_law(log_likelihood, prior, 5)
    answers = Counter()
    for groups in partitions(list(range(len(reads.mutations)))):
        for above in rooted_trees(len(groups)):
            few = [v for v in range(1, len(groups) + 1) if above.count(v) < 2]
            tables = []
            for p in range(len(reads.samples)):
                likelihood = [np.exp(log_likelihood[group, p].sum(axis=0)) for group in groups]
                table, normalizer = sample_table(len(groups), law, likelihood, above)
                tables.append([(present, weight / normalizer) for present, weight in table.items()])
            for choice in itertools.product(*tables):
                seen = frozenset().union(*(present for present, _ in choice))
                if all(v in seen for v in few):
                    weight = math.exp(log_prior(prior, groups, above, len(reads.mutations)))
                    answer = described(reads, groups, above, choice)
                    further = sum(max(len(sites) - 1, 0) for *_, sites in answer)
                    weight *= math.exp(prior.further_site * further)
                    answers[answer] += weight * math.prod(w for _, w in choice)
    total = answers.total()
    return {answer: weight / total for answer, weight in answers.items()}


def described(reads, groups, above, choice):
    sets = [frozenset(), *(frozenset(reads.mutations[i] for i in group) for group in groups)]
    sites = [frozenset(reads.site[p] for p, (present, _) in enumerate(choice) if v in present)
             for v in range(len(sets))]  # fmt: skip
    return frozenset((sets[above[v]], sets[v], sites[v]) for v in range(1, len(sets)))


def distance_to_every_answer(factor):
    """Return the total variation distance between the sample and the enumeration with another weight of presence."""
    variant = np.array([[14, 6, 0], [13, 12, 5], [12, 9, 5]])
    reads = ReadCounts(
        ("a", "b", "c"), ("P1", "P2", "L"), ("P", "P", "L"), np.full((3, 3), 30) - variant, variant, np.ones(3)
    )  # fmt: skip
    prior = TreePrior(points=12)
    truth = every_answer(reads, TreePrior(points=12, presence=prior.presence * factor))
    found = Counter()
    for candidate in sample_clone_trees(reads, seed=1, prior=prior).candidates:
        found[drawn(candidate.tree)] += candidate.weight
    return 0.5 * sum(abs(truth.get(answer, 0.0) - found[answer]) for answer in truth.keys() | found.keys())


def test_weights_are_the_posterior_that_enumeration_gives():
    assert distance_to_every_answer(factor=1.0) < 0.04


def test_another_weight_of_presence_would_be_noticed():
    assert distance_to_every_answer(factor=1.5) > 0.06
