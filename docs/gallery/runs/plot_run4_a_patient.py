"""
Did cells come back in this patient?
====================================

A virtual patient in whom cells did come back to the primary, and the same question asked from the
clone tree alone: from which site to which did cells go? This one is clear; `how often such calls
are right <../../history-accuracy.html>`__ is another question.
"""

import matplotlib.pyplot as plt
import numpy as np

import selfseed
from selfseed.history.settings import Settings
from selfseed.history.simulate import simulate_patient

# %%
# Reseeding is any way round among sites. The prior of 0.25 is a convention, so report the Bayes
# factor.

patient = simulate_patient(Settings(kind="R"), seed=7)
answer = selfseed.infer_history(patient.history.tree, "P", seed=1, leave_out=False)
print(f"{len(patient.history.tree)} clones in {len(answer.sites)} sites")
print(f"P(cells came back) = {answer.p_reseeding:.2f}, prior {answer.prior:g}")
print(f"Bayes factor {answer.bayes_factor:.3g}")
print(f"verdict: {answer.verdict}; random walks agree: {answer.trust.converged}")

# %%
# Squares: the probability of at least one migration. Crosses: where cells truly went.

sites = [answer.primary, *(site for site in answer.sites if site != answer.primary)]
probability = np.array(
    [[answer.p_migration.get((source, target), 0.0) for target in sites] for source in sites]
)
figure, axes = plt.subplots(figsize=(4.8, 3.8))
shown = axes.imshow(probability, vmin=0, vmax=1, cmap="Blues")
for source, target in patient.history.graph.arcs:
    axes.plot(
        sites.index(target),
        sites.index(source),
        "x",
        color="#d55e00",
        markersize=9,
        markeredgewidth=2,
    )
axes.set_xticks(range(len(sites)), sites)
axes.set_yticks(range(len(sites)), sites)
axes.set(xlabel="to", ylabel="from")
axes.spines[:].set_visible(False)
axes.tick_params(length=0)
figure.colorbar(shown, label="probability", shrink=0.85)
plt.show()
