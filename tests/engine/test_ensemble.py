"""Very many replicates, reduced in chunks, say the same as the whole run, whoever computed them and in which order."""

import numpy as np
import pytest
from tests.small import scenario

import selfseed
from selfseed.engine.ensemble import simulate_ensemble, simulate_ensembles
from selfseed.results import chunks
from selfseed.results.measures import final_volume_mm3, is_seeded, label_share, seeds
from selfseed.scenario.vary import vary

REPLICATES = 250


@pytest.fixture(scope="module")
def whole():
    return selfseed.simulate(scenario(), seed=3, replicates=REPLICATES)


@pytest.fixture(scope="module")
def ensemble():
    return simulate_ensemble(scenario(), seed=3, replicates=REPLICATES, workers=1)


def test_outcomes_are_those_of_the_whole_run_bit_by_bit(whole, ensemble):
    read = {"is_seeded": is_seeded, "label_share": label_share, "final_volume": final_volume_mm3, "seeds": seeds}
    for site in ensemble.arrays["measured_site"].values:
        for name, of in read.items():
            found = ensemble.arrays[f"outcome_{name}"].sel(measured_site=site).values
            np.testing.assert_array_equal(found, of(whole, site).astype(float))


def test_courses_are_those_of_the_whole_run(whole, ensemble):
    volume = whole.arrays["volume"]
    np.testing.assert_allclose(ensemble.arrays["course_volume_mean"], volume.mean("replicate"), rtol=1e-12)
    np.testing.assert_allclose(
        ensemble.arrays["course_volume_sd"], volume.std("replicate", ddof=1), rtol=1e-9, atol=1e-12
    )
    np.testing.assert_array_equal(ensemble.arrays["trace_volume"], volume[:, :20])


def test_the_bits_are_the_same_for_any_number_of_processes(ensemble):
    assert simulate_ensemble(scenario(), seed=3, replicates=REPLICATES, workers=2).sha256 == ensemble.sha256


def test_another_seed_gives_other_bits(ensemble):
    assert simulate_ensemble(scenario(), seed=4, replicates=REPLICATES, workers=1).sha256 != ensemble.sha256


def test_arms_and_points_share_their_chance():
    points = [scenario(), vary(scenario(), {"shedding.rate": 1e-9})]
    found = dict(simulate_ensembles(points, seed=3, replicates=5, workers=1))
    left = [
        one.arrays["outcome_final_volume"].sel(arm="control", measured_site="left").values for one in found.values()
    ]
    np.testing.assert_allclose(left[0], left[1], rtol=0.2)
    assert np.ptp(left[0]) / left[0].mean() > 0.2


def test_chunks_that_are_there_are_not_computed_again_and_those_that_are_damaged_are(tmp_path, ensemble):
    def attempt(stop_after, say=lambda sentence: None):
        done = []

        def progress(count, total):
            done.append(count)
            if len(done) == stop_after:
                raise KeyboardInterrupt

        with chunks.hold(tmp_path / "out", {}, resume=True, say=say) as kept:
            found = simulate_ensemble(
                scenario(), seed=3, replicates=REPLICATES, workers=1, chunks=kept, progress=progress
            )
            return found, len(done), kept.found

    for stop_after in (7, 30):
        with pytest.raises(KeyboardInterrupt):
            attempt(stop_after)
    files = sorted(chunks.unfinished(tmp_path / "out").glob("*.chunk"))
    assert len(files) == 37
    files[3].write_bytes(files[3].read_bytes()[:-1])
    said = []
    found, computed, kept = attempt(0, said.append)
    assert found.sha256 == ensemble.sha256
    assert kept == 36 and computed == 84 - 36
    assert said == [f"chunk {files[3].stem} is damaged (its checksum is wrong) and is computed again"]


def test_the_mean_field_is_an_ensemble_of_one():
    found = simulate_ensemble(scenario(), seed=0, replicates=50, engine="mean-field", workers=1)
    whole = selfseed.simulate(scenario(), engine="mean-field")
    volume = found.arrays["outcome_final_volume"].sel(measured_site="left")
    np.testing.assert_array_equal(volume, final_volume_mm3(whole, "left"))


def test_the_same_bits_come_from_a_dask_cluster(ensemble):
    pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    found = simulate_ensemble(scenario(), seed=3, replicates=REPLICATES, workers=2, cluster="local")
    assert found.sha256 == ensemble.sha256
