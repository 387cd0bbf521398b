"""The page of all claims: one row each, failures with their reason, figures beside the rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from verification.claim import Claim, Measured

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


def write_page(
    sections: Sequence[tuple[str, Sequence[tuple[Claim, Measured]]]], out: Path, seed: int
) -> Path:  # fmt: skip
    """Write ``index.md`` and the figures into ``out``; return the page.

    Parameters
    ----------
    sections : sequence of (heading, rows)
    out : path
        A directory, made if it is not there.
    seed : int
    """
    figures = out / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    parts = [HEAD.format(seed=seed, count=_count([row for _, rows in sections for row in rows]))]
    for heading, rows in sections:
        parts += [f"## {heading}\n", TABLE, *(_row(*row) for row in rows), ""]
        parts += [_figure(claim, measured, figures) for claim, measured in rows if measured.figure is not None]
    page = out / "index.md"
    page.write_text("\n".join(parts), encoding="utf-8")
    return page


def _count(rows: Sequence[tuple[Claim, Measured]]) -> str:
    verdicts = [measured.verdict for _, measured in rows]
    blind = [claim.identifier for claim, measured in rows if not measured.control_holds]
    told = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(sorted(verdicts)))
    noticed = f"not noticed: {', '.join(blind)}" if blind else "every negative control was noticed"
    return f"**{len(rows)} claims: {told}; {noticed}.**"


def _row(claim: Claim, measured: Measured) -> str:
    why = f"<br>*{measured.why}*" if measured.why else ""
    picture = f" [figure](#{_anchor(claim)})" if measured.figure is not None else ""
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
        control=_cell(measured.control) + ("" if measured.control_holds else " **not noticed**"),
    )


def _figure(claim: Claim, measured: Measured, folder: Path) -> str:
    assert measured.figure is not None
    name = f"{claim.identifier.replace(' ', '-')}.png"
    with style.drawing(), matplotlib.rc_context({"text.parse_math": True}):
        measured.figure().savefig(folder / name, dpi=MOST_DOTS_PER_INCH)
    told = f"*{claim.identifier}. {claim.title}: {measured.text}.*"
    return f'<a id="{_anchor(claim)}"></a>\n\n![{claim.title}](figures/{name})\n\n{told}\n'


def _anchor(claim: Claim) -> str:
    return claim.identifier.lower().replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
