"""What is said of a study that cannot be fitted: everything at once, each at its line."""

import pytest

from selfseed.base.errors import ScenarioError
from selfseed.inference.study import read_study

SCENARIO = """selfseed: 1
host: mouse
clones: {LM2: {}}
sites: {gland: {organ: mammary_gland}}
procedures: [{implant: LM2, site: gland, cells: 1e6, at: 0 day}]
arms: {control: {}}
measurements: [{volume: [gland], every: 5 day}]
duration: 30 day
replicates: 1
"""
STUDY = """selfseed-study: 1
title: One tumour
scenario: one.yaml
data: one.tsv
parameters:
  growth.initial_rate: {prior: lognormal, median: 0.5 /day, spread: 0.3}
noise:
  volume: {error: 0.1}
"""
DATA = "animal\tarm\tsite\tday\tobservable\tvalue\tunit\nm1\tcontrol\tgland\t10\tvolume\t0.2\tcm^3\n"


@pytest.fixture
def said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def ask(study=STUDY, data=DATA):
        (tmp_path / "one.yaml").write_text(SCENARIO)
        (tmp_path / "one.tsv").write_text(data)
        (tmp_path / "study.yaml").write_text(study)
        with pytest.raises(ScenarioError) as caught:
            read_study("study.yaml")
        return [" ".join(line.split()) for line in str(caught.value).splitlines()]

    return ask


def test_a_whole_study_is_read_in_the_units_of_the_table(tmp_path):
    for name, text in (("one.yaml", SCENARIO), ("one.tsv", DATA), ("study.yaml", STUDY)):
        (tmp_path / name).write_text(text)
    study = read_study(tmp_path / "study.yaml")
    assert study.data.value.tolist() == [200.0]
    assert study.parameters[0].prior.centre == 0.5


def test_every_mistake_of_a_study_is_said_at_once(said):
    wrong = STUDY.replace("growth.initial_rate", "growth.inital_rate").replace("error: 0.1", "error: -1")
    assert said(wrong.replace("title", "titel")) == [
        "3 problems in study.yaml",
        "line 2 titel unknown; did you mean 'title'?",
        "line 6 growth.inital_rate not in the table of parameters; did you mean 'growth.initial_rate'?",
        "line 8 volume.error = -1 must be from 1e-6 to 10",
    ]


def test_a_unit_of_the_wrong_kind_is_an_error(said):
    found = said(STUDY.replace("0.5 /day", "0.5 mm"))
    assert found[0] == "1 problem in study.yaml" and "wrong kind of unit" in found[1]


def test_every_mistake_of_the_data_is_said_at_its_line(said):
    rows = DATA + "m1\tcontrl\tgland\t40\tvolume\t1\tmm^3\nm1\tcontrol\tgland\t5\tvolum\tx\tmm^3\n"
    assert said(data=rows) == [
        "3 problems in one.tsv",
        "line 3 arm 'contrl' did you mean 'control'?",
        "line 3 '40' must be from 0 to 30 day",
        "line 4 observable 'volum' did you mean 'volume'?",
    ]


def test_an_observable_without_a_noise_is_an_error(said):
    counted = DATA + "m1\tcontrol\tvein\t5\tctc\t3\tcells\n"
    assert said(data=counted)[1] == "line 7 ctc missing; the data hold ctc: say how it errs"


@pytest.mark.parametrize("text", ["[1, 2]\n", "a: &a [*a]\n", "selfseed-study: 1\nparameters: 3\n", "x\n"])
def test_no_study_ends_in_a_traceback(said, text):
    assert "in study.yaml" in said(text)[0]


HEAD = "observableId\tsimulationConditionId\tmeasurement\ttime\tobservableParameters\tnoiseParameters\n"
GOOD = "observe_volume_gland\tcontrol\t200\t10\t\t\n"
MEANT = "data: {petab: one.tsv, observables: {v: {observable: volume, site: gland}}, arms: {c1: control}}"


def test_a_table_of_petab_that_misses_a_column_is_named(said):
    assert said(data="observableId\tsimulationConditionID\tmeasurement\nv\tc\t1\n") == [
        "3 problems in one.tsv",
        "line 1 no column 'simulationConditionId' PEtab needs: observableId, simulationConditionId, measurement, time",
        "line 1 no column 'time' PEtab needs: observableId, simulationConditionId, measurement, time",
        "line 1 column 'simulationConditionID' did you mean 'simulationConditionId'?",
    ]


def test_words_of_petab_that_the_study_does_not_know_are_named_with_what_to_write(said):
    rows = "observe_volume_glnd\tcontrol\t200\t10\t\t\nq7\tx9\t200\t10\t\t\n"
    assert said(data=HEAD + GOOD + rows) == [
        "3 problems in one.tsv",
        "line 3 observableId 'observe_volume_glnd' did you mean 'observe_volume_gland'?",
        "line 4 simulationConditionId 'x9' say in the study what it is: arms: {x9: control}",
        "line 4 observableId 'q7' say in the study what it is: observables: {q7: {observable: volume, site: ...}}",
    ]


def test_what_petab_says_of_errors_must_agree_with_the_study(said):
    rows = [
        GOOD.replace("10\t\t\n", "10\t\t0.11\n"),
        GOOD.replace("10\t\t\n", "10\t\tsd_v\n"),
        GOOD.replace("10\t\t\n", "10\tscale_v\t0.1\n"),
        GOOD.replace("\t10\t", "\t40\t"),
    ]
    assert said(data=HEAD + "".join(rows)) == [
        "4 problems in one.tsv",
        "line 2 noiseParameters '0.11' the study says that volume errs by 0.1: say the same there, or leave it empty",
        "line 3 noiseParameters 'sd_v' a parameter: learn noise.volume in the study, or leave it empty",
        "line 4 observableParameters 'scale_v' leave it empty: volume has no such parameter",
        "line 5 '40' must be from 0 to 30 day",
    ]


def test_a_state_before_the_first_day_is_refused(said):
    head = HEAD.replace("\tobservableParameters", "\tpreequilibrationConditionId")
    assert said(data=head + GOOD.replace("10\t\t", "10\trest\t"))[1] == (
        "line 2 preequilibrationConditionId 'rest' leave it empty: every animal starts on day 0 of the scenario"
    )


def test_what_the_study_says_of_a_foreign_table_is_checked_at_its_line(said):
    wrong = MEANT.replace("site: gland", "site: gladn, unit: day").replace("c1: control", "c1: contrl")
    assert said(STUDY.replace("data: one.tsv", wrong)) == [
        "3 problems in study.yaml",
        "line 4 v.site = gladn did you mean 'gland'?",
        "line 4 v.unit = day wrong kind of unit; must be in mm^3 or a unit that converts to it",
        "line 4 arms.c1 = contrl did you mean 'control'?",
    ]
    assert said(STUDY.replace("data: one.tsv", "data: {petab: , arm: {}}")) == [
        "2 problems in study.yaml",
        "line 4 arm unknown; did you mean 'arms'?",
        "line 4 data.petab = nothing must name a table of measurements (TSV) beside the study",
    ]


def test_our_own_table_where_one_of_petab_was_promised_is_refused(said):
    assert said(STUDY.replace("data: one.tsv", MEANT))[1] == (
        "line 1 no column 'observableId' PEtab needs: observableId, simulationConditionId, measurement, time"
    )
