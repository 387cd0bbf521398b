"""Runs to draw: one as people make them, and some at the edge of what can be drawn."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.synthetic_run import synthetic_run

from selfseed.scenario import Scenario
from selfseed.views.report import write_report


@pytest.fixture(scope="session")
def run():
    return synthetic_run(arms=7, replicates=12)


@pytest.fixture(scope="session")
def report(run, tmp_path_factory):
    """The report of the usual run with measured volumes beside it: its text, its path, its figures."""
    folder = tmp_path_factory.mktemp("report")
    data = folder / "mice.tsv"
    data.write_text("ID\tTime\tObservation\n0\t20\t100\n0\t30\t1e6\n1\t90\t200\n1\t5\t0\n")
    path = write_report(run, folder / "report.html", data=data)
    return SimpleNamespace(path=path, text=path.read_text(encoding="utf-8"), figures=folder / "figures")


@pytest.fixture
def write(tmp_path):
    """Write the report of a run and return its text."""

    def text_of(run, **settings):
        return write_report(run, tmp_path / "report.html", **settings).read_text(encoding="utf-8")

    return text_of


@pytest.fixture
def changed():
    """Return a run whose scenario says something else in some places."""

    def change(run, **places):
        document = run.scenario.model_dump(by_alias=True, exclude_unset=True)
        return replace(run, scenario=Scenario.from_dict(document | places))

    return change


@pytest.fixture
def narrowed():
    """Return a run that has only some of its arms, in the scenario as well."""

    def narrow(run, *, arms, switches=()):
        document = run.scenario.model_dump(by_alias=True, exclude_unset=True)
        document["arms"] = {name: document["arms"][name] for name in arms}
        document["switch_off"] = list(switches)
        kept = [*arms, *(f"without {name}" for name in switches)]
        return replace(run, scenario=Scenario.from_dict(document), arrays=run.arrays.sel(arm=kept))

    return narrow
