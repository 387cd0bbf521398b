"""Which treatment, and when: interventions and starts ranked by what they gain, on the same patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from selfseed.base.errors import Problem, ScenarioError
from selfseed.cohort.benefit import LEAST_DAY, compare_restricted_means, compare_risks
from selfseed.cohort.model import Cohort
from selfseed.cohort.outcomes import DAYS_PER_YEAR
from selfseed.cohort.run import run_cohort
from selfseed.cohort.size import set_parameters
from selfseed.scenario.drugs import Drug
from selfseed.scenario.model import Arm, Give, Procedure, Resect

if TYPE_CHECKING:
    import pandas as pd

ENDPOINTS = ("overall survival", "distant-metastasis-free survival")
STARTS_DAY = (-30.0, 0.0, 180.0, 1825.0)
"""Starts from surgery on; what lies before the diagnosis is moved to it."""
PERFECT_YEARS = 5.0
PERFECT: Mapping[str, tuple[str, ...]] = {
    "attraction blocked perfectly": ("IL6 receptor", "CXCL8 receptor"),
    "infiltration blocked perfectly": ("FSCN1", "MMP1"),
}
"""Interventions that no drug reaches: they tell whether the mechanism can matter at all."""
RETURN_FOLDS, HALF_LIFE_FOLDS = (1.0, 10.0, 100.0, 1000.0), (1.0, 10.0, 50.0)
ESTABLISHMENT_FOLDS = (0.3, 1.0, 3.0)
FOLDS = ("return_fold", "half_life_fold", "establishment_fold")
MAPPED = (*ENDPOINTS, "relapse-free survival")
MOST_ARMS = 50
ORGANS_OF_MAP = ("lung", "liver", "bone", "brain")


@dataclass(frozen=True)
class Choice:
    """Name one intervention with one start.

    Attributes
    ----------
    arm : str
        Its name among the arms.
    intervention : str
    start_day : float
        From surgery on.
    """

    arm: str
    intervention: str
    start_day: float


def find_control(cohort: Cohort, control: str | None = None) -> str:
    """Return the arm with surgery and least besides, or the one that is named.

    Parameters
    ----------
    cohort : Cohort
    control : str, optional

    Raises
    ------
    ScenarioError
        If the primary is not cut out in it.
    """
    cut = {name: len(arm.add) for name, arm in cohort.arms.items() if _surgery(cohort, arm) is not None}
    chosen = control if control is not None else min(cut, key=lambda name: cut[name], default="")
    if chosen not in cut:
        remedy = f"one of {', '.join(cut)}" if cut else f"add an arm with {{resect: {cohort.primary}, at: 30 day}}"
        raise ScenarioError(
            "the command", [Problem("--control", f"'{chosen}' does not cut out {cohort.primary}", remedy)]
        )
    return chosen


def lay_out(
    cohort: Cohort, control: str, starts_day: Sequence[float] = STARTS_DAY, *, perfect: bool = True
) -> tuple[Cohort, list[Choice]]:
    """Return the cohort with an arm for each intervention and start besides the control, and what each arm is.

    What an arm does besides the control is its intervention; it is moved as a whole, so that it begins at the start.

    Parameters
    ----------
    cohort : Cohort
    control : str
        See `find_control`.
    starts_day : sequence of float [day]
        From surgery on; what would lie before the diagnosis is moved to it.
    perfect : bool
        Whether attraction and infiltration are also blocked perfectly for five years, as no drug does.

    Returns
    -------
    cohort : Cohort
    choices : list of Choice

    Raises
    ------
    ScenarioError
        If there would be more than 50 arms, or none besides the control.
    """
    base = cohort.arms[control]
    surgery = _surgery(cohort, base)
    assert surgery is not None
    extra = {name: [step for step in arm.add if step not in base.add] for name, arm in cohort.arms.items()}
    interventions = {name: steps for name, steps in extra.items() if steps and name != control}
    _refuse_what_cannot_be_moved(cohort, control, interventions)
    drugs = dict(cohort.scenario.drugs)
    if perfect:
        for name, targets in PERFECT.items():
            given = {f"{target} blocked perfectly": _perfect_drug(target) for target in targets}
            drugs |= given
            interventions[name] = [Give(give=drug, at=0.0) for drug in given]
    arms, choices = {control: base}, []
    for (name, steps), asked in product(interventions.items(), starts_day):
        first = min(step.at or 0.0 for step in steps)
        begin = max(0.0, surgery + asked)
        start = begin - surgery
        arm = f"{name.removeprefix(control).removeprefix(' and ') or name} {_when(start)}"
        moved = tuple(step.model_copy(update={"at": (step.at or 0.0) - first + begin}) for step in steps)
        if arm in arms:
            continue  # another start was moved to the diagnosis, too
        arms[arm] = base.model_copy(update={"add": (*base.add, *moved), "description": ""})
        choices.append(Choice(arm, name, start))
    if not choices or len(arms) > MOST_ARMS:
        what = f"{len(choices)} interventions and starts"
        remedy = f"there must be 1 to {MOST_ARMS - 1}: arms besides '{control}', times starts"
        raise ScenarioError("the command", [Problem("--starts", what, remedy)])
    scenario = cohort.scenario.model_copy(update={"drugs": drugs})
    return cohort.model_copy(update={"arms": arms, "scenario": scenario, "compared_as": {}}), choices


def _refuse_what_cannot_be_moved(
    cohort: Cohort, control: str, interventions: Mapping[str, Sequence[Procedure]]
) -> None:
    """Refuse arms that differ from the control in more than what they add, or that cut the primary out otherwise."""
    base, problems = cohort.arms[control], []
    for name, arm in cohort.arms.items():
        other = arm.model_dump(exclude={"add", "description"}) != base.model_dump(exclude={"add", "description"})
        if other:
            remedy = f"only what is added can be moved in time; leave it out, or have it in '{control}', too"
            problems.append(Problem(f"arms.{name}", f"differs from '{control}' in more than what it adds", remedy))
        if any(_cuts(cohort, step) for step in interventions.get(name, ())):
            remedy = "leave it out: what is asked is what begins when before or after one surgery"
            problems.append(Problem(f"arms.{name}", f"cuts out {cohort.primary} otherwise than '{control}'", remedy))
    if problems:
        raise ScenarioError("the cohort", problems)


def rank_arms(
    patients: pd.DataFrame, choices: Sequence[Choice], control: str, years: float, *, seed: int,
    endpoints: Sequence[str] = ENDPOINTS,
) -> pd.DataFrame:  # fmt: skip
    """Return what each intervention and start gains over the control, the largest gain by the first endpoint first.

    Parameters
    ----------
    patients : DataFrame
        As `selfseed.cohort.run_cohort` returns it for the cohort of `lay_out`.
    choices : sequence of Choice
    control : str
    years : float [year]
        Gains are mean days within these years; deaths are those within them.
    seed : int
        Of the redrawing of patients.
    endpoints : sequence of str
        Names in `selfseed.cohort.outcomes.ENDPOINTS`.

    Returns
    -------
    DataFrame
        One row per choice and endpoint: gain_day with its 95 % interval, spared per 1,000 with its interval,
        number_needed (to treat, in words), and ``seen``: whether the whole interval of the gain is an hour or more on
        one side of 0. Where fewer than five patients differ by an hour, or carry the gain, there is no interval, and
        nothing is seen.

    Raises
    ------
    ScenarioError
        If nobody of an arm was followed for so many years.
    """
    import pandas as pd

    day = years * DAYS_PER_YEAR
    rows = []
    for endpoint in endpoints:
        gains = compare_restricted_means(patients, endpoint, day, control=control, seed=seed).set_index("arm")
        risks = compare_risks(patients, endpoint, day, control=control, seed=seed).set_index("arm")
        told = gains.join(risks[["reduction", "low", "high", "words"]])
        for choice in choices:
            row = told.loc[[choice.arm]].to_dict("records")[0]
            rows.append(
                {
                    "arm": choice.arm,
                    "intervention": choice.intervention,
                    "start_day": choice.start_day,
                    "endpoint": endpoint,
                    **{name: row[name] for name in ("gain_day", "low_day", "high_day", "differing", "carried_by")},
                    "number_needed": row["words"],
                    "spared_per_1000": 1000.0 * row["reduction"],
                    "low_per_1000": 1000.0 * row["low"],
                    "high_per_1000": 1000.0 * row["high"],
                    "seen": bool(row["low_day"] >= LEAST_DAY or row["high_day"] <= -LEAST_DAY),
                }
            )
    table = pd.DataFrame(rows)
    order = table[table["endpoint"] == endpoints[0]].sort_values("gain_day", ascending=False)["arm"].tolist()
    place = {arm: number for number, arm in enumerate(order)}
    return table.sort_values(["endpoint", "arm"], key=lambda column: column.map(place) if column.name == "arm" else
                             column.map(list(endpoints).index), ignore_index=True)  # fmt: skip


def map_of_return(
    cohort: Cohort, control: str, seed: int, years: float, follow_all: Callable[..., pd.DataFrame] = run_cohort
) -> pd.DataFrame:
    """Return what blocking attraction or infiltration perfectly gains over what is disputed.

    Over the chance to take root in a tumour (return), the half-life of circulating cells, and the chance to take root
    in organs, each a fold of the file's value; blocking starts at the diagnosis.

    Parameters
    ----------
    cohort : Cohort
    control : str
        See `find_control`.
    seed : int, >= 0
    years : float [year]
    follow_all : callable (cohort, seed, name=)
        `selfseed.cohort.run_cohort`, with whatever workers and chunks.

    Returns
    -------
    DataFrame
        One row per point, intervention and endpoint in `MAPPED`: the folds, gain_day (mean days within ``years``) with
        its 95 % interval, ``seen``, ``differing`` patients, and the shares of the control with a metastasis and a
        relapse.
    """
    import pandas as pd

    rows = []
    for back, life, roots in product(RETURN_FOLDS, HALF_LIFE_FOLDS, ESTABLISHMENT_FOLDS):
        point = change_chances(cohort, back, life, roots)
        bare = point.model_copy(update={"arms": {control: point.arms[control]}})
        laid, choices = lay_out(bare, control, (-1e6,))
        table = follow_all(laid, seed, name=f"map-{back:g}-{life:g}-{roots:g}")
        first = table[table["arm"] == control]
        for row in rank_arms(table, choices, control, years, seed=seed, endpoints=MAPPED).to_dict("records"):
            rows.append({
                "return_fold": back, "half_life_fold": life, "establishment_fold": roots,
                **{name: row[name] for name in ("intervention", "endpoint", "gain_day", "low_day", "high_day", "seen")},
                "differing": row["differing"], "carried_by": row["carried_by"],
                "metastasis": float((first["metastatic"] | first["distant_day"].notna()).mean()),
                "relapse": float(first["relapse_day"].notna().mean()),
            })  # fmt: skip
    return pd.DataFrame(rows)


def tell_map(chart: pd.DataFrame) -> list[str]:
    """Return in sentences at how many points of the map each perfect blocker gains anything, and where most."""
    sentences = []
    for (intervention, endpoint), part in chart.groupby(["intervention", "endpoint"], sort=False):
        gained = part[part["seen"] & (part["gain_day"] > 0.0)]
        lost = part[part["seen"] & (part["gain_day"] < 0.0)]
        asked = part[(part[list(FOLDS)] == 1.0).all(axis=1)].to_dict("records")
        here = f"; as the file says, {_tell_gain(asked[0])}" if asked else ""
        most = ""
        if len(gained):
            best = gained.sort_values("gain_day").to_dict("records")[-1]
            most = (
                f", most at return × {best['return_fold']:g}, half-life × {best['half_life_fold']:g}, establishment "
                f"× {best['establishment_fold']:g}: {_tell_gain(best)}"
            )
        harm = f"; a loss at {len(lost)}" if len(lost) else ""
        sentences.append(f"{intervention}, {endpoint}: a gain at {len(gained)} of {len(part)} points{most}{harm}{here}")
    return sentences


def _tell_gain(row: Mapping[Any, Any]) -> str:
    if not row["seen"]:
        return "nothing is seen"
    return f"{_days(row['gain_day'])} days (95 % interval {_days(row['low_day'])} to {_days(row['high_day'])})"


def _days(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10.0 else f"{value:.2g}"


def change_chances(cohort: Cohort, back: float, life: float, roots: float) -> Cohort:
    """Return the cohort with other chances; longer lives need beds that hold fewer cells."""
    from selfseed.processes import PARAMETERS

    own = cohort.scenario.parameters

    def value(name: str) -> float:
        return own.get(name, PARAMETERS[name].default("human"))

    values = {"establishment.home": min(1.0, back * value("establishment.home"))}
    for name in ("circulation.death_rate", "circulation.arrest_lung", "circulation.arrest_organ"):
        values[name] = value(name) / life
    for organ in ORGANS_OF_MAP:
        values[f"establishment.{organ}"] = min(1.0, roots / life * value(f"establishment.{organ}"))
    return set_parameters(cohort, values)


def _perfect_drug(target: str) -> Drug:
    return Drug(
        title="no drug: it blocks everything for five years", acts_on=target, potency=1e-6, molar_mass=1.0, volume=1.0,
        half_life=1.0, dose=1000.0, every=1.0, doses=int(PERFECT_YEARS * 365), route="intravenous",
    )  # fmt: skip


def _surgery(cohort: Cohort, arm: Arm) -> float | None:
    """Return the day on which the primary is cut out in an arm, if it is."""
    return next((step.at or 0.0 for step in arm.add if _cuts(cohort, step)), None)


def _cuts(cohort: Cohort, step: Procedure) -> bool:
    return isinstance(step, Resect) and step.resect == cohort.primary


def _when(start: float) -> str:
    if start < 0.0:
        return f"{-start:g} days before surgery"
    return "at surgery" if start == 0.0 else f"{start:g} days after"


def tell(table: pd.DataFrame, control: str, years: float) -> list[str]:
    """Return in sentences what was gained, and what was not seen to gain anything."""
    alive = table[table["endpoint"] == ENDPOINTS[0]]
    sentences = []
    for row in alive[alive["seen"]].to_dict("records"):
        spared = f"; {row['number_needed']}" if row["low_per_1000"] > 0.0 or row["high_per_1000"] < 0.0 else ""
        sentences.append(
            f"{row['arm']}: {_days(row['gain_day'])} days of life gained within {years:g} years (95 % interval "
            f"{_days(row['low_day'])} to {_days(row['high_day'])}){spared}"
        )
    unseen = alive.loc[~alive["seen"], "arm"].tolist()
    if unseen:
        sentences.append(f"no difference from '{control}' is seen for: {', '.join(unseen)}")
    return sentences
