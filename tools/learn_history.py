"""Learn the weights of the model of seeding anew, and write them where the package keeps them.

    python tools/learn_history.py [--workers 2] [--patients 1340]

Two thirds of the patients have settings near those of El-Kebir et al. 2018 (https://doi.org/10.1038/s41588-018-0106-z),
the others are as broad as ``draw_settings`` makes them; a quarter of all are reseeded. No other patient is used. The
weights of the package were learned so from an earlier draw of such patients.
"""

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

import selfseed.history
from selfseed.base.errors import RunError
from selfseed.history.learn import learn, lesson
from selfseed.history.settings import Settings, draw_settings
from selfseed.history.simulate import simulate_patient
from selfseed.kernels.histories import FEATURES

KINDS = ("mS", "S", "M", "R")
MOST_CLONES = 45
SEED = 2026


def settings_near(rng: np.random.Generator, kind: str) -> Settings:
    """Return settings near those of the published patients."""
    return Settings(
        kind=kind,
        detectable_sites=int(rng.integers(3, 9)),
        driver_rate=float(np.exp(rng.uniform(np.log(1e-7), np.log(1e-6)))),
        mutation_rate=float(np.exp(rng.uniform(np.log(0.05), np.log(0.2)))),
        wave_mean=float(rng.uniform(0.5, 1.5)),
        new_site=float(rng.uniform(0.4, 0.6)),
        counts_as_back=bool(rng.random() < 0.5),
    )


def lessons(count: int) -> Iterator:
    """Yield what can be learned from each of ``count`` patients."""
    for index in range(count):
        rng = np.random.default_rng([SEED, index])
        kind = KINDS[index % len(KINDS)]
        while True:
            settings = draw_settings(rng, kind) if index % 3 == 2 else settings_near(rng, kind)
            try:
                history = simulate_patient(settings, SEED, index).history
            except RunError:
                continue
            taught = lesson(history) if len(history.tree) <= MOST_CLONES else None
            if taught is not None:
                yield taught
                break


def main() -> None:
    """Learn, and write ``learned.json``."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--patients", type=int, default=1340)
    parser.add_argument("--rounds", type=int, default=8)
    asked = parser.parse_args()
    taught = list(lessons(asked.patients))
    start = np.full(len(FEATURES), -0.5)
    with ProcessPoolExecutor(asked.workers) as workers:
        weights = learn(taught, start, rounds=asked.rounds, seed=SEED, workers=workers, say=print)
    kept = {
        "origin": {
            "simulator": "selfseed.history.simulate",
            "patients": len(taught),
            "learned_by": "tools/learn_history.py, maximum likelihood",
            "seed": SEED,
        },
        "base_rate": round(float(np.mean([each.reseeding for each in taught])), 4),
        "weights": {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)},
    }
    path = Path(selfseed.history.__file__).with_name("learned.json")
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
