"""Two kinds of cells in five sites and blood (METNET-12): steps against 20,000 replicates event by event."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from selfseed.engine.networks import simulate_network
from selfseed.theory.networks import nowhere

BENCH = Path(__file__).parents[2] / "bench"
MEAN_OF_PRIMARY, ERROR_OF_MEAN = np.array([832.33, 163.85]), np.array([53.10, 30.23]) / np.sqrt(20_000)
"""Own measurement: 20,000 replicates event by event, by another program than this one; K = 1000, 120 days."""
ABSENT = np.array([0.7150, 0.8169, 0.9334, 0.6699])
"""The share of them without a cell in lung, bone, brain, liver."""


@pytest.fixture(scope="module")
def metnet():
    sys.path.insert(0, str(BENCH))
    try:
        spec = importlib.util.spec_from_file_location("metnet", BENCH / "metnet.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.metnet
    finally:
        sys.path.remove(str(BENCH))


def z_of_primary_and_absences(metnet, replicates, method="steps", births=1.0):
    network, start = metnet(1e3)
    faster = type(network)(**{**vars(network), "birth": tuple(births * birth for birth in network.birth)})
    cells = simulate_network(faster, start, 120.0, seed=29, replicates=replicates, method=method, step_day=0.25)
    of_mean = cells[:, :2].std(axis=0) / np.sqrt(replicates)
    z_mean = (cells[:, :2].mean(axis=0) - MEAN_OF_PRIMARY) / np.hypot(of_mean, ERROR_OF_MEAN)
    empty = (cells[:, 2:10:2] + cells[:, 3:10:2] == 0).mean(axis=0)
    error = np.sqrt(ABSENT * (1.0 - ABSENT) * (1.0 / replicates + 1.0 / 20_000))
    return np.abs([*z_mean, *(empty - ABSENT) / error]).max()


def test_steps_agree_with_the_measured_network(metnet):
    assert z_of_primary_and_absences(metnet, 2000) < 4.0


def test_events_agree_with_the_measured_network(metnet):
    assert z_of_primary_and_absences(metnet, 500, method="exact") < 4.0


def test_births_one_tenth_more_frequent_would_be_noticed(metnet):
    assert z_of_primary_and_absences(metnet, 2000, births=1.1) > 20.0


@pytest.mark.slow
def test_twenty_thousand_replicates_agree_in_mean_spread_and_absence(metnet):
    network, start = metnet(1e3)
    exact, steps = (
        simulate_network(network, start, 120.0, seed=seed, replicates=20_000, method=method, step_day=0.5)
        for seed, method in ((31, "exact"), (32, "steps"))
    )
    assert z_of_primary_and_absences(metnet, 20_000) < 4.0
    for values in (lambda cells: cells, lambda cells: (cells - cells.mean(axis=0)) ** 2, lambda cells: cells == 0):
        found = [values(cells)[:, :10].astype(float) for cells in (exact, steps)]
        error = np.hypot(*(one.std(axis=0) for one in found)) / np.sqrt(20_000)
        apart = np.abs(found[1].mean(axis=0) - found[0].mean(axis=0))
        assert (apart <= 4.5 * error).all()
    spread = steps[:, 0].std() / exact[:, 0].std()
    assert abs(spread - 1.0) < 0.03


def test_a_site_is_as_rarely_empty_as_the_backward_equation_of_a_pure_birth_line_says():
    one, none = np.array([1.0]), np.array([[0.0]])
    chance = nowhere(0.5 * one, 0.3 * one, none, 3.0 * one, 10.0, np.array([True]))
    growth = np.exp(0.2 * 10.0)
    assert chance == pytest.approx((0.3 * (growth - 1.0) / (0.5 * growth - 0.3)) ** 3, rel=1e-7)
    assert chance != pytest.approx((0.33 * (growth - 1.0) / (0.5 * growth - 0.33)) ** 3, rel=1e-2)
