"""selfseed: the open laboratory for tumour self-seeding.

>>> import selfseed
>>> scenario = selfseed.catalog.get("kim2009-two-gland")
>>> run = selfseed.simulate(scenario, seed=2009, replicates=2)    # doctest: +SKIP
>>> print(run)                                                    # doctest: +SKIP
>>> selfseed.report(run, "report.html")                           # doctest: +SKIP

Names are looked up when first used, so that ``import selfseed`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selfseed import catalog, cohort
    from selfseed.engine import simulate
    from selfseed.engine.ensemble import simulate_ensemble
    from selfseed.history.evidence import infer_history
    from selfseed.results.ensemble import open_ensemble
    from selfseed.results.run import Run
    from selfseed.results.store import open_run as open
    from selfseed.scenario import Scenario, explain, read
    from selfseed.views.report import write_report as report

__version__ = "0.1.0"

__all__ = [
    "Run",
    "Scenario",
    "__version__",
    "catalog",
    "cohort",
    "explain",
    "infer_history",
    "open",
    "open_ensemble",
    "read",
    "report",
    "simulate",
    "simulate_ensemble",
]

_ROOMS = ("catalog", "cohort")
_HOMES = {
    "Run": ("selfseed.results.run", "Run"),
    "Scenario": ("selfseed.scenario.model", "Scenario"),
    "explain": ("selfseed.scenario.explain", "explain"),
    "infer_history": ("selfseed.history.evidence", "infer_history"),
    "open": ("selfseed.results.store", "open_run"),
    "open_ensemble": ("selfseed.results.ensemble", "open_ensemble"),
    "read": ("selfseed.scenario.read", "read"),
    "report": ("selfseed.views.report", "write_report"),
    "simulate": ("selfseed.engine", "simulate"),
    "simulate_ensemble": ("selfseed.engine.ensemble", "simulate_ensemble"),
}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"selfseed.{name}")
    if name in _HOMES:
        module, attribute = _HOMES[name]
        return getattr(import_module(module), attribute)
    raise AttributeError(f"module 'selfseed' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
