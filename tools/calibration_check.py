"""Check the posteriors of a study by simulation: the table and the figure of docs/calibration.md.

    python tools/calibration_check.py docs/studies/one-tumour-study.yaml --figure docs/figures/calibration-ranks.png

Truths are drawn from the priors of the study, each makes data, each posterior is sampled, and the ranks of the truths
are held against those of a method that is right. ``--off 1.1`` makes the data at values a tenth too high: that must be
noticed.
"""

import argparse
import sys
from pathlib import Path
from time import perf_counter

from selfseed.inference.calibration_check import chance_if_calibrated, rank_study
from selfseed.inference.likelihood import make_likelihood
from selfseed.inference.study import read_study
from selfseed.views.ranks import draw_ranks


def show(done: int, total: int) -> None:
    """Say how many fits are done."""
    print(f"\r{done} of {total} fits", end="", file=sys.stderr)


def main() -> None:
    """Rank, print a table, and draw."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("study", type=Path)
    told.add_argument("--fits", type=int, default=200)
    told.add_argument("--samples", type=int, default=800)
    told.add_argument("--seed", type=int, default=7)
    told.add_argument("--threads", type=int, default=1)
    told.add_argument("--off", type=float, default=1.0)
    told.add_argument("--figure", type=Path)
    asked = told.parse_args()
    start = perf_counter()
    ranks = rank_study(
        make_likelihood(read_study(asked.study)), fits=asked.fits, samples=asked.samples, seed=asked.seed,
        made_at=lambda truth: asked.off * truth, threads=asked.threads, progress=show,
    )  # fmt: skip
    chances = chance_if_calibrated(ranks)
    print(f"\n{asked.fits} fits in {perf_counter() - start:.0f} s, {ranks.draws} ranks", file=sys.stderr)
    print("parameter\tchance\n" + "\n".join(f"{name}\t{chance:.3g}" for name, chance in chances.items()))
    if asked.figure:
        draw_ranks(ranks, chances).figure.savefig(asked.figure, dpi=130)


if __name__ == "__main__":
    main()
