"""The result in a few sentences of biology, from the numbers of `selfseed.analysis`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from selfseed.results.measures import main_site
from selfseed.views.speed import speed_sentences
from selfseed.views.subject import is_labelled_itself, label_at
from selfseed.views.words import animals, interval, listed, mice, percent, plain, spoken

if TYPE_CHECKING:
    from selfseed.results import Run

_SPOKEN_GENES = {"IL6": "IL-6", "CXCL8": "IL-8"}
_TESTED = {"share_seeded": "the share that was seeded", "label_share": "the mean label share"}


def headline(run: Run, summary: Mapping[str, Any]) -> list[str]:
    """Return what happened, which arm changed it most, and what return did to growth.

    Parameters
    ----------
    run : Run
    summary : mapping
        What `selfseed.analysis.summary` says about ``run``.
    """
    site = main_site(run)
    sentences = (_what_happened(run, summary, site), _what_mattered(run, summary, site), speed_sentences(run).get(site))
    return [sentence for sentence in sentences if sentence]


def _what_happened(run: Run, summary: Mapping[str, Any], site: str) -> str:
    here = summary["arms"][summary["control_arm"]]["sites"][site]
    share, label = here["share_seeded"], label_at(run, site)
    tells = label is not None and not is_labelled_itself(run, site)
    cells = f"Cells labelled {label}" if tells else "Cells that came by blood"
    low, high = (None if share[limit] is None else 100 * share[limit] for limit in ("low", "high"))
    reached = (
        f"{cells} seeded the {spoken(site)} in {percent(share['value'])} of "
        f"{mice(run.scenario.host, summary['replicates'])}{interval(low, high, ' %')}"
    )
    made_up = here["label_share_of_seeded"]["median"]
    if not tells or made_up is None:
        return f"{reached} by day {here['day']:g}."
    many = animals(run.scenario.host)
    return f"{reached} and made up {percent(made_up)} of its cells on day {here['day']:g} (median of seeded {many})."


def _what_mattered(run: Run, summary: Mapping[str, Any], site: str) -> str:
    """Return the arm that moved the share of seeded animals most, or else the label share; gene arms come first."""
    others = list(run.scenario.arms)[1:]
    genes = [arm for arm in others if run.scenario.arms[arm].knock_down or run.scenario.arms[arm].over_express]
    for measure, what in _TESTED.items():
        for arms in (genes, others):
            found = {arm: summary["arms"][arm]["sites"][site]["paired_difference"][measure] for arm in arms}
            distinct = {arm: one for arm, one in found.items() if _is_distinct(one)}
            if distinct:
                arm = max(distinct, key=lambda name: abs(distinct[name]["mean"]))
                return f"{_arm_words(run, arm)} {_changed(distinct[arm], what)}."
    return "No arm changed the share that was seeded beyond chance." if others else ""


def _is_distinct(difference: Mapping[str, Any]) -> bool:
    low, high = difference["low"], difference["high"]
    return low is not None and high is not None and (low > 0 or high < 0)


def _arm_words(run: Run, arm: str) -> str:
    entry = run.scenario.arms[arm]
    clones = list(dict.fromkeys(one.clone for one in entry.knock_down))
    if len(clones) != 1 or entry.over_express or entry.swap or entry.add or entry.remove or entry.parameters:
        return f"The arm {spoken(arm)}"
    return (
        f"Silencing {listed([_SPOKEN_GENES.get(one.gene, one.gene) for one in entry.knock_down])} in {clones[0]} cells"
    )


def _changed(difference: Mapping[str, Any], what: str) -> str:
    mean, low, high = (100 * difference[name] for name in ("mean", "low", "high"))
    verb = "lowered" if mean < 0 else "raised"
    return f"{verb} {what} by {plain(abs(mean))} points{interval(min(abs(low), abs(high)), max(abs(low), abs(high)))}"
