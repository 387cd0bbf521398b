r"""
Step 6. Establishment
=====================

In tumour soil a cell that crossed needs little adaptation; in an organ few survive, and some
sleep. A cluster tries as often as many single cells do. A tumour-free mammary gland was never seen
to be colonised: its chance is zero.

.. math:: e_{cluster} = 1 - (1 - e)^E

.. law:: law.cluster_establishment

A seed in a tumour founds a clump of its own with the chance ``establishment.new_clump_share``, or
joins the mass. A seed in an organ sleeps with the chance ``establishment.dormant_share`` and wakes
at ``establishment.waking_rate``.
"""

import matplotlib.pyplot as plt

from selfseed.kernels import law
from selfseed.processes import ORGANS, PARAMETERS

# %%
# Dots: single cells. Lines end where the chance of a cluster is.

SOILS = ["home", *(organ for organ in ORGANS if PARAMETERS[f"establishment.{organ}"].mouse > 0)]

figure, axes = plt.subplots(figsize=(6.6, 3.4))
for host, colour, shift in (("mouse", "C0", -0.14), ("human", "C1", 0.14)):
    efficiency = PARAMETERS["establishment.cluster_efficiency"].default(host)
    singles = [PARAMETERS[f"establishment.{soil}"].default(host) for soil in SOILS]
    clusters = [law.cluster_establishment(single, efficiency) for single in singles]
    rows = [row + shift for row in range(len(SOILS))]
    axes.hlines(rows, singles, clusters, color=colour, linewidth=1)
    axes.plot(singles, rows, "o", color=colour, label=f"{host}, single cell")
    axes.plot(clusters, rows, "|", color=colour, markersize=9, label=f"{host}, cluster")
axes.set(xscale="log", xlabel="chance that a cell which crossed lives on")
axes.set_yticks(range(len(SOILS)), ["a tumour", *SOILS[1:]])
axes.invert_yaxis()
axes.legend(loc="lower right")
plt.show()

# %%
# **How sure.** Not at all of the numbers in mice: that the chance is high at home and low
# elsewhere is published, the sizes are assumptions. In patients the organs are scaled to one
# metastasis per 6 × 10⁷ shed cells (`Coumans et al. 2013
# <https://doi.org/10.1186/1471-2407-13-283>`__). That a cluster is worth 23 to 50 single cells was
# read in `Aceto et al. 2014 <https://doi.org/10.1016/j.cell.2014.07.013>`__.
