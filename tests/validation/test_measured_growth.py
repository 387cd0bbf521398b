"""Simulated LM2 tumours spread as 66 measured ones do."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from selfseed import catalog
from selfseed.engine import simulate

SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[3] / "shared"))
VOLUMES = SHARED / "data" / "growth" / "breast_vol_data.txt"


@pytest.fixture(scope="module")
def measured():
    if not VOLUMES.exists():
        pytest.skip("the measured volumes of Vaghi et al. 2020 are not beside the project (SELFSEED_SHARED)")
    table = pd.read_csv(VOLUMES, sep="\t")
    return table[table["Observation"] > 0]


def coverage(measured, **parameters):
    """Return the share of observations within the 90 % band of 200 simulated donors, measured with error."""
    preset = catalog.get("kim2009-two-gland")
    scenario = preset.model_copy(
        update={"uncertain": {}, "switch_off": (), "arms": {"LM2 donor": preset.arms["LM2 donor"]}}
    )
    for name, value in parameters.items():
        scenario = scenario.at(f"growth.{name}", value)
    run = simulate(scenario, seed=11, replicates=200)
    volume = run.arrays["volume"].sel(arm="LM2 donor", site="donor")
    error = np.random.default_rng(11).normal(0.0, 0.164, volume.shape)
    band = np.quantile(volume.values * np.exp(error), [0.05, 0.95], axis=0)
    low, high = (np.interp(measured["Time"], volume["time"].values, limit) for limit in band)
    return float(((measured["Observation"] >= low) & (measured["Observation"] <= high)).mean())


def test_the_simulated_band_holds_the_measured_volumes(measured):
    assert len(measured) == 581
    assert 0.80 <= coverage(measured) <= 0.97


def test_mice_that_were_all_alike_would_be_noticed(measured):
    assert coverage(measured, between_rate=0.0, between_decay=0.0) < 0.80


def test_mice_twice_as_different_would_be_noticed(measured):
    assert coverage(measured, between_rate=0.4, between_decay=0.5) > 0.97
