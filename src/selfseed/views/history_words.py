"""What a migration history says, in words: the sentence a reader in a hurry takes away, and what its terms mean."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from selfseed.views.words import listed, plain

if TYPE_CHECKING:
    from selfseed.history.answer import Answer, LeftOut

MOVES = 0.05
"""An answer that moves less than this when a sample is left out does not rest on it."""
_MOST_CLONES = 4
_LARGEST_FACTOR = 1000.0
_STRENGTHS = ((3.0, "not worth more than a bare mention"), (20.0, "positive"), (150.0, "strong"))

VERDICTS = {
    "likely": "Likely: the data move the prior (Bayes factor outside 1/3 to 3), and the probability is at least 0.5.",
    "unlikely": "Unlikely: the data move the prior (Bayes factor outside 1/3 to 3), and the probability is below 0.5.",
    "undecidable": "Undecidable: the Bayes factor lies between 1/3 and 3, so the probability is hardly more than the"
    " prior given back.",
}
_KINDS = {
    "N": "no migration",
    "PS": "the primary alone seeds",
    "S": "each site has a single source",
    "M": "some site has several sources, none is reseeded",
    "R": "reseeding",
}


def chance(probability: float) -> str:
    """Return a probability with two digits; what was drawn never or always is not thereby impossible or certain.

    Examples
    --------
    >>> chance(0.874), chance(0.001), chance(1.0)
    ('0.87', '< 0.01', '> 0.99')
    """
    if probability < 0.005:
        return "< 0.01"
    return "> 0.99" if probability > 0.995 else f"{probability:.2f}"


def factor(value: float) -> str:
    """Return a Bayes factor, as a fraction where it is below one.

    Examples
    --------
    >>> factor(20.3), factor(0.05), factor(2e5), factor(1e-9)
    ('20', '1/20', '> 1,000', '< 1/1,000')
    """
    if value >= 1:
        return f"> {_LARGEST_FACTOR:,.0f}" if value > _LARGEST_FACTOR else plain(value)
    return f"< 1/{_LARGEST_FACTOR:,.0f}" if value * _LARGEST_FACTOR < 1 else f"1/{plain(1 / value)}"


def evidence(value: float) -> str:
    """Return in words how strongly a Bayes factor speaks, on the scale of Kass and Raftery (1995).

    Examples
    --------
    >>> evidence(40.0), evidence(0.1), evidence(1.2)
    ('strong evidence for reseeding', 'positive evidence against reseeding', 'not worth more than a bare mention')
    """
    size = max(value, 1 / value) if value > 0 else math.inf
    strength = next((words for limit, words in _STRENGTHS if size < limit), "very strong")
    return strength if size < _STRENGTHS[0][0] else f"{strength} evidence {'for' if value > 1 else 'against'} reseeding"


def pattern_words(pattern: str) -> str:
    """Return what a pattern of seeding means.

    Examples
    --------
    >>> pattern_words("pR"), pattern_words("N")
    ('reseeding, polyclonal', 'no migration')
    """
    kind = _KINDS[pattern.lstrip("mp")]
    return kind if pattern == "N" else f"{kind}, {'polyclonal' if pattern[0] == 'p' else 'monoclonal'}"


def headline(answer: Answer) -> list[str]:
    """Return the answer in sentences, the probability of reseeding first."""
    if len(answer.sites) == 1:
        return [f"Only one site, {answer.primary}, was sampled: of migration, or of reseeding, nothing can be said."]
    known = f"prior {answer.prior:.2g}, Bayes factor {factor(answer.bayes_factor)}"
    whole, primary = answer.p_reseeding, answer.p_primary_reseeded
    if abs(whole - primary) < 0.005:
        first = f"Reseeding of the primary ({answer.primary}): probability {chance(whole)} ({known}): {answer.verdict}."
    else:
        first = (
            f"Reseeding of some site: probability {chance(whole)} ({known}): {answer.verdict}. "
            f"Reseeding of the primary ({answer.primary}): probability {chance(primary)}."
        )
    return [first, f"{_clones(answer)}{_leaning(answer)}"]


def _clones(answer: Answer) -> str:
    """Say which clones came back; without a full stop."""
    leading = list(answer.p_clone_returned.items())[:_MOST_CLONES]
    if not leading or answer.p_reseeding <= 0:
        return "No history with reseeding was met"
    likeliest, probability = leading[0]
    if answer.p_reseeding < 0.5:
        return f"If cells came back, {_named([likeliest])} is the one most often among them ({chance(probability)})"
    names = [name for name, share in leading if share >= answer.p_reseeding / 2]
    if not names:
        return f"It rests on no single clone; the one that came back most often is {likeliest} ({chance(probability)})"
    return f"It rests on {_named(names)}"


def _named(clones: list[str]) -> str:
    """Return clones as a sentence names them, without saying "clone" twice."""
    if all(name.lower().startswith("clone") for name in clones):
        return listed(clones)
    return f"clone{'s' if len(clones) > 1 else ''} {listed(clones)}"


def _leaning(answer: Answer) -> str:
    """Say, after the clones, how the answer moves without the sample that matters most."""
    if not answer.left_out:
        return "."
    most = max(answer.left_out, key=lambda one: abs(one.p_reseeding - answer.p_reseeding))
    if abs(most.p_reseeding - answer.p_reseeding) < MOVES:
        return f". No single sample decides it: without any one it moves by less than {MOVES}."
    verb = "falls" if most.p_reseeding < answer.p_reseeding else "rises"
    return f"; without {left_out_name(answer, most)} it {verb} to {chance(most.p_reseeding)}."


def left_out_name(answer: Answer, one: LeftOut) -> str:
    """Return what was left out, as a sentence names it."""
    kind = "site" if one.name in answer.sites else "sample"
    return one.name if one.name.lower().startswith(("site ", "sample ")) else f"{kind} {one.name}"


def convergence(answer: Answer) -> str:
    """Say whether the computation can be trusted, and why not."""
    trust = answer.trust
    if trust.converged:
        return "The random walks agree and are long enough: repeated, they would give nearly the same numbers."
    faults = []
    if trust.truncated:
        faults.append("the time allowed ended the work early")
    if trust.shrink_factor > 1.1:
        faults.append(f"the walks do not agree (R-hat {trust.shrink_factor:.2f}, allowed is 1.1)")
    if trust.effective_draws < 100:
        faults.append(f"the draws are worth only {trust.effective_draws:.0f} independent ones (100 are needed)")
    return f"Not converged: {listed(faults)}. Give it more time before you rely on the second digit, or on the call."
