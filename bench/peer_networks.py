"""Run one network in one other program, and say what came out: a question as JSON on stdin, the answer on stdout.

Runs in an environment of its own (bench/requirements-networks.txt), which has no selfseed.
"""

import json
import locale
import os
import resource
import sys
import sysconfig
from importlib.metadata import version

SAMPLES = 2000
"""Most replicates of a program."""


def cpu_s():
    """Return the CPU seconds of this process and of those it started."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def repeat(asked, one):
    """Return the final cells of as many replicates as the limit allows, and their CPU seconds without loading."""
    began, cells = cpu_s(), []
    while cpu_s() - began < asked["limit_s"] and len(cells) < SAMPLES:
        cells.append([float(value) for value in one(len(cells))])
    return {"replicates": len(cells), "cpu_s": cpu_s() - began, "cells": cells}


def libroadrunner(asked):
    """Run the direct method, or CVODE."""
    import roadrunner

    runner = roadrunner.RoadRunner(asked["model"])
    runner.setIntegrator(asked["method"])
    runner.timeCourseSelections = ["time", *asked["kinds"]]
    if asked["method"] == "gillespie":
        runner.integrator.variable_step_size = False
    else:
        runner.integrator.relative_tolerance, runner.integrator.absolute_tolerance = 1e-7, 1e-6

    def one(number):
        runner.resetAll()
        if asked["method"] == "gillespie":
            runner.integrator.seed = number + 1
        return runner.simulate(0, asked["days"], 2)[-1][1:]

    one(0)
    return repeat(asked, one)


def copasi(asked):
    """Run one of COPASI's methods; a course that stops early counts as no replicate."""
    before = locale.setlocale(locale.LC_ALL)
    import basico

    locale.setlocale(locale.LC_ALL, before)
    model = basico.load_model(asked["model"])

    def one(number):
        course = basico.run_time_course(
            duration=asked["days"], intervals=1, method=asked["method"], use_seed=True, seed=number + 1, model=model,
            use_numbers=True, max_steps=10**9,
        )  # fmt: skip
        if course.index[-1] < 0.999 * asked["days"]:
            raise RuntimeError(f"stopped at day {course.index[-1]:.3g}")
        return course.iloc[-1][asked["kinds"]]

    return repeat(asked, one)


def gillespy2(asked):
    """Run one of GillesPy2's compiled solvers; compiling is not counted."""
    os.environ["PYTHONPATH"] = sysconfig.get_paths()["purelib"]
    import gillespy2

    model = gillespy2.Model(name="metnet")
    mode = "dynamic" if "Hybrid" in asked["method"] else "discrete"
    start = zip(asked["kinds"], asked["start"], strict=True)
    model.add_species([gillespy2.Species(name=kind, initial_value=int(cells), mode=mode) for kind, cells in start])
    for name, law, sources, targets in asked["reactions"]:
        model.add_reaction(
            gillespy2.Reaction(
                name=name, propensity_function=law, reactants={kind: sources.count(kind) for kind in sources},
                products={kind: targets.count(kind) for kind in targets},
            )
        )  # fmt: skip
    model.timespan(gillespy2.TimeSpan([0.0, asked["days"]]))
    solver = getattr(gillespy2, asked["method"])(model=model)

    def one(number):
        found = solver.run(number_of_trajectories=1, seed=number + 1, timeout=int(asked["limit_s"]))
        if found.rc != 0 or found["time"][-1] < asked["days"]:
            raise RuntimeError("stopped by its own time limit")
        return [found[kind][-1] for kind in asked["kinds"]]

    return repeat(asked, one)


def rebop(asked):
    """Run rebop's direct method."""
    import rebop

    model = rebop.Gillespie()
    for _, law, sources, targets in asked["reactions"]:
        rate, _, kind = law.partition(" * ")
        model.add_reaction(float(rate) if kind == sources[0] else law, sources, targets)
    start = {kind: int(cells) for kind, cells in zip(asked["kinds"], asked["start"], strict=True)}

    def one(number):
        found = model.run(start, asked["days"], 1, rng=number + 1)
        return [found[kind].values[-1] for kind in asked["kinds"]]

    return repeat(asked, one)


def bngsim(asked):
    """Run bngsim's direct method, or its method for large populations."""
    import bngsim

    model = bngsim.Model.from_sbml(asked["model"])
    known = {"poplevel": 300.0} if asked["method"] == "psa" else {}
    simulator = bngsim.Simulator(model, method=asked["method"], strict_ssa=False, **known)
    names = list(model.species_names)
    where = [
        next(place for place, name in enumerate(names) if name.split("::")[-1].strip("()") == kind)
        for kind in asked["kinds"]
    ]

    def one(number):
        model.reset()
        found = simulator.run((0.0, asked["days"]), n_points=2, seed=number + 1)
        return found.species[-1][where]

    return repeat(asked, one)


PROGRAMS = {
    "libRoadRunner": (libroadrunner, "libroadrunner"), "COPASI": (copasi, "python-copasi"),
    "GillesPy2": (gillespy2, "gillespy2"), "rebop": (rebop, "rebop"), "bngsim": (bngsim, "bngsim"),
}  # fmt: skip


def main():
    """Answer one question."""
    asked = json.load(sys.stdin)
    run, package = PROGRAMS[asked["program"]]
    try:
        answer = run(asked)
    except Exception as error:
        answer = {"replicates": 0, "cpu_s": cpu_s(), "error": f"{type(error).__name__}: {str(error)[:200]}"}
    print(json.dumps({**answer, "version": version(package)}))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (400, 400))
    main()
