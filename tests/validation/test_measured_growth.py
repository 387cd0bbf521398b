"""The simulated band of growth holds the tumours that were measured: 581 volumes of 66 mice (Vaghi et al. 2020)."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.validation.kim import CONTROL, kim

from selfseed.engine import simulate
from selfseed.processes import PARAMETERS

SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[3] / "shared"))
VOLUMES = SHARED / "data" / "growth" / "breast_vol_data.txt"


@pytest.fixture(scope="module")
def measured():
    if not VOLUMES.exists():
        pytest.skip("the measured volumes of Vaghi et al. 2020 are not beside the project (SELFSEED_SHARED)")
    table = pd.read_csv(VOLUMES, sep="\t")
    table = table[table["Observation"] > 0]
    assert (len(table), table["ID"].nunique()) == (581, 66)
    return table


def donors(**parameters):
    """Return log volumes of LM2 donors, with and without return: float[arm, animal, day], and the days."""
    run = simulate(kim(CONTROL, switch_off=("return",), **parameters), seed=1, replicates=300)
    donor = list(run.arrays["site"].values).index("donor")
    return np.log(run.arrays["volume"].values[..., donor]), run.arrays["time"].values


def share_in_band(measured, log_volume, days, *, fold=1.0, error=PARAMETERS["measurement.volume_error"].mouse):
    """Return the share of observations between the 5th and the 95th percentile of simulated measurements."""
    noise = np.random.default_rng(1).normal(0.0, error, (log_volume.shape[0], days.size))
    low, high = np.percentile(log_volume + noise, [5.0, 95.0], axis=0)
    time = measured["Time"].to_numpy()
    seen = np.log(measured["Observation"].to_numpy() * fold)
    return ((np.interp(time, days, low) <= seen) & (seen <= np.interp(time, days, high))).mean()


@pytest.fixture(scope="module")
def simulated():
    return donors()


@pytest.mark.parametrize("arm", [0, 1], ids=["with return", "without return"])
def test_the_90_percent_band_of_donors_holds_80_to_97_percent_of_what_was_measured(measured, simulated, arm):
    log_volume, days = simulated
    assert 0.80 <= share_in_band(measured, log_volume[arm], days) <= 0.97


def test_mice_all_alike_would_be_noticed(measured):
    log_volume, days = donors(**{"growth.between_rate": 0.0, "growth.between_decay": 0.0, "establishment.home": 0.0})
    assert share_in_band(measured, log_volume[1], days) < 0.80


@pytest.mark.parametrize("fold", [0.4, 2.0])
def test_tumours_of_another_size_would_be_noticed(measured, simulated, fold):
    log_volume, days = simulated
    assert share_in_band(measured, log_volume[1], days, fold=fold) < 0.80


def test_a_band_that_holds_everything_would_be_noticed(measured, simulated):
    log_volume, days = simulated
    assert share_in_band(measured, log_volume[1], days, error=0.5) > 0.97
