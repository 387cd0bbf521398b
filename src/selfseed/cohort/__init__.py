"""Virtual patients, arms of treatment, survival, and what may be asked of size and outcome.

>>> from selfseed import cohort
>>> women = cohort.read("breast-cohort")
>>> table = cohort.run_cohort(women, seed=2009)                                # doctest: +SKIP
>>> curves = cohort.estimate_survival(table, "overall survival")               # doctest: +SKIP
>>> cohort.read_survival(curves, [5 * 365.25])                                 # doctest: +SKIP

Names are looked up when first used, but for those that read a cohort.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from selfseed.cohort.model import Cohort
from selfseed.cohort.read import from_dict, names, read

if TYPE_CHECKING:
    from selfseed.cohort.benefit import compare_restricted_means, compare_risks
    from selfseed.cohort.disputed import DISPUTED, Assumption
    from selfseed.cohort.hazards import estimate_hazard_ratios
    from selfseed.cohort.mice import (
        count_mice_for_mean,
        count_mice_for_share,
        fit_counts,
        tell_power_of_mean,
        tell_power_of_share,
    )
    from selfseed.cohort.organs import estimate_incidence
    from selfseed.cohort.outcomes import ENDPOINTS, follow
    from selfseed.cohort.patients import World, draw_patients
    from selfseed.cohort.rank import Choice, find_control, lay_out, map_of_return, rank_arms
    from selfseed.cohort.real import load_real
    from selfseed.cohort.reference import compare_with_real
    from selfseed.cohort.run import run_cohort
    from selfseed.cohort.sensitivity import ask_sensitivity
    from selfseed.cohort.size import SizeAnswer, ask_size, find_surgery
    from selfseed.cohort.summary import Answer, answer_cohort
    from selfseed.cohort.survival import estimate_survival, read_survival
    from selfseed.cohort.trial import compare_designs, count_events, count_needed, estimate_power, tell_power

_HOMES = {
    "benefit": ("compare_restricted_means", "compare_risks"),
    "disputed": ("DISPUTED", "Assumption"),
    "hazards": ("estimate_hazard_ratios",),
    "mice": (
        "count_mice_for_mean", "count_mice_for_share", "fit_counts", "tell_power_of_mean", "tell_power_of_share",
    ),
    "organs": ("estimate_incidence",),
    "outcomes": ("ENDPOINTS", "follow"),
    "patients": ("World", "draw_patients"),
    "rank": ("Choice", "find_control", "lay_out", "map_of_return", "rank_arms"),
    "real": ("load_real",),
    "reference": ("compare_with_real",),
    "run": ("run_cohort",),
    "sensitivity": ("ask_sensitivity",),
    "size": ("SizeAnswer", "ask_size", "find_surgery"),
    "summary": ("Answer", "answer_cohort"),
    "survival": ("estimate_survival", "read_survival"),
    "trial": ("compare_designs", "count_events", "count_needed", "estimate_power", "tell_power"),
}  # fmt: skip
_HOME_OF = {name: module for module, held in _HOMES.items() for name in held}

__all__ = [
    "DISPUTED",
    "ENDPOINTS",
    "Answer",
    "Assumption",
    "Choice",
    "Cohort",
    "SizeAnswer",
    "World",
    "answer_cohort",
    "ask_sensitivity",
    "ask_size",
    "compare_designs",
    "compare_restricted_means",
    "compare_risks",
    "compare_with_real",
    "count_events",
    "count_mice_for_mean",
    "count_mice_for_share",
    "count_needed",
    "draw_patients",
    "estimate_hazard_ratios",
    "estimate_incidence",
    "estimate_power",
    "estimate_survival",
    "find_control",
    "find_surgery",
    "fit_counts",
    "follow",
    "from_dict",
    "lay_out",
    "load_real",
    "map_of_return",
    "names",
    "rank_arms",
    "read",
    "read_survival",
    "run_cohort",
    "tell_power",
    "tell_power_of_mean",
    "tell_power_of_share",
]


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        return getattr(import_module(f"selfseed.cohort.{_HOME_OF[name]}"), name)
    raise AttributeError(f"module 'selfseed.cohort' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
