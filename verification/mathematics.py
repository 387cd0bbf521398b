"""Theorems and computed figures: what theory says, and what the engines, or a second way to compute it, give."""

from verification import of_blood, of_families, of_metastases, of_publications, of_return

CLAIMS = tuple(
    sorted(
        (claim for part in (of_families, of_metastases, of_return, of_blood, of_publications) for claim in part.CLAIMS),
        key=lambda claim: int(claim.identifier.removeprefix("V")),
    )
)
"""V1 to V39, in this order."""
