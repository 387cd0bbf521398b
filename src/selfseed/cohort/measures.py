"""What is counted in simulated patients of one arm, the way a published figure was counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from selfseed.cohort.hazards import estimate_hazard_ratios
from selfseed.cohort.outcomes import DAYS_PER_YEAR, follow
from selfseed.cohort.survival import TAIL, estimate_curve, read_survival
from selfseed.results.estimates import Estimate, share

if TYPE_CHECKING:
    import pandas as pd

    Select = Callable[[pd.DataFrame], pd.Series]
    Measure = Callable[[pd.DataFrame], Estimate]

DAYS_PER_MONTH = DAYS_PER_YEAR / 12.0
UNKNOWN = Estimate(None, None, None, 0)
_FEWEST = 10
_CLASSES = 12


def count_share(of: Select, among: Select | None = None) -> Measure:
    """Return a measure: the share of patients of whom ``of`` is true ``among`` some of them."""

    def measure(patients: pd.DataFrame) -> Estimate:
        chosen = patients if among is None else patients[among(patients).to_numpy(bool)]
        return share(of(chosen).to_numpy(bool))

    return measure


def find_mean(column: str, among: Select | None = None) -> Measure:
    """Return a measure: the mean of a column over patients who have a value, and its normal interval."""

    def measure(patients: pd.DataFrame) -> Estimate:
        values = _known(patients, column, among)
        if values.size < 2:
            return Estimate(float(values[0]), None, None, 1) if values.size else UNKNOWN
        half = -_normal_quantile(TAIL) * values.std(ddof=1) / np.sqrt(values.size)
        return Estimate(float(values.mean()), float(values.mean() - half), float(values.mean() + half), values.size)

    return measure


def find_median(column: str, among: Select | None = None, *, unit: float = 1.0) -> Measure:
    """Return a measure: the median of a column over patients who have a value, in units of so much.

    Its limits are the values between which it lies with 95 % whatever their law (order statistics of a binomial).
    """

    def measure(patients: pd.DataFrame) -> Estimate:
        from scipy.stats import binom

        values = np.sort(_known(patients, column, among)) / unit
        if not values.size:
            return UNKNOWN
        below = int(binom.ppf(TAIL, values.size, 0.5))
        if below < 1:
            return Estimate(float(np.median(values)), None, None, values.size)
        low, high = float(values[below - 1]), float(values[values.size - below])
        return Estimate(float(np.median(values)), low, high, values.size)

    return measure


def _known(patients: pd.DataFrame, column: str, among: Select | None) -> np.ndarray:
    chosen = patients if among is None else patients[among(patients).to_numpy(bool)]
    values = chosen[column].to_numpy(float)
    return values[np.isfinite(values)]


def _normal_quantile(chance: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(chance))


def count_risk(
    endpoint: str, years: float, among: Select | None = None, *, after_years: float = 0.0, metastatic: str = "leave out"
) -> Measure:
    """Return a measure: the risk of the event within ``years`` of diagnosis, by Kaplan and Meier.

    With ``after_years`` only those who were followed so long without the event count, from then on.
    """

    def measure(patients: pd.DataFrame) -> Estimate:
        chosen = patients if among is None else patients[among(patients).to_numpy(bool)]
        rows = follow(chosen, endpoint, metastatic=metastatic)
        rows = rows[rows["time_day"] > after_years * DAYS_PER_YEAR] if after_years else rows
        if len(rows) == 0:
            return UNKNOWN
        shifted = rows.assign(time_day=rows["time_day"] - after_years * DAYS_PER_YEAR)
        found = read_survival(estimate_curve(shifted), [(years - after_years) * DAYS_PER_YEAR], by=()).iloc[0]
        if np.isnan(found["survival"]):
            return Estimate(None, None, None, len(rows))
        return Estimate(1.0 - found["survival"], 1.0 - found["high"], 1.0 - found["low"], len(rows))

    return measure


def count_ratio(endpoint: str, covariate: Callable[[pd.DataFrame], pd.Series], level: str) -> Measure:
    """Return a measure: the hazard ratio of ``level`` against the first level of a covariate of words."""

    def measure(patients: pd.DataFrame) -> Estimate:
        rows = patients.assign(group=covariate(patients))
        rows = rows[rows["group"].notna()]
        if rows["group"].nunique() < 2:
            return UNKNOWN
        found = estimate_hazard_ratios(rows, endpoint, ["group"], models=["alone"])
        found = found[found["level"] == level]
        if found.empty:
            return Estimate(None, None, None, len(rows))
        return _ratio_of(found.iloc[0], len(rows))

    return measure


def _ratio_of(row: pd.Series, patients: int) -> Estimate:
    """Return the hazard ratio of one row of a regression; what is not known is None."""
    value, low, high = (
        None if np.isnan(row[name]) else float(row[name]) for name in ("hazard_ratio", "low", "high")
    )  # fmt: skip
    return Estimate(value, low, high, patients)


def count_arm_ratio(endpoint: str, *, after_years: float = 0.0, free_of: str = "") -> Measure:
    """Return a measure of a table of two arms: the hazard ratio of the second against the first.

    With ``after_years`` only those count who were followed so long without the event, or without that of the endpoint
    ``free_of``.
    """

    def measure(patients: pd.DataFrame) -> Estimate:
        rows = _left_after(patients, free_of or endpoint, after_years)
        if rows["arm"].nunique() < 2:
            return UNKNOWN
        row = estimate_hazard_ratios(rows, endpoint, ["arm"], models=["alone"]).iloc[0]
        return _ratio_of(row, int(row["patients"]))

    return measure


def count_median(endpoint: str, among: Select | None = None, *, after_years: float = 0.0, free_of: str = "") -> Measure:
    """Return a measure: the median time to the event [months], by Kaplan and Meier.

    Its interval is where the 95 % band of the curve crosses one half (Brookmeyer & Crowley 1982,
    https://doi.org/10.2307/2530286). With ``after_years`` only those count who were followed so long without the event,
    or without that of the endpoint ``free_of``, from then on.
    """

    def measure(patients: pd.DataFrame) -> Estimate:
        chosen = patients if among is None else patients[among(patients).to_numpy(bool)]
        rows = follow(_left_after(chosen, free_of or endpoint, after_years), endpoint)
        if len(rows) == 0:
            return UNKNOWN
        curve = estimate_curve(rows.assign(time_day=rows["time_day"] - after_years * DAYS_PER_YEAR))
        days = curve["time_day"].to_numpy(float)
        value, low, high = (
            float(days[int(below.argmax())]) / DAYS_PER_MONTH if below.any() else None
            for below in (curve[name].to_numpy(float) <= 0.5 for name in ("survival", "low", "high"))
        )
        return Estimate(value, low, high, len(rows))

    return measure


def _left_after(patients: pd.DataFrame, endpoint: str, years: float) -> pd.DataFrame:
    """Return the rows of those who were followed for so long without the event."""
    if not years:
        return patients
    followed = follow(patients, endpoint)
    return patients.loc[followed.index[followed["time_day"] > years * DAYS_PER_YEAR]]


def count_difference(endpoint: str, years: float) -> Callable[[pd.DataFrame], Estimate]:
    """Return a measure of a table of two arms: how much lower the risk is in the second, patient by patient."""

    def measure(patients: pd.DataFrame) -> Estimate:
        from selfseed.cohort.benefit import compare_risks

        row = compare_risks(patients, endpoint, years * DAYS_PER_YEAR, resamples=500).iloc[0]
        low, high = (None if np.isnan(row[name]) else float(row[name]) for name in ("low", "high"))
        return Estimate(float(row["reduction"]), low, high, int(row["patients"]))

    return measure


def share_of_sites(organ: str, organs: tuple[str, ...]) -> Measure:
    """Return a measure: ``organ`` among all sites of metastasis that were found at diagnosis."""

    def measure(patients: pd.DataFrame) -> Estimate:
        found = patients.loc[patients["metastatic"].to_numpy(bool), list(organs)].to_numpy(float) <= 0.0
        return share(np.arange(int(found.sum())) < int(found[:, organs.index(organ)].sum()))

    return measure


def fit_spread_by_size(patients: pd.DataFrame, years: float) -> tuple[Estimate, Estimate]:
    r"""Fit a log-normal law of the diameter at which a primary spreads, and return its median [mm] and its spread.

    .. math:: P(\text{distant metastasis ever} \mid D) = \Phi(\ln(D / D_{50}) / \sigma) .

    The share with metastasis within ``years``, in classes of equal numbers of patients, is Kaplan and Meier's: deaths
    before it censor, and metastasis at diagnosis counts. Each class weighs as its standard error says.

    Parameters
    ----------
    patients : DataFrame
    years : float [year]

    Returns
    -------
    median_mm, sigma : Estimate

    References
    ----------
    Koscielny et al. (1984), https://doi.org/10.1038/bjc.1984.112
    """
    from scipy.optimize import least_squares
    from scipy.special import ndtr, ndtri

    diameter = patients["diameter_mm"].to_numpy(float)
    edges = np.unique(np.quantile(diameter, np.linspace(0.0, 1.0, _CLASSES + 1)))
    number = np.clip(np.searchsorted(edges, diameter, side="right") - 1, 0, len(edges) - 2)
    measure, points = count_risk("freedom from distant metastasis", years, metastatic="count"), []
    for one in range(len(edges) - 1):
        risk = measure(patients[number == one])
        if risk.value is not None and risk.low is not None and risk.high is not None and risk.replicates >= _FEWEST:
            middle = np.median(diameter[number == one])
            points.append((np.log(middle), risk.value, max((risk.high - risk.low) / (-2 * ndtri(TAIL)), 1e-6)))
    if len(points) < 3:
        return UNKNOWN, UNKNOWN
    size, value, error = np.array(points).T
    fitted = least_squares(lambda it: (ndtr((size - it[0]) / np.exp(it[1])) - value) / error, [np.log(35.0), 0.0])
    spread = np.sqrt(np.diag(np.linalg.pinv(fitted.jac.T @ fitted.jac)))
    values, lows, highs = (np.exp(fitted.x + ndtri(tail) * spread) for tail in (0.5, TAIL, 1.0 - TAIL))
    count = len(patients)
    median, sigma = (Estimate(float(values[it]), float(lows[it]), float(highs[it]), count) for it in (0, 1))
    return median, sigma
