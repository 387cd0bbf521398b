"""V1 to V4, V6 and V7: what becomes of single cells and their families, through the stochastic engine."""

from dataclasses import replace
from functools import lru_cache, partial

import numpy as np
from scipy import stats
from scipy.special import gammaln
from tests.validation import test_birth_and_death as lives
from tests.validation import test_change_of_clone as changes
from tests.validation.arms import ALL_TO_THE_LUNG, animals, arm, exponential, implant, z_of_mean, z_of_variance
from verification import pictures
from verification.claim import DIFFERS, Claim, Measured
from verification.compare import ENOUGH, means, standard_error, together

from selfseed.theory import birth_death, luria_delbruck, reseeding


@lru_cache(maxsize=4)
def family_sizes(birth: float, death: float, days: float, seed: int) -> np.ndarray:
    return lives.grown(birth, death, days, seed=seed)


def extinction(seed: int) -> Measured:
    """Count families of one cell that are gone after two days."""
    cells = family_sizes(1.0, 0.5, 2.0, seed)
    chance = partial(birth_death.extinction_probability, 1.0)
    return means(("P(extinct)", cells == 0, chance(0.5, 2.0), chance(0.55, 2.0)))


def size_law(seed: int) -> Measured:
    """Hold mean, variance and chances of the sizes of families against theory."""
    cells = family_sizes(1.0, 0.5, 2.0, seed)
    law = partial(birth_death.mean_cells, 1.0)
    variance, one = birth_death.variance_of_cells(1.0, 0.5, 2.0), birth_death.size_probability(1, 1.0, 0.5, 2.0)
    measured = means(("mean", cells, law(0.5, 2.0), law(0.55, 2.0)))
    close = abs(z_of_variance(cells, variance)) < ENOUGH and abs(z_of_mean(cells == 1, one)) < ENOUGH
    sizes = np.arange(0, 21)
    chances = [birth_death.size_probability(size, 1.0, 0.5, 2.0) for size in sizes]
    return replace(
        measured,
        text=f"{measured.text}; variance {np.var(cells, ddof=1):.4g} for {variance:.4g}; P(1) {np.mean(cells == 1):.4f} for {one:.4f}",
        verdict=measured.verdict if close else DIFFERS,
        figure=lambda: pictures.histogram(cells, sizes, chances, "cells after 2 days"),
    )


def pure_birth(seed: int) -> Measured:
    """Hold families that lose no cell against the law of Yule."""
    cells = family_sizes(1.0, 0.0, 3.0, seed)
    one = partial(birth_death.size_probability, 1, death=0.0, days=3.0)
    return means(
        ("mean", cells, birth_death.mean_cells(1.0, 0.0, 3.0), birth_death.mean_cells(1.1, 0.0, 3.0)),
        ("P(N = 1)", cells == 1, one(birth=1.0), one(birth=1.1)),
    )


def changed_cells(seed: int) -> Measured:
    """Hold the changed cells of tumours that grew from 10^4 to 10^8 cells against Luria and Delbrück."""
    mutants = changes.changed(1.0, seed=seed)
    law, wrong = luria_delbruck.lea_coulson(1.0, 99), luria_delbruck.lea_coulson(1.1, 99)
    measured = means(("P(0)", mutants == 0, law[0], wrong[0]))
    late = z_of_mean(mutants >= 100, 1.0 - law.sum())
    return replace(
        measured,
        text=f"{measured.text}; median {np.median(mutants):.0f} for 1; jackpots of 100 and more {np.mean(mutants >= 100):.4f} for {1 - law.sum():.4f}",
        verdict=measured.verdict if abs(late) < ENOUGH and np.median(mutants) == 1 else DIFFERS,
        figure=lambda: pictures.histogram(mutants, np.arange(0, 21), law[:21], "changed cells among 10⁸"),
    )


def immigration(seed: int) -> Measured:
    """Hold the cells of a lung that keeps receiving cells against the negative binomial law."""
    cells = lives.received(lives.EXACT, count=24_000, seed=seed)
    law, wrong = (stats.nbinom(*birth_death.immigration_law(1.0, 0.5, arrivals, 2.0)) for arrivals in (0.5, 0.55))
    return means(("mean", cells, law.mean(), wrong.mean()), ("P(0)", cells == 0, law.pmf(0), wrong.pmf(0)))


@lru_cache(maxsize=4)
def reseeded_lungs(arrivals: float, days: float, count: int, seed: int) -> list[np.ndarray]:
    """Return the cells of each seed family in lungs that receive cells at a steady rate, one array per animal."""
    experiment = arm(
        {"quiet": exponential(0.0), "seed": exponential(1.0, 0.5)}, days,
        sites={"donor": "mammary_gland", "lung": "lung"}, procedures=[implant("seed", 1e9)],
        parameters=ALL_TO_THE_LUNG | {"shedding.rate": 1e-8, "establishment.lung": arrivals / 10.0},
        residents={"donor": "quiet"},
    )  # fmt: skip
    outcomes = animals(experiment, count, seed=seed, step=0.1, exact_below=0, max_families=300)
    families = [outcome.families[outcome.families["site"] == 1]["cells"] for outcome in outcomes]
    return [cells[cells > 0.0] for cells in families]


def same_seed(lungs: list[np.ndarray]) -> np.ndarray:
    """Return the chance that two cells of a lung share a seed, for each lung that has two."""
    kept = [(cells, cells.sum()) for cells in lungs if cells.sum() >= 2]
    return np.array([(cells * (cells - 1)).sum() / (total * (total - 1)) for cells, total in kept])


def lineages(lungs: list[np.ndarray], sample: int) -> np.ndarray:
    """Return the seeds expected behind a sample of cells, for each lung that has so many."""

    def ways(cells):
        return gammaln(cells + 1.0) - gammaln(cells - sample + 1.0)

    found = []
    for cells in (lung for lung in lungs if lung.sum() >= sample):
        others = cells.sum() - cells
        missed = np.where(others >= sample, np.exp(ways(np.maximum(others, sample)) - ways(cells.sum())), 0.0)
        found.append((1.0 - missed).sum())
    return np.array(found)


def ewens(seed: int) -> Measured:
    """Hold the seed families of a reseeded lung against the sampling law of Ewens."""
    same = means(
        *(
            (f"P(same seed), theta {theta:g}", same_seed(reseeded_lungs(theta, 5.0, 16_000, seed)),
             reseeding.same_seed_probability(theta, 1.0), reseeding.same_seed_probability(1.1 * theta, 1.0))
            for theta in (0.5, 2.0)
        )
    )  # fmt: skip
    later = reseeded_lungs(0.5, 16.0, 4000, seed)
    samples = (3, 10, 30, 100, 300, 1000)
    seen = {sample: lineages(later, sample) for sample in samples}
    expected = {sample: reseeding.expected_lineages(0.5, 1.0, sample) for sample in samples}
    several = means(
        *(
            (f"seeds behind {sample} cells", seen[sample], expected[sample],
             reseeding.expected_lineages(0.55, 1.0, sample))
            for sample in (100, 1000)
        )
    )  # fmt: skip
    series = pictures.Series(
        "theta 0.5", samples, tuple(expected.values()), samples, [np.mean(seen[n]) for n in samples],
        [1.96 * standard_error(seen[n]) for n in samples],
    )  # fmt: skip
    return replace(
        together(same, several),
        figure=lambda: pictures.beside_theory([series], "cells sampled", "seeds they descend from", log="x"),
    )


KENDALL = ("Kendall 1948", "10.1214/aoms/1177730285")

CLAIMS = (
    Claim("V1", "Extinction of a birth-death process", *KENDALL, "exact", ".3873 after 2 days at b = 1, d = 0.5", extinction),
    Claim("V2", "Its size law", *KENDALL, "exact", "mean 2.7183, variance 14.012, P(1) .1381", size_law),
    Claim("V3", "Yule's process", "Yule 1925", "10.1098/rstb.1925.0002", "exact", "mean 20.09, P(1) .0498", pure_birth),
    Claim("V4", "Changed cells of a growing tumour", "Luria & Delbrück 1943; Lea & Coulson 1949", "10.1093/genetics/28.6.491", "exact",
          "P(0) .3679, median 1, P(100 and more) .0104", changed_cells),
    Claim("V6", "A site that keeps receiving cells", "Kendall 1948b", "10.1093/biomet/35.3-4.316", "exact",
          "negative binomial, mean 1.7183, P(0) .4748", immigration),
    Claim("V7", "Lineages of a reseeded site follow Ewens", "Tavaré 1987", "10.1007/BF00276386", "exact",
          "two cells of one seed: 2/3 and 1/3; 3.284 and 4.436 seeds behind 100 and 1000 cells", ewens),
)  # fmt: skip
