"""What is measured beside what is expected: means in standard errors, numbers to a tolerance, each with its control."""

import math
from collections.abc import Mapping

import numpy as np
from tests.validation.arms import z_of_mean
from verification.claim import AGREES, DIFFERS, Measured

ENOUGH = 4.0
"""Standard errors that a mean may be off; a number wrong by a tenth must be further off than this."""


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean."""
    return float(np.std(values, ddof=1) / np.sqrt(np.size(values)))


def means(*parts: tuple[str, np.ndarray, float, float]) -> Measured:
    """Hold means against theory: name, values, what theory says, what it says with one number a tenth too high."""
    found = [
        (name, values, right, z_of_mean(values, right), z_of_mean(values, wrong))
        for name, values, right, wrong in parts
    ]
    return Measured(
        text="; ".join(
            f"{name} {np.mean(values):.4g} (se {standard_error(values):.2g}) for {right:.4g}"
            for name, values, right, _, _ in found
        ),
        verdict=AGREES if all(abs(z) < ENOUGH for *_, z, _ in found) else DIFFERS,
        control="a tenth more is off by " + ", ".join(f"{abs(z):.0f} se" for *_, z in found),
        control_holds=all(abs(z) > ENOUGH for *_, z in found),
        value=float(np.mean(found[0][1])),
    )


def numbers(parts: Mapping[str, tuple[float, float]], tolerance: float, wrong: float, what: str) -> Measured:
    """Hold numbers against what is expected, to a relative tolerance; ``wrong`` is the first of them made wrong."""
    right = all(math.isclose(seen, expected, rel_tol=tolerance) for seen, expected in parts.values())
    expected = next(iter(parts.values()))[1]
    return Measured(
        text="; ".join(f"{name} {seen:.6g} for {wanted:.6g}" for name, (seen, wanted) in parts.items()),
        verdict=AGREES if right else DIFFERS,
        control=f"{what}: {wrong:.4g}",
        control_holds=not math.isclose(wrong, expected, rel_tol=tolerance),
        value=next(iter(parts.values()))[0],
    )


def together(*parts: Measured) -> Measured:
    """Return several measurements as one, which agrees if all do; the first of their figures is kept."""
    return Measured(
        text="; ".join(part.text for part in parts),
        verdict=AGREES if all(part.verdict == AGREES for part in parts) else DIFFERS,
        control="; ".join(part.control for part in parts),
        control_holds=all(part.control_holds for part in parts),
        value=parts[0].value,
        why="; ".join(part.why for part in parts if part.why),
        figure=next((part.figure for part in parts if part.figure), None),
    )
