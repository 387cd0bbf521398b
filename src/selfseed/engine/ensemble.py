"""Very many replicates: simulated in chunks, on any number of workers, reduced where they are computed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from selfseed.base.streams import replicate_key
from selfseed.engine.animal import Outcome, run_animal
from selfseed.engine.collect import collect_arrays
from selfseed.engine.many import map_tasks
from selfseed.engine.mean_field import run_mean_field
from selfseed.engine.plan import plan_between, plan_course, plan_setting
from selfseed.results import Run, build_manifest, resources_used
from selfseed.results.ensemble import COURSES, OUTCOMES, QUANTILES, TRACED, Ensemble
from selfseed.results.measures import final_volume_mm3, is_seeded, label_share, readings, seeds
from selfseed.results.moments import Moments
from selfseed.scenario import ResolvedArm, Scenario, resolve, to_yaml

if TYPE_CHECKING:
    from selfseed.results.chunks import Chunks

MOST_PER_CHUNK = 1000
FEWEST_CHUNKS = 100
CHUNK_BYTES = 64 * 2**20
COURSE_TIMES = 61
TRACES = 20
"""Replicates whose courses are kept whole."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Piece:
    """State one chunk of work: replicates ``first`` to ``first + count`` of all arms of a scenario."""

    scenario: Scenario
    seed: int
    engine: str
    first: int
    count: int

    @property
    def asked(self) -> str:
        """Return the hash of everything that decides the numbers."""
        text = json.dumps([to_yaml(self.scenario), self.seed, self.engine, self.first, self.count])
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class _Reduced:
    """Put together the chunks of one scenario, in their order, whatever the order in which they come."""

    pieces: Sequence[Piece]
    early: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)
    outcomes: list[dict[str, np.ndarray]] = field(default_factory=list)
    courses: dict[str, Moments] = field(default_factory=dict)
    traces: dict[str, list[np.ndarray]] = field(default_factory=dict)

    def add(self, number: int, arrays: dict[str, np.ndarray]) -> None:
        self.early[number] = arrays
        while len(self.outcomes) in self.early:
            self._merge(self.early.pop(len(self.outcomes)))

    def _merge(self, arrays: dict[str, np.ndarray]) -> None:
        for name in COURSES:
            moments = Moments.kept(arrays, name)
            self.courses[name] = self.courses[name].and_then(moments) if name in self.courses else moments
        for name in TRACED:
            if f"trace/{name}" in arrays:
                self.traces.setdefault(name, []).append(arrays[f"trace/{name}"])
        self.outcomes.append({name: arrays[name] for name in (*OUTCOMES, "final_ctc_per_ml")})


def simulate_ensembles(
    scenarios: Sequence[Scenario],
    *,
    seed: int,
    replicates: int,
    engine: str = "stochastic",
    workers: int | None = None,
    cluster: str | None = None,
    chunks: Chunks | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda sentence: None,
) -> Iterator[tuple[int, Ensemble]]:
    """Simulate many replicates of several scenarios, and yield the number and the reduced results of each.

    Parameters
    ----------
    scenarios : sequence of Scenario
    seed : int
        Equal replicates of all arms and scenarios share their random numbers.
    replicates : int
        Per arm; the mean field has one.
    engine : {"stochastic", "mean-field"}
    workers, cluster : see `selfseed.engine.many.map_tasks`
        Never change a bit of the results.
    chunks : Chunks, optional
        Where finished chunks are kept, and looked for first.
    progress : callable (done, total), optional
        In replicates times arms.
    say : callable (sentence), optional

    Yields
    ------
    number : int
        Of the scenario; they come in the order in which they end.
    ensemble : Ensemble

    Raises
    ------
    RunError
        When a replicate cannot be carried through, or the workers cannot.
    """
    replicates = 1 if engine == "mean-field" else replicates
    parts = [_pieces(scenario, seed, engine, replicates) for scenario in scenarios]
    owners = [(point, number) for point, pieces in enumerate(parts) for number in range(len(pieces))]
    watch = _Watch(progress, sum(_size(piece) for pieces in parts for piece in pieces))
    reduced = {point: _Reduced(pieces) for point, pieces in enumerate(parts)}
    missing: list[tuple[int, int]] = []

    complete: list[int] = []

    def take(point: int, number: int, arrays: dict[str, np.ndarray]) -> None:
        reduced[point].add(number, arrays)
        if len(reduced[point].outcomes) == len(parts[point]):
            complete.append(point)

    def give() -> Iterator[tuple[int, Ensemble]]:
        while complete:
            point = complete.pop()
            yield point, _ensemble(scenarios[point], reduced.pop(point), seed, replicates, engine, watch)

    for point, number in owners:
        piece = parts[point][number]
        kept = None if chunks is None else chunks.read(_name(point, number))
        if kept is None or str(kept.pop("asked")) != piece.asked:
            missing.append((point, number))
        else:
            watch.skip(_size(piece))
            take(point, number, kept)
            yield from give()
    tasks = [parts[point][number] for point, number in missing]
    for which, arrays in map_tasks(reduce_piece, tasks, workers=workers, cluster=cluster, say=say):
        yield from give()  # what the last chunk completes waits until the workers have gone
        point, number = missing[which]
        if chunks is not None:
            chunks.write(_name(point, number), {**arrays, "asked": np.array(tasks[which].asked)})
        watch.count(_size(tasks[which]))
        take(point, number, arrays)
    yield from give()


def simulate_ensemble(scenario: Scenario, *, seed: int, replicates: int, **how: Any) -> Ensemble:
    """Return the reduced results of one scenario; see `simulate_ensembles`.

    Examples
    --------
    >>> import selfseed
    >>> scenario = selfseed.catalog.get("kim2009-two-gland")
    >>> simulate_ensemble(scenario, seed=1, replicates=4, workers=1).arrays.sizes["replicate"]
    4
    """
    return next(ensemble for _, ensemble in simulate_ensembles([scenario], seed=seed, replicates=replicates, **how))


def reduce_piece(piece: Piece) -> dict[str, np.ndarray]:
    """Simulate one chunk and return what is kept of it, by name."""
    scenario, arms = piece.scenario, resolve(piece.scenario)
    outcomes = [_outcomes(arm, piece) for arm in arms]
    arrays = collect_arrays(scenario, arms, outcomes, piece.engine)
    run = Run(scenario=scenario, arrays=arrays, families=None, deposits=None, events=None, uncertain=None)  # type: ignore[arg-type]
    sites = list(readings(run))
    per_site = {"is_seeded": is_seeded, "label_share": label_share, "final_volume": final_volume_mm3, "seeds": seeds}
    kept = {
        name: np.stack([np.asarray(read(run, site), dtype=float) for site in sites], axis=-1)
        for name, read in per_site.items()
    }
    kept["final_ctc_per_ml"] = arrays["ctc_per_ml"].values[:, :, -1]
    rows = course_rows(arrays["time"].values)
    for name, values in _courses(arrays, rows).items():
        kept |= Moments.of(values).arrays(name)
    if piece.first < TRACES:
        kept |= {f"trace/{name}": arrays[name].values[:, : TRACES - piece.first, rows] for name in TRACED}
    return kept


def course_rows(times_day: np.ndarray) -> np.ndarray:
    """Return which of the stored times a course keeps: at most 61, evenly, the first and the last among them."""
    return np.unique(np.linspace(0, len(times_day) - 1, min(COURSE_TIMES, len(times_day))).round().astype(int))


def _outcomes(arm: ResolvedArm, piece: Piece) -> list[Outcome]:
    numerics = piece.scenario.numerics
    setting, between, course = plan_setting(arm), plan_between(arm), plan_course(arm, numerics)
    if piece.engine == "mean-field":
        return [run_mean_field(setting, course, numerics.cohorts)]
    keys = (replicate_key(piece.seed, number) for number in range(piece.first, piece.first + piece.count))
    return [run_animal(setting, between, course, key, numerics.max_families) for key in keys]


def _courses(arrays: xr.Dataset, rows: np.ndarray) -> dict[str, np.ndarray]:
    at = {name: arrays[name].values[:, :, rows] for name in ("volume", "label_share", "stroma", "ctc_per_ml")}
    everything = arrays["cells"].values[:, :, rows].sum(axis=-1)
    seeded = arrays["seeded_cells"].values[:, :, rows]
    alive = everything > 0.0
    return at | {
        "seeded_share": np.where(alive, seeded / np.where(alive, everything, 1.0), np.nan),
        "label_share": np.where(alive[..., None], at["label_share"], np.nan),
    }


def _pieces(scenario: Scenario, seed: int, engine: str, replicates: int) -> list[Piece]:
    """Cut the replicates into chunks; the cut hangs on the scenario and their number alone, as do the last bits."""
    scenario = scenario.model_copy(update={"seed": seed, "replicates": replicates, "uncertain": {}})
    arms = resolve(scenario)
    sites, clones, times = len(arms[0].sites), len(arms[0].clones), len(arms[0].times_day)
    bytes_each = 8 * len(arms) * times * sites * (2 * clones + 6)
    most = max(1, min(MOST_PER_CHUNK, CHUNK_BYTES // bytes_each))
    size = min(most, max(1, -(-replicates // FEWEST_CHUNKS)))
    return [Piece(scenario, seed, engine, first, min(size, replicates - first)) for first in range(0, replicates, size)]


def _size(piece: Piece) -> int:
    return piece.count * (len(piece.scenario.arms) + len(piece.scenario.switch_off))


def _name(point: int, number: int) -> str:
    return f"{point:06d}-{number:06d}"


@dataclass
class _Watch:
    """Count what is done, and when it began."""

    progress: Progress | None
    total: int
    done: int = 0
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.perf_counter)
    usage: Any = field(default_factory=resources_used)

    def count(self, size: int) -> None:
        self.done += size
        if self.progress is not None:
            self.progress(self.done, self.total)

    def skip(self, size: int) -> None:
        self.total -= size


def _ensemble(
    scenario: Scenario, reduced: _Reduced, seed: int, replicates: int, engine: str, watch: _Watch
) -> Ensemble:
    scenario = scenario.model_copy(update={"seed": seed, "replicates": replicates})
    arrays = _dataset(scenario, reduced, engine)
    manifest = build_manifest(
        scenario, arrays, {}, seed=seed, replicates=replicates, engine=engine, started=watch.started,
        elapsed_s=time.perf_counter() - watch.clock, usage_before=watch.usage,
    )  # fmt: skip
    return Ensemble(scenario=scenario, arrays=arrays, manifest=manifest)


def _dataset(scenario: Scenario, reduced: _Reduced, engine: str) -> xr.Dataset:
    """Name and measure everything; outcomes over arm, replicate and site, courses over arm and time."""
    arms = resolve(scenario)
    sites = [site for site, _ in arms[0].sites]
    labels = list(dict.fromkeys(clone.label for clone in arms[0].clones if clone.label))
    times = np.array(arms[0].times_day)
    measured = _measured_sites(scenario)
    over = {
        "volume": ("site",), "seeded_share": ("site",), "label_share": ("site", "label"), "stroma": ("site",),
        "ctc_per_ml": ("draw",),
    }  # fmt: skip
    variables: dict[str, Any] = {}
    for name, (unit, meaning) in OUTCOMES.items():
        values = np.concatenate([part[name] for part in reduced.outcomes], axis=1)
        variables[f"outcome_{name}"] = (("arm", "replicate", "measured_site"), values, _about(unit, meaning))
    ctc = np.concatenate([part["final_ctc_per_ml"] for part in reduced.outcomes], axis=1)
    variables["outcome_ctc_per_ml"] = (("arm", "replicate", "draw"), ctc, _about(*COURSES["ctc_per_ml"]))
    for name, moments in reduced.courses.items():
        unit, meaning = COURSES[name]
        dims = ("arm", "course_time", *over[name])
        variables[f"course_{name}_mean"] = (dims, moments.means(), _about(unit, f"mean of the {meaning}"))
        variables[f"course_{name}_sd"] = (
            dims,
            moments.deviation(),
            _about(unit, f"standard deviation of the {meaning}"),
        )
        bands = np.stack([moments.quantile(share) for share in QUANTILES], axis=-1)
        variables[f"course_{name}_quantile"] = (
            (*dims, "quantile"), bands, _about(unit, f"quantiles of the {meaning}, right to 3 %"),
        )  # fmt: skip
    for name, parts in reduced.traces.items():
        dims = ("arm", "traced", "course_time", *over[name])
        variables[f"trace_{name}"] = (dims, np.concatenate(parts, axis=1), _about(*COURSES[name]))
    coordinates = {
        "arm": [arm.name for arm in arms], "site": sites, "measured_site": measured, "label": labels,
        "draw": ["vein", "artery"],
    }  # fmt: skip
    named = {name: (name, np.array(words, dtype=object)) for name, words in coordinates.items()}
    numbers = {
        "replicate": ("replicate", np.arange(ctc.shape[1])),
        "course_time": ("course_time", times[course_rows(times)], {"units": "day"}),
        "quantile": ("quantile", np.array(QUANTILES)),
    }
    return xr.Dataset(
        variables,
        coords={**named, **numbers},
        attrs={"Conventions": "CF-1.11", "title": scenario.title, "engine": engine},
    )


def _measured_sites(scenario: Scenario) -> list[str]:
    empty = Run(scenario=scenario, arrays=None, families=None, deposits=None, events=None, uncertain=None)  # type: ignore[arg-type]
    return list(readings(empty))


def _about(unit: str, meaning: str) -> dict[str, str]:
    return {"units": unit, "long_name": meaning}
