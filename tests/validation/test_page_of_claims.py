"""The page of claims: what is measured anew takes its row, and all else stays as it was said."""

import pytest
from verification.claim import AGREES, DIFFERS, Claim, Measured
from verification.page import read_page, write_page
from verification.pictures import estimates

from selfseed.results.estimates import Estimate

NAMES = ("V1", "experiment 2", "V3")
CLAIMS = tuple(Claim(name, f"title of {name}", "a | source", "", "exact", "1 | 2", lambda seed: None) for name in NAMES)
SECTIONS = [("First", CLAIMS[:2]), ("Second", CLAIMS[2:])]


def came_out(verdict=AGREES, *, text="1.0 (0.9 to 1.1)", noticed=True, drawn=False):
    figure = (lambda: estimates({"all": Estimate(1.0, 0.9, 1.1, 9)}, "fold")) if drawn else None
    return Measured(text, verdict, "a tenth more: 1.1", control_holds=noticed, figure=figure)


@pytest.fixture
def page(tmp_path):
    measured = {name: came_out(drawn=name != "V3") for name in NAMES}
    return write_page(SECTIONS, measured, tmp_path, 7)


def test_a_page_written_without_any_measurement_is_the_same_page(page):
    before = page.read_text(encoding="utf-8")
    assert write_page(SECTIONS, {}, page.parent, 7).read_text(encoding="utf-8") == before
    assert "**3 claims: 3 agrees; every negative control was noticed.**" in before


def test_a_claim_that_is_measured_anew_takes_its_own_row_alone(page):
    before = page.read_text(encoding="utf-8").splitlines()
    write_page(SECTIONS, {"experiment 2": came_out(DIFFERS, text="2.0", noticed=False)}, page.parent, 7)
    after = page.read_text(encoding="utf-8")
    assert "**3 claims: 2 agrees, 1 differs; not noticed: experiment 2.**" in after
    changed = {line for line in after.splitlines() if line not in before}
    assert {line.split("|")[1].strip() for line in changed if line.startswith("| ")} == {"experiment 2"}
    assert "figures/V1.png" in after and "figures/experiment-2.png" not in after


def test_a_claim_that_nobody_measured_is_left_out(tmp_path):
    page = write_page(SECTIONS, {"V3": came_out()}, tmp_path, 7)
    assert list(read_page(tmp_path)[1]) == ["V3"] and "## First" not in page.read_text(encoding="utf-8")


def test_the_page_tells_its_seed_and_where_there_is_none_nothing_is_told(page, tmp_path):
    seed, told = read_page(page.parent)
    assert seed == 7 and tuple(told) == NAMES
    assert told["V1"].figure.startswith('<a id="v1"></a>') and not told["V3"].figure
    assert read_page(tmp_path / "elsewhere") == (None, {})
