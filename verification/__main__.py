"""Measure every claim and write docs/validation: ``python -m verification``."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

from verification.claim import DIFFERS, Claim, Measured
from verification.page import write_page

SECTIONS = (("Experiments of the literature", "verification.experiments"), ("Mathematics", "verification.mathematics"))
OUT = Path(__file__).parents[1] / "docs" / "validation"
SEED = 20091225


def measure(claim: Claim, seed: int) -> Measured:
    """Measure a claim; what cannot be measured becomes a row that says why."""
    started = time.monotonic()
    try:
        measured = claim.measure(seed)
    except Exception as error:
        measured = Measured(
            text=f"could not be measured: {error}", verdict=DIFFERS, control="none", control_holds=False
        )
    print(
        f"{claim.identifier:<18} {measured.verdict:<14} {time.monotonic() - started:6.1f} s",
        file=sys.stderr,
        flush=True,
    )
    return measured


def sections(only: Sequence[str], seed: int) -> Iterator[tuple[str, list[tuple[Claim, Measured]]]]:
    """Yield each heading with its claims and what was measured."""
    for heading, module in SECTIONS:
        chosen = [claim for claim in import_module(module).CLAIMS if not only or claim.identifier in only]
        if chosen:
            yield heading, [(claim, measure(claim, seed)) for claim in chosen]


def main() -> int:
    """Answer the command line; 1 when a negative control was not noticed or a theorem does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], metavar="CLAIM", help="identifiers, such as V7")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    found = list(sections(asked.only, asked.seed))
    print(write_page(found, asked.out, asked.seed))
    rows = [row for _, chosen in found for row in chosen]
    broken = [c.identifier for c, m in rows if not m.control_holds or (c.grade == "exact" and m.verdict == DIFFERS)]
    if broken:
        print(f"must not be so: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
