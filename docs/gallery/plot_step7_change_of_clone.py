r"""
Step 7. Change of clone
=======================

At a division one of the daughters changes to another clone with a small probability :math:`u`. So
aggressive cells appear in a tumour that began without any, by chance, and early ones leave many
descendants. In a tumour that grew to :math:`N` cells by about as many divisions

.. math:: P(\text{none changed}) = e^{-uN}

(without deaths; with them there are more divisions, so it is smaller). How many there are follows
the law of Luria and Delbrück, against which the engine is tested.
"""

import matplotlib.pyplot as plt
import numpy as np

from selfseed.processes import PARAMETERS
from selfseed.theory.luria_delbruck import lea_coulson

# %%
# Left: the chance that a tumour holds a changed cell; thick at the value of the table, thin at a
# tenth and ten times of it. Right: how many there are in a tumour of 10⁷ cells (100 mm³).

usual = PARAMETERS["change.rate"].mouse
figure, (any_cell, how_many) = plt.subplots(1, 2)
divisions = np.geomspace(1e4, 1e10, 200)
for rate, width in ((usual / 10, 0.7), (usual, 1.8), (usual * 10, 0.7)):
    power = round(np.log10(rate))
    any_cell.plot(
        divisions,
        -np.expm1(-rate * divisions),
        color="C0",
        linewidth=width,
        label=f"$10^{{{power}}}$",
    )
any_cell.set(xscale="log", xlabel="divisions so far", ylabel="chance of a changed cell")
any_cell.legend(title="per division", loc="lower right")

for rate, colour, label in ((usual, "C0", "$10^{-7}$"), (usual * 3, "C1", r"$3\times 10^{-7}$")):
    chances = lea_coulson(rate * 1e7, 200)
    how_many.plot(1.0 - np.cumsum(chances), color=colour, drawstyle="steps-post", label=label)
how_many.set(
    xscale="symlog",
    xlabel="changed cells",
    ylabel="chance of more than so many",
    ylim=(0, 1),
    xlim=(0, 200),
)
how_many.legend(title="per division")
plt.show()

# %%
# **How sure.** The rate is the order of magnitude used by `Haeno et al. 2012
# <https://doi.org/10.1016/j.cell.2011.11.060>`__, recalled. No change happens unless a scenario
# asks for it (``clone_changes``).
