"""Other programs that solve what selfseed exports, and how far their curves are from selfseed's own."""

import locale
from contextlib import contextmanager

import numpy as np
import pytest

from selfseed.engine.equations import mean_field_equations
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_course, plan_setting
from selfseed.interchange.equations import identifier_of
from selfseed.interchange.sbml import to_sbml

FINE = (1e-11, 1e-10)
FEW_CELLS = 10.0
"""Below this many cells curves are not compared: solvers count from 1e-10 cells on, and ten of those are none."""


def copasi():
    """Return BasiCO, or skip the test; COPASI sets another locale as it is loaded, and others read files after it."""
    before = locale.setlocale(locale.LC_ALL)
    basico = pytest.importorskip("basico", reason="copasi-basico is not installed: pip install 'selfseed[witness]'")
    locale.setlocale(locale.LC_ALL, before)
    return basico


def by_copasi(model, times, names):
    """Return the curves of COPASI's LSODA, by name."""
    basico = copasi()
    loaded = basico.load_model(model)
    course = basico.run_time_course(
        model=loaded, values=list(times), r_tol=FINE[0], a_tol=FINE[1], max_steps=1_000_000, use_numbers=True
    )
    basico.remove_datamodel(loaded)
    return {name: course[f"Values[{name}]"].to_numpy() for name in names}


@contextmanager
def quickly_loaded(config):
    """Load with little compiling, and leave the settings, which are the whole process's, as they were."""
    wanted = {
        config.LLVM_BACKEND: config.LLJIT,
        config.LLJIT_OPTIMIZATION_LEVEL: config.NONE,
        config.LOADSBMLOPTIONS_MUTABLE_INITIAL_CONDITIONS: False,
    }
    before = {key: config.getValue(key) for key in wanted}
    try:
        for key, value in wanted.items():
            config.setValue(key, value)
        yield
    finally:
        for key, value in before.items():
            config.setValue(key, value)


def by_roadrunner(model, times, names):
    """Return the curves of libRoadRunner's CVODE, by name; optimising the code would take longer than running it."""
    roadrunner = pytest.importorskip("roadrunner")
    with quickly_loaded(roadrunner.Config):
        runner = roadrunner.RoadRunner(model)
    runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = FINE
    runner.integrator.maximum_num_steps = 1_000_000
    runner.timeCourseSelections = ["time", *names]
    curves = np.array(runner.simulate(times=list(times)))
    return dict(zip(names, curves[:, 1:].T, strict=True))


PROGRAMS = {"COPASI": by_copasi, "libRoadRunner": by_roadrunner}


def disagreement(arm, numerics, program, *, model=None):
    """Return the largest relative difference of volumes, label shares and CTC counts from selfseed's mean field."""
    equations = mean_field_equations(arm, numerics)
    setting = plan_setting(arm)
    outcome = run_mean_field(setting, plan_course(arm, numerics), numerics.cohorts, tolerances=FINE)
    names = list(equations.observables)
    curves = PROGRAMS[program](model or to_sbml(equations), np.array(arm.times_day), names)
    own = own_curves(arm, setting, outcome)
    found = {}
    for name in names:
        values, counted = own[name]
        if counted.any():
            found[name] = float(
                np.max(np.abs(curves[name][counted] - values[counted]) / np.maximum(values[counted], 1e-12))
            )
    assert found
    return found


def own_curves(arm, setting, outcome):
    """Return each observable as selfseed has it, and where it is large enough to be compared."""
    curves = {}
    cells = outcome.record.cells
    for site, (name, _) in enumerate(arm.sites):
        total = cells[:, site].sum(axis=-1)
        curves[f"volume_{identifier_of(name)}"] = (total / setting.density_per_mm3, total > FEW_CELLS)
        for label in {clone.label for clone in arm.clones if clone.label}:
            carry = cells[:, site][:, [clone.label == label for clone in arm.clones]].sum(axis=-1)
            enough = (total > FEW_CELLS) & (carry > FEW_CELLS)
            curves[identifier_of("label_share", label, name)] = (carry / np.maximum(total, 1e-300), enough)
    for column, draw in ((1, "vein"), (2, "artery")):
        curves[f"ctc_{draw}"] = (outcome.record.blood[:, column], cells.sum(axis=(1, 2)) > FEW_CELLS)
    return curves
