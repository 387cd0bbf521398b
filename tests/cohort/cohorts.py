"""A made-up cohort whose every law is known, to be laid beside real figures."""

import numpy as np
import pandas as pd
from tests.cohort.patients import YEAR

from selfseed.cohort.figures_of_breast_cancer import share_ever_spread, share_spread_at_diagnosis

ORGANS = ("bone", "lung", "liver", "brain")
NODE_SHARES = ((10, 0.20), (20, 0.33), (30, 0.45), (40, 0.52), (50, 0.60), (np.inf, 0.70))


def cohort(rng, count, *, years=25.0, scale=1.0, arms=("none",), effect=1.0):
    """Return patients who spread as Koscielny's and Szczurek's laws say, at diameters ``scale`` times the real."""
    diameter = np.clip(20.0 * np.exp(0.6 * rng.standard_normal(count)), 2.0, 120.0)
    chance = rng.random(count)
    ever = chance < share_ever_spread(diameter / scale)
    at_once = chance < share_spread_at_diagnosis(diameter / scale)
    node_share = np.select([diameter < edge for edge, _ in NODE_SHARES], [share for _, share in NODE_SHARES])
    nodes = np.where(rng.random(count) < node_share, 1 + rng.poisson(1.5, count), 0)
    ctc = rng.negative_binomial(0.12, 0.16, count)
    site = rng.choice(ORGANS, count, p=(0.51, 0.24, 0.20, 0.05))
    delay, other = rng.exponential(3.0 * YEAR, count), rng.exponential(40 * YEAR, count)
    end, after = np.full(count, years * YEAR), rng.exponential(2.0 * YEAR, count)
    early, cost = rng.lognormal(np.log(9.0) - 0.18, 0.6, count), rng.lognormal(np.log(6e7), 1.0, count)
    tubes = [(rng.random(count) < share).astype(float) for share in (26 / 547, 13 / 36)]
    asleep = rng.integers(0, 5, count).astype(float)
    tables = []
    for number, arm in enumerate(arms):
        spread = np.where(at_once, 0.0, np.where(ever, delay * effect**number, np.inf))
        death = np.minimum(spread + after, other)
        spread = np.where((spread <= end) & (spread <= death), spread, np.nan)
        table = pd.DataFrame(
            {"patient": range(count), "arm": arm, "age_year": 60.0, "diagnosis_day": 2000.0, "diameter_mm": diameter,
             "detected_by": np.where(diameter < 18, "screening", "symptoms"), "nodes": nodes, "metastatic": at_once,
             "ctc": ctc, "il6": rng.random(count), "il8": rng.random(count), "aggressiveness": 0.0,
             "growth_per_day": 0.01, "follow_up_day": end, "relapse_day": np.nan, "distant_day": spread,
             "death_day": np.where(death <= end, death, np.nan),
             "first_site": np.where(np.isnan(spread), "", site),
             "early_ctc_per_litre": early, "cells_per_seed": cost, "ctc_5y": tubes[0], "ctc_10y": tubes[1],
             "asleep_10y": asleep,
             "cause": np.where(death > end, "", np.where(death < other, "tumour", "other"))}
        )  # fmt: skip
        for organ in ORGANS:
            table[organ] = np.where(site == organ, spread, np.nan)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
