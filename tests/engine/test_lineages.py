"""Clones from event to event have the laws of their cells, and their ancestry; so has the tree of a sample."""

import numpy as np
import pytest
from scipy.stats import ks_1samp, ks_2samp

from selfseed.base.errors import RunError
from selfseed.engine.lineages import sample_ancestry, simulate_lineages
from selfseed.kernels import lineages as kernel
from selfseed.theory.birth_death import extinction_probability, mean_cells, variance_of_cells

BIRTH, DEATH, EMISSION, DAYS, REPLICATES = 1.0, 0.5, 0.05, 5.0, 8000


def many(birth=BIRTH):
    found = [
        simulate_lineages([birth], [DEATH], [[EMISSION]], DAYS, seed=2, replicate=number)
        for number in range(REPLICATES)
    ]
    return np.array([clones["cells"].sum() for clones in found]), np.array([clones.size - 1 for clones in found])


def z_of_everything(birth=BIRTH):
    cells, emissions = many(birth)
    mean = mean_cells(BIRTH, DEATH, DAYS)
    expected = EMISSION * (mean - 1.0) / (BIRTH - DEATH)
    gone = extinction_probability(BIRTH, DEATH, DAYS)
    squares = (cells - mean) ** 2
    root = np.sqrt(REPLICATES)
    return max(
        abs(cells.mean() - mean) / (cells.std() / root),
        abs(squares.mean() - variance_of_cells(BIRTH, DEATH, DAYS)) / (squares.std() / root),
        abs(emissions.mean() - expected) / (emissions.std() / root),
        abs((cells == 0).mean() - gone) / np.sqrt(gone * (1 - gone) / REPLICATES),
    )


def test_cells_and_emissions_have_the_laws_of_birth_and_death():
    assert z_of_everything() < 4.0


def test_births_one_tenth_more_frequent_would_be_noticed():
    assert z_of_everything(birth=1.1) > 8.0


def cell_by_cell(seed, emission):
    """Return the cells of the first clone, and of all others of its own kind and of the other, event by event."""
    rng, end = np.random.default_rng(seed), 4.0
    clones, waiting = [], [(0.0, 0)]
    while waiting:
        now, kind = waiting.pop()
        cells, birth, death = 1, (1.0, 0.8)[kind], (0.4, 0.1)[kind]
        while cells:
            now += rng.exponential(1.0 / (cells * (birth + death + sum(emission[kind]))))
            if now > end:
                break
            what = rng.choice(4, p=np.array([birth, death, *emission[kind]]) / (birth + death + sum(emission[kind])))
            cells += 1 if what == 0 else -1
            if what >= 2:
                waiting.append((now, int(what) - 2))
        clones.append((kind, cells))
    kinds, sizes = np.array(clones).T
    return sizes[0], (kinds == 0).sum(), (kinds == 1).sum(), sizes[kinds == 1].sum()


def by_clones(seed, emission):
    clones = simulate_lineages([1.0, 0.8], [0.4, 0.1], emission, 4.0, seed=7, replicate=seed)
    kinds = clones["kind"]
    return clones["cells"][0], (kinds == 0).sum(), (kinds == 1).sum(), clones["cells"][kinds == 1].sum()


EMISSIONS = [[0.05, 0.2], [0.15, 0.0]]


def test_two_kinds_that_seed_each_other_are_as_event_by_event():
    cells = np.array([cell_by_cell(seed, EMISSIONS) for seed in range(1500)])
    clones = np.array([by_clones(seed, EMISSIONS) for seed in range(1500)])
    assert min(ks_2samp(cells[:, column], clones[:, column]).pvalue for column in range(4)) > 1e-3
    z = (cells.mean(axis=0) - clones.mean(axis=0)) / np.sqrt((cells.var(axis=0) + clones.var(axis=0)) / 1500)
    assert (abs(z) < 4.0).all()


def test_emissions_at_half_the_rate_would_be_noticed():
    cells = np.array([cell_by_cell(seed, EMISSIONS) for seed in range(1500)])[:, 2]
    clones = np.array([by_clones(seed, [[0.05, 0.1], [0.15, 0.0]]) for seed in range(1500)])[:, 2]
    assert abs(cells.mean() - clones.mean()) / np.sqrt((cells.var() + clones.var()) / 1500) > 6.0


def test_a_clone_arises_while_its_parent_lives_and_takes_few_bytes():
    clones = next(
        clones
        for number in range(100)
        if (clones := simulate_lineages([1.0], [0.5], [[0.05]], 14.0, seed=1, replicate=number)).size > 20
    )
    parent = clones["parent"][1:]
    assert (clones["time"][1:] > clones["time"][parent]).all() and (parent < np.arange(1, clones.size)).all()
    assert clones.itemsize <= 50


def test_more_clones_than_there_is_room_for_are_refused():
    with pytest.raises(RunError, match="more than 3 clones"):
        for number in range(50):
            simulate_lineages([1.0], [0.0], [[0.3]], 10.0, seed=1, replicate=number, most=3)


def test_compiled_and_plain_loops_agree_draw_for_draw():
    kinds = kernel.Kinds(np.array([1.0, 0.8]), np.array([0.4, 0.1]), np.array(EMISSIONS))
    found = []
    for loop in (kernel.follow_clones, kernel.follow_clones.py_func):
        clones = np.zeros(500, kernel.CLONE)
        with np.errstate(over="ignore"):
            count, _ = loop(kinds, 0, 5.0, np.uint64(3), clones)
        found.append(clones[:count])
    np.testing.assert_array_equal(*found)


def depths_of(birth, seed=1):
    tree = sample_ancestry(birth, 0.3, 0.02, 12.0, 4001, seed=seed)
    return tree.time_day[tree.tips :]


def law_of_depths(depth, birth=1.0, death=0.3, share=0.02, days=12.0):
    rate = birth - death

    def beyond(t):
        return 1.0 / (1.0 + share * birth * np.expm1(rate * t) / rate)

    return (1.0 - beyond(depth)) / (1.0 - beyond(days))


def test_nodes_of_a_sample_lie_as_deep_as_theory_says():
    assert ks_1samp(depths_of(1.0), law_of_depths).pvalue > 1e-3


def test_births_one_tenth_more_frequent_would_be_noticed_in_the_tree():
    assert ks_1samp(depths_of(1.1), law_of_depths).pvalue < 1e-6


def test_the_oldest_node_is_the_root_and_every_node_has_two_below():
    tree = sample_ancestry(1.0, 0.3, 0.01, 20.0, 1000, seed=2)
    inner = tree.parent >= 0
    assert (~inner).sum() == 1 and tree.time_day[~inner][0] == tree.time_day.max()
    assert (tree.time_day[tree.parent[inner]] >= tree.time_day[inner]).all()
    assert (np.bincount(tree.parent[inner], minlength=1999)[1000:] == 2).all()


def test_the_tree_is_written_with_all_its_tips():
    text = sample_ancestry(1.0, 0.3, 0.01, 20.0, 50, seed=2).to_newick()
    assert text.endswith(";") and text.count("(") == text.count(")") == 49 == text.count(",")


def test_what_makes_no_sense_is_told():
    with pytest.raises(RunError, match="they must match"):
        simulate_lineages([1.0], [0.5, 0.1], [[0.1]], 1.0, seed=1)
    with pytest.raises(RunError, match="births and days must be above 0"):
        simulate_lineages([0.0], [0.5], [[0.1]], 1.0, seed=1)
    with pytest.raises(RunError, match="at least 2 tips"):
        sample_ancestry(1.0, 0.3, 0.01, 20.0, 1, seed=1)
