"""From 1 to 10^12 cells: counts are whole, means right, and the size of a tumour costs nothing."""

import math

import numpy as np
import pytest
from tests.validation.arms import ALL_TO_THE_LUNG, animals, arm, exponential, final_cells, implant


def grown(cells, *, rate=0.1, steps=20):
    experiment = arm(
        {"tumour": exponential(rate, 0.0) | {"turnover": 0.5}}, 10.0, procedures=[implant("tumour", cells)]
    )
    return final_cells(animals(experiment, 4, step=10.0 / steps))


@pytest.mark.parametrize("cells", [1e9, 1e10, 1e12])
def test_the_mean_of_a_huge_tumour_is_right_to_the_fifth_digit(cells):
    spread = 6.0 * math.sqrt(4.0 / cells)
    assert grown(cells) == pytest.approx(cells * math.e, rel=max(1e-5, spread))


def test_growth_faster_by_one_part_in_a_thousand_would_be_noticed():
    assert grown(1e12, rate=0.1001) != pytest.approx(1e12 * math.e, rel=1e-5)


@pytest.mark.parametrize("cells", [1.0, 1e3, 1e6, 1e12])
def test_cells_are_whole_whatever_their_number(cells):
    counts = grown(cells)
    assert (counts == np.floor(counts)).all()
    assert (counts >= 0.0).all()


def test_what_a_huge_tumour_sheds_and_seeds_is_right():
    parameters = ALL_TO_THE_LUNG | {"shedding.rate": 1e-3, "establishment.lung": 1e-8}
    experiment = arm(
        {"tumour": exponential(0.1)},
        10.0,
        sites={"donor": "mammary_gland", "lung": "lung"},
        procedures=[implant("tumour", 1e12)],
        parameters=parameters,
    )
    outcome = animals(experiment, 1, step=0.1, max_families=1000)[0]
    shed = 1e-3 * 1e12 * math.expm1(0.099 * 10.0) / 0.099
    assert outcome.flow[0, 1, 0] == pytest.approx(shed, abs=6.0 * math.sqrt(shed) + 1e-5 * shed)
    assert outcome.routes[1, 3] == pytest.approx(shed * 1e-8, abs=6.0 * math.sqrt(shed * 1e-8))
