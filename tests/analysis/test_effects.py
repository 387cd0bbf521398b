"""Effects are differences within pairs of mice that share their chance."""

from dataclasses import replace

import numpy as np
import pytest

from selfseed.analysis import effects
from selfseed.results.estimates import share


def with_volumes(run, volumes):
    """Return a run whose recipients end with ``volumes`` (arm, replicate)."""
    values = run.arrays["volume"].values.copy()
    values[: len(volumes), :, -1, 1] = volumes
    return replace(run, arrays=run.arrays.assign(volume=(run.arrays.volume.dims, values)))


def test_the_control_is_the_first_arm_and_is_not_compared_with_itself(run):
    assert effects.control_arm(run) == "LM2"
    assert "LM2" not in effects.against_control(run, "seeds", "recipient")
    assert effects.kinds(run)["without return"] == "switch"


def test_differences_are_those_worked_out_by_hand(run):
    control = np.arange(12.0) * 10 + 100
    treated = control - np.tile([10.0, 30.0], 6)
    estimate = effects.against_control(with_volumes(run, [control, treated]), "final_volume_mm3", "recipient")
    # mean -20, standard deviation 10 * sqrt(12 / 11), t(11) = 2.2010
    half = 2.200985 * 10 * np.sqrt(12 / 11) / np.sqrt(12)
    found = estimate["il6_silenced"]
    assert (found.value, found.low, found.high) == pytest.approx((-20.0, -20.0 - half, -20.0 + half), rel=1e-6)


def test_a_silenced_gene_costs_the_known_fold_of_volume(run):
    found = effects.against_control(run, "log_volume_ratio", "recipient")["il6_silenced"]
    assert found.value == pytest.approx(-0.7 * np.log(1.5), abs=1e-9)
    assert found.low < found.value < found.high < 0


def test_pairs_without_a_tumour_have_no_ratio_but_a_volume(run):
    volumes = np.full((2, 12), 50.0)
    volumes[1, :4] = 0.0
    changed = with_volumes(run, volumes)
    assert effects.against_control(changed, "log_volume_ratio", "recipient")["il6_silenced"].replicates == 8
    assert effects.against_control(changed, "final_volume_mm3", "recipient")["il6_silenced"].value == pytest.approx(
        -200 / 12
    )


def test_shares_seeded_count_mice(run):
    expected = share(effects.is_seeded(run, "recipient")[0])
    assert effects.share_seeded(run, "recipient")["LM2"] == expected
    assert effects.share_seeded(run, "control")["LM2"].value == 0.0


def test_dots_of_the_control_are_zero_and_average_to_the_effect(run):
    dots = effects.paired_differences(run, "seeds", "recipient")
    assert (dots[0] == 0).all()
    found = effects.against_control(run, "seeds", "recipient")["il6_silenced"]
    assert dots[1].mean() == pytest.approx(found.value)


def test_the_table_has_a_row_for_every_arm_site_and_measure(run):
    table = effects.table(run)
    assert len(table) == 7 * 3 * len(effects.MEASURES)
    row = table.set_index(["arm", "site", "measure"]).loc[("without return", "recipient", "seeds")]
    assert row["difference"] == -run.arrays.seeds_by_route.values[0, :, 1].sum(-1).mean()
