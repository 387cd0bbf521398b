"""From a scenario to a Run: every arm and replicate simulated, on any number of threads with the same result."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import pandas as pd
import xarray as xr

from selfseed.base.errors import RunError
from selfseed.base.streams import SEED_LIMIT, replicate_key
from selfseed.engine.animal import Outcome, run_animal
from selfseed.engine.checkpoint import pack, unpack
from selfseed.engine.collect import collect
from selfseed.engine.compiled import is_compiled
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.engine.uncertain import MOST_REPLICATES, outcome_over_ranges
from selfseed.results import Run, build_manifest, resources_used
from selfseed.results.chunks import Chunks
from selfseed.results.words import COLUMNS, table
from selfseed.scenario import ResolvedArm, Scenario, resolve

ENGINES = ("stochastic", "mean-field")

CHUNKS_PER_RUN = 50

MOST_BYTES = 4 * 2**30
"""Memory that the arrays of a run may take."""

Progress = Callable[[int, int], None]

NO_RANGES = table("uncertain", {column: [] for column in COLUMNS["uncertain"]})


def simulate(
    scenario: Scenario,
    *,
    seed: int | None = None,
    replicates: int | None = None,
    engine: str = "stochastic",
    threads: int | None = None,
    progress: Progress | None = None,
    notify: Callable[[str], None] | None = None,
    chunks: Chunks | None = None,
) -> Run:
    """Simulate every arm of a scenario and return what happened.

    Parameters
    ----------
    scenario : Scenario
    seed : int, optional
        Takes the place of the scenario's; without either, 0. Arms share it, so they are paired animal by animal.
    replicates : int, optional
        Animals or patients per arm; takes the place of the scenario's. The mean field needs one.
    engine : {"stochastic", "mean-field"}
    threads : int, optional
        Default: one per core. The result is the same for any number.
    progress : callable (done, total), optional
    notify : callable (sentence), optional
        Is told when the engine must be compiled first.
    chunks : Chunks, optional
        Where finished animals are kept, and looked for first; see `selfseed.results.chunks.hold`.

    Returns
    -------
    Run

    Raises
    ------
    RunError
        When a table overflows or a cell is not accounted for.

    Examples
    --------
    >>> import selfseed
    >>> run = selfseed.simulate(selfseed.catalog.get("kim2009-two-gland"), seed=1, replicates=2)
    >>> run.arrays.sizes["replicate"]
    2
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    before = resources_used()
    _refuse_what_makes_no_sense(scenario, engine, seed, replicates)
    used_seed = next(value for value in (seed, scenario.seed, 0) if value is not None)
    animals = 1 if engine == "mean-field" else replicates or scenario.replicates
    scenario = scenario.model_copy(update={"seed": used_seed, "replicates": animals})
    if notify is not None and not is_compiled(engine):
        notify("compiling the engine (once, about half a minute; later starts are instant) ...")
    simulation = Simulation(used_seed, engine, threads or os.cpu_count() or 1, progress, chunks)
    arrays, tables, notes = simulation.run(scenario, animals)
    tables["uncertain"] = outcome_over_ranges(scenario, animals, simulation.glance)
    manifest = build_manifest(
        scenario, arrays, tables, seed=used_seed, replicates=animals, engine=engine, started=started,
        elapsed_s=time.perf_counter() - clock, usage_before=before,
        notes=notes,
    )  # fmt: skip
    return Run(scenario=scenario, arrays=arrays, manifest=manifest, **tables)


def simulate_arms(
    scenario: Scenario,
    arms: Sequence[ResolvedArm],
    *,
    seed: int,
    replicates: int,
    engine: str = "stochastic",
    threads: int | None = None,
    progress: Progress | None = None,
) -> Run:
    """Simulate counterfactual arms of a scenario, paired animal by animal; the run is to be looked at, not kept.

    Parameters
    ----------
    scenario : Scenario
    arms : sequence of ResolvedArm
        As `selfseed.scenario.counterfactual` makes them; all over the same sites, clones and times.
    seed, replicates, engine, threads, progress : see `simulate`

    Raises
    ------
    RunError
        When a table overflows or a cell is not accounted for.
    """
    _refuse_what_makes_no_sense(scenario, engine, seed, replicates)
    return Simulation(seed, engine, threads or os.cpu_count() or 1, progress).glance(
        scenario.model_copy(update={"uncertain": {}}), 1 if engine == "mean-field" else replicates, tuple(arms)
    )


@dataclass
class Simulation:
    """Simulate scenarios with one seed, one engine and one number of threads, and count what has been done."""

    seed: int
    engine: str
    threads: int
    progress: Progress | None
    chunks: Chunks | None = None
    done: int = 0
    total: int = 0
    runs: int = 0

    def run(
        self, scenario: Scenario, replicates: int, arms: Sequence[ResolvedArm] = ()
    ) -> tuple[xr.Dataset, dict[str, pd.DataFrame], tuple[str, ...]]:
        """Return arrays, tables and notes of ``arms``, or else of all arms of ``scenario``."""
        arms = arms or resolve(scenario)
        values = sum(len(values) for values in scenario.uncertain.values())
        self.total = self.total or len(arms) * replicates + 2 * values * min(replicates, MOST_REPLICATES)
        _refuse_what_memory_cannot_hold(arms, replicates)
        outcomes = self._outcomes(scenario, arms, replicates)
        return (*collect(scenario, arms, outcomes, self.engine), _notes(outcomes))

    def glance(self, scenario: Scenario, replicates: int, arms: Sequence[ResolvedArm] = ()) -> Run:
        """Return a run that is only looked at, without provenance."""
        arrays, tables, _ = self.run(scenario, replicates, arms)
        return Run(scenario=scenario, arrays=arrays, uncertain=NO_RANGES, manifest={}, **tables)

    def _outcomes(self, scenario: Scenario, arms: Sequence[ResolvedArm], replicates: int) -> list[list[Outcome]]:
        """Return outcomes[arm][replicate]; each depends on its arm and replicate alone."""
        numerics = scenario.numerics
        plans = [(plan_setting(arm), plan_between(arm), plan_course(arm, numerics)) for arm in arms]
        keys = [replicate_key(self.seed, replicate) for replicate in range(replicates)]

        def task(number: int) -> Outcome:
            setting, between, course = plans[number // replicates]
            if self.engine == "mean-field":
                return run_mean_field(setting, course, numerics.cohorts)
            return run_animal(setting, between, course, keys[number % replicates], numerics.max_families)

        outcomes = list(self._counted(task, len(arms) * replicates))
        self.runs += 1
        return [outcomes[arm * replicates : (arm + 1) * replicates] for arm in range(len(arms))]

    def _counted(self, task: Callable[[int], Outcome], total: int) -> Iterator[Outcome]:
        """Yield the outcomes of all tasks in their order; the first compiles before threads start."""
        size = -(-total // CHUNKS_PER_RUN)
        with ThreadPoolExecutor(max_workers=self.threads) as pool:
            try:
                for first in range(0, total, size):
                    for outcome in self._chunk(pool, task, range(first, min(first + size, total))):
                        self.done += 1
                        if self.progress is not None:
                            self.progress(self.done, self.total)
                        yield outcome
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _chunk(self, pool: ThreadPoolExecutor, task: Callable[[int], Outcome], numbers: range) -> Iterable[Outcome]:
        """Return the outcomes of a stretch of tasks: those that are kept, or else new ones, which are kept."""
        name = f"{self.runs:04d}-{numbers.start:07d}"
        kept = None if self.chunks is None else self.chunks.read(name)
        if kept is not None:
            return unpack(kept)
        alone = 1 if numbers.start == 0 else 0
        outcomes = chain([task(number) for number in numbers[:alone]], pool.map(task, numbers[alone:]))
        if self.chunks is None:
            return outcomes
        found = list(outcomes)
        self.chunks.write(name, pack(found))
        return found


def _refuse_what_makes_no_sense(scenario: Scenario, engine: str, seed: int | None, replicates: int | None) -> None:
    if not isinstance(scenario, Scenario):
        raise RunError(
            f"{scenario!r:.80} is no scenario; make one with selfseed.read(path) or selfseed.catalog.get(name)"
        )
    if engine not in ENGINES:
        raise RunError(f"there is no engine '{engine}'; there are {' and '.join(ENGINES)}")
    if seed is not None and not 0 <= seed < SEED_LIMIT:
        raise RunError(f"the seed is {seed}; it must be a whole number from 0 to 2**63 - 1")
    if replicates is not None and replicates < 1:
        raise RunError(f"{replicates} replicates; at least 1 is needed")


def _refuse_what_memory_cannot_hold(arms: Sequence[ResolvedArm], replicates: int) -> None:
    sites, clones, times = len(arms[0].sites), len(arms[0].clones), len(arms[0].times_day)
    needed = 8 * len(arms) * replicates * times * sites * (2 * clones + 4)
    if needed > MOST_BYTES:
        raise RunError(
            f"{len(arms)} arms of {replicates} replicates with {times} times, {sites} sites and {clones} clones need "
            f"{needed / 2**30:.0f} GB of memory, and at most {MOST_BYTES / 2**30:.0f} are taken; "
            f"ask for at most {replicates * MOST_BYTES // needed} replicates, or for fewer arms at a time"
        )


def _notes(outcomes: Sequence[Sequence[Outcome]]) -> tuple[str, ...]:
    pooled = sum(outcome.pooled for arm in outcomes for outcome in arm)
    if not pooled:
        return ()
    return (f"{pooled} founders joined a family of their kind because a table of families was full",)
