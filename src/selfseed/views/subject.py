"""What the report is about: where the label is looked for, and which site the story turns on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selfseed.results import Run


def arms_of(run: Run, kind: str | None = None) -> list[str]:
    """Return the arms in their order, the control first; only those of one kind ("arm", "switch") if asked."""
    from selfseed.analysis.effects import kinds

    return [arm for arm, its_kind in kinds(run).items() if kind in (None, its_kind)]


def label_at(run: Run, site: str) -> str | None:
    """Return the label that is looked for at ``site``."""
    from selfseed.results.measures import readings

    return readings(run)[site].label


def is_labelled_itself(run: Run, site: str) -> bool:
    """Tell whether the tumour at ``site`` was implanted with cells that carry the label looked for there."""
    from selfseed.scenario import resolve

    control, label = resolve(run.scenario)[0], label_at(run, site)
    implants = [one for one in control.procedures if one.kind == "implant" and control.sites[one.site][0] == site]
    return any(control.clones[one.clone].label == label for one in implants)


def title_of(run: Run) -> str:
    """Return the title of the scenario, or what it is where it has none."""
    return run.scenario.title or "A self-seeding experiment"
