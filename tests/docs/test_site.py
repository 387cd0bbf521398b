"""What the site is made of; that it builds without a warning is for `make docs`."""

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from selfseed.processes import PROCESSES
from selfseed.results.words import COLUMNS, VARIABLES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def generated():
    spec = spec_from_file_location("generated", DOCS / "_extensions" / "generated.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_of_commands_holds_every_command_and_option(generated):
    from typer.main import get_command

    from selfseed.doors.cli import app

    page = generated.commands()
    for name, command in get_command(app).commands.items():
        assert f"`selfseed {name}`" in page
        for option in (word for each in command.params for word in each.opts if word.startswith("--")):
            assert option == "--help" or option in page
    assert "`selfseed history infer`" in page and "--force" in page


def test_the_page_of_arrays_holds_every_array_and_column(generated):
    assert all(f"`{name}`" in generated.arrays() for name in VARIABLES)
    assert all(f"`{column}`" in generated.columns() for columns in COLUMNS.values() for column in columns)


def test_every_place_on_a_page_can_be_filled(generated):
    places = {place for page in DOCS.rglob("*.md") for place in generated.PLACE.findall(page.read_text("utf-8"))}
    assert places == set(generated.MAKERS)


def test_every_step_of_the_law_has_a_page_with_its_figure():
    linked = re.findall(r"\]\(gallery/plot_step(\d)_\w+\.py\)", (DOCS / "law.md").read_text("utf-8"))
    scripts = sorted(int(path.name[len("plot_step")]) for path in (DOCS / "gallery").glob("plot_step*.py"))
    assert sorted(map(int, linked)) == scripts
    assert sorted(set(scripts)) == [process.step for process in PROCESSES if process.step]


def test_functions_shown_with_a_step_are_those_that_its_process_names():
    shown = {
        name
        for path in (DOCS / "gallery").glob("plot_step*.py")
        for names in re.findall(r"^\.\. law:: (.+)$", path.read_text("utf-8"), re.MULTILINE)
        for name in names.split()
    }
    assert {name for process in PROCESSES for name in process.equations} <= shown
