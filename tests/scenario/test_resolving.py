from pathlib import Path

import pytest

from selfseed.base.errors import ScenarioError
from selfseed.processes import GENES, ORGANS, PARAMETERS
from selfseed.scenario import SWITCHES, explain, json_schema, read, resolve, resolve_measurements, to_yaml
from selfseed.scenario.model import Clone

RICH = (Path(__file__).parent / "rich.yaml").read_text()


def rich(*edits):
    text = RICH
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return read(text)


def arms(scenario):
    return {arm.name: arm for arm in resolve(scenario)}


def clones(arm):
    return {clone.name: clone for clone in arm.clones}


def fold(clone, gene):
    return clone.expression[GENES.index(gene)]


def test_arms_come_in_their_order_and_then_the_switched_copies():
    assert [arm.name for arm in resolve(rich())] == [
        "LM2", "il6_silenced", "parental_donor", "more",
        "without return", "without crowding_relief", "without selection", "without niche", "without attraction",
        "without primary_route", "without secondary_route", "without cross_route",
    ]  # fmt: skip


def test_every_number_of_the_table_is_in_every_arm():
    for arm in resolve(rich()):
        for clone in arm.clones:
            assert set(arm.parameters) | set(clone.parameters) == set(PARAMETERS)
            assert set(clone.tropism) == set(ORGANS)


@pytest.mark.parametrize("host", ["mouse", "human"])
def test_what_is_not_set_comes_from_the_table_of_the_host(host):
    arm = resolve(rich(("host: mouse", f"host: {host}")))[0]
    assert arm.parameters["host.blood_volume"] == PARAMETERS["host.blood_volume"].default(host)


def test_a_clone_takes_what_it_does_not_set_from_its_parent_and_then_from_the_scenario():
    scenario = rich(("parameters:\n", "parameters:\n  growth.turnover: 0.9\n  growth.exponent: 0.7\n"))
    lm2 = clones(resolve(scenario)[0])["LM2"]
    assert lm2.parameters["growth.turnover"] == 0.3  # set by the parent
    assert lm2.parameters["growth.exponent"] == 0.7  # set by the scenario
    assert fold(lm2, "MMP1") == 5.0


def test_a_knock_down_leaves_the_heirs_of_the_clone_alone():
    silenced = clones(arms(rich())["il6_silenced"])
    assert fold(silenced["parental"], "IL6") == 0.15
    assert fold(silenced["LM2"], "IL6") == 1.0


def test_a_knock_down_without_a_number_leaves_what_the_table_says():
    silenced = clones(arms(rich((", remaining: 0.15", "")))["il6_silenced"])
    assert fold(silenced["parental"], "IL6") == PARAMETERS["treatment.knock_down"].mouse


def test_over_expression_multiplies_what_the_clone_has():
    more = arms(rich(("CXCL1, clone", "MMP1, clone")))["more"]
    assert fold(clones(more)["LM2"], "MMP1") == 15.0


def test_a_swap_puts_one_clone_in_the_place_of_another_everywhere():
    arm = arms(rich())["parental_donor"]
    given = [arm.clones[procedure.clone].name for procedure in arm.procedures if procedure.clone >= 0]
    assert given == ["parental_GFP", "parental", "parental_GFP"]


def test_an_arm_leaves_out_and_adds_procedures():
    arm = arms(rich())["more"]
    cut_out = [(arm.sites[entry.site][0], entry.at_day) for entry in arm.procedures if entry.kind == "resect"]
    assert cut_out == [("lung", 40.0)]


def test_procedures_are_in_the_order_of_time():
    arm = resolve(rich(("at: 20 day", "at: 50 day")))[0]
    assert [entry.at_day for entry in arm.procedures] == [0.0, 0.0, 30.0, 50.0]


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_turns_off_one_thing_and_leaves_the_rest_as_in_the_control_arm(name):
    control, switched = resolve(rich())[0], arms(rich())[f"without {name}"]
    changed = {key for key, value in switched.parameters.items() if value != control.parameters[key]}
    off = SWITCHES[name].parameters
    assert changed <= set(off)
    assert {key: switched.parameters[key] for key in off} == off
    assert switched.closed_routes == SWITCHES[name].closed_routes
    assert (switched.kind, switched.procedures) == ("switch", control.procedures)


def test_without_selection_cells_that_come_grow_like_those_that_were_implanted_there():
    resolved = arms(rich())
    control, without = resolved[next(iter(resolved))], resolved["without selection"]
    implanted = {step.site: step.clone for step in control.procedures if step.kind == "implant"}
    assert set(control.residents) == {-1}
    assert without.residents == tuple(implanted.get(site, -1) for site in range(len(without.sites)))
    assert clones(without) == clones(control)


def test_one_parameter_can_be_set_for_a_sweep():
    scenario = rich().at("establishment.home", "2 %")
    assert resolve(scenario)[0].parameters["establishment.home"] == 0.02
    with pytest.raises(ScenarioError, match="did you mean 'establishment.home'"):
        scenario.at("establishment.hom", 1)


def test_the_state_is_stored_daily_and_when_something_is_measured():
    times = resolve(rich(("at: [30 day, 60 day]", "at: [30.5 day, 60 day]")))[0].times_day
    assert times == (*map(float, range(31)), 30.5, *map(float, range(31, 61)))


def test_decades_are_not_stored_daily():
    assert len(resolve(rich(("duration: 60 day", "duration: 20 years")))[0].times_day) < 5000


def test_a_measurement_without_a_limit_of_detection_takes_that_of_the_table():
    shares = [entry for entry in resolve_measurements(rich((", detection_limit: 1000 cells", ""))) if entry.label]
    assert [entry.detection_limit for entry in shares] == [PARAMETERS["measurement.detection_limit"].mouse]


@pytest.mark.parametrize(
    "edits",
    [
        (),
        (("host: mouse", "host: human"),),
        (("tropism: {lung: 1, bone: 1}", "tropism: {lung: 0.1}"), ("rate: 1e-7", "rate: 3.0000000000000004e-7")),
        (("title: Two glands, one mouse", "title: 'no: 1e6, \"quoted\" é'"),),
        (("{from: parental, label: GFP}", "{from: LM2, label: none}"),),
        (("numerics: {step: 0.25 day", "numerics: {step: 6 h"),),
    ],
)
def test_a_scenario_written_out_reads_back_to_the_same_computation(edits):
    scenario = rich(*edits)
    written = to_yaml(scenario)
    assert resolve(read(written)) == resolve(scenario)
    assert resolve_measurements(read(written)) == resolve_measurements(scenario)
    assert to_yaml(read(written)) == written


@pytest.mark.parametrize("name", ["1e6", "no", "null", "none", "1.5", "LM2 +"])
def test_any_allowed_name_survives_being_written(name):
    text = RICH.replace("LM2:", f"'{name}':").replace("swap: {LM2", f"swap: {{'{name}'")
    text = text.replace(": LM2", f": '{name}'").replace("label: GFP", "label: '007'").replace(": GFP", ": '007'")
    scenario = read(text)
    assert resolve(read(to_yaml(scenario))) == resolve(scenario)


def test_the_written_scenario_states_every_parameter():
    assert all(f"  {name}: " in to_yaml(rich()) for name in PARAMETERS)


def test_the_explanation_says_what_happens_and_on_which_numbers_it_stands():
    text = explain(rich())
    assert "day 20: 1e5 cells of LM2 are injected (tail vein)." in text
    assert "il6_silenced: IL6 of parental is silenced to 15 % (the first)." in text
    assert "without return: as LM2, but no circulating cell takes root in a tumour." in text
    assert "seeded means at least 1000 of them" in text
    assert "* establishment.home " in text
    assert "* establishment.lung " not in text
    assert all(name in text for name in PARAMETERS)
    assert all(entry.source in text for name, entry in PARAMETERS.items() if f"* {name} " not in text)


def test_editors_accept_what_the_reader_accepts_and_refuse_a_misspelt_key():
    import jsonschema
    import yaml

    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert validator.is_valid(yaml.safe_load(RICH))
    assert not validator.is_valid(yaml.safe_load(RICH.replace("label: GFP", "lable: GFP", 1)))
    assert not validator.is_valid(yaml.safe_load(RICH.replace("IL6: 1", "IL7: 1", 1)))


def test_a_clone_may_set_every_parameter_that_is_its_own():
    groups = {name.partition(".")[0] for name, entry in PARAMETERS.items() if entry.scope == "clone"}
    assert groups <= set(Clone.model_fields)
