"""Drugs: what each acts on, how it spreads and goes, how it is given; the ones that come with selfseed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Literal, Self

import yaml
from pydantic import Field, StringConstraints, model_validator

from selfseed.processes import DRUG_ROUTES, DRUG_TARGETS
from selfseed.scenario.kinds import Doi, Number, OneOf, Whole
from selfseed.scenario.part import Part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

MOST_DOSES = 10_000
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class Source(Part):
    """Where a number of a drug comes from, and how sure it is."""

    says: Text
    doi: Annotated[str, Doi()] | None = None
    confidence: Literal["read", "quoted", "memory", "derived", "assumed"]


class Drug(Part):
    """A drug: one compartment, and what a concentration leaves of its target.

    Its concentration after one dose is dose over ``volume``; what acts is its unbound part in the tumour.
    """

    title: Text = ""
    acts_on: Annotated[str, OneOf(DRUG_TARGETS, {})] = Field(description="what it takes away")
    potency: Annotated[float, Number("nM", 1e-6, 1e9, "unbound concentration that leaves half of the target")]
    hill: Annotated[float, Number("1", 0.1, 10.0, "steepness")] = 1.0
    most_kill: Annotated[float, Number("1", 0.0, 20.0, "how many times the growth that it meets it kills")] | None = (
        None
    )
    molar_mass: Annotated[float, Number("kDa", 0.01, 1e4, "molar mass")]
    volume: Annotated[float, Number("l/kg", 1e-3, 1e4, "dose over the concentration that it makes")]
    half_life: Annotated[float, Number("day", 1e-4, 1000.0, "half-life in plasma")]
    absorption_half_life: Annotated[float, Number("day", 0.0, 100.0, "0 into a vein")] = 0.0
    free_share: Annotated[float, Number("1", 1e-6, 1.0, "unbound share in plasma")] = 1.0
    tissue_share: Annotated[float, Number("1", 1e-4, 1e4, "unbound concentration in the tumour over plasma")] = 1.0
    dose: Annotated[float, Number("mg/kg", 1e-6, 1e5, "usual dose")]
    every: Annotated[float, Number("day", 0.01, 1000.0, "usual interval")]
    doses: Annotated[int, Whole(1, MOST_DOSES, "usual number of doses")]
    route: Annotated[str, OneOf(DRUG_ROUTES, {})]
    sources: Mapping[str, Source] = Field(default_factory=dict, description="for each number where it comes from")

    @model_validator(mode="after")
    def _kills_if_it_acts_on_growth(self) -> Self:
        if (self.most_kill is not None) != (self.acts_on == "growth"):
            raise ValueError("'most_kill' belongs to drugs that act on growth, and to them alone")
        unknown = sorted(set(self.sources) - set(type(self).model_fields))
        if unknown:
            raise ValueError(f"'sources' names {unknown[0]}, which is no key of a drug")
        return self


@dataclass(frozen=True)
class Given:
    """State how a drug is given: equal doses at equal intervals.

    Attributes
    ----------
    name : str
    drug : Drug
    dose_mg_per_kg : float, > 0 [mg/kg]
    every_day : float, > 0 [day]
    doses : int, >= 1

    Examples
    --------
    >>> drug = built_in_drugs()["reparixin"]
    >>> given = Given("reparixin", drug, drug.dose, drug.every, doses=60)
    >>> given.effect([5.1, 25.0]).round(2).tolist()    # what is left of the receptor, on treatment and after it
    [0.07, 1.0]
    """

    name: str
    drug: Drug
    dose_mg_per_kg: float
    every_day: float
    doses: int

    def concentration_nM(self, days: ArrayLike) -> NDArray[np.float64]:  # noqa: N802
        """Return the unbound concentration in the tumour [nM] so many days after the first dose.

        Parameters
        ----------
        days : array [day]

        Returns
        -------
        concentration : float array, shape of ``days`` [nM]
        """
        from selfseed.theory.pharmacology import concentration

        drug = self.drug
        first = self.dose_mg_per_kg / drug.volume / drug.molar_mass * 1e3 * drug.free_share * drug.tissue_share
        return concentration(
            days, first=first, half_life=drug.half_life, absorption_half_life=drug.absorption_half_life,
            every=self.every_day, doses=self.doses,
        )  # fmt: skip

    def effect(self, days: ArrayLike) -> NDArray[np.float64]:
        """Return what is left of the target so many days after the first dose; of chemotherapy, kill over growth.

        Parameters
        ----------
        days : array [day]

        Returns
        -------
        share : float array, shape of ``days``
            From 0 to 1; of drugs that act on growth, from 0 to their ``most_kill``.
        """
        from selfseed.theory.pharmacology import share_left

        left = share_left(self.concentration_nM(days), self.drug.potency, self.drug.hill)
        return left if self.drug.most_kill is None else self.drug.most_kill * (1.0 - left)


@lru_cache(maxsize=1)
def built_in_drugs() -> Mapping[str, Drug]:
    """Return the drugs that come with selfseed, by name; the source of each number is in its ``sources``.

    Examples
    --------
    >>> built_in_drugs()["siltuximab"].acts_on
    'IL6'
    """
    document = yaml.safe_load(files("selfseed.processes").joinpath("drugs.yaml").read_text(encoding="utf-8"))
    return {name: Drug.model_validate(entry) for name, entry in document.items()}
