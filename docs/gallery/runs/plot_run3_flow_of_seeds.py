"""
From where to where
===================

A breast cancer grows for two years and seeds lung, liver, bone and brain; these seed each other,
and the breast. Rows: where a seed was shed; columns: where it took root. The diagonal is
self-seeding. Read as a Markov chain by `Newton et al. 2012
<https://doi.org/10.1371/journal.pone.0034637>`__, whose matrix was not at hand.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm

import selfseed
from selfseed.analysis.flow import flow

# %%

scenario = selfseed.catalog.get("newton-sites")
run = selfseed.simulate(scenario, seed=2012, replicates=10)
seeds = flow(run).sel(arm="control", stage="established")
sites = list(run.arrays.site.values)
matrix = seeds.sel(source=sites).values

# %%

figure, axes = plt.subplots(figsize=(5.2, 4.0))
shown = axes.imshow(np.where(matrix > 0, matrix, np.nan), norm=LogNorm(), cmap="Blues")
for row, source in enumerate(matrix):
    for column, value in enumerate(source):
        dark = value > matrix.max() / 30
        axes.text(
            column,
            row,
            f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.1f}",
            ha="center",
            va="center",
            color="w" if dark else "k",
        )
axes.set_xticks(range(len(sites)), sites)
axes.set_yticks(range(len(sites)), sites)
axes.set(xlabel="took root in", ylabel="shed in")
axes.spines[:].set_visible(False)
axes.tick_params(length=0)
figure.colorbar(shown, label="seeds per patient in two years", shrink=0.85)
plt.show()
