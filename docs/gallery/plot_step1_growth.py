r"""
Step 1. Growth
==============

Each cell divides and dies on its own; the more cells share a clump, the more rarely they divide.
Five published laws say how crowding acts; all are stated by the net growth rate per cell in a
tumour of 1 mm³. Gompertz is the default.

.. law:: law.growth_rate law.birth_and_death

A **conglomerate** is a tumour of several clumps. Each feels its own volume :math:`V`, and not the
volume of the whole: cells that found a clump of their own start again at the left of the figure.
"""

import matplotlib.pyplot as plt
import numpy as np

from selfseed.kernels import law
from selfseed.processes import GROWTH_LAWS, PARAMETERS

# %%
# Left: a mouse. The exponential and the logistic law have the rate that fits the same 66 tumours
# (alternatives in the table). Right: a patient; all laws have the same rate at 1 mm³, as nothing
# better is known. Dots: no clump grows faster than this.

LINES = dict(zip(GROWTH_LAWS, ("-", "--", "-", "-.", ":"), strict=True))
ALTERNATIVE = {("mouse", "exponential"): 0.257, ("mouse", "logistic"): 0.351}


def rate_per_day(host, name, volume):
    """Return the net growth rate per cell of one law at the defaults of the table."""
    default = {
        key: PARAMETERS[f"growth.{key}"].default(host)
        for key in ("decay", "capacity", "exponent", "max_rate")
    }
    initial = ALTERNATIVE.get((host, name), PARAMETERS["growth.initial_rate"].default(host))
    return law.growth_rate(GROWTH_LAWS.index(name), volume, initial, *default.values(), 1.0, 1.0)


figure, panels = plt.subplots(1, 2)
for axes, host, largest in zip(panels, ("mouse", "human"), (3e3, 1e8), strict=True):
    volumes = np.geomspace(1e-3, largest, 300)
    for name in GROWTH_LAWS:
        rates = np.array([rate_per_day(host, name, volume) for volume in volumes])
        axes.plot(
            volumes, np.where(rates > 0, rates, np.nan), LINES[name], label=name.replace("_", " ")
        )
        axes.lines[-1].set_linewidth(2.4 if name == "gompertz" else 1.1)
    axes.axhline(
        PARAMETERS["growth.max_rate"].default(host), color="0.4", linestyle=":", linewidth=1
    )
    axes.set(title=host, xscale="log", xlabel="volume of the clump (mm³)", ylim=(0, None))
panels[0].set_ylabel("net growth rate per cell (1/day)")
panels[1].legend(loc="upper right", bbox_to_anchor=(1.0, 0.93))
plt.show()

# %%
# **How sure.** The rates in mice are a refit of 66 measured tumours (`Vaghi et al. 2020
# <https://doi.org/10.1371/journal.pcbi.1007178>`__), those in patients are Norton's (1988). Clumps
# below about 1 mm³ were not measured, yet there on the left is where a returned cell begins: how
# much return can gain hangs on this part of the curve. Turnover (deaths per division) has not been
# measured either: 0.3 in mice and 0.8 in patients are assumptions.
