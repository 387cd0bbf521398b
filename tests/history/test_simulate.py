"""Virtual patients: tumours grow, mutate and seed as the model says, and the true history is what happened."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from selfseed.base.errors import RunError, ScenarioError
from selfseed.history.sampling import draw_shares, sample_sites, shares_of_mutations, true_history
from selfseed.history.simulate import (
    KINDS,
    Settings,
    draw_settings,
    is_of_kind,
    rules_of,
    simulate_patient,
    simulate_patients,
)
from selfseed.history.tree import CloneTree, History
from selfseed.kernels import seeding

SMALL = Settings(capacity=5e3, migration_rate=1e-5, driver_rate=1e-6, detectable_sites=4)


@pytest.fixture(scope="module")
def patients():
    """Return patients of all kinds: some of one setting, some of settings drawn at random."""
    fixed = [*simulate_patients(25, seed=1, kinds=KINDS, settings=replace(SMALL, room=0.1))]
    return fixed + [*simulate_patients(25, seed=2, kinds=("mS", "S", "M", "free"))]


def empty(capacity=5e4):
    return seeding.empty_tumours(np.full(seeding.MOST_SITES, capacity), 1000)


# growth


def z_of_growth(advantage=0.1, runs=300, generations=12):
    """Return how many standard errors tumours of 20 000 cells grow off what the logistic recursion says of s0 = 0.1."""
    rules = rules_of(replace(SMALL, advantage=advantage, mutation_rate=0, driver_rate=0))
    rng = np.random.default_rng(1)
    grown = []
    for _ in range(runs):
        tumours = empty()
        tumours.cells[0] = tumours.group_cells[0] = 20_000
        for _ in range(generations):
            seeding.divide(tumours, rules, rng)
        grown.append(tumours.cells[0])
    expected = 20_000.0
    for _ in range(generations):
        expected *= (1 + 0.1 * (1 - expected / 5e4)) ** 2
    return (np.mean(grown) - expected) / (np.std(grown, ddof=1) / np.sqrt(runs))


def test_tumours_grow_to_capacity_as_the_logistic_recursion_says():
    assert abs(z_of_growth()) < 5


def test_an_advantage_one_tenth_higher_would_be_noticed():
    assert abs(z_of_growth(advantage=0.11)) > 5


def z_of_extinction(advantage=0.1, founders=8000):
    """Return how many standard errors the share of founders that die out lies off (1 - b) / b."""
    settings = replace(SMALL, advantage=advantage, migration_rate=0, mutation_rate=0)
    rng = np.random.default_rng(2)
    rules, capacity = rules_of(settings)._replace(detectable_sites=0), np.full(seeding.MOST_SITES, 1e4)
    stopped = [seeding.seed_sites(capacity, rules, 100, rng).counts[seeding.STATUS] for _ in range(founders)]
    birth = 0.5 * 1.1**2
    expected = (1 - birth) / birth
    return (np.mean(np.array(stopped) == seeding.EXTINCT) - expected) / np.sqrt(expected * (1 - expected) / founders)


def test_founders_die_out_as_often_as_the_branching_process_says():
    assert abs(z_of_extinction()) < 5


def test_founders_with_a_higher_advantage_would_be_seen_to_die_out_less():
    assert abs(z_of_extinction(advantage=0.12)) > 5


def z_of_mutations(times=1.0, runs=300):
    """Return how many standard errors the mutations of cells lie off half the mutation rate a generation."""
    settings = replace(SMALL, migration_rate=0, driver_rate=0, mutation_rate=0.2)
    rules, rng = rules_of(settings)._replace(detectable_sites=0), np.random.default_rng(3)
    excess = []
    while len(excess) < runs:
        tumours = seeding.seed_sites(np.full(seeding.MOST_SITES, 2e4), rules, 20_000, rng)
        if tumours.counts[seeding.STATUS] != seeding.FINISHED:
            continue
        number = tumours.counts[seeding.LINEAGES]
        path = np.zeros(number)
        for lineage in range(1, number):
            path[lineage] = path[tumours.parent[lineage]] + tumours.mutations[lineage]
        path += 0.1 * (tumours.group_untracked[0] - tumours.untracked[:number])
        mean = np.average(path, weights=tumours.cells[:number])
        excess.append(mean - times * 0.1 * tumours.counts[seeding.GENERATION])
    return np.mean(excess) / (np.std(excess, ddof=1) / np.sqrt(runs))


def test_each_generation_back_brings_half_the_mutation_rate():
    assert abs(z_of_mutations()) < 5


def test_a_mutation_rate_one_tenth_off_would_be_noticed():
    assert abs(z_of_mutations(times=1.1)) > 5


def z_of_binomial(trials, chance, times=1.0, draws=20_000):
    rng = np.random.default_rng(4)
    drawn = np.array([seeding.binomial(trials, chance, rng) for _ in range(draws)])
    variance = trials * chance * (1 - chance)
    assert abs(drawn.var() / variance - 1) < 0.06
    return (drawn.mean() - times * trials * chance) / np.sqrt(variance / draws)


@pytest.mark.parametrize("trials", [5, 60, 3000])
def test_births_are_binomial_however_large_the_lineage(trials):
    assert abs(z_of_binomial(trials, 0.6)) < 5
    assert abs(z_of_binomial(trials, 0.6, times=1.1)) > 5


def test_compiled_and_plain_loop_agree_draw_for_draw():
    capacity, rules = np.full(seeding.MOST_SITES, 2e3), rules_of(replace(SMALL, migration_rate=5e-5))
    for seed in range(6):
        ran = [loop(capacity, rules, 20_000, np.random.default_rng(seed)) for loop in loops()]
        number = ran[0].counts[seeding.LINEAGES]
        assert np.array_equal(ran[0].counts, ran[1].counts)
        assert np.array_equal(ran[0].parent[:number], ran[1].parent[:number])
        assert np.array_equal(ran[0].arcs, ran[1].arcs)


def loops():
    return seeding.seed_sites, seeding.seed_sites.py_func


def test_a_loop_without_room_for_lineages_says_so():
    rules = rules_of(replace(SMALL, mutation_rate=1))
    status = {
        int(seeding.seed_sites(np.full(seeding.MOST_SITES, 5e3), rules, 50, np.random.default_rng(seed)).counts[-1])
        for seed in range(10)
    }
    assert status == {seeding.EXTINCT, seeding.TOO_MANY}


# the true history


def hand_made():
    """Return tumours in which a clone left the primary, divided in M1, and one of its mutants came back."""
    tumours = empty(capacity=1000.0)
    joined = seeding.add_group(tumours, 1, 0, 1)
    tumours.counts[seeding.SITES] = 2
    for parent, site, mutations in [(0, 0, 1), (1, 1, 2), (2, 1, 1), (3, 0, 1), (1, 0, 1)]:
        seeding.found(tumours, parent, site, joined if site else 0, mutations)
    tumours.cells[:6] = [400, 200, 300, 500, 300, 10]
    seeding.gather(tumours)
    return tumours


def test_a_clone_that_came_back_is_a_cycle_in_the_true_history():
    tumours, settings = hand_made(), replace(SMALL, concentration=1e6, smallest_share=0.02)
    sampling = sample_sites(tumours, settings, np.random.default_rng(1))
    truth = true_history(tumours, sampling)
    tree = truth.history.tree
    assert tree.names == ("GL", "0", "1", "2;3", "4", "5")
    assert tree.parent == (-1, 0, 1, 2, 3, 4)
    assert truth.history.site == ("P", "P", "P", "M1", "M1", "P")
    assert truth.history.graph.arcs == {("P", "M1"): 1, ("M1", "P"): 1}
    mutations, shares = shares_of_mutations(truth, sampling)
    primary = shares[sampling.samples.index("P_0")]
    assert mutations == ("0", "1", "2", "3", "4", "5")
    assert np.allclose(primary, [1, 500 / 900, 300 / 900, 300 / 900, 300 / 900, 300 / 900], atol=0.01)


def test_a_clone_too_rare_to_be_sampled_is_merged_with_what_came_of_it():
    tumours = hand_made()
    tumours.cells[:6] = [400, 1, 0, 800, 1, 1]
    seeding.gather(tumours)
    sampling = sample_sites(tumours, replace(SMALL, concentration=1e6), np.random.default_rng(1))
    truth = true_history(tumours, sampling)
    assert truth.history.tree.names == ("GL", "0", "1;2;3;4")
    assert truth.history.graph.arcs == {("P", "M1"): 1}


def test_every_observed_clone_stands_once_in_each_of_its_sites(patients):
    for patient in patients:
        history = patient.history
        places = Counter(zip(history.clone, history.site, strict=True))
        assert max(places.values()) == 1
        seen = {(clone, site) for clone, sites in enumerate(history.tree.observed) for site in sites}
        assert seen <= set(places)


def test_places_where_nothing_was_observed_stay_only_where_the_history_branches(patients):
    for patient in patients:
        history = patient.history
        children = Counter(history.parent)
        for vertex in range(1, len(history.clone)):
            if history.site[vertex] not in history.tree.observed[history.clone[vertex]]:
                assert children[vertex] >= 2


def test_the_history_refines_its_clone_tree(patients):
    for patient in patients:
        history, tree = patient.history, patient.history.tree
        assert (history.site[0], tree.names[0], tree.observed[0]) == ("P", "GL", frozenset())
        for vertex, above in enumerate(history.parent[1:], start=1):
            clone, upper = history.clone[vertex], history.clone[above]
            assert above < vertex
            assert clone == upper or tree.parent[clone] == upper
        entries = Counter(
            history.clone[vertex]
            for vertex, above in enumerate(history.parent)
            if above < 0 or history.clone[above] != history.clone[vertex]
        )
        assert set(entries.values()) == {1}


def test_every_mutation_arose_once_and_was_sequenced(patients):
    for patient in patients:
        tree = patient.history.tree
        arose = [name for names in tree.mutations for name in names]
        assert sorted(arose) == sorted(patient.reads.mutations)
        assert len(set(arose)) == len(arose)
        assert all(tree.mutations[1:])
        assert patient.shares.shape == patient.reads.variant.shape


def test_shares_of_mutations_follow_the_tree(patients):
    for patient in patients:
        tree, names = patient.history.tree, patient.reads.mutations
        carried = np.zeros((len(patient.reads.samples), len(tree)))
        carried[:, 0] = 1.0
        for clone, gained in enumerate(tree.mutations[1:], start=1):
            columns = patient.shares[:, [names.index(name) for name in gained]]
            assert np.ptp(columns, axis=1).max() == 0
            carried[:, clone] = columns[:, 0]
        assert np.allclose(carried[:, 1], 1.0)
        for clone, children in enumerate(tree.children):
            own = carried[:, clone] - carried[:, list(children)].sum(axis=1)
            assert own.min() > -1e-9
            held = {site for site, share in zip(patient.reads.site, own, strict=True) if share > 1e-9}
            assert held == tree.observed[clone]


def test_samples_are_as_many_as_asked_for(patients):
    for patient in patients:
        taken = Counter(patient.reads.site)
        assert taken.pop("P") == patient.settings.samples_of_primary
        assert set(taken.values()) == {patient.settings.samples_of_metastasis}
        assert set(taken) | {"P"} == set(patient.reads.site)


def test_detectable_sites_are_more_than_asked_for_and_all_sampled(patients):
    assert all(len(set(patient.reads.site)) > patient.settings.detectable_sites for patient in patients)


# kinds of seeding


def test_patients_are_of_the_kind_asked_for(patients):
    for patient in patients:
        graph, kind = patient.history.graph, patient.settings.kind
        assert kind == "free" or graph.reseeding == (kind == "R")
        if kind == "mS":
            assert graph.migrations == len(patient.history.tree.sites) - 1
        if kind in ("S", "M", "R"):
            assert max(graph.arcs.values()) > 1
        sources = Counter(target for _, target in graph.arcs)
        assert kind != "S" or max(sources.values()) == 1
        assert kind != "M" or max(sources.values()) > 1


def reseeded(return_weight, patients=60):
    settings = replace(SMALL, kind="free", return_weight=return_weight, room=0.5, wave_mean=0.5)
    return sum(each.history.graph.reseeding for each in simulate_patients(patients, seed=5, settings=settings))


def test_no_cell_comes_back_where_sites_it_came_from_have_no_weight():
    assert reseeded(return_weight=0) == 0


def test_cells_come_back_where_sites_they_came_from_have_weight():
    assert reseeded(return_weight=20) > 10


def history_between(sites):
    """Return a chain of clones, one in each of ``sites``."""
    names = tuple(map(str, range(len(sites))))
    parent = tuple(range(-1, len(sites) - 1))
    tree = CloneTree(names, parent, tuple(frozenset({site}) for site in sites))
    return History(tree, tuple(range(len(sites))), tuple(sites), parent)


def test_a_chain_of_clones_is_known_for_what_it_is():
    kinds = {
        ("P",): set(),
        ("P", "M1", "M2"): {"mS", "free"},
        ("P", "M1", "P"): {"free"},
        ("P", "M1", "P", "M1"): {"R", "free"},
    }
    for sites, expected in kinds.items():
        assert {kind for kind in KINDS if is_of_kind(history_between(sites), kind)} == expected


def test_a_kind_that_cannot_come_out_is_reported(monkeypatch):
    monkeypatch.setattr("selfseed.history.simulate.MOST_ATTEMPTS", 20)
    with pytest.raises(RunError, match="none of 20 virtual patients was of the kind 'R'"):
        simulate_patient(replace(SMALL, kind="R", migration_rate=0), seed=1)


# samples


def test_rare_clones_are_absent_from_a_sample_and_common_ones_share_it():
    drawn = draw_shares(np.array([0.6, 0.33, 0.06]), 500, SMALL, np.random.default_rng(1))
    assert np.allclose(drawn.sum(axis=1), 1)
    assert np.all((drawn == 0) | (drawn >= SMALL.smallest_share))
    assert np.any(drawn == 0)


def test_samples_follow_their_site_the_closer_the_more_concentrated():
    share, rng = np.array([0.5, 0.3, 0.2]), np.random.default_rng(2)
    close = draw_shares(share, 300, replace(SMALL, concentration=300), rng)
    wide = draw_shares(share, 300, replace(SMALL, concentration=3), rng)
    assert np.all(np.abs(close.mean(axis=0) - share) < 0.01)
    assert np.all(wide.std(axis=0) > 5 * close.std(axis=0))


# seeds and settings


def test_one_seed_gives_one_patient_whatever_the_count():
    few, more = list(simulate_patients(2, seed=9)), list(simulate_patients(3, seed=9))
    later = next(simulate_patients(1, seed=9, first=1))
    for one, other in [*zip(few, more, strict=False), (few[1], later)]:
        assert one.history == other.history
        assert one.settings == other.settings
        assert np.array_equal(one.reads.variant, other.reads.variant)


def test_other_seeds_and_indices_give_other_patients():
    first = simulate_patient(SMALL, seed=1)
    assert first.history != simulate_patient(SMALL, seed=2).history
    assert first.history != simulate_patient(SMALL, seed=1, index=1).history


def test_settings_drawn_at_random_are_allowed_and_differ():
    drawn = [draw_settings(np.random.default_rng(seed)) for seed in range(200)]
    assert {settings.kind for settings in drawn} == set(KINDS)
    assert len({settings.capacity for settings in drawn}) == 200
    assert all(0.019 < settings.migration_rate * settings.capacity < 0.101 for settings in drawn)


def test_settings_out_of_range_are_all_reported_at_once():
    with pytest.raises(ScenarioError) as caught:
        Settings(kind="ms", purity=1.2, coverage=float("nan"))
    assert str(caught.value).splitlines() == [
        "3 problems in the settings of virtual patients",
        "  kind      = 'ms'  must be one of mS, S, M, R, free; did you mean 'mS'?",
        "  coverage  = nan   must be 1 to 1e+06",
        "  purity    = 1.2   must be 0.01 to 1",
    ]


# the kind of patients that come out


def test_patients_look_like_those_of_the_published_model():
    drawn = list(simulate_patients(40, seed=3, kinds=("mS", "S"), settings=Settings(detectable_sites=7)))
    clones = np.mean([len(patient.history.tree) for patient in drawn])
    mutations = np.mean([len(patient.reads.mutations) for patient in drawn])
    unseen = np.mean([not sites for patient in drawn for sites in patient.history.tree.observed])
    migrations = np.mean([patient.history.graph.migrations for patient in drawn])
    assert 16 < clones < 28
    assert 30 < mutations < 80
    assert 0.05 < unseen < 0.25
    assert 7 <= migrations < 12
