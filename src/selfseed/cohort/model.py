"""What is asked of a cohort: who the patients are, how they are found, what is done; frozen, complete, in units."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from selfseed.processes import GENES
from selfseed.scenario.kinds import Doi, Number, OneOf, Whole
from selfseed.scenario.model import LONGEST_DAYS, Arm, Named, Organ, Prose, Scenario, Sentence
from selfseed.scenario.part import Part

LAYOUT = 3
"""Of what is kept of a job in progress; one that was interrupted with another layout starts anew."""
TRAITS = ("growth", "shedding", "ctc_half_life", "establishment", *GENES)
MOST_PATIENTS = 1_000_000
Share = Annotated[float, Number("1", 0.0, 1.0)]
Diameter = Annotated[float, Number("mm", 0.1, 500.0, "diameter of a sphere of its volume")]
Spread = Annotated[float, Number("1", 0.0, 3.0, "standard deviation of the logarithm")]


class Trait(Part):
    """How patients differ in one number: lognormal about the scenario's value, tied to how aggressive the cancer is.

    A patient's fold is ``exp(spread * (loading * A + sqrt(1 - loading^2) * Z))`` with A one standard normal number for
    all traits of a patient, and Z one of its own; so two traits have the correlation of the product of their loadings.
    """

    spread: Spread
    loading: Annotated[float, Number("1", -1.0, 1.0, "correlation with aggressiveness")] = 0.0


class Detection(Part):
    """How a cancer is found: at a visit of screening, by its symptoms, or by those of a metastasis."""

    screened: Annotated[float, Number("1", 0.0, 1.0, "share of patients who take part in screening")]
    every: Annotated[float, Number("day", 30.0, 10_000.0, "interval between visits")]
    seen: Diameter = Field(description="median diameter from which screening sees it")
    seen_spread: Spread
    symptoms: Diameter = Field(description="median diameter at which symptoms lead to it")
    symptoms_spread: Spread
    metastasis_symptoms: Diameter = Field(description="diameter at which metastases of one organ lead to it")
    metastasis_seen: Diameter = Field(
        description="diameter from which metastases of one organ are seen when looked for"
    )
    look_every: Annotated[float, Number("day", 5.0, 365.0, "interval between looks after diagnosis")] = 90.0


class Age(Part):
    """The age at diagnosis, normal, and how likely others of that age die of something else."""

    mean: Annotated[float, Number("year", 1.0, 110.0)]
    spread: Annotated[float, Number("year", 0.0, 40.0)]
    death_rate_at_60: Annotated[float, Number("1/year", 0.0, 1.0, "of other causes")]
    doubling: Annotated[float, Number("year", 1.0, 100.0, "age in which that rate doubles")]


class Cohort(Part):
    """Virtual patients, arms of treatment, and how long they are followed.

    Procedures of an arm count their days from the diagnosis; the arms share patients and random numbers.
    """

    cohort: Literal[1] = Field(alias="selfseed-cohort", description="version of this format")
    title: Sentence = ""
    description: Prose = ""
    references: tuple[Annotated[str, Doi()], ...] = ()
    scenario: Scenario
    patients: Annotated[int, Whole(1, MOST_PATIENTS, "virtual patients")]
    follow_up: Annotated[float, Number("day", 30.0, LONGEST_DAYS, "time from diagnosis to the end")]
    longest: Annotated[float, Number("day", 365.0, LONGEST_DAYS, "longest time from the first cells to diagnosis")]
    seed: Annotated[int, Whole(0, 2**63 - 1)] | None = None
    stage: Literal["all", "metastatic", "not metastatic"] = Field(
        default="all", description="at diagnosis; patients of another stage are not followed, and left out"
    )
    primary: Named
    traits: Mapping[Annotated[str, OneOf(TRAITS, {})], Trait] = Field(default_factory=dict)
    detection: Detection
    age: Age
    lethal: Mapping[Organ, Annotated[float, Number("cells", 1e3, 1e14, "cells that kill")]] = Field(min_length=1)
    arms: Mapping[Named, Arm] = Field(min_length=1, max_length=50, description="the first is compared with the others")
    compared_as: Mapping[str, Named] = Field(
        default_factory=dict, description="which arm is laid beside real patients after surgery, radiotherapy, ..."
    )

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Cohort":
        """Return the cohort that a mapping describes, with the keys of the YAML form; see `selfseed.cohort.read`."""
        from selfseed.cohort.read import from_dict

        return from_dict(document)
