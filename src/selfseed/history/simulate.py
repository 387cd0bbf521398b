"""Simulate virtual patients whose migration history is known: tumours grow, mutate, seed, are sampled and sequenced."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from selfseed.base.errors import RunError
from selfseed.history.counts import ReadCounts
from selfseed.history.sampling import Sampling, Truth, sample_sites, shares_of_mutations, true_history
from selfseed.history.sequencing import sequence
from selfseed.history.settings import KINDS, Settings, draw_settings
from selfseed.history.tree import History
from selfseed.kernels import seeding

__all__ = [
    "KINDS",
    "Settings",
    "SimulatedPatient",
    "draw_settings",
    "grow",
    "is_of_kind",
    "rules_of",
    "sequence_patient",
    "simulate_patient",
    "simulate_patients",
]

MOST_LINEAGES = 200_000
MOST_ATTEMPTS = 5_000
PATIENCE = 300
"""After so many attempts settings drawn at random are drawn anew."""


@dataclass(frozen=True)
class SimulatedPatient:
    """Hold one virtual patient.

    Parameters
    ----------
    history : History
        The true migration history, as far as the samples can show it; ``history.tree`` is the true clone tree.
    reads : ReadCounts
        What sequencing counted of its samples.
    shares : array (samples, mutations), in [0, 1]
        The share of tumour cells of each sample that truly carry each mutation.
    settings : Settings
    attempts : int, >= 1
        How many patients were drawn until one was of the kind asked for.
    """

    history: History
    reads: ReadCounts
    shares: np.ndarray
    settings: Settings
    attempts: int


def simulate_patient(settings: Settings, seed: int, index: int = 0) -> SimulatedPatient:
    """Return the virtual patient ``index`` of the stream ``seed``.

    Raises
    ------
    RunError
        If thousands of patients in a row were not of the kind asked for.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(index,))))
    return _simulate(settings, rng)


def simulate_patients(
    count: int, seed: int, kinds: Sequence[str] | None = None, settings: Settings | None = None, first: int = 0
) -> Iterator[SimulatedPatient]:
    """Yield virtual patients one by one; the patient of a seed and an index is the same whatever the count.

    Parameters
    ----------
    count : int, >= 0
    seed : int, >= 0
    kinds : sequence of str, optional
        The kinds of seeding, in turn; all five unless told.
    settings : Settings, optional
        What all patients share but for their kind; drawn anew for each patient by ``draw_settings`` unless told.
    first : int, >= 0
        The index of the first patient: several processes may share one stream.

    Examples
    --------
    >>> patient = next(simulate_patients(1, seed=1, kinds=["S"]))
    >>> patient.history.graph.reseeding
    False
    """
    chosen = tuple(kinds) if kinds is not None else (KINDS if settings is None else (settings.kind,))
    for index in range(first, first + count):
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(index,))))
        kind = chosen[index % len(chosen)]
        if settings is not None:
            yield _simulate(replace(settings, kind=kind), rng)
            continue
        patient = None
        while patient is None:
            patient = _try(draw_settings(rng, kind), rng, PATIENCE)
        yield patient


def _simulate(settings: Settings, rng: np.random.Generator) -> SimulatedPatient:
    patient = _try(settings, rng, MOST_ATTEMPTS)
    if patient is None:
        raise RunError(
            f"none of {MOST_ATTEMPTS} virtual patients was of the kind {settings.kind!r}: "
            "ask for more migration, larger waves, more drivers or more sites"
        )
    return patient


def _try(settings: Settings, rng: np.random.Generator, attempts: int) -> SimulatedPatient | None:
    for attempt in range(1, attempts + 1):
        tumours = grow(settings, rng)
        sampling = sample_sites(tumours, settings, rng)
        if sampling is None:
            continue
        truth = true_history(tumours, sampling)
        if truth is not None and is_of_kind(truth.history, settings.kind):
            return sequence_patient(truth, sampling, settings, attempt, rng)
    return None


def sequence_patient(
    truth: Truth, sampling: Sampling, settings: Settings, attempts: int, rng: np.random.Generator
) -> SimulatedPatient:
    """Return the patient whose samples are known and whose true history they can show, with reads drawn for them."""
    mutations, shares = shares_of_mutations(truth, sampling)
    reads = sequence(
        shares,
        mutations,
        sampling.samples,
        sampling.sample_site,
        coverage=settings.coverage,
        purity=settings.purity,
        error_rate=settings.error_rate,
        overdispersion=settings.overdispersion,
        rng=rng,
    )
    return SimulatedPatient(truth.history, reads, shares, settings, attempts)


def grow(settings: Settings, rng: np.random.Generator) -> seeding.Tumours:
    """Return the tumours of one patient as the loop left them, with why it stopped."""
    capacity = settings.capacity * np.exp(settings.capacity_spread * rng.standard_normal(seeding.MOST_SITES))
    return seeding.seed_sites(capacity, rules_of(settings), MOST_LINEAGES, rng)


def rules_of(settings: Settings) -> seeding.Rules:
    """Return what of ``settings`` the kernel needs, each number of the type it was compiled for."""
    values = {
        name: kind(getattr(settings, name)) for name, kind in seeding.Rules.__annotations__.items() if name != "pattern"
    }
    return seeding.Rules(pattern=KINDS.index(settings.kind), **values)


def is_of_kind(history: History, kind: str) -> bool:
    """Return whether the migration graph of ``history`` is what the kind of seeding asks for."""
    graph = history.graph
    sites = len(history.tree.sites)
    if kind == "free":
        return graph.migrations >= 1
    if kind == "mS":
        return sites > 1 and graph.migrations == sites - 1
    return graph.pattern in (("pS", "pPS") if kind == "S" else (f"p{kind}",))
