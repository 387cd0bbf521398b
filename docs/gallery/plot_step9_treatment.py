r"""
Step 9. Knock-down and other interventions
==========================================

A knock-down multiplies the expression of one gene in one clone; over-expression does the same with
a factor above 1. Surgery leaves each cell with the chance ``residual``. Everything else follows
from the other steps:

.. math:: \text{expression} \to \text{expression} \times \text{remaining}

Silencing IL-6 or IL-8 in the *recipient* changes who stops there. Silencing FSCN1 or MMP1 in the
*seeding* cells changes who gets in. Silencing CXCL1 in the *seeding* cells changes neither, but
what they do once inside.
"""

import math

import matplotlib.pyplot as plt
import numpy as np

from selfseed.engine.plan import plan_setting
from selfseed.kernels import body, law
from selfseed.processes import PARAMETERS
from selfseed.scenario import from_dict, resolve

# %%
# Each gene acts through its own step. A recipient of the parental line, 0.5 cm³ in a mouse, and
# seeding cells that express as LM2 is taken to (FSCN1 3, MMP1 5, CXCL1 8), which make up a tenth
# of it.


def arrest(il6=1.0, il8=1.0):
    """Return the chance that a cell stops in a recipient of a given expression, per passage."""
    scenario = from_dict(
        {
            "selfseed": 1,
            "host": "mouse",
            "clones": {"recipient": {"expression": {"IL6": il6, "CXCL8": il8}}},
            "sites": {"recipient": {"organ": "mammary_gland"}},
            "procedures": [{"implant": "recipient", "site": "recipient", "cells": 1e6}],
            "duration": 1,
            "replicates": 1,
            "measurements": [{"volume": "recipient", "at": 1}],
        }
    )
    setting = plan_setting(resolve(scenario)[0])
    contrast = np.zeros((1, 2))
    body.contrasts(setting, np.array([[500.0 * setting.density_per_mm3]]), contrast)
    of_6, of_8 = contrast[0]
    gain_6, gain_8 = setting.gains
    hazard = law.arrest_hazard(setting.baseline, 1.0, gain_6, of_6, gain_8, of_8, setting.synergy)
    return -math.expm1(-hazard)


def crossing(fscn1=3.0, mmp1=5.0):
    """Return the chance that an arrested cell crosses."""
    names = ("crossing_rate", "loss_rate", "track_share")
    rates = [PARAMETERS[f"infiltration.{name}"].mouse for name in names]
    return law.infiltration_probability(*rates, mmp1, 1.0, fscn1, 1.0)


def capacity(cxcl1=8.0, share=0.1):
    """Return the capacity of a tumour of which a share came by blood."""
    return (
        law.stroma_target(1.0 - share, 1.0 - share, share, share * cxcl1, 0.0)
        ** PARAMETERS["effect.capacity_gain"].mouse
    )


remaining = np.linspace(0.0, 1.0, 51)
CURVES = (
    (
        "IL-8 of the recipient: arrest",
        [arrest(il8=part) / arrest() for part in remaining],
        "C0",
        "-",
    ),
    (
        "IL-6 of the recipient: arrest",
        [arrest(il6=part) / arrest() for part in remaining],
        "C0",
        "--",
    ),
    (
        "FSCN1 of the seed: crossing",
        [crossing(fscn1=3.0 * part) / crossing() for part in remaining],
        "C1",
        "-",
    ),
    (
        "MMP1 of the seed: crossing",
        [crossing(mmp1=5.0 * part) / crossing() for part in remaining],
        "C1",
        "--",
    ),
    (
        "CXCL1 of the seed: capacity",
        [capacity(8.0 * part) / capacity() for part in remaining],
        "C2",
        "-",
    ),
)
figure, axes = plt.subplots(figsize=(6.6, 3.6))
for words, values, colour, line in CURVES:
    axes.plot(100 * remaining, values, line, color=colour, label=words)
usual = PARAMETERS["treatment.knock_down"].mouse
axes.axvline(100 * usual, color="0.4", linestyle=":", linewidth=1)
axes.text(100 * usual + 1, 0.03, "usual knock-down", color="0.3", fontsize=8.5)
axes.set(
    xlabel="expression that remains (%)",
    ylabel="relative to nothing silenced",
    ylim=(0, 1.1),
    xlim=(0, 100),
)
axes.legend(loc="lower right")
plt.show()

# %%
# In this mouse the parental tumour's own IL-6 already fills the plasma, so silencing some of it
# costs little contrast.
#
# **How sure.** 15 % is what a hairpin usually leaves. The shapes are consequences of steps 4, 5
# and 8, and of how sure these are.
