"""The walk over histories visits each as often as its weight says."""

import itertools
from collections import Counter

import numpy as np
import pytest

from selfseed.history.model import Ground
from selfseed.history.posterior import draw_histories
from selfseed.history.tree import CloneTree
from selfseed.kernels.histories import FEATURES, count_all, graph_features

TREE = CloneTree.from_edges(
    [("GL", "a"), ("a", "b"), ("a", "c")],
    {"b": ["M1", "P"], "c": ["M2"]},
    {"a": ["1"], "b": ["2", "3"], "c": ["4"]},
)
WEIGHTS = np.random.default_rng(5).normal(-0.6, 0.7, len(FEATURES))
WEIGHTS[FEATURES.index("any cycle")] += 1.5


def joined(sites):
    """Yield each rooted tree on ``sites``: its root, and the site above each other one."""
    for root in sites:
        others = [site for site in sites if site != root]
        for above in itertools.product(sites, repeat=len(others)):
            up = dict(zip(others, above, strict=True))
            if all(_ends(up, site, root) for site in others):
                yield root, up


def _ends(up, site, root):
    for _ in range(len(up) + 1):
        if site == root:
            return True
        site = up[site]
    return False


def all_histories(ground, weights):
    """Return the probability of every history of a small tree, by its code."""
    walk, features = ground.walk(), np.zeros(len(FEATURES))
    n, k = walk.up.shape
    choices = []
    for clone in range(1, n):
        seen = [site for site in range(k) if walk.observed[clone, site]]
        free = [site for site in range(k) if site not in seen]
        sets = [seen + list(more) for size in range(len(free) + 1) for more in itertools.combinations(free, size)]
        choices.append([(sites, *tree) for sites in sets if sites for tree in joined(sites)])
    scores = {}
    primary = int(walk.primary[0])
    for chosen in itertools.product(*choices):
        lived = [[primary], *[sites for sites, _, _ in chosen]]
        for above in itertools.product(*[lived[ground.tree.parent[clone]] for clone in range(1, n)]):
            walk.up[:] = -1
            walk.up[0, primary] = 0
            for clone, (_, root, up) in enumerate(chosen, start=1):
                walk.up[clone, root] = above[clone - 1]
                walk.entry[clone] = root
                for site, upper in up.items():
                    walk.up[clone, site] = k + upper
            if walk.entry[walk.founder[0]] != primary:
                continue
            count_all(walk)
            graph_features(walk, features)
            scores[walk.up.tobytes()] = float(features @ weights)
    best = max(scores.values())
    total = sum(np.exp(score - best) for score in scores.values())
    return {code: np.exp(score - best) / total for code, score in scores.items()}


@pytest.fixture(scope="module")
def exact():
    return all_histories(Ground(TREE, "P"), WEIGHTS)


@pytest.fixture(scope="module")
def drawn():
    return draw_histories(TREE, "P", WEIGHTS, seed=1, chains=2, rounds=60_000, burn_in=1000, steps=24)


def cycles(ground, exact):
    up = [np.frombuffer(code, dtype=np.int16).reshape(len(ground.tree), -1) for code in exact]
    return np.array([ground.history(each).graph.reseeding for each in up])


def z_of_reseeding(drawn, exact, factor=1.0):
    share = np.array(list(exact.values()))
    expected = factor * share[cycles(drawn.ground, exact)].sum()
    indicator = drawn.features[:, :, FEATURES.index("any cycle")]
    blocks = indicator.reshape(100, -1).mean(axis=1)
    return (blocks.mean() - expected) / (blocks.std(ddof=1) / 10)


def test_reseeding_is_drawn_as_often_as_the_sum_over_all_histories_says(drawn, exact):
    assert abs(z_of_reseeding(drawn, exact)) < 4


def test_a_probability_one_tenth_too_high_would_be_noticed(drawn, exact):
    assert abs(z_of_reseeding(drawn, exact, 1.1)) > 5


def test_every_history_is_drawn_in_proportion_to_its_weight(drawn, exact):
    seen = Counter({up.tobytes(): int(count) for up, count in zip(drawn.distinct, drawn.count, strict=True)})
    total = seen.total()
    assert set(seen) <= set(exact)
    common = {code: share for code, share in exact.items() if share > 0.002}
    ratio = np.array([seen[code] / total / share for code, share in common.items()])
    assert abs(ratio.mean() - 1) < 0.05 and ratio.min() > 0.6 and ratio.max() < 1.5


def test_the_summed_weight_of_histories_met_comes_close_to_that_of_all(drawn):
    ground = drawn.ground
    walk, features = ground.walk(), np.zeros(len(FEATURES))
    met = drawn.log_sum(WEIGHTS)
    exact = all_histories(ground, WEIGHTS)
    first = np.frombuffer(max(exact, key=exact.get), dtype=np.int16).reshape(walk.up.shape)
    features = ground.features(ground.history(first))
    everything = float(features @ WEIGHTS) - np.log(max(exact.values()))
    assert everything - 0.2 < met <= everything + 1e-9


def test_the_same_seed_draws_the_same_histories_and_another_does_not():
    one, again, other = (draw_histories(TREE, "P", WEIGHTS, seed=seed, rounds=200, burn_in=10) for seed in (3, 3, 4))
    assert np.array_equal(one.up, again.up)
    assert not np.array_equal(one.up, other.up)


def test_counts_kept_along_the_walk_are_those_counted_from_nothing(drawn):
    for position in range(0, len(drawn.count), 97):
        features = drawn.ground.features(drawn.history(position))
        assert np.allclose(features, drawn.distinct_features[position])


def test_a_history_survives_the_way_into_arrays_and_back(drawn):
    history = drawn.history(0)
    up, _ = drawn.ground.code(history)
    assert drawn.ground.history(up) == history
