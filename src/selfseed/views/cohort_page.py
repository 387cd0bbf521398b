"""The page of a cohort: who was found, who lived, what treatment gained, and how it compares with real patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.views.cohort import draw_hazard_ratios, draw_incidence, draw_survival
from selfseed.views.drugs import draw_drugs, given_drugs
from selfseed.views.many import COLOURS, draw_figures, make_section, make_table
from selfseed.views.picture import Picture
from selfseed.views.reality import draw_reality
from selfseed.views.report import render
from selfseed.views.style import grid, new_figure, place
from selfseed.views.words import percent, tell_counts

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.cohort.summary import Answer
    from selfseed.scenario.model import Scenario

HOW = (("screening", "screening"), ("symptoms", "symptoms"), ("metastasis", "a metastasis"))
LARGEST_MM = 80.0


def write_cohort(
    path: Path, summary: Mapping[str, Any], answer: Answer, patients: pd.DataFrame, treated: Scenario
) -> Path:
    """Write the page of a cohort and return its path.

    Parameters
    ----------
    path : Path
    summary : mapping
        As `selfseed.cohort.summary.summarise` returns it.
    answer : Answer
    patients : DataFrame
        One row per patient and arm.
    treated : Scenario
        The arms, as `selfseed.cohort.read.treated_scenario` returns them.
    """
    control = summary["arms"][0]
    first = patients[patients["arm"] == control]
    sections = [
        make_section(
            "found", "Who was found", figures=draw_figures(lambda: [draw_found(first)]),
            tables=[make_table(_found(summary["found"]), "How they were found", is_open=True)],
        ),
        make_section(
            "lived", "Who lived, and how long",
            figures=draw_figures(lambda: [draw_survival(curve, name) for name, curve in answer.curves.items()]),
            tables=[
                make_table(summary["risks"], "Risk at the last milestone, and how many to treat to spare one"),
                make_table(summary["gains"], "Mean days gained by then"),
                make_table(summary["milestones"], "Survival at milestones"),
            ],
        ),
        make_section(
            "organs", "Where metastases were seen", figures=draw_figures(lambda: [draw_incidence(answer.incidence)])
        ),
    ]  # fmt: skip
    if summary["hazards"]:
        sections.append(
            make_section(
                "marks", "What foretells an event",
                figures=draw_figures(lambda: [draw_hazard_ratios(answer.hazards, next(iter(answer.curves)))]),
                paragraphs=[
                    "Associations in this cohort, in the first arm. They do not say what causes what: "
                    "selfseed cohort size-outcome asks that by intervention."
                ],
                tables=[make_table(summary["hazards"], "Hazard ratios")],
            )
        )  # fmt: skip
    given = given_drugs(treated)
    if given:
        sections.append(make_section("drugs", "Drugs", figures=draw_figures(lambda: [draw_drugs(given)])))
    if summary["established"]:
        caption = "Hazard ratios among patients who were metastatic at diagnosis"
        sections.append(
            make_section(
                "established", "Once metastases are established",
                tables=[make_table(_ratios(summary["established"]), caption, is_open=True)],
            )
        )  # fmt: skip
    if summary["real"]:
        sections.append(
            make_section(
                "real", "Beside real patients", figures=draw_figures(lambda: draw_reality(answer.real)),
                tables=[make_table(summary["real"], "Real and simulated, with the misfit")],
            )
        )  # fmt: skip
    facts = [
        tell_counts(summary["patients"], summary["found"]["found"], len(summary["arms"])),
        f"followed for {summary['follow_up_day'] / 365.25:g} years",
        f"seed {summary['seed']}",
    ]
    path.write_text(render(summary["title"] or "A cohort", summary["words"], facts, sections), encoding="utf-8")
    return path


def _ratios(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of hazard ratios of arms with what differs between them."""
    names = {"endpoint": "endpoint", "level": "arm", "reference": "against", "hazard_ratio": "hazard ratio",
             "low": "low (95 %)", "high": "high", "p": "p", "patients": "patients", "events": "events"}  # fmt: skip
    return [{words: row[name] for name, words in names.items()} for row in rows]


def _found(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return how patients were found as a table of two columns, each number with its unit."""
    told = {"virtual patients drawn": f"{row['patients']:,}", "found and followed": f"{row['found']:,}"}
    told |= {f"found by {words}": percent(row[f"by_{how}"]) for how, words in HOW}
    for quantile, words in (("p10", "10 % are below"), ("median", "half are below"), ("p90", "90 % are below")):
        told[f"diameter at diagnosis: {words}"] = f"{row[f'diameter_{quantile}_mm']:.0f} mm"
    told["metastases can be seen at diagnosis"] = percent(row["metastatic"])
    told["of the others: circulating tumour cells in 7.5 ml of blood"] = percent(row["ctc_positive_not_metastatic"])
    return [{"what": what, "value": value} for what, value in told.items()]


def draw_found(first: pd.DataFrame) -> Picture:
    """Return the sizes at which patients were found, by how."""
    import pandas as pd

    figure = new_figure(2.6, 6.2)
    place(figure, left=0.6, right=0.12, bottom=0.5, top=0.15)
    axes = figure.add_subplot()
    edges = np.arange(0.0, LARGEST_MM + 2.5, 2.5)
    sizes = [np.minimum(first.loc[first["detected_by"] == how, "diameter_mm"], LARGEST_MM - 1e-6) for how, _ in HOW]
    counts = [np.histogram(size, edges)[0] for size in sizes]
    below = np.zeros(edges.size - 1)
    for number, ((_, words), count) in enumerate(zip(HOW, counts, strict=True)):
        axes.bar(edges[:-1], count, 2.5, below, align="edge", color=COLOURS[number], label=f"found by {words}", lw=0)
        below += count
    axes.set(xlabel="diameter of the tumour at diagnosis (mm)", ylabel="patients", xlim=(0, LARGEST_MM))
    axes.legend(frameon=False, fontsize=7.5)
    grid(axes, "y")
    data = pd.DataFrame({"from_mm": edges[:-1], **{how: count for (how, _), count in zip(HOW, counts, strict=True)}})
    return Picture(
        name="found",
        title="Size at diagnosis",
        alt="Histogram of tumour diameters at diagnosis, by how the tumour was found.",
        caption=f"Diameter of a sphere of the tumour's volume; {LARGEST_MM:g} mm and more are in the last bar.",
        figure=figure,
        data=data,
    )
