"""The report of a run: one HTML file that needs nothing else, and every figure with its numbers beside it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.views import style
from selfseed.views.headline import headline
from selfseed.views.picture import Drawn, draw
from selfseed.views.sections import Section, sections_of
from selfseed.views.subject import title_of
from selfseed.views.words import mice

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.results import Run

MOST_BYTES = 3_000_000
_TEXT_BYTES = 100_000
_FORMS = {
    "tsv": ("text/tab-separated-values", lambda drawn: drawn.tsv.encode()),
    "png": ("image/png", lambda drawn: drawn.png),
    "svg": ("image/svg+xml", lambda drawn: drawn.svg.encode()),
}


@dataclass(frozen=True)
class Link:
    """Hold one download: its words, its file name, and where it leads."""

    label: str
    file: str
    href: str


@dataclass
class Figure:
    """Hold a drawn figure as the page shows it."""

    name: str
    title: str
    caption: str
    svg: Any
    downloads: list[Link] = field(default_factory=list)


def write_report(
    run: Run,
    path: str | Path,
    *,
    data: Path | None = None,
    uncertain: pd.DataFrame | None = None,
    log: Callable[[str], None] | None = None,
) -> Path:
    """Write the report of ``run`` to ``path``, and its figures into the directory ``figures`` beside it.

    Parameters
    ----------
    run : Run
    path : str or path
        The HTML file; it is replaced if it is there.
    data : path, optional
        Measured volumes to draw over the simulated ones: a tab-separated table with columns ID, Time [day] and
        Observation [mm³].
    uncertain : pandas.DataFrame, optional
        The outcome over the magnitudes that the literature leaves open, as `selfseed.views.ranges.range_picture`
        takes it; if absent, that which the run brings along.
    log : callable, optional
        Told in a sentence what is being done.

    Returns
    -------
    Path
        ``path``.

    Raises
    ------
    ScenarioError
        If the file ``data`` is not such a table; nothing is written then.

    Examples
    --------
    >>> run = selfseed.open("runs/kim2009-two-gland")    # doctest: +SKIP
    >>> write_report(run, "report.html")                 # doctest: +SKIP
    """
    from selfseed.analysis import summary

    path = Path(path)
    sentences = headline(run, summary(run))
    with style.drawing():
        sections = sections_of(run, data, run.uncertain if uncertain is None else uncertain)
        drawn = _draw(sections, log or (lambda sentence: None))
    page = _page(run, sentences, sections, _figures(drawn))
    directory = path.parent / "figures"
    directory.mkdir(parents=True, exist_ok=True)
    for one in drawn:
        one.write(directory)
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(page, encoding="utf-8")
    draft.replace(path)
    return path


def _draw(sections: list[Section], log: Callable[[str], None]) -> list[Drawn]:
    drawn: dict[str, Drawn] = {}
    for picture in (picture for section in sections for picture in section.pictures):
        log(f"drawing: {picture.title} ...")
        name = picture.name
        while name in drawn:
            name += "-2"
        drawn[name] = draw(replace(picture, name=name))
    return list(drawn.values())


def _figures(drawn: list[Drawn]) -> list[Figure]:
    """Return all figures with their downloads, which are inside the page as far as `MOST_BYTES` allows.

    Numbers come first, then PNG, then SVG; what does not fit is linked to in the directory of figures.
    """
    figures = [
        Figure(one.picture.name, f"Figure {number}. {one.picture.title}", one.picture.caption, _markup(one.svg))
        for number, one in enumerate(drawn, start=1)
    ]
    left = MOST_BYTES - _TEXT_BYTES - sum(len(one.svg.encode()) for one in drawn)
    for ending, (kind, content) in _FORMS.items():
        for figure, one in zip(figures, drawn, strict=True):
            href = f"data:{kind};base64,{base64.b64encode(content(one)).decode()}"
            file = f"{figure.name}.{ending}"
            if len(href) > left:
                figure.downloads.append(Link(f"{ending.upper()} (beside this file)", file, f"figures/{file}"))
            else:
                figure.downloads.append(Link(ending.upper(), file, href))
                left -= len(href)
    return figures


def _page(run: Run, sentences: list[str], sections: list[Section], figures: list[Figure]) -> str:
    asked = run.manifest["parameters"]
    facts = [
        f"{mice(run.scenario.host, asked['replicates'])} in each of {run.arrays.sizes['arm']} arms",
        f"{run.scenario.duration:g} days",
        f"{asked['engine'].replace('_', ' ')} engine",
        f"seed {asked['seed']}",
    ]
    in_order = iter(figures)
    return render(title_of(run), sentences, facts, [_shown(section, in_order) for section in sections])


def render(title: str, headline: Sequence[str], facts: Sequence[str], sections: Sequence[Mapping[str, Any]]) -> str:
    """Return a page of the house: a title, what to know first, the facts, and sections as the template takes them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    import selfseed

    loader = PackageLoader("selfseed.views")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page = environment.get_template("report.html.j2").render(
        version=selfseed.__version__,
        title=title,
        style=_markup(loader.get_source(environment, "report.css")[0]),
        headline=headline,
        facts=facts,
        sections=sections,
        footer=f"selfseed {selfseed.__version__}. Simulated, not measured, wherever it does not say otherwise.",
    )
    return page.replace(" %", "\u00a0%")


def _shown(section: Section, figures: Iterator[Figure]) -> dict[str, Any]:
    """Return a section as the template takes it, with as many of ``figures`` as it has pictures."""
    shown = {
        "figures": list(islice(figures, len(section.pictures))),
        "paragraphs": list(filter(None, section.paragraphs)),
    }
    return vars(section) | shown


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)
