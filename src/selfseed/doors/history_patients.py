"""Carry out `selfseed history simulate`: patients with their true histories, in the files of MACHINA's benchmark."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.doors.folder import cannot_be_written, hold
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    from selfseed.history.settings import Settings
    from selfseed.history.simulate import SimulatedPatient

INDEX, KIND = "patients.json", "simulated patients"


@dataclass(frozen=True)
class Plan:
    """Hold everything that one call of ``selfseed history simulate`` asks for; no settings: drawn for each patient."""

    out: Path
    count: int
    seed: int
    kinds: tuple[str, ...]
    settings: Settings | None
    force: bool


def make_plan(
    out: Path,
    count: int,
    seed: int,
    kinds: Sequence[str],
    given: Mapping[str, float | None],
    *,
    broad: bool,
    force: bool,
) -> Plan:
    """Return the plan, all settings checked.

    Raises
    ------
    ScenarioError
        If a setting is out of its range, or given beside ``broad``.
    """
    from selfseed.history.settings import KINDS, Settings

    chosen = {name: value for name, value in given.items() if value is not None}
    problems = []
    for kind in kinds:
        if kind not in KINDS:
            close = nearest(kind, KINDS)
            hint = f"; did you mean '{close}'?" if close else ""
            problems.append(Problem("--kind", repr(kind), f"must be one of {', '.join(KINDS)}{hint}"))
    if broad and chosen:
        named = ", ".join(f"--{name.removeprefix('detectable_')}" for name in chosen)
        problems.append(Problem("--broad", "draws every setting", f"leave out {named}, or --broad"))
    if problems:
        raise ScenarioError("the command", problems)
    settings = None if broad else Settings(**chosen)  # type: ignore[arg-type]
    return Plan(out, count, seed, tuple(kinds) or KINDS, settings, force)


def carry_out(plan: Plan, talk: Talk) -> str:
    """Simulate the patients, leave them in the folder, and return a table of them.

    Raises
    ------
    OutputError
        Before anything is computed, if the folder cannot be written.
    RunError
        If thousands of patients in a row were not of the kind asked for.
    """
    rows = []
    with hold(plan.out, INDEX, KIND, force=plan.force) as draft:
        talk.say(f"seed {plan.seed}; kinds of seeding, in turn: {', '.join(plan.kinds)}")
        if not _is_compiled():
            talk.say("compiling (once on this machine, some ten seconds; later starts are quick) ...")
        with talk.progress("simulating patients") as progress, _between_patients() as stop_if_asked:
            for index, patient in enumerate(_patients(plan)):
                try:
                    rows.append(_write(draft, index, patient, plan.seed))
                except OSError as error:
                    raise cannot_be_written(plan.out, error) from None
                progress(index + 1, plan.count)
                stop_if_asked()
        try:
            _write_index(draft, plan, rows)
        except OSError as error:
            raise cannot_be_written(plan.out, error) from None
    return _table(rows)


@contextmanager
def _between_patients() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back until what is yielded is called: it may crash a loop that is just handing over its tumours.

    A second Ctrl-C is not held back.
    """
    asked: list[int] = []
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGINT) if in_main else None

    def remember(number: int, frame: object) -> None:
        asked.append(number)
        signal.signal(signal.SIGINT, before)

    def stop_if_asked() -> None:
        if asked:
            raise KeyboardInterrupt

    held = in_main and callable(before)
    if held:
        signal.signal(signal.SIGINT, remember)
    try:
        yield stop_if_asked
    finally:
        if held:
            signal.signal(signal.SIGINT, before)


def _patients(plan: Plan) -> Iterator[SimulatedPatient]:
    from selfseed.history.simulate import simulate_patients

    return simulate_patients(plan.count, plan.seed, plan.kinds, plan.settings)


def _write(draft: Path, index: int, patient: SimulatedPatient, seed: int) -> dict[str, object]:
    """Write what is known and what is true of one patient, and return its row."""
    from selfseed.history import write

    history, graph = patient.history, patient.history.graph
    name = f"seed{index}"
    write.write_machina(history, draft, f"T_{name}")
    (draft / f"T_{name}.labeling").rename(draft / f"T_{name}.vertex.labeling")
    write.write_clone_tree(history.tree, draft, f"C_{name}")
    write.write_reads(patient.reads, draft / f"reads_{name}.tsv")
    row: dict[str, object] = {
        "patient": index,
        "kind": patient.settings.kind,
        "pattern": graph.pattern,
        "reseeding": graph.reseeding,
        "primary_reseeded": graph.primary_reseeded,
        "metastases_reseeded": graph.metastases_reseeded,
        "sites": len(patient.reads.sites),
        "samples": len(patient.reads.samples),
        "clones": len(history.tree),
        "mutations": len(patient.reads.mutations),
        "migrations": graph.migrations,
    }
    origin = {"seed": seed, "index": index, "attempts": patient.attempts, "primary": history.primary}
    _write_json(draft / f"settings_{name}.json", {**origin, "settings": asdict(patient.settings), "truth": row})
    return row


def _write_index(draft: Path, plan: Plan, rows: list[dict[str, object]]) -> None:
    import selfseed

    settings = None if plan.settings is None else asdict(plan.settings)
    (draft / "patients.tsv").write_text(_table(rows) + "\n", encoding="utf-8", newline="\n")
    index = {"kind": KIND, "selfseed": selfseed.__version__, "seed": plan.seed, "count": plan.count}
    _write_json(draft / INDEX, {**index, "kinds": list(plan.kinds), "settings": settings, "patients": rows})


def _write_json(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")


def _table(rows: list[dict[str, object]]) -> str:
    return "\n".join(["\t".join(rows[0]), *("\t".join(map(str, row.values())) for row in rows)])


def _is_compiled() -> bool:
    """Return whether the loop of growth and seeding is in memory or in numba's cache on disk."""
    from selfseed.kernels.seeding import seed_sites

    cache = seed_sites._cache._cache_file._index_path  # numba names no public way to ask
    return bool(seed_sites.signatures) or Path(cache).exists()
