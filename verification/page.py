"""The page of all claims: one row each, failures with their reason, figures beside the rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from verification.claim import AGREES, DIFFERS, SHOWN, Claim, Measured

from selfseed.views import style

HEAD = """# What has been checked, and what came out

<!-- made by `make verify`; do not edit -->

Each row is a claim of the literature or a theorem, what it expects, what selfseed gives (brackets: 95 % intervals), and
the negative control: the same question with something made wrong, which must be noticed. A row that differs stays, with
the reason. *exact*: a theorem; *published*: read in the source; *derived*: computed from published figures; *memory*:
recalled, shown and not asserted. Random numbers start from seed {seed}.

{count}
"""
ROW = "| {identifier} | {title} | {source} | {grade} | {expected} | {measured} | **{verdict}** | {control} |"
TABLE = (
    "| | claim | source | grade | expected | measured | verdict | negative control |\n|---|---|---|---|---|---|---|---|"
)
MOST_DOTS_PER_INCH = 90


_SEED = re.compile(r"start from seed (\d+)")
_VERDICT = re.compile(rf"\| \*\*({AGREES}|{DIFFERS}|{SHOWN})\*\* \|")
_NOT_NOTICED = " **not noticed**"


@dataclass(frozen=True)
class Told:
    """Hold what the page says of one claim: its row, and its figure with the words below, if it has one."""

    row: str
    figure: str = ""

    @property
    def verdict(self) -> str:
        """Return the verdict that stands in the row."""
        found = _VERDICT.search(self.row)
        assert found is not None, self.row
        return found[1]

    @property
    def is_noticed(self) -> bool:
        """Return whether the negative control was noticed."""
        return _NOT_NOTICED not in self.row


def read_page(out: Path) -> tuple[int | None, dict[str, Told]]:
    """Return the seed of the page in ``out``, and what it says of each claim; nothing where there is no page."""
    page = out / "index.md"
    if not page.exists():
        return None, {}
    text = page.read_text(encoding="utf-8")
    seed = _SEED.search(text)
    figures = {part.split('"', 1)[0]: f'<a id="{part}' for part in re.split(r'^<a id="', text, flags=re.MULTILINE)[1:]}
    told = {}
    for row in (line for line in text.splitlines() if _VERDICT.search(line)):
        identifier = row.split("|")[1].strip()
        whole = figures.get(_anchor(identifier), "").split("\n\n## ")[0].rstrip("\n")
        told[identifier] = Told(row, f"{whole}\n" if whole else "")
    return int(seed[1]) if seed else None, told


def write_page(
    sections: Sequence[tuple[str, Sequence[Claim]]], measured: Mapping[str, Measured], out: Path, seed: int
) -> Path:  # fmt: skip
    """Write ``index.md`` and the figures into ``out``; what was not measured stays as the page said it before.

    Parameters
    ----------
    sections : sequence of (heading, claims)
    measured : mapping of identifier to Measured
        A claim that is neither here nor on the page is left out.
    out : path
        A directory, made if it is not there.
    seed : int

    Returns
    -------
    path
        The page.
    """
    figures = out / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    before = read_page(out)[1]
    told = {
        claim.identifier: tell(claim, measured[claim.identifier], figures)
        if claim.identifier in measured
        else before[claim.identifier]
        for _, claims in sections
        for claim in claims
        if claim.identifier in measured or claim.identifier in before
    }
    parts = [HEAD.format(seed=seed, count=_count(told))]
    for heading, claims in sections:
        here = [told[claim.identifier] for claim in claims if claim.identifier in told]
        if here:
            parts += [f"## {heading}\n", TABLE, *(one.row for one in here), ""]
            parts += [one.figure for one in here if one.figure]
    page = out / "index.md"
    page.write_text("\n".join(parts), encoding="utf-8")
    return page


def tell(claim: Claim, measured: Measured, figures: Path) -> Told:
    """Return what the page says of a claim; its figure is drawn into the folder ``figures``."""
    return Told(_row(claim, measured), "" if measured.figure is None else _figure(claim, measured, figures))


def _count(told: Mapping[str, Told]) -> str:
    verdicts = [one.verdict for one in told.values()]
    blind = [identifier for identifier, one in told.items() if not one.is_noticed]
    counts = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(sorted(verdicts)))
    noticed = f"not noticed: {', '.join(blind)}" if blind else "every negative control was noticed"
    return f"**{len(told)} claims: {counts}; {noticed}.**"


def _row(claim: Claim, measured: Measured) -> str:
    why = f"<br>*{measured.why}*" if measured.why else ""
    picture = f" [figure](#{_anchor(claim.identifier)})" if measured.figure is not None else ""
    engine = (
        "" if claim.engine == "stochastic" else f" ({claim.engine})" if claim.engine != "none" else " (formula alone)"
    )
    return ROW.format(
        identifier=claim.identifier,
        title=claim.title,
        source=f"[{claim.source}](https://doi.org/{claim.doi})" if claim.doi else claim.source,
        grade=claim.grade,
        expected=_cell(claim.expected),
        measured=f"{_cell(measured.text)}{engine}{why}{picture}",
        verdict=measured.verdict,
        control=_cell(measured.control) + ("" if measured.control_holds else _NOT_NOTICED),
    )


def _figure(claim: Claim, measured: Measured, folder: Path) -> str:
    assert measured.figure is not None
    name = f"{claim.identifier.replace(' ', '-')}.png"
    with style.drawing(), matplotlib.rc_context({"text.parse_math": True}):
        measured.figure().savefig(folder / name, dpi=MOST_DOTS_PER_INCH)
    told = f"*{claim.identifier}. {claim.title}: {measured.text}.*"
    return f'<a id="{_anchor(claim.identifier)}"></a>\n\n![{claim.title}](figures/{name})\n\n{told}\n'


def _anchor(identifier: str) -> str:
    return identifier.lower().replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
