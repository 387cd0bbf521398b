"""The figures of a ranking show each point of the map and each index once, and leave out what is chance."""

from itertools import product

import numpy as np
import pytest

from selfseed.views.picture import draw
from selfseed.views.rank import draw_gains, draw_map, draw_sensitivity, write_rank
from selfseed.views.style import drawing

INTERVENTIONS = ("attraction blocked perfectly", "infiltration blocked perfectly")
ENDPOINTS = ("overall survival", "relapse-free survival")
PARAMETERS = ("return", "half-life of circulating cells", "establishment in organs")


def gain(back, life, roots, endpoint):
    return 1000.0 * ENDPOINTS.index(endpoint) + 100.0 * back + 10.0 * life + roots


def index(intervention, parameter, noise):
    told = {"first": 0.5, "first_error": 0.1, "total": 0.6, "total_error": 0.1}
    if noise == 1.0:
        told = dict.fromkeys(told)
    return {"intervention": intervention, "parameter": parameter, "noise": noise, "mean_gain_day": 12.0} | told


SUMMARY = {
    "title": "Made up", "patients": 9, "followed": 8, "arms": 3, "control": "surgery",
    "years": 10.0, "seed": 1, "words": [],
    "ranking": [
        {"arm": arm, "intervention": arm, "start_day": 0.0, "endpoint": endpoint, "gain_day": 5.0, "low_day": 1.0,
         "high_day": 9.0, "differing": 7, "carried_by": 6.0, "number_needed": "", "seen": True}
        for arm, endpoint in product(INTERVENTIONS, ("overall survival", "distant-metastasis-free survival"))
    ],
    "map": [
        {"return_fold": back, "half_life_fold": life, "establishment_fold": roots, "intervention": intervention,
         "endpoint": endpoint, "gain_day": gain(back, life, roots, endpoint), "seen": back == 4.0}
        for back, life, roots in product((1.0, 4.0), (2.0, 5.0), (3.0,))
        for intervention, endpoint in product(INTERVENTIONS, ENDPOINTS)
    ],
    "sensitivity": [index(one, name, noise) for one, noise in zip(INTERVENTIONS, (1.0, 0.1), strict=True)
                    for name in PARAMETERS],
}  # fmt: skip


def texts(picture):
    return [text.get_text() for axes in picture.figure.axes for text in axes.texts]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_map_shows_the_gain_of_each_point_with_a_mark_where_it_is_seen(endpoint):
    with drawing():
        shown = texts(draw_map(SUMMARY, endpoint))
    wanted = [
        f"{gain(back, life, 3.0, endpoint):.0f}\n{'●' if back == 4.0 else ''}"
        for back, life in product((1.0, 4.0), (2.0, 5.0))
    ]
    assert sorted(shown) == sorted(2 * wanted)


def test_an_intervention_whose_gain_is_chance_has_no_panel():
    figure = draw_sensitivity(SUMMARY).figure
    assert [axes.get_title("left") for axes in figure.axes] == ["infiltration blocked (10 % chance)"]
    assert {0.5, 0.6} <= set(np.concatenate([line.get_xdata() for line in figure.axes[0].lines]))


def test_the_page_holds_all_figures_and_none_of_indices_that_are_all_chance(tmp_path):
    page = write_rank(tmp_path / "all.html", SUMMARY).read_text()
    assert all(f"Where a perfect blocker can matter at all: {endpoint}" in page for endpoint in ENDPOINTS)
    assert "On what the gain of a perfect blocker hangs</" in page
    chance = SUMMARY | {"sensitivity": [row for row in SUMMARY["sensitivity"] if row["noise"] == 1.0]}
    assert "On what the gain of a perfect blocker hangs</" not in write_rank(tmp_path / "none.html", chance).read_text()


def test_a_scale_of_colours_keeps_its_colours_and_a_plain_figure_few(tmp_path):
    """Red, at the lower end of the scale, is in no field of the map, and must not be lost with the rare colours."""
    from io import BytesIO

    from PIL import Image

    points = product((1.0, 10.0, 100.0, 1000.0), (1.0, 10.0, 50.0), (0.3, 1.0, 3.0), INTERVENTIONS)
    full = [
        SUMMARY["map"][0] | {"return_fold": back, "half_life_fold": life, "establishment_fold": roots,
                             "intervention": name, "endpoint": "overall survival", "gain_day": 2.0 * number - 9.0}
        for number, (back, life, roots, name) in enumerate(points)
    ]  # fmt: skip
    with drawing():
        scaled, plain = draw(draw_map(SUMMARY | {"map": full}, "overall survival")), draw(draw_gains(SUMMARY))
    image = Image.open(BytesIO(scaled.png))
    assert image.mode == "RGB" and Image.open(BytesIO(plain.png)).mode == "P"
    dots = np.asarray(image, int)
    assert ((dots[..., 0] > 150) & (dots[..., 1:].max(axis=2) < 60)).sum() > 100
