"""
Two glands of one mouse
=======================

The experiment of `Kim et al. 2009 <https://doi.org/10.1016/j.cell.2009.11.025>`__: a labelled
tumour (LM2) in one mammary gland, an unlabelled one in the other. After 60 days: does the
unlabelled tumour hold labelled cells?
"""

import matplotlib.pyplot as plt
import numpy as np

import selfseed
from selfseed.analysis.effects import is_seeded, label_share

# %%
# Five of the ten arms, 24 mice each. Equal mice share their chance across arms.

NONE = 1e-6
ARMS = ("LM2 donor", "parental donor", "IL-8 silenced", "FSCN1 and MMP1 silenced", "CXCL1 silenced")
published = selfseed.catalog.get("kim2009-two-gland")
scenario = published.model_copy(
    update={
        "arms": {name: published.arms[name] for name in ARMS},
        "switch_off": (),
        "uncertain": {},
    }
)
run = selfseed.simulate(scenario, seed=2009, replicates=24)
print(run)

# %%
# Each dot is a mouse: the share of labelled cells in the recipient. Grey: fewer labelled cells
# than can be seen.

shares, seeded = label_share(run, "recipient"), is_seeded(run, "recipient")
figure, axes = plt.subplots(figsize=(6.6, 3.2))
for row in range(len(ARMS)):
    spread = np.linspace(-0.3, 0.3, len(shares[row]))
    colours = np.where(seeded[row], "#0072b2", "0.75")
    axes.scatter(100 * np.maximum(shares[row], NONE), row + spread, s=14, c=colours)
    axes.text(
        150, row, f"{seeded[row].sum()} of {len(seeded[row])} seeded", va="center", fontsize=8.5
    )
axes.set(xscale="log", xlabel="labelled cells in the recipient on day 60 (%)", xlim=(8e-5, 120))
axes.set_xticks([1e-4, 1e-2, 1, 100], ["none", "0.01", "1", "100"])
axes.minorticks_off()
axes.set_yticks(range(len(ARMS)), ARMS)
axes.invert_yaxis()
plt.show()
