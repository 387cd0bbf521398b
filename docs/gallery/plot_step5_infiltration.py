r"""
Step 5. Infiltration
====================

The doing of the cell that comes. Once arrested it crosses the wall of the vessel, or it is washed
away and dies. Fascin-1 (FSCN1) lets it crawl; collagenase-1 (MMP1) opens the way, but for a share
of preformed tracks where it is not needed.

.. law:: law.infiltration_probability
"""

import matplotlib.pyplot as plt
import numpy as np

from selfseed.kernels import law
from selfseed.processes import PARAMETERS

# %%
# Thick: values of the table (the same in mouse and human). Thin: no tracks (below), tracks
# everywhere (flat), and the faster loss of arrested cells by Fidler 1970 (dashed).


def chance(mmp1, fscn1, **other):
    """Return the chance to cross at the values of the table, but for those given."""
    names = ("crossing_rate", "loss_rate", "track_share", "mmp1_exponent", "fscn1_exponent")
    value = {name: PARAMETERS[f"infiltration.{name}"].mouse for name in names} | other
    crossing, loss, tracks, of_mmp1, of_fscn1 = value.values()
    return law.infiltration_probability(crossing, loss, tracks, mmp1, of_mmp1, fscn1, of_fscn1)


folds = np.geomspace(0.05, 20, 80)
figure, (along_mmp1, along_fscn1) = plt.subplots(1, 2, sharey=True)
for fscn1, colour in ((0.15, "C0"), (1.0, "C5"), (3.0, "C1")):
    along_mmp1.plot(
        folds, [chance(fold, fscn1) for fold in folds], color=colour, label=f"FSCN1 {fscn1:g}"
    )
for other, line in (
    ({"track_share": 0.0}, "-"),
    ({"track_share": 1.0}, "-"),
    ({"loss_rate": 4.6}, "--"),
):
    along_mmp1.plot(
        folds, [chance(fold, 1.0, **other) for fold in folds], line, color="C5", linewidth=0.7
    )
for mmp1, colour in ((0.15, "C0"), (1.0, "C5"), (5.0, "C1")):
    along_fscn1.plot(
        folds, [chance(mmp1, fold) for fold in folds], color=colour, label=f"MMP1 {mmp1:g}"
    )
along_mmp1.set(
    xscale="log", xlabel="MMP1 (fold of parental)", ylabel="chance to cross the wall", ylim=(0, 1)
)
along_fscn1.set(xscale="log", xlabel="FSCN1 (fold of parental)")
along_mmp1.legend()
along_fscn1.legend()
plt.show()

# %%
# **How sure.** That silencing either gene keeps cells out is published (`Kim et al. 2009
# <https://doi.org/10.1016/j.cell.2009.11.025>`__). Rates, exponents and the share of tracks are
# assumptions; that more expression means more crossing is the only part to lean on.
