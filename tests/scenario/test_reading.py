import subprocess
import sys
from pathlib import Path

import pytest

from selfseed.base.errors import ScenarioError
from selfseed.scenario import Scenario, check, from_dict, read, resolve

SHORT = """
selfseed: 1
host: mouse
clones: {donor: {label: GFP}, recipient: {}}
sites: {left: {organ: mammary_gland}, right: {organ: mammary_gland}}
procedures:
  - {implant: donor, site: left, cells: 1e6}
  - {implant: recipient, site: right, cells: 1e6}
measurements: [{label_share: GFP, sites: right, at: 60 day}]
duration: 60 day
replicates: 20
"""


def test_ten_lines_are_a_whole_scenario():
    scenario = read(SHORT)
    assert list(scenario.arms) == ["control"]
    assert scenario.measurements[0].sites == ("right",)
    assert scenario.procedures[0].at == 0.0


def test_a_file_a_text_and_a_mapping_give_the_same_scenario(tmp_path):
    import yaml

    path = tmp_path / "short.yaml"
    path.write_text(SHORT)
    document = yaml.safe_load(SHORT)
    assert read(path) == read(str(path)) == read(SHORT) == from_dict(document) == Scenario.from_dict(document)


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_files_of_other_systems_can_be_read(tmp_path, ending):
    path = tmp_path / "short.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SHORT.replace("\n", ending).encode())
    assert read(path) == read(SHORT)


@pytest.mark.parametrize("word", ["no", "off", "yes", "on", "y", "2009-11-25", "0x10"])
def test_a_word_is_a_word_and_never_a_truth_value_or_a_date(word):
    assert read(SHORT.replace("GFP", word)).clones["donor"].label == word


def test_none_means_no_label_and_differs_from_a_label_not_set():
    text = SHORT.replace("recipient: {}", "recipient: {from: donor}, bare: {from: donor, label: none}")
    labels = {clone.name: clone.label for clone in resolve(read(text))[0].clones}
    assert labels == {"donor": "GFP", "recipient": "GFP", "bare": None}


def test_an_anchor_may_be_used_again():
    text = SHORT.replace("{organ: mammary_gland}", "&gland {organ: mammary_gland}", 1)
    text = text.replace("right: {organ: mammary_gland}", "right: *gland")
    assert read(text) == read(SHORT)


def test_genes_are_known_under_their_common_names():
    text = SHORT.replace("recipient: {}", "recipient: {expression: {il-6: 2, IL8: 3}}")
    assert read(text).clones["recipient"].expression == {"IL6": 2.0, "CXCL8": 3.0}


def test_a_scenario_never_changes():
    with pytest.raises(ValueError, match="frozen"):
        read(SHORT).duration = 30.0


def test_a_scenario_put_together_by_hand_is_checked_like_any_other():
    scenario = read(SHORT).model_copy(update={"procedures": ()})
    with pytest.raises(ScenarioError, match="nothing is implanted"):
        check(scenario)


def test_a_tumour_free_gland_may_be_measured_as_a_control():
    text = SHORT.replace("left: {", "empty: {organ: mammary_gland}, left: {").replace("sites: right,", "sites: empty,")
    assert read(text)


def test_a_metastasis_may_be_cut_out_where_nothing_was_implanted():
    text = SHORT.replace("left: {", "lung: {organ: lung}, left: {")
    assert read(text.replace("measurements", "  - {resect: lung, at: 40 day}\nmeasurements"))


def test_an_arm_may_leave_out_the_tumour_that_surgery_would_remove():
    text = SHORT.replace(
        "measurements", "  - {resect: left, at: 40 day}\narms: {all: {}, none: {remove: [0]}}\nmeasurements"
    )
    assert len(resolve(read(text))[1].procedures) == 2


def test_reading_loads_nothing_that_only_computing_needs():
    heavy = "pint, pandas, numba, matplotlib, xarray, numpy, scipy"
    code = f"import sys, selfseed.scenario; assert not {{*'{heavy}'.split(', ')}} & {{*sys.modules}}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_example_of_the_docs_is_a_scenario_without_mistakes():
    page = (Path(__file__).parents[2] / "docs" / "scenario.md").read_text()
    assert read(page.partition("```yaml\n")[2].partition("```")[0]).replicates
