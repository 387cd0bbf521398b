"""Published figures of breast cancer that has metastases: drugs that did not help, and circulating cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.cohort.figures_of_breast_cancer import Figure
from selfseed.cohort.measures import count_arm_ratio, count_median, count_ratio, count_share
from selfseed.cohort.outcomes import DAYS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

MANY_CTC = 5
"""Cells in 7.5 ml of blood from which the outlook is bad; Cristofanilli et al. 2004, https://doi.org/10.1056/NEJMoa040766"""
AFTER_CHEMOTHERAPY_YEARS = 112.0 / DAYS_PER_YEAR
"""When the patients of E2196 were drawn: 3 to 6 weeks after chemotherapy, here 5 weeks after the last dose."""
PROGRESSION, ALIVE = "progression-free survival", "overall survival"
_LENGTH = "interval: an exponential law's, with as many events as patients"


def around_median(months: float, count: int) -> tuple[float, float]:
    r"""Return a 95 % interval of a median time of which no interval was published.

    The median of n exponential times errs by :math:`1/(\sqrt{n} \ln 2)` of itself.

    Examples
    --------
    >>> [round(end, 2) for end in around_median(5.6, 61)]
    [3.9, 8.04]
    """
    half = 1.96 / (math.log(2.0) * math.sqrt(count))
    return months * math.exp(-half), months * math.exp(half)


def _median(
    name: str, endpoint: str, months: float, count: int, source: str, doi: str, role: str, **more: Any
) -> Figure:
    low, high = around_median(months, count)
    group = "median progression-free, months" if endpoint == PROGRESSION else "median survival, months"
    note = "; ".join(filter(None, (more.pop("note", ""), _LENGTH)))
    later = {key: more.pop(key) for key in ("after_years", "free_of") if key in more}
    measure = count_median(endpoint, more.pop("among", None), **later)
    return Figure(group, name, months, measure, source, doi, low, high, count, kind="number", role=role, note=note,
                  **more)  # fmt: skip


def _drugs() -> list[Figure]:
    frida: dict[str, Any] = {"source": "Goldstein et al. 2021 (fRida)", "doi": "10.1007/s10549-021-06367-5"}
    e2196: dict[str, Any] = {"source": "Sparano et al. 2004 (E2196)", "doi": "10.1200/JCO.2004.08.054"}
    later: dict[str, Any] = {"after_years": AFTER_CHEMOTHERAPY_YEARS, "free_of": PROGRESSION}
    turned = "published as placebo over marimastat, 1.26 and 1.03; here the other way round"
    until = "triple-negative; paclitaxel until progression, here 12 doses"
    return [
        _median("paclitaxel", PROGRESSION, 5.6, 61, **frida, role="chemotherapy", note=until),
        _median("paclitaxel and reparixin", PROGRESSION, 5.5, 62, **frida, role="reparixin", note=until),
        _median("after chemotherapy, observed", PROGRESSION, 3.1, 65, **e2196, role="observation", **later),
        _median("after chemotherapy, marimastat", PROGRESSION, 4.7, 114, **e2196, role="marimastat", **later),
        _median("navarixin", PROGRESSION, 2.1, 105, "Armstrong et al. 2024", "10.1007/s10637-023-01410-2", "navarixin",
                note="1.8 to 2.4 by dose and cancer (prostate, colon, lung; pretreated); with pembrolizumab"),
        _median("after chemotherapy, observed", ALIVE, 26.6, 65, **e2196, role="observation", **later,
                note="other drugs followed"),
        _median("after chemotherapy, marimastat", ALIVE, 24.7, 114, **e2196, role="marimastat", **later,
                note="other drugs followed"),
        Figure("hazard ratio of progression or death", "reparixin against none", 1.13, count_arm_ratio(PROGRESSION),
               **frida, low=0.72, high=1.78, count=123, kind="ratio", role="reparixin", is_pair=True,
               against="chemotherapy", note="interval from p = 0.5996"),
        Figure("hazard ratio of progression or death", "marimastat against none", 0.79,
               count_arm_ratio(PROGRESSION, **later), **e2196, low=0.57, high=1.10, count=179, kind="ratio",
               role="marimastat", is_pair=True, against="observation", note=turned),
        Figure("hazard ratio of death", "marimastat against none", 0.97, count_arm_ratio(ALIVE, **later), **e2196,
               low=0.68, high=1.37, count=179, kind="ratio", role="marimastat", is_pair=True, against="observation",
               note=turned),
        Figure("response (RECIST)", "siltuximab", 0.0, count_share(_responds), "Angevin et al. 2014",
               "10.1158/1078-0432.CCR-13-2200", count=84, role="siltuximab", note="colon, ovary, pancreas and others"),
        Figure("response (RECIST)", "navarixin", 3 / 105, count_share(_responds), "Armstrong et al. 2024",
               "10.1007/s10637-023-01410-2", count=105, role="navarixin",
               note="prostate, colon, lung; with pembrolizumab"),
    ]  # fmt: skip


def _circulating_cells() -> list[Figure]:
    any_line: dict[str, Any] = {
        "source": "Cristofanilli et al. 2004",
        "doi": "10.1056/NEJMoa040766",
        "role": "chemotherapy",
    }
    first_line: dict[str, Any] = {
        "source": "Cristofanilli et al. 2005",
        "doi": "10.1200/JCO.2005.08.140",
        "role": "chemotherapy",
    }
    pooled: dict[str, Any] = {
        "source": "Bidard et al. 2014",
        "doi": "10.1016/S1470-2045(14)70069-5",
        "role": "chemotherapy",
    }
    many, few = "≥5 cells", "<5 cells"
    half = "about half of the 102 patients of its training set; before any line of treatment"
    return [
        Figure("CTC in 7.5 ml, metastatic", "≥5", 0.49, count_share(_has_many), **any_line, count=177),
        Figure("CTC in 7.5 ml, metastatic", "≥5, pooled", 0.469, count_share(_has_many), **pooled, count=1944,
               confidence="memory"),
        _median(many, PROGRESSION, 2.7, 51, **any_line, among=_has_many, note=half),
        _median(few, PROGRESSION, 7.0, 51, **any_line, among=_has_few, note=half),
        _median("≥5 cells, first line", PROGRESSION, 4.9, 43, **first_line, among=_has_many),
        _median("<5 cells, first line", PROGRESSION, 9.5, 40, **first_line, among=_has_few),
        _median(many, ALIVE, 10.1, 51, **any_line, among=_has_many, note=half),
        Figure("hazard ratio of progression or death", "≥5 cells against fewer", 1.92,
               count_ratio(PROGRESSION, _by_many, "≥5"), **pooled, low=1.73, high=2.14, count=1944, kind="ratio",
               confidence="memory"),
        Figure("hazard ratio of death", "≥5 cells against fewer", 2.78, count_ratio(ALIVE, _by_many, "≥5"), **pooled,
               low=2.42, high=3.19, count=1944, kind="ratio", confidence="memory"),
    ]  # fmt: skip


def _responds(patients: pd.DataFrame) -> pd.Series:
    return patients["response_day"].notna()


def _has_many(patients: pd.DataFrame) -> pd.Series:
    return patients["ctc"] >= MANY_CTC


def _has_few(patients: pd.DataFrame) -> pd.Series:
    return patients["ctc"] < MANY_CTC


def _by_many(patients: pd.DataFrame) -> pd.Series:
    import pandas as pd

    return pd.Series(np.where(_has_many(patients), "≥5", "<5"), patients.index, dtype=object)


METASTATIC = (*_drugs(), *_circulating_cells())
