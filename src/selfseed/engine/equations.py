"""The mean field of one arm written down: the law's own functions run on formulas, and who goes where.

What a number does is read from ``kernels``; only the book-keeping of compartments is told again here. Compartments that
no cell can reach are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from selfseed.base.errors import Problem, ScenarioError
from selfseed.engine.formula import MATH, Formula, literal, most, piecewise, shortened, traced
from selfseed.engine.mean_field import prepare, start_values
from selfseed.engine.plan import plan_course, plan_setting
from selfseed.interchange.equations import Assignment, Constant, Equations, Jump, Reaction, Variable, identifier_of
from selfseed.kernels import body, circulation, law
from selfseed.kernels.body import start_of
from selfseed.kernels.delivery import route_of
from selfseed.kernels.mean_field import TINY, field_of
from selfseed.kernels.setting import Setting
from selfseed.kernels.stochastic import IMPLANTING, INJECTING, Course
from selfseed.processes import PARAMETERS
from selfseed.scenario import ResolvedArm
from selfseed.scenario.model import Numerics

Value = Any
"""A formula, or a number where the law needs none."""
GROWTH = ("initial_rate", "decay", "capacity", "exponent", "max_rate", "turnover")
WRITTEN = ("implant", "inject", "resect")
PER_DAY = {"initial_rate", "decay", "max_rate"}
SHARED = {
    "establishment.home": "establishment_home",
    "establishment.new_clump_share": "new_clump_share",
    "attraction.il6_gain": "il6_gain",
    "attraction.il8_gain": "il8_gain",
    "effect.capacity_gain": "capacity_gain",
}
"""Parameters of the table that stay symbols in the model, so that a fit can move them."""


@dataclass
class Book:
    """Collect a model while it is written."""

    constants: list[Constant] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    named: dict[str, str] = field(default_factory=dict)
    prefix: str = "x"

    def constant(self, identifier: str, value: float, day: int = 0, parameter: str = "", meaning: str = "") -> Formula:
        """Name a number; return its name as a formula."""
        doi = PARAMETERS[parameter].doi if parameter else ""
        if identifier not in self.taken:
            self.taken.add(identifier)
            told = PARAMETERS[parameter].meaning if parameter and not meaning else meaning
            self.constants.append(Constant(identifier, float(value), day, told, doi, parameter))
        return Formula(identifier, day=day)

    def let(self, identifier: str, value: Value, meaning: str = "") -> Value:
        """Name a formula, if it is more than a name or a number; return the name."""
        if not isinstance(value, Formula) or (not meaning and value.text.isidentifier()):
            return value
        if value.text in self.named and (identifier in self.taken or meaning == " "):
            return Formula(self.named[value.text], day=value.day)
        name, number = identifier, 1
        while name in self.taken:
            number += 1
            name = f"{identifier}_{number}"
        self.taken.add(name)
        self.named.setdefault(value.text, name)
        self.assignments.append(Assignment(name, value.text, value.day, meaning))
        return Formula(name, day=value.day)

    def shorten(self, formula: Formula) -> Formula:
        """Name a formula that has grown long."""
        return self.let(f"{self.prefix}_part", formula, meaning=" ") or formula


def mean_field_equations(
    arm: ResolvedArm, numerics: Numerics, title: str = "", references: tuple[str, ...] = ()
) -> Equations:
    """Return the mean field of an arm as named equations.

    Parameters
    ----------
    arm : ResolvedArm
    numerics : Numerics
        ``cohorts`` says how many groups of clumps are kept apart.
    title : str
    references : tuple of str

    Notes
    -----
    Solved to 1e-5 by other programs, the equations give the curves of ``engine.mean_field``.
    """
    return Writer(arm, numerics).write(title, references)


def _refuse_what_lasts(arm: ResolvedArm) -> None:
    """Raise a ScenarioError for treatments over time: drugs, filters, radiation, triggers, killer cells."""
    lasting = [step for step in arm.procedures if step.kind not in WRITTEN or step.trigger is not None]
    problems = [
        Problem(f"{step.kind} on day {step.at_day:g}", "changes over time", "an export cannot hold it; leave it out")
        for step in lasting
    ]
    problems += [
        Problem(f"clones.{clone.name}.treatment.kills", "attacks other cells", "an export cannot hold it; set it to 0")
        for clone in arm.clones
        if clone.parameters["treatment.kills"] > 0.0
    ]
    if problems:
        raise ScenarioError(f"the arm {arm.name}", problems)


class Writer:
    """Write the equations of one arm."""

    keeps_more_than_cells = True
    """Whether clumps, sleeping cells and stroma are part of the model."""

    def __init__(self, arm: ResolvedArm, numerics: Numerics):
        _refuse_what_lasts(arm)
        self.arm = arm
        self.course: Course = plan_course(arm, numerics)
        self.bare: Setting = plan_setting(arm)
        self.cohorts = numerics.cohorts
        self.site = [identifier_of(name) for name, _ in arm.sites]
        self.clone = [identifier_of(clone.name) for clone in arm.clones]
        self.shape, self.origins_of, self.homes = prepare(self.bare, self.course, self.cohorts)
        self.book = Book()
        self.setting = self._symbols()
        self.reached = _reachable(self.bare, self.course, self.shape, self.origins_of, self.homes)
        self.rates: dict[str, Value] = {}
        self._pending: dict[tuple[int, int, int, int], list[Value]] = {}

    def cells(self, site: int, part: int, clone: int, origin: int) -> str:
        where = "mass" if part == 0 else f"clumps{part}"
        home = "own" if origin == 0 else f"from_{self._home(origin)}"
        return f"cells_{self.site[site]}_{where}_{self.clone[clone]}_{home}"

    def clumps(self, site: int, part: int) -> str:
        return f"clumps_{self.site[site]}_{part}"

    def sleeping(self, site: int, clone: int, origin: int) -> str:
        return f"sleeping_{self.site[site]}_{self.clone[clone]}_from_{self._home(origin)}"

    def _home(self, origin: int) -> str:
        home = self.homes[origin - 1]
        return self.site[home] if home < len(self.site) else "injection"

    def _symbols(self) -> Setting:
        bare, book, parameters = self.bare, self.book, self.arm.parameters
        shared = {name: book.constant(symbol, parameters[name], 0, name) for name, symbol in SHARED.items()}
        growth = bare.growth.astype(object)
        for site in range(growth.shape[0]):
            resident = self.arm.residents[site]
            for clone in range(growth.shape[1]):
                own = clone if resident < 0 else resident
                for column, name in enumerate(GROWTH):
                    if name in PER_DAY:
                        growth[site, clone, column] = book.constant(
                            f"{name}_{self.clone[own]}", bare.growth[site, clone, column], -1, f"growth.{name}"
                        )
        shedding = np.array(
            [
                book.constant(f"shedding_{self.clone[clone]}", rate, -1, "shedding.rate")
                for clone, rate in enumerate(bare.shedding)
            ],
            dtype=object,
        )
        establishment = bare.establishment.astype(object)
        cluster = traced(law.cluster_establishment, assume=False)
        home: Value = shared["establishment.home"]
        with_clusters = book.let(
            "cluster_establishment_home",
            cluster(home, parameters["establishment.cluster_efficiency"]),
            "chance of a cluster to survive in a tumour",
        )
        if parameters["establishment.home"] in (0.0, 1.0):
            home, with_clusters = parameters["establishment.home"], parameters["establishment.home"]
        for site in range(len(self.site)):
            establishment[0, site, :], establishment[1, site, :] = home, with_clusters
        gains = np.array([shared["attraction.il6_gain"], shared["attraction.il8_gain"]], dtype=object)
        symbols: dict[str, Any] = {
            "growth": growth,
            "shedding": shedding,
            "establishment": establishment,
            "gains": gains,
            "new_clump_share": shared["establishment.new_clump_share"] if bare.new_clump_share > 0.0 else 0.0,
            "capacity_gain": shared["effect.capacity_gain"],
            "waking_per_day": book.constant("waking_rate", bare.waking_per_day, -1, "establishment.waking_rate"),
            "lag_days": book.constant("stroma_lag", bare.lag_days, 1, "effect.lag"),
        }
        return bare._replace(**symbols)

    def write(self, title: str, references: tuple[str, ...]) -> Equations:
        with shortened(self.book.shorten):
            self._sums()
            self._blood()
            self._growth()
            self._waking()
            self._traffic()
            self._stroma()
            jumps, switches = self._jumps()
        return self.equations(title, references, jumps, switches)

    def equations(
        self, title: str, references: tuple[str, ...], jumps: list[Jump], switches: Sequence[Constant],
        reactions: tuple[Reaction, ...] = (),
    ) -> Equations:  # fmt: skip
        """Return what has been written, as one model."""
        observables = self._observables()
        return Equations(
            identifier=identifier_of("selfseed", self.arm.name),
            title=f"{title}: {self.arm.name}" if title else self.arm.name,
            references=references,
            constants=tuple(self.book.constants),
            variables=tuple(self._variables()),
            assignments=tuple(self.book.assignments),
            jumps=tuple(jumps),
            duration_day=self.arm.duration_day,
            switches=tuple(switches),
            reactions=reactions,
            observables=observables,
        )

    def _variables(self) -> Iterator[Variable]:
        start = field_of(start_values(self.bare, self.course, self.shape, self.origins_of), self.shape)
        for site, part, clone, origin in self.reached.cells:
            name = self.cells(site, part, clone, origin)
            meaning = f"cells of {self.arm.clones[clone].name} at {self.arm.sites[site][0]}, " + (
                "the mass" if part == 0 else f"clumps of cohort {part}"
            )
            yield self._variable(name, start.cells[site, part, clone, origin], meaning)
        if not self.keeps_more_than_cells:
            return
        for site, part in self.reached.clumps:
            yield self._variable(self.clumps(site, part), start.clumps[site, part], f"clumps of cohort {part}")
        for site, clone, origin in self.reached.sleeping:
            yield self._variable(
                self.sleeping(site, clone, origin), start.sleeping[site, clone, origin], "cells that sleep"
            )
        for site, name in enumerate(self.site):
            if self.reached.at(site):
                yield self._variable(f"stroma_{name}", start.stroma[site], "stroma relative to a parental tumour")

    def _variable(self, name: str, start: float, meaning: str) -> Variable:
        rate = self.rates.get(name, 0.0)
        return Variable(name, float(start), rate.text if isinstance(rate, Formula) else f"{rate!r} per_day", meaning)

    def _add(self, name: str, rate: Value) -> None:
        before = self.rates.get(name, 0.0)
        self.book.prefix = name
        self.rates[name] = rate + before if isinstance(rate, Formula) else before + rate

    def _sums(self) -> None:
        """Name the cells of each part, site and clone."""
        self.part_total: dict[tuple[int, int], Value] = {}
        self.site_clone: dict[tuple[int, int], Value] = {}
        self.seeded: dict[tuple[int, int], Value] = {}
        self.total: list[Value] = []
        for site, name in enumerate(self.site):
            for part in range(self.shape[1]):
                inside = [Formula(self.cells(*key)) for key in self.reached.cells if key[:2] == (site, part)]
                if inside:
                    where = "mass" if part == 0 else f"clumps{part}"
                    self.part_total[site, part] = self.book.let(
                        f"all_{name}_{where}", total_of(inside), "cells of all clones"
                    )
            for clone, own in enumerate(self.clone):
                inside = [Formula(self.cells(*key)) for key in self.reached.cells if (key[0], key[2]) == (site, clone)]
                came = [
                    Formula(self.cells(*key))
                    for key in self.reached.cells
                    if (key[0], key[2]) == (site, clone) and key[3]
                ]
                self.site_clone[site, clone] = self.book.let(
                    f"cells_{name}_{own}", total_of(inside), "cells of one clone"
                )
                self.seeded[site, clone] = self.book.let(
                    f"seeded_{name}_{own}", total_of(came), "cells that came by blood"
                )
            everything = total_of([self.site_clone[site, clone] for clone in range(len(self.clone))])
            self.total.append(
                self.book.let(f"cells_{name}", everything, "cells of all clones") if self.reached.at(site) else 0.0
            )

    def _blood(self) -> None:
        """Name the contrasts, the flows, and the fate of a circulating cell of each clone."""
        setting, book = self.setting, self.book
        contrast = [self._contrast(ligand) for ligand in range(2)]
        flow = traced(law.tumour_flow)
        shares: list[Value] = []
        for site, name in enumerate(self.site):
            volume = self.total[site] / setting.density_per_mm3
            shares.append(
                book.let(
                    f"flow_{name}",
                    flow(volume, setting.tumour_flow, setting.tumour_flow_exponent),
                    "flow through the tumour over cardiac output",
                )
            )
        lungs = [site for site, place in enumerate(setting.place) if place == circulation.LUNG]
        scale = [
            book.let(
                "lung_flow" if is_lung else "organ_flow",
                1.0 + total_of([shares[site] for site in range(len(shares)) if (site in lungs) == is_lung]),
                "flow with all tumours, over cardiac output",
            )
            for is_lung in (False, True)
        ]
        tumour = np.array([shares[site] / scale[site in lungs] for site in range(len(shares))], dtype=object)
        normal = np.array(
            [setting.normal_flow[site] / scale[site in lungs] for site in range(len(shares))], dtype=object
        )
        normal_arrest = setting.normal_arrest.astype(object)
        hazard, settle = traced(law.arrest_hazard), traced(circulation.arrest_probabilities, assume=True)
        self.fate: dict[int, np.ndarray] = {}
        self.ways: dict[int, tuple] = {}
        for clone, own in enumerate(self.clone):
            if clone not in self.reached.clones:
                continue
            book.prefix = f"fate_{own}"
            arrest = np.zeros(len(self.site), dtype=object)
            for site, name in enumerate(self.site):
                if not self.reached.at(site):
                    continue
                pull = hazard(
                    setting.baseline, setting.responsiveness[clone], setting.gains[0], contrast[0][site],
                    setting.gains[1], contrast[1][site], setting.synergy,
                )  # fmt: skip
                chance = 1.0 - _exp(-pull)
                arrest[site] = book.let(f"arrest_{own}_{name}", chance, "chance of arrest in one passage of the tumour")
            fate = np.zeros((3, 2 * len(self.site) + 1), dtype=object)
            self.ways[clone] = settle(
                setting.place, tumour, arrest, normal, normal_arrest, setting.elsewhere, setting.clearance, fate
            )
            self.fate[clone] = fate

    def _contrast(self, ligand: int) -> list[Value]:
        """Return the contrast of receptor occupancy in each site, as `body.contrasts` has it."""
        setting, word = self.setting, ("il6", "il8")[ligand]
        occupied, concentration = traced(law.occupancy), traced(law.tumour_concentration)
        expressed = [
            total_of(
                [
                    self.site_clone[site, clone] * float(setting.expression[clone, ligand])
                    for clone in range(len(self.clone))
                ]
            )
            for site in range(len(self.site))
        ]
        secreted = total_of(expressed)
        plasma = setting.plasma_host[ligand] + secreted * (
            1e-6 * setting.secretion[ligand] / setting.plasma_clearance[ligand]
        )
        plasma = self.book.let(f"{word}_plasma", plasma, "ng/ml in plasma")
        in_plasma = self.book.let(
            f"{word}_occupancy_plasma", occupied(plasma, setting.half_occupied[ligand]), "occupied receptors in plasma"
        )
        found: list[Value] = []
        for site, name in enumerate(self.site):
            if not self.reached.at(site):
                found.append(0.0)
                continue
            mean = expressed[site] / most(self.total[site], TINY)
            inside = concentration(
                mean, setting.secretion[ligand], setting.density_per_mm3 * 1e3, setting.tissue_loss_per_day, plasma
            )
            difference = occupied(inside, setting.half_occupied[ligand]) - in_plasma
            found.append(
                self.book.let(f"{word}_contrast_{name}", difference, "occupancy in the tumour above that in plasma")
            )
        return found

    def _growth(self) -> None:
        setting = self.setting
        self.powers = {site: self._powers(site) for site in range(len(self.site)) if self.reached.at(site)}
        for (site, part), total in self.part_total.items():
            one_mass = part == 0 or not self.keeps_more_than_cells
            clumps: Value = 1.0 if one_mass else Formula(self.clumps(site, part))
            volume = most(total / most(clumps, TINY) / setting.density_per_mm3, TINY)
            where = f"{self.site[site]}_{'mass' if part == 0 else f'clumps{part}'}"
            volume = self.book.let(f"volume_{where}_each", volume, "mm^3 of one clump")
            for clone in sorted({key[2] for key in self.reached.cells if key[:2] == (site, part)}):
                self._divide(site, part, clone, volume, where)

    def _powers(self, site: int) -> tuple[Value, Value]:
        """Return by how much stroma raises capacity and rate at a site."""
        relief, speed = traced(body.stroma_powers)(self.setting, Formula(f"stroma_{self.site[site]}"))
        return (
            self.book.let(f"relief_{self.site[site]}", relief, "what stroma does to capacity"),
            self.book.let(f"speed_{self.site[site]}", speed, "what stroma does to growth"),
        )

    def _rates(self, site: int, clone: int, volume: Value, where: str) -> tuple[Value, Value]:
        setting = self.setting
        birth, death = traced(body.division_and_death)(
            int(setting.law[site, clone]),
            setting.growth,
            site,
            clone,
            volume,
            *self.powers[site],
            float(setting.pace[site]),
        )
        own = self.clone[clone]
        return (
            self.book.let(f"division_{where}_{own}", birth, "divisions per cell and day"),
            self.book.let(f"death_{where}_{own}", death, "deaths per cell and day"),
        )

    def _divide(self, site: int, part: int, clone: int, volume: Value, where: str) -> None:
        birth, death = self._rates(site, clone, volume, where)
        for key in [key for key in self.reached.cells if key[:3] == (site, part, clone)]:
            amount = Formula(self.cells(*key))
            self._add(amount.text, (birth - death) * amount)
            for other, chance in enumerate(self.bare.change[clone]):
                if chance > 0.0:
                    changed = birth * amount * float(chance)
                    self._add(amount.text, -changed)
                    self._add(self.cells(site, part, other, key[3]), changed)

    def _survival(self, site: int, clone: int, kind: int) -> Value:
        """Return the chance that a clump founded by one cell, or cluster, lives, as `_founder_survival` has it."""
        name = f"founder_{self.site[site]}"
        birth, death = self._rates(site, clone, 1.0 / self.setting.density_per_mm3, name)
        dies = death / birth if isinstance(birth, Formula) or birth else 0.0
        if kind == 0:
            lives = 1.0 - dies
        else:
            stop = 1.0 / (self.bare.cluster_size - 1.0)
            lives = 1.0 - dies * dies * stop / (1.0 - dies * (1.0 - stop))
        if isinstance(birth, Formula):
            lives = piecewise(birth > death, lives, 1.0)
        elif birth <= death:
            lives = 1.0
        return self.book.let(
            f"survival_{self.site[site]}_{self.clone[clone]}_{'cluster' if kind else 'cell'}",
            lives,
            "chance to escape early extinction",
        )

    def open(self, part: int) -> Value:
        return Formula(f"open_{part}") if self.cohorts > 1 else 1.0

    def _waking(self) -> None:
        for site, clone, origin in self.reached.sleeping:
            asleep = self.sleeping(site, clone, origin)
            waking = Formula(asleep) * self.setting.waking_per_day
            self._add(asleep, -waking)
            for part in range(1, self.shape[1]):
                self._add(self.cells(site, part, clone, origin), waking * self.open(part))
                self._add(self.clumps(site, part), waking * self._survival(site, clone, 0) * self.open(part))

    def _traffic(self) -> None:
        """Let each tumour shed, and send what it sheds where the fate of its clone says."""
        setting = self.setting
        factor: Value = 1.0
        if setting.rhythm > 0.0:
            hours = self.book.let("time_days", Formula("time", day=1) / Formula("one_day", day=1), "days as a number")
            self.book.constant("one_day", 1.0, 1, meaning="a day")
            factor = self.book.let(
                "rhythm",
                traced(law.rhythm)(setting.rhythm, setting.rhythm_peak_hour, hours, 0.0),
                "24 h rhythm of release",
            )
        rate_of = traced(law.shedding_rate)
        per_event = 1.0 + setting.cluster_share * (setting.cluster_size - 1.0)
        self.release: dict[tuple[int, int], Value] = {}
        for site, name in enumerate(self.site):
            for clone in sorted({key[2] for key in self.reached.cells if key[0] == site}):
                if self.bare.shedding[clone] <= 0.0:
                    continue
                rate = factor * rate_of(
                    setting.shedding[clone], most(self.total[site], TINY), setting.reference_cells,
                    setting.size_exponent, setting.most_fold,
                )  # fmt: skip
                rate = self.book.let(f"release_{name}_{self.clone[clone]}", rate, "release events per cell and day")
                self.release[site, clone] = rate
                for key in [key for key in self.reached.cells if (key[0], key[2]) == (site, clone)]:
                    amount = Formula(self.cells(*key))
                    self._add(amount.text, -(rate * amount * per_event))
                self._arrivals(site, clone, rate)
        for name, flow in self._arrived().items():
            self._add(name, flow)

    def _arrivals(self, source: int, clone: int, rate: Value) -> None:
        """Collect what one clone of one site sends to each tumour and organ, by origin and kind."""
        for origin in sorted({key[3] for key in self.reached.cells if (key[0], key[2]) == (source, clone)}):
            inside = [
                Formula(self.cells(*key))
                for key in self.reached.cells
                if (key[0], key[2], key[3]) == (source, clone, origin)
            ]
            home = source if origin == 0 else int(self.homes[origin - 1])
            for bed, settled, kind in self._settling(source, start_of(self.bare.place[source]), clone, home):
                share = self.bare.cluster_share if kind else 1.0 - self.bare.cluster_share
                if share <= 0.0:
                    continue
                events = rate * total_of(inside) * share * settled
                self._pending.setdefault((bed, clone, int(self.origins_of[home]), kind), []).append(events)

    def _settling(self, source: int, start: int, clone: int, home: int) -> Iterator[tuple[int, Value, int]]:
        """Yield each bed with the chance that a shed cell, or cluster, takes root there."""
        sites = len(self.site)
        for bed in range(2 * sites):
            route = route_of.py_func(source, bed % sites, home, bed < sites)
            for kind in range(2):
                survives = self.setting.establishment[kind, bed, clone]
                if self.bare.establishment[kind, bed, clone] <= 0.0 or self.bare.open_routes[route] == 0.0:
                    continue
                chance = self.fate[clone][start, bed] * survives * float(self.bare.infiltration[clone])
                if isinstance(chance, Formula) or chance > 0.0:
                    yield bed, chance, kind

    def _arrived(self) -> dict[str, Value]:
        """Return what arrives per day in each compartment."""
        flows: dict[str, list[Value]] = {}
        for (bed, clone, origin, kind), events in self._pending.items():
            site = bed % len(self.site)
            word = "cluster" if kind else "cell"
            where = f"{'' if bed < len(self.site) else 'organ_'}{self.site[site]}"
            flow = self.book.let(
                f"seeds_{where}_{self.clone[clone]}_from_{self._home(origin)}_{word}", total_of(events), "seeds per day"
            )
            for name, part in self._settled(site, bed < len(self.site), clone, origin, kind, flow, None):
                flows.setdefault(name, []).append(part)
        return {name: total_of(parts) for name, parts in flows.items()}

    def _settled(
        self, site: int, in_tumour: bool, clone: int, origin: int, kind: int, events: Value, cohort: int | None
    ) -> Iterator[tuple[str, Value]]:
        """Yield which compartments seeds join or found; into one cohort, or into whichever is open."""
        founders = self.bare.cluster_size if kind else 1.0
        founding = events
        if in_tumour:
            founding = events * self.setting.new_clump_share
            joining = (events - founding) * founders
            for part in range(self.shape[1]):
                if (site, part) in self.part_total:
                    share = self.part_total[site, part] / most(self.total[site], TINY)
                    yield self.cells(site, part, clone, origin), joining * share
        else:
            founding = events * (1.0 - self.bare.dormant_share)
            if self.bare.dormant_share > 0.0:
                yield self.sleeping(site, clone, origin), events * (self.bare.dormant_share * founders)
        if not isinstance(founding, Formula):
            return
        for part in range(1, self.shape[1]):
            if cohort not in (None, part):
                continue
            into: Value = self.open(part) if cohort is None else 1.0
            yield self.cells(site, part, clone, origin), founding * founders * into
            yield self.clumps(site, part), founding * self._survival(site, clone, kind) * into

    def _stroma(self) -> None:
        goal = traced(law.stroma_target)
        for site, name in enumerate(self.site):
            if not self.reached.at(site):
                continue
            cells = [self.site_clone[site, clone] for clone in range(len(self.clone))]
            came = [self.seeded[site, clone] for clone in range(len(self.clone))]
            cxcl1 = [float(value) for value in self.bare.expression[:, 4]]
            own = [a - b for a, b in zip(cells, came, strict=True)]
            target = goal(
                total_of(own), total_of([a * x for a, x in zip(own, cxcl1, strict=True)]), total_of(came),
                total_of([b * x for b, x in zip(came, cxcl1, strict=True)]), self.bare.native_weight,
            )  # fmt: skip
            target = self.book.let(f"stroma_goal_{name}", target, "where the stroma moves to")
            self._add(f"stroma_{name}", (target - Formula(f"stroma_{name}")) / self.setting.lag_days)

    def _jumps(self) -> tuple[list[Jump], list[Constant]]:
        end, cohorts = self.arm.duration_day, self.cohorts
        breaks = [float(day) for day in np.linspace(0.0, end, cohorts + 1)[1:-1]]
        switches = (
            [
                Constant(f"open_{part}", float(part == 1), 0, "1 while clumps of this cohort are founded")
                for part in range(1, cohorts + 1)
            ]
            if cohorts > 1
            else []
        )
        jumps = [
            Jump(
                f"cohort_{number}", day, 0,
                ((f"open_{number - 1}", literal(0.0)), (f"open_{number}", literal(1.0))),
                f"cohort {number} of clumps opens",
            )
            for number, day in enumerate(breaks, start=2)
        ]  # fmt: skip
        for which, day in enumerate(self.course.at_day):
            if day > 0.0:
                changes = tuple(
                    (name, value.text if isinstance(value, Formula) else literal(value))
                    for name, value in self._jump(which)
                )
                if changes:
                    jumps.append(Jump(f"procedure_{which + 1}", float(day), 1 + which, changes, self._told(which)))
        return jumps, switches

    def _told(self, which: int) -> str:
        procedure = self.arm.procedures[which]
        place = self.arm.sites[procedure.site][0] if procedure.site >= 0 else "the blood"
        return f"{procedure.kind} at {place}"

    def _jump(self, which: int) -> Iterator[tuple[str, Value]]:
        what, place, clone, amount = (
            int(self.course.what[which]),
            int(self.course.place[which]),
            int(self.course.clone[which]),
            float(self.course.amount[which]),
        )
        if what == IMPLANTING:
            name = self.cells(place, 0, clone, 0)
            yield name, Formula(name, 3) + amount * self.bare.take
        elif what == INJECTING:
            yield from self._injection(which, place, clone, amount)
        else:
            yield from self._resection(place, amount)

    def _injection(self, which: int, start: int, clone: int, amount: float) -> Iterator[tuple[str, Value]]:
        sites, end = len(self.site), self.arm.duration_day
        cohort = min(self.cohorts, 1 + int(self.cohorts * self.course.at_day[which] / end + 1e-9))
        origin = int(self.origins_of[sites])
        sums: dict[str, list[Value]] = {}
        for bed, settled, kind in self._settling(sites, start, clone, sites):
            if kind == 0:
                self.book.prefix = f"injection_{which + 1}"
                for name, jump in self._settled(bed % sites, bed < sites, clone, origin, 0, settled * amount, cohort):
                    sums.setdefault(name, []).append(jump)
        for name, jumps in sums.items():
            yield name, Formula(name, 3) + total_of(jumps)

    def _resection(self, site: int, left: float) -> Iterator[tuple[str, Value]]:
        for key in self.reached.cells:
            if key[0] == site:
                yield self.cells(*key), Formula(self.cells(*key)) * left
        for place, clone, origin in self.reached.sleeping:
            if place == site:
                asleep = self.sleeping(place, clone, origin)
                yield asleep, Formula(asleep) * left
        for place, part in self.reached.clumps:
            if place == site and (site, part) in self.part_total and self.keeps_more_than_cells:
                clumps = Formula(self.clumps(site, part))
                each = self.part_total[site, part] / most(clumps, TINY)
                yield clumps.text, clumps * (1.0 - _exp(each * -left))

    def _observables(self) -> dict[str, str]:
        told: dict[str, str] = {}
        density, labels = self.bare.density_per_mm3, {clone.label for clone in self.arm.clones if clone.label}
        for site, name in enumerate(self.site):
            if not self.reached.at(site):
                continue
            place = self.arm.sites[site][0]
            told[f"volume_{name}"] = f"mm^3 of tumour at {place}"
            self.book.let(f"volume_{name}", self.total[site] / density, told[f"volume_{name}"])
            for label in sorted(labels):
                carry = total_of(
                    [
                        self.site_clone[site, number]
                        for number, clone in enumerate(self.arm.clones)
                        if clone.label == label
                    ]
                )
                identifier = identifier_of("label_share", label, name)
                share = (
                    piecewise(self.total[site] > TINY, carry / most(self.total[site], TINY), 0.0)
                    if isinstance(carry, Formula)
                    else 0.0
                )
                if isinstance(share, Formula):
                    told[identifier] = f"share of the cells at {place} that carry {label}"
                    self.book.let(identifier, share, told[identifier])
        return told | self._counts()

    def _counts(self) -> dict[str, str]:
        """Name the cells per ml in vein and artery, as `body.blood_counts` has them."""
        vein: list[Value] = []
        artery: list[Value] = []
        per_event = 1.0 + self.bare.cluster_share * (self.bare.cluster_size - 1.0)
        for clone, ways in self.ways.items():
            entering: list[Value] = [0.0, 0.0, 0.0]
            for site in range(len(self.site)):
                if (site, clone) in self.release:
                    start = start_of(self.bare.place[site])
                    entering[start] = (
                        self.release[site, clone] * self.site_clone[site, clone] * per_event + entering[start]
                    )
            if any(isinstance(value, Formula) for value in entering):
                per_day = [
                    Formula(
                        self.book.let(
                            f"entering_{self.clone[clone]}_{n}", value, "cells that enter the blood per day"
                        ).text
                    )
                    if isinstance(value, Formula)
                    else value
                    for n, value in enumerate(entering)
                ]
                unitless = [
                    self.book.let(
                        f"entering_number_{self.clone[clone]}_{n}",
                        Formula(f"{value.text} * one_day"),
                        "the same as a number",
                    )
                    if isinstance(value, Formula)
                    else value
                    for n, value in enumerate(per_day)
                ]
                self.book.constant("one_day", 1.0, 1, meaning="a day")
                _, in_vein, in_artery = traced(circulation.standing_cells, assume=True)(
                    unitless, *ways, self.bare.clearance, self.bare.output_ml_per_minute
                )
                vein.append(in_vein)
                artery.append(in_artery)
        told = {}
        for word, parts in (("vein", vein), ("artery", artery)):
            total = total_of(parts)
            if isinstance(total, Formula):
                told[f"ctc_{word}"] = f"circulating tumour cells per ml in the {word}"
                self.book.let(f"ctc_{word}", total, told[f"ctc_{word}"])
        return told


def total_of(values: list[Value]) -> Value:
    """Return the sum of formulas and numbers."""
    total: Value = 0.0
    for value in values:
        total = value + total if isinstance(value, Formula) and not isinstance(total, Formula) else total + value
    return total


def _exp(value: Value) -> Value:
    return MATH.exp(value)


@dataclass(frozen=True)
class Reached:
    """Hold the compartments that cells can reach."""

    cells: tuple[tuple[int, int, int, int], ...]
    clumps: tuple[tuple[int, int], ...]
    sleeping: tuple[tuple[int, int, int], ...]
    clones: frozenset[int]

    def at(self, site: int) -> bool:
        """Tell whether cells can ever be at a site."""
        return any(key[0] == site for key in self.cells)


def _reachable(setting: Setting, course: Course, shape: tuple, origins_of: np.ndarray, homes: np.ndarray) -> Reached:
    """Return the compartments that cells can reach, step by step until nothing is added."""
    sites, parts = shape[:2]
    cells: set[tuple[int, int, int, int]] = set()
    sleeping: set[tuple[int, int, int]] = set()
    injected: set[int] = set()
    for what, place, clone in zip(course.what, course.place, course.clone, strict=True):
        if what == IMPLANTING:
            cells.add((int(place), 0, int(clone), 0))
        elif what == INJECTING:
            injected.add(int(clone))
    size = -1
    while size != len(cells) + len(sleeping):
        size = len(cells) + len(sleeping)
        senders = {(site, clone, origin) for site, _, clone, origin in cells if setting.shedding[clone] > 0.0}
        sent = {(site, clone, site if origin == 0 else int(homes[origin - 1])) for site, clone, origin in senders}
        sent |= {(sites, clone, sites) for clone in injected}
        for source, clone, home in sent:
            _arrive(setting, cells, sleeping, source, clone, home, int(origins_of[home]), sites, parts)
        for site, part, clone, origin in list(cells):
            cells |= {(site, part, int(other), origin) for other in np.flatnonzero(setting.change[clone])}
        if setting.waking_per_day > 0.0:
            cells |= {(site, part, clone, origin) for site, clone, origin in sleeping for part in range(1, parts)}
    clumps = {(site, part) for site, part, _, _ in cells if part}
    clones = {clone for _, _, clone, _ in cells} | injected
    return Reached(tuple(sorted(cells)), tuple(sorted(clumps)), tuple(sorted(sleeping)), frozenset(clones))


def _arrive(setting, cells, sleeping, source, clone, home, origin, sites, parts) -> None:
    """Add the compartments that a shed cell can reach."""
    occupied = {(site, part) for site, part, _, _ in cells}
    for bed in range(2 * sites):
        site = bed % sites
        route = route_of.py_func(source, site, home, bed < sites)
        if setting.establishment[:, bed, clone].max() <= 0.0 or setting.open_routes[route] == 0.0:
            continue
        if setting.infiltration[clone] <= 0.0:
            continue
        if bed < sites:
            if not any(place == site for place, _ in occupied) or setting.tumour_flow <= 0.0:
                continue
            if setting.new_clump_share < 1.0:
                cells |= {(site, part, clone, origin) for place, part in occupied if place == site} | {
                    (site, 0, clone, origin)
                }
            founds = setting.new_clump_share > 0.0
        else:
            if setting.normal_flow[site] <= 0.0 or setting.normal_arrest[site] <= 0.0:
                continue
            if setting.dormant_share > 0.0:
                sleeping.add((site, clone, origin))
            founds = setting.dormant_share < 1.0
        if founds:
            cells |= {(site, part, clone, origin) for part in range(1, parts)}
