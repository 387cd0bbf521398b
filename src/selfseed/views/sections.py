"""The sections of the report in their reading order: what each says, shows and lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from selfseed.views.flow import blood_rows, flow_picture, route_picture, route_rows, route_sentence
from selfseed.views.genes import effect_table, gene_pictures
from selfseed.views.growth import MOST_SITES, growth_pictures, measured_picture, tumour_sites
from selfseed.views.picture import Picture
from selfseed.views.ranges import range_picture
from selfseed.views.seeding import nothing_found, seeding_pictures
from selfseed.views.speed import speed_picture, speed_sentences
from selfseed.views.subject import arms_of
from selfseed.views.sureness import HEAD, assumed_rows, confidence_sentence, expression_rows, set_rows
from selfseed.views.words import spoken

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.results import Run


@dataclass(frozen=True)
class Table:
    """Hold a table of the report: its caption, its head, its rows, and whether it is shown unfolded."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    open: bool = False


@dataclass(frozen=True)
class Listing:
    """Hold a list of sentences under a title."""

    title: str
    entries: Sequence[str]


@dataclass(frozen=True)
class Section:
    """Hold one section of the report; what is empty is left out."""

    name: str
    title: str
    paragraphs: Sequence[str] = ()
    lists: Sequence[Listing] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    code: Sequence[str] = ()
    links: Sequence[str] = ()


def sections_of(run: Run, data: Path | None, uncertain: pd.DataFrame | None) -> list[Section]:
    """Return all sections of the report of ``run``; those that it has nothing for are left out."""
    sections = [
        _asked(run),
        *_drugs(run),
        _growth(run, data),
        _seeded(run),
        *_genes(run),
        _flow(run),
        _routes(run),
        *_speed(run),
    ]
    return [*sections, *_open_magnitudes(run, uncertain), _sureness(run), _computed(run)]


def _drugs(run: Run) -> Iterator[Section]:
    from selfseed.views.drugs import draw_drugs, given_drugs

    given = given_drugs(run.scenario)
    if given:
        yield Section("drugs", "Drugs", pictures=[draw_drugs(given)])


def _asked(run: Run) -> Section:
    from selfseed.scenario import explain

    heading, *blocks = explain(run.scenario).strip().split("\n\n")
    sentences = [line for line in heading.splitlines() if not line.startswith("https://")]
    listings = []
    arms: list[list[str]] = []
    for title, *lines in (block.splitlines() for block in blocks[:-1]):
        entries = [line.strip() for line in lines]
        if title == "What differs between the arms":
            arms = [_arm_row(line.strip()) for line in lines]
        else:
            listings.append(Listing(title, entries))
    title = run.scenario.title
    paragraphs = [" ".join(line for line in sentences if line != title)]
    differs = Table("What differs between the arms", ["arm", "what differs"], arms, open=True)
    return Section("asked", "What was asked", paragraphs, listings, tables=[differs])


def _growth(run: Run, data: Path | None) -> Section:
    pictures, paragraphs = growth_pictures(run), []
    if data is not None:
        measured, sentence = measured_picture(run, Path(data))
        pictures.append(measured)
        paragraphs.append(sentence)
    sites = len(tumour_sites(run))
    if sites > MOST_SITES:
        paragraphs.append(f"Drawn are {MOST_SITES} of {sites} measured tumours; the others are in the results.")
    if not pictures:
        paragraphs.append("No volume of a tumour was measured.")
    return Section("growth", "How the tumours grew", paragraphs, pictures=pictures)


def _seeded(run: Run) -> Section:
    return Section("seeded", "Who was seeded, and by how much", [nothing_found(run)], pictures=seeding_pictures(run))


def _genes(run: Run) -> list[Section]:
    pictures = gene_pictures(run)
    if not pictures:
        return []
    words = (
        "Arrival is what the recipient attracts (IL-6, IL-8) and what the cells can cross (FSCN1, MMP1); "
        "consequence is what they do once there (CXCL1). A gene that matters for one need not matter for the other."
    )
    head, rows = effect_table(run)
    table = Table(f"All differences to {spoken(arms_of(run)[0])}, with 95 % intervals", head, rows)
    return [Section("genes", "Which genes mattered", [words], pictures=pictures, tables=[table])]


def _flow(run: Run) -> Section:
    head, rows = blood_rows(run)
    caption = "Circulating tumour cells per ml of drawn blood: median (5 to 95 %)"
    tables = [Table(caption, head, rows)] if rows else []
    return Section("flow", "Where seeds came from, and where they went", pictures=[flow_picture(run)], tables=tables)


def _routes(run: Run) -> Section:
    words = (
        "Primary self-seeding comes straight back from the tumour it left; secondary self-seeding comes through "
        "another tumour, such as a metastasis."
    )
    head, rows = route_rows(run)
    table = Table("Primary and secondary self-seeding, all sites together", head, rows, open=len(rows) <= 12)
    return Section(
        "routes",
        "Primary and secondary self-seeding",
        [words, route_sentence(run)],
        pictures=[route_picture(run)],
        tables=[table],
    )


def _speed(run: Run) -> list[Section]:
    picture = speed_picture(run)
    if picture is None:
        return []
    return [Section("speed", "Why growth sped up", list(speed_sentences(run).values()), pictures=[picture])]


def _open_magnitudes(run: Run, uncertain: pd.DataFrame | None) -> list[Section]:
    if uncertain is None or uncertain.empty:
        return []
    words = "No publication gives these magnitudes; the outcome is shown over the range that is plausible for each."
    picture = range_picture(run, uncertain)
    return [Section("open", "What the literature leaves open", [words], pictures=[picture])]


def _sureness(run: Run) -> Section:
    head, clones = expression_rows(run)
    tables = [Table("Clones: label, and expression relative to the parental line", head, clones, open=True)]
    if set_rows(run):
        tables.append(Table("Parameters that this scenario sets", HEAD, set_rows(run), open=True))
    tables.append(Table("Parameters that are assumed", HEAD, assumed_rows(run)))
    words = (
        f"{confidence_sentence()} Intervals in this report hold the chance among animals, not doubts about parameters."
    )
    return Section("sure", "How sure we are", [words], tables=tables)


def _computed(run: Run) -> Section:
    manifest = run.manifest
    software, asked = manifest["software"], manifest["parameters"]
    python = manifest["environment"]["python"]["version"]
    libraries = ", ".join(f"{name} {one['version']}" for name, one in manifest["environment"]["libraries"].items())
    rows = [
        ["engine", asked["engine"].replace("_", " ")],
        ["seed", str(asked["seed"])],
        ["replicates", f"{asked['replicates']} in each of {run.arrays.sizes['arm']} arms"],
        ["command", asked.get("command", "")],
        ["software", f"selfseed {software['version']}, commit {software.get('git_commit') or 'not known'}"],
        ["libraries", f"Python {python}, {libraries}"],
        ["finished", manifest.get("ended", "")],
        ["computing time", f"{manifest['resources']['elapsed_time']:.1f} s"],
        ["SHA-256 of the scenario", manifest["scenario_sha256"]],
        ["SHA-256 of the results", manifest["arrays_sha256"]],
    ]
    words = [
        *manifest.get("notes", ()),
        "To cite: selfseed, the version above, and the papers that this scenario stands on.",
    ]
    links = [f"https://doi.org/{doi}" for doi in _papers(run)]
    table = Table("Provenance", ["what", "value"], rows, open=True)
    citation = "The selfseed developers. selfseed: the open laboratory for tumour self-seeding, version "
    citation += f"{software['version']}."
    return Section(
        "how", "How this was computed, and how to cite it", words, tables=[table], code=[citation], links=links
    )


def _papers(run: Run) -> list[str]:
    from selfseed.processes import PARAMETERS

    of_parameters = (parameter.doi for parameter in PARAMETERS.values() if parameter.doi)
    return list(dict.fromkeys([*run.scenario.references, *of_parameters]))


def _arm_row(line: str) -> list[str]:
    name, _, differs = line.partition(": ")
    return [spoken(name), differs]
