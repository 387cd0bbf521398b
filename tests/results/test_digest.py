"""Equal bits give equal hashes, and nothing else does."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.synthetic_run import synthetic_run

from selfseed.results.digest import sha256


def test_the_same_run_made_twice_has_the_same_hash(run):
    assert synthetic_run(arms=3, replicates=5).sha256 == run.sha256


def test_another_seed_would_be_noticed(run):
    assert synthetic_run(arms=3, replicates=5, seed=2010).sha256 != run.sha256


@pytest.mark.parametrize("name", ["cells", "label_share", "ledger", "time"])
def test_one_changed_bit_changes_the_hash(run, name):
    values = run.arrays[name].values.copy()
    values.view(np.uint64).flat[-1] ^= np.uint64(1)
    changed = run.arrays.assign({name: (run.arrays[name].dims, values)})
    assert sha256(changed, run.tables) != run.sha256


def test_one_changed_word_or_row_changes_the_hash(run):
    events = run.events.copy()
    events.loc[0, "fate"] = "dormant"
    assert sha256(run.arrays, run.tables | {"events": events}) != run.sha256
    assert sha256(run.arrays, run.tables | {"events": run.events[::-1]}) != run.sha256
    assert sha256(run.arrays.assign_coords(arm=["a", "b", "c", *run.arrays.arm.values[3:]]), run.tables) != run.sha256


def test_how_numbers_and_words_lie_in_memory_does_not_matter(run):
    swapped = run.arrays.assign(cells=(run.arrays.cells.dims, np.asfortranarray(run.arrays.cells.values).astype(">f8")))
    worded = swapped.assign_coords(arm=run.arrays.arm.values.astype(str))
    tables = {name: table[table.columns[::-1]] for name, table in run.tables.items()}
    tables["events"] = tables["events"].astype({"site": "category"})
    assert sha256(worded, tables) == run.sha256


def test_names_shapes_and_word_boundaries_count():
    one = xr.Dataset({"a": ("x", np.zeros(4))})
    assert sha256(one, {}) != sha256(one.rename(a="b"), {})
    assert sha256(one, {}) != sha256(xr.Dataset({"a": (("x", "y"), np.zeros((2, 2)))}), {})
    first, second = (pd.DataFrame({"a": words}) for words in (["ab", "c"], ["a", "bc"]))
    assert sha256(one, {"t": first}) != sha256(one, {"t": second})
