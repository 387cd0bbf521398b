"""A table: what a user gives, and exactly what is said about it."""

from pathlib import Path

import pytest
import yaml

from selfseed.base.errors import ScenarioError
from selfseed.scenario import from_dict, read
from selfseed.scenario.document import parse

HERE = Path(__file__).parent
VALID = (HERE / "seeding.yaml").read_text()
TABLE = yaml.safe_load((HERE / "table.yaml").read_text())
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)
FILES = {
    "is empty": (b"", "file  is empty  a scenario starts with 'selfseed: 1'"),
    "holds only a comment": (b"# later\n", "file  is empty  a scenario starts with 'selfseed: 1'"),
    "is an image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "file  is not text  a scenario is a text file in YAML"),
    "is not UTF-8": (
        b"selfseed: 1\ntitle: M\xe4use\n",
        "line 2  byte 0xe4 is not UTF-8  save the file as UTF-8 text",
    ),
    "is huge": (b"#" * 1_000_001, "file  is too large  a scenario has at most 1 MB"),
    "is a word": (b"kim2009\n", "line 1  kim2009  must be a mapping, like {name: value}"),
    "is a list": (b"- selfseed: 1\n", "line 1  a list  must be a mapping, like {name: value}"),
    "is an endless nest": (b"[" * 900_000, "line 1  nested too deeply  at most 20 levels"),
    "unfolds without end": (BOMB.encode(), "line 1  too many values  at most 20000, aliases unfolded"),
    "holds itself": (b"a: &a [*a]\n", "line 1  nested too deeply  at most 20 levels"),
    "has too many values": (b"- x\n" * 30_000, "line 20001  too many values  at most 20000, aliases unfolded"),
}


def edited(entry):
    text = VALID
    for edit in entry["edits"]:
        assert edit["instead of"] in text
        text = text.replace(edit["instead of"], edit["write"], 1)
    return text


SAYABLE_IN_PYTHON = [entry for entry in TABLE if not parse(edited(entry)).findings]


def message(lines):
    count = len(lines)
    return "\n".join([f"{count} problem{'s' * (count > 1)} in seeding.yaml", *(f"  {line}" for line in lines)])


def refusal(source):
    with pytest.raises(ScenarioError) as caught:
        read(source)
    return caught.value


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_scenario_that_the_table_spoils_is_without_mistakes():
    assert read(HERE / "seeding.yaml").replicates == 50


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry["mistake"])
def test_each_mistake_is_named_with_its_line_and_its_remedy(entry):
    Path("seeding.yaml").write_text(edited(entry))
    error = refusal("seeding.yaml")
    assert str(error) == message(entry["problems"].splitlines())
    assert error.exit_code == 2


@pytest.mark.parametrize("entry", SAYABLE_IN_PYTHON, ids=lambda entry: entry["mistake"])
def test_a_python_object_gets_the_same_problems_at_dotted_paths(entry):
    with pytest.raises(ScenarioError) as caught:
        from_dict(parse(edited(entry)).value)
    in_file = {(problem.what, problem.remedy) for problem in refusal(edited(entry)).problems}
    assert {(problem.what, problem.remedy) for problem in caught.value.problems} == in_file
    assert not any(problem.where.startswith("line") for problem in caught.value.problems)


@pytest.mark.parametrize(("content", "line"), FILES.values(), ids=FILES.keys())
def test_a_file_that_is_no_scenario_is_refused_in_one_line(content, line):
    Path("seeding.yaml").write_bytes(content)
    error = refusal("seeding.yaml")
    assert str(error) == message([line])
    assert error.exit_code == 2


def test_a_missing_file_is_named_with_the_nearest_one_there():
    Path("seeding.yaml").write_text(VALID)
    error = refusal("seding.yaml")
    assert str(error) == (
        "1 problem in seding.yaml\n  file  does not exist  check the path; did you mean 'seeding.yaml'?"
    )


def test_a_missing_file_without_neighbours_points_to_the_list():
    assert str(refusal("seeding.yaml")) == message(
        ["file  does not exist  check the path; 'selfseed list' shows what is built in"]
    )


def test_a_directory_is_no_scenario():
    Path("seeding.yaml").mkdir()
    assert str(refusal("seeding.yaml")) == message(["file  is a directory  name a YAML file in it"])


def test_a_thousand_mistakes_are_cut_to_the_first_fifty():
    text = VALID.replace("parameters:\n", "parameters:\n" + "".join(f"  wrong{index}: 1\n" for index in range(1000)))
    problems = refusal(text).problems
    assert len(problems) == 51
    assert problems[-1].what == "950 more"


def test_code_in_a_file_does_not_run(tmp_path):
    trace = tmp_path / "trace"
    refusal(VALID.replace("Two glands", f"!!python/object/apply:pathlib.Path.touch [{trace}]"))
    assert not trace.exists()
