"""Same seed, same bits, for any number of threads; arms share their chance animal by animal."""

import numpy as np
import pytest
from tests.validation.kim import CONTROL, kim

from selfseed.engine import simulate


@pytest.fixture(scope="module")
def two_arms():
    return kim(CONTROL, "IL-6 silenced")


def bits(run):
    return run.manifest["arrays_sha256"]


def test_one_and_two_threads_give_the_same_bits(two_arms):
    one, two = (simulate(two_arms, seed=7, replicates=4, threads=threads) for threads in (1, 2))
    assert bits(one) == bits(two)


def test_another_seed_would_be_noticed(two_arms):
    one, other = (simulate(two_arms, seed=seed, replicates=4, threads=2) for seed in (7, 8))
    assert bits(one) != bits(other)


def test_an_animal_is_the_same_whatever_runs_beside_it(two_arms):
    few, many = (simulate(two_arms, seed=7, replicates=replicates) for replicates in (2, 4))
    alone = simulate(kim(CONTROL), seed=7, replicates=2)
    assert (few.arrays["cells"] == many.arrays["cells"][:, :2]).all()
    assert (alone.arrays["cells"][0] == few.arrays["cells"][0]).all()


def differs(run):
    """Return whether anything that was measured differs between the first two arms."""
    arrays = run.arrays
    return any(
        not np.array_equal(values[0], values[1], equal_nan=True)
        for values in (arrays[name].values for name in arrays.data_vars if arrays[name].dims[0] == "arm")
    )


def test_with_attraction_off_silencing_il6_or_il8_changes_not_one_bit():
    off = {"attraction.il6_gain": 0.0, "attraction.il8_gain": 0.0}
    for silenced in ("IL-6 silenced", "IL-8 silenced"):
        assert not differs(simulate(kim(CONTROL, silenced, **off), seed=7, replicates=6))


def test_with_attraction_on_silencing_il6_or_il8_is_noticed():
    for silenced in ("IL-6 silenced", "IL-8 silenced"):
        assert differs(simulate(kim(CONTROL, silenced), seed=7, replicates=6))
