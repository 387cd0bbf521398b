r"""
Step 9. Drugs: concentration and effect
=======================================

A drug is one compartment. Doses add up, and what acts is the unbound concentration in the tumour.
It leaves of its target

.. math:: \frac{1}{1 + (C/K)^h}

and chemotherapy turns growth :math:`r` into :math:`r\,(1 - k)` with
:math:`k = k_{max} (C/K)^h / (1 + (C/K)^h)`.

.. law:: law.share_left law.joint_share law.chemotherapy_death law.surviving_share law.killing_rate
"""

import matplotlib.pyplot as plt
import numpy as np

from selfseed.scenario.drugs import Given, built_in_drugs

DRUGS = built_in_drugs()
SHOWN = (
    ("siltuximab", 63.0, "free IL-6"),
    ("reparixin", 2.0, "free CXCR1/2"),
    ("marimastat", 3.0, "active MMP1"),
    ("NP-G2-044", 5.0, "active fascin"),
    ("paclitaxel", 28.0, "kill over growth"),
)

# %%
# Five drugs as they are usually given. Above, the concentration over the one that takes half of the
# target; below, what is left of the target, or for chemotherapy how much of the growth is killed.

figure, axes = plt.subplots(2, len(SHOWN), figsize=(11, 4.2), sharex="col")
for column, (name, days, words) in enumerate(SHOWN):
    drug = DRUGS[name]
    given = Given(name, drug, drug.dose, drug.every, drug.doses)
    times = np.linspace(0.0, days, 3000)
    above, below = axes[:, column]
    above.semilogy(times, given.concentration_nM(times) / drug.potency, color="C0")
    above.axhline(1.0, color="0.5", linestyle=":", linewidth=1)
    above.set_title(name, fontsize=10)
    below.plot(times, given.effect(times), color="C1")
    below.set(xlabel="days", ylim=(0.0, None), xlim=(0.0, days), title=words)
    below.title.set_fontsize(9)
axes[0, 0].set_ylabel("concentration\nover potency")
axes[1, 0].set_ylabel("share left, or\nkill over growth")
figure.align_ylabels()
plt.show()

# %%
# An antibody binds all of its ligand for months. Small molecules leave gaps before each dose.
#
# **How sure.** Doses and half-lives of the antibodies are published; the unbound concentrations of
# small molecules in tumours mostly are not, and are marked as assumed in the table of drugs.
