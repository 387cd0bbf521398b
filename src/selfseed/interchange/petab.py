"""Write a parameter estimation problem in PEtab version 1: tables and a YAML file beside the SBML."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

MODEL, CONDITION = "model.xml", "arm"


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
    points: Sequence[tuple[float, float]]


def to_petab(estimated: Sequence[Estimated], observed: Sequence[Observed], origin: str) -> dict[str, str]:
    """Return the files of a problem, by name.

    Parameters
    ----------
    estimated : sequence of Estimated
    observed : sequence of Observed
    origin : str
        Where the measurements come from; it becomes their dataset id.
    """
    parameters = [
        (one.identifier, "log10", f"{one.low:.6g}", f"{one.high:.6g}", f"{one.start!r}", 1) for one in estimated
    ]
    observables = [
        (f"observe_{one.identifier}", one.formula, "log" if one.logarithmic else "lin", f"{one.noise!r}", "normal")
        for one in observed
    ]
    measurements = [
        (f"observe_{one.identifier}", CONDITION, f"{value!r}", f"{day!r}", origin)
        for one in observed
        for day, value in one.points
    ]
    return {
        "parameters.tsv": _table(
            ("parameterId", "parameterScale", "lowerBound", "upperBound", "nominalValue", "estimate"), parameters
        ),
        "observables.tsv": _table(
            ("observableId", "observableFormula", "observableTransformation", "noiseFormula", "noiseDistribution"),
            observables,
        ),
        "measurements.tsv": _table(
            ("observableId", "simulationConditionId", "measurement", "time", "datasetId"), measurements
        ),
        "conditions.tsv": _table(("conditionId",), [(CONDITION,)]),
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
