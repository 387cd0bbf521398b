"""Networks of kinds of cells at places, as other programs simulate them: many replicates, two methods."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from selfseed.base.errors import RunError
from selfseed.base.streams import SEED_LIMIT, replicate_key
from selfseed.kernels.network import FINISHED, Rates, follow_network, step_network

METHODS = ("steps", "exact")
MOST_EVENTS = 10**10
MOST_STEPS = 10**8
MOST_CELLS = 1e15
"""Up to here every whole number of cells is exact."""

LIKELY = 1e-300
TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class Network:
    """State kinds of cells, their sites, and their rates per day; the law of selfseed has no part in it.

    Attributes
    ----------
    kinds : tuple of str
    site : tuple of str
        Of each kind.
    birth, death, crowding : tuple of float [1/day]
        Of each kind; ``crowding`` is added to death when the cells of the site reach its capacity.
    capacity : mapping of str to float [cells]
        Of each site; those that are left out never crowd.
    moves : mapping of (kind, kind or None) to float [1/day]
        First-order moves from a kind to another, or to nowhere.
    """

    kinds: tuple[str, ...]
    site: tuple[str, ...]
    birth: tuple[float, ...]
    death: tuple[float, ...]
    crowding: tuple[float, ...]
    capacity: Mapping[str, float] = field(default_factory=dict)
    moves: Mapping[tuple[str, str | None], float] = field(default_factory=dict)

    def rates(self) -> Rates:
        """Return the bare numbers of the loops.

        Raises
        ------
        RunError
            With what is missing, negative, or not a number.
        """
        problems = self._problems()
        if problems:
            raise RunError("the network cannot be simulated: " + "; ".join(problems))
        sites = list(dict.fromkeys(self.site))
        move, loss = np.zeros((len(self.kinds), len(self.kinds))), np.zeros(len(self.kinds))
        for (source, target), rate in self.moves.items():
            if target is None:
                loss[self.kinds.index(source)] = rate
            else:
                move[self.kinds.index(source), self.kinds.index(target)] = rate
        return Rates(
            site=np.array([sites.index(site) for site in self.site]),
            birth=np.array(self.birth, dtype=float),
            death=np.array(self.death, dtype=float),
            crowding=np.array(self.crowding, dtype=float),
            capacity=np.array([self.capacity.get(site, np.inf) for site in sites], dtype=float),
            move=move,
            loss=loss,
        )

    def _problems(self) -> list[str]:
        found = [
            f"{name} has {len(getattr(self, name))} values for {len(self.kinds)} kinds"
            for name in ("site", "birth", "death", "crowding")
            if len(getattr(self, name)) != len(self.kinds)
        ]
        if not all(_is_number(value) for value in (*self.birth, *self.death, *self.crowding, *self.moves.values())):
            found.append("a rate is negative or not a number")
        if not all(_is_number(value, from_=TINY) or value == np.inf for value in self.capacity.values()):
            found.append("a capacity is not above 0")
        twice = dict.fromkeys(kind for kind in self.kinds if self.kinds.count(kind) > 1)
        found += [f"the kind '{kind}' is named twice" for kind in twice]
        found += [f"the capacity of '{site}' is of no site" for site in self.capacity if site not in self.site]
        for pair in self.moves:
            found += [f"a move names '{kind}'" for kind in pair if kind not in (*self.kinds, None)]
        return found


def _is_number(value: Any, from_: float = 0.0) -> bool:
    return isinstance(value, int | float | np.number) and bool(np.isfinite(value)) and bool(value >= from_)


def simulate_network(
    network: Network,
    start: Sequence[float],
    days: float,
    *,
    seed: int,
    replicates: int,
    method: str = "steps",
    step_day: float = 0.5,
    threads: int | None = None,
) -> np.ndarray:
    """Return the cells of each kind after ``days`` in many replicates.

    Parameters
    ----------
    network : Network
    start : sequence of float, whole [cells]
    days : float, > 0 [day]
    seed : int
    replicates : int
    method : {"steps", "exact"}
        By steps whose parts have exact laws, at a cost that does not grow with the cells; or event by event.
    step_day : float, > 0 [day]
        About how long a step is; a whole number of them makes ``days``. The error in means falls with its square.
    threads : int, optional
        Default: one per core. The result is the same for any number.

    Returns
    -------
    cells : float[replicate, kind] [cells]

    Raises
    ------
    RunError
        When the network or what is asked makes no sense, or when there are too many events.

    Examples
    --------
    >>> network = Network(("cell",), ("tumour",), (0.5,), (0.3,), (0.2,), {"tumour": 1000.0})
    >>> simulate_network(network, [100], 60.0, seed=1, replicates=3).shape
    (3, 1)
    """
    rates = network.rates()
    problems = _problems_of(network, start, days, seed, replicates, method, step_day, threads)
    if problems:
        raise RunError("the network cannot be simulated: " + "; ".join(problems))
    first = np.asarray(start, dtype=float)
    keys = np.array([replicate_key(seed, number) for number in range(replicates)], dtype=np.uint64)
    cells = np.empty((replicates, len(network.kinds)))
    steps = max(1, round(days / step_day))
    law = moves_of_step(rates, days / steps) if method == "steps" else None

    def follow(number: int) -> None:
        if law is None:
            _, status = follow_network(rates, first, days, MOST_EVENTS, keys[number], cells[number])
            if status != FINISHED:
                raise RunError(f"more than {MOST_EVENTS:.0e} events in a replicate; take method='steps'")
        else:
            record = np.empty((2, first.size))
            step_network(rates, *law, first, days / steps, steps, steps, keys[number], record)
            cells[number] = record[1]

    follow(0)  # compiles before threads start
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        list(pool.map(follow, range(1, replicates)))
    return cells


def _problems_of(
    network: Network,
    start: Sequence[Any],
    days: Any,
    seed: Any,
    replicates: Any,
    method: str,
    step_day: Any,
    threads: Any,
) -> list[str]:
    found = []
    if method not in METHODS:
        found.append(f"method is '{method}': give one of {' and '.join(METHODS)}")
    if len(start) != len(network.kinds):
        found.append(f"start has {len(start)} numbers for {len(network.kinds)} kinds")
    if not all(_is_number(cells) and cells <= MOST_CELLS and cells == int(cells) for cells in start):
        found.append(f"start must be whole numbers of cells from 0 to {MOST_CELLS:g}")
    if not _is_number(days, from_=TINY) or not _is_number(step_day, from_=TINY):
        found.append(f"{days!r} days in steps of {step_day!r}: give numbers above 0")
    elif method == "steps" and days / step_day > MOST_STEPS:
        found.append(f"{days:g} days in steps of {step_day:g} are more than {MOST_STEPS:.0e} steps")
    for name, value, least in (("seed", seed, 0), ("replicates", replicates, 1), ("threads", threads or 1, 1)):
        if not isinstance(value, int | np.integer) or value < least:
            found.append(f"{name} is {value!r}: give a whole number from {least}")
    if isinstance(seed, int | np.integer) and seed >= SEED_LIMIT:
        found.append(f"seed is {seed}: give a number below 2^63")
    return found


def moves_of_step(rates: Rates, days: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the exact law of the first-order moves over ``days``, as `selfseed.kernels.network` draws from it.

    The chances are the matrix exponential of the rates, so that several moves in one step are counted.
    """
    from scipy.linalg import expm

    kinds = rates.birth.size
    generator = np.zeros((kinds + 1, kinds + 1))
    generator[:kinds, :kinds], generator[:kinds, kinds] = rates.move, rates.loss
    np.fill_diagonal(generator, generator.diagonal() - generator.sum(axis=1))
    chance = expm(generator * days)
    stay, share = chance.diagonal()[:kinds].copy(), np.zeros((kinds, kinds + 1))
    order = np.full((kinds, kinds + 1), -1)
    for kind in range(kinds):
        others = chance[kind].copy()
        others[kind] = 0.0
        likely = [int(place) for place in np.argsort(-others, kind="stable") if others[place] > LIKELY]
        left = sum(others[place] for place in likely)
        stay[kind] = 1.0 - left if likely else 1.0
        for position, place in enumerate(likely):
            share[kind, position] = 1.0 if position == len(likely) - 1 else min(1.0, others[place] / left)
            order[kind, position] = place
            left -= others[place]
    return stay, share, order
