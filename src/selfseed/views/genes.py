"""Which genes mattered: paired differences of every arm to the control arm, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from selfseed.results.measures import main_site
from selfseed.views.forest import ROW_IN, Row, draw_forest, name_rows, stripe, use_folds
from selfseed.views.picture import Picture
from selfseed.views.style import legend, legend_height_in, looks_of, new_figure, place
from selfseed.views.subject import arms_of, label_at
from selfseed.views.words import fold, mice, signed, spoken

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.results import Run


@dataclass(frozen=True)
class Effect:
    """Say how the paired difference of one measure is drawn: its axis, its unit, and the value of no difference."""

    measure: str
    axis: str
    unit: str
    zero: float
    scaled: Callable[[float], float]
    written: Callable[[float], str]


EFFECTS = {
    "share_seeded": Effect(
        "share_seeded", "{many} seeded\n(difference, points)", "points", 0, lambda x: 100 * x, signed
    ),
    "seeds": Effect("seeds", "seeds that took root\n(difference per {one})", "seeds", 0, lambda x: x, signed),
    "label_share": Effect(
        "label_share", "{label} share of cells\n(difference, points)", "points", 0, lambda x: 100 * x, signed
    ),
    "log_volume_ratio": Effect("log_volume_ratio", "final volume\n(fold of control)", "fold", 1, math.exp, fold),
}
_FIGURES = {
    "arrival": ("share_seeded", "seeds"),
    "consequence": ("label_share", "log_volume_ratio"),
}


def gene_pictures(run: Run) -> list[Picture]:
    """Return what each arm did to arrival at the main site, and what it did to the tumour there."""
    if len(arms_of(run, "arm")) < 2:
        return []
    return [_effect_picture(run, name, measures) for name, measures in _FIGURES.items()]


def effect_rows(run: Run, measure: str, site: str) -> dict[str, Row]:
    """Return for each arm but the control the paired difference of ``measure``, in the unit that is drawn."""
    from selfseed.analysis.effects import against_control

    looks, scaled = looks_of(run.scenario), EFFECTS[measure].scaled
    return {arm: Row.of(one, looks[arm], scaled) for arm, one in against_control(run, measure, site).items()}


def effect_table(run: Run) -> tuple[list[str], list[list[str]]]:
    """Return head and rows of a table of all paired differences at the main site."""
    site = main_site(run)
    measures = _known_measures(run, site, tuple(EFFECTS))
    columns = {measure: effect_rows(run, measure, site) for measure in measures}
    head = ["arm", *(_axis(run, EFFECTS[measure], site).replace("\n", " ") for measure in measures)]
    rows = [
        [spoken(arm), *(_cell(columns[measure][arm], EFFECTS[measure]) for measure in measures)]
        for arm in arms_of(run)[1:]
    ]
    return head, rows


def _effect_picture(run: Run, name: str, measures: tuple[str, ...]) -> Picture:
    site = main_site(run)
    measures = _known_measures(run, site, measures)
    arms, looks = arms_of(run, "arm")[1:], looks_of(run.scenario)
    room = 0.62 + legend_height_in(looks[arm] for arm in arms)
    figure = new_figure(ROW_IN * len(arms) + room + 0.1)
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for axes, measure in zip(panels, measures, strict=True):
        rows = effect_rows(run, measure, site)
        stripe(axes, len(arms))
        draw_forest(axes, [rows[arm] for arm in arms], EFFECTS[measure].zero)
        axes.set_xlabel(_axis(run, EFFECTS[measure], site))
        if measure == "log_volume_ratio":
            use_folds(axes)
    left = name_rows(panels[0], arms)
    place(figure, left=left, right=0.2, bottom=room, top=0.08, wspace=0.12)
    legend(figure, [looks[arm] for arm in arms])
    title = "Arrival: what each arm changed" if name == "arrival" else "Consequence: what each arm changed"
    control = spoken(arms_of(run)[0])
    return Picture(
        name=f"effects-{name}",
        title=f"{title} at the {spoken(site)}",
        alt=_alt(run, site, measures, arms),
        caption=f"Mean paired difference to {control} with its 95 % interval; "
        f"{mice(run.scenario.host, run.arrays.sizes['replicate'])} in each arm, and equal numbers share their chance. "
        f"The grey line means no difference.",
        figure=figure,
        data=_table(run, site, measures),
    )


def _known_measures(run: Run, site: str, measures: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(measure for measure in measures if measure != "label_share" or label_at(run, site))


def _axis(run: Run, effect: Effect, site: str) -> str:
    one, many = (mice(run.scenario.host, count).split()[1] for count in (1, 2))
    return effect.axis.format(one=one, many=many, label=label_at(run, site))


def _cell(row: Row, effect: Effect) -> str:
    if row.value is None:
        return "not known"
    interval = (
        "" if row.low is None or row.high is None else f" ({effect.written(row.low)} to {effect.written(row.high)})"
    )
    return effect.written(row.value) + interval


def _alt(run: Run, site: str, measures: tuple[str, ...], arms: list[str]) -> str:
    parts = []
    for measure in measures:
        rows = effect_rows(run, measure, site)
        values = ", ".join(f"{spoken(arm)} {_cell(rows[arm], EFFECTS[measure])}" for arm in arms)
        parts.append(f"{_axis(run, EFFECTS[measure], site)}: {values}.".replace("\n", " "))
    return " ".join(parts)


def _table(run: Run, site: str, measures: tuple[str, ...]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [
            (arm, site, measure, EFFECTS[measure].unit, row.value, row.low, row.high)
            for measure in measures
            for arm, row in effect_rows(run, measure, site).items()
        ],
        columns=["arm", "site", "measure", "unit", "difference", "low", "high"],
    )
