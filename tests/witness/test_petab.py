"""pyPESTO reads an exported PEtab problem, and with libRoadRunner comes to selfseed's likelihood and optimum."""

import numpy as np
import pytest
from tests.witness.test_mean_field import TINY

from selfseed.doors.export import equations_of, write_problem
from selfseed.inference.data import make_data
from selfseed.inference.likelihood import make_likelihood
from selfseed.inference.noise import Noise, draw
from selfseed.inference.optimum import SAME, find_optimum
from selfseed.inference.prior import Prior
from selfseed.inference.study import Fitted, Study
from selfseed.scenario import resolve

pytest.importorskip("libsbml", reason="python-libsbml is not installed: pip install 'selfseed[witness]'")
pytest.importorskip("roadrunner", reason="libroadrunner is not installed: pip install 'selfseed[witness]'")
pytest.importorskip("petab.v1", reason="petab is not installed: pip install 'selfseed[witness]'")
pypesto = pytest.importorskip("pypesto", reason="pypesto is not installed: pip install 'selfseed[witness]'")

DAYS = np.array([4.0, 8.0, 11.0, 14.0, 17.0, 20.0])
TRUTH = (0.6, 0.09)
NAMES = ("initial_rate_LM2", "decay_LM2")
PRIORS = (
    Fitted("growth.initial_rate", Prior("loguniform", 0.05, 5.0, 0.05, 5.0), None, "1/day"),
    Fitted("growth.decay", Prior("loguniform", 0.005, 1.0, 0.005, 1.0), None, "1/day"),
)


@pytest.fixture(scope="module")
def study():
    """Volumes of one tumour that is cut on day 12, measured with error."""
    arm = resolve(TINY)[0]
    noise = {"volume": Noise("volume", error=arm.parameters["measurement.volume_error"])}

    def with_values(values):
        rows = [("m", arm.name, "gland", day, "volume", value, "") for day, value in zip(DAYS, values, strict=True)]
        return Study("test", "", TINY, PRIORS, make_data(rows), noise)

    expected = make_likelihood(with_values(np.ones(DAYS.size))).predict(TRUTH)
    return with_values(draw(noise["volume"], expected, np.random.default_rng(1)))


@pytest.fixture(scope="module")
def problem(study, tmp_path_factory):
    """The exported problem as pyPESTO sees it, in which only rate and decay are free."""
    from pypesto.objective.roadrunner import SolverOptions
    from pypesto.petab import PetabImporter

    from selfseed.interchange.sbml import to_sbml

    folder = tmp_path_factory.mktemp("petab")
    table = folder / "mouse.tsv"
    rows = [f"m\t{day:g}\t{float(value)!r}" for day, value in zip(DAYS, study.data.value, strict=True)]
    table.write_text("\n".join(["ID\tTime\tObservation", *rows]) + "\n")
    arm = resolve(TINY)[0]
    equations = equations_of(TINY, arm)
    write_problem(folder / "problem", TINY, arm, equations, to_sbml(equations), table)
    parameters = folder / "problem" / "parameters.tsv"
    head, *lines = parameters.read_text().splitlines()
    # pyPESTO 0.7 takes the logarithm of a parameter that is fixed for its value: those rows go, the model has them
    parameters.write_text("\n".join([head, *(line for line in lines if line.startswith(NAMES))]) + "\n")
    importer = PetabImporter.from_yaml(str(folder / "problem" / "problem.yaml"), simulator_type="roadrunner")
    made = importer.create_problem()
    made.objective.solver_options = SolverOptions(relative_tolerance=1e-9, absolute_tolerance=1e-9)
    return made


def fall(problem, values):
    """Return minus the log likelihood at rate and decay, by pyPESTO; its parameters are log10."""
    return problem.objective(np.log10([values[NAMES.index(name)] for name in problem.x_names]))


@pytest.mark.parametrize("values", [TRUTH, (0.5, 0.07), (0.8, 0.15)])
def test_pypesto_has_the_same_likelihood(problem, study, values):
    likelihood = make_likelihood(study)
    assert fall(problem, values) == pytest.approx(-likelihood.log_likelihood(values), abs=2e-3)
    off = (1.1 * values[0], values[1])
    assert fall(problem, off) != pytest.approx(-likelihood.log_likelihood(values), abs=2e-3)


def test_pypesto_comes_to_the_same_optimum(problem, study):
    from pypesto import optimize
    from scipy.optimize import minimize

    likelihood = make_likelihood(study)
    searched = find_optimum(likelihood, starts=2, seed=1)
    fine = {"xatol": 1e-5, "fatol": 1e-6, "maxiter": 400}
    own = minimize(lambda point: -likelihood.log_posterior(point), searched.point, method="Nelder-Mead", options=fine)
    values = likelihood.values(own.x)
    assert searched.log_posterior == pytest.approx(-own.fun, abs=SAME)
    problem.set_x_guesses(np.log10([[0.4] * 2]))
    optimizer = optimize.ScipyOptimizer("Nelder-Mead", options=fine)
    found = optimize.minimize(problem, optimizer, n_starts=1, progress_bar=False).optimize_result[0]
    there = 10.0 ** found.x[[problem.x_names.index(name) for name in NAMES]]
    assert there == pytest.approx(values, rel=2e-3)
    assert 1.1 * there != pytest.approx(values, rel=2e-3)
    assert found.fval == pytest.approx(-likelihood.log_likelihood(values), abs=2e-3)
