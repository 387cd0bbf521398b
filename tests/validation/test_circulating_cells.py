"""V20 of the validation suite: circulating cells in steady state, and the chance to find one in a tube of blood."""

import math

import numpy as np
import pytest
from tests.validation.arms import arm, exponential, field, implant

from selfseed.kernels.circulation import ORGAN, arrest_probabilities, standing_cells
from selfseed.theory import circulation as theory

BLOOD_ML, OUTPUT_ML_PER_MINUTE = 5000.0, 5600.0


def circulating(per_day, half_life_minutes, *, lung_share=0.2):
    """Return what the kernels say of a body in which cells only die, with all cells entering the vein."""
    transit = 60.0 * BLOOD_ML / OUTPUT_ML_PER_MINUTE
    death = math.log(2.0) / (60.0 * half_life_minutes)
    clearance = np.array([death, transit * lung_share, transit * (1.0 - lung_share), 0.0])
    one, none = np.array([0.5]), np.zeros(1)
    fate = np.empty((3, 3))
    ways = arrest_probabilities(np.array([ORGAN]), none, none, one, none, np.zeros(3), clearance, fate)
    return standing_cells(np.array([per_day, 0.0, 0.0]), *ways, clearance, OUTPUT_ML_PER_MINUTE)


@pytest.mark.parametrize("half_life_minutes, cells", [(1.0, 1001.9), (60.0, 60112.0)])
def test_the_standing_number_of_circulating_cells_is_that_of_theory(half_life_minutes, cells):
    in_blood, _, _ = circulating(1e6, half_life_minutes)
    assert in_blood == pytest.approx(theory.standing_count(1e6, half_life_minutes), rel=1e-9)
    assert in_blood == pytest.approx(cells, rel=1e-4)


def test_a_half_life_one_tenth_too_long_would_be_noticed():
    in_blood, _, _ = circulating(1e6, 1.1)
    assert in_blood != pytest.approx(theory.standing_count(1e6, 1.0), rel=0.05)


def test_a_tube_of_blood_holds_a_cell_as_often_as_theory_says():
    in_blood, _, _ = circulating(1e6, 1.0)
    assert theory.tube_finds_a_cell(in_blood, 7.5, BLOOD_ML) == pytest.approx(0.7775, abs=5e-5)


def test_long_lived_cells_are_as_dense_in_vein_and_artery_as_in_all_blood():
    in_blood, vein, artery = circulating(1e6, 600.0)
    assert vein == pytest.approx(in_blood / BLOOD_ML, rel=2e-3)
    assert artery == pytest.approx(in_blood / BLOOD_ML, rel=2e-3)


def test_short_lived_cells_are_rarer_beyond_the_lungs_by_what_dies_on_the_way():
    _, vein, artery = circulating(1e6, 1.0)
    lungs_minutes = 0.2 * BLOOD_ML / OUTPUT_ML_PER_MINUTE
    assert artery / vein == pytest.approx(0.5**lungs_minutes, rel=1e-9)


def test_a_quiet_tumour_keeps_the_blood_of_a_patient_as_full_as_theory_says():
    """Through the engine: 10^9 cells that shed one in a thousand a day, a half-life of one minute, no arrest."""
    parameters = {
        "shedding.rate": 1e-3,
        "shedding.size_exponent": 1.0,
        "circulation.death_rate": 60.0 * math.log(2.0),
        "circulation.arrest_lung": 0.0,
        "circulation.arrest_organ": 0.0,
        "circulation.arrest_liver_portal": 0.0,
        "attraction.baseline": 0.0,
    }
    quiet = arm(
        {"tumour": exponential(0.0)}, 1.0, procedures=[implant("tumour", 1e9)], parameters=parameters, host="human"
    )
    assert field(quiet).record.blood[0, 0] == pytest.approx(theory.standing_count(1e6, 1.0), rel=1e-9)
