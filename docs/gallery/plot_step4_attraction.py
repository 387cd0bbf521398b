r"""
Step 4. Attraction
==================

The doing of the tumour that receives. Its cells secrete IL-6 and IL-8. A passing cell senses the
**contrast**: how many of its receptors would be occupied inside the tumour, minus how many are in
plasma. The more contrast, the more likely it stops. Whether IL-6 and IL-8 act in sum (either
suffices) or in product (both are needed) is disputed.

.. math::

   c = \frac{x\, s\, \rho}{\lambda} + c_{plasma}, \qquad o(c) = \frac{c}{c + K_d}, \qquad
   \Delta = o(c) - o(c_{plasma})

where :math:`x` is expression, :math:`s` what a cell secretes, :math:`\rho` cells per volume,
:math:`\lambda` loss from the tissue.

.. law:: law.tumour_concentration law.occupancy law.arrest_hazard

The chance of arrest in one passage is :math:`a = 1 - e^{-h}`.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

from selfseed.engine.plan import plan_setting
from selfseed.kernels import body, law
from selfseed.scenario import from_dict, resolve

# %%
# Contrast in a tumour of a given size whose cells express IL-6 and IL-8 as many times as the
# parental line.


def setting_of(host, il6=1.0, il8=1.0, synergy=1.0):
    """Return the numbers of a body with one tumour of a given expression."""
    scenario = from_dict(
        {
            "selfseed": 1,
            "host": host,
            "clones": {"tumour": {"expression": {"IL6": il6, "CXCL8": il8}}},
            "sites": {"tumour": {"organ": "mammary_gland"}},
            "procedures": [{"implant": "tumour", "site": "tumour", "cells": 1e6}],
            "duration": 1,
            "replicates": 1,
            "measurements": [{"volume": "tumour", "at": 1}],
            "parameters": {"attraction.synergy": synergy},
        }
    )
    return plan_setting(resolve(scenario)[0])


def contrasts(setting, volume_mm3):
    """Return the contrast of occupancy of IL-6 and of IL-8."""
    contrast = np.zeros((1, 2))
    body.contrasts(setting, np.array([[volume_mm3 * setting.density_per_mm3]]), contrast)
    return contrast[0]


def chance_of_arrest(setting, volume_mm3):
    """Return the chance that a responsive cell stops in one passage of the tumour."""
    of_6, of_8 = contrasts(setting, volume_mm3)
    hazard = law.arrest_hazard(
        setting.baseline, 1.0, setting.gains[0], of_6, setting.gains[1], of_8, setting.synergy
    )
    return 1.0 - math.exp(-hazard)


# %%
# Left: contrast, in a tumour of 0.5 cm³ in a mouse (full) and of 4 cm³ in a patient (dashed),
# whose plasma holds IL-6 and IL-8 of the host. Right: chance of arrest in a mouse where the
# tumour's IL-6 varies; thin: its IL-8 is silenced to 15 %. Dots: no attraction. What a tumour
# secretes also fills the blood, so in a mouse, which is small, contrast falls again where
# expression is high.

folds = np.geomspace(0.02, 20, 60)
figure, (senses, stops) = plt.subplots(1, 2)
for host, volume, line in (("mouse", 500.0, "-"), ("human", 4000.0, "--")):
    seen = np.array([contrasts(setting_of(host, fold, fold), volume) for fold in folds])
    for ligand, name, colour in ((0, "IL-6", "C0"), (1, "IL-8", "C1")):
        senses.plot(folds, seen[:, ligand], line, color=colour, label=f"{name}, {host}")
senses.set(
    xscale="log",
    xlabel="expression (fold of parental)",
    ylabel="contrast of receptor occupancy",
    ylim=(0, 1),
)
senses.legend()
for synergy, words, colour in (
    (1.0, "product: both needed", "C2"),
    (0.0, "sum: either suffices", "C3"),
):
    for il8, width in ((1.0, 1.8), (0.15, 0.8)):
        chances = [
            chance_of_arrest(setting_of("mouse", fold, il8, synergy), 500.0) for fold in folds
        ]
        label = words if il8 == 1.0 else None
        stops.plot(folds, chances, color=colour, linewidth=width, label=label)
stops.axhline(
    1.0 - math.exp(-setting_of("mouse").baseline), color="0.4", linestyle=":", linewidth=1
)
stops.set(
    xscale="log",
    xlabel="IL-6 of the tumour (fold of parental)",
    ylabel="chance of arrest per passage",
    ylim=(0, 0.3),
)
stops.legend(loc="upper right")
plt.show()

# %%
# **How sure.** That IL-6 and IL-8 attract was shown by silencing them (`Kim et al. 2009
# <https://doi.org/10.1016/j.cell.2009.11.025>`__); how strongly, nobody has measured: the gains of
# 6 are assumptions. Product and sum: `Jayatilaka et al. 2017
# <https://doi.org/10.1038/ncomms15584>`__ against Alraouji et al. 2021.
