"""Published figures of colorectal cancer and of melanoma: where their metastases are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selfseed.cohort.figures_of_breast_cancer import Figure
from selfseed.cohort.measures import count_share, share_of_sites
from selfseed.cohort.outcomes import DAYS_PER_YEAR, ORGANS

if TYPE_CHECKING:
    import pandas as pd

    from selfseed.cohort.measures import Select

REGISTRY = 204_595
"""Patients with colorectal cancer in SEER, 2010 to 2016, https://doi.org/10.1186/s12957-021-02140-6"""
SPREAD_OF_COLON = {"liver": 0.1534, "lung": 0.0522, "bone": 0.0126, "brain": 0.0029}
"""Share of them with metastases there at diagnosis; the same."""
FIRST_OF_MELANOMA = {"lung": 24, "brain": 21, "liver": 17}
"""First visceral metastases of 62 patients in one of these; Marcoval et al. 2013, Actas Dermosifiliogr 104:593"""
AT_DEATH_OF_MELANOMA = {"lung": 0.713, "liver": 0.583, "brain": 0.491, "bone": 0.486}
"""Share of 216 autopsies; Patel et al. 1978, https://doi.org/10.1016/0002-9610(78)90171-X"""


def _colon() -> list[Figure]:
    source, doi = "SEER 2010–2016, World J Surg Oncol 2021", "10.1186/s12957-021-02140-6"
    total = sum(SPREAD_OF_COLON.values())
    return [
        Figure("metastatic at diagnosis", "anywhere", 0.1707, count_share(lambda it: it["metastatic"].astype(bool)),
               source, doi, count=REGISTRY, note="17 % have any; the peritoneum and other sites are not simulated"),
        *(
            Figure("sites found at diagnosis", organ, share / total, share_of_sites(organ, ORGANS), source, doi,
                   count=round(total * REGISTRY), confidence="derived",
                   note="of all mentions of the four; the peritoneum is not simulated")
            for organ, share in SPREAD_OF_COLON.items()
        ),
        Figure("metastasis within 5 years", "liver", 272 / 1026, count_share(_is_in("liver", within_years=5.0)),
               "Engstrand et al. 2018", "10.1186/s12885-017-3925-x", count=1026,
               note="at diagnosis or later, alive or not; treated"),
    ]  # fmt: skip


def _melanoma() -> list[Figure]:
    total = sum(FIRST_OF_MELANOMA.values())
    first = [
        Figure("site of first metastasis", organ, count / total, count_share(_is_first(organ), _is_visceral),
               "Marcoval et al. 2013, Actas Dermosifiliogr 104:593", "", count=total, confidence="derived",
               note="of those in one of these three; several at once (23 of 92) and the gut (7) left out")
        for organ, count in FIRST_OF_MELANOMA.items()
    ]  # fmt: skip
    return first + [
        Figure("metastases at death from the tumour", organ, value, count_share(_is_in(organ), _died_of_it),
               "Patel et al. 1978", "10.1016/0002-9610(78)90171-X", count=216,
               note="found at autopsy; the simulated ones are those large enough to be seen")
        for organ, value in AT_DEATH_OF_MELANOMA.items()
    ]  # fmt: skip


def _is_first(organ: str) -> Select:
    return lambda patients: patients["first_site"] == organ


def _is_in(organ: str, within_years: float = 200.0) -> Select:
    return lambda patients: patients[organ] <= within_years * DAYS_PER_YEAR


def _is_visceral(patients: pd.DataFrame) -> pd.Series:
    return patients["first_site"].isin(list(FIRST_OF_MELANOMA))


def _died_of_it(patients: pd.DataFrame) -> pd.Series:
    return patients["cause"] == "tumour"


COLON, MELANOMA = tuple(_colon()), tuple(_melanoma())
