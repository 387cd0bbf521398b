"""V19 of the validation suite: the labelled share of a tumour is what its influx says, whatever its law of growth."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from tests.validation.arms import arm, field, implant

from selfseed.engine.plan import plan_setting
from selfseed.kernels.body import circulate
from selfseed.theory.seeding import label_share

DAYS = 60.0
TIMES = np.linspace(0.0, DAYS, 241)


def two_glands(growth, *, shedding=1e-2):
    """Return a labelled and an unlabelled tumour of cells alike, between which cells go by blood and join the mass."""
    clones = {
        "labelled": {"label": "GFP", "growth": growth},
        "plain": {"label": "none", "growth": growth},
    }
    parameters = {
        "shedding.rate": shedding,
        "attraction.baseline": 0.2,
        "infiltration.crossing_rate": 10.0,
        "establishment.home": 1.0,
    }
    return arm(
        clones,
        DAYS,
        sites={"donor": "mammary_gland", "recipient": "mammary_gland"},
        procedures=[implant("labelled", 1e7), implant("plain", 1e5, "recipient")],
        parameters=parameters,
        times=TIMES,
    )


def measured(experiment):
    """Return the labelled share of the recipient at the end, and the integral of labelled influx over its cells.

    The influx is that of the engine: what both tumours shed, times its fate. Donor and recipient are of cells alike,
    so that what leaves, and what comes back home, changes no share.
    """
    setting, outcome = plan_setting(experiment), field(experiment)
    cells = outcome.record.cells
    influx = np.empty(TIMES.size)
    chances = np.empty(TIMES.size)
    for row, now in enumerate(cells):
        fate = np.zeros((2, 3, 5))
        circulate(setting, now, -1, fate, np.zeros((2, 3)))
        root = fate[:, 0, 1] * setting.infiltration * setting.establishment[0, 1]
        chances[row] = (setting.shedding * root * now[0]).sum()
        recipient_share = now[1] / now[1].sum()
        donor_share = now[0] / now[0].sum()
        # unlabelled cells that come from the donor count as labelled ones that do not come
        influx[row] = chances[row] * (donor_share[0] - recipient_share[0]) / (1.0 - recipient_share[0]) / now[1].sum()
    assert CubicSpline(TIMES, chances).integrate(0.0, DAYS) == pytest.approx(outcome.flow[0, 1, 2], rel=1e-5)
    return cells[-1, 1, 0] / cells[-1, 1].sum(), float(CubicSpline(TIMES, influx).integrate(0.0, DAYS))


LAWS = {
    "exponential": {"law": "exponential", "initial_rate": 0.08, "max_rate": 0.08},
    "gompertz": {"law": "gompertz"},
    "logistic": {"law": "logistic", "initial_rate": 0.35},
    "power_law": {"law": "power_law", "initial_rate": 0.5},
}


@pytest.mark.parametrize("law", LAWS)
def test_the_labelled_share_depends_on_influx_alone(law):
    share, influx = measured(two_glands(LAWS[law]))
    assert 0.01 < share < 0.9
    assert share == pytest.approx(label_share(influx), rel=1e-4)


def test_one_tenth_more_influx_would_be_noticed():
    share, influx = measured(two_glands(LAWS["gompertz"]))
    assert share != pytest.approx(label_share(1.1 * influx), rel=0.02)


def test_the_share_of_an_influx_of_one_part_in_500_a_day_is_that_of_the_validation_table():
    """Two tumours that do not grow; release is tuned until labelled influx over cells sums to 0.12 in 60 days."""
    quiet = {"law": "exponential", "initial_rate": 0.0, "max_rate": 0.0}
    shedding = 1e-6
    for _ in range(15):
        share, influx = measured(two_glands(quiet, shedding=shedding))
        shedding *= 0.002 * 60.0 / influx
    assert influx == pytest.approx(0.12, rel=1e-4)
    assert share == pytest.approx(0.11308, rel=2e-4)
    assert label_share(0.002 * 60.0) == pytest.approx(0.11308, abs=5e-6)
