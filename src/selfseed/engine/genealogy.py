r"""Genealogies for the families of a run: who descends from whom within a family, and which mutations they carry.

The engine counts the cells of each seed family but does not follow who divided when. Here a genealogy is drawn for each
family, as the early growth of a family decides it:

1. A family descends from one cell, and its lines divide at the net rate :math:`r` of a clump of few cells. A line whose
   cells make up the share :math:`x` of the family in the end is one of :math:`1/x`, so it divides on day
   :math:`t_0 + \ln(1/x)/r`, into shares :math:`ux` and :math:`(1-u)x` with u uniform, as in Yule's process. The time
   between two divisions of a line is then exponential with mean :math:`1/r`, as it must be.
2. Along a line mutations arise as a Poisson process of rate :math:`\mu = m b / 2`, with m the mutations per division,
   half of which each daughter gets, and b the divisions of an uncrowded cell. In the mean

   .. math:: M(f) = \frac{\mu}{r} \left(\frac{1}{f} - 2 + f\right)

   mutations of a family are carried by at least the share f of it: the law :math:`1/f` of Williams et al. 2016.
3. A founder leaves a line that lived in the parent family on that day, chosen in proportion to its share, with the
   mutations the line had by then; where the line is not resolved further, with the private mutations since.

Notes
-----
The day of a division is taken as if the family grew by its rate from its first day on: founders that nearly died out
divide later. Cells of an implant are taken for descendants of one cell, those of a cluster for one cell. Divisions are
counted as if cells were never crowded: mutations late in crowded tumours are too many, by the ratio of division rates.

References
----------
Williams et al. (2016), https://doi.org/10.1038/ng.3489; Kim et al. (2009), https://doi.org/10.1016/j.cell.2009.11.025
Yule (1925), https://doi.org/10.1098/rstb.1925.0002
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from selfseed.engine.plan import plan_setting
from selfseed.kernels import seeding
from selfseed.kernels.law import birth_and_death, growth_rate
from selfseed.scenario import ResolvedArm

LEAST_SHARE = 0.02
"""Lines that make up less of their family are not divided further."""


@dataclass
class Line:
    """Hold one line of cells of a family: from the day it arose to the day it divided into lines of their own.

    Parameters
    ----------
    above : int
        The line it came from; -1 for the first of all.
    site : int
    begin, end : float [day]
        A line that is not resolved further lives on after its end.
    mutations : int
        Gained between the two.
    share : float, in (0, 1]
        Of the cells of its family.
    below : list of int
        The lines of the same family it divided into.
    """

    above: int
    site: int
    begin: float
    end: float
    mutations: int
    share: float
    below: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Clock:
    """Hold how fast families grow and mutate, by site and clone; the primary is site 0.

    Parameters
    ----------
    sites, clones : tuple of str
    growth, mutation : array (sites, clones), > 0 [1/day]
        The net rate of a clump of one cell; new mutations along a line.
    end_day : float [day]
    """

    sites: tuple[str, ...]
    clones: tuple[str, ...]
    growth: np.ndarray
    mutation: np.ndarray
    end_day: float


def clock_of(arm: ResolvedArm, primary: str, mutations_per_division: float) -> Clock:
    """Return how fast the families of an arm grow and mutate while they are small."""
    setting = plan_setting(arm)
    growth = np.empty(setting.law.shape)
    mutation = np.empty(setting.law.shape)
    for place, clone in np.ndindex(*setting.law.shape):
        *shape, turnover = setting.growth[place, clone]
        net = growth_rate.py_func(setting.law[place, clone], 1.0 / setting.density_per_mm3, *shape, 1.0, 1.0)
        birth, _ = birth_and_death.py_func(net, shape[-1], turnover)
        growth[place, clone] = max(net * setting.pace[place], 1e-6)
        mutation[place, clone] = 0.5 * mutations_per_division * birth * setting.pace[place]
    names = [site for site, _ in arm.sites]
    order = sorted(range(len(names)), key=lambda place: names[place] != primary)
    clones = tuple(clone.name for clone in arm.clones)
    return Clock(tuple(names[place] for place in order), clones, growth[order], mutation[order], arm.duration_day)


class Genealogy:
    """Draw the lines of all families of one animal.

    Parameters
    ----------
    families : pandas.DataFrame
        Rows of ``Run.families`` of one animal; parents come before their children.
    resolved : bool array (families,)
        Which of them are resolved into lines.
    clock : Clock
    trunk : float, >= 0
        The mean number of mutations, beyond one, that all cells share.
    rng : numpy.random.Generator
    """

    def __init__(
        self, families: pd.DataFrame, resolved: np.ndarray, clock: Clock, trunk: float, rng: np.random.Generator
    ):
        self.lines: list[Line] = []
        self.cells: list[int] = []
        self._clock = clock
        self._rng = rng
        self._founder: dict[int, int] = {}
        self._rates: dict[int, tuple[float, float]] = {}
        rows: list[Any] = list(families.itertuples())
        for row, divides in zip(rows, resolved, strict=True):
            self._found(row, trunk)
            if divides:
                self._divide(self._founder[row.family], *self._rates[row.family])
            self._fill(self._founder[row.family], row.cells_end)

    def _found(self, row: Any, trunk: float) -> None:
        """Add the line of a founder."""
        site, clone = self._clock.sites.index(row.site), self._clock.clones.index(row.clone)
        rates = float(self._clock.growth[site, clone]), float(self._clock.mutation[site, clone])
        self._rates[row.family] = rates
        begin = row.time_day
        if row.parent_family < 0:
            above, gained = -1, 1 + int(self._rng.poisson(trunk))
            begin -= math.log(max(1.0, row.founders)) / rates[0]
        else:
            above, gained = self._leave(
                self._founder[row.parent_family], row.time_day, self._rates[row.parent_family][1]
            )
            gained += row.kind == "mutant"
        self._founder[row.family] = self._add(Line(above, site, begin, begin, int(gained), 1.0))

    def _add(self, line: Line) -> int:
        self.lines.append(line)
        self.cells.append(0)
        return len(self.lines) - 1

    def _divide(self, founder: int, growth: float, mutation: float) -> None:
        """Divide the lines of a family until all are rare, or the end has come."""
        start = self.lines[founder].begin
        waiting = [founder]
        while waiting:
            number = waiting.pop()
            line = self.lines[number]
            if line.share < LEAST_SHARE or line.end >= self._clock.end_day:
                continue
            part = self._rng.random()
            for share in (line.share * part, line.share * (1.0 - part)):
                end = start - math.log(max(share, 1e-300)) / growth
                end = min(end, self._clock.end_day)
                gained = int(self._rng.poisson(mutation * (end - line.end)))
                below = self._add(Line(number, line.site, line.end, end, gained, share))
                line.below.append(below)
                waiting.append(below)

    def _leave(self, founder: int, day: float, mutation: float) -> tuple[int, int]:
        """Return the line that a cell left on a day, and the mutations of its own that it carried."""
        number = founder
        while self.lines[number].below and day >= self.lines[number].end:
            below = self.lines[number].below
            shares = [self.lines[each].share for each in below]
            number = below[0] if self._rng.random() * sum(shares) < shares[0] else below[-1]
        line = self.lines[number]
        if day >= line.end:
            return number, int(self._rng.poisson(mutation * (day - line.end)))
        return self._cut(number, day), 0

    def _cut(self, number: int, day: float) -> int:
        """Cut a line in two on a day, and return the new, upper part: the mutations fall evenly along it."""
        line = self.lines[number]
        early = int(self._rng.binomial(line.mutations, (day - line.begin) / (line.end - line.begin)))
        upper = self._add(Line(line.above, line.site, line.begin, day, early, line.share, [number]))
        siblings = self.lines[line.above].below
        siblings[siblings.index(number)] = upper
        line.above, line.begin, line.mutations = upper, day, line.mutations - early
        return upper

    def _fill(self, founder: int, cells: float) -> None:
        """Give the cells of a family to its last lines."""
        waiting = [founder]
        while waiting:
            line = self.lines[number := waiting.pop()]
            waiting += line.below
            if not line.below:
                self.cells[number] = round(line.share * cells)

    def tumours(self, detectable_cells: float) -> seeding.Tumours:
        """Return the lines as the plain simulator leaves its lineages: parents first, a group for each site.

        Parameters
        ----------
        detectable_cells : float, > 0 [cells]
            A site with fewer cells is not found.
        """
        order = self._parents_first()
        rank = np.full(len(order) + 1, -1, np.int32)
        rank[order] = np.arange(len(order))
        sites = len(self._clock.sites)
        site = np.array([self.lines[number].site for number in order], np.int32)
        cells = np.array([self.cells[number] for number in order], np.int64)
        counts = np.zeros(7, np.int64)
        counts[[seeding.LINEAGES, seeding.SITES, seeding.GROUPS]] = len(order), sites, sites
        counts[seeding.STATUS] = seeding.FINISHED
        return seeding.Tumours(
            parent=rank[[self.lines[number].above for number in order]],
            site=site,
            group=site,
            mutations=np.array([self.lines[number].mutations for number in order], np.int32),
            untracked=np.zeros(len(order), np.int32),
            cells=cells,
            active=np.zeros(len(order), np.int32),
            group_site=np.arange(sites, dtype=np.int32),
            group_drivers=np.ones((sites, 2), np.int32),
            group_cells=np.bincount(site, cells, sites).astype(np.int64),
            group_untracked=np.zeros(sites, np.int32),
            arcs=np.zeros((sites, sites), np.int32),
            capacity=np.full(seeding.MOST_SITES, detectable_cells / seeding.DETECTABLE),
            counts=counts,
        )

    def _parents_first(self) -> list[int]:
        below: list[list[int]] = [[] for _ in self.lines]
        for number, line in enumerate(self.lines):
            if line.above >= 0:
                below[line.above].append(number)
        order = [0]
        for number in order:
            order += below[number]
        return order
