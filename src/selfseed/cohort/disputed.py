"""What is disputed, or assumed, about how size and metastasis hang together; each is asked anew."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from selfseed.cohort.model import Cohort
from selfseed.cohort.size import set_parameters

HOURS: Mapping[str, float] = {
    "circulation.death_rate": 0.4, "circulation.arrest_lung": 0.001, "circulation.arrest_organ": 0.001,
    "circulation.arrest_liver_portal": 0.001,
}  # fmt: skip
MOUSE_FLOW: Mapping[str, float] = {"circulation.tumour_flow": 0.0068, "circulation.tumour_flow_exponent": 0.7}


@dataclass(frozen=True)
class Assumption:
    """Say what is taken to be otherwise.

    Attributes
    ----------
    parameters : mapping of str to float
        Of the scenario, in their units.
    tie : float in [0, 1], optional
        Size of the correlation of traits with aggressiveness, for every trait that has one; its sign is kept.
    """

    parameters: Mapping[str, float] = field(default_factory=dict)
    tie: float | None = None

    def apply(self, cohort: Cohort) -> Cohort:
        """Return the cohort under this assumption, all else as it was."""
        changed = set_parameters(cohort, self.parameters)
        if self.tie is None:
            return changed
        tied = {
            name: trait.model_copy(update={"loading": math.copysign(self.tie, trait.loading)})
            for name, trait in cohort.traits.items()
            if trait.loading
        }
        return changed.model_copy(update={"traits": {**cohort.traits, **tied}})


AS_FILE = "as the file says"
DISPUTED: Mapping[str, Assumption] = {
    AS_FILE: Assumption(),
    "circulating cells live for hours (Meng et al. 2004)": Assumption(HOURS),
    "release with diameter, exponent 1/3": Assumption({"shedding.size_exponent": 0.333}),
    "release with surface, exponent 2/3": Assumption({"shedding.size_exponent": 0.667}),
    "release per gram, exponent 1 (Butler & Gullino 1975)": Assumption({"shedding.size_exponent": 1.0}),
    "cells that return root a hundred times as easily": Assumption({"establishment.home": 0.01}),
    "blood flow through tumours as in the mouse": Assumption(MOUSE_FLOW),
    "mouse flow and easy rooting together": Assumption({**MOUSE_FLOW, "establishment.home": 0.01}),
    "growth tied to spread not at all (loadings 0)": Assumption(tie=0.0),
    "growth tied to spread wholly (loadings 1)": Assumption(tie=1.0),
}
"""For the sources see docs/known-disputed-assumed.md."""
