"""From a scenario to results: plan the arrays, run the loops, check the books.

Names are looked up when first used, so that a process that only does tasks loads no more than they need.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selfseed.engine.run import simulate, simulate_arms

__all__ = ["simulate", "simulate_arms"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("selfseed.engine.run"), name)
    raise AttributeError(f"module 'selfseed.engine' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
