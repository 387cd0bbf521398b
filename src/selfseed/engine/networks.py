"""Networks of kinds of cells at places, as other programs simulate them: many replicates, two methods."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from selfseed.base.errors import RunError
from selfseed.base.streams import replicate_key
from selfseed.kernels.network import FINISHED, Rates, follow_network, step_network

METHODS = ("steps", "exact")
MOST_EVENTS = 10**10
LIKELY = 1e-300


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
        problems = [
            f"{name} has {len(getattr(self, name))} values for {len(self.kinds)} kinds"
            for name in ("site", "birth", "death", "crowding")
            if len(getattr(self, name)) != len(self.kinds)
        ]
        unknown = [f"a move names '{kind}'" for pair in self.moves for kind in pair if kind not in (*self.kinds, None)]
        numbers = [*self.birth, *self.death, *self.crowding, *self.moves.values()]
        if not all(np.isfinite(value) and value >= 0.0 for value in numbers):
            problems.append("a rate is negative or not a number")
        if not all(value > 0.0 for value in self.capacity.values()):
            problems.append("a capacity is not above 0")
        if problems or unknown:
            raise RunError("the network cannot be simulated: " + "; ".join([*problems, *unknown]))
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
    rates, first = network.rates(), np.asarray(start, dtype=float)
    if method not in METHODS or first.shape != rates.birth.shape or not days > 0.0 or not step_day > 0.0:
        raise RunError(
            f"method '{method}', {first.size} numbers of cells, {days:g} days in steps of {step_day:g}: give one of "
            f"{' and '.join(METHODS)}, cells of {len(network.kinds)} kinds, and days and a step above 0"
        )
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
