"""Sobol indices and their intervals where the answer is known, with and without chance; then of an experiment."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from selfseed.base.errors import RunError, ScenarioError
from selfseed.inference.experiment import OUTCOMES, Span, make_experiment, make_spans, with_values
from selfseed.inference.sensitivity import morris, sobol
from selfseed.scenario import from_dict

pytest.importorskip("SALib")

ISHIGAMI = [Span(f"x{number}", 0.0, -np.pi, np.pi, "") for number in range(3)]
FIRST, TOTAL = np.array([0.3139, 0.4424, 0.0]), np.array([0.5576, 0.4424, 0.2437])
"""Ishigami & Homma (1990) with a = 7, b = 0.1; closed forms in Saltelli et al. (2008), 10.1002/9780470725184."""

TWO_GLANDS = {
    "selfseed": 1,
    "host": "mouse",
    "clones": {
        "parental": {"growth": {"initial_rate": 0.52}},
        "LM2": {"from": "parental", "label": "GFP", "expression": {"MMP1": 5, "FSCN1": 3, "CXCL1": 8}},
    },
    "sites": {"donor": {"organ": "mammary_gland"}, "recipient": {"organ": "mammary_gland"}, "lung": {"organ": "lung"}},
    "procedures": [
        {"implant": "LM2", "site": "donor", "cells": 1e6}, {"implant": "parental", "site": "recipient", "cells": 1e6},
    ],
    "measurements": [
        {"label_share": "GFP", "sites": ["recipient"], "at": 30}, {"volume": ["donor", "recipient"], "every": 5},
    ],
    "duration": 30,
    "replicates": 2,
}  # fmt: skip


def ishigami(points):
    x = points.T
    return np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def sure(points):
    return ishigami(points)[:, None, None]


def noisy(seed, sd, replicates, shared=0.0):
    """Return the function with chance of its own at each point, and chance that all points share."""

    def evaluate(points):
        rng = np.random.default_rng(seed)
        own = sd * rng.standard_normal((len(points), replicates))
        common = shared * rng.standard_normal(replicates)
        return (ishigami(points)[:, None] + own + common)[..., None]

    return evaluate


def test_the_indices_of_ishigami_come_out():
    (found,) = sobol(ISHIGAMI, sure, ["y"], samples=2048, seed=1)
    assert found.first == pytest.approx(FIRST, abs=0.02)
    assert found.total == pytest.approx(TOTAL, abs=0.02)
    assert found.variance == pytest.approx(13.845, rel=0.02)
    assert found.converged and found.noise == 0.0


def test_an_index_one_tenth_off_would_be_noticed():
    (found,) = sobol(ISHIGAMI, sure, ["y"], samples=2048, seed=1)
    assert found.first != pytest.approx(1.1 * FIRST, abs=0.02)
    assert found.total != pytest.approx(1.1 * TOTAL, abs=0.02)


def test_without_chance_the_indices_are_those_of_salib():
    from SALib.analyze import sobol as analysis
    from SALib.sample import sobol as sampling

    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[-np.pi, np.pi]] * 3}
    values = ishigami(sampling.sample(problem, 256, calc_second_order=False, seed=4))
    theirs = analysis.analyze(problem, values, calc_second_order=False, seed=4)
    (ours,) = sobol(ISHIGAMI, sure, ["y"], samples=256, seed=4)
    assert ours.first == pytest.approx(theirs["S1"], abs=0.02)
    assert ours.total == pytest.approx(theirs["ST"], abs=0.02)


def test_chance_between_animals_is_taken_out():
    (found,) = sobol(ISHIGAMI, noisy(7, sd=4.0, replicates=4, shared=2.0), ["y"], samples=2048, seed=1)
    assert found.first == pytest.approx(FIRST, abs=0.06)
    assert found.total == pytest.approx(TOTAL, abs=0.06)
    assert found.noise == pytest.approx(4.0 / (4.0 + 13.845), abs=0.04)


def test_chance_that_is_not_taken_out_would_be_noticed():
    def averaged(points):
        return noisy(7, sd=4.0, replicates=4, shared=2.0)(points).mean(axis=1, keepdims=True)

    (found,) = sobol(ISHIGAMI, averaged, ["y"], samples=2048, seed=1)
    assert abs(found.total - TOTAL).max() > 0.12


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    inside = []
    for seed in range(20):
        (found,) = sobol(ISHIGAMI, sure, ["y"], samples=128, seed=seed)
        for values, intervals in ((FIRST, found.first_interval), (TOTAL, found.total_interval)):
            inside += list((intervals[:, 0] <= values) & (values <= intervals[:, 1]))
    assert np.mean(inside) > 0.85


def test_few_points_are_said_not_to_have_converged():
    (found,) = sobol(ISHIGAMI, sure, ["y"], samples=16, seed=1)
    assert not found.converged and found.widest > 0.1


def test_the_screening_finds_what_matters_and_drops_what_does_not():
    spans = [*ISHIGAMI, Span("idle", 1.0, 1.0, 2.0, ""), Span("weak", 1.0, 0.0, 1.0, "")]

    def evaluate(points):
        return (ishigami(points) + 0.01 * points[:, 4])[:, None, None]

    screening = morris(spans, evaluate, ["y"], trajectories=20, seed=2)
    assert [span.name for span in screening.strongest(3)] == ["x0", "x1", "x2"]
    assert screening.effect[0, 3] == 0.0 < screening.effect[0, 4] < 0.1


@pytest.mark.parametrize("samples", [0, 3, 100])
def test_a_sample_that_is_no_power_of_two_is_refused(samples):
    with pytest.raises(ScenarioError, match="power of 2"):
        sobol(ISHIGAMI, sure, ["y"], samples=samples, seed=1)


def test_points_that_cannot_be_computed_are_left_out_if_few_and_refused_if_many():
    def broken(share):
        def evaluate(points):
            values = sure(points)
            values[: int(share * len(points))] = np.nan
            return values

        return evaluate

    assert len(sobol(ISHIGAMI, broken(0.02), ["y"], samples=256, seed=1)) == 1
    with pytest.raises(RunError, match="could not be computed"):
        sobol(ISHIGAMI, broken(0.2), ["y"], samples=256, seed=1)


def test_an_outcome_that_never_changes_has_no_indices():
    with pytest.raises(RunError, match="nothing to share out"):
        sobol(ISHIGAMI, lambda points: np.ones((len(points), 1, 1)), ["y"], samples=16, seed=1)


def test_a_span_is_that_of_the_literature_or_a_stated_factor():
    spans = {span.name: span for span in make_spans(from_dict(TWO_GLANDS))[0]}
    shed = spans["shedding.rate"]
    assert (shed.low, shed.usual, shed.high, shed.why) == (1e-5, 1e-3, 3.2e-2, "the values in the literature")
    home = spans["establishment.home"]
    assert (home.low, home.high) == pytest.approx((1e-4 / 3.0, 3e-4)) and home.why == "assumed: 3-fold either way"
    decay = spans["growth.decay"]
    assert decay.high / decay.low == pytest.approx(3.0) and decay.why == "derived: 1.73-fold either way"
    rate = spans["growth.initial_rate"]
    assert rate.high / rate.low == pytest.approx(3.0), "the other values belong to other laws of growth"
    assert home.is_log and not spans["attraction.synergy"].is_log
    assert "establishment.kidney" not in spans and "growth.capacity" not in spans and "flow.bone" not in spans
    assert max(spans["growth.turnover"].at(np.array([0.0, 1.0]))) <= 0.99


def test_a_clone_that_sets_its_own_value_is_scaled_with_the_others():
    experiment = make_experiment(from_dict(TWO_GLANDS))
    usual = experiment.usual["growth.initial_rate"]
    doubled = with_values(experiment.arm, {"growth.initial_rate": 2.0 * usual}, experiment.usual)
    assert [clone.parameters["growth.initial_rate"] for clone in doubled.clones] == pytest.approx([1.04, 1.04])


def test_without_return_nothing_takes_root_whatever_the_chance_to():
    experiment = make_experiment(from_dict(TWO_GLANDS))
    rare, often = (experiment.outcomes({"establishment.home": chance}, "stochastic", 12, 3) for chance in (1e-9, 1e-2))
    gain, seeds = list(OUTCOMES).index("gain"), list(OUTCOMES).index("seeds")
    assert abs(rare[:, gain]).max() < 0.05 and often[:, gain].mean() > 0.05
    assert rare[:, seeds].max() < 0.5 < often[:, seeds].mean()


@pytest.fixture
def say(tmp_path, monkeypatch, capsys):
    import yaml

    from selfseed.doors import cli

    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(TWO_GLANDS))

    def ask(*words):
        monkeypatch.setattr(sys, "argv", ["selfseed", *map(str, words)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
        said = capsys.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return ask


def test_the_command_says_that_shedding_decides_how_many_cells_circulate(say):
    words = (
        "sensitivity",
        "mine.yaml",
        "--engine",
        "stochastic",
        "--replicates",
        4,
        "--samples",
        16,
        "--outcome",
        "ctc",
    )
    answer = say(*words, "--parameter", "shedding.rate", "--parameter", "effect.lag", "--threads", 1)
    assert answer.code == 0, answer.err
    rows = [line.split("\t") for line in answer.out.splitlines()]
    assert [row[1] for row in rows[1:]] == ["shedding.rate", "effect.lag"]
    assert float(rows[1][7]) > 0.8 > 0.2 > float(rows[2][7])
    assert "1e-05 to 0.032, log-uniform, the values in the literature" in answer.err
    again = say(*words, "--parameter", "shedding.rate", "--parameter", "effect.lag", "--threads", 2)
    assert again.out == answer.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--outcome", "gains"), "did you mean 'gain'?"),
        (("--parameter", "sheding.rate"), "did you mean 'shedding.rate'?"),
        (("--parameter", "shedding.rate=2:1"), "must rise"),
        (("--parameter", "shedding.rate=low"), "give limits as NAME=LOW:HIGH"),
        (("--parameter", "effect.rate_gain"), "give limits: NAME=LOW:HIGH"),
        (("--factor", 1), "must be above 1"),
        (("--site", "recipent"), "did you mean 'recipient'?"),
        (("--samples", 5, "--parameter", "effect.lag"), "power of 2"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(say, words, told):
    answer = say("sensitivity", "mine.yaml", *words)
    assert answer.code == 2 and told in answer.err


def test_the_other_command_says_what_the_experiment_cannot_tell(say, tmp_path):
    words = ("identify", "mine.yaml", "--parameter", "growth.initial_rate", "--parameter", "infiltration.crossing_rate")
    answer = say(*words, "--parameter", "infiltration.loss_rate", "--sampled", 50, "--figure", "told.png")
    assert answer.code == 0, answer.err
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in answer.out.splitlines()}
    assert rows["design"][:3] == ["told", "rank", "condition"] and len(rows) == 9
    assert float(rows["all"][3]) < 0.3 < 1.5 < float(rows["all"][4])
    assert "infiltration.crossing_rate and infiltration.loss_rate cannot be told apart" in answer.err
    assert "helps most" in answer.err and (tmp_path / "told.png").exists()
    assert say(*words, "--figure", "told.png").err.startswith("OutputError: told.png exists")
    assert "must end in" in say(*words, "--figure", "told.gif").err
