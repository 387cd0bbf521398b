"""COPASI's exact stochastic simulation of the exported reactions has the distribution of selfseed's engine."""

import numpy as np
import pytest
from scipy import stats
from tests.validation.arms import PLAIN, animals, exponential
from tests.witness.programs import copasi

from selfseed.engine.reactions import stochastic_equations
from selfseed.interchange.sbml import to_sbml
from selfseed.scenario import Scenario, resolve

ANIMALS, PATHS = 3000, 600
NEAR = {
    "circulation.tumour_flow": 0.2, "circulation.tumour_flow_exponent": 0.0, "attraction.baseline": 5.0,
    "infiltration.crossing_rate": 1e3, "shedding.rate": 0.1, "establishment.home": 0.5,
}  # fmt: skip
BASE = {
    "selfseed": 1,
    "host": "mouse",
    "duration": 4,
    "replicates": 1,
    "measurements": [{"volume": ["donor"], "at": 4}],
}
GROWTH = {"growth": exponential(0.6, 0.3)}
SMALL = {
    "two glands": BASE | {
        "clones": {"LM2": GROWTH | {"label": "GFP"}, "parental": GROWTH | {"label": "none"}},
        "sites": {"donor": {"organ": "mammary_gland"}, "recipient": {"organ": "mammary_gland"}},
        "procedures": [
            {"implant": "LM2", "site": "donor", "cells": 60}, {"implant": "parental", "site": "recipient", "cells": 60},
        ],
        "parameters": PLAIN | NEAR,
    },
    "change of clone": BASE | {
        "clones": {"wild": GROWTH, "mutant": GROWTH}, "sites": {"donor": {"organ": "mammary_gland"}},
        "clone_changes": [{"from": "wild", "to": "mutant", "rate": 0.05}],
        "procedures": [{"implant": "wild", "site": "donor", "cells": 60}],
        "parameters": PLAIN | {"shedding.rate": 0.05},
    },
    "one way to the lung": BASE | {
        "clones": {"LM2": GROWTH}, "sites": {"donor": {"organ": "mammary_gland"}, "lung": {"organ": "lung"}},
        "procedures": [{"implant": "LM2", "site": "donor", "cells": 100}],
        "parameters": PLAIN | {"shedding.rate": 0.1, "establishment.lung": 0.5, "infiltration.crossing_rate": 1e3},
    },
}  # fmt: skip


def own(document):
    """Return the cells at the end of each site and clone (animal, site and clone), every event simulated."""
    outcomes = animals(resolve(Scenario.from_dict(document))[0], ANIMALS, seed=3, exact_below=1_000_000, step=0.01)
    return np.array([outcome.record.cells[-1].ravel() for outcome in outcomes])


def theirs(document):
    """Return the same from COPASI's direct method (Gillespie 1977)."""
    basico, arm = copasi(), resolve(Scenario.from_dict(document))[0]
    equations = stochastic_equations(arm)
    model = basico.load_model(to_sbml(equations))
    columns = [variable.identifier for variable in equations.variables]
    paths = []
    for path in range(PATHS):
        course = basico.run_time_course(
            model=model, duration=arm.duration_day, intervals=1, method="directMethod", seed=path + 1, use_seed=True,
            use_numbers=True,
        )  # fmt: skip
        paths.append([course[f"{name}" if name in course else f"[{name}]"].to_numpy()[-1] for name in columns])
    basico.remove_datamodel(model)
    places = [(site, clone) for site, _ in arm.sites for clone in arm.clones]
    sums = np.zeros((PATHS, len(places)))
    for column, name in enumerate(columns):
        for number, (site, clone) in enumerate(places):
            if name.startswith(f"cells_{site}_") and f"_{clone.name}_" in name:
                sums[:, number] += np.array(paths)[:, column]
    return sums


def agreement(one, other):
    """Return the least p-value of Kolmogorov and Smirnov over places with cells, and the largest z of a mean."""
    places = [place for place in range(one.shape[1]) if one[:, place].max() > 0 or other[:, place].max() > 0]
    error = np.sqrt(one.var(axis=0) / len(one) + other.var(axis=0) / len(other))
    z = np.abs(one.mean(axis=0) - other.mean(axis=0))[places] / error[places]
    return min(stats.ks_2samp(one[:, place], other[:, place]).pvalue for place in places), float(z.max())


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_exact_simulation_by_copasi_has_the_same_distribution(name):
    p_value, z = agreement(own(SMALL[name]), theirs(SMALL[name]))
    assert p_value > 0.001 and z < 4.0


@pytest.mark.slow
def test_a_division_rate_one_tenth_higher_would_be_noticed():
    faster = SMALL["two glands"]["clones"]["LM2"] | {"growth": exponential(0.66, 0.3)}
    wrong = SMALL["two glands"] | {"clones": SMALL["two glands"]["clones"] | {"LM2": faster}}
    p_value, z = agreement(own(SMALL["two glands"]), theirs(wrong))
    assert p_value < 0.001 and z > 4.0


def test_what_counts_of_cells_cannot_tell_is_refused_with_all_values_to_set():
    from selfseed import catalog
    from selfseed.base.errors import ScenarioError

    with pytest.raises(ScenarioError) as refused:
        stochastic_equations(resolve(catalog.get("kim2009-two-gland"))[0])
    named = {problem.where for problem in refused.value.problems}
    assert {"shedding.cluster_share", "establishment.new_clump_share", "establishment.dormant_share"} <= named
