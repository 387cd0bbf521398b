"""Go on from the middle of a run with another treatment: the same animals until a day, another arm from then on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from selfseed.base.errors import RunError
from selfseed.base.streams import replicate_key
from selfseed.engine.animal import Outcome, check_books, compact, empty_animal, empty_record, own_setting, restore
from selfseed.engine.collect import collect
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.kernels.between import growth_of_animal
from selfseed.kernels.families import CLUMPS, FAMILIES, FINISHED, POOLED, Animal
from selfseed.kernels.stochastic import Course, Record, carry_on, close_books, set_dates
from selfseed.results import Run, build_manifest
from selfseed.results.words import COLUMNS, table
from selfseed.scenario import ResolvedArm, ResolvedProcedure, Scenario, resolve

if TYPE_CHECKING:
    from selfseed.results.chunks import Chunks


@dataclass(frozen=True)
class State:
    """Hold an animal in the middle of a run, and what was measured until then.

    Attributes
    ----------
    animal : mapping of str to ndarray
        The parts of `selfseed.kernels.families.Animal`, without the places that are not used.
    record : Record
        Its first rows.
    """

    animal: Mapping[str, np.ndarray]
    record: Record


def rows_until(times_day: Sequence[float], day: float) -> int:
    """Return how many of the stored times are not after ``day``, which must be one of them.

    Raises
    ------
    RunError
        With the nearest days that are stored, if it is not.
    """
    times = np.asarray(times_day)
    found = np.flatnonzero(np.abs(times - day) < 1e-6)
    if not found.size or found[0] == times.size - 1:
        near = ", ".join(f"{time:g}" for time in sorted(times[:-1][np.argsort(np.abs(times[:-1] - day))[:2]]))
        raise RunError(f"day {day:g} is not a day at which this run stores its state; the nearest are {near}")
    return int(found[0]) + 1


def states_at(
    scenario: Scenario, arm: ResolvedArm, day: float, *, seed: int, replicates: int, threads: int | None = None
) -> list[State]:
    """Return every animal of an arm as it is on a day: the checkpoint from which branches go on.

    Raises
    ------
    RunError
        When the day is not stored, or a table overflows.
    """
    rows = rows_until(arm.times_day, day)
    setting, between, whole = plan_setting(arm), plan_between(arm), plan_course(arm, scenario.numerics)
    course = whole._replace(times_day=whole.times_day[:rows])

    def state(number: int) -> State:
        key = np.uint64(replicate_key(seed, number))
        animal, record = _empty(arm, scenario, rows)
        set_dates(course, animal)
        growth = growth_of_animal(setting.growth, between, key)
        _run(setting, growth, course, animal, record, key, 0.0, 0, scenario.numerics.max_families)
        return State(compact(animal), record)

    return _each(state, replicates, threads)


def go_on(
    scenario: Scenario,
    past: ResolvedArm,
    future: ResolvedArm,
    day: float,
    states: Sequence[State],
    *,
    seed: int,
    threads: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Outcome]:
    """Return what becomes of animals that were in the arm ``past`` until ``day``, and are in ``future`` from then on.

    Procedures of ``future`` on days before are past; those on the day itself are carried out unless ``past`` had them.
    """
    rows = rows_until(future.times_day, day)
    known = _known(past, future)
    setting, between, course = plan_setting(future), plan_between(future), plan_course(future, scenario.numerics)

    def outcome(number: int) -> Outcome:
        key = np.uint64(replicate_key(seed, number))
        animal, record = _empty(future, scenario, len(future.times_day))
        restore(animal, states[number].animal)
        _copy_rows(record, states[number].record)
        _set_dates(course, animal, states[number], known, day)
        growth = growth_of_animal(setting.growth, between, key)
        _run(setting, growth, course, animal, record, key, day, rows, scenario.numerics.max_families)
        close_books(course, animal, record)
        check_books(animal.ledger)
        progress(1)
        return Outcome(
            record=record, families=animal.families[: animal.counts[FAMILIES]].copy(),
            clumps=animal.clumps[: animal.counts[CLUMPS]].copy(), ledger=animal.ledger, flow=animal.flow,
            routes=animal.routes, happened=animal.happened, pooled=int(animal.counts[POOLED]),
        )  # fmt: skip

    return _each(outcome, len(states), threads)


def branch(
    scenario: Scenario,
    *,
    seed: int,
    replicates: int,
    past: str,
    futures: Sequence[str],
    day: float,
    chunks: Chunks | None = None,
    threads: int | None = None,
) -> Run:
    """Return a run whose first arm is ``past`` as it was, and whose others are in ``past`` until ``day`` only.

    Parameters
    ----------
    scenario : Scenario
        Has all the arms that are named.
    seed, replicates : int
        Of the run that is branched.
    past : str
    futures : sequence of str
        The arms that animals change to.
    day : float [day]
        One of the days whose state is stored.
    chunks : Chunks, optional
        Where the checkpoint is kept, and looked for first.
    threads : int, optional

    Raises
    ------
    RunError
        When the day is not stored, a table overflows, or a cell is not accounted for.
    """
    started = datetime.now(UTC)
    arms = {arm.name: arm for arm in resolve(scenario)}
    name = f"state-{day:g}-{list(arms).index(past)}"
    kept = None if chunks is None else chunks.read(name)
    states = (
        states_at(scenario, arms[past], day, seed=seed, replicates=replicates, threads=threads)
        if kept is None
        else unpack_states(kept)
    )
    if kept is None and chunks is not None:
        chunks.write(name, pack_states(states))
    chosen = [arms[past], *(replace(arms[arm], name=f"{arm} from day {day:g}") for arm in futures)]
    outcomes = [
        go_on(scenario, arms[past], future, day, states, seed=seed, threads=threads) for future in chosen
    ]  # fmt: skip
    sources = [past, *futures]
    document = scenario.model_copy(
        update={
            "arms": {arm.name: scenario.arms[source] for arm, source in zip(chosen, sources, strict=True)},
            "switch_off": (),
            "uncertain": {},
            "seed": seed,
            "replicates": replicates,
        }
    )
    arrays, tables = collect(document, chosen, outcomes, "stochastic")
    tables["uncertain"] = table("uncertain", {column: [] for column in COLUMNS["uncertain"]})
    manifest = build_manifest(
        document, arrays, tables, seed=seed, replicates=replicates, engine="stochastic", started=started,
        elapsed_s=(datetime.now(UTC) - started).total_seconds(),
        notes=(f"until day {day:g} every animal was in the arm '{past}'; its other arms hold from that day on",),
    )  # fmt: skip
    return Run(scenario=document, arrays=arrays, manifest=manifest, **tables)


def pack_states(states: Sequence[State]) -> dict[str, np.ndarray]:
    """Return the arrays that hold ``states``."""
    arrays = {}
    for name in Animal._fields:
        parts = [state.animal[name] for state in states]
        arrays[f"animal.{name}"] = np.concatenate([part.reshape(-1) for part in parts])
        arrays[f"sizes.{name}"] = np.array([part.size for part in parts])
        arrays[f"shape.{name}"] = np.array(parts[0].shape[1:], dtype=np.int64)
    arrays |= {f"record.{name}": np.stack([getattr(state.record, name) for state in states]) for name in Record._fields}
    return arrays


def unpack_states(arrays: Mapping[str, np.ndarray]) -> list[State]:
    """Return the states that `pack_states` put into ``arrays``."""
    parts = {
        name: [
            part.reshape((-1, *arrays[f"shape.{name}"]))
            for part in np.split(arrays[f"animal.{name}"], np.cumsum(arrays[f"sizes.{name}"])[:-1])
        ]
        for name in Animal._fields
    }
    count = len(arrays["record.cells"])
    return [
        State(
            {name: values[number] for name, values in parts.items()},
            Record(*(arrays[f"record.{name}"][number] for name in Record._fields)),
        )
        for number in range(count)
    ]


def _known(past: ResolvedArm, future: ResolvedArm) -> list[int]:
    """Return for each procedure of ``future`` which one of ``past`` it is, or -1."""
    left: list[ResolvedProcedure | None] = list(past.procedures)
    known = []
    for step in future.procedures:
        which = left.index(step) if step in left else -1
        known.append(which)
        if which >= 0:
            left[which] = None
    return known


def _set_dates(course: Course, animal: Animal, state: State, known: Sequence[int], day: float) -> None:
    """Write the dates of procedures: as they were where the past had them; what else lies before ``day`` is past."""
    set_dates(course, animal)
    for which, before in enumerate(known):
        if before >= 0:
            animal.due[which] = state.animal["due"][before]
            animal.happened[which] = state.animal["happened"][before]
        elif animal.due[which] < day:
            animal.due[which] = np.inf


def _empty(arm: ResolvedArm, scenario: Scenario, rows: int) -> tuple[Animal, Record]:
    sites, clones = len(arm.sites), len(arm.clones)
    kinds = (sites + 1) * clones * (sites + 1) * 3
    animal = empty_animal(sites, clones, scenario.numerics.max_families + kinds, len(arm.procedures))
    return animal, empty_record(rows, sites, clones)


def _run(setting, growth, course: Course, animal, record, key, now, row, max_families) -> None:
    own = own_setting(setting, course)
    if carry_on(own, growth, course, animal, record, key, now, row) != FINISHED:
        raise RunError(f"more than {max_families} families of cells; raise numerics.max_families")


def _copy_rows(record: Record, before: Record) -> None:
    for name in Record._fields:
        rows = getattr(before, name)
        getattr(record, name)[: len(rows)] = rows


def _each(task: Callable, count: int, threads: int | None) -> list:
    """Return the results of a task for every number in their order; the first runs alone, since it may compile."""
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        first = task(0)
        return [first, *pool.map(task, range(1, count))]
