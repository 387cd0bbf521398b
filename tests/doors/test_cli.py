"""The command line answers in words: data on stdout, talk on stderr, 0 done, 1 failed, 2 the question was wrong."""

import json
import subprocess
import sys

import pytest

from selfseed import __version__, catalog

PRESET = "kim2009-two-gland"

TWO_MISTAKES = """\
selfseed: 1
title: two mistakes
host: mouse
clones:
  parental:
    sheding: {rate: 1e-3 /day}
    growth: {initial_rate: -0.5 /day}
sites:
  gland: {organ: mammary_gland}
procedures:
  - {implant: parental, site: gland, cells: 1e6, at: 0 day}
measurements:
  - {volume: gland, every: 1 day}
duration: 10 day
replicates: 2
"""


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_version_is_told(ask):
    assert ask("--version").stdout == f"selfseed {__version__}\n"


def test_list_names_every_preset_with_its_title(ask):
    told = ask("list").stdout.splitlines()
    assert [line.split()[0] for line in told] == list(catalog.names())
    assert all(len(line.split()) > 1 for line in told)


def test_every_preset_passes_the_check(ask_here):
    for name in catalog.names():
        answer = ask_here("check", name)
        assert (answer.returncode, answer.stderr) == (0, "")


def test_check_tells_every_problem_on_stderr_and_exits_with_2(ask_here, tmp_path):
    (tmp_path / "mine.yaml").write_text(TWO_MISTAKES)
    answer = ask_here("check", "mine.yaml")
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "ScenarioError: 2 problems in mine.yaml" in answer.stderr
    assert "did you mean 'shedding'?" in answer.stderr
    assert "line 7" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_check_json_is_for_programs(ask_here, tmp_path):
    (tmp_path / "mine.yaml").write_text(TWO_MISTAKES)
    answer = ask_here("check", "mine.yaml", "--json")
    assert answer.returncode == 2
    problems = json.loads(answer.stdout)["problems"]
    assert len(problems) == 2
    assert {"where", "what", "remedy"} == set(problems[0])


def test_a_misspelt_preset_gives_the_nearest_name(ask):
    answer = ask("explain", "kim2009-two-glands")
    assert answer.returncode == 2
    assert f"did you mean '{PRESET}'?" in answer.stderr


def test_a_misspelt_file_gives_the_nearest_file(ask_here, tmp_path):
    (tmp_path / "seeding.yaml").write_text(TWO_MISTAKES)
    answer = ask_here("check", "seedling.yaml")
    assert answer.returncode == 2
    assert "did you mean 'seeding.yaml'?" in answer.stderr


def test_a_misspelt_command_gives_the_nearest_command(ask):
    answer = ask("simulat", PRESET)
    assert answer.returncode == 2
    assert "simulate" in answer.stderr


def test_explain_speaks_of_the_days_and_the_sources(ask_here):
    told = ask_here("explain", PRESET).stdout
    assert "day" in told
    assert "10.1016/j.cell.2009.11.025" in told


def test_cite_prints_the_paper_of_the_experiment_first(ask_here):
    told = ask_here("cite", PRESET).stdout.splitlines()
    assert told[0].startswith("https://doi.org/10.1016/j.cell.2009.11.025  Kim et al. 2009: this experiment, ")
    assert all(line.startswith(("https://doi.org/10.", "no DOI  ")) for line in told)
    assert any("Butler & Gullino 1975" in line for line in told)
    assert len(set(told)) == len(told) > 5


def test_cite_bibtex_has_an_entry_for_selfseed_and_for_every_paper(ask_here):
    told = ask_here("cite", PRESET, "--bibtex").stdout.splitlines()
    papers = [line for line in ask_here("cite", PRESET).stdout.splitlines() if line.startswith("https")]
    assert told[0].startswith("@software{selfseed")
    assert len(told) == 1 + len(papers)
    assert sum("Tumor self-seeding by circulating cancer cells" in line for line in told) == 1


def test_a_paper_of_which_only_the_doi_is_known_is_cited_by_it(ask_here, tmp_path):
    (tmp_path / "mine.yaml").write_text(catalog.text(PRESET).replace("10.1371/journal.pcbi.1007178", "10.1234/my.own"))
    assert "@misc{10-1234-my-own, doi = {10.1234/my.own}}" in ask_here("cite", "mine.yaml", "--bibtex").stdout


def test_show_prints_the_preset_with_its_cell_lines(ask_here, tmp_path):
    told = ask_here("show", "kim2009-colon").stdout
    assert told == catalog.text("kim2009-colon")
    assert "SW620-GFP:\n    from: SW620" in told


def test_schema_is_a_json_schema(ask):
    assert json.loads(ask("schema").stdout)["type"] == "object"


def test_init_writes_a_scenario_with_comments_that_passes_the_check(ask, tmp_path):
    assert ask("init").stdout == f"{PRESET}.yaml\n"
    assert "#" in (tmp_path / f"{PRESET}.yaml").read_text()
    assert ask("check", f"{PRESET}.yaml").returncode == 0


def test_init_refuses_to_overwrite(ask, tmp_path):
    (tmp_path / "mine.yaml").write_text("my own work")
    answer = ask("init", "--out", "mine.yaml")
    assert answer.returncode == 2
    assert answer.stderr == "OutputError: mine.yaml exists; --force replaces it, --out names another place\n"
    assert (tmp_path / "mine.yaml").read_text() == "my own work"
    assert ask("init", "--out", "mine.yaml", "--force").returncode == 0
    assert (tmp_path / "mine.yaml").read_text() == catalog.text(PRESET)


def test_init_into_a_missing_folder_says_so(ask):
    answer = ask("init", "--out", "nowhere/mine.yaml")
    assert answer.returncode == 2
    assert "nowhere/mine.yaml cannot be written" in answer.stderr


def test_a_dry_run_shows_the_plan_and_writes_nothing(ask, tmp_path):
    answer = ask("simulate", PRESET, "--seed", 7, "--replicates", 3, "--dry-run")
    assert answer.returncode == 0
    assert "seed        7" in answer.stdout
    assert "replicates  3 in each arm" in answer.stdout
    assert f"-{PRESET}-" in answer.stdout
    assert everything_below(tmp_path) == []


def test_an_existing_directory_is_refused_before_anything_is_computed(ask, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("my own work")
    answer = ask("simulate", PRESET, "--out", "out")
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert "out" in answer.stderr and "--force" in answer.stderr
    assert "simulating" not in answer.stderr and "compiling" not in answer.stderr
    assert everything_below(tmp_path) == ["out", "out/notes.txt"]


@pytest.mark.parametrize("words", [["--replicates", "0"], ["--seed", "-1"], ["--threads", "0"], ["--engine", "magic"]])
def test_an_option_out_of_range_is_refused(ask, words):
    answer = ask("simulate", PRESET, *words)
    assert answer.returncode == 2
    assert words[0] in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_error_nobody_foresaw_is_one_sentence_and_debug_shows_where(tmp_path):
    broken = "from selfseed.doors import cli; cli.question.preset = lambda name: 1 / 0; cli.main()"

    def answer(*words):
        command = [sys.executable, "-c", broken, "init", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    plain, debug = answer(), answer("--debug")
    assert plain.returncode == debug.returncode == 1
    assert "ZeroDivisionError: division by zero" in plain.stderr
    assert "--debug" in plain.stderr and "Traceback" not in plain.stderr
    assert "Traceback" in debug.stderr
