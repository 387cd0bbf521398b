"""What a regression on the patients alone would say of size, laid beside what an intervention says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.base.errors import RunError
from selfseed.cohort.hazards import estimate_hazard_ratios
from selfseed.cohort.model import TRAITS

if TYPE_CHECKING:
    import pandas as pd

ALONE, CLINIC, TRAITS_KNOWN, INTERVENED = (
    "size alone", "beside what a clinic measures", "beside all traits (hidden in life)", "size dealt out",
)  # fmt: skip
EVERYBODY, NO_METASTASIS = "all", "no metastasis at diagnosis"
POPULATIONS = {EVERYBODY: "count", NO_METASTASIS: "leave out"}
COLUMNS = ("regression", "patients_are", "log_ratio", "hazard_ratio", "low", "high", "patients", "metastases", "note")


def compare_regressions(observed: pd.DataFrame, clamped: pd.DataFrame, dealt_mm: np.ndarray, endpoint: str) -> Any:
    """Return the hazard ratio per doubling of the diameter by several regressions, and by intervention.

    Parameters
    ----------
    observed, clamped : DataFrame
        Patients as they are found, and found at sizes that were dealt out.
    dealt_mm : float[patient] [mm]
        The sizes that were dealt out.
    endpoint : str
        A name in `selfseed.cohort.outcomes.ENDPOINTS`.

    Returns
    -------
    DataFrame
        One row per regression and population, with the columns in ``COLUMNS``; 95 % intervals on the log scale are
        Wald's with robust errors. What cannot be told is NaN, with a note.

    Notes
    -----
    *What a clinic measures*: age, found by screening or not, circulating tumour cells in 7.5 ml, IL-6, IL-8. Cells in
    the blood stand between size and metastasis, so the ratio beside them leaves out a part of what size does. *All
    traits* is every number in which virtual patients differ: no doctor has them. Hazard ratios beside strong
    covariates are farther from 1 than alone even where nothing is confounded (Greenland, Robins & Pearl 1999).

    References
    ----------
    Greenland, Robins & Pearl (1999), https://doi.org/10.1214/ss/1009211805
    """
    import pandas as pd

    seen = observed.assign(doubling=np.log2(observed["diameter_mm"]))
    dealt = clamped.assign(doubling=np.log2(dealt_mm[clamped["patient"].to_numpy()]))
    models = {ALONE: (seen, {}), CLINIC: (seen, _clinic(seen)), TRAITS_KNOWN: (seen, _traits(seen)),
              INTERVENED: (dealt, {})}  # fmt: skip
    rows = [
        {"regression": name, "patients_are": population} | _fit(table, covariates, endpoint, metastatic)
        for population, metastatic in POPULATIONS.items()
        for name, (table, covariates) in models.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _clinic(table: pd.DataFrame) -> Mapping[str, Any]:
    return {
        "decades of age": table["age_year"] / 10.0,
        "found by screening": (table["detected_by"] == "screening").astype(float),
        "circulating cells": np.log2(1.0 + table["ctc"]),
        "IL-6": np.log2(table["il6"]),
        "IL-8": np.log2(table["il8"]),
    }


def _traits(table: pd.DataFrame) -> Mapping[str, Any]:
    return {name: np.log(table[f"{name}_fold"]) for name in TRAITS}


def _fit(table: pd.DataFrame, covariates: Mapping[str, Any], endpoint: str, metastatic: str) -> dict[str, Any]:
    """Return the ratio of the doubling beside covariates; those that are the same in everybody say nothing."""
    telling = {name: values for name, values in covariates.items() if np.ptp(values.to_numpy(float)) > 0.0}
    rows = table.assign(**telling)
    rows = rows if metastatic == "count" else rows[~rows["metastatic"].to_numpy(bool)]
    nothing = dict.fromkeys(("log_ratio", "hazard_ratio", "low", "high"), np.nan)
    counts = {"patients": rows["patient"].nunique(), "metastases": 0, "note": "too few metastases"}
    try:
        steps = dict.fromkeys(["doubling", *telling], 1.0)
        fitted = estimate_hazard_ratios(rows, endpoint, steps, models=("together",), metastatic=metastatic)
    except RunError:
        return nothing | counts
    one = fitted[fitted["covariate"] == "doubling"].iloc[0]
    if not one["events"] or not np.isfinite([one["low"], one["high"]]).all():
        return nothing | counts
    return {
        "log_ratio": float(one["log_ratio"]), "hazard_ratio": float(one["hazard_ratio"]),
        "low": float(np.log(one["low"])), "high": float(np.log(one["high"])),
        "patients": int(one["patients"]), "metastases": int(one["events"]), "note": "",
    }  # fmt: skip
