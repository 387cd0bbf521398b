"""What is compiled and what is written agree draw for draw."""

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.kernels.streams import stream_of
from tests.validation.arms import arm, implant

from selfseed.base.streams import replicate_key
from selfseed.engine.animal import empty_animal, empty_record, run_animal
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.kernels import growth, law, random
from selfseed.kernels.between import growth_of_animal
from selfseed.scenario.model import Numerics

WRAPPING = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
"""Plain numpy warns where 64-bit words wrap round, which is what they are meant to do."""

SAMPLERS = [
    (random.uniform, ()),
    (random.normal, ()),
    (random.exponential, ()),
    (random.poisson, (3.0,)),
    (random.poisson, (300.0,)),
    (random.poisson, (3e8,)),
    (random.binomial, (50.0, 0.05)),
    (random.binomial, (500.0, 0.7)),
    (random.binomial, (1e12, 0.3)),
    (random.gamma, (3.0,)),
    (random.geometric_sum, (1.0, 0.2)),
    (random.geometric_sum, (30.0, 0.2)),
    (random.geometric_sum, (1e9, 0.2)),
    (growth.grow_few, (5.0, 1.0, 0.5, 1.0)),
    (growth.grow_family, (2.0, 1.0, 0.5, 0.5)),
    (growth.grow_family, (500.0, 1.0, 0.5, 0.5)),
    (growth.grow_family, (1e11, 0.3, 0.5, 0.5)),
]


@WRAPPING
@pytest.mark.parametrize("kernel, arguments", SAMPLERS, ids=lambda entry: getattr(entry, "__name__", None))
def test_compiled_and_plain_kernel_agree_draw_for_draw(kernel, arguments):
    compiled, plain = stream_of(3), stream_of(3)
    for _ in range(200):
        # a compiled power may differ in the last digit
        assert kernel(*arguments, compiled) == pytest.approx(kernel.py_func(*arguments, plain), rel=1e-15)
        assert (compiled == plain).all()


@WRAPPING
def test_the_generator_itself_agrees():
    for counter in range(50):
        words = (np.uint64(11), np.uint64(12), np.uint64(13), np.uint64(counter))
        assert random.threefry(*words) == random.threefry.py_func(*words)


def test_other_draws_would_be_noticed():
    assert random.uniform(stream_of(3)) != random.uniform.py_func(stream_of(4))


@pytest.mark.parametrize("code", range(5))
@pytest.mark.parametrize("volume", [1e-5, 1.0, 50.0, 5000.0])
def test_the_laws_of_growth_agree_to_the_last_digit_but_one(code, volume):
    arguments = (code, volume, 0.5, 0.07, 1070.0, 0.656, 0.8, 1.5, 1.1)
    assert law.growth_rate(*arguments) == pytest.approx(law.growth_rate.py_func(*arguments), rel=1e-14)


PLAIN_RUN = """
import pickle, sys, warnings
warnings.simplefilter("ignore", RuntimeWarning)
from selfseed.kernels.stochastic import simulate_animal
setting, growth, course, animal, record, key = pickle.load(sys.stdin.buffer)
assert not hasattr(simulate_animal, "py_func")
simulate_animal(setting, growth, course, animal, record, key)
pickle.dump((animal, record), sys.stdout.buffer)
"""


def small_experiment():
    """Return a few days of two small tumours that shed, seed, sleep and change clone."""
    parameters = {
        "shedding.rate": 0.3,
        "shedding.cluster_share": 0.3,
        "attraction.baseline": 3.0,
        "infiltration.crossing_rate": 10.0,
        "establishment.home": 0.9,
        "establishment.lung": 0.9,
        "establishment.new_clump_share": 0.5,
        "establishment.dormant_share": 0.5,
        "effect.capacity_gain": 1.0,
        "growth.between_rate": 0.2,
        "circulation.tumour_flow": 0.3,
        "circulation.tumour_flow_exponent": 0.0,
    }
    return arm(
        {"plain": {"expression": {"CXCL1": 2}}, "other": {"growth": {"law": "logistic", "turnover": 0.3}}},
        3.0,
        sites={"donor": "mammary_gland", "recipient": "mammary_gland", "lung": "lung"},
        procedures=[
            implant("plain", 60),
            implant("other", 60, "recipient"),
            {"inject": "other", "route": "tail_vein", "cells": 50, "at": 1.0},
            {"resect": "donor", "at": 2.0, "residual": 0.5},
        ],
        parameters=parameters,
        changes=[("plain", "other", 0.1)],
        times=(0.0, 1.0, 2.0, 3.0),
    )


def digest(*parts):
    """Return a digest of arrays that is equal for equal bits."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(np.ascontiguousarray(part).tobytes())
    return whole.hexdigest()


@pytest.mark.parametrize("exact_below", [0.0, 1e6], ids=["splitting", "event by event"])
def test_a_whole_animal_is_the_same_bit_for_bit_without_the_compiler(exact_below):
    """The plain twin of the whole loop: the same sources, run by Python alone in a process of its own."""
    experiment, key = small_experiment(), replicate_key(1, 0)
    setting, between = plan_setting(experiment), plan_between(experiment)
    course = plan_course(experiment, Numerics())._replace(step_day=0.5, exact_below=exact_below)
    compiled = run_animal(setting, between, course, key, 3000)
    assert compiled.families.size > 10
    sites, clones = setting.place.size, setting.shedding.size
    animal, record = (
        empty_animal(sites, clones, 3000, course.at_day.size),
        empty_record(course.times_day.size, sites, clones),
    )
    own = growth_of_animal(setting.growth, between, np.uint64(key))
    done = subprocess.run(
        [sys.executable, "-c", PLAIN_RUN],
        input=pickle.dumps((setting, own, course, animal, record, np.uint64(key))),
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
    )
    plain, plain_record = pickle.loads(done.stdout)
    assert digest(*compiled.record) == digest(*plain_record)
    assert digest(compiled.families, compiled.clumps) == digest(
        plain.families[: compiled.families.size], plain.clumps[: compiled.clumps.size]
    )
    assert digest(compiled.ledger, compiled.flow, compiled.routes) == digest(plain.ledger, plain.flow, plain.routes)
