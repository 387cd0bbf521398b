"""What becomes of shed cells: as many in each bed as the chances say, whatever the body."""

import numpy as np
import pytest
from tests.validation.arms import ALL_TO_THE_LUNG, animals, arm, exponential, implant

from selfseed.engine.plan import plan_setting
from selfseed.kernels.body import circulate
from selfseed.kernels.delivery import route_of
from selfseed.kernels.families import CROSS, METASTATIC, PRIMARY, SECONDARY

SITES = {"donor": "mammary_gland", "other": "skin", "lung": "lung", "liver": "liver", "gut": "gut", "bone": "bone"}


def shed(site, *, cells=1e11, fold=1.0):
    """Return setting and outcome of a quiet tumour that sheds one cell in a thousand, and the chances of their fate."""
    parameters = {
        "shedding.rate": 1e-3 * fold,
        "infiltration.crossing_rate": 1.0,
        "establishment.home": 1e-6,
        "establishment.bone": 1e-5,
        "establishment.lung": 1e-6,
    }
    experiment = arm(
        {"tumour": exponential(0.0)},
        1.0,
        sites=SITES,
        procedures=[implant("tumour", cells, site)],
        parameters=parameters,
    )
    setting = plan_setting(experiment)
    fate = np.zeros((1, 3, 2 * len(SITES) + 1))
    tumour = np.zeros((len(SITES), 1))
    tumour[list(SITES).index(site)] = cells
    circulate(setting, tumour, -1, fate, np.zeros((1, 3)))
    return setting, animals(experiment, 1, step=1.0)[0], fate[0]


@pytest.mark.parametrize("site, start", [("donor", 0), ("lung", 1), ("gut", 2)])
def test_shed_cells_are_arrested_and_cross_as_often_as_the_chances_say(site, start):
    setting, outcome, fate = shed(site)
    number = -1e11 * np.expm1(-1e-3)
    arrested = number * (fate[start, :6] + fate[start, 6:12])
    flow = outcome.flow[list(SITES).index(site)]
    assert (abs(flow[:, 0] - arrested) < 5.0 * np.sqrt(arrested + 1.0)).all()
    crossed = arrested * setting.infiltration[0]
    assert (abs(flow[:, 1] - crossed) < 5.0 * np.sqrt(crossed + 1.0)).all()
    settled = number * setting.infiltration[0] * fate[start, :12] * setting.establishment[0, :12, 0]
    settled = settled[:6] + settled[6:]
    assert (abs(flow[:, 2] - settled) < 5.0 * np.sqrt(settled + 1.0)).all()


def test_one_tenth_more_shedding_would_be_noticed_in_every_bed():
    _, outcome, fate = shed("donor", fold=1.1)
    arrested = -1e11 * np.expm1(-1e-3) * (fate[0, :6] + fate[0, 6:12])
    assert (abs(outcome.flow[0, :, 0] - arrested) > 5.0 * np.sqrt(arrested)).all()


@pytest.mark.parametrize(
    "source, site, home, in_tumour, route",
    [
        (0, 0, 0, True, PRIMARY),
        (0, 0, 1, True, PRIMARY),
        (2, 0, 0, True, SECONDARY),
        (0, 1, 0, True, CROSS),
        (2, 1, 0, True, CROSS),
        (0, 2, 0, False, METASTATIC),
    ],
)
def test_a_route_tells_where_a_seed_came_from_and_where_its_line_is_at_home(source, site, home, in_tumour, route):
    assert route_of(source, site, home, in_tumour) == route


def test_a_lung_that_stops_every_cell_is_no_division_by_zero():
    """Both ends of a range are allowed: no cell dies in the blood, and the first lung bed arrests all."""
    parameters = ALL_TO_THE_LUNG | {"circulation.death_rate": 0.0, "shedding.rate": 1e-2}
    experiment = arm(
        {"tumour": exponential(0.0)},
        1.0,
        sites={"donor": "mammary_gland", "lung": "lung"},
        procedures=[implant("tumour", 1e4)],
        parameters=parameters,
    )
    outcome = animals(experiment, 1)[0]
    assert outcome.flow[0, 1, 0] == outcome.ledger[4:7].sum()
