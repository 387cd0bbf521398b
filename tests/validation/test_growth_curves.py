"""V14 of the validation suite, and all five laws of growth: both engines follow the closed curves."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from tests.validation.arms import animals, arm, field, gompertz, implant

from selfseed.processes import GROWTH_LAWS
from selfseed.theory import gompertz as theory

RATE, DECAY = 0.5584, 0.0708
CELLS_PER_MM3 = 1e5


def tumour(growth, days, *, cells=CELLS_PER_MM3, times=None):
    return arm({"tumour": growth}, days, procedures=[implant("tumour", cells)], times=times)


def volumes(outcome):
    return outcome.record.cells[:, 0].sum(axis=-1) / CELLS_PER_MM3


def test_the_mean_field_follows_the_curve_of_gompertz():
    days = np.array([0.0, 1.0, 5.0, 10.0, 20.0, 30.0, 60.0, 400.0])
    grown = volumes(field(tumour(gompertz(RATE, DECAY), 400.0, times=days)))
    assert grown == pytest.approx(theory.volume_mm3(days, RATE, DECAY), rel=1e-5)
    assert grown[4:6] == pytest.approx([392.7, 1037.0], rel=1e-4)
    assert grown[-1] == pytest.approx(theory.capacity_mm3(RATE, DECAY), rel=1e-5)


def test_a_rate_one_tenth_too_high_would_be_noticed_in_the_curve():
    days = np.array([0.0, 20.0, 30.0])
    grown = volumes(field(tumour(gompertz(1.1 * RATE, DECAY), 30.0, times=days)))
    assert grown[1:] != pytest.approx(theory.volume_mm3(days, RATE, DECAY)[1:], rel=0.5)


def test_growth_is_fastest_at_the_capacity_over_e_and_the_first_doubling_takes_as_long_as_theory_says():
    days = np.linspace(0.0, 60.0, 6001)
    grown = volumes(field(tumour(gompertz(RATE, DECAY), 60.0, times=days[::20])))
    curve = np.interp(days, days[::20], np.log(grown))
    fastest = np.gradient(np.exp(curve), days).argmax()
    assert days[fastest] == pytest.approx(theory.inflection_day(RATE, DECAY), abs=0.3)
    assert np.exp(curve[fastest]) == pytest.approx(theory.capacity_mm3(RATE, DECAY) / np.e, rel=0.02)
    assert days[np.searchsorted(curve, np.log(2.0))] == pytest.approx(theory.doubling_days(RATE, DECAY), abs=0.02)


@pytest.mark.parametrize("turnover", [0.0, 0.5])
def test_a_stochastic_tumour_of_many_cells_follows_the_curve_of_gompertz(turnover):
    days = np.array([0.0, 10.0, 20.0, 30.0, 60.0])
    experiment = tumour(gompertz(RATE, DECAY) | {"turnover": turnover}, 60.0, times=days)
    grown = volumes(animals(experiment, 1, step=0.125)[0])
    assert grown == pytest.approx(theory.volume_mm3(days, RATE, DECAY), rel=0.01)


def test_the_error_of_a_step_falls_with_its_square():
    days = np.array([0.0, 20.0])
    experiment = tumour(gompertz(RATE, DECAY), 20.0, cells=1e12, times=days)
    truth = theory.volume_mm3(20.0, RATE, DECAY, start=1e7)
    errors = [abs(volumes(animals(experiment, 1, step=step)[0])[-1] / truth - 1.0) for step in (2.0, 1.0, 0.5)]
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.25)
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.25)


def rate_per_day(law, volume):
    """Return the growth rate of each law, written out once more."""
    power, end = volume ** (0.656 - 1.0), 1070.0 ** (0.656 - 1.0)
    return {
        "exponential": 0.3,
        "logistic": 0.3 * (1.0 - volume / 1070.0),
        "gompertz": 0.3 - 0.0708 * np.log(volume),
        "power_law": 0.3 * power,
        "von_bertalanffy": 0.3 * (power - end) / (1.0 - end),
    }[law]


@pytest.mark.parametrize("law", GROWTH_LAWS)
def test_both_engines_follow_every_law_of_growth(law):
    experiment = tumour({"law": law, "initial_rate": 0.3}, 15.0, cells=1e7)

    def days_to(volume):
        return quad(lambda v: 1.0 / (v * rate_per_day(law, v)), 100.0, volume, epsrel=1e-10)[0]

    if law == "gompertz":  # above its capacity of 69 mm^3 a tumour shrinks
        expected = theory.volume_mm3(15.0, 0.3, 0.0708, start=100.0)
    else:
        largest = 1060.0 if law in ("logistic", "von_bertalanffy") else 1e5
        expected = brentq(lambda volume: days_to(volume) - 15.0, 100.0, largest)
    assert volumes(field(experiment))[-1] == pytest.approx(expected, rel=1e-5)
    assert volumes(animals(experiment, 1, step=0.25)[0])[-1] == pytest.approx(expected, rel=3e-3)
