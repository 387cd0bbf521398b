"""Numbers and names as a reader wants them: few digits, units, no line too long."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence


def percent(share: float | None) -> str:
    """Return a share as a percentage with two telling digits.

    Examples
    --------
    >>> percent(0.86), percent(0.0123), percent(0.00004), percent(0.0)
    ('86 %', '1.2 %', '0.004 %', '0 %')
    """
    return "not known" if share is None or math.isnan(share) else f"{plain(100 * share)} %"


def plain(value: float) -> str:
    """Return ``value`` with two telling digits, or all digits before the point.

    Examples
    --------
    >>> plain(1234.5), plain(86.4), plain(8.64), plain(0.0864), plain(-0.5), plain(0.0)
    ('1,234', '86', '8.6', '0.086', '−0.5', '0')
    """
    if math.isnan(value):
        return "not known"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size >= 9.95:
        text = f"{size:,.0f}"
    elif size == 0 or size < 1e-6:
        text = "0" if size == 0 else f"{size:.1e}"
    else:
        text = f"{float(f'{size:.2g}'):.{max(0, 1 - math.floor(math.log10(size)))}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"−{text}" if value < 0 and text != "0" else text


def signed(value: float) -> str:
    """Return ``value`` with its sign, as differences are written.

    Examples
    --------
    >>> signed(4.0), signed(-41.3), signed(0.0)
    ('+4', '−41', '0')
    """
    text = plain(value)
    return f"+{text}" if value > 0 and text != "0" else text


def fold(value: float) -> str:
    """Return a ratio with as many digits as tell it from 1.

    Examples
    --------
    >>> fold(1.457), fold(0.07), fold(12.34)
    ('1.46', '0.07', '12')
    """
    return f"{value:.2f}" if 0.05 <= value < 9.95 else plain(value)


def interval(low: float | None, high: float | None, unit: str = "", write: Callable[[float], str] = plain) -> str:
    """Return a 95 % interval in brackets with a space before it; nothing where its limits are not known.

    Examples
    --------
    >>> interval(27.4, 55.1), interval(74.0, 93.0, " %"), interval(None, None)
    (' (95 % interval 27 to 55)', ' (95 % interval 74 to 93 %)', '')
    """
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return ""
    return f" (95 % interval {write(low)} to {write(high)}{unit})"


def amount(mean: float) -> str:
    """Return a mean number, large ones by thousand and million.

    Examples
    --------
    >>> amount(0.034), amount(12.3), amount(12_345.0), amount(3.2e6)
    ('0.034', '12', '12,345', '3.2 million')
    """
    return f"{plain(mean / 1e6)} million" if mean >= 1e6 else plain(mean)


def tell_counts(drawn: int, found: int, arms: int) -> str:
    """Return how many patients were drawn and how many of them are followed in each arm.

    Examples
    --------
    >>> tell_counts(30_000, 630, 6)
    '30,000 virtual patients drawn, 630 followed in each of 6 arms'
    >>> tell_counts(1, 1, 1)
    '1 virtual patient drawn, 1 followed'
    """
    each = f" in each of {arms} arms" if arms > 1 else ""
    return f"{drawn:,} virtual patient{'s' if drawn != 1 else ''} drawn, {found:,} followed{each}"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them.

    Examples
    --------
    >>> listed(["crowding"]), listed(["crowding", "selection", "niche"])
    ('crowding', 'crowding, selection and niche')
    """
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def spoken(name: str) -> str:
    """Return a name of a scenario as prose writes it.

    Examples
    --------
    >>> spoken("il6_silenced")
    'il6 silenced'
    """
    return name.replace("_", " ")


def file_name(*words: str) -> str:
    """Return words as a name for files and for parts of a page, which has no spaces.

    Examples
    --------
    >>> file_name("growth", "empty gland")
    'growth-empty-gland'
    """
    return "-".join("-".join(words).split())


def shortened(name: str, width: int, lines: int = 1) -> str:
    r"""Return ``name`` in at most so many lines of ``width`` letters; what is left out leaves an ellipsis.

    Examples
    --------
    >>> shortened("il6_silenced_in_the_recipient", 13, lines=2)
    'il6 silenced\nin the…'
    """
    wrapped = textwrap.wrap(spoken(name), width, max_lines=lines, placeholder="…")
    return "\n".join(wrapped)


def animal(host: str) -> str:
    """Return what one replicate is: "mouse" or "patient"."""
    return {"mouse": "mouse", "human": "patient"}[host]


def animals(host: str) -> str:
    """Return what many replicates are: "mice" or "patients"."""
    return {"mouse": "mice", "human": "patients"}[host]


def mice(host: str, count: int) -> str:
    """Return how many animals or patients there are.

    Examples
    --------
    >>> mice("mouse", 50), mice("human", 1)
    ('50 mice', '1 patient')
    """
    return f"{count:,} {animal(host) if count == 1 else animals(host)}"
