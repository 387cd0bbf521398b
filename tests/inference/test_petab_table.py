"""A PEtab table of measurements is data of a study: what is exported comes back, and foreign words are explained."""

import numpy as np
import pytest
from tests.small import TEXT

from selfseed.doors.export import equations_of, write_problem
from selfseed.inference.likelihood import make_likelihood
from selfseed.inference.study import read_study
from selfseed.scenario import read, resolve

ARM, RATE = "IL-8 silenced", 0.5
STUDY = """
selfseed-study: 1
scenario: small.yaml
data: {data}
parameters:
  growth.initial_rate: {{prior: lognormal, median: 0.5 /day, spread: 0.4}}
noise:
  volume: {{error: 0.1}}
"""
VOLUMES = [("m1", 6.0, 0.3217), ("m1", 12.0, 2.981), ("m2", 6.0, 0.2899), ("m2", 12.0, 3.4123)]


@pytest.fixture
def studied(tmp_path):
    """Write a study with these data, and read it."""
    (tmp_path / "small.yaml").write_text(TEXT)

    def of(data):
        (tmp_path / "study.yaml").write_text(STUDY.format(data=data))
        return read_study(tmp_path / "study.yaml")

    return of


def export(folder, measured=None):
    scenario = read(TEXT)
    arm = next(one for one in resolve(scenario) if one.name == ARM)
    write_problem(folder, scenario, arm, equations_of(scenario, arm), "<sbml/>", measured)


def same(one, other):
    return all(np.array_equal(column, vars(other)[name]) for name, column in vars(one).items())


def test_measurements_that_were_exported_are_read_back_to_the_same_likelihood(studied, tmp_path):
    measured = tmp_path / "mice.txt"
    measured.write_text("ID\tTime\tObservation\n" + "".join(f"{m}\t{t}\t{v}\n" for m, t, v in VOLUMES))
    rows = [f"{m}\t{ARM}\tleft\t{t}\tvolume\t{v}\tmm^3" for m, t, v in VOLUMES]
    (tmp_path / "own.tsv").write_text("\n".join(["animal\tarm\tsite\tday\tobservable\tvalue\tunit", *rows]) + "\n")
    export(tmp_path / "problem", measured)
    own, back = studied("own.tsv"), studied("problem/measurements.tsv")
    assert same(own.data, back.data)
    found = [make_likelihood(one).log_likelihood([RATE]) for one in (own, back)]
    assert found[0] == found[1]
    table = tmp_path / "problem" / "measurements.tsv"
    table.write_text(table.read_text().replace("2.981", f"{1.1 * 2.981}"))
    wrong = studied("problem/measurements.tsv")
    assert not same(own.data, wrong.data)
    assert abs(make_likelihood(wrong).log_likelihood([RATE]) - found[0]) > 0.1


def test_what_the_mean_field_exports_is_what_it_expects(studied, tmp_path):
    export(tmp_path / "problem")
    study = studied("problem/measurements.tsv")
    assert set(study.data.arm) == {ARM} and set(study.data.site) == {"left", "right"}
    likelihood = make_likelihood(study)
    expected = likelihood.predict([likelihood.usual["growth.initial_rate"]])
    assert expected == pytest.approx(study.data.value, rel=1e-3)
    assert expected != pytest.approx(1.1 * study.data.value, rel=1e-3)


HEAD = "observableId preequilibrationConditionId simulationConditionId measurement time noiseParameters replicateId lab"
FOREIGN = f"""{HEAD.replace(" ", chr(9))}
v_obs\t\tcond1\t0.5\t6\t0.1\tm1\tours
v_obs\t\tcond1\t0.7\t12\t\tm2\tours
"""
MEANT = (
    "{petab: foreign.tsv, observables: {v_obs: {observable: volume, site: left, unit: cm^3}}, arms: {cond1: control}}"
)


def test_a_foreign_table_is_read_with_its_words_explained(studied, tmp_path):
    (tmp_path / "foreign.tsv").write_text(FOREIGN)
    data = studied(MEANT).data
    assert data.value.tolist() == [500.0, 700.0] and data.day.tolist() == [6.0, 12.0]
    assert data.animal.tolist() == ["m1", "m2"]
    assert set(data.arm) == {"control"} and set(data.site) == {"left"} and set(data.observable) == {"volume"}


def test_tables_of_both_kinds_go_together(studied, tmp_path):
    (tmp_path / "foreign.tsv").write_text(FOREIGN)
    (tmp_path / "own.tsv").write_text("arm\tsite\tday\tobservable\tvalue\tunit\ncontrol\tright\t4\tvolume\t9\tmm^3\n")
    assert studied(f"[own.tsv, {MEANT}]").data.site.tolist() == ["right", "left", "left"]


def test_rows_without_a_replicate_are_not_joined(studied, tmp_path):
    (tmp_path / "foreign.tsv").write_text(FOREIGN.replace("\tm1", "\t").replace("\tm2", "\t"))
    assert len(set(studied(MEANT).data.animal)) == 2
