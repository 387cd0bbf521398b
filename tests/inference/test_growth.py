"""The growth of LM2 in the table of parameters is what the measured tumours say."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from selfseed.inference.growth import fit_growth
from selfseed.processes import PARAMETERS

SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[3] / "shared"))
VOLUMES = SHARED / "data" / "growth" / "breast_vol_data.txt"
TABLE = {
    "growth.initial_rate": "initial_rate",
    "growth.decay": "decay",
    "growth.between_rate": "between_rate",
    "growth.between_decay": "between_decay",
    "growth.between_correlation": "correlation",
    "measurement.volume_error": "residual",
}


@pytest.fixture(scope="module")
def measured():
    if not VOLUMES.exists():
        pytest.skip("the measured volumes of Vaghi et al. 2020 are not beside the project (SELFSEED_SHARED)")
    table = pd.read_csv(VOLUMES, sep="\t")
    return table[table["Observation"] > 0]


def drawn(rng, animals, rate=0.5, decay=0.08, spread=0.2):
    """Return animal, time and volume of tumours that grow by known laws."""
    rows = []
    for animal in range(animals):
        a, b = rate * np.exp(spread * rng.standard_normal()), decay * np.exp(spread * rng.standard_normal())
        for day in np.arange(10.0, 40.0, 3.0):
            rows.append((animal, day, np.exp(a / b * -np.expm1(-b * day) + 0.05 * rng.standard_normal())))
    return np.array(rows).T


def test_known_growth_is_found_again():
    found = fit_growth(*drawn(np.random.default_rng(1), 200))
    assert found.initial_rate == pytest.approx(0.5, rel=0.05)
    assert found.between_decay == pytest.approx(0.2, rel=0.2)
    assert found.residual == pytest.approx(0.05, rel=0.15)


def test_growth_one_tenth_faster_would_be_noticed():
    found = fit_growth(*drawn(np.random.default_rng(1), 200, rate=0.55))
    assert found.initial_rate != pytest.approx(0.5, rel=0.05)


def test_the_table_states_what_66_measured_tumours_say(measured):
    found = fit_growth(measured["ID"], measured["Time"], measured["Observation"])
    assert (found.animals, found.observations) == (66, 581)
    for name, attribute in TABLE.items():
        assert PARAMETERS[name].mouse == pytest.approx(getattr(found, attribute), rel=0.02), name


def test_an_animal_seen_twice_is_refused_by_name():
    with pytest.raises(ValueError, match="animal 7 has 2 observations"):
        fit_growth([7, 7], [1.0, 2.0], [1.0, 2.0])
