"""From a scenario to results: plan the arrays, run the loops, check the books."""

from selfseed.engine.run import simulate, simulate_arms

__all__ = ["simulate", "simulate_arms"]
