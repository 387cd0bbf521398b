"""Who the patients are: how their numbers differ, when cancers are found, when they would die of something else."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from selfseed.cohort.model import TRAITS, Cohort, Detection

DAYS_PER_YEAR = 365.25
STREAM = 60


@dataclass(frozen=True)
class Patients:
    """Hold what is drawn for each of N patients.

    Attributes
    ----------
    aggressiveness : float[N]
        Standard normal; ties the traits together.
    folds : float[N, trait]
        By how much each number of ``TRAITS`` differs from the scenario's.
    age_year : float[N]
        At diagnosis.
    other_death_day : float[N]
        Days from diagnosis to death of another cause.
    screened : bool[N]
    first_visit_day : float[N]
        Day of the first visit of screening since the first cells.
    seen_mm, symptoms_mm : float[N]
        Diameter from which screening sees the tumour, and at which symptoms lead to it.
    """

    aggressiveness: NDArray[np.float64]
    folds: NDArray[np.float64]
    age_year: NDArray[np.float64]
    other_death_day: NDArray[np.float64]
    screened: NDArray[np.bool_]
    first_visit_day: NDArray[np.float64]
    seen_mm: NDArray[np.float64]
    symptoms_mm: NDArray[np.float64]

    def fold(self, trait: str) -> NDArray[np.float64]:
        """Return the folds of one trait."""
        return self.folds[:, TRAITS.index(trait)]


@dataclass(frozen=True)
class World:
    """Say what is made otherwise in the same patients; the default is the world as it is.

    Attributes
    ----------
    shared : bool
        Without it, what makes a tumour grow is no longer tied to what makes it spread: the traits other than growth
        take another aggressiveness, of the same law, so that each trait by itself is as it was.
    diameters_mm : tuple of float
        If given, the diameter at which each patient is found, whatever else they are like; only metastases that
        would kill lead to a diagnosis before.
    primary_pace : float
        Fold on the pace of growth of the primary alone.
    """

    shared: bool = True
    diameters_mm: tuple[float, ...] = ()
    primary_pace: float = 1.0


AS_IT_IS = World()


def draw_patients(cohort: Cohort, seed: int, world: World = AS_IT_IS) -> Patients:
    """Draw the patients of a cohort; each depends on the seed and its number alone.

    Parameters
    ----------
    cohort : Cohort
    seed : int, >= 0
    world : World

    Returns
    -------
    Patients
        Folds, ages, visits and sizes of all patients, found or not; see docs/cohort.md for the laws.
    """
    numbers = np.stack([_normals(seed, patient) for patient in range(cohort.patients)])
    common, other, uniforms = numbers[:, 0], numbers[:, 1], _to_uniform(numbers[:, 2:5])
    own, rest = numbers[:, 5 : 5 + len(TRAITS)], numbers[:, 5 + len(TRAITS) :]
    folds = np.ones((cohort.patients, len(TRAITS)))
    for column, name in enumerate(TRAITS):
        trait = cohort.traits.get(name)
        if trait is not None:
            tie = common if world.shared or name == "growth" else other
            mixed = trait.loading * tie + math.sqrt(1.0 - trait.loading**2) * own[:, column]
            folds[:, column] = np.exp(trait.spread * mixed)
    detection, age = cohort.detection, cohort.age.mean + cohort.age.spread * rest[:, 0]
    age = np.clip(age, 18.0, 100.0)
    clamped = np.array(world.diameters_mm)
    return Patients(
        aggressiveness=common,
        folds=folds,
        age_year=age,
        other_death_day=_other_death(cohort, age, uniforms[:, 0]),
        screened=(uniforms[:, 1] < detection.screened) & (clamped.size == 0),
        first_visit_day=uniforms[:, 2] * detection.every,
        seen_mm=_lognormal(detection.seen, detection.seen_spread, rest[:, 1]),
        symptoms_mm=clamped if clamped.size else _lognormal(detection.symptoms, detection.symptoms_spread, rest[:, 2]),
    )


def visits_of(detection: Detection, patients: Patients, patient: int, longest_day: float) -> NDArray[np.float64]:
    """Return the days of a patient's visits of screening."""
    if not patients.screened[patient]:
        return np.empty(0)
    return np.arange(patients.first_visit_day[patient], longest_day, detection.every)


def _normals(seed: int, patient: int) -> NDArray[np.float64]:
    stream = np.random.SeedSequence(seed, spawn_key=(STREAM, patient))
    return np.random.Generator(np.random.PCG64(stream)).standard_normal(5 + len(TRAITS) + 3)


def _to_uniform(normal: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr

    return np.asarray(ndtr(normal))


def _lognormal(median: float, spread: float, normal: NDArray[np.float64]) -> NDArray[np.float64]:
    return median * np.exp(spread * normal)


def _other_death(cohort: Cohort, age: NDArray[np.float64], uniform: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return days to death of other causes, whose rate grows with age as Gompertz found (1825).

    .. math:: \int_0^T m e^{g s} ds = -\ln U
    """
    growth = math.log(2.0) / cohort.age.doubling
    rate = cohort.age.death_rate_at_60 * np.exp(growth * (age - 60.0))
    with np.errstate(divide="ignore"):
        years = np.log1p(-growth * np.log(uniform) / rate) / growth
    return years * DAYS_PER_YEAR
