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

            tables = [count_mice_for_share(*mice)]
            last = tables[0].iloc[-1]
            words = [
                f"{int(last['mice'])} mice in each arm see a fall from {mice[0]:.0%} to {mice[1]:.0%} of animals "
                f"seeded with {last['power']:.0%} power (Fisher's exact test, two-sided 5 %)"
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
            "kind": "cohort-trial", "schema_version": 1, "version": __version__, "seed": seed, "endpoint": endpoint,
            "arm": arm, "control": control, "tables": [room.rows_of(table) for table in tables], "words": words,
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
    ratio = float(tables[0]["hazard_ratio"].iloc[-1])
    known = "has none: nobody in one of the arms has the event" if math.isnan(ratio) else f"{ratio:.3f}"
    words = [f"hazard ratio of {arm} against {control} in the simulation: {known}"]
    enough = tables[0][tables[0]["low"] > 0.8]
    words.append(
        f"{int(enough['size'].min())} patients are the fewest of those asked with more than 80 % power"
        if len(enough)
        else "none of the sizes asked surely has 80 % power (95 % interval of the draws)"
    )
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
                f"{row['design']}: {row['needed']:,.0f} to randomise and {row['needed_screened']:,.0f} to test "
                "for 80 % power"
            )
    return tables, words


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


def _write(draft: Path, summary: dict[str, Any], tables: list[pd.DataFrame]) -> None:
    from selfseed.views.cohort import draw_power
    from selfseed.views.many import write_page

    try:
        (draft / room.MARKER).write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        for number, table in enumerate(tables):
            name = "power.tsv" if number == 0 else "designs.tsv"
            table.to_csv(draft / name, sep="\t", index=False, float_format="%.10g")
        write_page(
            draft / "report.html", "How large a trial", " ".join(f"{sentence}." for sentence in summary["words"]),
            lambda: [draw_power(table) for table in tables], [row for rows in summary["tables"] for row in rows],
            caption="Power",
        )  # fmt: skip
    except OSError as error:
        raise folder.cannot_be_written(draft, error) from None
