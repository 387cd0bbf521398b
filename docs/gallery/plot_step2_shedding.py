r"""
Step 2. Shedding
================

A tumour releases single cells and, more rarely, clusters of kin into the blood that leaves it.
Whether large tumours shed in proportion to their weight or to their diameter is disputed: per gram
is what was measured in rats, with the diameter is what fits the counts in patients.

.. law:: law.shedding_rate law.rhythm
"""

import matplotlib.pyplot as plt
import numpy as np

from selfseed.kernels import law
from selfseed.processes import PARAMETERS

# %%
# Left: release events per day of a whole tumour; thick at the exponent of the table, thin at its
# alternatives. Right: a rhythm of 24 h is off unless a scenario sets it; 0.57 is the amplitude at
# which 78 % of the cells come in the night draw. The kinks are where F holds: small tumours shed
# at most F times the stated rate per cell.


def released_per_day(host, cells, size_exponent=None):
    """Return the release events per day of a tumour at the defaults of the table."""
    value = {key.name: key.default(host) for key in PARAMETERS.values()}
    exponent = value["shedding.size_exponent"] if size_exponent is None else size_exponent
    reference, most_fold = value["shedding.reference_cells"], value["shedding.most_fold"]
    return cells * law.shedding_rate(value["shedding.rate"], cells, reference, exponent, most_fold)


density = PARAMETERS["growth.cell_density"].mouse
figure, (sizes, hours) = plt.subplots(1, 2)
for host, colour, largest in (("mouse", "C0", 3e3), ("human", "C1", 1e5)):
    volumes = np.geomspace(1e-1, largest, 200)
    for exponent, _ in PARAMETERS["shedding.size_exponent"].alternatives:
        events = [released_per_day(host, density * volume, exponent) for volume in volumes]
        sizes.plot(volumes, events, color=colour, linewidth=0.6, alpha=0.7)
    events = [released_per_day(host, density * volume) for volume in volumes]
    sizes.plot(volumes, events, color=colour, label=host)
sizes.set(
    xscale="log", yscale="log", xlabel="volume of the tumour (mm³)", ylabel="release events per day"
)
sizes.legend()

peak = PARAMETERS["shedding.rhythm_peak"].mouse
day = np.linspace(0, 1, 200)
for amplitude, width in ((PARAMETERS["shedding.rhythm"].mouse, 1.8), (0.57, 0.8)):
    factor = [law.rhythm(amplitude, peak, time, 0.0) for time in day]
    hours.plot(24 * day, factor, color="C5", linewidth=width, label=f"amplitude {amplitude:g}")
hours.set(
    xlabel="hour of the day",
    ylabel="release, relative to its mean",
    xticks=range(0, 25, 6),
    ylim=(0, 1.8),
)
hours.legend()
plt.show()

# %%
# **How sure.** Measured rates of release span more than three orders of magnitude, 10³ (`Hamza et
# al. 2021 <https://doi.org/10.1038/s41467-021-25917-5>`__) to 3 × 10⁶ cells per gram and day
# (Butler & Gullino 1975). Every count of circulating cells goes up and down with this number.
