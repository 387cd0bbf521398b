"""What else to measure: information as theory has it, and advice that comes true when it is followed."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from selfseed.inference.data import make_data
from selfseed.inference.design import HELPS, Proposal, _weight, advise, find_unclear, know, propose
from selfseed.inference.design_words import say_designs, tell_designs
from selfseed.inference.likelihood import make_likelihood
from selfseed.inference.noise import Noise, log_density
from selfseed.inference.optimum import find_optimum
from selfseed.inference.posterior import sample_posterior
from selfseed.inference.prior import Prior
from selfseed.inference.study import Fitted, Study
from selfseed.scenario import read

STUDIES = Path(__file__).parents[2] / "docs" / "studies"
TRUTH = (0.56, 0.02, 1e-3)
PRIORS = (
    Fitted("growth.initial_rate", Prior("lognormal", 0.5, 0.3, 1e-3, 20.0), None, "1/day"),
    Fitted("shedding.rate", Prior("lognormal", 0.02, 0.5, 1e-6, 10.0), None, "1/day"),
    Fitted("establishment.home", Prior("lognormal", 1e-3, 0.5, 1e-9, 1.0), None, "1"),
)
NOISE = {
    "volume": Noise("volume", error=0.12), "label_share": Noise("label_share", error=0.3),
    "ctc": Noise("ctc", drawn=0.1), "seeds": Noise("seeds", dispersion=0.01),
}  # fmt: skip
MICE, SHED, ROOT = 6, "shedding.rate", "establishment.home"
CTC = [("vein", 24.0, "ctc"), ("vein", 40.0, "ctc")]
SHARE = [("recipient", 40.0, "label_share")]
SEEDS = [("recipient", 40.0, "seeds")]


def study_of(besides=(), seed=None):
    """Return a study of volumes of two glands and what was measured besides, with errors if there is a seed."""
    volumes = [(site, float(day), "volume") for day in range(8, 41, 4) for site in ("donor", "recipient")]
    rows = [
        (f"m{mouse}", "control", site, day, kind, 0.5, "")
        for mouse in range(MICE)
        for site, day, kind in (*volumes, *besides)
    ]
    plan = Study("test", "", read(STUDIES / "two-glands.yaml"), PRIORS, make_data(rows), NOISE)
    likelihood = make_likelihood(plan)
    value = likelihood.predict(TRUTH)
    ctc = plan.data.observable == "ctc"
    if seed is None:
        value = np.where(ctc, NOISE["ctc"].drawn * value, value)
    else:
        value = likelihood.draw(value, TRUTH, np.random.default_rng(seed))
    return replace(plan, data=replace(plan.data, value=value))


def outlook(advices, observable, site, names=(SHED, ROOT)):
    advice = next(one for one in advices if one.names == names)
    return next(one for one in advice.outlooks if (one.proposal.observable, one.proposal.site) == (observable, site))


def before(advices):
    return next(one for one in advices if one.names == (SHED, ROOT)).spread


NORMAL = np.polynomial.hermite_e.hermegauss(60)
CASES = [
    (Noise("volume", error=0.3), 40.0, "log"), (Noise("survival", error=0.2, burden=1.0), 30.0, "log"),
    (Noise("label_share", error=0.4), 0.1, "logit"), (Noise("ctc", drawn=0.1), 70.0, "count"),
    (Noise("ctc", drawn=0.1, dispersion=0.5), 70.0, "count"), (Noise("seeds", dispersion=0.2), 9.0, "count"),
    (Noise("seeded"), 0.8, "yes"),
]  # fmt: skip


def outcomes(noise, expected, kind):
    """Return what may be observed, and how likely each is."""
    if kind == "yes":
        return np.array([0.0, 1.0]), np.array([math.exp(-expected), -math.expm1(-expected)])
    if kind == "count":
        counts = np.arange(2000.0)
        return counts, np.exp([density(noise, count, expected) for count in counts])
    points, weights = NORMAL
    if kind == "log":
        return expected * np.exp(noise.error * points), weights / weights.sum()
    logit = math.log(expected / (1.0 - expected)) + noise.error * points
    return 1.0 / (1.0 + np.exp(-logit)), weights / weights.sum()


def density(noise, observed, expected, censored=""):
    return log_density(noise, np.array([observed]), np.array([expected]), np.array([censored]))


def score(noise, observed, expected, kind, censored=""):
    """Return the derivative of the log density by the logarithm, or logit, of what is expected."""
    step = 1e-4
    if kind == "logit":
        logit = math.log(expected / (1.0 - expected))
        near = [1.0 / (1.0 + math.exp(-logit - way * step)) for way in (1.0, -1.0)]
    else:
        near = [expected * math.exp(way * step) for way in (1.0, -1.0)]
    return (density(noise, observed, near[0], censored) - density(noise, observed, near[1], censored)) / (2.0 * step)


@pytest.mark.parametrize("noise, expected, kind", CASES)
def test_information_is_the_mean_square_of_the_score(noise, expected, kind):
    observed, chance = outcomes(noise, expected, kind)
    theory = sum(share * score(noise, one, expected, kind) ** 2 for one, share in zip(observed, chance, strict=True))
    found = _weight(noise, np.array([expected]), np.array([1.0]), np.array([""]))[0]
    assert found == pytest.approx(theory, rel=1e-3)
    assert 1.1 * found != pytest.approx(theory, rel=1e-3)


def test_a_value_below_a_limit_tells_as_much_as_a_yes_or_no():
    noise, expected, limit = Noise("volume", error=0.3), 40.0, 50.0
    below = stats.norm.cdf(math.log(limit / expected) / noise.error)
    theory = (
        below * score(noise, limit, expected, "log", "left") ** 2
        + (1.0 - below) * score(noise, limit, expected, "log", "right") ** 2
    )
    found = _weight(noise, np.array([expected]), np.array([limit]), np.array(["left"]))[0]
    assert found == pytest.approx(theory, rel=1e-3)
    assert found < 0.7 * _weight(noise, np.array([expected]), np.array([limit]), np.array([""]))[0]


def test_what_is_to_be_expected_is_the_curvature_where_data_are_as_expected():
    likelihood = make_likelihood(study_of([*CTC, *SHARE]))
    best = find_optimum(likelihood, starts=1, seed=1)
    expected = np.sqrt(np.diag(know(likelihood, best.point, ()).covariance()))
    found = np.sqrt(np.diag(best.covariance))
    assert expected == pytest.approx(found, rel=0.03)
    assert 1.1 * expected != pytest.approx(found, rel=0.03)


@pytest.fixture(scope="module")
def foretold():
    """What a study of volumes alone says of each further observable, at its own best values."""
    likelihood = make_likelihood(study_of(seed=1))
    best = find_optimum(likelihood, starts=1, seed=1)
    knowledge = know(likelihood, best.point)
    return likelihood.study, knowledge, advise(knowledge, knowledge.correlations())


def spreads(study):
    """Return how far shedding and taking root are known once a study is fitted."""
    best = find_optimum(make_likelihood(study), starts=1, seed=1)
    return np.sqrt(np.diag(best.covariance))[1:]


def test_volumes_alone_do_not_tell_shedding_from_taking_root_and_circulating_cells_would(foretold):
    _, _, advices = foretold
    advice = next(one for one in advices if one.names == (SHED, ROOT))
    assert advice.correlation < -0.95
    assert advice.outlooks[0].proposal.observable == "ctc" and advice.outlooks[0].helps
    assert not outlook(advices, "seeds", "recipient").helps
    assert not outlook(advices, "seeded", "recipient").helps


def test_the_spread_falls_as_foretold_when_circulating_cells_are_counted(foretold):
    _, _, advices = foretold
    promised, now = np.array(outlook(advices, "ctc", "vein").spread), np.array(before(advices))
    found = np.mean([spreads(study_of(CTC, seed=seed)) for seed in (1, 2, 3)], axis=0)
    assert promised == pytest.approx(found, rel=0.25)
    assert (promised < 0.25 * now).all()


def test_what_would_not_help_does_not(foretold):
    _, _, advices = foretold
    of_ctc, of_seeds = (np.array(outlook(advices, *what).spread) for what in (("ctc", "vein"), ("seeds", "recipient")))
    found = np.mean([spreads(study_of(SEEDS, seed=seed)) for seed in (1, 2, 3)], axis=0)
    assert of_seeds == pytest.approx(found, rel=0.25)
    assert of_ctc != pytest.approx(found, rel=0.25)


@pytest.mark.slow
def test_samples_are_as_narrow_as_foretold_when_circulating_cells_are_counted(foretold):
    pytest.importorskip("emcee", reason="emcee is not installed: pip install 'selfseed[fit]'")
    _, _, advices = foretold
    likelihood = make_likelihood(study_of(CTC, seed=1))
    best = find_optimum(likelihood, starts=1, seed=1)
    logs = np.log(sample_posterior(likelihood, best, samples=2000, seed=1).flat())[:, 1:]
    promised = np.array(outlook(advices, "ctc", "vein").spread)
    assert promised == pytest.approx(logs.std(axis=0), rel=0.25)
    assert before(advices) != pytest.approx(logs.std(axis=0), rel=0.25)


def test_blood_ten_times_as_much_tells_shedding_better():
    likelihood = make_likelihood(study_of())
    point = np.log(TRUTH)
    drops = [Proposal("ctc", "vein", MICE, (24.0, 40.0), Noise("ctc", drawn=ml), True) for ml in (1e-3, 1e-2)]
    few, many = (know(likelihood, point, (one,)).gains[0] for one in drops)
    assert many == pytest.approx(10.0 * few, rel=1e-9)


def test_only_what_was_not_measured_and_can_be_seen_is_proposed():
    likelihood = make_likelihood(study_of([*CTC, *SHARE]))
    found = {(one.observable, one.site): one for one in propose(likelihood, np.log(TRUTH))}
    assert ("ctc", "vein") not in found and ("volume", "donor") not in found
    assert ("label_share", "recipient") not in found and ("survival", "donor") not in found
    seeds = found["seeds", "recipient"]
    assert seeds.days == (40.0,) and seeds.animals == MICE and not seeds.assumed
    assert found["seeded", "donor"].assumed


def test_parameters_that_hide_behind_each_other_are_found_and_others_left_alone():
    close = np.array([[1.0, -0.9, 0.2], [-0.9, 1.0, 0.85], [0.2, 0.85, 1.0]])
    assert find_unclear("abc", close) == (("a", "b"), ("b", "c"))
    assert find_unclear("abc", close * 0.8 + 0.2 * np.eye(3), flat=("c",)) == (("c",),)
    assert find_unclear("abc", close, flat=("c",)) == (("a", "b"), ("b", "c"))


def test_advice_is_given_in_words_and_figures(foretold):
    study, _, advices = foretold
    advices = tuple(one for one in advices if one.names == (SHED, ROOT))
    said = say_designs(study, advices)
    best = advices[0].outlooks[0]
    reach = [math.exp(1.96 * one) for one in (*best.spread, *advices[0].spread)]
    assert said[0] == (
        f"shedding.rate and establishment.home cannot be told apart from volume alone (correlation "
        f"{advices[0].correlation:.2f}); ctc (vein; 6 animals, days 24 and 40; 0.1 ml drawn) would help most: 95 % of "
        f"shedding.rate within {100 * (reach[0] - 1):.2g} % (now a factor of {reach[2]:.2g}), of establishment.home "
        f"within {100 * (reach[1] - 1):.2g} % (now a factor of {reach[3]:.2g}), correlation {best.correlation:.2f}; "
        f"seeds, label_share and seeded would not"
    )
    told = tell_designs(advices)[0]
    assert told["parameters"] == [SHED, ROOT]
    assert told["proposals"][0]["noise"] == {"drawn": 0.1, "dispersion": 0.0} and told["proposals"][0]["helps"]
    assert told["proposals"][-1]["left"] > HELPS


def test_nothing_is_advised_where_all_is_told(foretold):
    study, knowledge, _ = foretold
    assert advise(knowledge, np.eye(3)) == () and say_designs(study, ()) == ()
