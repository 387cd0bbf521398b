"""Calibration without a likelihood gives the posterior where that is known, and finds again what made the animals."""

import numpy as np
import pytest
from scipy.special import gammaln
from tests.small import TEXT

from selfseed.inference.abc import abc_smc
from selfseed.inference.abc_of_study import measured, run_abc
from selfseed.inference.data import make_data
from selfseed.inference.likelihood import make_likelihood
from selfseed.inference.noise import Noise
from selfseed.inference.prior import Prior
from selfseed.inference.study import Fitted, Study
from selfseed.results.chunks import Chunks
from selfseed.scenario import read

SEEDS, MEAN, ANIMALS, SPREAD = 23, 0.4, 10, 0.5


def seeds_and_volumes(points, rng):
    """Return a Poisson count of seeds, and the mean logarithm of the volumes of ten animals."""
    seeds = rng.poisson(20.0 * np.exp(0.6 * points[:, 0]))
    return np.stack([seeds, points[:, 1] + rng.normal(0.0, SPREAD / np.sqrt(ANIMALS), len(points))], axis=-1)


def exact(seeds=SEEDS, mean=MEAN):
    """Return mean and standard deviation of both parameters: on a grid, and conjugate."""
    z = np.linspace(-4, 4, 4001)
    rate = 20.0 * np.exp(0.6 * z)
    logs = -0.5 * z**2 + seeds * np.log(rate) - rate - gammaln(seeds + 1)
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    first = weight @ z
    precision = 1.0 + ANIMALS / SPREAD**2
    return (
        np.array([first, mean * ANIMALS / SPREAD**2 / precision]),
        np.array([np.sqrt(weight @ (z - first) ** 2), precision**-0.5]),
    )


@pytest.fixture(scope="module")
def found():
    return abc_smc(seeds_and_volumes, np.array([SEEDS, MEAN]), 2, particles=2000, generations=14, seed=1)


def z_of_means(result, truth):
    mean, deviation = truth
    return np.abs(result.weights @ result.points - mean) / (deviation / np.sqrt(result.effective))


def test_the_posterior_is_the_exact_one(found):
    assert (z_of_means(found, exact()) < 4.0).all()
    apart = found.points - found.weights @ found.points
    spread = np.sqrt(found.weights @ apart**2)
    np.testing.assert_allclose(spread, exact()[1], rtol=0.1)
    assert found.effective > 500 and found.tolerances[-1] < 0.1


def test_data_one_tenth_off_would_be_noticed(found):
    assert (z_of_means(found, exact(seeds=1.1 * SEEDS, mean=1.1 * MEAN)) > 4.0).all()


def test_the_numbers_hang_on_the_seed_and_not_on_processes():
    def one(workers, seed=1):
        return abc_smc(
            seeds_and_volumes, np.array([SEEDS, MEAN]), 2, particles=300, generations=4, seed=seed, workers=workers
        )

    assert (one(1).points == one(2).points).all() and (one(1).weights == one(2).weights).all()
    assert (one(1, seed=2).points != one(1).points).any()


def test_an_interrupted_fit_goes_on_to_the_same_bits(tmp_path):
    how = {"particles": 200, "seed": 3}
    whole = abc_smc(seeds_and_volumes, np.array([SEEDS, MEAN]), 2, generations=5, **how)
    kept = Chunks(tmp_path, print)
    abc_smc(seeds_and_volumes, np.array([SEEDS, MEAN]), 2, generations=2, chunks=kept, **how)
    again = abc_smc(seeds_and_volumes, np.array([SEEDS, MEAN]), 2, generations=5, chunks=kept, **how)
    assert (again.points == whole.points).all() and (again.weights == whole.weights).all() and kept.found == 2


class Stopped(Exception):
    pass


def test_a_round_that_was_interrupted_keeps_its_batches_and_a_damaged_one_is_said(tmp_path):
    how = {"particles": 900, "generations": 1, "seed": 3}
    whole = abc_smc(seeds_and_volumes, np.array([SEEDS, MEAN]), 2, **how)
    said = []

    def stop(done, total):
        if done >= 600:
            raise Stopped

    with pytest.raises(Stopped):
        abc_smc(seeds_and_volumes, np.array([SEEDS, MEAN]), 2, chunks=Chunks(tmp_path, print), progress=stop, **how)
    kept = Chunks(tmp_path, said.append)
    assert kept.names("round-000-") == ["round-000-000000", "round-000-000001", "round-000-000002"]
    (tmp_path / "round-000-000001.chunk").write_bytes(b"nothing that was ever written")
    again = abc_smc(seeds_and_volumes, np.array([SEEDS, MEAN]), 2, chunks=kept, **how)
    assert (again.points == whole.points).all() and (again.distances == whole.distances).all() and kept.found == 2
    assert said == ["chunk round-000-000001 is damaged (its checksum is wrong) and is computed again"]
    assert kept.names("") == ["round-000"]


def study(values=None):
    rows = [
        (f"m{mouse}", "control", site, day, "volume", 1.0, "") for mouse in range(8) for site in ("left", "right")
        for day in (6, 12)
    ]  # fmt: skip
    rows += [(f"m{mouse}", "control", "vein", 12, "ctc", 1.0, "") for mouse in range(8)]
    if values is not None:
        rows = [(*row[:5], value, "") for row, value in zip(rows, values, strict=True)]
    parameters = (
        Fitted("growth.initial_rate", Prior("lognormal", 0.5, 0.4, 1e-3, 20.0), None, "1/day"),
        Fitted("shedding.rate", Prior("lognormal", 1e-3, 1.0, 1e-9, 1.0), None, "1/day"),
    )
    noise = {"volume": Noise("volume", error=0.1), "ctc": Noise("ctc", drawn=0.5)}
    return Study("test", "", read(TEXT), parameters, make_data(rows), noise)


def test_simulated_animals_are_the_same_in_one_process_and_in_two():
    data = measured(make_likelihood(study()), np.array([0.6, 2e-3]), np.random.default_rng(5))
    one, two = (run_abc(study(data), seed=1, particles=40, generations=2, workers=many) for many in (1, 2))
    assert (one.values == two.values).all() and (one.result.weights == two.result.weights).all()
    assert (run_abc(study(data), seed=2, particles=40, generations=1).values != one.values).any()


@pytest.mark.slow
def test_what_made_the_animals_is_found_again():
    plan = study()
    truth = np.array([0.6, 2e-3])
    data = measured(make_likelihood(plan), truth, np.random.default_rng(5))
    found = run_abc(study(data), seed=2, particles=100, generations=4)
    logs = np.log(found.values)
    middle = found.result.weights @ logs
    spread = np.sqrt(found.result.weights @ (logs - middle) ** 2)
    assert (np.abs(middle - np.log(truth)) < 3.0 * spread).all()
    prior = np.array([fitted.prior.width for fitted in plan.parameters])
    assert (spread < 0.9 * prior).all()
