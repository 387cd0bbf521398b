"""Arrows reach their nodes, pass no others, and their numbers can be read."""

import numpy as np
import pytest

from selfseed.views import style
from selfseed.views.graph import draw_graph
from selfseed.views.layout import arrange, bend, loop, node_radius

SIZE = np.array([5.2, 3.8])


def ways(count):
    """A busy mouse: everything goes from the first two nodes to all others, and back to the first."""
    linked = np.zeros((count, count), dtype=bool)
    linked[:2] = True
    linked[:, 0] = True
    return linked


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 12])
def test_nodes_do_not_touch_and_stay_inside(count):
    centres = arrange(ways(count), SIZE)
    radius = node_radius(centres)
    assert ((centres > radius) & (centres < SIZE - radius)).all()
    for index, centre in enumerate(centres):
        others = np.delete(centres, index, axis=0)
        assert (np.hypot(*(others - centre).T) > 2.2 * radius).all()


def test_no_arrow_of_six_sites_runs_through_another_site():
    linked = ways(6)
    centres = arrange(linked, SIZE)
    radius = node_radius(centres)
    for start, end in np.argwhere(linked & ~np.eye(6, dtype=bool)):
        others = np.delete(centres, [start, end], axis=0)
        curve = bend(centres[start], centres[end], radius)
        assert np.hypot(*(curve[:, None] - others).T).min() > radius


def test_an_arrow_begins_and_ends_at_the_rim():
    first, last = np.array([1.0, 1.0]), np.array([4.0, 2.0])
    curve = bend(first, last, 0.4)
    assert np.hypot(*(curve[0] - first)) == pytest.approx(0.4, abs=0.03)
    assert np.hypot(*(curve[-1] - last)) == pytest.approx(0.43, abs=0.03)


def test_there_and_back_are_two_curves():
    first, last = np.array([1.0, 1.0]), np.array([4.0, 1.0])
    there, back = bend(first, last, 0.4), bend(last, first, 0.4)
    assert abs(there[len(there) // 2, 1] - back[len(back) // 2, 1]) > 0.2


def test_a_loop_lies_on_the_outer_side():
    curve = loop(np.array([1.0, 1.0]), 0.4, np.array([3.0, 1.0]))
    assert curve[:, 0].min() < 0.4


def boxes_of_numbers(means):
    names = [f"site {number}" for number in range(len(means))]
    with style.drawing():
        figure = style.new_figure(4.3)
        draw_graph(figure, names, means, 0.01)
        figure.draw_without_rendering()
        return [text.get_window_extent() for text in figure.axes[0].texts if text.get_text() not in names]


def test_numbers_on_arrows_do_not_cover_each_other():
    means = np.where(ways(6), 10.0 ** np.add.outer(np.arange(6.0), np.arange(6.0)) / 100, 0.0)
    boxes = boxes_of_numbers(means)
    assert len(boxes) == ways(6).sum()
    covered = [(one, other) for number, one in enumerate(boxes) for other in boxes[:number] if one.overlaps(other)]
    assert not covered


def test_a_mean_below_the_least_is_not_drawn():
    assert len(boxes_of_numbers(np.array([[0.0, 5.0], [0.001, 0.0]]))) == 1
