"""The report is one file that needs nothing else, says what the numbers say, and is drawn for every run."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from tests.synthetic_run import synthetic_run

from selfseed.analysis import decomposition, summary
from selfseed.scenario import Scenario
from selfseed.views.headline import headline
from selfseed.views.report import MOST_BYTES
from selfseed.views.words import percent

LOADS = {"src", "srcset", "data", "poster", "background", "action"}


class Loads(HTMLParser):
    """Collect what a page would load, the links that it holds, and how its elements nest."""

    def __init__(self):
        super().__init__()
        self.loaded, self.links, self.open, self.scripts = [], [], [], 0

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.scripts += tag == "script"
        self.loaded += [value for name, value in attributes.items() if name in LOADS]
        self.loaded += [attributes["href"]] if tag in ("link", "use", "image") and "href" in attributes else []
        self.links += [attributes["href"]] if tag == "a" else []
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def loads_of(text):
    page = Loads()
    page.feed(text)
    return page


def plain(text):
    return text.replace("\u00a0", " ")


def test_the_page_loads_nothing_from_anywhere(report):
    page = loads_of(report.text)
    assert page.scripts == 0
    assert not [address for address in page.loaded if not address.startswith(("#", "data:"))]
    assert "@import" not in report.text
    assert not re.search(r"url\((?!#)", report.text)


def test_a_picture_from_elsewhere_would_be_noticed(report):
    page = loads_of(report.text.replace("<main>", '<main><img src="https://example.org/mouse.png">'))
    assert "https://example.org/mouse.png" in page.loaded


def test_all_elements_of_the_page_are_closed(report):
    assert loads_of(report.text).open == []


def test_the_page_is_smaller_than_three_megabytes(report):
    assert report.path.stat().st_size < MOST_BYTES


def test_a_page_with_many_animals_stays_below_three_megabytes(write):
    text = write(synthetic_run(arms=7, replicates=600))
    assert len(text.encode()) < MOST_BYTES


def test_every_figure_comes_as_svg_png_and_tsv(report):
    names = {path.stem for path in report.figures.iterdir()}
    assert {path.name for path in report.figures.iterdir()} == {
        f"{name}.{ending}" for name in names for ending in ("svg", "png", "tsv")
    }
    assert {
        "growth-recipient",
        "growth-measured",
        "seeding-recipient",
        "effects-arrival",
        "flow",
        "routes",
        "speed",
    } < names
    for path in report.figures.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    for path in report.figures.glob("*.tsv"):
        assert len(pd.read_csv(path, sep="\t")) > 0


def test_every_figure_can_be_downloaded_from_the_page(report):
    links = [link for link in loads_of(report.text).links if link.startswith("data:")]
    figures = {path.stem for path in report.figures.iterdir()}
    for kind in ("data:text/tab-separated-values", "data:image/png", "data:image/svg+xml"):
        assert sum(link.startswith(kind) for link in links) == len(figures)


def test_every_svg_is_well_formed_and_its_text_is_text(report):
    for path in report.figures.glob("*.svg"):
        picture = ElementTree.parse(path).getroot()
        assert len(picture.get("aria-label")) > 20
        assert picture.findall(".//{http://www.w3.org/2000/svg}text")


def test_no_two_figures_share_the_name_of_a_part(report):
    names = re.findall(r'\bid="([^"]+)"', report.text)
    assert len(names) == len(set(names))


def test_numbers_in_figures_keep_their_digits(report):
    assert ">0.01<" in report.text


def test_the_headline_says_what_the_summary_says(run, report):
    here = summary(run)["arms"]["LM2"]["sites"]["recipient"]
    first, second, third = headline(run, summary(run))
    assert f"in {percent(here['share_seeded']['value'])} of 12 mice" in first
    assert f"made up {percent(here['label_share_of_seeded']['median'])} of its cells" in first
    assert second.startswith("Silencing FSCN1 and MMP1 in LM2 cells lowered the")
    assert "1.50 times as large" in third
    for sentence in (first, second, third):
        assert sentence in plain(report.text)


def test_the_share_of_the_gain_is_that_of_the_decomposition(run, report):
    parts = decomposition.table(run).set_index(["site", "part"])
    for part, words in (("crowding_relief", "relief of crowding"), ("niche", "niche (CXCL1)")):
        assert f"{words} {percent(parts.loc[('recipient', part), 'share'])}" in plain(report.text)


def test_the_page_says_how_many_measured_volumes_the_band_holds(report):
    assert "of 2) lie within the simulated 90 % band (left out: 1 outside the simulated time and 1 of 0 mm³)" in plain(
        report.text
    )


def test_the_gland_without_tumour_is_shown(report):
    assert "Nothing was found at the control: seeded in 0 of 132 mice" in plain(report.text)


def test_the_page_names_seed_hashes_and_papers(run, report):
    assert run.sha256 in report.text
    assert run.manifest["scenario_sha256"] in report.text
    assert "https://doi.org/10.1016/j.cell.2009.11.025" in report.text


def test_what_a_scenario_says_is_shown_and_never_run(run, changed, write):
    hostile = "</title><script>alert(1)</script> & <img src=x onerror=alert(1)>"
    arms = {name: {"description": hostile, **arm.model_dump(exclude_unset=True, exclude={"description"})}
            for name, arm in run.scenario.arms.items()}  # fmt: skip
    text = write(changed(run, title=hostile, description=hostile, arms=arms))
    page = loads_of(text)
    assert page.scripts == 0
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_one_animal_is_enough(write):
    text = write(synthetic_run(arms=2, replicates=1))
    assert "of 1 mouse" in plain(text)
    assert not re.search(r"\bnan\b", re.sub(r"data:[^\"]*", "", text), re.IGNORECASE)


def test_one_arm_without_switches_has_no_section_on_genes_or_speed(run, narrowed, write):
    text = write(narrowed(run, arms=["LM2"]))
    assert 'id="seeded"' in text
    assert 'id="genes"' not in text
    assert 'id="speed"' not in text


def test_a_run_in_which_nothing_is_seeded_is_drawn(run, write):
    silent = run.arrays.copy(deep=True)
    for name in ("seeded_cells", "flow", "seeds_by_route"):
        silent[name][:] = 0.0
    silent["label_share"].loc[{"site": ["recipient", "lung", "bone", "liver", "brain"]}] = 0.0
    text = write(type(run)(**{**vars(run), "arrays": silent}))
    assert "in 0 % of 12 mice" in plain(text)
    assert "Here nothing took root anywhere" in text


def test_a_run_that_looks_for_no_label_is_drawn(run, changed, write):
    volume_only = [{"volume": ["donor", "recipient"], "every": "2 day"}]
    text = write(changed(run, measurements=volume_only))
    assert "Cells that came by blood seeded the donor in" in text


def test_the_outcome_over_open_magnitudes_is_drawn(run, write):
    rows = [
        ("establishment.home", value, "LM2", "recipient", quantity, 0.5, 0.4, 0.6)
        for value in (1e-4, 1e-3)
        for quantity in ("share_seeded", "label_share")
    ]
    columns = ["parameter", "value", "arm", "site", "quantity", "median", "low", "high"]
    text = write(run, uncertain=pd.DataFrame(rows, columns=columns))
    assert 'id="figure-open-magnitudes"' in text
    assert ">1e-4<" in text


def test_a_table_of_open_magnitudes_without_values_is_refused(run, write):
    with pytest.raises(ValueError, match="no column value"):
        write(run, uncertain=pd.DataFrame({"parameter": ["establishment.home"], "median": [1.0]}))


def test_drawing_leaves_the_settings_of_matplotlib_alone(report):
    import matplotlib

    assert matplotlib.rcParams["svg.fonttype"] == matplotlib.rcParamsDefault["svg.fonttype"]
    assert matplotlib.rcParams["axes.spines.top"] == matplotlib.rcParamsDefault["axes.spines.top"]


def test_the_same_run_gives_the_same_figures(run, report, tmp_path):
    from selfseed.views.report import write_report

    write_report(run, tmp_path / "report.html")
    for path in (tmp_path / "figures").iterdir():
        assert path.read_bytes() == (report.figures / path.name).read_bytes(), path.name


def test_the_figure_of_dots_has_every_animal(run, report):
    table = pd.read_csv(report.figures / "seeding-recipient.tsv", sep="\t")
    assert len(table) == run.arrays.sizes["arm"] * run.arrays.sizes["replicate"]
    control = table[table["arm"] == "LM2"]["GFP_share"]
    assert np.isclose(control.median(), summary(run)["arms"]["LM2"]["sites"]["recipient"]["label_share"]["median"])


def renamed(run, names):
    """Return the run with other names for some sites, in the scenario and in the arrays."""
    document = run.scenario.model_dump_json(by_alias=True, exclude_unset=True)
    for old, new in names.items():
        document = document.replace(f'"{old}"', f'"{new}"')
    coordinates = {dim: [names.get(str(site), site) for site in run.arrays[dim].values] for dim in ("site", "source")}
    arrays = run.arrays.assign_coords(coordinates)
    return replace(run, scenario=Scenario.from_dict(json.loads(document)), arrays=arrays)


def test_sites_may_have_any_name(run, write, tmp_path):
    text = write(renamed(run, {"recipient": "gland 1.2", "donor": "gland-1.2", "control": "左腺 + x"}))
    names = re.findall(r'\bid="([^"]+)"', text)
    assert len(names) == len(set(names))
    assert not [name for name in names if " " in name]
    files = {path.name for path in (tmp_path / "figures").iterdir()}
    assert {"growth-gland-1.2.svg", "growth-gland-1.2-2.svg"} <= files
    assert "the gland 1.2 in" in text


def test_a_tumour_that_is_labelled_itself_is_not_said_to_be_made_of_seeds(run, changed, write):
    at_donor = [{"label_share": "GFP", "sites": ["donor"], "at": "60 day"}, {"volume": ["donor"], "every": "5 day"}]
    text = write(changed(run, measurements=at_donor))
    assert "Cells that came by blood seeded the donor" in text
    assert "made up" not in text
