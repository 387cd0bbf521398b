"""Clones with ancestry, and the tree of sampled cells, in numbers that no cell-by-cell simulation reaches."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from selfseed.base.errors import RunError
from selfseed.base.streams import replicate_key
from selfseed.kernels.lineages import CLONE, FINISHED, Kinds, coalesce, follow_clones, join


@dataclass(frozen=True)
class Ancestry:
    """Hold the tree of sampled cells: 8 bytes a vertex.

    Attributes
    ----------
    parent : int32[2 * tips - 1]
        Tips come first; -1 for the root.
    time_day : float32[2 * tips - 1]
        Before the sampling.
    """

    parent: np.ndarray
    time_day: np.ndarray

    @property
    def tips(self) -> int:
        """Return the number of sampled cells."""
        return (self.parent.size + 1) // 2

    def to_newick(self) -> str:
        """Return the tree as Newick text, tips named by their number, lengths in days."""
        told: list[str] = [str(tip) for tip in range(self.tips)]
        below: dict[int, list[int]] = {}
        for vertex, parent in enumerate(self.parent.tolist()):
            below.setdefault(parent, []).append(vertex)
        words = dict(enumerate(told))
        for vertex in np.argsort(self.time_day[self.tips :], kind="stable") + self.tips:
            parts = [f"{words.pop(one)}:{self.time_day[vertex] - self.time_day[one]:.6g}" for one in below[int(vertex)]]
            words[int(vertex)] = f"({','.join(parts)})"
        return words.popitem()[1] + ";"


def simulate_lineages(
    birth: Sequence[float],
    death: Sequence[float],
    emission: Sequence[Sequence[float]],
    days: float,
    *,
    seed: int,
    replicate: int = 0,
    first: int = 0,
    most: int = 10_000_000,
) -> np.ndarray:
    """Return all clones that descend from one cell, each with its parent; exact where clones do not crowd each other.

    Parameters
    ----------
    birth, death : sequence of float, birth above 0 [1/day]
        Of each kind of clone.
    emission : sequence of sequences of float [1/day]
        A cell of the first kind leaves and founds a clone of the second: a change, or a seeding that succeeds.
    days : float, > 0 [day]
    seed, replicate : int
    first : int
        The kind of the first cell.
    most : int
        Clones for which there is room, 24 bytes each.

    Returns
    -------
    clones : structured array, one row a clone
        ``time`` [day] and ``cells`` at the end, ``parent`` (its row, -1 for the first), ``kind``.

    Raises
    ------
    RunError
        When a number makes no sense, or when there are more clones than ``most``.

    Examples
    --------
    >>> clones = simulate_lineages([1.0], [0.5], [[0.05]], 10.0, seed=4)
    >>> int(clones["parent"][0])
    -1
    """
    rates = np.array(emission, dtype=float)
    births, deaths = np.array(birth, dtype=float), np.array(death, dtype=float)
    if rates.shape != (births.size, births.size) or deaths.shape != births.shape or not 0 <= first < births.size:
        raise RunError(f"{births.size} births, {deaths.size} deaths, emissions of shape {rates.shape}: they must match")
    if not (births > 0.0).all() or (deaths < 0.0).any() or (rates < 0.0).any() or not days > 0.0:
        raise RunError("births and days must be above 0, deaths and emissions at least 0")
    room = min(most, 1024)
    while True:
        clones = np.zeros(room, CLONE)
        key = np.uint64(replicate_key(seed, replicate))
        count, status = follow_clones(Kinds(births, deaths, rates), first, float(days), key, clones)
        if status == FINISHED:
            return clones[:count]
        if room == most:
            raise RunError(f"more than {most} clones; raise most, or take fewer days")
        room = min(most, 8 * room)


def sample_ancestry(
    birth: float, death: float, sampled_share: float, days: float, tips: int, *, seed: int, replicate: int = 0
) -> Ancestry:
    """Return the tree of ``tips`` cells sampled from a clone of age ``days``, without its cells.

    Parameters
    ----------
    birth, death : float, birth above 0 [1/day]
    sampled_share : float, in (0, 1]
        The chance of a living cell to be sampled.
    days : float, > 0 [day]
    tips : int, >= 2
    seed, replicate : int

    Raises
    ------
    RunError
        When a number makes no sense.

    Examples
    --------
    >>> sample_ancestry(1.0, 0.3, 0.01, 20.0, 3, seed=1).to_newick().count(",")
    2
    """
    if not (birth > 0.0 and death >= 0.0 and 0.0 < sampled_share <= 1.0 and days > 0.0 and tips >= 2):
        raise RunError("birth and days must be above 0, the share in (0, 1], and there must be at least 2 tips")
    depths = np.empty(tips - 1)
    coalesce(birth, death, sampled_share, days, np.uint64(replicate_key(seed, replicate)), depths)
    parent, time_day = np.empty(2 * tips - 1, np.int32), np.empty(2 * tips - 1, np.float32)
    join(depths, parent, time_day)
    return Ancestry(parent, time_day)
