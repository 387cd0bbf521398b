"""Whatever scenario is written, it is refused in words, or it runs: no traceback, no hang, and no cell lost or made up.

Scenarios are drawn so that a good part of them is valid, with numbers within, at and beyond their ranges.
"""

import faulthandler
import json
import signal
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from selfseed import simulate
from selfseed.base.errors import RunError, ScenarioError
from selfseed.processes import GENES, GROWTH_LAWS, ORGANS, PARAMETERS, ROUTES
from selfseed.scenario import SWITCHES, explain, from_dict, read, resolve, to_yaml

SECONDS = 60
"""For one scenario of a few simulated days; a usual one takes 0.03 s."""
SPEEDS = {"effect.rate_gain": 0.5}
"""Ranges cut short: growth that goes with a thousandfold stroma, cubed, makes more cells than numbers can hold."""
LOST = ("not accounted for", "lost")
ALLOWED = ("more than", "could not be solved")
"""What a run may refuse: too many families for the table, an equation that is too stiff."""
BELOW_ZERO = 1e-3
"""Cells by which a solver of the mean field may miss zero."""


def near(low, high):
    """Draw a number between two limits, by its size where they lie decades apart; often one of the limits."""
    middle = st.floats(low, high, allow_nan=False)
    if low >= 0.0 and high > 0.0:
        start = np.log10(max(low, high * 1e-9))
        middle = st.floats(start, np.log10(high)).map(lambda power: float(np.clip(10.0**power, low, high)))
    return st.one_of(middle, middle, st.sampled_from([low, high]))


def beyond(low, high):
    """Draw what is just outside, far outside, or no number at all."""
    wide = high - low or 1.0
    return st.sampled_from(
        [low - 1e-9 * wide, high * (1.0 + 1e-9) + 1e-12, -1e300, 1e300, float("nan"), float("inf"), "1e9 furlong", None]
    )


@st.composite
def clones(draw, names, parameters):
    own = [name for name, entry in parameters.items() if entry.scope == "clone"]
    found = {}
    for index, name in enumerate(names):
        said = {"label": draw(st.sampled_from(["GFP", "GFP", "none", "RFP"]))}
        if index and draw(st.booleans()):
            said["from"] = draw(st.sampled_from(names[:index]))
        said["expression"] = draw(st.dictionaries(st.sampled_from(GENES), near(0.0, 1000.0), max_size=3))
        said["tropism"] = draw(st.dictionaries(st.sampled_from(ORGANS), near(0.0, 1000.0), max_size=2))
        said["growth"] = {"law": draw(st.sampled_from(GROWTH_LAWS))}
        for key in draw(st.lists(st.sampled_from(own), max_size=2, unique=True)):
            group, _, word = key.partition(".")
            said.setdefault(group, {})[word] = draw(near(parameters[key].low, parameters[key].high))
        found[name] = said
    return found


@st.composite
def procedures(draw, names, sites, duration):
    times = near(0.0, duration)
    done = [{"implant": draw(st.sampled_from(names)), "site": sites[0], "cells": draw(near(1.0, 1e7)), "at": 0}]
    for kind in draw(st.lists(st.sampled_from(["implant", "inject", "resect", "resect"]), max_size=3)):
        if kind == "implant":
            done.append({"implant": draw(st.sampled_from(names)), "site": draw(st.sampled_from(sites)),
                         "cells": draw(near(1.0, 1e12)), "at": draw(times)})  # fmt: skip
        elif kind == "inject":
            done.append({"inject": draw(st.sampled_from(names)), "route": draw(st.sampled_from(ROUTES)),
                         "cells": draw(near(1.0, 1e8)), "at": draw(times)})  # fmt: skip
        else:
            done.append({"resect": sites[0], "at": draw(times), "residual": draw(near(0.0, 1.0))})
    return done


@st.composite
def arms(draw, names, sites, table):
    found = {"control": {}}
    for number in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["knock_down", "over_express", "parameters", "swap", "remove"]))
        clone, gene = draw(st.sampled_from(names)), draw(st.sampled_from(GENES))
        found[f"arm {number}"] = {
            "knock_down": {"knock_down": [{"gene": gene, "clone": clone, "remaining": draw(near(0.0, 1.0))}]},
            "over_express": {"over_express": [{"gene": gene, "clone": clone, "fold": draw(near(1.0, 1000.0))}]},
            "parameters": {"parameters": draw(table)},
            "swap": {"swap": {names[0]: clone}},
            "remove": {"remove": [draw(st.integers(0, 1))]},
        }[kind]
    return found


def table_of(host):
    """Draw some entries of the table of parameters, within their ranges but for `SPEEDS`."""
    words = st.sampled_from([name for name in PARAMETERS if not name.startswith("measurement.")])

    def entry(name):
        parameter = PARAMETERS[name]
        return st.tuples(st.just(name), near(parameter.low, SPEEDS.get(name, parameter.high)))

    return st.lists(words.flatmap(entry), max_size=6).map(dict)


@st.composite
def scenarios(draw):
    """Draw a document that is valid, unless chance or `spoil` makes it otherwise."""
    host = draw(st.sampled_from(["mouse", "human"]))
    names = ["red", "green", "blue", "grey"][: draw(st.integers(1, 4))]
    sites = ["here", "there", "far", "away"][: draw(st.integers(1, 4))]
    duration = draw(near(0.01, 3.0 if host == "mouse" else 20.0))
    table = table_of(host)
    document = {
        "selfseed": 1,
        "host": host,
        "clones": draw(clones(names, PARAMETERS)),
        "sites": {site: {"organ": draw(st.sampled_from(ORGANS))} for site in sites},
        "procedures": draw(procedures(names, sites, duration)),
        "parameters": draw(table),
        "arms": draw(arms(names, sites, table)),
        "switch_off": draw(st.lists(st.sampled_from(list(SWITCHES)), max_size=2, unique=True)),
        "measurements": [{"volume": sites[0], "at": duration}, {"ctc": "vein", "every": duration}],
        "duration": duration,
        "replicates": 1,
    }
    if len(names) > 1 and draw(st.booleans()):
        document["clone_changes"] = [{"from": names[0], "to": names[1], "rate": draw(near(0.0, 0.5))}]
    if draw(st.booleans()):
        document["numerics"] = {
            "step": draw(near(max(1e-4, duration / 60), 100.0)), "exact_below": draw(st.integers(0, 200)),
            "max_families": draw(st.integers(100, 2000)), "cohorts": draw(st.integers(1, 20)),
        }  # fmt: skip
    return document


@st.composite
def spoilt(draw):
    """Draw a scenario in which one to three things are wrong, or may be."""
    document = draw(scenarios())
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["number", "name", "key", "missing", "time"]))
        if kind == "number":
            name = draw(st.sampled_from(list(PARAMETERS)))
            document["parameters"][name] = draw(beyond(PARAMETERS[name].low, PARAMETERS[name].high))
        elif kind == "name":
            document["procedures"].append({"implant": draw(st.text(max_size=5)), "site": "here", "cells": 10})
        elif kind == "key":
            document[draw(st.text(max_size=5))] = draw(st.sampled_from([1, None, [], {}, "x"]))
        elif kind == "missing":
            document.pop(draw(st.sampled_from(["clones", "sites", "measurements", "host", "seed", "arms"])), None)
        else:
            document["duration"] = draw(beyond(0.01, 18262.5))
    return document


@contextmanager
def watched(path, document):
    """Fail if it takes too long; a loop that never comes back to Python ends the tests, and leaves the document."""
    path.write_text(json.dumps(document, default=str))

    def too_long(*_):
        raise AssertionError(f"no answer after {SECONDS} s: {json.dumps(document, default=str)}")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    faulthandler.dump_traceback_later(4 * SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def answer(document):
    """Return the scenario, or None if it was refused in words."""
    try:
        scenario = from_dict(document)
    except ScenarioError as error:
        assert error.problems and all(problem.where and problem.remedy for problem in error.problems)
        str(error).encode()
        return None
    arms = resolve(scenario)
    assert resolve(read(to_yaml(scenario))) == arms
    assert explain(scenario)
    return scenario


def run_and_count(scenario, engine):
    """Run a scenario; every cell must be accounted for and no number may be negative or missing."""
    try:
        run = simulate(scenario, seed=1, engine=engine, threads=1)
    except RunError as error:
        assert not any(word in str(error) for word in LOST), str(error)
        assert any(word in str(error) for word in ALLOWED), str(error)
        return False
    for name, values in run.arrays.data_vars.items():
        assert np.isfinite(values.values).all(), f"{name} is not finite"
        assert values.values.min(initial=0.0) >= (0.0 if engine == "stochastic" else -BELOW_ZERO), f"{name} < 0"
    share = run.arrays["label_share"].values
    assert share.max(initial=0.0) <= 1.0 + 1e-9
    return True


def hold(path, document, engine, tally):
    with watched(path, document):
        scenario = answer(document)
        tally["refused" if scenario is None else "valid"] += 1
        if scenario is not None:
            tally["run"] += run_and_count(scenario, engine)


QUICK = settings(deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
FIND_ONLY = (Phase.explicit, Phase.generate)
ENGINES = st.sampled_from(["stochastic"] * 7 + ["mean-field"])


def hold_many(tmp_path, drawn, count, *, phases=tuple(Phase)):
    """Hold ``count`` documents against the law, and return how many were valid, refused and run."""
    tally = dict.fromkeys(("valid", "refused", "run"), 0)

    @settings(QUICK, max_examples=count, phases=phases)
    @given(document=drawn, engine=ENGINES)
    def examine(document, engine):
        hold(tmp_path / "document.json", document, engine, tally)

    examine()
    return tally


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Compile both engines before anybody looks at the clock."""
    clones, sites = {"a": {}}, {"here": {"organ": "lung"}}
    smallest = {"selfseed": 1, "host": "mouse", "clones": clones, "sites": sites, "duration": 1, "replicates": 1}
    smallest |= {
        "procedures": [{"implant": "a", "site": "here", "cells": 9}],
        "measurements": [{"ctc": "vein", "at": 1}],
    }
    for engine in ("stochastic", "mean-field"):
        simulate(from_dict(smallest), seed=1, engine=engine, threads=1)


def test_hundreds_of_scenarios_are_refused_in_words_or_run(tmp_path):
    tally = hold_many(tmp_path, scenarios(), 200, phases=FIND_ONLY)
    assert tally["run"] >= 60, tally


def test_a_hundred_spoilt_scenarios_are_refused_in_words(tmp_path):
    tally = hold_many(tmp_path, spoilt(), 100, phases=FIND_ONLY)
    assert tally["refused"] >= 80, tally


@pytest.mark.slow
def test_eight_thousand_scenarios_are_refused_in_words_or_run(tmp_path):
    tally = hold_many(tmp_path, scenarios(), 8000)
    assert tally["run"] >= 2400, tally


@pytest.mark.slow
def test_two_thousand_spoilt_scenarios_are_refused_in_words(tmp_path):
    tally = hold_many(tmp_path, spoilt(), 2000)
    assert tally["refused"] >= 1600, tally


def test_a_cell_that_is_made_up_would_be_noticed(tmp_path, monkeypatch):
    from selfseed.engine import animal

    simulate_animal = animal.simulate_animal

    def with_one_more(setting, growth, course, beast, record, key):
        status = simulate_animal(setting, growth, course, beast, record, key)
        beast.ledger[2] += 1.0
        return status

    monkeypatch.setattr(animal, "simulate_animal", with_one_more)
    with pytest.raises(AssertionError, match="not accounted for"):
        hold_many(tmp_path, scenarios(), 50, phases=FIND_ONLY)
