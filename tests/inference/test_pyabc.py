"""pyABC fits a study with our simulated animals, our priors and our distance, and finds what made the data."""

import math
import pickle
import sys

import numpy as np
import pytest
from tests.inference.test_abc import study

from selfseed.base.errors import ScenarioError
from selfseed.inference.abc_of_study import groups_of, measured, summaries, summary_names
from selfseed.inference.likelihood import make_likelihood
from selfseed.inference.prior import Prior
from selfseed.inference.pyabc import for_pyabc, law_of
from selfseed.inference.study import Fitted

TRUTH = np.array([0.6, 2e-3])
NEEDS = "needs pyABC: pip install pyabc"


def measured_study():
    return study(measured(make_likelihood(study()), TRUTH, np.random.default_rng(5)))


def test_every_summary_has_a_name_of_its_own():
    plan = study()
    groups = groups_of(plan)
    names = summary_names(plan, groups)
    assert len(set(names)) == len(names) == len(summaries(plan, plan.data.value, groups)) == 10
    assert names[:2] == ("control, left, day 6, volume: mean", "control, left, day 6, volume: spread")


@pytest.mark.parametrize(
    "prior",
    [
        Prior("lognormal", 0.5, 0.4, 1e-3, 20.0), Prior("normal", 5.0, 2.0, 0.0, 9.0), Prior("uniform", 1, 4, 1, 4),
        Prior("loguniform", 1e-3, 0.1, 1e-3, 0.1),
    ],
)  # fmt: skip
def test_a_prior_is_the_same_law_there(prior):
    from scipy import stats

    law, numbers = law_of(Fitted("growth.initial_rate", prior, None, "1/day"))
    there = getattr(stats, law)(**numbers)
    shares = np.array([0.1, 0.25, 0.5, 0.75])
    np.testing.assert_allclose(there.ppf(shares), prior.to_scale(np.asarray(prior.draw(shares))), rtol=0.03)
    assert not np.allclose(there.ppf(shares), prior.to_scale(1.3 * np.asarray(prior.draw(shares))), rtol=0.03)
    assert there.pdf(prior.to_scale(prior.high) + 0.1) == 0.0


def test_without_pyabc_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyabc", None)
    with pytest.raises(ScenarioError, match="pyabc  is not installed  pip install pyabc"):
        for_pyabc(study())


def test_what_pyabc_takes_can_be_sent_to_other_processes_and_tells_every_summary():
    pytest.importorskip("pyabc", reason=NEEDS)
    problem = for_pyabc(measured_study())
    model = pickle.loads(pickle.dumps(problem.model))
    drawn = problem.prior.rvs()
    assert set(drawn) == {"ln growth.initial_rate", "ln shedding.rate"} and problem.prior.pdf(drawn) > 0.0
    told = model(drawn)
    assert list(told) == list(problem.observed) and all(math.isfinite(one) for one in told.values())


@pytest.mark.slow
def test_pyabc_finds_again_what_made_the_animals(tmp_path):
    pyabc = pytest.importorskip("pyabc", reason=NEEDS)
    np.random.seed(1)
    problem = for_pyabc(measured_study())
    fit = pyabc.ABCSMC(
        problem.model, problem.prior, problem.distance, population_size=60, sampler=pyabc.sampler.SingleCoreSampler()
    )
    fit.new(f"sqlite:///{tmp_path / 'fit.db'}", problem.observed)
    particles, weights = fit.run(max_nr_populations=4).get_distribution()
    logs = np.log(problem.values(particles))
    middle = weights @ logs
    spread = np.sqrt(weights @ (logs - middle) ** 2)
    assert (np.abs(middle - np.log(TRUTH)) < 3.0 * spread).all()
    assert spread[0] < 0.6 * 0.4 and abs(middle[0] - np.log(2.5 * TRUTH[0])) > 3.0 * spread[0]
