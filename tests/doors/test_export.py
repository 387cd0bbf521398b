"""`selfseed export` writes SBML, SED-ML, OMEX and PEtab that their own libraries read."""

import zipfile

import pytest

PRESET = "norton-conglomerate"
libsbml = pytest.importorskip("libsbml", reason="python-libsbml is not installed: pip install 'selfseed[witness]'")


def test_sbml_is_valid_and_names_its_source(ask, tmp_path):
    answer = ask("export", PRESET)
    path = tmp_path / answer.stdout.strip()
    assert path.name == f"{PRESET}-half.xml"
    document = libsbml.readSBMLFromFile(str(path))
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    assert "identifiers.org/doi:10.1634/theoncologist.10-6-370" in path.read_text()


def test_an_archive_holds_model_simulation_and_scenario(ask_here, tmp_path):
    path = tmp_path / ask_here("export", PRESET, "--format", "omex", "--arm", "every seed").stdout.strip()
    with zipfile.ZipFile(path) as archive:
        assert {"model.xml", "simulation.sedml", "scenario.yaml", "manifest.xml"} <= set(archive.namelist())


def test_sedml_is_read_by_its_library(ask_here, tmp_path):
    libsedml = pytest.importorskip("libsedml")
    path = tmp_path / ask_here("export", PRESET, "--format", "sedml").stdout.strip()
    document = libsedml.readSedMLFromFile(str(path))
    assert document.getNumErrors(libsedml.LIBSEDML_SEV_ERROR) == 0
    assert document.getNumDataGenerators() > 3
    assert (tmp_path / document.getModel(0).getSource()).exists()


def test_petab_accepts_the_problem(ask_here, tmp_path):
    petab = pytest.importorskip("petab.v1")
    folder = tmp_path / ask_here("export", PRESET, "--format", "petab").stdout.strip()
    problem = petab.Problem.from_yaml(str(folder / "problem.yaml"))
    assert not petab.lint_problem(problem)
    assert set(problem.measurement_df["datasetId"]) == {"simulated-by-selfseed"}
    assert "initial_rate_LM2" in problem.parameter_df.index


def test_an_unknown_arm_gives_the_nearest_and_nothing_is_overwritten(ask_here, tmp_path):
    assert "did you mean 'half'?" in ask_here("export", PRESET, "--arm", "hafl").stderr
    (tmp_path / "mine.xml").write_text("mine")
    answer = ask_here("export", PRESET, "--out", "mine.xml")
    assert answer.returncode == 2 and "--force" in answer.stderr
    assert (tmp_path / "mine.xml").read_text() == "mine"


def test_reactions_that_counts_cannot_tell_are_refused(ask_here):
    answer = ask_here("export", PRESET, "--stochastic")
    assert answer.returncode == 2
    assert "shedding.cluster_share" in answer.stderr and "Traceback" not in answer.stderr
