"""The figures of size and outcome show what was found, and say where nothing can be told."""

import numpy as np
import pytest

from selfseed.views.size import ARROWS, BOXES, CUTS, draw_associations, draw_diagram, draw_ranges, draw_regressions
from selfseed.views.style import drawing


@pytest.fixture(autouse=True)
def _styled():
    with drawing():
        yield


def texts(picture):
    return [text.get_text() for axes in picture.figure.axes for text in axes.texts]


def test_each_arrow_joins_boxes_and_each_number_on_it_is_explained():
    assert {name for arrow in ARROWS for name in arrow[:2]} == set(BOXES)
    assert {number for arrow in ARROWS for number in arrow[2].split()} == set(CUTS)
    shown = texts(draw_diagram())
    assert all(words in shown for words in CUTS.values())


def test_dealing_sizes_out_cuts_every_arrow_into_size_and_none_out_of_it():
    into = [cut for _, end, cut, _ in ARROWS if end == "size"]
    assert len(into) == 3 and all("2" in cut for cut in into)
    assert not any("2" in cut for _, end, cut, _ in ARROWS if end != "size")


def rows_of(low, high, note=""):
    return {
        "regression": "size alone", "patients_are": "all", "log_ratio": 0.5 * (low + high), "low": low, "high": high,
        "hazard_ratio": np.exp(0.5 * (low + high)), "patients": 9, "metastases": 3, "note": note,
    }  # fmt: skip


def test_a_regression_that_could_not_be_made_is_named_with_its_reason():
    known = rows_of(0.2, 0.8)
    missing = rows_of(np.nan, np.nan, "too few metastases") | {"patients_are": "no metastasis at diagnosis"}
    assert "too few metastases" in texts(draw_regressions({"regressions": [known, missing]}))
    assert "too few metastases" not in texts(draw_regressions({"regressions": [known]}))


def test_axes_of_ratios_end_near_what_is_drawn():
    """An interval down to 0.35 needs no axis down to 0.004."""
    rows = [{"world": name, "low": -1.05, "high": 1.5, "hazard_ratio": 1.3} for name in ("one", "other")]
    low, high = draw_associations({"associations": rows}).figure.axes[0].get_xlim()
    assert 0.3 < low < 0.35 and np.exp(1.5) < high < 5.0


def test_ranges_without_an_association_are_drawn_as_nothing():
    row = {"assumption": "one", "share": "causal", "estimate": None, "low": None, "high": None, "hazard_ratio": 1.1}
    lines = draw_ranges({"ranges": [row]}).figure.axes[0].lines
    assert not np.isfinite(np.concatenate([line.get_xdata() for line in lines if len(line.get_xdata()) == 1])).any()


def test_the_ranges_have_a_line_for_each_assumption():
    shares = ("causal", "common cause", "through self-seeding")
    table = [
        {"assumption": name, "share": share, "estimate": 0.5, "low": 0.3, "high": 0.7, "hazard_ratio": 2.0}
        for name in ("one", "other")
        for share in shares
    ]
    axes = draw_ranges({"ranges": table}).figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["other", "one"]
    assert axes.get_xlabel().endswith("(%)")
