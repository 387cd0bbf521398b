"""What is inferred from small trees that leave no doubt, and from some that do."""

from dataclasses import replace

import numpy as np
import pytest

from selfseed.history.infer import infer_from_reads, infer_from_tree, without_sites
from selfseed.history.posterior import draw_histories
from selfseed.history.settings import Settings
from selfseed.history.simulate import simulate_patient
from selfseed.history.tree import CloneTree, History, without_repeats
from selfseed.kernels.histories import FEATURES

ONE_WAY = CloneTree.from_edges(
    [("GL", "a"), ("a", "b"), ("a", "c"), ("b", "d")],
    {"a": ["P"], "b": ["M1"], "c": ["M2"], "d": ["M1"]},
    {"a": ["1"], "b": ["2", "3", "4", "5"], "c": ["6", "7", "8"], "d": ["9"]},
)
THERE_AND_BACK = CloneTree.from_edges(
    [("GL", "a"), ("a", "b"), ("b", "c"), ("b", "d"), ("c", "e"), ("a", "f")],
    {"a": ["P"], "b": ["M1"], "c": ["M1"], "d": ["M1"], "e": ["P"], "f": ["P"]},
    {"a": ["1"], "b": ["2", "3", "4", "5"], "c": ["6"], "d": ["7"], "e": ["8", "9", "10", "11"], "f": ["12"]},
)


def test_cells_that_left_and_whose_children_are_back_are_called_reseeding():
    answer = infer_from_tree(THERE_AND_BACK, "P", seed=1, leave_out=False)
    assert answer.p_reseeding > 0.9 and answer.p_primary_reseeded > 0.9
    assert answer.verdict == "likely" and answer.bayes_factor > 10
    assert answer.history.graph.primary_reseeded
    assert max(answer.p_clone_returned, key=answer.p_clone_returned.get) == "e"


def test_a_tree_without_return_is_called_unlikely():
    answer = infer_from_tree(ONE_WAY, "P", seed=1, leave_out=False)
    assert answer.p_reseeding < 0.05 and answer.verdict == "unlikely"
    assert answer.p_migration["P", "M1"] > 0.9
    assert next(iter(answer.order)) == "P"


def test_the_prior_moves_the_posterior_and_not_the_bayes_factor():
    often, seldom = (infer_from_tree(THERE_AND_BACK, "P", prior=prior, leave_out=False) for prior in (0.5, 0.015))
    assert often.p_reseeding > seldom.p_reseeding
    assert often.bayes_factor == pytest.approx(seldom.bayes_factor)
    odds = [each.p_reseeding / (1 - each.p_reseeding) for each in (often, seldom)]
    assert odds[0] / odds[1] == pytest.approx((0.5 / 0.5) / (0.015 / 0.985), rel=1e-6)


def test_draws_that_all_show_a_return_leave_room_for_a_prior_against_it():
    there = CloneTree.from_edges(
        [("GL", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")],
        {"a": ["P"], "b": ["P"], "c": ["M"], "d": ["M"], "e": ["P"], "f": ["P"]},
        {name: [str(number)] for number, name in enumerate("abcdef")},
    )
    chances = [infer_from_tree(there, "P", prior=prior, leave_out=False).p_reseeding for prior in (1e-4, 0.25, 0.9)]
    assert chances[0] < chances[1] < chances[2] < 1


def test_the_clone_that_began_the_tumour_arose_in_the_primary():
    tree = CloneTree.from_edges(
        [("GL", "a"), ("a", "b"), ("a", "c")],
        {"a": ["M1"], "b": ["P"], "c": ["M1"]},
        {"a": ["1"], "b": ["2"], "c": ["3"]},
    )
    draws = draw_histories(tree, "P", np.full(len(FEATURES), -0.3), seed=1, rounds=400, burn_in=50)
    entered = {draws.history(number).site[1] for number in range(len(draws.count))}
    assert entered == {"P"}


def test_without_the_site_that_cells_left_no_return_can_be_seen():
    answer = infer_from_tree(THERE_AND_BACK, "P", seed=1)
    assert [moved.name for moved in answer.left_out] == []
    observed = list(THERE_AND_BACK.observed)
    observed[THERE_AND_BACK.names.index("f")] = frozenset({"M2"})
    three = replace(THERE_AND_BACK, observed=tuple(observed))
    moved = {each.name: each.p_primary_reseeded for each in infer_from_tree(three, "P", seed=1).left_out}
    assert moved["M1"] < 0.3 < 0.6 < moved["M2"]


def test_an_unknown_primary_is_compared_on_one_scale():
    answer = infer_from_tree(ONE_WAY, None, seed=1, leave_out=False)
    assert sum(answer.primaries.values()) == pytest.approx(1)
    assert answer.primary == "P" == max(answer.primaries, key=answer.primaries.get)


def test_a_clone_left_without_observation_goes_and_its_only_child_takes_its_mutations():
    rest = without_sites(THERE_AND_BACK, {"M1"})
    assert set(rest.names) == {"GL", "a", "e", "f"}
    carried = dict(zip(rest.names, rest.mutations, strict=True))
    assert set(carried["e"]) == {"2", "3", "4", "5", "6", "8", "9", "10", "11"}


def test_of_two_places_of_a_clone_in_a_site_the_later_keeps_the_way_back():
    tree = CloneTree.from_edges([("GL", "a"), ("a", "b")], {"a": ["P"], "b": ["P"]})
    twice = History(tree, (0, 1, 1, 1, 2), ("P", "P", "M", "P", "P"), (-1, 0, 1, 2, 1))
    once = without_repeats(twice)
    assert once.graph.arcs == twice.graph.arcs == {("P", "M"): 1, ("M", "P"): 1}
    assert len(set(zip(once.clone, once.site, strict=True))) == len(once.clone) == 4


def test_reads_of_a_clear_patient_give_the_truth():
    patient = simulate_patient(Settings(kind="mS", detectable_sites=3, mutation_rate=0.1), seed=4)
    answer = infer_from_reads(patient.reads, "P", seed=1, budget_seconds=30, leave_out=False)
    assert answer.p_reseeding < 0.5
    assert sum(answer.pool.weight) == pytest.approx(1)
    true = set(patient.history.graph.arcs)
    found = {arc for arc, probability in answer.p_migration.items() if probability > 0.5}
    assert len(true & found) >= 0.6 * len(true)


def test_the_same_reads_and_seed_give_the_same_answer():
    patient = simulate_patient(Settings(kind="mS", detectable_sites=2, mutation_rate=0.05), seed=5)
    one, again = (infer_from_reads(patient.reads, "P", seed=3, budget_seconds=60, leave_out=False) for _ in range(2))
    assert np.array_equal(one.pool.weight, again.pool.weight)
