"""Measure every claim and write docs/validation: ``python -m verification``."""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from verification.claim import DIFFERS, Claim, Measured
from verification.page import read_page, write_page

SECTIONS = (
    ("Experiments of the literature", "verification.experiments"), ("Virtual patients", "verification.of_patients"),
    ("Treatment", "verification.of_treatment"), ("Mathematics", "verification.mathematics"),
)  # fmt: skip
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


def main() -> int:
    """Answer the command line; 1 when a negative control was not noticed or a theorem does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="CLAIM", help="identifiers, such as V7; all others stay as they are"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    sections = [(heading, import_module(module).CLAIMS) for heading, module in SECTIONS]
    claims = {claim.identifier: claim for _, held in sections for claim in held}
    if unknown := sorted(set(asked.only) - set(claims)):
        parser.error(f"no claim is called {', '.join(unknown)}")
    if asked.only and read_page(asked.out)[0] not in (None, asked.seed):
        parser.error(f"the page in {asked.out} is of another seed: name another --out, or measure all claims")
    found = {name: measure(claim, asked.seed) for name, claim in claims.items() if not asked.only or name in asked.only}
    print(write_page(sections, found, asked.out, asked.seed))
    broken = [
        name for name, one in found.items()
        if not one.control_holds or (claims[name].grade == "exact" and one.verdict == DIFFERS)
    ]  # fmt: skip
    if broken:
        print(f"must not be so: {', '.join(broken)}", file=sys.stderr)
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
