"""Published figures of breast cancer, each with its source and with how it is counted in simulated patients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from selfseed.cohort.measures import (
    count_difference,
    count_ratio,
    count_risk,
    count_share,
    find_mean,
    find_median,
    fit_spread_by_size,
    share_of_sites,
)
from selfseed.cohort.outcomes import DAYS_PER_YEAR, ORGANS
from selfseed.results.estimates import Estimate

if TYPE_CHECKING:
    import pandas as pd

SPREAD_SCALE_MM = 234.0
"""D0 of the share metastatic at diagnosis by size; Szczurek et al. 2020, https://doi.org/10.1371/journal.pcbi.1008056"""
SPREAD_SHAPE = 1.84
"""k of the same; both fitted to their aggregate of SEER, ductal breast cancer, 5 to 100 mm."""
SPREAD_MEDIAN_MM = 35.0
"""Median diameter at spread; Tubiana & Koscielny 1991, https://doi.org/10.1007/BF01990028"""
SPREAD_SIGMA = 0.93
"""Standard deviation of its logarithm, from the classes of Koscielny et al. 1984."""
KOSCIELNY_YEARS = 15.0
STEADY_YEARS = (5.0, 15.0, 20.0)
"""Late risk was published from the first of these to the last, at a steady hazard, and is counted to the second."""
_SIZE_NOTE = "numbers per class not at hand"


@dataclass(frozen=True)
class Figure:
    """Hold one published figure, and the measure that counts the same in simulated patients.

    Attributes
    ----------
    group, name : str
        What the figure is about.
    value : float or callable
        Published; or a law that gives what is expected of the patients at hand.
    measure : callable
        From the patients of one arm (of two, for a ``pair``) to an `Estimate`.
    source, doi : str
        Where there is no doi, the source names journal, volume and page.
    low, high : float, optional
        The published 95 % interval.
    count : int, optional
        How many patients it rests on; without an interval, that of a share of so many is taken.
    kind : "share", "ratio" or "number"
    role : str
        Which arm is compared: "control", or what the caller calls an arm, such as "radiotherapy".
    is_pair : bool
        Whether it compares the arm of this role with another one.
    against : str
        The role of that other arm.
    confidence : "read", "quoted", "derived" or "memory"
    note : str
    """

    group: str
    name: str
    value: float | Callable[[pd.DataFrame], float]
    measure: Callable[[pd.DataFrame], Estimate]
    source: str
    doi: str
    low: float | None = None
    high: float | None = None
    count: int | None = None
    kind: str = "share"
    role: str = "control"
    is_pair: bool = False
    against: str = "surgery"
    confidence: str = "read"
    note: str = ""


def share_spread_at_diagnosis(diameter_mm: np.ndarray) -> np.ndarray:
    r"""Return the share metastatic at diagnosis by diameter: :math:`1 - \exp(-(D / D_0)^k)`.

    References
    ----------
    Szczurek et al. (2020), https://doi.org/10.1371/journal.pcbi.1008056; the law was fitted to their aggregate.

    Examples
    --------
    >>> share_spread_at_diagnosis(np.array([10.0, 30.0])).round(4).tolist()
    [0.003, 0.0226]
    """
    return -np.expm1(-((np.asarray(diameter_mm, float) / SPREAD_SCALE_MM) ** SPREAD_SHAPE))


def share_ever_spread(diameter_mm: np.ndarray) -> np.ndarray:
    r"""Return the share who ever have a distant metastasis by diameter: :math:`\Phi(\ln(D / D_{50}) / \sigma)`.

    References
    ----------
    Koscielny et al. (1984), https://doi.org/10.1038/bjc.1984.112

    Examples
    --------
    >>> share_ever_spread(np.array([10.0, 35.0, 80.0])).round(2).tolist()
    [0.09, 0.5, 0.81]
    """
    from scipy.special import ndtr

    return ndtr(np.log(np.asarray(diameter_mm, float) / SPREAD_MEDIAN_MM) / SPREAD_SIGMA)


def _sized(low_mm: float, high_mm: float, *more: Callable[[pd.DataFrame], pd.Series]) -> Callable:
    """Return a choice of patients whose tumour is at least ``low_mm`` and below ``high_mm``."""

    def select(patients: pd.DataFrame) -> pd.Series:
        chosen = (patients["diameter_mm"] >= low_mm) & (patients["diameter_mm"] < high_mm)
        for other in more:
            chosen &= other(patients)
        return chosen

    return select


def _nodes(low: int, high: int) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda patients: patients["nodes"].between(low, high)


def _is_metastatic(patients: pd.DataFrame) -> pd.Series:
    return patients["metastatic"].astype(bool)


def _is_local(patients: pd.DataFrame) -> pd.Series:
    return ~patients["metastatic"].astype(bool)


def _law_among(law: Callable[[np.ndarray], np.ndarray], select: Callable) -> Callable[[pd.DataFrame], float]:
    """Return the mean of a law of size over the chosen patients, or NaN without any."""

    def expected(patients: pd.DataFrame) -> float:
        diameters = patients.loc[select(patients).to_numpy(bool), "diameter_mm"].to_numpy(float)
        return float(law(diameters).mean()) if len(diameters) else np.nan

    return expected


def _by_ctc(edges: tuple[int, ...], names: tuple[str, ...]) -> Callable[[pd.DataFrame], pd.Series]:
    """Return the class of the CTC count of patients without metastasis; missing for the others."""

    def classes(patients: pd.DataFrame) -> pd.Series:
        import pandas as pd

        place = np.searchsorted(edges, patients["ctc"].to_numpy(float), side="right")
        return pd.Series(np.array(names, object)[place], patients.index).where(_is_local(patients))

    return classes


def _carter() -> list[Figure]:
    source, doi = "Carter et al. 1989", "10.1002/1097-0142(19890101)63:1<181::AID-CNCR2820630129>3.0.CO;2-H"
    classes = ((0, 10, 0.20), (10, 20, 0.33), (20, 30, 0.45), (30, 40, 0.52), (40, 50, 0.60), (50, np.inf, 0.70))
    found = [
        Figure("node-positive by size", _size_name(low, high), value,
               count_share(lambda it: it["nodes"] > 0, _sized(low, high)), source, doi, confidence="quoted",
               note=_SIZE_NOTE)
        for low, high, value in classes
    ]  # fmt: skip
    for name, low, high, nodes, value in (
        ("5 years, <20 mm, nodes negative", 0, 20, (0, 0), 0.963),
        ("5 years, ≥50 mm, nodes positive", 50, np.inf, (1, 999), 0.455),
    ):
        risk = count_risk("tumour-specific survival", 5.0, _sized(low, high, _nodes(*nodes)))
        found.append(Figure("death from the tumour", name, 1.0 - value, risk, source, doi,
                            note="published as relative survival; numbers per class not at hand"))  # fmt: skip
    return found


def _size_name(low: float, high: float) -> str:
    return f"<{high:g} mm" if low == 0 else f"≥{low:g} mm" if np.isinf(high) else f"{low:g}–{high:g} mm"


def _spread_by_size() -> list[Figure]:
    source, doi = "Szczurek et al. 2020 (SEER), law fitted to it", "10.1371/journal.pcbi.1008056"
    counts = (13712, 9982, 4252, 2903, 1685)
    classes = zip(((7.5, 17.5), (17.5, 27.5), (27.5, 37.5), (37.5, 52.5), (52.5, 105.0)), counts, strict=True)
    found = [
        Figure("metastatic at diagnosis", _size_name(low, high),
               _law_among(share_spread_at_diagnosis, _sized(low, high)), count_share(_is_metastatic, _sized(low, high)),
               source, doi, count=count, confidence="derived")
        for (low, high), count in classes
    ]  # fmt: skip
    source, doi = "Koscielny et al. 1984; Tubiana & Koscielny 1991", "10.1038/bjc.1984.112"
    found += [
        Figure("distant metastasis ever", "median diameter at spread, mm", SPREAD_MEDIAN_MM,
               lambda patients: fit_spread_by_size(patients, KOSCIELNY_YEARS)[0], source, doi, kind="number",
               note="no systemic treatment; counted within 15 years"),
        Figure("distant metastasis ever", "sigma of ln(diameter at spread)", SPREAD_SIGMA,
               lambda patients: fit_spread_by_size(patients, KOSCIELNY_YEARS)[1], source, doi, kind="number",
               confidence="derived"),
    ]  # fmt: skip
    risk = "freedom from distant metastasis"
    return found + [
        Figure("distant metastasis ever", _size_name(low, high), _law_among(share_ever_spread, _sized(low, high)),
               count_risk(risk, KOSCIELNY_YEARS, _sized(low, high), metastatic="count"), source, doi,
               confidence="derived", note=_SIZE_NOTE)
        for low, high in ((10, 25), (25, 35), (35, 45), (45, 55), (55, 65), (65, 75), (75, 85))
    ]  # fmt: skip


def _sites() -> list[Figure]:
    def first(organ: str) -> Figure:
        among = count_share(lambda it: it["first_site"] == organ, lambda it: it["first_site"].fillna("") != "")
        return Figure("site of first metastasis", organ, _FIRST_SITES[organ], among, "276 with metastases",
                      "10.7150/ijms.47718", count=276,
                      note="several sites at once: 12 %, which a simulated first site cannot be")  # fmt: skip

    total = sum(_MENTIONS.values())
    at_diagnosis = [
        Figure("sites found at diagnosis", organ, count / total, share_of_sites(organ, ORGANS), "Wu et al. 2017 (SEER)",
               "10.18632/oncotarget.15856", count=total, confidence="derived") for organ, count in _MENTIONS.items()
    ]  # fmt: skip
    return [first(organ) for organ in _FIRST_SITES] + at_diagnosis


_FIRST_SITES = {"bone": 0.366, "lung": 0.174, "liver": 0.156, "brain": 0.105, "other": 0.076}
_MENTIONS = {"bone": 8848, "lung": 4167, "liver": 3434, "brain": 1000}


def _circulating_cells() -> list[Figure]:
    source, doi = "Janni et al. 2016", "10.1158/1078-0432.CCR-15-1603"
    found = [Figure("CTC in 7.5 ml, no metastasis", "≥1", 0.202, count_share(lambda it: it["ctc"] >= 1, _is_local),
                    source, doi, count=3173)]  # fmt: skip
    classes = _by_ctc((1,), ("0", "≥1"))
    adjusted = "published ratios are adjusted for size, nodes, grade and receptors"
    for name, endpoint, value, low, high in (
        ("distant-metastasis-free", "distant-metastasis-free survival", 1.89, 1.49, 2.40),
        ("overall survival", "overall survival", 1.97, 1.51, 2.59),
        ("tumour-specific survival", "tumour-specific survival", 2.04, 1.52, 2.75),
    ):
        found.append(Figure("hazard ratio of ≥1 CTC", name, value, count_ratio(endpoint, classes, "≥1"), source, doi,
                            low, high, 3173, kind="ratio", note=adjusted))  # fmt: skip
    source, doi = "Bidard et al. 2018", "10.1093/jnci/djy018"
    classes = _by_ctc((1, 2, 3, 5), ("0", "1", "2", "3–4", "≥5"))
    for level, value, low, high in (
        ("1", 1.09, 0.65, 1.69), ("2", 2.63, 1.42, 4.54), ("3–4", 3.83, 2.08, 6.66), ("≥5", 6.25, 4.34, 9.09),
    ):  # fmt: skip
        found.append(Figure("hazard ratio of death by CTC", f"{level} against 0",
                            value, count_ratio("overall survival", classes, level), source, doi, low, high, 1574,
                            kind="ratio", note="before neoadjuvant chemotherapy: larger tumours"))  # fmt: skip
    return found


def _late_outcome() -> list[Figure]:
    found = [Figure("distant metastasis", "within 5 years, none at diagnosis", 0.092,
                    count_risk("freedom from distant metastasis", 5.0), "Coumans et al. 2013",
                    "10.1186/1471-2407-13-283", count=38715, note="treated as in the Dutch registry")]  # fmt: skip
    for size, low, high, by_nodes in (
        ("T1", 0.0, 20.0001, (0.13, 0.20, 0.34)),
        ("T2", 20.0001, 50.0001, (0.19, 0.26, 0.41)),
    ):
        for (name, first, last), value in zip((("N0", 0, 0), ("N1–3", 1, 3), ("N4–9", 4, 9)), by_nodes, strict=True):
            risk = count_risk("freedom from distant metastasis", 20.0, _sized(low, high, _nodes(first, last)),
                              after_years=5.0)  # fmt: skip
            found.append(Figure("distant metastasis, year 5 to 20", f"{size} {name}", value, risk, "Pan et al. 2017",
                                "10.1056/NEJMoa1701830", role="endocrine",
                                note="ER-positive, free of disease after 5 years of endocrine therapy"))  # fmt: skip
    return found


def is_free(year: int) -> Callable[[pd.DataFrame], pd.Series]:
    """Return a choice of patients who are alive and without any sign of the tumour so many years after diagnosis."""

    def select(patients: pd.DataFrame) -> pd.Series:
        day = year * DAYS_PER_YEAR
        seen = (patients["relapse_day"] <= day) | (patients["distant_day"] <= day)
        return _is_local(patients) & (patients["follow_up_day"] >= day) & ~seen

    return select


def _sleeps(year: int) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda patients: is_free(year)(patients) & (patients[f"asleep_{year}y"] >= 1.0)


def _dormancy() -> list[Figure]:
    early, late = STEADY_YEARS[0], STEADY_YEARS[1]
    found = [
        Figure("CTC in 7.5 ml, free of disease", "≥1, 5 years after diagnosis", 26 / 547,
               count_share(lambda it: it["ctc_5y"] >= 1.0, is_free(5)), "Sparano et al. 2018",
               "10.1001/jamaoncol.2018.2574", count=547, note="stage II and III, after chemotherapy; 4.5 to 7.5 years"),
        Figure("CTC in 7.5 ml, free of disease", "≥1, 10 years after diagnosis", 13 / 36,
               count_share(lambda it: it["ctc_10y"] >= 1.0, is_free(10)),
               "Meng et al. 2004, Clin Cancer Res 10:8152", "", count=36,
               note="7 to 22 years after mastectomy, some in several draws, an assay of its own"),
        Figure("asleep at 10 years, free of disease", "cells, of who has any (median)", 5.0**0.5,
               find_median("asleep_10y", _sleeps(10)), "Willis et al. 2010, Cancer Res 70:4310", "", 1.0, 5.0,
               kind="number", confidence="derived", note="a model's 1 to 5 micrometastases; here single cells"),
    ]  # fmt: skip
    for name, low, high, published in (("T1", 0.0, 20.0001, 0.13), ("T2", 20.0001, 50.0001, 0.19)):
        steady = 1.0 - (1.0 - published) ** ((late - early) / (STEADY_YEARS[2] - early))
        risk = count_risk("freedom from distant metastasis", late, _sized(low, high), after_years=early)
        found.append(Figure("distant metastasis, year 5 to 15", f"{name}, any nodes", steady, risk, "Pan et al. 2017",
                            "10.1056/NEJMoa1701830", confidence="derived",
                            note=f"N0: {100 * published:.0f} % from 5 to 20 years at a steady hazard, after endocrine "
                            "therapy; up to 2.6 times as much with nodes, which are not simulated"))  # fmt: skip
    return found


def _before_diagnosis() -> list[Figure]:
    source, doi = "Coumans et al. 2013", "10.1186/1471-2407-13-283"
    return [
        Figure("before diagnosis", "CTC per litre at 2.7 mm (mean)", 9.0, find_mean("early_ctc_per_litre"), source, doi,
               2.7, 30.0, kind="number", confidence="derived",
               note="9, standard deviation 6; interval of a lognormal law with these"),
        Figure("before diagnosis", "million cells shed per seed (median)", 60.0,
               find_median("cells_per_seed", unit=1e6), source, doi,
               kind="number", confidence="derived",
               note="a metastasis there; here a seed by the law, of which a tenth grow at once and others sleep"),
    ]  # fmt: skip


def _radiotherapy() -> list[Figure]:
    source, doi = "EBCTCG 2011", "10.1016/S0140-6736(11)61629-2"
    relapse, death = ("freedom from relapse", 10.0), ("tumour-specific survival", 15.0)
    return [
        Figure("breast-conserving surgery", "relapse within 10 years", 0.350, count_risk(*relapse), source, doi,
               count=5400, role="surgery", note="about half of 10,801 women"),
        Figure("… and radiotherapy", "relapse within 10 years", 0.193, count_risk(*relapse), source, doi,
               count=5400, role="radiotherapy", note="about half of 10,801 women"),
        Figure("… and radiotherapy", "fall in relapse, 10 years", 0.157, count_difference(*relapse), source, doi,
               0.137, 0.177, 10801, role="radiotherapy", is_pair=True),
        Figure("breast-conserving surgery", "death from the tumour, 15 years", 0.252, count_risk(*death), source, doi,
               count=5400, role="surgery", note="about half of 10,801 women"),
        Figure("… and radiotherapy", "fall in tumour death, 15 years", 0.038, count_difference(*death), source, doi,
               0.016, 0.060, 10801, role="radiotherapy", is_pair=True),
    ]  # fmt: skip


FIGURES = (
    *_carter(), *_spread_by_size(), *_sites(), *_circulating_cells(), *_late_outcome(), *_dormancy(), *_radiotherapy(),
    *_before_diagnosis(),
)  # fmt: skip
