"""Simulate the measurements of two-glands-study.yaml: the mean field, and errors of measurement.

Run it in this folder: ``python simulate.py > two-glands.tsv``.
"""

from pathlib import Path

import numpy as np

from selfseed.inference.data import make_data
from selfseed.inference.likelihood import make_likelihood
from selfseed.inference.noise import Noise, draw
from selfseed.inference.prior import Prior
from selfseed.inference.study import Fitted, Study
from selfseed.scenario import read

HERE = Path(__file__).parent
TRUTH = {"growth.initial_rate": 0.56, "shedding.rate": 0.02, "establishment.home": 1e-3}
NOISE = {
    "volume": Noise("volume", error=0.12),
    "label_share": Noise("label_share", error=0.3),
    "ctc": Noise("ctc", drawn=0.1),
}
UNITS = {"volume": "mm^3", "label_share": "1", "ctc": "cells"}
MICE, SEED = 6, 2026


def plan(mice=MICE):
    """Return what is measured in each mouse, with no value yet."""
    rows = []
    for mouse in range(mice):
        name = f"mouse {mouse + 1}"
        for day in range(8, 41, 4):
            rows += [
                (name, "control", site, day, "volume", 1.0, "") for site in ("donor", "recipient")
            ]
        rows.append((name, "control", "recipient", 40, "label_share", 0.5, ""))
        rows += [(name, "control", "vein", day, "ctc", 0, "") for day in (24, 40)]
    return rows


def simulate(truth=None, mice=MICE, seed=SEED):
    """Return the rows with simulated values."""
    truth = TRUTH if truth is None else truth
    rows = plan(mice)
    data = make_data(rows)
    fitted = tuple(Fitted(name, Prior("uniform", 0.0, 10.0, 0.0, 10.0), None, "") for name in truth)
    study = Study("simulate.py", "", read(HERE / "two-glands.yaml"), fitted, data, NOISE)
    expected = make_likelihood(study).predict(list(truth.values()))
    rng = np.random.default_rng(seed)
    value = np.empty(len(data))
    for name, noise in NOISE.items():
        chosen = data.observable == name
        value[chosen] = draw(noise, expected[chosen], rng)
    return [(*row[:5], float(f"{one:.4g}"), "") for row, one in zip(rows, value, strict=True)]


if __name__ == "__main__":
    print("animal\tarm\tsite\tday\tobservable\tvalue\tunit")
    for animal, arm, site, day, observable, value, _ in simulate():
        print(f"{animal}\t{arm}\t{site}\t{day}\t{observable}\t{value:g}\t{UNITS[observable]}")
