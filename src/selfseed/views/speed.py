"""Why growth sped up: the gain by return, and what of it crowding, selection and niche each account for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selfseed.views.forest import ROW_IN, Row, draw_forest, is_known, name_rows, use_folds
from selfseed.views.picture import Picture
from selfseed.views.style import new_figure, place
from selfseed.views.words import fold, interval, listed, mice, percent, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from selfseed.results import Run

PARTS = {
    "gain": "return of cells",
    "crowding_relief": "relief of crowding",
    "selection": "selection",
    "niche": "niche (CXCL1)",
    "remainder": "interplay and remainder",
}
_TELLING = 0.1


def speed_picture(run: Run) -> Picture | None:
    """Return the fold that return gained and the folds of its parts; None without counterfactual arms."""
    from selfseed.analysis.decomposition import table

    sites = _parts_by_site(run)
    if not sites:
        return None
    counts = [len(parts) for parts in sites.values()]
    figure = new_figure(ROW_IN * sum(counts) + 0.4 * len(sites) + 0.6)
    panels = figure.subplots(len(sites), 1, sharex=True, squeeze=False, height_ratios=counts)[:, 0]
    for axes, (site, parts) in zip(panels, sites.items(), strict=True):
        left = _draw_parts(axes, site, parts)
    use_folds(panels[-1])
    panels[-1].set_xlabel("final volume, fold")
    place(figure, left=left, right=1.05, bottom=0.5, top=0.35, hspace=0.4)
    pairs = max(int(parts["gain"]["pairs"]) for parts in sites.values())
    return Picture(
        name="speed",
        title="What return gained, and what of it is lost when one mechanism is switched off",
        alt=" ".join(speed_sentences(run).values()),
        caption=f"Fold of the final volume: geometric mean over {mice(run.scenario.host, pairs)} "
        "and their twins in which the mechanism is off, with 95 % interval. Each switch leaves the others on, so what "
        "two mechanisms do together counts twice and shows with the opposite sign in the last row.",
        figure=figure,
        data=table(run),
    )


def speed_sentences(run: Run) -> dict[str, str]:
    """Return for each site in a sentence what return gained there, and which mechanism accounts for it."""
    return {site: _sentence(spoken(site), parts) for site, parts in _parts_by_site(run).items()}


def _parts_by_site(run: Run) -> dict[str, dict[str, Any]]:
    """Return for each site the rows of the decomposition by the name of their part."""
    from selfseed.analysis.decomposition import table

    sites: dict[str, dict[str, Any]] = {}
    for row in table(run).to_dict("records"):
        sites.setdefault(row["site"], {})[row["part"]] = row
    return sites


def _draw_parts(axes: Axes, site: str, parts: Mapping[str, Any]) -> float:
    """Draw the parts of one site, and return the room that their names need, in inches."""
    rows = [
        Row(row["fold"], row["fold_low"], row["fold_high"], "control" if part == "gain" else "switch")
        for part, row in parts.items()
    ]
    draw_forest(axes, rows, 1.0)
    axes.set_title(f"at the {spoken(site)}", fontsize=9.5, pad=4)
    shares = [row["share"] for row in parts.values()]
    words = [(-0.9, "share of gain"), *((row, percent(share)) for row, share in enumerate(shares) if is_known(share))]
    for row, text in words if len(words) > 1 else []:
        axes.text(1.03, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=9)
    return name_rows(axes, [PARTS[part] for part in parts])


def _sentence(site: str, parts: Mapping[str, Any]) -> str:
    gain = parts["gain"]
    if not is_known(gain["fold"]):
        return f"At the {site} no tumour could be compared."
    sure = interval(gain["fold_low"], gain["fold_high"], write=fold)
    if not is_known(gain["low"]) or gain["low"] <= 0:
        return f"Return changed the final volume at the {site} {fold(gain['fold'])}-fold{sure}: no gain to explain."
    sentence = f"Return made the tumour at the {site} {fold(gain['fold'])} times as large{sure}."
    shares = {part: row["share"] for part, row in parts.items() if part != "gain" and is_known(row["share"])}
    remainder = shares.pop("remainder", 0.0)
    if not shares:
        return sentence
    lost = listed([f"{PARTS[part]} {percent(share)}" for part, share in shares.items()])
    together = "; they act through each other" if remainder < -_TELLING else ""
    return f"{sentence} Share of that gain that is lost when one mechanism alone is off: {lost}{together}."
