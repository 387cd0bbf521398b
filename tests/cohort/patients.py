"""Tables of patients whose courses follow laws that are known in closed form."""

import numpy as np
import pandas as pd

YEAR = 365.25


def patients(rng, count, hazards_per_year, *, frailty=0.0, follow_up_years=10.0, paired=True):
    """Return one row per patient and arm; death comes at a constant hazard, which a frailty may multiply.

    Paired arms share the chance of each patient: under half the hazard he lives twice as long.
    """
    patience = rng.exponential(size=count)
    weakness = rng.gamma(1.0 / frailty, frailty, count) if frailty else np.ones(count)
    tables = []
    for number, (arm, hazard) in enumerate(hazards_per_year.items()):
        if not paired:
            patience = rng.exponential(size=count)
        death = patience / (hazard * weakness) * YEAR
        tables.append(
            pd.DataFrame(
                {"patient": np.arange(count) + (0 if paired else number * count), "arm": arm,
                 "follow_up_day": follow_up_years * YEAR,
                 "death_day": np.where(death <= follow_up_years * YEAR, death, np.nan)}
            )
        )  # fmt: skip
    return pd.concat(tables, ignore_index=True)
