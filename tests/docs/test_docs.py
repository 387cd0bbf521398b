"""What the pages say is what the program does."""

import re
import subprocess
import sys
from pathlib import Path

import selfseed
from selfseed import scenario

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    return next(text for text in blocks if containing in text)


def test_the_scenario_in_the_readme_runs_and_has_fifteen_lines_or_so(tmp_path, monkeypatch):
    text = block("yaml", "mine.yaml")
    assert len(text.splitlines()) <= 17
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    run = selfseed.simulate(selfseed.read("mine.yaml"), seed=1, replicates=2)
    assert list(run.arrays["arm"].values) == ["control", "IL-8 silenced"]
    assert float(run.arrays["volume"].sel(site="left").isel(time=-1).min()) > 100.0


def test_every_command_in_the_readme_exists():
    commands = set(re.findall(r"selfseed (check|explain|simulate|list|init|cite)", README))
    shown = subprocess.run([sys.executable, "-m", "selfseed", "--help"], capture_output=True, text=True, check=True)
    assert commands and all(command in shown.stdout for command in commands)


def test_the_page_of_parameters_is_the_table():
    sys.path.insert(0, str(ROOT / "tools"))
    import parameters_page

    assert (ROOT / "docs" / "parameters.md").read_text(encoding="utf-8") == parameters_page.page()


def test_the_page_of_drugs_is_the_drugs():
    sys.path.insert(0, str(ROOT / "tools"))
    import drugs_page

    assert (ROOT / "docs" / "drugs.md").read_text(encoding="utf-8") == drugs_page.page()


def test_links_between_pages_lead_somewhere():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)} -> {link}"
        for page in pages
        for link in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken


def test_a_scenario_explains_where_each_number_comes_from():
    told = scenario.explain(selfseed.catalog.get("kim2009-two-gland"))
    assert "10.1016/j.cell.2009.11.025" in told and "assumed" in told


def test_the_page_of_the_catalogue_is_the_catalogue():
    sys.path.insert(0, str(ROOT / "tools"))
    import catalogue_page

    assert (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8") == catalogue_page.page()
