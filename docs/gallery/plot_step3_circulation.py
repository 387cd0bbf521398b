r"""
Step 3. Circulation
===================

A shed cell is carried with the veins into the lungs, from there with the arteries into all organs
side by side, and back; blood from the gut passes the liver first. In each bed it may be arrested,
in the blood it may die. A circuit takes seconds in a mouse and a minute in a patient, growth takes
days: so where a cell ends is solved exactly, as an absorbing Markov chain, and blood is never
integrated in time.

.. law:: circulation.arrest_probabilities circulation.standing_cells law.tumour_flow
"""

import matplotlib.pyplot as plt
import numpy as np

from selfseed.engine.plan import plan_setting
from selfseed.kernels import body
from selfseed.kernels.circulation import VEIN
from selfseed.processes import ORGANS
from selfseed.scenario import from_dict, resolve

# %%
# A body with one tumour in the mammary gland, as the engines see it.

PLACES = [organ.replace("_", " ") for organ in ORGANS]


def body_of(host, **parameters):
    """Return the numbers of a body in which every organ is looked at."""
    scenario = from_dict(
        {
            "selfseed": 1,
            "host": host,
            "clones": {"tumour": {}},
            "sites": dict(zip(PLACES, ({"organ": organ} for organ in ORGANS), strict=True)),
            "procedures": [{"implant": "tumour", "site": "mammary gland", "cells": 1e6}],
            "measurements": [{"volume": "lung", "at": 1}],
            "duration": 1,
            "replicates": 1,
            "parameters": {f"circulation.{name}": value for name, value in parameters.items()},
        }
    )
    return plan_setting(resolve(scenario)[0])


def circulate(setting, volume_mm3):
    """Return the fate of a shed cell, and the circulating cells per ml in vein and artery."""
    cells = np.zeros((len(ORGANS), 1))
    cells[0, 0] = volume_mm3 * setting.density_per_mm3
    fate, ways = np.zeros((1, 3, 2 * len(ORGANS) + 1)), np.zeros((1, 3))
    body.circulate(setting, cells, -1, fate, ways)
    return fate[0, VEIN], body.blood_counts(setting, cells, ways, 0.0)[1:]


def fates(setting, volume_mm3):
    """Return the chance of each end: own tumour, each organ, elsewhere, death in the blood."""
    chances, _ = circulate(setting, volume_mm3)
    organs = len(ORGANS)
    return np.array([chances[0], *chances[organs : 2 * organs], chances[-1], 1.0 - chances.sum()])


# %%
# Left: where a cell ends that a tumour of 0.5 cm³ in a mouse, or of 4 cm³ in a patient, has shed.
# Small dots: a patient in whom cells circulate for hours instead of minutes (Meng et al. 2004).
# Right: circulating cells per ml of venous blood.

HOURS = {
    "death_rate": 0.4,
    "arrest_lung": 0.001,
    "arrest_organ": 0.001,
    "arrest_liver_portal": 0.001,
}
CASES = (
    ("mouse", 500.0, "C0", {}, 6),
    ("human", 4000.0, "C1", {}, 6),
    ("human", 4000.0, "C1", HOURS, 3),
)

figure, (ends, counts) = plt.subplots(1, 2, figsize=(7.6, 4.3), width_ratios=(1.25, 1))
names = ["own tumour", *PLACES, "other tissue", "dies in the blood"]
for host, volume, colour, changed, size in CASES:
    setting = body_of(host, **changed)
    chances = fates(setting, volume)
    label = host if not changed else f"{host}, hours in the blood"
    ends.plot(
        chances,
        range(len(names)),
        "o",
        color=colour,
        markersize=size,
        label=label,
        alpha=1 if size > 3 else 0.6,
    )
    volumes = np.geomspace(1.0, 2e3 if host == "mouse" else 1e5, 60)
    counts.plot(
        volumes,
        [circulate(setting, each)[1][0] for each in volumes],
        color=colour,
        linewidth=size / 3,
    )
ends.set(
    xscale="log",
    xlabel="chance to end there",
    yticks=range(len(names)),
    yticklabels=names,
    xlim=(1e-5, 2),
)
ends.grid(axis="y", color="0.9", linewidth=0.6)
ends.invert_yaxis()
figure.legend(*ends.get_legend_handles_labels(), loc="outside lower left", ncols=3)
counts.set(
    xscale="log",
    yscale="log",
    xlabel="volume of the tumour (mm³)",
    ylabel="circulating cells per ml of venous blood",
)
plt.show()

# %%
# **How sure.** Cells that come home are many in a mouse and few in a patient, because a tumour is
# a large part of a mouse. The half-life of circulating cells is disputed: minutes or hours; both
# are in the catalogue (``selfseed show ctc-kinetics-patients``).
