"""What simulate promises beyond the law: the same bits on any number of threads, no run that memory cannot hold."""

import numpy as np
import pytest

import selfseed
from selfseed.base.errors import RunError
from selfseed.engine.animal import check_books

QUESTION = """
selfseed: 1
title: Two small tumours
host: mouse
clones:
  mine: {}
  other: {from: mine, label: GFP, expression: {MMP1: 5, FSCN1: 3, CXCL1: 8}}
sites: {left: {organ: mammary_gland}, right: {organ: mammary_gland}, lung: {organ: lung}}
procedures:
  - {implant: other, site: left, cells: 1e5, at: 0 day}
  - {implant: mine, site: right, cells: 1e5, at: 0 day}
parameters: {establishment.home: 0.01}
switch_off: [return]
measurements: [{label_share: GFP, sites: right, at: 30 day}]
duration: 30 day
replicates: 4
"""


@pytest.fixture(scope="module")
def question():
    return selfseed.read(QUESTION)


def test_the_same_seed_gives_the_same_bits_on_one_and_two_threads(question):
    one = selfseed.simulate(question, seed=3, threads=1)
    two = selfseed.simulate(question, seed=3, threads=2)
    assert one.sha256 == two.sha256


def test_another_seed_gives_other_bits(question):
    assert selfseed.simulate(question, seed=3).sha256 != selfseed.simulate(question, seed=4).sha256


def test_more_replicates_leave_the_first_as_they_were(question):
    few, many = (selfseed.simulate(question, seed=3, replicates=count) for count in (2, 5))
    np.testing.assert_array_equal(few.arrays["cells"], many.arrays["cells"].isel(replicate=slice(2)))


def test_progress_reaches_its_end(question):
    seen = []
    selfseed.simulate(question, seed=3, replicates=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(done, 6) for done in range(1, 7)]


def test_every_seed_has_a_parent_that_lived_where_it_was_shed(question):
    run = selfseed.simulate(question, seed=3)
    families = run.families.set_index(["arm", "replicate", "family"])
    seeds = run.families[run.families["kind"] == "seed"]
    assert len(seeds) > 50
    for row in seeds.itertuples():
        parent = families.loc[(row.arm, row.replicate, row.parent_family)]
        assert (parent["site"], parent["clone"], parent["home"]) == (row.source, row.clone, row.home)
        assert parent["time_day"] <= row.time_day


def test_cells_of_families_add_up_to_the_cells_of_sites(question):
    run = selfseed.simulate(question, seed=3)
    in_families = run.families.groupby(["arm", "replicate", "site"])["cells_end"].sum()
    last = run.arrays.isel(time=-1)
    at_sites = (last["cells"].sum("clone") + last["dormant_cells"]).to_series()
    for key, cells in in_families.items():
        assert at_sites[key] == cells


def test_a_run_that_memory_cannot_hold_is_refused_with_the_number_that_fits(question):
    with pytest.raises(RunError, match="ask for at most [0-9]+ replicates"):
        selfseed.simulate(question, replicates=1_000_000)


@pytest.mark.parametrize(
    "asked, told",
    [
        ({"scenario": "kim2009-two-gland"}, "is no scenario; make one with selfseed.read"),
        ({"engine": "exact"}, "there is no engine 'exact'; there are stochastic and mean-field"),
        ({"seed": -1}, "the seed is -1"),
        ({"replicates": 0}, "at least 1 is needed"),
    ],
)
def test_what_makes_no_sense_is_refused(question, asked, told):
    with pytest.raises(RunError, match=told):
        selfseed.simulate(**({"scenario": question} | asked))


def test_a_lost_cell_is_noticed():
    ledger = np.array([100.0, 0, 50, 30, 5, 5, 10, 0, 99, 0])
    with pytest.raises(RunError, match="1 cells are not accounted for"):
        check_books(ledger)
    ledger[8] = 100.0
    check_books(ledger)
