"""Rank laws of growth on published data, and foretell tumours that were left out: the tables of docs/growth-data.md.

    python tools/growth_data.py FOLDER [--figure docs/figures/growth-held-out.png]

FOLDER holds breast_vol_data.txt, lung_vol_data.txt and breast_fluo_data.txt of Vaghi et al. 2020
(https://doi.org/10.1371/journal.pcbi.1007178; Zenodo 3574531, 3572401, 3593919), and pdxe_brca_untreated.csv: the
untreated breast tumours of Gao et al. 2015 (https://doi.org/10.1038/nm.3954), with columns model, time_d, volume_mm3.
Files that are not there are left out.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from selfseed.inference.held_out import HeldOut, predict_held_out
from selfseed.inference.population import GrowthFit, fit_mixed
from selfseed.theory.growth_curves import GROWTH_CURVES

LIGHT_PER_MM3 = 1.519e7
"""Photons per second of 1 mm^3 of the fluorescent line (code of Vaghi et al. 2020)."""
FORETOLD = ("gompertz", "reduced_gompertz", "power_law")
KNOWN = 3


@dataclass(frozen=True)
class Tumours:
    """Hold volumes of many animals; ``start`` is that on day 0, None where it has to be learnt."""

    name: str
    animal: np.ndarray
    day: np.ndarray
    volume: np.ndarray
    start: float | None
    parts: int

    @property
    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return animal, day and volume."""
        return self.animal, self.day, self.volume


def read_tumours(folder: Path) -> Iterator[Tumours]:
    """Yield the data sets that are there."""
    for name, file, scale, start, parts in (
        ("breast, LM2-4LUC+", "breast_vol_data.txt", 1.0, 1.0, 11),
        ("lung, LLC", "lung_vol_data.txt", 1.0, 1.0, 20),
        ("breast, light", "breast_fluo_data.txt", LIGHT_PER_MM3, None, 8),
    ):
        if (folder / file).exists():
            table = pd.read_csv(folder / file, sep="\t")
            table = table[table["Observation"] > 0.0]
            columns = (table[column].to_numpy() for column in ("ID", "Time", "Observation"))
            animal, day, value = columns
            yield Tumours(name, animal, day, value / scale, start, parts)
    path = folder / "pdxe_brca_untreated.csv"
    if path.exists():
        table = pd.read_csv(path)
        animal, day, value = (table[column].to_numpy() for column in ("model", "time_d", "volume_mm3"))
        yield Tumours("breast, from patients", animal, day, value, None, 13)


def ranking(tumours: Tumours) -> list[GrowthFit]:
    """Return the fits of all laws, the best first."""
    fits = [fit_mixed(*tumours.columns, law, start=tumours.start, errors=False) for law in GROWTH_CURVES]
    return sorted(fits, key=lambda fit: fit.aic)


def medians(fit: GrowthFit) -> str:
    """Return medians of the animals, with the spread of the logarithm."""
    said = []
    for name, median in fit.median.items():
        spread = f" ({fit.spread[name]:.2f})" if name in fit.spread else " (common)"
        said.append(f"{name.replace('_', ' ')} {median:.3g}{spread}")
    return ", ".join(said)


def print_ranking(tumours: Tumours) -> None:
    """Print the laws as a table, the best first."""
    fits = ranking(tumours)
    print(f"\n### {tumours.name}: {len(fits[0].animals)} animals, {len(tumours.day)} measurements\n")
    print("| law | AIC over the best | error | medians (spread) |\n|---|---|---|---|")
    for fit in fits:
        law = fit.law.replace("_", " ")
        print(f"| {law} | {fit.aic - fits[0].aic:.0f} | {fit.error:.3f} | {medians(fit)} |")


def print_held_out(tumours: Tumours) -> dict[str, HeldOut]:
    """Print how well late measurements were foretold, by law."""
    made = {}
    for law in FORETOLD:
        one = predict_held_out(*tumours.columns, law, start=tumours.start, parts=tumours.parts, known=KNOWN)
        share, error = f"{100 * one.inside:.0f} ± {100 * one.inside_error:.0f} %", f"{100 * one.relative_error:.0f} %"
        print(f"| {tumours.name} | {law.replace('_', ' ')} | {len(one.day)} | {share} | {error} |")
        made[law.replace("_", " ")] = one
    return made


def main() -> None:
    """Print all tables, and draw the figure of the first data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--figure", type=Path)
    asked = parser.parse_args()
    found = list(read_tumours(asked.folder))
    if not found:
        parser.error(f"{asked.folder} holds none of the four tables")
    for tumours in found:
        print_ranking(tumours)
    print("\n| data | law | foretold | inside 90 % | median error |\n|---|---|---|---|---|")
    predictions = [print_held_out(tumours) for tumours in found]
    if asked.figure:
        from selfseed.views.held_out import draw_held_out
        from selfseed.views.style import drawing

        with drawing():
            draw_held_out(predictions[0]).figure.savefig(asked.figure, dpi=130)


if __name__ == "__main__":
    main()
