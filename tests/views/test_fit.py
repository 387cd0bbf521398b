"""The report of a fit shows what else to measure."""

from selfseed.views.fit import draw_designs


def proposal(observable, left):
    return {
        "observable": observable, "site": "vein", "left": left, "correlation": -0.5, "helps": left < 0.7,
        "animals": 6, "days": [40.0], "noise": {}, "assumed": True, "spread": [0.1, 0.1],
    }  # fmt: skip


def test_what_helps_most_is_the_shortest_bar_and_blue():
    designs = [{"parameters": ["a", "b"], "correlation": -0.99, "spread": [1.0, 1.0],
                "proposals": [proposal("ctc", 0.03), proposal("seeds", 0.98)]}]  # fmt: skip
    picture = draw_designs(designs)
    assert picture.data["left"].tolist() == [3.0, 98.0]
    bars = picture.figure.axes[0].patches
    assert bars[0].get_width() < bars[1].get_width()
    assert bars[0].get_facecolor() != bars[1].get_facecolor()
