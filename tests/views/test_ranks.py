"""Pictures of calibration and of predictions show what the numbers say."""

import numpy as np

from selfseed.inference.calibration_check import Ranks, chance_if_calibrated
from selfseed.inference.held_out import HeldOut
from selfseed.views.held_out import draw_held_out
from selfseed.views.ranks import draw_ranks


def test_ranks_of_a_narrow_posterior_are_high_at_both_ends_of_the_picture():
    rng = np.random.default_rng(1)
    right = rng.integers(0, 100, 400)
    narrow = np.where(rng.random(400) < 0.3, rng.choice([2, 97], 400), right)
    ranks = Ranks(("right", "narrow"), np.stack([right, narrow], axis=-1), 99)
    picture = draw_ranks(ranks, chance_if_calibrated(ranks))
    counts = picture.data.groupby("parameter")["fits"]
    assert counts.sum().to_dict() == {"right": 400, "narrow": 400}
    assert counts.apply(lambda bars: bars.iloc[[0, -1]].min())["narrow"] > 3 * counts.mean()["right"] / 1.5
    assert [axes.get_title().split(",")[0] for axes in picture.figure.axes] == ["right", "narrow"]


def test_predictions_are_drawn_in_five_steps_of_days_ahead():
    days = np.arange(1.0, 101.0)
    value = np.where(days > 80.0, 10.0, 1.0)
    made = HeldOut(
        np.array(["m"] * 100), days, value, np.full(100, 0.5), np.ones(100), np.full(100, 2.0), days, nominal=0.9
    )
    picture = draw_held_out({"a law": made})
    assert picture.data["inside"].tolist() == [100.0, 100.0, 100.0, 100.0, 0.0]
    assert picture.data["error"].iloc[-1] > 200.0 and picture.data["error"].iloc[0] == 0.0
