"""Which published figures a cohort is laid beside: those of its cancer, and of the stage that it follows."""

from __future__ import annotations

from selfseed.cohort.figures_of_breast_cancer import FIGURES, Figure
from selfseed.cohort.figures_of_metastatic_cancer import METASTATIC
from selfseed.cohort.figures_of_other_cancers import COLON, MELANOMA
from selfseed.cohort.model import Cohort
from selfseed.cohort.real import COHORTS, can_load

BY_ORGAN = {"mammary_gland": FIGURES, "gut": COLON, "skin": MELANOMA}
"""By the organ of the primary, for cohorts that follow patients of every stage."""
ROLES = tuple(
    sorted(
        {"control", *COHORTS}
        | {name for one in (*FIGURES, *METASTATIC, *COLON, *MELANOMA) for name in (one.role, one.against)}
    )
)
"""What an arm may be compared as."""


def figures_of(cohort: Cohort) -> tuple[Figure, ...]:
    """Return the published figures of a cohort's cancer; none where there are none of that cancer and stage."""
    organ = cohort.scenario.sites[cohort.primary].organ
    if cohort.stage == "metastatic":
        return METASTATIC if organ == "mammary_gland" else ()
    return BY_ORGAN.get(organ, ())


def real_cohorts_of(cohort: Cohort) -> tuple[str, ...]:
    """Return the real cohorts, as far as they are installed, whose patients are like those of a cohort."""
    if cohort.scenario.sites[cohort.primary].organ != "mammary_gland" or cohort.stage == "metastatic":
        return ()
    return tuple(name for name in COHORTS if can_load(name))
