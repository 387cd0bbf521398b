"""Write what to simulate and to show of a model as SED-ML Level 1 Version 4, over libSEDML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selfseed.base.errors import OutputError

INSTALL = 'this needs python-libsedml: pip install "selfseed[export]"'
TIME = "urn:sedml:symbol:time"
RELATIVE, ABSOLUTE = "KISAO:0000209", "KISAO:0000211"
CVODE = "KISAO:0000019"


def to_sedml(model_file: str, observables: Mapping[str, str], duration_day: float) -> str:
    """Return a time course of all that can be measured: a plot of volumes, and a report of everything.

    Parameters
    ----------
    model_file : str
        The SBML file, as the SED-ML file is to find it.
    observables : mapping of str to str
        Ids of the model, with their meanings.
    duration_day : float [day]

    Raises
    ------
    OutputError
        When libSEDML is not installed.
    """
    try:
        import libsedml
    except ImportError:
        raise OutputError(INSTALL) from None
    document = libsedml.SedDocument(1, 4)
    model = document.createModel()
    model.setId("model")
    model.setSource(model_file)
    model.setLanguage("urn:sedml:language:sbml")
    _course(document, duration_day)
    task = document.createTask()
    task.setId("task")
    task.setModelReference("model")
    task.setSimulationReference("course")
    _generator(document, "time", None, "time (days)")
    for identifier, meaning in observables.items():
        _generator(document, identifier, identifier, meaning)
    report = document.createReport()
    report.setId("report")
    report.setName("all that can be measured")
    for identifier in ("time", *observables):
        entry = report.createDataSet()
        entry.setId(f"report_{identifier}")
        entry.setLabel(identifier)
        entry.setDataReference(f"data_{identifier}")
    _plot(document, [identifier for identifier in observables if identifier.startswith("volume_")])
    return libsedml.writeSedMLToString(document)


def _course(document: Any, duration_day: float) -> None:
    course = document.createUniformTimeCourse()
    course.setId("course")
    course.setInitialTime(0.0)
    course.setOutputStartTime(0.0)
    course.setOutputEndTime(duration_day)
    course.setNumberOfSteps(max(1, round(duration_day)))
    algorithm = course.createAlgorithm()
    algorithm.setKisaoID(CVODE)
    for term, value in ((RELATIVE, "1e-10"), (ABSOLUTE, "1e-9")):
        parameter = algorithm.createAlgorithmParameter()
        parameter.setKisaoID(term)
        parameter.setValue(value)


def _generator(document: Any, identifier: str, target: str | None, meaning: str) -> None:
    import libsedml

    generator = document.createDataGenerator()
    generator.setId(f"data_{identifier}")
    generator.setName(meaning)
    variable = generator.createVariable()
    variable.setId(f"variable_{identifier}")
    variable.setTaskReference("task")
    if target is None:
        variable.setSymbol(TIME)
    else:
        variable.setTarget(f"/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id='{target}']")
    generator.setMath(libsedml.parseFormula(f"variable_{identifier}"))


def _plot(document: Any, volumes: list[str]) -> None:
    plot = document.createPlot2D()
    plot.setId("plot")
    plot.setName("volume of the tumours (mm^3) over time (days)")
    for identifier in volumes:
        curve = plot.createCurve()
        curve.setId(f"curve_{identifier}")
        curve.setLogX(False)
        curve.setLogY(True)
        curve.setXDataReference("data_time")
        curve.setYDataReference(f"data_{identifier}")
