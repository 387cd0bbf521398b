r"""
Step 8. Effect of the seeds
===========================

Seeds that make much CXCL1 draw stroma, vessels and leukocytes. The stroma :math:`v` of a whole
deposit follows the mean CXCL1 of its cells with a lag :math:`T`, and raises the capacity :math:`K`
that crowding feels:

.. math:: \frac{dv}{dt} = \frac{v^* - v}{T}, \qquad K \to K\, v^{\eta}

.. math:: v^* = \frac{\sum_{seeded} x_i n_i + \sum_{native} [w x_i + (1 - w)] n_i}{\sum n_i}

where :math:`x_i` is the CXCL1 of clone i, :math:`n_i` its cells, and :math:`w` how far the CXCL1
of cells that never left counts.

.. law:: law.stroma_target
"""

import matplotlib.pyplot as plt
import numpy as np

from selfseed.kernels import law
from selfseed.processes import PARAMETERS

# %%
# Left: the capacity of a deposit in which seeds that make 8 times the CXCL1 of the parental line
# (as LM2 is taken to do) have the share on the x axis; thin lines at other powers, dashed: CXCL1
# of the seeds silenced. Right: how the stroma follows a patch of 20 % of them that is there from
# day 0.

gain = PARAMETERS["effect.capacity_gain"].mouse
weight = PARAMETERS["effect.native_weight"].mouse


def goal(share, cxcl1):
    """Return the level to which the stroma moves where seeds make up a share of the cells."""
    return law.stroma_target(1.0 - share, 1.0 - share, share, share * cxcl1, weight)


shares = np.linspace(0, 1, 101)
figure, (capacity, course) = plt.subplots(1, 2)
for power, width in ((gain, 1.8), (0.0, 0.7), (0.4, 0.7), (1.6, 0.7)):
    capacity.plot(
        shares, [goal(share, 8.0) ** power for share in shares], color="C2", linewidth=width
    )
    above = 3 if power else -10
    capacity.annotate(
        f"power {power:g}",
        (0.98, goal(1.0, 8.0) ** power),
        (0, above),
        textcoords="offset points",
        fontsize=8,
        ha="right",
    )
capacity.plot(
    shares, [goal(share, 8.0 * 0.15) ** gain for share in shares], "--", color="C2", linewidth=1
)
capacity.set(
    xlabel="share of cells that came back",
    ylabel="capacity, relative to none",
    yscale="log",
    ylim=(0.8, 40),
)

days = np.linspace(0, 120, 200)
for host, colour in (("mouse", "C0"), ("human", "C1")):
    lag = PARAMETERS["effect.lag"].default(host)
    course.plot(
        days,
        goal(0.2, 8.0) + (1.0 - goal(0.2, 8.0)) * np.exp(-days / lag),
        color=colour,
        label=f"{host}, lag {lag:g} days",
    )
course.axhline(goal(0.2, 8.0), color="0.4", linestyle=":", linewidth=1)
course.set(xlabel="day", ylabel="stroma, relative to a parental tumour", ylim=(1, 2.6))
course.legend(loc="lower right")
plt.show()

# %%
# **How sure.** That CXCL1 of the seeding cell is needed for the gain in growth is published (`Kim
# et al. 2009 <https://doi.org/10.1016/j.cell.2009.11.025>`__); the power 0.8 and the lags are
# assumptions. A tumour grown from a line that makes CXCL1 is not raised by it: its own growth
# curve holds that already (`why <../decisions/0004-whose-cxcl1-counts.html>`__).
