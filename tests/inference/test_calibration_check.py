"""Posteriors are as wide as they should be: truths drawn from the prior take all ranks in them equally often."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.inference.test_fit import study_of

from selfseed.inference.abc import abc_smc
from selfseed.inference.calibration_check import Ranks, chance_if_calibrated, rank_fits, rank_study
from selfseed.inference.likelihood import Likelihood, make_likelihood
from selfseed.inference.population import fit_mixed, sample_animal
from selfseed.inference.study import read_study
from selfseed.theory.birth_death import extinction_probability, geometric_ratio
from selfseed.theory.gompertz import volume_mm3

DRAWS, LEAST = 99, 0.01
STUDY = Path(__file__).parents[2] / "docs" / "studies" / "one-tumour-study.yaml"


def normal_ranks(narrowing=1.0, shift=0.0, fits=300):
    """Return ranks in the posterior of a mean of four measurements, which is known; or in one that is wrong."""
    deviation = 1.0 / np.sqrt(5.0)

    def sample(data, seed):
        middle = data.sum() / 5.0 + shift * deviation
        return middle + narrowing * deviation * np.random.default_rng(seed).standard_normal((DRAWS, 1))

    return rank_fits(
        lambda rng: rng.standard_normal(1), lambda truth, rng: truth + rng.standard_normal(4), sample, ["mean"],
        fits=fits, seed=1,
    )  # fmt: skip


def test_a_posterior_that_is_right_passes():
    assert chance_if_calibrated(normal_ranks())["mean"] > LEAST


@pytest.mark.parametrize("wrong", [{"narrowing": 0.8}, {"narrowing": 1.25}, {"shift": 0.25}])
def test_a_posterior_one_fifth_too_narrow_or_wide_or_a_quarter_off_is_noticed(wrong):
    assert chance_if_calibrated(normal_ranks(**wrong, fits=1000))["mean"] < LEAST


def test_one_right_method_in_twenty_is_doubted_at_five_percent():
    rng = np.random.default_rng(4)
    many = Ranks(tuple(map(str, range(300))), rng.integers(0, DRAWS + 1, (100, 300)), DRAWS)
    doubted = np.mean([chance < 0.05 for chance in chance_if_calibrated(many).values()])
    assert 0.02 < doubted < 0.09


def test_ranks_hang_on_the_seed_and_not_on_threads():
    def ranks(threads):
        return rank_fits(
            lambda rng: rng.standard_normal(1), lambda truth, rng: truth + rng.standard_normal(1),
            lambda data, seed: data + np.random.default_rng(seed).standard_normal((9, 1)), ["mean"], fits=20, seed=2,
            threads=threads,
        ).ranks  # fmt: skip

    assert (ranks(1) == ranks(3)).all()


def animal_ranks(narrowing=1.0, fits=800):
    """Return ranks of an animal's own rate and decay, given its volumes and the population."""
    rng = np.random.default_rng(1)
    days = np.array([10.0, 16.0, 22.0])
    rates, decays = np.exp(np.log([[0.55], [0.07]]) + 0.2 * rng.standard_normal((2, 40)))
    logs = (rates / decays)[:, None] * -np.expm1(-decays[:, None] * days) + 0.15 * rng.standard_normal((40, 3))
    fit = fit_mixed(np.repeat(np.arange(40), 3), np.tile(days, 40), np.exp(logs).ravel(), "gompertz", errors=False)
    population = fit.mixed.population
    believed = replace(population, covariance=narrowing**2 * population.covariance)
    used = replace(fit, mixed=replace(fit.mixed, population=believed))

    def volumes(truth, rng):
        return volume_mm3(days, *truth) * np.exp(population.error * rng.standard_normal(3))

    return rank_fits(
        lambda rng: np.exp(rng.multivariate_normal(population.middle, population.covariance)), volumes,
        lambda data, seed: sample_animal(used, days, data, draws=DRAWS, seed=seed), fit.names, fits=fits, seed=5,
    )  # fmt: skip


def test_what_is_said_of_one_animal_of_a_population_is_calibrated():
    assert min(chance_if_calibrated(animal_ranks()).values()) > LEAST


def test_a_population_one_fifth_too_narrow_would_be_noticed():
    assert min(chance_if_calibrated(animal_ranks(narrowing=0.8)).values()) < LEAST


FAMILIES, DAYS, DEATH = 60, 4.0, 0.3


def births(points):
    """Return birth rates [1/day] from points that are standard normal."""
    return 0.6 * np.exp(0.3 * points)


def families(points, rng):
    """Return of families founded by one cell how many died out, and the mean logarithm of the others' cells."""
    told = []
    for birth in births(points[:, 0]):
        alive = rng.binomial(FAMILIES, 1.0 - extinction_probability(birth, DEATH, DAYS))
        cells = rng.geometric(1.0 - geometric_ratio(birth, DEATH, DAYS), max(alive, 1))
        told.append((FAMILIES - alive, np.log(cells).mean()))
    return np.array(told)


def abc_ranks(fits, believed=families):
    def sample(data, seed):
        found = abc_smc(believed, data, 1, particles=200, generations=5, seed=seed)
        rng = np.random.default_rng(seed)
        return found.points[rng.choice(200, DRAWS, p=found.weights)]

    return rank_fits(
        lambda rng: rng.standard_normal(1), lambda truth, rng: families(truth[None], rng)[0], sample, ["birth"],
        fits=fits, seed=6,
    )  # fmt: skip


def test_births_learnt_from_families_without_a_likelihood_are_calibrated():
    assert chance_if_calibrated(abc_ranks(60))["birth"] > LEAST


@pytest.mark.slow
def test_births_learnt_from_200_sets_of_families_are_calibrated_and_a_rate_one_tenth_off_is_noticed():
    assert chance_if_calibrated(abc_ranks(200))["birth"] > LEAST

    def faster(points, rng):
        return families(points + np.log(1.1) / 0.3, rng)

    assert chance_if_calibrated(abc_ranks(200, believed=faster))["birth"] < LEAST


class ClosedLikelihood(Likelihood):
    """Know the curve of Gompertz in closed form: the walkers are on trial here, not the mean field."""

    def predict(self, values, data=None):
        return volume_mm3(self.study.data.day, *map(float, values))


def walker_ranks(fits, off=1.0):
    plan = make_likelihood(study_of((0.5, 0.07), mice=3))
    closed = ClosedLikelihood(plan.study, plan.arms, plan.usual, plan.label)
    return rank_study(closed, fits=fits, samples=800, seed=7, made_at=lambda truth: off * truth)


def test_walkers_are_calibrated_where_the_curve_is_known_and_rates_one_tenth_off_are_noticed():
    pytest.importorskip("emcee", reason="emcee is not installed: pip install 'selfseed[fit]'")
    assert min(chance_if_calibrated(walker_ranks(25)).values()) > LEAST
    assert max(chance_if_calibrated(walker_ranks(12, off=1.1)).values()) < LEAST


def test_data_below_a_limit_are_not_checked():
    study = study_of((0.5, 0.07), mice=1)
    cut = replace(study, data=replace(study.data, censored=np.array(["left", "", "", ""])))
    with pytest.raises(ValueError, match="censored"):
        rank_study(make_likelihood(cut), fits=1, samples=100, seed=1)


def fit_ranks(fits, off=1.0):
    """Return ranks of growth, shedding and the error of volumes in fits by the mean field, from volumes and CTC."""
    likelihood = make_likelihood(read_study(STUDY))
    return rank_study(likelihood, fits=fits, samples=800, seed=7, made_at=lambda truth: off * truth)


@pytest.mark.slow
def test_what_fit_says_of_200_tumours_is_calibrated():
    pytest.importorskip("emcee", reason="emcee is not installed: pip install 'selfseed[fit]'")
    assert min(chance_if_calibrated(fit_ranks(200)).values()) > LEAST


@pytest.mark.slow
def test_rates_and_errors_one_tenth_off_would_be_noticed_by_60_fits():
    pytest.importorskip("emcee", reason="emcee is not installed: pip install 'selfseed[fit]'")
    assert max(chance_if_calibrated(fit_ranks(60, off=1.1)).values()) < LEAST
