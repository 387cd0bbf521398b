"""A parameter estimation problem in PEtab version 1: write its tables beside the SBML, know a table of measurements."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from selfseed.interchange.equations import identifier_of

MODEL = "model.xml"
OBSERVABLE, CONDITION, MEASUREMENT, TIME = "observableId", "simulationConditionId", "measurement", "time"
BEFORE, SCALE, ERROR = "preequilibrationConditionId", "observableParameters", "noiseParameters"
ORIGIN, REPLICATE = "datasetId", "replicateId"
NEEDED = (OBSERVABLE, CONDITION, MEASUREMENT, TIME)
COLUMNS = (*NEEDED, BEFORE, SCALE, ERROR, ORIGIN, REPLICATE)
"""Of a table of measurements; a program may add columns of its own."""


@dataclass(frozen=True)
class Estimated:
    """Hold a parameter to be estimated: its id in the model, its bounds, and where to start."""

    identifier: str
    low: float
    high: float
    start: float


@dataclass(frozen=True)
class Observed:
    """Hold what is measured: an observable of the model, its noise, and whether that is on a logarithmic scale."""

    identifier: str
    formula: str
    noise: float
    logarithmic: bool
    points: Sequence[Point]


@dataclass(frozen=True)
class Point:
    """Hold one measurement: its day, its value, and the animal, empty where that is not known."""

    day: float
    value: float
    animal: str = ""


def volume_id(site: str) -> str:
    """Return the id in the model of the volume at a site."""
    return f"volume_{identifier_of(site)}"


def observable_id(identifier: str) -> str:
    """Return the id under which a quantity of the model is measured."""
    return f"observe_{identifier}"


def is_measurements(columns: Sequence[str]) -> bool:
    """Tell whether a header is that of a PEtab table of measurements.

    >>> is_measurements(["observableId", "measurement", "time"]), is_measurements(["observable", "value", "day"])
    (True, False)
    """
    return OBSERVABLE in columns or CONDITION in columns


def to_petab(estimated: Sequence[Estimated], observed: Sequence[Observed], arm: str, origin: str) -> dict[str, str]:
    """Return the files of a problem, by name.

    Parameters
    ----------
    estimated : sequence of Estimated
    observed : sequence of Observed
    arm : str
        It becomes the condition of simulation.
    origin : str
        Where the measurements come from; it becomes their dataset id.
    """
    parameters = [
        (one.identifier, "log10", f"{one.low:.6g}", f"{one.high:.6g}", f"{one.start!r}", 1) for one in estimated
    ]
    observables = [
        (observable_id(one.identifier), one.formula, "log" if one.logarithmic else "lin", f"{one.noise!r}", "normal")
        for one in observed
    ]
    condition = identifier_of(arm)
    measurements = [
        (observable_id(one.identifier), condition, f"{point.value!r}", f"{point.day!r}", origin, point.animal)
        for one in observed
        for point in one.points
    ]
    return {
        "parameters.tsv": _table(
            ("parameterId", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate"), parameters
        ),
        "observables.tsv": _table(
            ("observableId", "observableFormula", "observableTransformation", "noiseFormula", "noiseDistribution"),
            observables,
        ),
        "measurements.tsv": _table((*NEEDED, ORIGIN, REPLICATE), measurements),
        "conditions.tsv": _table(("conditionId", "conditionName"), [(condition, arm)]),
        "problem.yaml": _problem(),
    }


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def _problem() -> str:
    return (
        "format_version: 1\n"
        "parameter_file: parameters.tsv\n"
        "problems:\n"
        f"  - sbml_files: [{MODEL}]\n"
        "    condition_files: [conditions.tsv]\n"
        "    observable_files: [observables.tsv]\n"
        "    measurement_files: [measurements.tsv]\n"
    )
