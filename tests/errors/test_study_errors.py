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
