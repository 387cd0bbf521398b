"""Drugs over time: the concentration that acts, and what it leaves of its target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from selfseed.views.many import COLOURS, name_powers
from selfseed.views.picture import Picture
from selfseed.views.style import GREY, grid, new_figure, place

if TYPE_CHECKING:
    from selfseed.scenario.drugs import Given
    from selfseed.scenario.model import Scenario

POINTS, MOST_SHOWN, DOSES_SHOWN = 1500, 5, 4


def given_drugs(scenario: Scenario) -> list[Given]:
    """Return each way in which a drug is given in any arm, once."""
    from selfseed.scenario import resolve

    steps = (step.given for arm in resolve(scenario) for step in arm.procedures if step.given is not None)
    return list({(one.name, one.dose_mg_per_kg, one.every_day, one.doses): one for one in steps}.values())


def draw_drugs(given: Sequence[Given]) -> Picture:
    """Return concentration over potency, and effect, of the first doses of each drug; of five at most."""
    import pandas as pd

    shown = given[:MOST_SHOWN]
    figure = new_figure(3.3, 7.6)
    place(figure, left=1.0, right=0.16, bottom=0.5, top=0.3, hspace=0.22, wspace=0.42)
    told = []
    for column, one in enumerate(shown):
        after = one.drug.half_life if one.doses <= DOSES_SHOWN else 0.0  # the next dose is not begun
        days = np.linspace(0.0, one.every_day * min(one.doses, DOSES_SHOWN) + after, POINTS, endpoint=bool(after))
        over, effect = one.concentration_nM(days) / one.drug.potency, one.effect(days)
        above = figure.add_subplot(2, len(shown), column + 1)
        below = figure.add_subplot(2, len(shown), len(shown) + column + 1, sharex=above)
        above.semilogy(days, np.maximum(over, 1e-6), color=COLOURS[0], linewidth=1.1)
        above.set_ylim(max(1e-3, 0.5 * over[over > 0.0].min()), 2.0 * over.max())
        above.minorticks_off()
        name_powers(above.yaxis)
        above.axhline(1.0, color=GREY, linewidth=0.8, linestyle=":")
        above.set_title(one.name, fontsize=8)
        above.tick_params(labelbottom=False)
        below.plot(days, effect, color=COLOURS[1], linewidth=1.1)
        below.set(xlabel="day", xlim=(0.0, days[-1]), ylim=(0.0, 1.05 * max(effect.max(), 1.0)))
        is_kill = one.drug.most_kill is not None
        below.set_title("kill over growth" if is_kill else f"{one.drug.acts_on} left", fontsize=7.5)
        for axes in (above, below):
            grid(axes, "y")
        if column == 0:
            above.set_ylabel("concentration\nover potency")
            below.set_ylabel("share left, or\nkill over growth")
        told.append(pd.DataFrame({"drug": one.name, "day": days, "over_potency": over, "effect": effect}))
    rest = f" {len(given) - len(shown)} more are not drawn." if len(given) > len(shown) else ""
    return Picture(
        name="drugs",
        title="Drugs: concentration and effect",
        alt="For each drug the concentration over its potency, and what it leaves of its target, over time.",
        caption=f"Since the first dose, the first {DOSES_SHOWN} doses. Unbound concentration in the tumour; at 1 half "
        "of the target is left (dotted). Below, the share of the target that is left, or for chemotherapy how many "
        f"times the growth that it meets it kills (above 1 tumours shrink).{rest} Sources: docs/drugs.md.",
        figure=figure,
        data=pd.concat(told, ignore_index=True),
    )
