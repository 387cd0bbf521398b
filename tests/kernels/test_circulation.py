"""The closed form of circulation is what linear algebra makes of the same body."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selfseed.kernels.circulation import ARTERY, GUT, LIVER, LUNG, ORGAN, PORTAL, VEIN, arrest_probabilities
from selfseed.theory.circulation import absorption, circuit

NAMES = {LUNG: "lung", LIVER: "liver", GUT: "gut", ORGAN: "organ"}
unit = st.floats(0.0, 1.0).map(lambda number: round(number, 6))


@st.composite
def bodies(draw):
    """Return a random body: any organs, any flows that fit, any arrest, any death."""
    sites = draw(st.integers(1, 6))
    place = np.array(draw(st.lists(st.sampled_from(sorted(NAMES)), min_size=sites, max_size=sites)))
    numbers = st.lists(unit, min_size=sites, max_size=sites).map(np.array)
    tumour_share, normal_share = draw(numbers), draw(numbers)
    for lungs in (True, False):
        here = (place == LUNG) == lungs
        filled = draw(st.floats(0.0, 0.999))
        total = (tumour_share[here] + normal_share[here]).sum()
        scale = filled / total if total > 1e-6 else 0.0
        tumour_share[here] = np.floor(1e6 * scale * tumour_share[here]) / 1e6
        normal_share[here] = np.floor(1e6 * scale * normal_share[here]) / 1e6
    elsewhere = np.array([draw(unit), draw(unit), draw(unit)])
    clearance = np.array(
        [draw(st.floats(1e-4, 0.1)), draw(st.floats(1.0, 10.0)), draw(st.floats(1.0, 60.0)), draw(unit)]
    )
    return place, tumour_share, draw(numbers), normal_share, draw(numbers), elsewhere, clearance


def closed_form(place, *rest):
    fate = np.empty((3, 2 * len(place) + 1))
    ways = arrest_probabilities(place, *rest, fate)
    return fate, ways


@settings(max_examples=300, deadline=None)
@given(bodies())
def test_the_closed_form_is_the_solution_of_the_chain(body):
    fate, _ = closed_form(*body)
    expected = absorption(*circuit([NAMES[place] for place in body[0]], *body[1:]))
    assert fate == pytest.approx(expected[:, :-1], rel=1e-8, abs=1e-12)
    assert 1.0 - fate.sum(axis=1) == pytest.approx(expected[:, -1], abs=1e-9)


@settings(max_examples=300, deadline=None)
@given(bodies())
def test_chances_are_chances_and_sum_to_at_most_one(body):
    fate, ways = closed_form(*body)
    assert (fate >= 0.0).all()
    assert (fate.sum(axis=1) <= 1.0 + 1e-9).all()
    assert all(-1e-12 <= way <= 1.0 for way in ways)


def simple_body(*, death=1e-3, arrest=0.1, portal_arrest=0.4):
    """Return lung, liver, gut and one more organ."""
    place = np.array([LUNG, LIVER, GUT, ORGAN])
    none = np.zeros(4)
    flows = np.array([1.0, 0.05, 0.2, 0.1])
    return (
        place, none, none, flows, np.full(4, arrest), np.array([arrest, 0.0, arrest]),
        np.array([death, 2.0, 15.0, portal_arrest]),
    )  # fmt: skip


def test_where_nothing_dies_every_cell_is_arrested_somewhere():
    fate, _ = closed_form(*simple_body(death=0.0))
    assert fate.sum(axis=1) == pytest.approx(np.ones(3), rel=1e-12)


def test_an_arrest_one_tenth_too_high_would_be_noticed():
    body = simple_body(arrest=0.11)
    expected = absorption(*circuit(["lung", "liver", "gut", "organ"], *simple_body()[1:]))
    assert closed_form(*body)[0] != pytest.approx(expected[:, :-1], rel=0.01)


def test_cells_shed_in_the_gut_meet_the_liver_first():
    fate, _ = closed_form(*simple_body())
    liver = 4 + 1
    assert fate[PORTAL, liver] > 0.4  # arrested at once, or after a round through the body
    assert fate[VEIN, liver] < 0.3
    all_arrested, _ = closed_form(*simple_body(portal_arrest=1.0))
    assert all_arrested[PORTAL, liver] == pytest.approx(1.0)


def test_cells_shed_in_the_lung_meet_the_organs_before_the_lung():
    fate, _ = closed_form(*simple_body(arrest=0.9))
    assert fate[VEIN, 4] > 0.85
    assert fate[ARTERY, 4] < 0.1


def test_a_body_in_which_nothing_stops_a_cell_is_no_division_by_zero():
    """A kernel never raises: without death and arrest a cell circulates for ever, and is arrested nowhere."""
    fate, _ = closed_form(*simple_body(death=0.0, arrest=0.0, portal_arrest=0.0))
    assert (fate == 0.0).all()
