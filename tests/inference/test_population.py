"""A population that made the tumours is found again, and foretells what an animal that was left out will do."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from selfseed.inference.held_out import predict_held_out
from selfseed.inference.mixed import Population, expect
from selfseed.inference.population import _curve, _setup, _table, fit_mixed, predict_animal
from selfseed.theory.growth_curves import GROWTH_CURVES

SHARED = Path(os.environ.get("SELFSEED_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "growth"
RATE, DECAY, SPREADS, TOGETHER, ERROR = 0.55, 0.07, (0.2, 0.25), 0.8, 0.15
DAYS = np.arange(8.0, 40.0, 4.0)


def tumours(animals, seed, *, rate=RATE, decay=DECAY, error=ERROR):
    """Return animal, day and volume of tumours of a Gompertz population."""
    rng = np.random.default_rng(seed)
    covariance = np.outer(SPREADS, SPREADS) * np.array([[1.0, TOGETHER], [TOGETHER, 1.0]])
    a, b = np.exp(rng.multivariate_normal(np.log([rate, decay]), covariance, animals)).T[..., None]
    logs = a / b * -np.expm1(-b * DAYS) + error * rng.standard_normal((animals, DAYS.size))
    animal, day = np.broadcast_arrays(np.arange(animals)[:, None], DAYS)
    return animal.ravel(), day.ravel(), np.exp(logs).ravel()


@pytest.fixture(scope="module")
def found():
    return fit_mixed(*tumours(400, seed=1), "gompertz")


def z_of_medians(fit, **truth):
    return {
        name: (np.log(fit.median[name]) - np.log(value)) / fit.standard_error[name] for name, value in truth.items()
    }


def test_the_population_that_made_the_tumours_is_found_again(found):
    assert found.mixed.converged
    assert max(map(abs, z_of_medians(found, initial_rate=RATE, decay=DECAY).values())) < 3.5
    for name, spread in zip(("initial_rate", "decay"), SPREADS, strict=True):
        assert abs(found.spread[name] - spread) < 3.5 * found.standard_error[f"spread {name}"]
    assert found.correlation[0, 1] == pytest.approx(TOGETHER, abs=0.08)
    assert found.error == pytest.approx(ERROR, rel=0.08)


def test_a_rate_or_a_decay_one_tenth_off_would_be_noticed(found):
    wrong = z_of_medians(found, initial_rate=1.1 * RATE, decay=1.1 * DECAY)
    assert min(map(abs, wrong.values())) > 3.5


def test_the_likelihood_of_an_animal_is_the_integral_over_its_own_rate():
    animal, day, volume = tumours(6, seed=2)
    names, days, logs = _table(animal, day, volume)
    population = Population(np.log([0.3]), np.array([[0.04]]), 0.5)
    found = expect(_setup(_curve("exponential"), days, logs, 1.0, 7), population).log_likelihood
    for number in range(len(names)):

        def density(x, number=number):
            return norm.pdf(logs[number], np.exp(x) * days[number], 0.5).prod() * norm.pdf(x, np.log(0.3), 0.2)

        exact = np.log(quad(density, -2.5, 0.0, epsabs=0.0, epsrel=1e-8, limit=500)[0])
        assert found[number] == pytest.approx(exact, abs=1e-3)
        narrower = replace(population, covariance=np.array([[0.18**2]]))
        off = expect(_setup(_curve("exponential"), days, logs, 1.0, 7), narrower).log_likelihood
        assert off[number] != pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("law", GROWTH_CURVES)
def test_more_nodes_change_nothing_and_no_neighbour_is_likelier(law):
    data = tumours(15, seed=3)
    few, many = (fit_mixed(*data, law, nodes=nodes, errors=False) for nodes in (5, 9))
    assert few.log_likelihood == pytest.approx(many.log_likelihood, abs=0.3)
    _, days, logs = _table(*data)
    setup, best = _setup(_curve(law), days, logs, 1.0, 5), few.mixed.population
    neighbours = [replace(best, middle=best.middle + shift) for shift in 0.03 * np.eye(best.middle.size)]
    neighbours += [replace(best, error=1.1 * best.error), replace(best, error=best.error / 1.1)]
    assert all(expect(setup, one).log_likelihood.sum() < few.log_likelihood for one in neighbours)


def test_a_volume_on_day_0_that_nobody_measured_is_learnt():
    animal, day, volume = tumours(60, seed=4)
    fit = fit_mixed(animal, day, 50.0 * volume, "exponential", start=None)
    twice = fit_mixed(animal, day, 100.0 * volume, "exponential", start=None)
    assert twice.median["start"] == pytest.approx(2.0 * fit.median["start"], rel=0.01)
    assert twice.aic - fit.aic == pytest.approx(0.0, abs=0.05)


def test_a_law_that_holds_another_in_it_is_at_least_as_likely():
    """Tumours of which some hardly grow: an animal can then be explained in more than one way."""
    rng = np.random.default_rng(6)
    day = np.arange(0.0, 50.0, 5.0)
    rates = 0.04 * np.exp(0.9 * rng.standard_normal(25))
    logs = np.log(240.0) + 12.0 * rates[:, None] * -np.expm1(-day / 12.0) + 0.1 * rng.standard_normal((25, day.size))
    data = np.repeat(np.arange(25), day.size), np.tile(day, 25), np.exp(logs).ravel()
    likely = {law: fit_mixed(*data, law, start=None, errors=False).log_likelihood for law in GROWTH_CURVES}
    for inner, outer in (("surface", "power_law"), ("surface", "von_bertalanffy"), ("reduced_gompertz", "gompertz")):
        assert likely[outer] > likely[inner] - 0.1, likely


def test_the_band_of_a_prediction_holds_the_share_that_it_states():
    made = predict_held_out(*tumours(120, seed=5), "gompertz", parts=4)
    assert abs(made.inside - 0.9) < 3.5 * made.inside_error and len(made.day) == 120 * (DAYS.size - 3)


def test_a_band_of_animals_too_much_alike_would_be_noticed():
    data = tumours(120, seed=5)
    fit = fit_mixed(*data, "gompertz", errors=False)
    alike = replace(fit.mixed.population, covariance=0.15 * fit.mixed.population.covariance)
    fit = replace(fit, mixed=replace(fit.mixed, population=alike))
    volume = data[2].reshape(120, -1)
    drawn = [predict_animal(fit, [], [], DAYS, seed=number) for number in range(120)]
    low, high = np.percentile(drawn, [5.0, 95.0], axis=1)
    assert ((low <= volume) & (volume <= high)).mean() < 0.85


def test_the_first_measurements_of_an_animal_narrow_what_is_foretold(found):
    days = [30.0, 36.0]
    anyone = predict_animal(found, [], [], days, seed=1)
    this = predict_animal(found, DAYS[:4], np.exp(0.4 / 0.07 * -np.expm1(-0.07 * DAYS[:4])), days, seed=1)
    assert (np.log(this).std(axis=0) < 0.8 * np.log(anyone).std(axis=0)).all()
    assert (np.median(this, axis=0) < np.median(anyone, axis=0)).all()


@pytest.mark.parametrize(
    ("day", "value", "law", "told"),
    [
        ([1.0, 2.0], [1.0, 0.0], "gompertz", "values must be above 0"),
        ([-1.0, 2.0], [1.0, 1.0], "gompertz", "days must be 0 or later"),
        ([1.0, 2.0], [1.0, 1.0], "gompert", "no law of growth is called 'gompert'; there are: exponential, logistic"),
    ],
)
def test_a_wrong_table_is_refused_in_words(day, value, law, told):
    with pytest.raises(ValueError, match=told):
        fit_mixed(["a", "b"], day, value, law)


def measured(name):
    if not (SHARED / name).exists():
        pytest.skip("the measured volumes of Vaghi et al. 2020 are not beside the project (SELFSEED_SHARED)")
    table = pd.read_csv(SHARED / name, sep="\t")
    table = table[table["Observation"] > 0]
    return table["ID"].to_numpy(), table["Time"].to_numpy(), table["Observation"].to_numpy()


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("breast_vol_data.txt", ("gompertz", "power_law", "surface", "logistic", "exponential")),
        ("lung_vol_data.txt", ("power_law", "gompertz", "logistic", "exponential")),
    ],
    ids=["LM2-4LUC+", "Lewis lung"],
)
def test_the_laws_rank_as_published(name, order):
    """Benzekry et al. (2014), https://doi.org/10.1371/journal.pcbi.1003800; here by Akaike's criterion."""
    data = measured(name)
    aic = [fit_mixed(*data, law, errors=False).aic for law in order]
    assert (np.diff(aic) > 10.0).all(), dict(zip(order, aic, strict=True))


def test_the_band_of_66_mice_that_were_left_out_holds_nine_tenths():
    made = predict_held_out(*measured("breast_vol_data.txt"), "gompertz")
    assert len(made.day) == 383 and abs(made.inside - 0.9) < 3.0 * made.inside_error


@pytest.mark.slow
def test_standard_errors_are_as_wide_as_fits_of_other_tumours_scatter():
    fits = [fit_mixed(*tumours(30, seed=100 + seed), "gompertz") for seed in range(60)]
    for name, truth in (("initial_rate", RATE), ("decay", DECAY)):
        z = np.array([z_of_medians(fit, **{name: truth})[name] for fit in fits])
        assert 0.7 < z.std() < 1.3 and abs(z.mean()) < 4.0 / np.sqrt(60)
