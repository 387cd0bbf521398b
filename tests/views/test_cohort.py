"""Pictures of virtual patients show what the numbers say, and nothing is drawn outside or on top of other words."""

import numpy as np
import pandas as pd
import pytest
from tests.cohort.cohorts import cohort

from selfseed.cohort.hazards import estimate_hazard_ratios
from selfseed.cohort.mice import count_mice_for_share
from selfseed.cohort.organs import estimate_incidence
from selfseed.cohort.reference import compare_with_real
from selfseed.cohort.survival import estimate_survival
from selfseed.cohort.trial import estimate_power
from selfseed.views.cohort import draw_hazard_ratios, draw_incidence, draw_power, draw_survival
from selfseed.views.picture import draw
from selfseed.views.reality import draw_reality
from selfseed.views.style import drawing

ENDPOINT = "distant-metastasis-free survival"


@pytest.fixture(scope="module")
def patients():
    return cohort(np.random.default_rng(1), 600, arms=("no treatment", "IL-6 and IL-8 blocked"), effect=2.0)


def words(picture):
    """Return the texts of a figure that are drawn, and check that each lies within it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(picture.figure)
    canvas.draw()
    width, height = picture.figure.bbox.width, picture.figure.bbox.height
    axes = [axis for axes in picture.figure.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = {id(label) for axis in axes for label in axis.get_ticklabels(which="both")}  # some lie off the axis
    found = []
    for text in picture.figure.findobj(lambda it: hasattr(it, "get_text") and it.get_visible()):
        if not text.get_text().strip():
            continue
        box = text.get_window_extent(canvas.get_renderer())
        found.append((text.get_text(), box))
        inside = box.x0 > -2 and box.y0 > -2 and box.x1 < width + 2 and box.y1 < height + 2
        assert id(text) in ticks or inside, text.get_text()
    return found


def test_survival_tells_how_many_are_at_risk(patients):
    curves = estimate_survival(patients, ENDPOINT)
    with drawing():
        picture = draw_survival(curves, ENDPOINT)
        told = words(picture)
        assert draw(picture).svg.startswith("<svg")
    first = curves[curves["arm"] == "no treatment"]["at_risk"].iloc[0]
    assert f"{first:,}" in [text for text, _ in told]
    assert "years since diagnosis" in [text for text, _ in told]
    names = [box for text, box in told if text == "IL-6 and IL-8 blocked"]
    counts = [box for text, box in told if text == f"{first:,}"]
    assert not any(name.overlaps(count) for name in names for count in counts)


def test_curves_that_hide_each_other_are_told_and_the_legend_leaves_them_free(patients):
    apart = estimate_survival(patients, "overall survival")
    one = apart[apart["arm"] == apart["arm"].iloc[0]]
    twice = pd.concat([one, one.assign(arm="the same")])
    assert "hide each other" not in draw_survival(apart, "overall survival").caption
    assert "hide each other" in draw_survival(twice, "overall survival").caption
    low = twice.assign(survival=twice["survival"] * (twice["time_day"] < 10.0))
    corners = [draw_survival(curves, "overall survival").figure.axes[0].get_legend()._loc for curves in (twice, low)]
    assert corners == [3, 1]


def test_each_organ_has_a_panel_and_each_arm_a_curve(patients):
    with drawing():
        picture = draw_incidence(estimate_incidence(patients, ("bone", "lung", "liver")))
        words(picture)
    shown = picture.figure.axes
    assert [axes.get_title(loc="left") for axes in shown] == ["bone", "lung", "liver"]
    assert {len(axes.lines) for axes in shown} == {2}


def test_hazard_ratios_are_drawn_and_written(patients):
    table = estimate_hazard_ratios(patients, "overall survival", {"arm": 1.0, "diameter_mm": 10.0})
    with drawing():
        picture = draw_hazard_ratios(table, "overall survival")
        told = [text for text, _ in words(picture)]
    assert "IL-6 and IL-8 blocked\nv no treatment" in told and "diameter, per 10 mm" in told
    row = table[(table["covariate"] == "diameter_mm") & (table["model"] == "alone")].iloc[0]
    assert f"{row['hazard_ratio']:.2f} ({row['low']:.2f}–{row['high']:.2f})" in told


def test_power_is_drawn_beside_its_formula(patients):
    table = estimate_power(patients, "IL-6 and IL-8 blocked", ENDPOINT, [50, 100], follow_up_years=[2, 5], trials=50)
    with drawing():
        picture = draw_power(table)
        told = [text for text, _ in words(picture)]
        mice = draw_power(count_mice_for_share(0.85, 0.4))
    assert "5 years of follow-up" in told and "Schoenfeld's formula" in told
    assert mice.name == "cohort-mice" and "mice in each arm" in [text for text, _ in words(mice)]


def test_reality_is_drawn_with_its_misfit(patients):
    comparison = compare_with_real(patients, cohorts=["GBSG2"])
    with drawing():
        pictures = draw_reality(comparison)
        told = [text for picture in pictures for text, _ in words(picture)]
    known = comparison[comparison["simulated"].notna() & comparison["real"].notna()]
    assert sum(len(picture.data) for picture in pictures) == len(known)
    assert "misfit (standard errors)" in told and "node-positive by size" in told
    assert "hazard ratio, or number in its unit" in told


def test_curves_of_drugs_are_those_of_the_drugs():
    from selfseed.cohort.read import read, treated_scenario
    from selfseed.views.drugs import draw_drugs, given_drugs

    given = given_drugs(treated_scenario(read("breast-cohort")))
    assert [one.name for one in given] == ["paclitaxel", "siltuximab", "reparixin"]
    with drawing():
        picture = draw_drugs(given)
    for one in given:
        rows = picture.data[picture.data["drug"] == one.name]
        assert rows["effect"].to_numpy() == pytest.approx(one.effect(rows["day"].to_numpy()))
    assert {"paclitaxel", "kill over growth", "IL6 left"} <= {text for text, _ in words(picture)}
