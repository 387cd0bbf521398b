"""The gain by return is taken apart into what each mechanism carried and what no single one accounts for."""

from dataclasses import replace

import numpy as np
import pytest
from tests.synthetic_run import FOLD_OF_SWITCH, synthetic_run

from selfseed.analysis.decomposition import parts_of_gain, table

PARTS = ["gain", "crowding_relief", "selection", "niche", "remainder"]


def test_each_part_is_the_fold_that_was_built_in(run):
    rows = table(run).set_index(["site", "part"]).loc["recipient"]
    assert list(rows.index) == PARTS
    assert rows.loc["gain", "fold"] == pytest.approx(1.5)
    for mechanism in ("crowding_relief", "selection", "niche"):
        row = rows.loc[mechanism]
        assert row["fold"] == pytest.approx(FOLD_OF_SWITCH[mechanism])
        assert row["fold_low"] < row["fold"] < row["fold_high"]
        assert row["share"] == pytest.approx(np.log(row["fold"]) / np.log(1.5))
    assert rows.loc["remainder", "fold"] == pytest.approx(1.5 / (1.2 * 1.1 * 1.05))


def test_parts_add_up_to_the_gain_in_every_mouse(run):
    parts = parts_of_gain(run, "recipient")
    assert np.allclose(sum(parts[name] for name in PARTS[1:]), parts["gain"])


def test_without_the_counterfactual_nothing_is_claimed(run):
    assert len(table(replace(run, arrays=run.arrays.isel(arm=slice(4))))) == 0


def test_a_mechanism_that_was_not_switched_off_falls_to_the_remainder(run):
    kept = [name for name in run.arrays.arm.values if name != "without niche"]
    parts = parts_of_gain(replace(run, arrays=run.arrays.sel(arm=kept)), "recipient")
    assert list(parts) == ["gain", "crowding_relief", "selection", "remainder"]
    assert np.exp(parts["remainder"].mean()) == pytest.approx(1.5 / (1.2 * 1.1))


def test_where_nothing_was_gained_there_is_nothing_to_share(run):
    donor = table(run).set_index(["site", "part"]).loc["donor"]
    assert (donor["fold"] == 1.0).all()
    assert donor["share"].isna().all()


def test_a_site_that_was_never_seeded_has_no_gain_to_explain(run):
    assert "control" not in set(table(run)["site"])


def test_one_mouse_has_parts_but_no_intervals():
    rows = table(synthetic_run(arms=1, replicates=1)).set_index(["site", "part"]).loc["recipient"]
    assert rows.loc["gain", "fold"] == pytest.approx(1.5)
    assert rows["low"].isna().all() and rows["share"].isna().all()
