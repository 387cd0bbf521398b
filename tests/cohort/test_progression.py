"""Progression and response are read from diameters as RECIST 1.1 has them, and from growth as closed forms have it."""

import math

import numpy as np
import pytest

from selfseed.cohort.progression import progression_of

LOOKS = 56.0 * np.arange(14)


def exponential(doubling_day, *, days=LOOKS, start_mm=20.0):
    """Return diameters whose volume doubles every ``doubling_day``: a third of that for the diameter."""
    return (start_mm * 2.0 ** (days / (3.0 * doubling_day)))[:, None]


@pytest.mark.parametrize("doubling_day", [30.0, 90.0, 150.0, 290.0])
def test_progression_of_exponential_growth_is_seen_at_the_look_after_its_closed_form(doubling_day):
    """The diameter grows by a fifth in 3 log2(1.2) doublings; from 20 mm the least of 5 mm takes log2(1.25) instead."""
    exact = 3.0 * doubling_day * math.log2(1.25)
    progressed, responded = progression_of(LOOKS, exponential(doubling_day), 10.0)
    assert progressed == LOOKS[math.ceil(exact / 56.0)] and math.isnan(responded)


def test_growth_one_tenth_faster_would_be_noticed():
    daily = np.arange(1000.0)
    found = [
        progression_of(daily, exponential(doubling, days=daily, start_mm=40.0), 10.0)[0] for doubling in (100, 110)
    ]
    assert found == [math.ceil(3.0 * doubling * math.log2(1.2)) for doubling in (100, 110)]
    assert found[1] / found[0] == pytest.approx(1.1, abs=0.02)


def test_growth_counts_from_the_smallest_since_the_start():
    shrinks = np.array([40.0, 30.0, 20.0, 24.0, 26.0, 47.0])[:, None]
    assert progression_of(LOOKS[:6], shrinks, 10.0) == (LOOKS[4], LOOKS[2])
    assert progression_of(LOOKS[:6], shrinks[[0, 1, 3, 4, 4, 4]], 10.0)[0] != LOOKS[2]


def test_five_millimetres_are_the_least():
    small = np.array([12.0, 15.0, 16.9, 17.0])[:, None]
    assert progression_of(LOOKS[:4], small, 10.0)[0] == LOOKS[3]


def test_a_new_organ_is_progression_even_while_the_others_shrink():
    diameters = np.array([[50.0, 0.0], [40.0, 5.0], [30.0, 9.9], [20.0, 10.0]])
    assert progression_of(LOOKS[:4], diameters, 10.0) == (LOOKS[3], LOOKS[2])
    assert math.isnan(progression_of(LOOKS[:3], diameters[:3], 10.0)[0])


def test_what_shrinks_at_the_look_of_progression_or_later_has_not_responded():
    later = np.array([[50.0, 0.0], [45.0, 12.0], [20.0, 12.0]])
    assert progression_of(LOOKS[:3], later, 10.0) == (LOOKS[1], pytest.approx(math.nan, nan_ok=True))


def test_who_had_no_metastasis_seen_cannot_progress():
    found = progression_of(LOOKS[:3], np.array([[9.0], [20.0], [60.0]]), 10.0)
    assert all(math.isnan(day) for day in found)
    assert all(math.isnan(day) for day in progression_of(LOOKS[:1], np.array([[30.0]]), 10.0))
