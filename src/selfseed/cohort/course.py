"""The course of one patient: untreated until the cancer is found, then once in each arm on the same random numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from selfseed.base.errors import RunError
from selfseed.base.streams import replicate_key
from selfseed.cohort.model import Cohort
from selfseed.cohort.patients import AS_IT_IS, DAYS_PER_YEAR, Patients, World, visits_of
from selfseed.cohort.progression import progression_of
from selfseed.cohort.read import treated_scenario
from selfseed.engine.animal import compact, empty_animal, empty_record, own_setting, restore
from selfseed.engine.plan import plan_course, plan_setting
from selfseed.kernels.body import start_of
from selfseed.kernels.families import FINISHED, Animal
from selfseed.kernels.law import infiltration_probability
from selfseed.kernels.patients import live_on
from selfseed.kernels.setting import Setting
from selfseed.kernels.stochastic import GIVING, IMPLANTING, RESECTING, Course, Record, set_dates
from selfseed.processes import GENES
from selfseed.scenario import ResolvedArm, resolve

LOOK_DAYS = 30.0
"""Between two looks at a tumour that is not yet found."""
TUBE_ML = 7.5
EARLY_MM = 2.7
"""At which circulating cells of small tumours are told; Coumans et al. 2013, https://doi.org/10.1186/1471-2407-13-283"""
LATE_YEARS = (5.0, 10.0, 15.0)
"""After the diagnosis, when cells in blood, and cells that sleep, are counted again."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outcome:
    """Hold what becomes of one patient in one arm; days count from the diagnosis, nan is never.

    Attributes
    ----------
    relapse_day, distant_day, tumour_death_day : float
        When a tumour is seen in the bed of one that was removed, when a metastasis is seen, when tumours kill.
    progression_day, response_day : float
        When metastases that were seen at diagnosis progress, and when they respond; see `progression_of`.
    late_ctc_per_ml, late_asleep : float[3]
        Circulating cells per ml of venous blood, and cells that sleep in organs, at ``LATE_YEARS``; nan after the last
        look.
    organ_days : float[site]
        When metastases of each site are seen.
    """

    relapse_day: float
    distant_day: float
    tumour_death_day: float
    progression_day: float
    response_day: float
    late_ctc_per_ml: Array
    late_asleep: Array
    organ_days: Array


@dataclass(frozen=True)
class Diagnosis:
    """Hold how a patient is found; ``day`` counts from the first cells, ``how`` is empty if the cancer is never found.

    Attributes
    ----------
    how : {"screening", "symptoms", "metastasis", ""}
    ctc : int
        Circulating tumour cells in 7.5 ml of venous blood, a Poisson draw.
    metastatic : bool
        Whether metastases of some organ are large enough to be seen.
    early_ctc_per_ml : float
        Circulating cells per ml of venous blood when the primary had ``EARLY_MM``; nan if it never did.
    cells_per_seed : float
        Cells that the tumour sheds, as large as it is found, for each seed in the tissue of an organ; see
        `cells_per_seed`.
    """

    how: str
    day: float
    diameter_mm: float
    ctc: int
    ctc_per_ml: float
    metastatic: bool
    early_ctc_per_ml: float
    cells_per_seed: float


@dataclass(frozen=True)
class Plan:
    """Hold the arms of a cohort as bare numbers; what differs between patients is put in by ``for_patient``."""

    cohort: Cohort
    natural: ResolvedArm
    arms: tuple[ResolvedArm, ...]
    settings: tuple[Setting, ...]
    courses: tuple[Course, ...]

    @property
    def primary(self) -> int:
        """Return the site of the primary."""
        return [site for site, _ in self.natural.sites].index(self.cohort.primary)


def plan_cohort(cohort: Cohort) -> Plan:
    """Return the arms of a cohort as bare numbers; the first of ``settings`` and ``courses`` is the natural course."""
    natural = resolve(cohort.scenario)[0]
    arms = tuple(arm for arm in resolve(treated_scenario(cohort)) if arm.kind == "arm")
    every = (natural, *arms)
    courses = tuple(plan_course(arm, cohort.scenario.numerics) for arm in every)
    return Plan(
        cohort=cohort,
        natural=natural,
        arms=arms,
        settings=tuple(plan_setting(arm) for arm in every),
        courses=(courses[0], *stopping_together(courses[1:])),
    )


def stopping_together(courses: Sequence[Course]) -> tuple[Course, ...]:
    """Return courses that all stop whenever one of them does something, so that they share their steps.

    The chance of a step is named after its time. Without this a drug that does nothing would move the steps around it,
    and patients would live and die otherwise.
    """
    stops = {stop for course in courses for stop in _stops(course)}
    return tuple(_also_stopping(course, sorted(stops - set(_stops(course)))) for course in courses)


def _stops(course: Course) -> list[tuple[float, int, float]]:
    return list(zip(course.at_day.tolist(), course.trigger_site.tolist(), course.trigger_cells.tolist(), strict=True))


def _also_stopping(course: Course, stops: Sequence[tuple[float, int, float]]) -> Course:
    if not stops:
        return course
    none = np.zeros(len(stops), dtype=np.int64)
    days, sites, cells = zip(*stops, strict=True)
    more: dict[str, Any] = {
        "at_day": days, "what": none + GIVING, "clone": none, "place": none, "nth": none, "amount": none,
        "trigger_site": sites, "trigger_cells": cells,
    }  # fmt: skip
    old = {name: getattr(course, name) for name in more}
    longer: dict[str, Any] = {name: np.append(old[name], np.array(more[name], old[name].dtype)) for name in more}
    return course._replace(**longer)


class Follower:
    """Follow patients one by one; the tables of cells are made once and used for all."""

    def __init__(self, plan: Plan, patients: Patients, seed: int, world: World = AS_IT_IS):
        self.plan, self.patients, self.seed, self.world = plan, patients, seed, world
        sites, clones = len(plan.natural.sites), len(plan.natural.clones)
        kinds = (sites + 1) * clones * (sites + 1) * 3
        rows = plan.cohort.scenario.numerics.max_families + kinds
        self.animals = [empty_animal(sites, clones, rows, course.at_day.size) for course in plan.courses]
        self.density = plan.natural.parameters["growth.cell_density"]

    def follow(self, patient: int) -> tuple[Diagnosis, list[Outcome]]:
        """Return how a patient is found, and what becomes of them in each arm; nothing if they are not followed.

        Raises
        ------
        RunError
            When the table of families overflows.
        """
        key = np.uint64(replicate_key(self.seed, patient))
        setting, growth, course = self._for_patient(0, patient)
        times = self._looks(patient)
        animal, record = self.animals[0], self._record(times.size)
        clear(animal)
        course = course._replace(times_day=times)
        set_dates(course, animal)
        limits = self._findable(patient, times)
        status, row, found = live_on(setting, growth, course, animal, record, key, 0.0, 0, limits, False)
        self._check(status)
        if not found:
            return Diagnosis("", math.nan, math.nan, 0, math.nan, False, math.nan, math.nan), []
        per_seed = cells_per_seed(setting, animal, self.plan.primary)
        cells = cancer_cells(record.cells[:row], course)
        diagnosis = self._diagnosis(patient, per_seed, cells, record.blood[:row, 1], times[row - 1], limits[row - 1])
        if not is_followed(self.plan.cohort, diagnosis.metastatic):
            return diagnosis, []
        state = compact(animal)
        return diagnosis, [
            self._arm(number, patient, key, state, diagnosis.day) for number in range(len(self.plan.arms))
        ]

    def _arm(self, number: int, patient: int, key: np.uint64, state: dict, start: float) -> Outcome:
        setting, growth, course = self._for_patient(number + 1, patient)
        cohort = self.plan.cohort
        end = min(cohort.follow_up, float(self.patients.other_death_day[patient]))
        looks = max(1, math.ceil(end / cohort.detection.look_every))
        times = start + np.linspace(0.0, end, looks + 1)
        course = course._replace(
            times_day=times, at_day=np.where(course.trigger_site < 0, course.at_day + start, course.at_day)
        )
        animal, record = self.animals[number + 1], self._record(times.size)
        clear(animal)
        restore(animal, state)
        set_dates(course, animal)
        animal.due[course.what == IMPLANTING] = np.inf
        limits = np.tile(self._lethal(), (times.size, 1))
        status, rows, dead = live_on(
            own_setting(setting, course), growth, course, animal, record, key, start, 0, limits, True
        )  # fmt: skip
        self._check(status)
        cut = (course.what == RESECTING) & (course.place == self.plan.primary)
        removed = np.fmin.reduce(animal.happened[cut], initial=math.inf) - start
        cells = cancer_cells(record.cells[:rows], course)
        return self._outcome(times[:rows] - start, cells, record, limits[0], dead, float(removed))

    def _outcome(self, days: Array, cells: Array, record: Record, lethal: Array, dead: bool, removed: float) -> Outcome:
        plan = self.plan
        seen = self._cells_of(plan.cohort.detection.metastasis_seen)
        organs = np.array([first_day(days, cells[:, site], seen) for site in range(cells.shape[1])])
        primary = plan.primary
        relapse = relapse_day(days, cells[:, primary], seen, removed)
        organs[primary] = math.nan
        whole = (cells / lethal).sum(axis=1)
        death = first_day(days, whole, 1.0) if dead else math.nan
        distant = float(np.nanmin(organs)) if np.isfinite(organs).any() else math.nan
        diameters = diameter_of(np.delete(cells, primary, axis=1), self.density)
        progressed, responded = progression_of(days, diameters, plan.cohort.detection.metastasis_seen)
        late = DAYS_PER_YEAR * np.array(LATE_YEARS)
        late = np.where(abs(late - days[-1]) < 1e-6, days[-1], late)
        blood, asleep = (
            record.blood[: days.size, 1],
            np.delete(record.dormant[: days.size], primary, axis=1).sum(axis=1),
        )
        return Outcome(
            relapse, distant, death, progressed, responded, np.interp(late, days, blood, right=math.nan),
            np.interp(late, days, asleep, right=math.nan), organs,
        )  # fmt: skip

    def _diagnosis(
        self, patient: int, per_seed: float, cells: Array, blood: Array, day: float, limits: Array
    ) -> Diagnosis:
        """Return how a patient is found at the last look; ``cells`` is float[look, site], ``blood`` float[look]."""
        primary, detection, last = self.plan.primary, self.plan.cohort.detection, cells[-1]
        diameter = float(diameter_of(last[primary], self.density))
        how = "symptoms" if diameter >= self.patients.symptoms_mm[patient] else "screening"
        if last[primary] < limits[primary]:
            how = "metastasis"
        others = np.delete(last, primary)
        per_ml = float(blood[-1])
        stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(61, patient))))
        return Diagnosis(
            how, float(day), diameter, int(stream.poisson(per_ml * TUBE_ML)), per_ml,
            bool((others >= self._cells_of(detection.metastasis_seen)).any()),
            early_cells(cells[:, primary], blood, self._cells_of(EARLY_MM)), per_seed,
        )  # fmt: skip

    def _for_patient(self, which: int, patient: int) -> tuple[Setting, Array, Course]:
        """Return the numbers of an arm as they are in a patient."""
        setting, course, fold = self.plan.settings[which], self.plan.courses[which], self.patients.fold
        genes = np.array([fold(gene)[patient] for gene in GENES])
        expression = setting.expression * genes
        therapy = course.therapy
        infiltration = np.array([_infiltration(therapy.wall, genes_of) for genes_of in expression])
        death = float(setting.clearance[0] / fold("ctc_half_life")[patient])
        growth = setting.growth.copy()
        growth[..., :2] *= fold("growth")[patient]
        setting = setting._replace(
            shedding=setting.shedding * fold("shedding")[patient],
            establishment=np.minimum(setting.establishment * fold("establishment")[patient], 1.0),
            expression=expression,
            infiltration=infiltration,
            clearance=np.array([death, *setting.clearance[1:]]),
            growth=growth,
            pace=np.where(np.arange(setting.pace.size) == self.plan.primary, self.world.primary_pace, 1.0)
            * setting.pace,
        )
        therapy = therapy._replace(infiltration=infiltration, death_per_second=death)
        return setting, growth, course._replace(therapy=therapy)

    def _looks(self, patient: int) -> Array:
        longest = self.plan.cohort.longest
        visits = visits_of(self.plan.cohort.detection, self.patients, patient, longest)
        return np.unique(np.concatenate([np.arange(0.0, longest, LOOK_DAYS), visits]))

    def _findable(self, patient: int, times: Array) -> Array:
        """Return the cells at which each site leads to a diagnosis at each look."""
        detection = self.plan.cohort.detection
        others = np.full(len(self.plan.natural.sites), self._cells_of(detection.metastasis_symptoms))
        if self.world.diameters_mm:
            others = np.maximum(others, self._lethal())
        limits = np.tile(others, (times.size, 1))
        limits[:, self.plan.primary] = self._cells_of(self.patients.symptoms_mm[patient])
        visits = visits_of(detection, self.patients, patient, self.plan.cohort.longest)
        seen = min(self._cells_of(self.patients.seen_mm[patient]), limits[0, self.plan.primary])
        limits[np.isin(times, visits), self.plan.primary] = seen
        return limits

    def _lethal(self) -> Array:
        """Return the cells of each site that kill, the primary's among them."""
        return np.array([self.plan.cohort.lethal[organ] for _, organ in self.plan.natural.sites])

    def _record(self, rows: int) -> Record:
        return empty_record(rows, len(self.plan.natural.sites), len(self.plan.natural.clones))

    def _cells_of(self, diameter_mm: float) -> float:
        return math.pi / 6.0 * diameter_mm**3 * self.density

    def _check(self, status: int) -> None:
        if status != FINISHED:
            most = self.plan.cohort.scenario.numerics.max_families
            raise RunError(f"more than {most} families of cells in a patient; raise numerics.max_families")


def is_followed(cohort: Cohort, metastatic: bool) -> bool:
    """Tell whether a cohort follows patients who are found with metastases that can be seen, or without."""
    return cohort.stage == "all" or metastatic == (cohort.stage == "metastatic")


def diameter_of(cells: Array | float, density_per_mm3: float) -> Array:
    """Return the diameter [mm] of a sphere of so many cells."""
    return np.asarray((6.0 / math.pi * cells / density_per_mm3) ** (1.0 / 3.0))


def cancer_cells(cells: Array, course: Course) -> Array:
    """Return float[look, site] of float[look, site, clone], without engineered killers: they are seen as no tumour."""
    return np.asarray(cells[..., course.therapy.kills == 0.0].sum(axis=-1))


def first_day(days: Array, values: Array, limit: float) -> float:
    """Return when values first reach a limit, between looks as exponential growth has it; nan if they do not."""
    reached = np.flatnonzero(values >= limit)
    if not reached.size:
        return math.nan
    row = int(reached[0])
    if row == 0 or values[row - 1] <= 0.0:
        return float(days[row])
    part = math.log(limit / values[row - 1]) / math.log(values[row] / values[row - 1])
    return float(days[row - 1] + part * (days[row] - days[row - 1]))


def cells_per_seed(setting: Setting, animal: Animal, primary: int) -> float:
    r"""Return the cells that a primary sheds for each seed that takes root in the tissue of an organ.

    Of each release the chance of a seed is the sum over organs of the chance to be held there, to cross and to survive,

    .. math:: \sum_j F_j\, \iota\, [(1 - \kappa) e_j + \kappa e_j^{cluster}], \qquad 1 + \kappa (m - 1)
              \text{ cells in a release,}

    with :math:`\kappa` the share of clusters and m their mean size. Seeds that sleep count; seeds in tumours do not.

    Parameters
    ----------
    setting : Setting
    animal : Animal
        As a measurement left it.
    primary : int
        Site; its most frequent clone is meant.
    """
    sites, clone = setting.place.size, int(animal.cells[primary].argmax())
    held = animal.fate[clone, start_of(setting.place[primary]), sites : 2 * sites] * setting.infiltration[clone]
    single, cluster = setting.establishment[:, sites : 2 * sites, clone] @ held
    seeds = (1.0 - setting.cluster_share) * single + setting.cluster_share * cluster
    cells = 1.0 + setting.cluster_share * (setting.cluster_size - 1.0)
    return float(cells / seeds) if seeds > 0.0 else math.inf


def early_cells(cells: Array, per_ml: Array, wanted: float) -> float:
    """Return the circulating cells per ml when a tumour first had so many cells; nan if it never did.

    Between two looks both grow as powers of each other; a count of none is taken at the look that is nearer in cells.
    """
    reached = np.flatnonzero(cells >= wanted)
    if not reached.size or reached[0] == 0:
        return float(per_ml[0]) if reached.size else math.nan
    last = int(reached[0])
    if min(cells[last - 1], per_ml[last - 1], per_ml[last]) <= 0.0:
        return float(per_ml[last])
    part = math.log(wanted / cells[last - 1]) / math.log(cells[last] / cells[last - 1])
    return float(per_ml[last - 1] ** (1.0 - part) * per_ml[last] ** part)


def relapse_day(days: Array, cells: Array, seen: float, removed: float) -> float:
    """Return when a tumour is seen again after the day on which it was removed; nan if it never was gone or never came.

    A tumour that is too small to be seen, or shrinks under a drug, has not been removed: its growth is no relapse.
    """
    gone = np.flatnonzero((cells < seen) & (days >= removed))
    if not gone.size:
        return math.nan
    return first_day(days[gone[0] :], cells[gone[0] :], seen)


def clear(animal: Animal) -> None:
    """Make an animal empty again."""
    for name in ("counts", "cells", "seeded", "ledger", "flow", "routes", "irradiation"):
        getattr(animal, name)[:] = 0
    animal.stroma[:] = 1.0
    animal.powers[:] = 1.0
    animal.last[:] = -1


def _infiltration(wall: Array, expression: Sequence[float]) -> float:
    fscn1, mmp1 = expression[GENES.index("FSCN1")], expression[GENES.index("MMP1")]
    return float(infiltration_probability(wall[0], wall[1], wall[2], mmp1, wall[3], fscn1, wall[4]))
