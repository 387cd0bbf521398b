"""What `selfseed fit` answers, asked through the function behind the command."""

import gzip
import hashlib
import json
import time
from pathlib import Path
from threading import Thread

import jsonschema
import pytest
from tests.engine.test_many import Cluster
from tests.results.test_manifest import TSKIT
from tests.small import write_study

import selfseed
from selfseed.base.errors import OutputError, ScenarioError
from selfseed.doors.fit import Method, fit
from selfseed.results.store import prepare

STUDY = Path(__file__).parents[2] / "docs" / "studies" / "two-glands-study.yaml"


def test_a_dry_run_says_what_would_be_fitted(tmp_path, capsys):
    fit(STUDY, seed=1, starts=3, out=tmp_path / "out", dry_run=True, method=Method.optimum, samples=100)
    said = capsys.readouterr().out
    assert "12 of ctc, 6 of label_share, 108 of volume" in said
    assert "shedding.rate: loguniform, low 0.001, high 0.5, in 1/day" in said
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_not_overwritten(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        fit(STUDY, seed=1, starts=1, out=tmp_path / "out", method=Method.optimum, samples=100, quiet=True)


def test_to_resume_without_a_seed_asks_for_one(tmp_path):
    with pytest.raises(ScenarioError, match="give the --seed"):
        fit(STUDY, out=tmp_path / "out", resume=True, method=Method.optimum, starts=1, samples=100)


@pytest.mark.slow
def test_a_fit_leaves_its_numbers_and_a_report(tmp_path, capsys):
    out = tmp_path / "out"
    fit(STUDY, seed=1, starts=1, out=out, method=Method.optimum, samples=100, quiet=True)
    told = json.loads((out / "summary.json").read_text())
    truth = {"growth.initial_rate": 0.56, "shedding.rate": 0.02, "establishment.home": 1e-3, "noise.volume": 0.12}
    for one in told["parameters"]:
        low, high = one["profile_95"]
        assert low < truth[one["name"]] < high
        assert not low < 1.3 * truth[one["name"]] < high
    assert {"profiles.tsv", "predicted.tsv", "scenario.yaml", "report.html"} <= {file.name for file in out.iterdir()}
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "report.html")


@pytest.fixture
def folder(tmp_path):
    write_study(tmp_path)
    return tmp_path


def by_animals(folder, out, **how):
    """Fit the small study by simulated animals, and return where the results are."""
    options = {"seed": 1, "particles": 40, "rounds": 3, "quiet": True, "starts": 1, "samples": 100, "workers": 1, **how}
    fit(folder / "study.yaml", method=Method.abc, out=folder / out, **options)
    return folder / out


def samples_of(out):
    return gzip.decompress((out / "posterior.tsv.gz").read_bytes())


def test_a_fit_by_simulated_animals_leaves_its_numbers_and_a_report(folder, capsys):
    out = by_animals(folder, "out")
    told = json.loads((out / "summary.json").read_text())
    after = told["parameters"][0]["posterior"]
    assert after["low"] < after["median"] < after["high"] and after["contraction"] > 0.3
    assert told["tolerances"][0] is None and told["tolerances"][1] > told["tolerances"][2] > 0.0
    assert {"posterior.tsv.gz", "predicted.tsv", "report.html"} <= {file.name for file in out.iterdir()}
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "report.html")


@pytest.mark.slow
def test_simulated_animals_are_the_same_in_one_process_and_in_two(folder):
    one = samples_of(by_animals(folder, "one", rounds=2))
    assert samples_of(by_animals(folder, "two", rounds=2, workers=2)) == one


@pytest.mark.slow
def test_simulated_animals_are_the_same_on_a_cluster_one_of_whose_workers_is_killed(folder):
    pytest.importorskip("distributed", reason="needs the extra 'cluster'")
    cluster = Cluster(folder)

    def kill_one():
        while not list(folder.glob("there.unfinished/round-*-*.chunk")):
            time.sleep(0.02)
        cluster.workers[0].kill()

    killer = Thread(target=kill_one, daemon=True)
    killer.start()
    try:
        there = by_animals(folder, "there", cluster=cluster.address, workers=None)
    finally:
        cluster.stop()
    assert not killer.is_alive() and samples_of(there) == samples_of(by_animals(folder, "here"))


def manifest_of(folder, out, source="differing.yaml", method=Method.population, **how):
    fit(folder / source, method=method, out=folder / out, quiet=True, starts=1, samples=100, **how)
    return json.loads((folder / out / "manifest.json").read_text())


def test_a_fit_tells_where_it_came_from_as_a_run_does(folder):
    told = manifest_of(folder, "out", seed=1)
    jsonschema.validate(told, TSKIT)
    assert told["parameters"].items() >= {"seed": 1, "method": "population"}.items() and told["parameters"]["command"]
    hashes = {one["name"]: one["sha256"] for one in told["inputs"]}
    assert list(hashes) == ["differing.yaml", "small.yaml", "volumes.tsv"]
    assert hashes["volumes.tsv"] == hashlib.sha256((folder / "volumes.tsv").read_bytes()).hexdigest()
    again = manifest_of(folder, "again", seed=1)
    same = ("arrays_sha256", "scenario_sha256", "inputs")
    assert [again[key] for key in same] == [told[key] for key in same]
    table = folder / "volumes.tsv"
    table.write_text(table.read_text().replace("\t5.0\t", "\t5.01\t"))
    other = manifest_of(folder, "other", seed=1)
    assert other["arrays_sha256"] != told["arrays_sha256"] and other["inputs"] != told["inputs"]
    assert other["scenario_sha256"] == told["scenario_sha256"]


def test_a_fit_is_no_run_and_no_run_replaces_it(folder):
    manifest_of(folder, "out", seed=1)
    with pytest.raises(OutputError, match="out holds a fit, not a run"):
        selfseed.open(folder / "out")
    nothing_else = "is not a run of selfseed, and --force replaces nothing else"
    with pytest.raises(OutputError, match=nothing_else), prepare(folder / "out", force=True):
        pass


def test_hands_that_would_do_nothing_are_refused(folder):
    with pytest.raises(ScenarioError, match="--workers  2  for --method abc only: use --threads"):
        fit(folder / "study.yaml", method=Method.optimum, workers=2, seed=1, out=folder / "out")
    with pytest.raises(ScenarioError, match="--threads  2  abc works in processes: use --workers"):
        by_animals(folder, "out", threads=2)


def test_how_animals_differ_is_told_with_a_row_for_each(folder, capsys):
    out = folder / "out"
    fit(folder / "differing.yaml", method=Method.population, seed=1, out=out, quiet=True, starts=1, samples=100)
    told = json.loads((out / "summary.json").read_text())["parameters"][0]
    low, high = told["profile_95"]
    assert low < told["optimum"] < high and told["between"] > 0.01
    lines = (out / "animals.tsv").read_text().splitlines()
    rates = [float(line.split("\t")[1]) for line in lines[1:]]
    assert lines[0] == "animal\tgrowth.initial_rate" and rates == sorted(rates) and rates[0] < 0.95 * rates[2]
    assert capsys.readouterr().out.splitlines()[-1] == str(out / "report.html")
