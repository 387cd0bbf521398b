"""Where the nodes of a graph stand and how its arrows bend, so that no arrow runs through a node that it passes.

All places are in inches from the lower left corner of the axes.
"""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np

_BEND = 0.12
_MARGIN = 0.95
_LARGEST_RADIUS, _RADIUS_PER_DISTANCE = 0.37, 0.28
_MOST_ARRANGED = 7
_COST_OF_PASSING, _COST_OF_CROSSING, _COST_PER_SHORTNESS = 4.0, 0.6, 0.8


def arrange(linked: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return a centre for every node, on an ellipse, such that arrows are long and rarely cross.

    Parameters
    ----------
    linked : array of bool, shape (nodes, nodes)
        Whether an arrow goes from one node to another.
    size : array, shape (2,) [inch]

    Returns
    -------
    array, shape (nodes, 2) [inch]
        The first node is at the left. More than seven nodes keep their order, clockwise.
    """
    count = len(linked)
    places = _ellipse(count, size)
    if not 3 <= count <= _MOST_ARRANGED:
        return places
    links = [(start, end) for start, end in np.argwhere(linked) if start != end]
    costs, crossings = _costs(places), _crossings(count)
    orders = [np.array((0, *order)) for order in permutations(range(1, count))]
    return places[min(orders, key=lambda order: _cost(order, links, costs, crossings))]


def node_radius(centres: np.ndarray) -> float:
    """Return the radius of the nodes that leaves room for arrows between them [inch]."""
    distances = [float(np.hypot(*(one - other))) for one, other in combinations(centres, 2)]
    return min([_LARGEST_RADIUS, *(_RADIUS_PER_DISTANCE * distance for distance in distances)])


def bend(first: np.ndarray, last: np.ndarray, radius: float) -> np.ndarray:
    """Return the points of a curve from the rim of the node at ``first`` to the rim of the node at ``last``."""
    way = last - first
    corner = (first + last) / 2 + _BEND * np.array([-way[1], way[0]])
    t = np.linspace(0, 1, 200)[:, None]
    points = (1 - t) ** 2 * first + 2 * t * (1 - t) * corner + t**2 * last
    outside = (np.hypot(*(points - first).T) > radius) & (np.hypot(*(points - last).T) > radius + 0.03)
    return points[outside]


def loop(centre: np.ndarray, radius: float, middle: np.ndarray) -> np.ndarray:
    """Return the points of a curve from a node back to itself, on the side away from ``middle``."""
    away = centre - middle
    angle = np.arctan2(away[1], away[0]) if np.hypot(*away) > 0 else np.pi / 2
    spread = np.radians(32)
    ends = (
        (radius, angle + spread),
        (2.35 * radius, angle + 1.35 * spread),
        (2.35 * radius, angle - 1.35 * spread),
        (radius + 0.03, angle - spread),
    )
    corners = np.array([centre + reach * np.array([np.cos(turn), np.sin(turn)]) for reach, turn in ends])
    t = np.linspace(0, 1, 60)
    weights = np.column_stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    return weights @ corners


def _ellipse(count: int, size: np.ndarray) -> np.ndarray:
    """Return ``count`` places on an ellipse, the first one at the left, clockwise."""
    if count == 1:
        return size[None, :] / 2
    angles = np.pi - 2 * np.pi * np.arange(count) / count
    return size / 2 + (size / 2 - _MARGIN) * np.column_stack([np.cos(angles), np.sin(angles)])


def _costs(places: np.ndarray) -> np.ndarray:
    """Return what an arrow from one place to another costs: the nodes that it passes too near, and its shortness."""
    radius = node_radius(places)
    costs = np.zeros((len(places), len(places)))
    for start, end in permutations(range(len(places)), 2):
        curve = bend(places[start], places[end], radius)
        others = np.delete(places, [start, end], axis=0)
        nearest = np.hypot(*(curve[:, None] - others).T).min(axis=1)
        shortness = 1 / np.hypot(*(places[start] - places[end]))
        passed = int((nearest < radius + 0.1).sum())
        costs[start, end] = _COST_OF_PASSING * passed + _COST_PER_SHORTNESS * shortness
    return costs


def _crossings(count: int) -> np.ndarray:
    """Return whether the chords between places a, b and c, d cross, for all a, b, c, d on a ring."""
    a, b, c, d = np.ogrid[:count, :count, :count, :count]
    low, high = np.minimum(a, b), np.maximum(a, b)
    inside = [(low < end) & (end < high) for end in (c, d)]
    apart = (c != a) & (c != b) & (d != a) & (d != b)
    return apart & (inside[0] != inside[1])


def _cost(order: np.ndarray, links: list[tuple[int, int]], costs: np.ndarray, crossings: np.ndarray) -> float:
    if not links:
        return 0.0
    starts, ends = order[np.array(links)].T
    crossed = crossings[starts[:, None], ends[:, None], starts, ends].sum() / 2
    return float(costs[starts, ends].sum() + _COST_OF_CROSSING * crossed)
