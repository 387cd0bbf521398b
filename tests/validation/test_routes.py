"""Each route of return can be closed alone: none of its seeds takes root, the others go on, and no cell is lost."""

import numpy as np
import pytest
from tests.validation.kim import CONTROL, kim

from selfseed.engine import simulate
from selfseed.processes import SEED_ROUTES

CLOSABLE = ("primary", "secondary", "cross")
CLOSED = pytest.mark.parametrize("route", CLOSABLE)
ENGINES = pytest.mark.parametrize("engine", ["stochastic", "mean-field"])


@pytest.fixture(scope="module")
def runs():
    switches = [f"{route}_route" for route in CLOSABLE]
    scenario = kim(CONTROL, switch_off=switches)
    return {engine: simulate(scenario, engine=engine, replicates=20) for engine in ("stochastic", "mean-field")}


def seeds(run, arm):
    """Return the seeds per animal by route, all sites together."""
    return run.arrays.seeds_by_route.sel(arm=arm).sum("site").mean("replicate").values


@ENGINES
@CLOSED
def test_no_seed_takes_root_by_a_closed_route(runs, engine, route):
    open_to_all, closed = seeds(runs[engine], CONTROL), seeds(runs[engine], f"without {route}_route")
    assert open_to_all[SEED_ROUTES.index(route)] > 0.0
    assert closed[SEED_ROUTES.index(route)] == 0.0


@ENGINES
@CLOSED
def test_the_other_routes_stay_open(runs, engine, route):
    closed = seeds(runs[engine], f"without {route}_route")
    depend_on_it = {"cross": {"secondary"}}.get(route, set())
    assert all(closed[SEED_ROUTES.index(other)] > 0.0 for other in {*SEED_ROUTES} - {route} - depend_on_it)


@CLOSED
def test_cells_refused_at_a_closed_route_are_accounted_for(runs, route):
    ledger = runs["stochastic"].arrays.ledger.sel(arm=f"without {route}_route").values
    assert np.array_equal(ledger[:, :3].sum(-1), ledger[:, 3:].sum(-1))


def test_the_flow_counts_as_many_established_seeds_as_the_routes(runs):
    arrays = runs["stochastic"].arrays
    assert np.array_equal(
        arrays.flow.sel(stage="established").sum(["source", "site"]), arrays.seeds_by_route.sum(["site", "route"])
    )
