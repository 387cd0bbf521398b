"""What a cohort says: who was found, who lived how long in each arm, what treatment gained, and how it compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from selfseed.base.errors import RunError
from selfseed.cohort.benefit import compare_restricted_means, compare_risks, tell_needed
from selfseed.cohort.figures import figures_of, real_cohorts_of
from selfseed.cohort.hazards import estimate_hazard_ratios
from selfseed.cohort.model import Cohort
from selfseed.cohort.organs import estimate_incidence
from selfseed.cohort.outcomes import DAYS_PER_YEAR, ORGANS
from selfseed.cohort.reference import compare_with_real
from selfseed.cohort.survival import estimate_survival, read_survival

if TYPE_CHECKING:
    import pandas as pd

SPREAD, ALIVE = "distant-metastasis-free survival", "overall survival"
PROGRESSION = "progression-free survival"
YEARS = (5.0, 10.0, 15.0)
METASTATIC_YEARS = (0.5, 1.0, 2.0)
"""Milestones where all patients are metastatic at diagnosis; few live for five years."""
FEWEST_METASTATIC = 20
COVARIATES = {"diameter_mm": 10.0, "ctc": 1.0, "aggressiveness": 1.0}
"""What may foretell an event, and the step of each for which its hazard ratio is told."""


@dataclass(frozen=True)
class Answer:
    """Hold the tables that a cohort comes to; the columns are those of the functions that make them.

    Attributes
    ----------
    found : DataFrame
        One row: how and at what size patients were found, how many were metastatic, had cells in 7.5 ml of blood.
    curves : mapping of str to DataFrame
        Survival over time by arm, for each endpoint.
    milestones, gains, risks, hazards, incidence : DataFrame
    established : DataFrame
        Hazard ratios of the arms among patients who were metastatic at diagnosis, of progression or death and of death
        alone; empty where these are few.
    real : DataFrame
        Beside real patients; empty where the cohort names no arm for it.
    """

    found: pd.DataFrame
    curves: dict[str, pd.DataFrame]
    milestones: pd.DataFrame
    gains: pd.DataFrame
    risks: pd.DataFrame
    hazards: pd.DataFrame
    incidence: pd.DataFrame
    established: pd.DataFrame
    real: pd.DataFrame

    def curves_by_file(self) -> dict[str, pd.DataFrame]:
        """Return the tables that are kept beside the summary, by the name of their file."""
        import pandas as pd

        curves = pd.concat([curve.assign(endpoint=name) for name, curve in self.curves.items()], ignore_index=True)
        return {"survival": curves, "organs": self.incidence}


def answer_cohort(cohort: Cohort, patients: pd.DataFrame, *, seed: int = 0) -> Answer:
    """Return what a table of patients says: survival, gains, risks, hazards, organs, and real patients beside it.

    Parameters
    ----------
    cohort : Cohort
    patients : DataFrame
        As `selfseed.cohort.run_cohort` returns it for this cohort.
    seed : int, >= 0
        Of the redrawing of patients for intervals.

    Returns
    -------
    Answer
        Tables, each with the columns of the function that makes it; times in days since diagnosis. Gains and risks
        compare each arm with the first, at the last of 5, 10 and 15 years that is within the follow-up.

    Raises
    ------
    ScenarioError
        If the table is not of this cohort, or lifelines is not installed.
    RunError
        If a regression does not come to an end, as with too few patients.
    """
    import pandas as pd

    control = next(iter(cohort.arms))
    if patients.empty:
        found = "no patient" if cohort.stage == "all" else f"no patient who is {cohort.stage}"
        raise RunError(f"{found} was found among {cohort.patients:,} at diagnosis; draw more")
    last = cohort.follow_up / DAYS_PER_YEAR
    main, asked = (PROGRESSION, METASTATIC_YEARS) if cohort.stage == "metastatic" else (SPREAD, YEARS)
    years = [year for year in asked if year <= last] or [last]
    days = [min(year * DAYS_PER_YEAR, cohort.follow_up) for year in years]
    curves = {endpoint: estimate_survival(patients, endpoint) for endpoint in (main, ALIVE)}
    milestones = [read_survival(curve, days).assign(endpoint=name) for name, curve in curves.items()]
    gains, risks = [], []
    if len(cohort.arms) > 1:
        for endpoint in (main, ALIVE):
            gain = compare_restricted_means(patients, endpoint, days[-1], control=control, seed=seed)
            risk = compare_risks(patients, endpoint, days[-1], control=control, seed=seed)
            gains.append(gain.assign(endpoint=endpoint))
            risks.append(risk.assign(endpoint=endpoint))
    first = patients[patients["arm"] == control]
    organs = [organ for organ in ORGANS if organ in patients.columns]
    real = pd.DataFrame()
    if cohort.compared_as:
        roles = {role: arm for role, arm in cohort.compared_as.items() if role != "control"}
        real = compare_with_real(
            patients, roles=roles, control=cohort.compared_as.get("control", control), figures=figures_of(cohort),
            cohorts=real_cohorts_of(cohort),
        )  # fmt: skip
    return Answer(
        found=_found(first, cohort.patients),
        curves=curves,
        milestones=pd.concat(milestones, ignore_index=True),
        gains=pd.concat(gains, ignore_index=True) if gains else pd.DataFrame(),
        risks=pd.concat(risks, ignore_index=True) if risks else pd.DataFrame(),
        hazards=_foretold(first, main),
        incidence=estimate_incidence(patients, organs, metastatic="leave out" if main == SPREAD else "count"),
        established=_established(patients, control),
        real=real,
    )


def _foretold(first: pd.DataFrame, endpoint: str) -> pd.DataFrame:
    """Return hazard ratios of what varies among patients; none where too few of them have the event."""
    import pandas as pd

    varying = {name: step for name, step in COVARIATES.items() if first[name].nunique() > 1}
    try:
        ratios = estimate_hazard_ratios(first, endpoint, varying) if varying else pd.DataFrame()
    except RunError:
        return pd.DataFrame()
    return ratios if len(ratios) and ratios["hazard_ratio"].notna().any() else pd.DataFrame()


def _found(first: pd.DataFrame, drawn: int) -> pd.DataFrame:
    """Return how the patients of one arm were found."""
    import pandas as pd

    sizes = np.quantile(first["diameter_mm"], [0.1, 0.5, 0.9]) if len(first) else [np.nan] * 3
    early = first[~first["metastatic"]]
    return pd.DataFrame(
        [
            {
                "patients": drawn,
                "found": len(first),
                **{f"by_{how}": float((first["detected_by"] == how).mean()) for how in FOUND_BY},
                "diameter_p10_mm": sizes[0],
                "diameter_median_mm": sizes[1],
                "diameter_p90_mm": sizes[2],
                "metastatic": float(first["metastatic"].mean()),
                "ctc_positive_not_metastatic": float((early["ctc"] > 0).mean()),
            }
        ]
    )


FOUND_BY = ("screening", "symptoms", "metastasis")


def _established(patients: pd.DataFrame, control: str) -> pd.DataFrame:
    """Return hazard ratios of the arms among those who were metastatic at diagnosis."""
    import pandas as pd

    spread = patients[patients["metastatic"]]
    if spread["patient"].nunique() < FEWEST_METASTATIC or spread["arm"].nunique() < 2:
        return pd.DataFrame()
    ratios = (
        estimate_hazard_ratios(spread, endpoint, ["arm"], models=("alone",), control=control).assign(endpoint=endpoint)
        for endpoint in (PROGRESSION, ALIVE)
    )
    return pd.concat(ratios, ignore_index=True)


def summarise(cohort: Cohort, answer: Answer, *, seed: int) -> dict[str, Any]:
    """Return what ``summary.json`` holds; see docs/cohort.md."""
    from selfseed import __version__

    return {
        "kind": "cohort", "schema_version": 1, "version": __version__, "title": cohort.title, "seed": seed,
        "patients": cohort.patients, "follow_up_day": cohort.follow_up, "arms": list(cohort.arms),
        "found": rows_of(answer.found)[0],
        **{
            name: rows_of(getattr(answer, name))
            for name in ("milestones", "gains", "risks", "hazards", "established", "real")
        },
        "words": tell(answer),
    }  # fmt: skip


def tell(answer: Answer) -> list[str]:
    """Return in sentences what the arms gained, and what does not fit real patients; equal arms are told together."""
    sentences = [] if len(answer.hazards) else ["too few patients have an event to tell what foretells it"]
    told = []
    for row in answer.risks.to_dict("records") if SPREAD in answer.curves else ():
        needed = tell_needed(row["reduction"], row["low"], row["high"])
        told.append((row["arm"], f"against {row['control']}, {row['endpoint']}: {needed}"))
    sentences += _together(told)
    told = []
    for row in answer.established.to_dict("records"):
        event = "death" if row["endpoint"] == ALIVE else "progression or death"
        told.append((row["level"], f"against {row['reference']}: hazard ratio of {event} {_tell_ratio(row)}"))
    sentences += [f"metastatic at diagnosis, {sentence}" for sentence in _together(told)]
    if len(answer.real):
        known = answer.real[answer.real["misfit"].notna()]
        off = known[known["inside"] != "yes"]
        sentences.append(
            f"{len(known) - len(off)} of {len(known)} figures of real patients fit within 1.96 standard errors"
            if len(known)
            else "too few patients to lay them beside real ones"
        )
    return sentences


def _together(told: Sequence[tuple[str, str]]) -> list[str]:
    """Return a sentence for each thing that is said of arms, with all arms of which it is said."""
    arms: dict[str, list[str]] = {}
    for arm, what in told:
        arms.setdefault(what, []).append(arm)
    return [f"{', '.join(names)} {what}" for what, names in arms.items()]


def _tell_ratio(row: Mapping[Any, Any]) -> str:
    """Return a hazard ratio with its interval, or why there is none."""
    if np.isnan(row["hazard_ratio"]):
        return f"not known ({row['note']})"
    if np.isnan(row["low"]):
        return f"{row['hazard_ratio']:.2f} ({row['note']})"
    return f"{row['hazard_ratio']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON has them; what is not finite is null."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; what is not finite is null."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
