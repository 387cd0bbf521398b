"""Calibration of one tumour: what made the data is found again, and what did not is noticed."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from selfseed.inference.data import make_data
from selfseed.inference.diagnostics import correlations, effective_samples, judge, predictive_bands, r_hat, words
from selfseed.inference.likelihood import make_likelihood
from selfseed.inference.noise import Noise, count_log_density, draw, log_density
from selfseed.inference.optimum import find_optimum, make_profiles
from selfseed.inference.posterior import sample_posterior
from selfseed.inference.prior import Prior
from selfseed.inference.study import Fitted, Study
from selfseed.results.chunks import Chunks
from selfseed.scenario import read

SCENARIO = """
selfseed: 1
host: mouse
clones: {LM2: {}}
sites: {gland: {organ: mammary_gland}}
procedures: [{implant: LM2, site: gland, cells: 1e6, at: 0 day}]
arms: {control: {}}
measurements: [{volume: [gland], every: 5 day}]
duration: 30 day
replicates: 1
numerics: {cohorts: 1}
"""
TRUTH = (0.56, 0.08)
PRIORS = (
    Fitted("growth.initial_rate", Prior("lognormal", 0.5, 0.4, 1e-3, 20.0), None, "1/day"),
    Fitted("growth.decay", Prior("loguniform", 0.01, 0.3, 0.01, 0.3), None, "1/day"),
)
NOISE = {"volume": Noise("volume", error=0.1)}
PLAIN = np.array([""])
SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[3] / "shared"))
MICE = SHARED / "data" / "growth" / "breast_vol_data.txt"


def study_of(truth, mice=6, seed=3):
    rows = [
        (f"m{mouse}", "control", "gland", day, "volume", 1.0, "") for mouse in range(mice) for day in (6, 14, 22, 30)
    ]
    plan = Study("test", "", read(SCENARIO), PRIORS, make_data(rows), NOISE)
    values = draw(NOISE["volume"], make_likelihood(plan).predict(truth), np.random.default_rng(seed))
    data = make_data([(*row[:5], value, "") for row, value in zip(rows, values, strict=True)])
    return Study("test", "", plan.scenario, PRIORS, data, NOISE)


@pytest.fixture(scope="module")
def fitted():
    likelihood = make_likelihood(study_of(TRUTH))
    return likelihood, find_optimum(likelihood, starts=2, seed=1)


def distance(fitted, truth):
    """Return how far the truth is from the optimum: chi-square with as many degrees of freedom as parameters."""
    _, optimum = fitted
    off = np.log(truth) - optimum.point
    return float(off @ np.linalg.inv(optimum.covariance) @ off)


def test_the_growth_that_made_the_volumes_is_found_again(fitted):
    assert distance(fitted, TRUTH) < 13.8  # chi-square, 2 degrees of freedom, 1 in 1000


def test_a_growth_rate_one_tenth_off_would_be_noticed(fitted):
    assert distance(fitted, (1.1 * TRUTH[0], TRUTH[1])) > 13.8


def test_all_searches_come_to_the_same_place(fitted):
    assert fitted[1].reached == 2


def test_the_optimum_is_the_top_of_the_ridge(fitted):
    likelihood, found = fitted
    fine = {"xatol": 1e-5, "fatol": 1e-6}
    top = optimize.minimize(lambda p: -likelihood.log_posterior(p), found.point, method="Nelder-Mead", options=fine)
    spread = np.sqrt(np.diag(found.covariance))
    assert abs(found.covariance[0, 1]) > 0.9 * spread.prod()
    assert (abs(top.x - found.point) < 0.1 * spread).all()


def test_the_prediction_is_the_gompertz_law():
    predicted = make_likelihood(study_of(TRUTH, mice=1)).predict(TRUTH)
    rate, decay = TRUTH
    day = np.array([6.0, 14.0, 22.0, 30.0])
    ratio = predicted[1:] / predicted[:-1]
    grown = rate / decay * (np.exp(-decay * day[:-1]) - np.exp(-decay * day[1:]))
    assert np.allclose(np.log(ratio), grown, rtol=0.02)
    assert not np.allclose(np.log(ratio), 1.1 * grown, rtol=0.02)


def test_profiles_hold_what_the_curvature_says_where_data_are_many(fitted):
    likelihood, optimum = fitted
    for number, profile in enumerate(make_profiles(likelihood, optimum)):
        low, high = profile.interval()
        width = np.log(high / low) / (2 * 1.96)
        assert width == pytest.approx(math.sqrt(optimum.covariance[number, number]), rel=0.25)


@pytest.mark.slow
def test_samples_have_the_middle_and_the_width_of_the_posterior(fitted, tmp_path):
    likelihood, optimum = fitted
    posterior = sample_posterior(likelihood, optimum, samples=1200, seed=5)
    logs = np.log(posterior.flat())
    expected = np.sqrt(np.diag(optimum.covariance))
    assert np.all(abs(logs.mean(axis=0) - optimum.point) < 0.5 * expected)
    assert np.allclose(logs.std(axis=0), expected, rtol=0.3)
    chains = np.stack([posterior.chains(number) for number in range(2)], axis=-1)
    told = judge(likelihood.study, chains)
    assert all(one.contraction > 0.9 for one in told)
    assert not any("these data say nothing" in said for said in words(told))
    bands = predictive_bands(likelihood, posterior.flat(), seed=1, most=60)
    assert 0.7 <= bands.inside <= 1.0
    assert abs(correlations(likelihood.study, posterior.flat())[0, 1]) <= 1.0


def test_an_interrupted_search_goes_on_to_the_same_bits(fitted, tmp_path):
    likelihood, optimum = fitted
    kept = Chunks(tmp_path, print)
    find_optimum(likelihood, starts=1, seed=1, chunks=kept)
    (again, once) = find_optimum(likelihood, starts=2, seed=1, threads=2, chunks=kept), optimum
    assert kept.names("start") == ["start-00000", "start-00001"] and kept.found >= 1
    assert np.array_equal(again.found, once.found) and np.array_equal(again.covariance, once.covariance)


def test_interrupted_profiles_go_on_to_the_same_bits_and_a_damaged_step_is_said(fitted, tmp_path):
    likelihood, optimum = fitted
    said = []
    whole = make_profiles(likelihood, optimum, chunks=Chunks(tmp_path, print))
    kept = Chunks(tmp_path, said.append)
    steps = kept.names("profile-")
    kept.drop("profile-01-up")
    (tmp_path / f"{steps[0]}.chunk").write_bytes(b"nothing that was ever written")
    again = make_profiles(likelihood, optimum, threads=2, chunks=kept)
    for one, other in zip(whole, again, strict=True):
        assert np.array_equal(one.value, other.value) and np.array_equal(one.fall, other.fall)
    assert said == [f"chunk {steps[0]} is damaged (its checksum is wrong) and is computed again"]
    assert 0 < kept.found < len(steps) and kept.names("profile-") == steps


def test_an_interrupted_sampling_goes_on_to_the_same_bits(fitted, tmp_path):
    likelihood, optimum = fitted
    kept = Chunks(tmp_path, print)
    whole = sample_posterior(likelihood, optimum, samples=100, seed=2, chunks=kept)
    last = sorted(tmp_path.glob("walkers-1-*.chunk"))[-1]
    last.unlink()
    again = sample_posterior(likelihood, optimum, samples=100, seed=2, threads=2, chunks=kept)
    assert np.array_equal(again.values, whole.values)


def test_chains_that_are_apart_are_not_called_converged():
    rng = np.random.default_rng(1)
    chains = rng.standard_normal((4, 500))
    assert r_hat(chains) < 1.01
    assert r_hat(chains + np.array([[0.0], [0.0], [0.0], [1.0]])) > 1.05


def test_effective_samples_of_an_autoregression_are_those_of_theory():
    rng, keep = np.random.default_rng(2), 0.8
    chains = np.zeros((4, 8000))
    for step in range(1, 8000):
        chains[:, step] = keep * chains[:, step - 1] + rng.standard_normal(4)
    theory = chains.size * (1 - keep) / (1 + keep)
    assert effective_samples(chains[:, 100:]) == pytest.approx(theory, rel=0.1)
    assert effective_samples(rng.standard_normal((4, 2000))) == pytest.approx(8000, rel=0.1)


@pytest.mark.parametrize("kind, centre, width", [("normal", 1.0, 0.2), ("lognormal", 1.0, 0.5), ("uniform", 0.5, 2.0),
                                                 ("loguniform", 0.1, 3.0)])  # fmt: skip
def test_the_quantiles_of_a_prior_are_those_of_its_density(kind, centre, width):
    low, high = (centre, width) if kind.endswith("uniform") else (1e-3, 50.0)
    prior = Prior(kind, centre, width, low, high)
    below = integrate.quad(lambda x: math.exp(prior.log_density(x)), low, prior.draw(0.3), limit=200)[0]
    assert below == pytest.approx(0.3, abs=2e-3)


def test_a_volume_is_lognormal():
    found = log_density(Noise("volume", error=0.3), np.array([2.0]), np.array([1.5]), PLAIN)
    assert found == pytest.approx(stats.lognorm(0.3, scale=1.5).logpdf(2.0))
    assert found != pytest.approx(stats.lognorm(0.33, scale=1.5).logpdf(2.0))


@pytest.mark.parametrize("mark, chance", [("left", "logcdf"), ("right", "logsf")])
def test_a_censored_value_counts_with_the_chance_to_lie_beyond(mark, chance):
    found = log_density(Noise("volume", error=0.3), np.array([2.0]), np.array([1.5]), np.array([mark]))
    assert found == pytest.approx(getattr(stats.lognorm(0.3, scale=1.5), chance)(2.0))


def test_counts_are_poisson_in_the_blood_that_was_drawn():
    found = log_density(Noise("ctc", drawn=0.1), np.array([3.0]), np.array([40.0]), PLAIN)
    assert found == pytest.approx(stats.poisson(4.0).logpmf(3))


def test_dispersed_counts_are_negative_binomial():
    counts = np.arange(2000.0)
    density = np.exp(count_log_density(counts, 5.0, 0.5))
    mean = density @ counts
    assert density.sum() == pytest.approx(1.0) and mean == pytest.approx(5.0)
    assert density @ (counts - mean) ** 2 == pytest.approx(5.0 + 0.5 * 25.0)


def test_no_seed_roots_with_the_chance_of_no_event():
    found = log_density(Noise("seeded"), np.array([0.0, 1.0]), np.array([0.7, 0.7]), np.array(["", ""]))
    assert found == pytest.approx(-0.7 + math.log(1 - math.exp(-0.7)))


def test_the_scale_of_light_is_integrated_out():
    value, expected, noise = np.array([3.0, 5.0, 4.0]), np.array([1.0, 2.0, 1.1]), Noise("bioluminescence", error=0.3)
    marks = np.array(["", "", ""])
    once = log_density(noise, value, expected, marks)
    assert log_density(noise, value, 17.0 * expected, marks) == pytest.approx(once)
    whole = integrate.quad(lambda s: np.exp(stats.lognorm(0.3, scale=np.exp(s) * expected).logpdf(value).sum()), -5, 5)
    assert once == pytest.approx(math.log(whole[0]))


def test_a_share_is_logit_normal():
    noise, grid = Noise("label_share", error=0.4), np.linspace(1e-4, 1 - 1e-4, 20001)
    density = [math.exp(log_density(noise, np.array([x]), np.array([0.3]), PLAIN)) for x in grid]
    assert integrate.trapezoid(density, grid) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.slow
@pytest.mark.skipif(not MICE.exists(), reason="the volumes of 66 mice (LM2-4LUC+) are not beside the checkout")
def test_the_mean_field_fits_66_mice_as_the_closed_gompertz_law_does():
    mouse, day, volume = np.loadtxt(MICE, skiprows=1, unpack=True)
    kept = volume > 0.0
    rows = [
        (str(int(one)), "control", "gland", when, "volume", size, "")
        for one, when, size in zip(mouse[kept], day[kept], volume[kept], strict=True)
    ]
    scenario = read(SCENARIO.replace("duration: 30", f"duration: {math.ceil(day.max())}"))
    noise = Fitted("noise.volume", Prior("loguniform", 0.05, 3.0, 0.05, 3.0), None, "1")
    likelihood = make_likelihood(Study("mice", "", scenario, (*PRIORS, noise), make_data(rows), NOISE))
    optimum = find_optimum(likelihood, starts=1, seed=1)
    first = float(likelihood.predict([*TRUTH, 0.1], make_data([("m", "control", "gland", 0.0, "volume", 1.0, "")]))[0])

    def residuals(logs):
        rate, decay = np.exp(logs)
        return np.log(volume[kept] / first) + rate / decay * np.expm1(-decay * day[kept])

    closed = optimize.least_squares(residuals, np.log(TRUTH))
    assert optimum.values[:2] == pytest.approx(np.exp(closed.x), rel=0.03)
    assert optimum.values[2] == pytest.approx(np.sqrt(np.mean(closed.fun**2)), rel=0.03)
    assert optimum.values[:2] != pytest.approx(1.1 * np.exp(closed.x), rel=0.03)
