"""The page of a patient's migration history: one HTML file that needs nothing else and recomputes in the browser."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.views.history_data import as_json, p_return, page_data, weighed_graphs
from selfseed.views.history_words import (
    VERDICTS,
    chance,
    convergence,
    evidence,
    factor,
    headline,
    left_out_name,
    pattern_words,
)
from selfseed.views.style import INK
from selfseed.views.words import file_name, plain

if TYPE_CHECKING:
    from selfseed.history.answer import Answer

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#aa4499", "#56b4e9", "#8c6d1f")
SHAPES = {
    "circle": "M 0 -5.5 A 5.5 5.5 0 1 1 0 5.5 A 5.5 5.5 0 1 1 0 -5.5 Z",
    "square": "M -5 -5 H 5 V 5 H -5 Z",
    "diamond": "M 0 -6.8 L 6.8 0 L 0 6.8 L -6.8 0 Z",
    "triangle": "M 0 -6.5 L 6.3 4.8 H -6.3 Z",
}
"""The marks of sites, each as the path of an SVG around (0, 0)."""

PRIORS = (0.01, 0.05, 0.25, 0.5)
_SCRIPTS = ("history_start.js", "history_tree.js", "history_graph.js", "history_page.js")
_RARE = 0.05
_MOST_CLONES = 8


def write_history_page(answer: Answer, path: str | Path, *, patient: str = "") -> Path:
    """Write what was inferred for one patient as a page to read, to question, and to take figures from.

    Parameters
    ----------
    answer : Answer
    path : str or path
        The HTML file; it is replaced if it is there.
    patient : str
        A name for the page's title and its downloads.

    Returns
    -------
    Path
        ``path``.

    Notes
    -----
    The page carries the migration graphs with their posterior weights, so that arcs can be required or forbidden
    without this program; how much of the posterior it carries stands on the page.

    Examples
    --------
    >>> write_history_page(answer, "patient.html", patient="patient 1")    # doctest: +SKIP
    """
    path = Path(path)
    page = _page(answer, patient)
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(page, encoding="utf-8")
    draft.replace(path)
    return path


def _page(answer: Answer, patient: str) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    import selfseed

    loader = PackageLoader("selfseed.views")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    environment.filters.update(chance=chance, factor=factor, plain=plain)

    def source(name: str) -> Markup:
        return Markup(loader.get_source(environment, name)[0])

    looks = looks_of(answer)
    graphs = weighed_graphs(answer.pool)
    data = page_data(answer, graphs, list(looks.values()))
    name = f"selfseed-{file_name(patient)}" if patient else "selfseed-history"
    return environment.get_template("history.html.j2").render(
        answer=answer,
        version=selfseed.__version__,
        title=f"Did tumour cells come back? {patient}".strip(),
        style=source("report.css") + source("history.css"),
        scripts=[source(script) for script in _SCRIPTS],
        data=Markup(as_json(data | {"shapes": SHAPES, "file": name})),
        share=data["share"],
        marks={site: Markup(_mark(look)) for site, look in looks.items()},
        several_sites=len(answer.sites) > 1,
        headline=headline(answer),
        verdict=VERDICTS[answer.verdict],
        facts=_facts(answer, len(graphs)),
        tiles=_tiles(answer),
        arcs=_arcs(answer, graphs),
        **_summaries(answer),
    )


def looks_of(answer: Answer) -> dict[str, dict[str, str]]:
    """Return a colour and a shape for each site, the primary's apart; no two of 25 sites share both."""
    shapes = list(SHAPES)
    others = [site for site in answer.sites if site != answer.primary]
    looks = {
        site: {
            "colour": COLOURS[number % len(COLOURS)],
            "shape": shapes[number // len(COLOURS) % len(shapes)],
        }
        for number, site in enumerate(others)
    }
    looks[answer.primary] = {"colour": INK, "shape": "circle"}
    return {site: looks[site] for site in answer.sites}


def _mark(look: dict[str, str]) -> str:
    path = SHAPES[look["shape"]]
    return (
        '<svg class="mark" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">'
        f'<path d="{path}" fill="{look["colour"]}"/></svg>'
    )


def _facts(answer: Answer, graphs: int) -> list[str]:
    trees = len(answer.pool.grounds)
    sizes = sorted({len(ground.tree) for ground in answer.pool.grounds})
    clones = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return [
        f"{len(answer.sites)} {'site' if len(answer.sites) == 1 else 'sites'}",
        f"{clones} clones" if trees == 1 else f"{trees} candidate clone trees of {clones} clones",
        f"{graphs:,} different migration {'graph' if graphs == 1 else 'graphs'} in the posterior",
        f"primary {answer.primary}",
    ]


def _tiles(answer: Answer) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "title": title,
            "meaning": meaning,
            "p": probability,
            "prior": answer.prior if key == "any" else None,
        }
        for key, title, meaning, probability in (
            (
                "any",
                "Any reseeding",
                "Cells came back to a site that their line had left: the migration graph has a directed cycle.",
                answer.p_reseeding,
            ),
            ("primary", "Into the primary", f"Cells came back to {answer.primary}.", answer.p_primary_reseeded),
            (
                "metastases",
                "Between metastases",
                "A directed cycle that does not touch the primary.",
                answer.p_metastases_reseeded,
            ),
        )
    ]


def _arcs(answer: Answer, graphs: list) -> list[dict[str, Any]]:
    back = p_return(answer, graphs)
    place = {site: number for number, site in enumerate(answer.sites)}
    return [
        {
            "source": source,
            "target": target,
            "p": probability,
            "mean": answer.expected_migrations[source, target],
            "poly": answer.p_polyclonal[source, target],
            "back": bool(back[place[source], place[target]] >= probability / 2),
            "rare": probability < _RARE,
        }
        for (source, target), probability in answer.p_migration.items()
    ]


def _summaries(answer: Answer) -> dict[str, Any]:
    patterns = answer.p_pattern
    weights = [float(answer.pool.weight[answer.pool.tree == which].sum()) for which in range(len(answer.pool.grounds))]
    trees = [
        {"number": number, "p": p, "clones": len(ground.tree)}
        for number, (ground, p) in enumerate(zip(answer.pool.grounds, weights, strict=True), start=1)
    ]
    return {
        "polyclonal": sum(p for pattern, p in patterns.items() if pattern.startswith("p")),
        "patterns": [(pattern, pattern_words(pattern), p) for pattern, p in patterns.items()],
        "order": [(site, rank, answer.p_site_reseeded[site]) for site, rank in answer.order.items()],
        "returned": [(clone, p) for clone, p in answer.p_clone_returned.items() if p >= _RARE][:_MOST_CLONES],
        "evidence": evidence(answer.bayes_factor),
        "priors": _priors(answer),
        "left_out": [{"name": left_out_name(answer, one), "one": one} for one in answer.left_out],
        "trees": sorted(trees, key=lambda tree: -tree["p"]),
        "primaries": sorted(answer.primaries.items(), key=lambda item: -item[1]),
        "convergence": convergence(answer),
        "vertices": _vertices(answer),
    }


def _priors(answer: Answer) -> list[dict[str, Any]]:
    """Return what the answer would be at other priors."""
    of_primary = answer.p_primary_reseeded / answer.p_reseeding if answer.p_reseeding > 0 else 0.0
    rows = []
    for prior in sorted({*PRIORS, answer.prior}):
        used = math.isclose(prior, answer.prior)
        odds = prior / (1 - prior) * answer.bayes_factor
        p = answer.p_reseeding if used else odds / (1 + odds)
        rows.append({"prior": prior, "used": used, "p": p, "primary": p * of_primary})
    return rows


def _vertices(answer: Answer) -> list[dict[str, Any]]:
    """Return the history of first choice as a table, for readers without scripts."""
    history = answer.history
    return [
        {
            "name": history.names[vertex],
            "site": history.site[vertex],
            "above": history.names[above] if above >= 0 else "",
            "source": history.site[above] if above >= 0 and history.site[above] != history.site[vertex] else "",
        }
        for vertex, above in enumerate(history.parent)
    ]
