"""A study in which animals differ is fitted by the mean field as by the closed curve of Gompertz."""

from dataclasses import replace

import numpy as np
import pytest

from selfseed.base.errors import ScenarioError
from selfseed.inference.data import make_data
from selfseed.inference.noise import Noise
from selfseed.inference.population import fit_mixed
from selfseed.inference.population_of_study import fit_population
from selfseed.inference.prior import Prior
from selfseed.inference.study import Fitted, Study
from selfseed.results.chunks import Chunks
from selfseed.scenario import Scenario

DAYS = (8.0, 14.0, 20.0)
GOMPERTZ, EXPONENTIAL = {}, {"growth": {"law": "exponential", "initial_rate": 0.3, "turnover": 0}}


def scenario(clone):
    """Return a tumour from which nothing is lost and to which nothing returns: 1 mm^3 on day 0."""
    return Scenario.from_dict({
        "selfseed": 1, "host": "mouse", "clones": {"LM2": clone}, "sites": {"gland": {"organ": "mammary_gland"}},
        "procedures": [{"implant": "LM2", "site": "gland", "cells": 1e5, "at": 0}],
        "parameters": {"establishment.home": 0, "shedding.rate": 0, "growth.take": 1, "growth.cell_density": 1e5},
        "measurements": [{"volume": ["gland"], "every": 2}], "duration": 20, "replicates": 1,
        "numerics": {"cohorts": 1},
    })  # fmt: skip


def study(clone=GOMPERTZ, rate=0.55, animals=8, width=50.0):
    """Return measured volumes of animals of which each has its own rate."""
    rng = np.random.default_rng(3)
    rates = rate * np.exp(0.2 * rng.standard_normal(animals))
    decay = 0.07 if clone is GOMPERTZ else 1e-9
    logs = rates[:, None] / decay * -np.expm1(-decay * np.array(DAYS))
    volumes = np.exp(logs + 0.1 * rng.standard_normal(logs.shape))
    plan = scenario(clone)
    rows = [
        (f"m{mouse}", next(iter(plan.arms)), "gland", day, "volume", value, "")
        for mouse, row in enumerate(volumes) for day, value in zip(DAYS, row, strict=True)
    ]  # fmt: skip
    parameters = [Fitted("growth.initial_rate", Prior("lognormal", 0.5, width, 1e-3, 20.0), 0.3, "1/day")]
    if clone is GOMPERTZ:
        parameters.append(Fitted("growth.decay", Prior("lognormal", 0.08, width, 1e-4, 5.0), None, "1/day"))
    parameters.append(Fitted("noise.volume", Prior("lognormal", 0.2, 1.0, 1e-3, 5.0), None, "1"))
    return Study("test", "", plan, tuple(parameters), make_data(rows), {"volume": Noise("volume", error=0.2)})


def closed(plan, law, **how):
    rows = plan.data
    return fit_mixed(rows.animal, rows.day, rows.value, law, nodes=3, **how)


def test_animals_without_a_limit_to_growth_are_fitted_as_by_the_closed_curve():
    plan = study(EXPONENTIAL, rate=0.3, animals=4)
    found, there = fit_population(plan), closed(plan, "exponential")
    assert found.converged
    assert found.median["growth.initial_rate"] == pytest.approx(there.median["rate"], rel=1e-3)
    assert found.median["growth.initial_rate"] != pytest.approx(1.1 * there.median["rate"], rel=1e-3)
    assert found.spread["growth.initial_rate"] == pytest.approx(there.spread["rate"], rel=0.01)
    assert found.log_likelihood == pytest.approx(there.log_likelihood, abs=0.01)
    np.testing.assert_allclose(found.of_animals[:, 0], there.of_animals[:, 0], rtol=1e-3)


def test_an_interrupted_fit_goes_the_same_way_again_and_a_damaged_chunk_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("selfseed.inference.population_of_study.TOGETHER", 40)
    plan, counted, said = study(EXPONENTIAL, rate=0.3, animals=4), [], []

    def computed(**how):
        counted.append(0)

        def count(done, total):
            counted[-1] = done

        found = fit_population(plan, progress=count, **how)
        return found.of_animals.tobytes(), found.log_likelihood, found.median, found.spread, found.standard_error

    whole = computed()
    assert computed(chunks=Chunks(tmp_path, said.append)) == whole and counted[1] == counted[0]
    kept = Chunks(tmp_path, said.append)
    kept.drop("fields-000007")
    (tmp_path / "fields-000002.chunk").write_bytes(b"nothing that was ever written")
    assert computed(chunks=kept) == whole and said == [
        "chunk fields-000002 is damaged (its checksum is wrong) and is computed again"
    ]
    assert 80 <= counted[2] < 120 and len(kept.names("fields-")) == counted[0] // 40
    assert computed(chunks=Chunks(tmp_path, said.append)) == whole and counted[3] < 40 and len(said) == 1


@pytest.fixture(scope="module")
def found():
    return fit_population(study(), threads=2)


@pytest.mark.slow
def test_the_mean_field_finds_what_the_closed_curve_finds(found):
    there = closed(study(), "gompertz", common=("decay",))
    assert found.converged
    for name, own in (("growth.initial_rate", "initial_rate"), ("growth.decay", "decay")):
        assert found.median[name] == pytest.approx(there.median[own], rel=2e-3)
        assert found.standard_error[name] == pytest.approx(there.standard_error[own], rel=0.03)
    assert found.spread["growth.initial_rate"] == pytest.approx(there.spread["initial_rate"], rel=0.01)
    assert found.error == pytest.approx(there.error, rel=0.01)
    assert found.log_likelihood == pytest.approx(there.log_likelihood, abs=0.01)
    assert found.median["growth.initial_rate"] != pytest.approx(1.1 * there.median["initial_rate"], rel=2e-3)
    np.testing.assert_allclose(found.of_animals[:, 0], there.of_animals[:, 0], rtol=5e-3)


@pytest.mark.slow
def test_a_belief_about_the_median_pulls_it(found):
    believed = fit_population(study(width=0.01), threads=2)
    assert believed.median["growth.decay"] == pytest.approx(0.08, rel=0.03)
    assert abs(found.median["growth.decay"] - 0.08) > 2.0 * abs(believed.median["growth.decay"] - 0.08)


def test_what_cannot_be_used_is_said_all_at_once():
    plan = study()
    row = ("m0", "control", "gland", 20.0, "seeds", 3.0, "")
    alike = tuple(replace(one, per_animal=None) for one in plan.parameters)
    data = make_data([row, ("m0", "control", "gland", 20.0, "volume", 3.0, "left")])
    with pytest.raises(ScenarioError) as error:
        fit_population(replace(plan, parameters=alike, data=data))
    assert str(error.value).splitlines() == [
        "4 problems in test",
        "  data        seeds            animals are told apart by their volumes alone: leave it out",
        "  data        1 censored rows  leave them out",
        "  parameters  none differs     say 'per: animal' of one at least, or use mcmc",
        "  data        1 animal         at least 2 are needed to tell how they differ",
    ]
