"""The summary tells the numbers that one reads first, as JSON."""

import json

import numpy as np
import pytest
from tests.synthetic_run import synthetic_run

from selfseed.analysis import summary


@pytest.fixture(scope="module")
def told(run):
    return json.loads(json.dumps(summary(run), allow_nan=False))


def test_it_says_what_was_run(run, told):
    assert {key: told[key] for key in ("schema_version", "seed", "replicates", "engine", "control_arm", "sha256")} == {
        "schema_version": 1,
        "seed": 2009,
        "replicates": 12,
        "engine": "stochastic",
        "control_arm": "LM2",
        "sha256": run.sha256,
    }
    assert list(told["arms"]) == list(run.arrays.arm.values)
    assert told["arms"]["without return"]["kind"] == "switch"


def test_a_recipient_is_told_with_its_spread(run, told):
    site = told["arms"]["LM2"]["sites"]["recipient"]
    volumes = run.arrays.volume.values[0, :, -1, 1]
    assert site["final_volume_mm3"]["median"] == pytest.approx(np.median(volumes))
    assert site["final_volume_mm3"]["p95"] == pytest.approx(np.quantile(volumes, 0.95))
    shares = run.arrays.label_share.values[0, :, -1, 1, 0]
    assert site["label_share"]["q25"] == pytest.approx(np.quantile(shares, 0.25))
    assert site["seeds"]["cross"] == run.arrays.seeds_by_route.values[0, :, 1, 2].mean()
    assert site["share_seeded"]["low"] < site["share_seeded"]["value"] <= site["share_seeded"]["high"]
    assert site["day"] == 60


def test_label_share_of_the_seeded_leaves_the_others_out(run, told):
    arm = list(told["arms"]).index("without return")
    assert told["arms"]["without return"]["sites"]["recipient"]["label_share_of_seeded"]["median"] is None
    assert run.arrays.label_share.values[arm, :, -1, 1, 0].max() == 0.0
    assert told["arms"]["without return"]["sites"]["recipient"]["label_share"]["median"] == 0.0


def test_every_arm_but_the_control_has_paired_differences(told):
    assert "paired_difference" not in told["arms"]["LM2"]["sites"]["recipient"]
    paired = told["arms"]["il6_silenced"]["sites"]["recipient"]["paired_difference"]
    assert set(paired) == {"share_seeded", "label_share", "final_volume_mm3", "log_volume_ratio", "seeds"}
    assert paired["seeds"]["low"] < paired["seeds"]["mean"] < paired["seeds"]["high"] < 0


def test_a_site_without_tumour_has_null_not_nan(told):
    assert told["arms"]["LM2"]["sites"]["control"]["label_share"] == {"median": None, "q25": None, "q75": None}


def test_one_mouse_has_differences_but_no_intervals():
    told = summary(synthetic_run(arms=2, replicates=1))
    paired = told["arms"]["il6_silenced"]["sites"]["recipient"]["paired_difference"]
    assert paired["seeds"]["mean"] < 0 and paired["seeds"]["low"] is None
