"""``print(run)`` answers in biology, in about fifteen lines."""

from dataclasses import replace

from tests.synthetic_run import synthetic_run


def test_a_run_says_who_was_seeded_how_much_and_what_each_arm_changed(run):
    told = str(run).splitlines()
    assert told[0] == run.scenario.title
    assert told[1].startswith("5 mice in each of 3 arms and 4 counterfactuals, 60 days, stochastic engine, seed 2009")
    lm2, il6 = (next(line for line in told if line.startswith(f"  {arm} ")) for arm in ("LM2", "il6_silenced"))
    assert "5 of 5" in lm2 and " mm³ " in lm2 and " cross" in lm2 and lm2.endswith("(control)")
    assert il6.endswith(" points") and " (-" in il6
    assert any(line.startswith("  control") and "0 of 5" in line and "none" in line for line in told)
    assert "primary" in next(line for line in told if line.startswith("  donor"))
    assert told[-1].startswith("With return, recipient ends 1.5 (1.")
    assert len(told) <= 15 and max(map(len, told)) <= 120


def test_columns_stand_under_each_other(run):
    told = str(run).splitlines()[2:6]
    assert len({line.index("GFP" if "GFP share" in line else "%") > 20 for line in told}) == 1
    assert len({line.index(" of 5") for line in told[1:]}) == 1


def test_one_mouse_gets_no_interval():
    told = str(synthetic_run(arms=2, replicates=1))
    assert "1 mouse in each of 2 arms" in told
    assert " to " not in told and "nan" not in told


def test_a_run_without_counterfactuals_or_manifest_is_told_too(run):
    bare = replace(run, arrays=run.arrays.isel(arm=slice(3)), manifest={})
    assert "counterfactual" not in str(bare)
    assert "With return" not in str(bare)


def test_a_run_in_a_list_stays_short(run):
    assert repr(run) == "<Run 'Two glands, one mouse (invented numbers)': 7 arms of 5>"


def test_seeds_are_the_seeding_events(run):
    assert (run.seeds["event"] == "seed").all()
    assert len(run.seeds) == len(run.events)
