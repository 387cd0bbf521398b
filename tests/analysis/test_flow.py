"""Seeds that leave are seeds that arrive, and secondary self-seeding is counted against primary."""

import numpy as np
import pytest
from tests.synthetic_run import synthetic_run

from selfseed.analysis.flow import ALL_SITES, flow, primary_and_secondary


def test_flow_is_the_mean_over_mice(run):
    found = flow(run)
    assert found.dims == ("arm", "source", "site", "stage")
    by_hand = sum(run.arrays.flow.values[0, mouse, 0, 1, 2] for mouse in range(12)) / 12
    assert found.sel(arm="LM2", source="donor", site="recipient", stage="established") == pytest.approx(by_hand)


def test_all_that_took_root_came_by_a_route(run):
    arrived = flow(run).sel(stage="established").sum("source").values
    assert np.allclose(arrived, run.arrays.seeds_by_route.mean("replicate").sum("route").values)


def test_the_ratio_is_that_of_the_means(run):
    table = primary_and_secondary(run).set_index(["arm", "site"])
    counts = run.arrays.seeds_by_route.values[0].sum(axis=(0, 1))
    row = table.loc[("LM2", ALL_SITES)]
    assert row["primary"] == counts[0] / 12 and row["secondary"] == counts[1] / 12
    assert row["ratio"] == pytest.approx(counts[1] / counts[0])
    assert row["low"] < row["ratio"] < row["high"]
    assert table.loc[("LM2", "donor"), "ratio"] == row["ratio"]


def test_no_primary_seed_means_no_ratio(run):
    table = primary_and_secondary(run).set_index(["arm", "site"])
    assert np.isnan(table.loc[("without return", ALL_SITES), "ratio"])


def test_one_mouse_has_a_ratio_but_no_interval():
    row = primary_and_secondary(synthetic_run(arms=1, replicates=1)).iloc[0]
    assert row["ratio"] > 0 and np.isnan(row["low"])
