"""Whatever a user does to a valid scenario, the answer is a scenario or a list of problems, never a traceback."""

from copy import deepcopy
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from selfseed.base.errors import ScenarioError
from selfseed.scenario import from_dict, read, resolve
from selfseed.scenario.document import parse

VALID = (Path(__file__).parent / "seeding.yaml").read_text()
DOCUMENT = parse(VALID).value
WORDS = st.sampled_from(
    [
        "LM2",
        "donor",
        "1e6 cells",
        "-3 day",
        "5 furlong",
        "none",
        "",
        "no",
        "IL8",
        "<Implant>",
        "[key]",
        "é\u0000",
        "9" * 400,
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)


def places(value, path=()):
    """Yield the path of every value inside ``value``."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield (*path, key)
        yield from places(entry, (*path, key))


PLACES = list(places(DOCUMENT))


def answer(reader, source):
    try:
        scenario = reader(source)
    except ScenarioError as error:
        assert error.problems
        assert all(problem.where and problem.remedy for problem in error.problems)
        str(error).encode()
        return None
    resolve(scenario)
    return scenario


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(["set", "drop", "add"]), VALUES), max_size=3)
)
def test_any_change_of_the_values_gives_a_scenario_or_its_problems(changes):
    document = deepcopy(DOCUMENT)
    for path, change, value in changes:
        _change(document, path, change, value)
    answer(from_dict, document)


@settings(max_examples=200, deadline=None)
@given(start=st.integers(0, len(VALID)), length=st.integers(0, 30), text=st.text(max_size=10))
def test_any_change_of_the_text_gives_a_scenario_or_its_problems(start, length, text):
    answer(read, f"{VALID[:start]}{text}{VALID[start + length :]}\n")


def _change(document, path, change, value):
    """Change what stands at ``path``, if earlier changes have left it there."""
    for key in path[:-1]:
        if not (isinstance(document, dict) and key in document) and not (
            isinstance(document, list) and isinstance(key, int) and key < len(document)
        ):
            return
        document = document[key]
    key = path[-1]
    if isinstance(document, dict):
        if change == "drop":
            document.pop(key, None)
        else:
            document[key if change == "set" else str(value)] = value
    elif isinstance(document, list) and isinstance(key, int) and key < len(document):
        if change == "drop":
            del document[key]
        else:
            document[key] = value
