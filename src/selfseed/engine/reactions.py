"""The law as discrete reactions, for exact stochastic simulation by other programs.

Only where every clump of a tumour grows alike can cells be counted by site and clone alone: with exponential growth, or
where all seeds join the mass. Clusters, and cells that sleep, would need reactions of many cells and memories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from selfseed.base.errors import Problem, ScenarioError
from selfseed.engine.equations import Writer, total_of
from selfseed.engine.formula import Formula, Number, shortened
from selfseed.interchange.equations import Equations, Reaction
from selfseed.kernels.body import start_of
from selfseed.scenario import ResolvedArm
from selfseed.scenario.model import Numerics

Value = Formula | Number


def stochastic_equations(arm: ResolvedArm, title: str = "", references: tuple[str, ...] = ()) -> Equations:
    """Return one arm as species and reactions: division, death, change of clone, release with every fate.

    Parameters
    ----------
    arm : ResolvedArm
    title : str
    references : tuple of str

    Raises
    ------
    ScenarioError
        When the arm needs more than counts of cells; every value to set is named.
    """
    _refuse_what_counts_cannot_tell(arm)
    plain = replace(arm, parameters={**arm.parameters, "establishment.new_clump_share": 0.0})
    return _Reactions(plain, Numerics(cohorts=1)).write(title, references)


def _refuse_what_counts_cannot_tell(arm: ResolvedArm) -> None:
    wanted = {"shedding.cluster_share": 0.0, "establishment.dormant_share": 0.0, "effect.capacity_gain": 0.0}
    wanted |= {"effect.rate_gain": 0.0, "shedding.rhythm": 0.0}
    alike = all(clone.law == "exponential" for clone in arm.clones)
    if not alike:
        wanted["establishment.new_clump_share"] = 0.0
        wanted |= {f"establishment.{organ}": 0.0 for _, organ in arm.sites}
    problems = [
        Problem(name, f"is {arm.parameters[name]:g}", f"must be {value:g} for reactions of single cells")
        for name, value in wanted.items()
        if arm.parameters[name] != value
    ]
    if problems:
        raise ScenarioError(f"the arm {arm.name}", problems)


class _Reactions(Writer):
    """Write reactions in place of rates; the parts of a site are one species for each clone."""

    keeps_more_than_cells = False

    def write(self, title: str, references: tuple[str, ...]) -> Equations:
        self.made: list[Reaction] = []
        with shortened(self.book.shorten):
            self._sums()
            self._blood()
            self._growth()
            self._traffic()
            jumps, _ = self._jumps()
        return self.equations(title, references, jumps, (), reactions=tuple(self.made))

    def _powers(self, site: int) -> tuple[Value, Value]:
        return 1.0, 1.0

    def _add(self, name: str, rate: Value) -> None:
        """Reactions say all that changes."""

    def _divide(self, site: int, part: int, clone: int, volume: Value, where: str) -> None:
        birth, death = self._rates(site, clone, volume, where)
        leaves = float(self.bare.change[clone].sum())
        for key in [key for key in self.reached.cells if key[:3] == (site, part, clone)]:
            name = self.cells(*key)
            amount = Formula(name)
            self._react("division", name, (name,), (name, name), birth * amount * (1.0 - leaves))
            self._react("death", name, (name,), (), death * amount)
            for other, chance in enumerate(self.bare.change[clone]):
                if chance > 0.0:
                    daughter = self.cells(site, part, other, key[3])
                    rate = birth * amount * float(chance)
                    self._react(f"change_to_{self.clone[other]}", name, (name,), (name, daughter), rate)

    def _arrivals(self, source: int, clone: int, rate: Value) -> None:
        for key in [key for key in self.reached.cells if (key[0], key[2]) == (source, clone)]:
            name, origin = self.cells(*key), key[3]
            home = source if origin == 0 else int(self.homes[origin - 1])
            lost: Value = 1.0
            for bed, chance, kind in self._settling(source, start_of(self.bare.place[source]), clone, home):
                if kind:
                    continue
                target = next(self._targets(bed, clone, int(self.origins_of[home])))
                self._react(
                    f"seed_{self.site[bed % len(self.site)]}", name, (name,), (target,), rate * Formula(name) * chance
                )
                lost = lost - chance if isinstance(lost, Formula) else 1.0 - total_of([chance])
            self._react("lost", name, (name,), (), rate * Formula(name) * lost)

    def _targets(self, bed: int, clone: int, origin: int) -> Iterator[str]:
        site, part = bed % len(self.site), 0 if bed < len(self.site) else 1
        yield self.cells(site, part, clone, origin)

    def _react(self, word: str, name: str, uses: tuple[str, ...], makes: tuple[str, ...], rate: Value) -> None:
        if isinstance(rate, Formula):
            self.made.append(Reaction(f"{word}_of_{name}", uses, makes, rate.text, word.replace("_", " ")))
