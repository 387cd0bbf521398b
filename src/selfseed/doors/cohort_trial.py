"""The command `selfseed cohort trial`: how many patients, or mice, a trial needs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from selfseed.base.errors import Problem, ScenarioError, nearest
from selfseed.doors import cohort as room
from selfseed.doors import folder
from selfseed.doors.talk import Talk

if TYPE_CHECKING:
    import pandas as pd

BIOMARKERS = ("il6", "il8", "ctc")
WANTED = 0.8
"""The power that is asked for."""
QUANTILES = (0.5, 0.75)
"""Shares of patients below the thresholds of an enriched trial."""


def trial(
    run: Annotated[Path | None, typer.Argument(metavar="RUN", help="The folder of a `selfseed cohort run`.")] = None,
    arm: Annotated[
        str | None, typer.Option(help="The arm on trial; if absent, the first that is not the control.")
    ] = None,
    control: Annotated[str | None, typer.Option(help="What it is compared with; if absent, the first arm.")] = None,
    endpoint: Annotated[str, typer.Option(help="What is counted.")] = "distant-metastasis-free survival",
    sizes: Annotated[str, typer.Option(metavar="NUMBERS", help="Patients randomised.")] = "200,500,1000,2000",
    follow_up: Annotated[str, typer.Option(metavar="YEARS", help="After the last patient has entered.")] = "3,5,8",
    biomarker: Annotated[str | None, typer.Option(help="il6, il8 or ctc: also trials of those who have much.")] = None,
    mice: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="SHARE SHARE", help="Instead: mice per arm to see seeded animals fall between shares."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Where the random numbers start.")] = 0,
    out: room.Out = None,
    force: room.Force = False,
    as_json: room.AsJson = False,
    quiet: room.Quiet = False,
) -> None:
    """Tell the power of a trial against its size and follow-up, or how many mice see a fall in seeding.

    The last line on stdout is the path of the report; summary.json and power.tsv are beside it.
    """
    from selfseed import __version__

    talk = Talk(quiet)
    if (run is None) == (mice is None):
        raise ScenarioError("the command", [Problem("RUN", "and --mice", "give one of them: a folder, or two shares")])
    place = out or Path("trial")
    with folder.hold(place, room.MARKER, "cohort-trial", force=force) as draft:
        if mice is not None:
            from selfseed.cohort.mice import count_mice_for_share

            if mice[0] == mice[1]:
                remedy = "two different shares: no number of mice tells equal ones apart"
                raise ScenarioError("the command", [Problem("--mice", f"{mice[0]:g} {mice[1]:g}", remedy)])
            tables = [count_mice_for_share(*mice)]
            last = tables[0].iloc[-1]
            words = [
                f"{int(last['mice'])} mice in each arm see a {'fall' if mice[1] < mice[0] else 'rise'} from "
                f"{100 * mice[0]:.3g} % to {100 * mice[1]:.3g} % of animals seeded with {100 * last['power']:.0f} % "
                "power (Fisher's exact test, two-sided 5 %)"
            ]
        else:
            assert run is not None
            patients = _read_patients(run)
            arms = list(dict.fromkeys(patients["arm"]))
            control = _known(control or arms[0], arms, "--control")
            others = [name for name in arms if name != control]
            if not others:
                remedy = "simulate a cohort with a second arm"
                raise ScenarioError(str(run), [Problem("arms", f"there is '{control}' alone", remedy)])
            arm = _known(arm or others[0], others, "--arm")
            talk.say(f"{patients['patient'].nunique():,} simulated patients, {arm} against {control}")
            tables, words = _power(patients, arm, control, endpoint, _numbers(sizes, "--sizes"),
                                   _numbers(follow_up, "--follow-up"), biomarker, seed)  # fmt: skip
        summary = {
            "kind": "cohort-trial", "schema_version": 1, "version": __version__, "seed": seed,
            "endpoint": endpoint if mice is None else "animals seeded", "arm": arm, "control": control,
            "tables": [room.rows_of(table) for table in tables], "words": words,
        }  # fmt: skip
        _write(draft, summary, tables)
    for sentence in words:
        talk.say(sentence)
    print(json.dumps(summary, indent=2) if as_json else place / "report.html")


def _power(
    patients: pd.DataFrame, arm: str, control: str, endpoint: str, sizes: list[float], years: list[float],
    biomarker: str | None, seed: int,
) -> tuple[list[pd.DataFrame], list[str]]:  # fmt: skip
    """Return power by size and follow-up, and of enriched trials; and what it comes to in words."""
    from selfseed.cohort.outcomes import follow
    from selfseed.cohort.trial import compare_designs, estimate_power

    whole = [int(size) for size in sizes]
    tables = [estimate_power(patients, arm, endpoint, whole, follow_up_years=years, control=control, seed=seed)]
    words = [f"hazard ratio of {arm} against {control} in the simulation: {_ratio(patients, arm, control, endpoint)}"]
    words += _warnings(patients, control, max(whole))
    words += _enough(tables[0])
    if biomarker is not None:
        column = _known(biomarker, list(BIOMARKERS), "--biomarker")
        values = follow(patients[patients["arm"] == control], endpoint)[column].astype(float)
        thresholds = sorted({float(values.quantile(share)) for share in QUANTILES} - {float(values.min())})
        designs = compare_designs(
            patients, arm, endpoint, column, thresholds, whole, control=control, seed=seed, follow_up_years=years[-1:]
        )
        tables.append(designs)
        for row in designs.drop_duplicates("design").dropna(subset="needed").to_dict("records"):
            words.append(
                f"{row['design']}, {years[-1]:g} years: {row['needed']:,.0f} to randomise and "
                f"{row['needed_screened']:,.0f} to test for {100 * WANTED:.0f} % power"
            )
    return tables, words


def _ratio(patients: pd.DataFrame, arm: str, control: str, endpoint: str) -> str:
    """Return the hazard ratio of all simulated patients over the whole follow-up, with its interval, in words."""
    from selfseed.cohort.hazards import estimate_hazard_ratios

    two = patients[patients["arm"].isin((arm, control))]
    row = estimate_hazard_ratios(two, endpoint, ["arm"], models=("alone",), control=control).iloc[0]
    value = f"{row['hazard_ratio']:.3f}"
    if math.isnan(row["hazard_ratio"]) or math.isnan(row["low"]):
        return row["note"] if math.isnan(row["hazard_ratio"]) else f"{value} ({row['note']})"
    return f"{value} (95 % interval {row['low']:.3f} to {row['high']:.3f})"


def _enough(table: pd.DataFrame) -> list[str]:
    """Return for each follow-up how many patients are enough; those of which the same is said stand together."""
    from selfseed.views.words import listed

    found: dict[str, list[str]] = {}
    for after, part in table.groupby("follow_up_years"):
        enough = part.loc[part["low"] > WANTED, "size"]
        what = (
            f"{int(enough.min()):,} patients are the fewest of those asked that surely have"
            if len(enough)
            else "none of the numbers of patients asked surely has"
        )
        found.setdefault(what, []).append(f"{after:g}")
    return [
        f"{listed(years)} years after the last has entered: {what} {100 * WANTED:.0f} % power"
        for what, years in found.items()
    ]


def _warnings(patients: pd.DataFrame, control: str, largest: int) -> list[str]:
    """Return a warning where trials are drawn from fewer patients than the largest of them has."""
    pool = int((patients["arm"] == control).sum())
    if pool >= largest:
        return []
    return [
        f"only {pool:,} patients were simulated, and trials of up to {largest:,} are drawn from them again and again: "
        f"what is told of power holds the chance of these {pool:,}; simulate more than the largest trial has"
    ]


def _read_patients(run: Path) -> pd.DataFrame:
    import pandas as pd

    path = run / "patients.tsv.gz"
    if not path.is_file():
        remedy = "name the folder that `selfseed cohort run` wrote"
        raise ScenarioError("the command", [Problem("RUN", f"{run} holds no patients.tsv.gz", remedy)])
    try:
        return pd.read_csv(path, sep="\t").fillna({"cause": "", "first_site": "", "detected_by": ""})
    except (OSError, ValueError, EOFError) as error:
        raise ScenarioError(str(path), [Problem("file", str(error)[:80], "run the cohort again")]) from None


def _numbers(text: str, option: str) -> list[float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found or not all(0.0 < number < math.inf for number in found):
        remedy = "must be numbers above 0 with commas between them"
        raise ScenarioError("the command", [Problem(option, f"'{text}'", remedy)])
    return found


def _known(name: str, allowed: list[str], option: str) -> str:
    if name not in allowed:
        close = nearest(name, tuple(allowed))
        remedy = f"did you mean '{close}'?" if close else f"must be one of {', '.join(allowed)}"
        raise ScenarioError("the command", [Problem(option, f"'{name}' is unknown", remedy)])
    return name


def _facts(summary: dict[str, Any]) -> str:
    compared = f"{summary['arm']} against {summary['control']}, {summary['endpoint']}" if summary["arm"] else "mice"
    return f"{compared} · seed {summary['seed']}"


def _shown(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table of power as a page has room for them, with their units."""
    if "mice" in table:
        return [{"mice in each arm": row["mice"], "power (%)": 100.0 * row["power"]} for row in room.rows_of(table)]
    return [
        {
            "design": row.get("design", "all comers"), "patients": row["size"], "years": row["follow_up_years"],
            "power (%)": 100.0 * row["power"], "95 %": f"{100.0 * row['low']:.0f} to {100.0 * row['high']:.0f}",
            "events": row["events"], "hazard ratio": "" if row["hazard_ratio"] is None else row["hazard_ratio"],
        }
        for row in room.rows_of(table)
    ]  # fmt: skip


def _write(draft: Path, summary: dict[str, Any], tables: list[pd.DataFrame]) -> None:
    from selfseed.views.cohort import draw_power
    from selfseed.views.many import write_page

    try:
        (draft / room.MARKER).write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        for number, table in enumerate(tables):
            name = "power.tsv" if number == 0 else "designs.tsv"
            table.to_csv(draft / name, sep="\t", index=False, float_format="%.10g")
        write_page(
            draft / "report.html", "How large a trial", _facts(summary),
            lambda: [draw_power(table) for table in tables], [row for table in tables for row in _shown(table)],
            caption="Power", headline=summary["words"],
        )  # fmt: skip
    except OSError as error:
        raise folder.cannot_be_written(draft, error) from None
