import os
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from selfseed.base.errors import ScenarioError
from selfseed.history import refinement_search
from selfseed.history.parsimony import every_arrangement, families, pareto_front, parsimonious, point_of
from selfseed.history.refinement_forest import history_of
from selfseed.history.tree import CloneTree, History

SITES = ("A", "B", "P")
ALL = ("PS", "S", "M", "R")


def random_tree(seed, clones=3, sites=SITES):
    """A tree in which each site is seen somewhere, and about one clone in four nowhere."""
    rng = np.random.default_rng(seed)
    parent = (-1, *(int(rng.integers(clone)) for clone in range(1, clones)))
    observed = [set() for _ in range(clones)]
    for clone in range(clones):
        number = int(rng.choice([0, 1, 2], p=[0.25, 0.5, 0.25]))
        observed[clone] |= set(map(str, rng.choice(sites, number, replace=False)))
    for site in sites:
        observed[int(rng.integers(1, clones))].add(site)
    return CloneTree(tuple(f"c{clone}" for clone in range(clones)), parent, tuple(map(frozenset, observed)))


def spanning(places, start):
    """All trees from ``start`` over ``places``, by trying every parent of every other place."""
    others = [place for place in places if place != start]
    for parents in product(places, repeat=len(others)):
        above = dict(zip(others, parents, strict=True))
        if all(leads_to(start, place, above) for place in others):
            yield [(source, place) for place, source in above.items()]


def leads_to(start, place, above):
    for _ in range(len(above) + 1):
        place = above.get(place, place)
    return place == start


def every_history(tree, sites, primary):
    """All refinements of the tree in all places, with no thought of parsimony."""
    everywhere = range(len(sites))
    subsets = [[s for s in everywhere if bits >> s & 1] for bits in range(1, 2 ** len(sites))]

    def clones(clone, held, edges):
        if clone == len(tree):
            yield edges
            return
        seen = {sites.index(site) for site in tree.observed[clone]}
        for places in subsets:
            if not seen <= set(places) or (clone == 0 and primary not in places):
                continue
            starts = [((), primary)] if clone == 0 else []
            if clone:
                above = tree.parent[clone]
                starts = [((((above, a), (clone, b)),), b) for a in held[above] for b in places]
            for came, start in starts:
                for span in spanning(places, start):
                    within = tuple(((clone, a), (clone, b)) for a, b in span)
                    yield from clones(clone + 1, [*held, places], edges + came + within)

    for edges in clones(0, [], ()):
        yield history_of(tree, sites, primary, edges)


def summary(tree, primary="P"):
    """The number of histories by graph, pattern and criteria."""
    count = Counter()
    for history in every_history(tree, tree.sites, tree.sites.index(primary)):
        graph = history.graph
        pattern = graph.pattern.lstrip("mp") if graph.arcs else "PS"
        count[graph.key, pattern, point_of(history)] += 1
    return count


def best_by_hand(count, criteria, patterns=ALL):
    kept = {key: n for key, n in count.items() if key[1] in patterns}
    if not kept:
        return None, {}
    least = min(point.of(criteria) for _, _, point in kept)
    graphs = Counter()
    for (graph, _, point), n in kept.items():
        if point.of(criteria) == least:
            graphs[graph] += n
    return least, dict(graphs)


def found(front, criteria):
    graphs = {h.graph.key: n for h, n in zip(front.histories, front.arrangements, strict=True)}
    assert len(graphs) == len(front.histories)
    values = {point.of(criteria) for point in front.points}
    return (values.pop() if values else None), graphs


@pytest.fixture(scope="module")
def by_hand():
    trees = [random_tree(seed) for seed in range(5)]
    trees += [random_tree(seed, clones=5, sites=("A", "P")) for seed in range(3)]
    return [(tree, summary(tree)) for tree in trees]


@pytest.mark.parametrize("listing", [0, 200_000], ids=["by program", "by list"])
@pytest.mark.parametrize("criteria", ["UMCS", "MCS", "MUSC", "UM", "UCM", "CSM", "M"])
def test_the_best_histories_are_those_found_by_trying_all(by_hand, criteria, listing, monkeypatch):
    monkeypatch.setattr(refinement_search, "LISTING", listing)
    for tree, count in by_hand:
        front = parsimonious(tree, "P", criteria=criteria, price=False, limit=10**6)
        asked = criteria if front.complete else criteria + "".join(x for x in "CS" if x not in criteria)
        assert found(front, asked) == best_by_hand(count, asked)
        assert front.proved and (front.complete or front.notes)


@pytest.mark.parametrize("patterns", [("PS",), ("S",), ("M",), ("R",), ("PS", "S"), ("PS", "S", "M"), ("S", "R")])
@pytest.mark.parametrize("criteria", ["UMCS", "MCS"])
def test_the_best_histories_of_each_pattern_are_those_found_by_trying_all(by_hand, criteria, patterns):
    for tree, count in by_hand:
        front = parsimonious(tree, "P", criteria=criteria, patterns=patterns, price=False, limit=10**6)
        assert found(front, criteria) == best_by_hand(count, criteria, patterns)


def test_the_pareto_front_is_that_of_all_histories(by_hand):
    for tree, count in by_hand[::2]:
        points = {point.of("UMCS") for _, _, point in count}
        least = {p for p in points if not any(q != p and all(np.less_equal(q, p)) for q in points)}
        front = pareto_front(tree, "P")
        assert front.proved and {point.of("UMCS") for point in front.points} == least
        for point in front.points:
            graphs = {h.graph.key for h in front.histories if point_of(h) == point}
            assert graphs == {graph for graph, _, other in count if other == point}


def test_the_price_of_reseeding_is_the_difference_of_the_best_with_and_without_a_cycle(by_hand):
    for tree, count in by_hand:
        price = parsimonious(tree, "P").price
        without, _ = best_by_hand(count, "UMCS", ("PS", "S", "M"))
        returning, _ = best_by_hand(count, "UMCS", ("R",))
        assert price.proved and not price.without.graph.reseeding and price.returning.graph.reseeding
        assert point_of(price.without).of("UMCS") == without and point_of(price.returning).of("UMCS") == returning
        assert price.delta.of("UMCS") == tuple(np.subtract(returning, without))


def test_one_migration_more_is_the_best_of_all_that_have_one_more(by_hand):
    for tree, count in by_hand[:4]:
        front = parsimonious(tree, "P", extra_migrations=1, price=False, limit=10**6)
        (unobserved, migrations, *_), _ = best_by_hand(count, "UMCS")
        near = {
            key: n
            for key, n in count.items()
            if key[2].unobserved == unobserved and key[2].migrations == migrations + 1
        }
        values, graphs = best_by_hand(near, "UMCS")
        listed = {h.graph.key for h in front.histories if h.graph.migrations == migrations + 1}
        assert listed == set(graphs)
        assert not near or values in {point.of("UMCS") for point in front.points}


def test_required_and_forbidden_migrations_are_kept(by_hand):
    for tree, count in by_hand[:4]:
        rules = {"required": [("A", "P")], "forbidden": [("P", "A")]}
        front = parsimonious(tree, "P", **rules, price=False, limit=10**6)
        kept = {key: n for key, n in count.items() if ("A", "P") in dict(key[0]) and ("P", "A") not in dict(key[0])}
        assert found(front, "UMCS") == best_by_hand(kept, "UMCS")


def test_without_a_primary_every_site_is_tried_on_one_scale(by_hand):
    for tree, _ in by_hand[5:]:
        best = {site: best_by_hand(summary(tree, site), "UMCS")[0] for site in tree.sites}
        front = parsimonious(tree, price=False)
        assert {history.primary for history in front.histories} == {s for s in best if best[s] == min(best.values())}


@pytest.mark.parametrize("listing", [0, 200_000], ids=["by program", "by list"])
def test_a_migration_made_twice_on_one_path_is_two_comigrations(listing, monkeypatch):
    monkeypatch.setattr(refinement_search, "LISTING", listing)
    front = parsimonious(chain("P", "A", "B", "P", "A"), "P", price=False)
    assert [point.of("UMCS") for point in front.points] == [(0, 4, 4, 3)]
    front = parsimonious(chain("P", "A", "P", "A", "P", "A"), "P", price=False)
    assert [point.of("UMCS") for point in front.points] == [(0, 5, 5, 2)]


def test_histories_that_share_a_graph_are_counted_and_can_all_be_written_out(by_hand):
    for tree, _ in by_hand:
        front = parsimonious(tree, "P", criteria="UM", price=False)
        for history, number in zip(front.histories, front.arrangements, strict=True):
            same = list(every_arrangement(history))
            edges = {frozenset(places(other)) for other in same}
            assert len(same) == len(edges)
            assert all(other.graph.key == history.graph.key for other in same)
            all_same = list(every_arrangement(history, "UM"))
            assert len(all_same) == number


def test_the_optima_are_counted_by_cayleys_formula_without_listing_them():
    """A clone in k sites below a root in the primary alone: k^(k-2) trees from each of k first sites."""
    tree = CloneTree(("root", "wide"), (-1, 0), (frozenset("P"), frozenset("ABCDE")))
    assert parsimonious(tree, "P", criteria="UM", price=False).optima == 5**3 * 5
    tree = CloneTree(("root", "wide"), (-1, 0), (frozenset("P"), frozenset("PABCD")))
    assert parsimonious(tree, "P", criteria="UM", price=False).optima == 5**3


def test_optima_beyond_any_list_are_searched_all_the_same():
    sites = frozenset("PABCDEFG")
    tree = CloneTree(tuple("abc"), (-1, 0, 1), (sites,) * 3)
    front = parsimonious(tree, "P", price=False)
    assert front.optima == (8**6) * (8**7) ** 2
    assert [point.of("UMCS") for point in front.points] == [(0, 21, 7, 1)]
    assert front.proved and front.complete and front.arrangements == (1,)
    short = parsimonious(tree, "P", criteria="UM", price=False)
    assert not short.complete and "fewest C and S" in short.notes[0]


def test_time_that_runs_out_is_never_silent():
    sites = frozenset("PABCDEFG")
    tree = CloneTree(tuple("abc"), (-1, 0, 1), (sites,) * 3)
    front = parsimonious(tree, "P", seconds=1e-6)
    assert not front.proved and not front.complete and any("time ran out" in note for note in front.notes)


def test_a_wrong_question_is_answered_with_all_that_is_wrong():
    with pytest.raises(ScenarioError) as error:
        parsimonious(chain("P", "lung"), "P", criteria="UMX", patterns=["Q"], forbidden=[("P", "lungs")])
    text = str(error.value)
    assert "3 problems" in text and "did you mean 'lung'" in text and "U, M, C, S" in text


def test_every_choice_of_patterns_is_covered_once():
    allowed = {"any": "PS S M R", "acyclic": "PS S M", "tree": "PS S", "primary": "PS"}
    allowed |= {"relay": "S", "several": "M", "cyclic": "R"}
    for bits in range(1, 16):
        patterns = [pattern for number, pattern in enumerate(ALL) if bits >> number & 1]
        covered = [pattern for kind in families(patterns) for pattern in allowed[kind].split()]
        assert sorted(covered) == sorted(patterns)


def chain(*sites):
    """Clones one below the other, each seen in one site."""
    names = tuple(f"c{number}" for number in range(len(sites)))
    return CloneTree(names, tuple(range(-1, len(sites) - 1)), tuple(frozenset([site]) for site in sites))


def places(history: History):
    where = list(zip(history.clone, history.site, strict=True))
    return [(where[above], place) for place, above in zip(where, history.parent, strict=True) if above >= 0]


SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "clone_trees"


def patient(path):
    """A real patient: each leaf is a place of its parent where its name says so, else a clone of its own."""
    if not path.exists():
        pytest.skip("the clone trees of real patients are not beside the project (SELFSEED_SHARED)")
    edges = [tuple(line.split()) for line in path.read_text().splitlines() if line.strip()]
    lines = path.with_suffix(".labeling").read_text().splitlines()
    above = {child: parent for parent, child in edges}
    observed = {}
    for leaf, site in (line.split() for line in lines if line.strip()):
        clone = above[leaf] if leaf.startswith(above[leaf]) else leaf
        observed.setdefault(clone, []).append(site)
    inner = {parent for parent, _ in edges} | set(observed)
    return CloneTree.from_edges([edge for edge in edges if edge[1] in inner], observed)


@pytest.mark.parametrize(
    ("name", "primary", "optima"),
    [
        ("mcpherson_2016/patient3.tree", "LOv", 8**6 * 8**7 * 3**2 * 7**6 * 3**2 * 3),
        ("gundem_2015/reported_clonetrees/A22.tree", "prostate", 5_420_026_773_504),
    ],
)
def test_the_optima_of_real_patients_are_as_many_as_published_tools_say(name, primary, optima):
    """1.6e19, by hand clone after clone (k^(k-2) trees, k first sites unless it is the root), and 5e12 as published."""
    front = parsimonious(patient(SHARED / "patients" / name), primary, price=False, limit=50)
    assert front.optima == optima
    assert front.proved and front.complete
    assert all(history.unobserved == 0 for history in front.histories)
