"""Carry out `selfseed history infer`: from an order to a folder with the answer, its histories and its page."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selfseed.doors import question
from selfseed.doors.folder import cannot_be_written, hold
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.history.answer import Answer
    from selfseed.history.counts import ReadCounts
    from selfseed.history.evidence import Evidence, Patient
    from selfseed.history.parsimony import Front

SUMMARY, PAGE = "summary.json", "report.html"
MOST_WRITTEN = 100
"""Most parsimonious histories that are written out."""

MOST_SECONDS = 5.0
"""They are searched for no longer than this, so that the posterior has the time."""

_SHOWN_ARCS = 6
_CRITERIA = ("unobserved places", "migrations", "comigrations", "seeding sites")


@dataclass(frozen=True)
class Order:
    """Hold everything that one call of ``selfseed history infer`` asks for."""

    patient: Patient
    primary: str | None
    reason: str
    prior: float
    seed: int
    budget_seconds: float
    leave_out: bool
    patterns: tuple[str, ...]
    out: Path
    force: bool


@dataclass(frozen=True)
class Outcome:
    """Hold what came of an order: the answer, the most parsimonious histories, and the numbers of both."""

    answer: Answer
    front: Front
    summary: dict[str, Any]


def default_folder(files: tuple[str, ...], asked: str) -> Path:
    """Return where results go unless told: ``runs/<date>-<file>-<hash8>``."""
    return question.run_directory(files[0], f"history {asked}")


def carry_out(order: Order, talk: Talk) -> Outcome:
    """Infer, leave the answer in the folder of the order, whole or not at all, and return it.

    Raises
    ------
    OutputError
        Before anything is computed, if the folder cannot be written.
    """
    from selfseed.history.summary import KIND

    with hold(order.out, SUMMARY, KIND, force=order.force) as draft:
        talk.say(order.reason)
        try:
            outcome = _infer(order, talk)
        except KeyboardInterrupt:
            talk.say("stopped before the end; nothing is kept")
            raise
        talk.say(f"keeping the answer in {order.out} ...")
        try:
            _fill(draft, outcome, order.patient.name)
        except OSError as error:
            raise cannot_be_written(order.out, error) from None
    return outcome


def told(outcome: Outcome) -> str:
    """Return the answer in a few lines."""
    from selfseed.views.history_words import chance, evidence, factor

    answer = outcome.answer
    lines = [
        f"reseeding      {answer.verdict}: probability {chance(answer.p_reseeding)}, prior {answer.prior:g}, "
        f"Bayes factor {factor(answer.bayes_factor)} ({evidence(answer.bayes_factor)})",
        f"  of which     into the primary {chance(answer.p_primary_reseeded)}, "
        f"between metastases alone {chance(answer.p_metastases_reseeded)}",
        f"primary        {_primaries(answer)}",
        f"migrations     {_arcs(answer)}",
        f"parsimony      {_parsimony(outcome.front)}",
        f"how sure       {_trust(answer)}",
    ]
    return "\n".join(lines)


def as_json(summary: dict[str, Any]) -> str:
    """Return ``summary.json`` as text."""
    return json.dumps(summary, indent=2, ensure_ascii=False, allow_nan=False)


def _infer(order: Order, talk: Talk) -> Outcome:
    import selfseed
    from selfseed.history.evidence import infer_history
    from selfseed.history.model import learned
    from selfseed.history.parsimony import parsimonious
    from selfseed.history.summary import likeliest_tree, summary_of

    _compile(order.patient.evidence, talk)
    answer = infer_history(
        order.patient.evidence,
        order.primary,
        prior=order.prior,
        seed=order.seed,
        budget_seconds=order.budget_seconds,
        leave_out=order.leave_out,
        say=talk.say,
    )
    notes = tuple(dict.fromkeys((order.reason, *order.patient.notes, *answer.notes)))
    answer = replace(answer, notes=notes)
    for note in notes[1:]:
        talk.detail(note)
    talk.say("looking for the histories with the fewest events")
    front = parsimonious(
        likeliest_tree(answer),
        answer.primary,
        patterns=order.patterns,
        limit=MOST_WRITTEN,
        seconds=min(MOST_SECONDS, order.budget_seconds / 4),
    )
    summary = summary_of(
        answer,
        front,
        asked_for=_input(order.patient),
        patterns=order.patterns,
        seed=order.seed,
        version=selfseed.__version__,
        model=learned().origin,
        notes=notes,
    )
    return Outcome(answer, front, summary)


def _fill(draft: Path, outcome: Outcome, patient: str) -> None:
    from selfseed.history import summary, write
    from selfseed.views.history import write_history_page

    answer, front = outcome.answer, outcome.front
    history = answer.history
    support = summary.support_of(answer, history)
    confidence = summary.confidence_of(answer, history)
    write.write_machina(history, draft)
    scores = [{} if number is None else {"arrangements": float(number)} for number in front.arrangements]
    write.write_front(list(zip(front.histories, scores, strict=True)), draft / "front")
    texts = {
        "history.nwk": write.write_newick(history, support) + "\n",
        "history.nex": write.write_nexus(history, support),
        "auspice.json": write.write_auspice(history, confidence, title=f"Migration history of {patient}"),
        "mach2-viz.json": write.write_mach2_viz(summary.leading_histories(answer), patient),
        "migrations.tsv": summary.migrations_table(answer),
        SUMMARY: as_json(outcome.summary) + "\n",
    }
    for name, text in texts.items():
        (draft / name).write_text(text, encoding="utf-8", newline="\n")
    write_history_page(answer, draft / PAGE, patient=patient)


def _input(patient: Patient) -> dict[str, Any]:
    """Return what was read, as ``summary.json`` says it."""
    from selfseed.history.counts import ReadCounts

    evidence = patient.evidence
    reads = evidence if isinstance(evidence, ReadCounts) else None
    return {
        "kind": patient.kind,
        "files": [_fingerprint(name) for name in patient.files],
        "sites": list(patient.sites),
        "clones": None if isinstance(evidence, ReadCounts) else len(evidence),
        "mutations": None if reads is None else len(reads.mutations),
        "samples": None if reads is None else len(reads.samples),
    }


def _primaries(answer: Answer) -> str:
    from selfseed.views.history_words import chance

    if len(answer.primaries) == 1:
        return f"{answer.primary} (given)"
    ranked = sorted(answer.primaries.items(), key=lambda item: -item[1])
    more = f", {len(ranked) - 4} more" if len(ranked) > 4 else ""
    shown = ", ".join(f"{site} {chance(p)}" for site, p in ranked[:4])
    return f"not given; on one scale {shown}{more}; all else takes {answer.primary} for it"


def _arcs(answer: Answer) -> str:
    from selfseed.views.history_words import chance

    arcs = list(answer.p_migration.items())
    shown = ", ".join(f"{source} to {target} {chance(p)}" for (source, target), p in arcs[:_SHOWN_ARCS])
    return (shown or "none") + (f", {len(arcs) - _SHOWN_ARCS} less probable" if len(arcs) > _SHOWN_ARCS else "")


def _parsimony(front: Front) -> str:
    if not front.histories:
        return "; ".join(front.notes)
    returning = sum(history.graph.reseeding for history in front.histories)
    best = front.points[0]
    text = f"{best.migrations} migrations, {best.unobserved} unobserved places at least; "
    text += f"{returning} of {len(front.histories)} best migration graphs with reseeding"
    if front.price is None:
        return f"{text}; the price of reseeding was not found"
    price = zip(_CRITERIA, front.price.delta.of("UMCS"), strict=True)
    changes = ", ".join(f"{number:+d} {name}" for name, number in price if number)
    return f"{text}; price of reseeding: {changes or 'none'}{'' if front.price.proved else ' (not proved)'}"


def _trust(answer: Answer) -> str:
    trust = answer.trust
    text = "walks agree" if trust.converged else "NOT CONVERGED, take with care"
    text += f" ({trust.effective_draws:.0f} effective draws, R-hat {trust.shrink_factor:.2f}"
    text += ", cut short by the budget)" if trust.truncated else ")"
    moved = [one.p_reseeding for one in answer.left_out]
    return text + (f"; {min(moved):.2f} to {max(moved):.2f} with one site or sample left out" if moved else "")


def _fingerprint(name: str) -> dict[str, str]:
    return {"name": Path(name).name, "sha256": hashlib.sha256(Path(name).read_bytes()).hexdigest()}


def _compile(evidence: Evidence, talk: Talk) -> None:
    """Compile the loops that ``evidence`` needs, where that was not yet done, so that the budget is not spent on it."""
    from selfseed.history.counts import ReadCounts
    from selfseed.history.infer import infer_from_reads
    from selfseed.kernels.clone_moves import walk
    from selfseed.kernels.histories import wander

    is_reads = isinstance(evidence, ReadCounts)
    if all(_is_compiled(loop) for loop in ((wander, walk) if is_reads else (wander,))):
        return
    talk.say("compiling (once on this machine, about a minute; later starts are quick) ...")
    if is_reads:
        infer_from_reads(_smallest_reads(), "P", budget_seconds=1.0, leave_out=False)


def _is_compiled(loop: Any) -> bool:
    """Return whether a loop is in memory or in numba's cache on disk; numba names no public way to ask."""
    return bool(loop.signatures) or Path(loop._cache._cache_file._index_path).exists()


def _smallest_reads() -> ReadCounts:
    """Return reads of two mutations in two sites: all that the compiler needs to see."""
    import numpy as np

    from selfseed.history.counts import ReadCounts

    variant = np.array([[40, 0], [40, 40]])
    return ReadCounts(("0", "1"), ("P", "M"), ("P", "M"), 80 - variant, variant, np.ones(2))
