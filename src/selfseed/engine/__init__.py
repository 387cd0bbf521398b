"""From a scenario to results: plan the arrays, run the loops, check the books."""

from selfseed.engine.run import simulate

__all__ = ["simulate"]
