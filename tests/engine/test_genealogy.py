"""Genealogies of families obey the laws they are drawn by, and patients of the engine tell what happened in the run."""

import numpy as np
import pandas as pd
import pytest

import selfseed
from selfseed.base.errors import RunError
from selfseed.engine.genealogy import LEAST_SHARE, Clock, Genealogy
from selfseed.engine.patients import patients_from_run, simulate_patients
from selfseed.history.sequencing import variant_fraction
from selfseed.history.settings import Settings
from selfseed.kernels import seeding

GROWTH, MUTATION = 0.5, 0.8
CLOCK = Clock(("P", "lung"), ("mine",), np.full((2, 1), GROWTH), np.full((2, 1), MUTATION), 100.0)

QUESTION = """
selfseed: 1
host: mouse
clones: {mine: {}}
sites: {breast: {organ: mammary_gland}, lung: {organ: lung}, bone: {organ: bone}}
procedures: [{implant: mine, site: breast, cells: 1e3, at: 0 day}]
parameters:
  {shedding.rate: 3e-4, establishment.home: 3e-4, establishment.lung: 3e-6, establishment.bone: 5e-5,
   growth.visceral_pace: 1}
measurements: [{volume: breast, at: 150 day}]
duration: 150 day
replicates: 12
"""


def families(*days):
    """Return a table of a family in P and of its offspring in the lung, each of 1e6 cells, founded on ``days``."""
    rows = [(0, -1, "P", "implant", 0.0), *((1 + n, 0, "lung", "seed", day) for n, day in enumerate(days))]
    table = pd.DataFrame(rows, columns=["family", "parent_family", "site", "kind", "time_day"])
    return table.assign(clone="mine", founders=1.0, cells_end=1e6)


def genealogies(number, seed, *days):
    rng = np.random.default_rng(seed)
    table = families(*days)
    for _ in range(number):
        yield Genealogy(table, np.arange(len(table)) == 0, CLOCK, 2.0, rng)


def path(genealogy, line):
    """Return the lines above a line, itself first."""
    found = []
    while line >= 0:
        found.append(line)
        line = genealogy.lines[line].above
    return found


def standard_errors(values):
    return np.mean(values) / (np.std(values, ddof=1) / np.sqrt(len(values)))


# genealogies


def z_of_frequencies(times=1.0, share=0.1):
    """Return how many standard errors the mutations carried by a share of the family lie off the closed form."""
    expected = times * MUTATION / GROWTH * (1 / share - 2 + share)
    counted = [
        sum(line.mutations for line in genealogy.lines[1:] if line.share >= share)
        for genealogy in genealogies(600, seed=1)
    ]
    return standard_errors(np.array(counted) - expected)


def test_mutations_are_as_frequent_as_the_law_of_early_growth_says():
    assert abs(z_of_frequencies()) < 5


def test_mutations_one_tenth_more_frequent_would_be_noticed():
    assert abs(z_of_frequencies(times=1.1)) > 5


def z_of_lines(day=4.0, times=1.0):
    """Return how many standard errors the lines of a day lie off Yule's process, which begins with two."""
    assert np.exp(-GROWTH * day) > LEAST_SHARE
    counted = [
        sum(line.begin <= day < line.end for line in genealogy.lines[1:]) for genealogy in genealogies(600, seed=2)
    ]
    return standard_errors(np.array(counted) - 2 * np.exp(times * GROWTH * day))


def test_lines_multiply_as_in_yules_process():
    assert abs(z_of_lines()) < 5


def test_growth_one_tenth_faster_would_be_noticed():
    assert abs(z_of_lines(times=1.1)) > 5


def z_of_emigrants(day, times=1.0, seed=3, runs=600):
    """Return how many standard errors the mutations of an emigrant, beyond the trunk's 3, lie off its age's."""
    gained = []
    for genealogy in genealogies(runs, seed, day):
        emigrant = next(number for number, line in enumerate(genealogy.lines) if line.site == 1)
        gained.append(sum(genealogy.lines[each].mutations for each in path(genealogy, emigrant)) - 3)
    return standard_errors(np.array(gained) - times * MUTATION * day)


@pytest.mark.parametrize("day", [3.0, 40.0])
def test_an_emigrant_carries_the_mutations_of_its_age(day):
    assert abs(z_of_emigrants(day)) < 5


@pytest.mark.parametrize("day", [40.0])
def test_an_age_one_tenth_off_would_be_noticed(day):
    assert abs(z_of_emigrants(day, times=1.1)) > 5


def z_of_choice(times=1.0):
    """Return how many standard errors an emigrant's mutations lie off the shares of cells that carry them."""
    excess = []
    for genealogy in genealogies(1200, 4, 60.0):
        emigrant = next(number for number, line in enumerate(genealogy.lines) if line.site == 1)
        carried = set(path(genealogy, emigrant))
        own = [(number, line) for number, line in enumerate(genealogy.lines) if line.site == 0 and number > 0]
        excess.append(sum(line.mutations * ((number in carried) - times * line.share) for number, line in own))
    return standard_errors(np.array(excess))


def test_emigrants_leave_lines_in_proportion_to_their_shares():
    assert abs(z_of_choice()) < 5


def test_shares_one_tenth_off_would_be_noticed():
    assert abs(z_of_choice(times=1.1)) > 5


def test_early_emigrants_share_with_each_other_what_their_line_had_by_then():
    for genealogy in genealogies(50, 5, 9.0, 2.0, 5.0, 0.0, 1.0):
        for number, line in enumerate(genealogy.lines):
            above = genealogy.lines[line.above] if line.above >= 0 else None
            assert line.end >= line.begin and line.mutations >= 0
            assert above is None or above.begin <= line.begin
            assert above is None or line.site != 0 or (line.begin == above.end and number in above.below)
        days = [line.begin for line in genealogy.lines if line.site == 1]
        assert days == [9.0, 2.0, 5.0, 0.0, 1.0]


def test_no_cell_is_lost_between_families_and_lines():
    for genealogy in genealogies(20, 6, 9.0, 2.0):
        tumours = genealogy.tumours(1.0)
        assert (tumours.parent < np.arange(len(tumours.parent))).all()
        np.testing.assert_allclose(seeding.site_cells(tumours), [1e6, 2e6], rtol=1e-4)


# patients


@pytest.fixture(scope="module")
def run():
    return selfseed.simulate(selfseed.read(QUESTION), seed=1, threads=1)


@pytest.fixture(scope="module")
def patients(run):
    found = patients_from_run(run, seed=1, settings=Settings(mutation_rate=0.05, error_rate=0.001, purity=0.8))
    return found + list(simulate_patients(6, seed=3))


def test_true_histories_are_histories(patients):
    assert len(patients) > 10
    for patient in patients:
        history, tree = patient.history, patient.history.tree
        placed = set(zip(history.clone, history.site, strict=True))
        assert history.site[0] == "P" and tree.names[0] == "GL" and history.parent[0] == -1
        assert all(above < vertex for vertex, above in enumerate(history.parent))
        assert placed >= {(clone, site) for clone, seen in enumerate(tree.observed) for site in seen}
        assert set(history.site) <= set(patient.reads.sites) == set(tree.sites)
        for above, vertex in zip(history.parent[1:], range(1, len(history.parent)), strict=True):
            same = history.clone[above] == history.clone[vertex]
            assert same or tree.parent[history.clone[vertex]] == history.clone[above]


def test_metastases_bear_the_names_of_the_scenario(run):
    for patient in patients_from_run(run, seed=1, settings=Settings()):
        assert set(patient.reads.sites) <= {"P", "lung", "bone"}
        assert all(
            sample.startswith(site) for sample, site in zip(patient.reads.samples, patient.reads.site, strict=True)
        )


def test_migrations_go_where_families_went(run):
    ways = set()
    site = run.families.set_index(["replicate", "family"])["site"].to_dict()
    above = run.families.set_index(["replicate", "family"])["parent_family"].to_dict()
    for (replicate, family), place in site.items():
        while (family := above[replicate, family]) >= 0:
            ways.add((site[replicate, family], place))
    for patient in patients_from_run(run, seed=2, settings=Settings()):
        for arc in patient.history.graph.arcs:
            assert tuple("breast" if name == "P" else name for name in arc) in ways


def test_where_cells_return_the_primary_is_reseeded_and_where_they_cannot_it_never_is(run):
    settings = Settings(mutation_rate=0.05)
    returned = [p.history.graph.primary_reseeded for p in patients_from_run(run, seed=1, settings=settings)]
    assert any(returned)
    scenario = run.scenario.at("establishment.home", 0.0)
    without = patients_from_run(selfseed.simulate(scenario, seed=1, threads=1), seed=1, settings=settings)
    assert len(without) >= 5
    assert not any(p.history.graph.primary_reseeded for p in without)


def z_of_reads(patients, times=1.0):
    """Return how many standard deviations all variant reads together lie off what the true shares promise."""
    excess = variance = 0.0
    for patient in patients:
        settings, reads = patient.settings, patient.reads
        fraction = np.minimum(1.0, times * variant_fraction(patient.shares, settings.purity, settings.error_rate))
        excess += (reads.variant - reads.depth * fraction).sum()
        variance += (reads.depth * fraction * (1 - fraction)).sum()
    return excess / np.sqrt(variance)


def test_reads_show_the_true_shares(patients):
    assert abs(z_of_reads(patients)) < 5


def test_shares_one_tenth_too_high_would_be_noticed_in_the_reads(patients):
    assert abs(z_of_reads(patients, times=1.1)) > 5


def fingerprint(patient):
    return patient.history, patient.reads.variant.tobytes(), patient.reads.depth.tobytes(), patient.shares.tobytes()


def test_the_same_seed_gives_the_same_patients_however_many_are_asked_for():
    few, many = ([fingerprint(p) for p in simulate_patients(count, seed=7)] for count in (2, 3))
    assert few == many[:2]
    assert many[:2] != [fingerprint(p) for p in simulate_patients(2, seed=8)]


def test_a_tumour_that_began_in_two_places_has_no_history():
    two = QUESTION.replace("procedures: [", "procedures: [{implant: mine, site: lung, cells: 1e3, at: 0 day}, ")
    both = selfseed.simulate(selfseed.read(two.replace("150 day", "2 day")), seed=1, replicates=1, threads=1)
    with pytest.raises(RunError, match="2 tumours began in one animal of 'control'"):
        patients_from_run(both, seed=1, settings=Settings())
