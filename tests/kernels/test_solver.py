"""The compiled solver of the mean field: its steps have the order they claim, and its field is the one theory knows."""

import numpy as np
import pytest
from tests.validation.arms import arm, exponential, field, gompertz, implant

from selfseed.base.errors import RunError
from selfseed.engine import mean_field
from selfseed.engine.mean_field import prepare, run_mean_field, start_values
from selfseed.engine.plan import plan_course, plan_setting
from selfseed.kernels import solver
from selfseed.kernels.mean_field import field_of, moment_of
from selfseed.scenario.model import Numerics

SPEED = 0.7


def step_of_decay(step, part=1.0, weights=solver.WEIGHTS):
    """Return y' = -SPEED y one step (or part of it) on from 1, by the tables of the solver, and its own error."""
    slopes, place, start = np.zeros((solver.SLOPES, 1)), np.ones(1), np.ones(1)
    slopes[0] = -SPEED
    for number in range(1, solver.SLOPES):
        solver.weigh(weights[number], number, slopes, step, place)
        place += start
        slopes[number] = -SPEED * place
    last, error, found = np.zeros(1), np.zeros(1), np.zeros(1)
    solver.weigh(solver.BETWEEN, solver.SLOPES, slopes, step, last)
    solver.weigh(solver.ERROR, solver.SLOPES, slopes, step, error)
    solver.write_between(start, place, slopes, last, step, part, found)
    return found[0], error[0]


def order_of(what):
    """Return by which power of the step an error falls when the step is halved."""
    return np.log2(abs(what(0.4)) / abs(what(0.2)))


def miss(step, part=1.0, weights=solver.WEIGHTS):
    return step_of_decay(step, part, weights)[0] - np.exp(-SPEED * part * step)


def test_a_step_is_of_order_5_its_error_of_order_4_and_the_curve_within_of_order_4():
    assert order_of(miss) == pytest.approx(6.0, abs=0.25)
    assert order_of(lambda step: step_of_decay(step)[1]) == pytest.approx(5.0, abs=0.25)
    assert order_of(lambda step: miss(step, part=0.4)) > 4.75


def test_a_weight_one_tenth_too_high_would_be_noticed():
    wrong = solver.WEIGHTS.copy()
    wrong[4, 2] *= 1.1
    assert order_of(lambda step: miss(step, weights=wrong)) < 5.0


def test_slopes_are_taken_where_their_weights_lead():
    np.testing.assert_allclose(solver.WEIGHTS.sum(axis=1), solver.NODES, rtol=1e-14)
    assert abs(solver.ERROR.sum()) < 1e-15


def growing(birth=0.5, times=(0.0, 3.3, 10.0)):
    return arm({"mine": exponential(birth)}, 10.0, procedures=[implant("mine", 1e5)], times=times)


def test_a_tumour_without_crowding_grows_exponentially_at_every_asked_time():
    found = field(growing(), cohorts=1).record.cells[:, 0, 0]
    np.testing.assert_allclose(found, 1e5 * np.exp(0.5 * np.array([0.0, 3.3, 10.0])), rtol=2e-6)


def test_a_rate_one_tenth_too_high_would_be_noticed():
    found = field(growing(birth=0.55), cohorts=1).record.cells[:, 0, 0]
    assert abs(found[1] / (1e5 * np.exp(0.5 * 3.3)) - 1.0) > 0.1


def test_finer_tolerances_come_closer():
    one = arm({"mine": gompertz()}, 40.0, procedures=[implant("mine", 1e6)])
    setting, course = plan_setting(one), plan_course(one, Numerics())
    cells = [
        run_mean_field(setting, course, 1, (relative, 10 * relative)).record.cells[-1, 0, 0]
        for relative in (1e-4, 1e-7, 1e-12)
    ]
    assert abs(cells[1] / cells[2] - 1.0) < 1e-6 and abs(cells[1] - cells[2]) < 0.1 * abs(cells[0] - cells[2])


def solve(loop, one, days, step=0.0, most_steps=1000):
    setting, course = plan_setting(one), plan_course(one, Numerics())
    shape, origins_of, homes = prepare(setting, course, 2)
    values = start_values(setting, course, shape, origins_of)
    states = np.zeros((2, values.size))
    outcome = loop(
        values, (0.0, days), np.array([0.5 * days, days]), (1e-7, 1e-6), step, most_steps, setting, shape, origins_of,
        homes, 1, solver.room_of(values.size), moment_of(shape), states,
    )  # fmt: skip
    return outcome, values, states, shape


def seeded():
    return arm(
        {"mine": gompertz()}, 9.0, sites={"donor": "mammary_gland", "lung": "lung"}, procedures=[implant("mine", 1e5)],
        parameters={"shedding.rate": 1e-2, "establishment.home": 1e-2, "establishment.new_clump_share": 0.5},
    )  # fmt: skip


def test_compiled_and_plain_loop_agree():
    (status, reached, step), _, states, shape = solve(solver.solve_field, seeded(), 3.0)
    plain, _, plain_states, _ = solve(solver.solve_field.py_func, seeded(), 3.0)
    assert status == plain[0] == solver.REACHED and reached == plain[1] == 3.0
    assert step == pytest.approx(plain[2], rel=1e-6)
    np.testing.assert_allclose(states, plain_states, rtol=1e-9, atol=1e-12)
    assert field_of(states[1], shape).clumps[0, 1] > 0.0


def test_the_field_does_not_depend_on_the_step_tried_first():
    found = [solve(solver.solve_field, seeded(), 9.0, step=step)[2][1] for step in (0.0, 1e-4, 20.0)]
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-5, atol=1e-4)


def test_the_loop_says_why_it_stops():
    assert solve(solver.solve_field, seeded(), 9.0, most_steps=3)[0][0] == solver.TOO_MANY_STEPS
    broken = growing()
    setting, course = plan_setting(broken), plan_course(broken, Numerics())
    with pytest.raises(RunError, match="could not be solved beyond day 0: no step is short enough"):
        run_mean_field(setting._replace(lag_days=np.nan), course, 1)


def test_a_field_that_needs_too_many_steps_is_told_in_words(monkeypatch):
    monkeypatch.setattr(mean_field, "MOST_STEPS", 2)
    with pytest.raises(RunError, match="beyond day .*: more than"):
        field(growing(), cohorts=1)
