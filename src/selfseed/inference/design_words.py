"""What else to measure, in sentences and as plain values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from selfseed.inference.design import Advice, Outlook, Proposal
from selfseed.inference.noise import OBSERVABLES
from selfseed.inference.study import Fitted, Study

REACH = 1.96


def say_designs(study: Study, advices: Sequence[Advice]) -> tuple[str, ...]:
    """Say which parameters cannot be told apart, and what would help; each parameter gets its advice once.

    Parameters
    ----------
    study : Study
    advices : sequence of Advice
        The worst first.
    """
    measured = " and ".join(sorted(set(study.data.observable.tolist())))
    said: list[str] = []
    advised: set[str] = set()
    for advice in advices:
        pair = len(advice.names) == 2
        trouble = advice.names[0]
        if pair:
            one, other = advice.names
            trouble = f"{one} and {other} cannot be told apart from {measured} alone "
            trouble += f"(correlation {advice.correlation:.2f})"
        if not set(advice.names) <= advised:
            said.append(f"{trouble}{'; ' if pair else ': '}{_help(study, advice)}")
        elif pair:
            said.append(trouble)
        advised |= set(advice.names)
    return tuple(said)


def tell_designs(advices: Sequence[Advice]) -> list[dict[str, Any]]:
    """Return what `summary.json` holds of them."""
    return [
        {
            "parameters": list(advice.names), "correlation": _finite(advice.correlation),
            "spread": list(advice.spread), "proposals": [_told(outlook) for outlook in advice.outlooks],
        }
        for advice in advices
    ]  # fmt: skip


def _help(study: Study, advice: Advice) -> str:
    """Say what helps most, what else would, and what would not."""
    if not advice.outlooks:
        return "all that could be measured in these animals was"
    best = advice.outlooks[0]
    if not best.helps:
        return (
            "nothing else that could be measured in these animals would help much: "
            f"{_named(best.proposal)}, the best, leaves {100.0 * best.left:.0f} % of the spread"
        )
    fitted = {one.name: one for one in study.parameters}
    known = ", of ".join(
        f"{name} {_within(fitted[name], after, before)}"
        for name, after, before in zip(advice.names, best.spread, advice.spread, strict=True)
    )
    becomes = f", correlation {best.correlation:.2f}" if len(advice.names) == 2 else ""
    sentence = f"{_named(best.proposal, _how(best.proposal))} would help most: 95 % of {known}{becomes}"
    others = [_named(one.proposal) for one in advice.outlooks[1:] if one.helps]
    helpers = {one.proposal.observable for one in advice.outlooks if one.helps}
    useless = list(dict.fromkeys(
        one.proposal.observable for one in advice.outlooks if one.proposal.observable not in helpers
    ))  # fmt: skip
    sentence += f"; {_listed(others)} would too" if others else ""
    return sentence + (f"; {_listed(useless)} would not" if useless else "")


def _within(fitted: Fitted, after: float, before: float) -> str:
    """Say how far a parameter is known, and now."""
    if fitted.prior.is_log:
        return f"within {_factor(after)} (now {_factor(before)})"
    unit = "" if fitted.unit == "1" else f" {fitted.unit}"
    return f"within {REACH * after:.2g}{unit} either way (now {REACH * before:.2g})"


def _factor(spread: float) -> str:
    """Say a spread of the logarithm as a share, or as a factor where it is large."""
    factor = math.exp(min(REACH * spread, 500.0))
    return f"{100.0 * (factor - 1.0):.2g} %" if factor < 1.5 else f"a factor of {factor:.2g}"


def _named(proposal: Proposal, how: str = "") -> str:
    return f"{proposal.observable} ({proposal.site}{how})"


def _how(proposal: Proposal) -> str:
    days = _listed([f"{day:g}" for day in proposal.days])
    noise = _err(proposal)
    where = f"; {proposal.animals} animals, day{'s' * (len(proposal.days) > 1)} {days}"
    return f"{where}{'; assumed ' if proposal.assumed else '; '}{noise}" if noise else where


def _err(proposal: Proposal) -> str:
    """Say how a proposal errs, by what its noise needs."""
    noise, needs = proposal.noise, OBSERVABLES[proposal.observable].needs
    words = {
        "drawn": f"{noise.drawn:g} ml drawn", "error": f"error {noise.error:g}",
        "dispersion": f"dispersion {noise.dispersion:g}" if noise.dispersion else "",
    }  # fmt: skip
    return ", ".join(filter(None, (words.get(need, "") for need in needs)))


def _told(outlook: Outlook) -> dict[str, Any]:
    proposal = outlook.proposal
    needs = OBSERVABLES[proposal.observable].needs
    noise = {key: value for key, value in asdict(proposal.noise).items() if key in needs}
    return {
        "observable": proposal.observable, "site": proposal.site, "animals": proposal.animals,
        "days": list(proposal.days), "noise": noise, "assumed": proposal.assumed,
        "correlation": _finite(outlook.correlation), "spread": list(outlook.spread), "left": outlook.left,
        "helps": outlook.helps,
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
