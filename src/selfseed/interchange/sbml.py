"""Write a system of equations as SBML Level 3 Version 2, over libSBML."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from selfseed.base.errors import OutputError
from selfseed.interchange.equations import Constant, Equations

LEVEL, VERSION = 3, 2
UNIT_OF_DAY = {0: "dimensionless", 1: "day", -1: "per_day"}
SECONDS_PER_DAY = 86400
INSTALL = 'this needs python-libsbml: pip install "selfseed[export]"'


def to_sbml(equations: Equations) -> str:
    """Return a model as SBML, checked by libSBML itself.

    Raises
    ------
    OutputError
        When libSBML is not installed, or finds an error in what was written.
    """
    libsbml = _libsbml()
    document = libsbml.SBMLDocument(LEVEL, VERSION)
    model = document.createModel()
    model.setId(equations.identifier)
    model.setName(equations.title)
    _units(model)
    settings = libsbml.L3ParserSettings()
    settings.setModel(model)
    writer = _Writer(libsbml, model, settings)
    writer.quantities(equations)
    writer.rules(equations)
    writer.events(equations)
    writer.reactions(equations)
    _cite(model, equations.references)
    problems = errors_in(document)
    if problems:
        raise OutputError(f"the SBML that was written is not valid: {problems[0]}")
    return libsbml.writeSBMLToString(document)


def errors_in(document: Any, units: bool = True) -> list[str]:
    """Return the errors of an SBML document, and what libSBML says of units that do not fit.

    Parameters
    ----------
    document : libsbml.SBMLDocument
    units : bool
        Whether warnings about units count.
    """
    libsbml = _libsbml()
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_MODELING_PRACTICE, False)
    document.checkConsistency()
    found = []
    for number in range(document.getNumErrors()):
        error = document.getError(number)
        about_units = error.getCategory() == libsbml.LIBSBML_CAT_UNITS_CONSISTENCY
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR or (units and about_units):
            found.append(f"line {error.getLine()}: {error.getMessage().strip()}")
    return found


def _libsbml() -> Any:
    try:
        import libsbml
    except ImportError:
        raise OutputError(INSTALL) from None
    return libsbml


def _units(model: Any) -> None:
    import libsbml

    day = model.createUnitDefinition()
    day.setId("day")
    per_day = model.createUnitDefinition()
    per_day.setId("per_day")
    for definition, exponent in ((day, 1), (per_day, -1)):
        unit = definition.createUnit()
        unit.setKind(libsbml.UNIT_KIND_SECOND)
        unit.setExponent(exponent)
        unit.setScale(0)
        unit.setMultiplier(SECONDS_PER_DAY)
    model.setTimeUnits("day")
    model.setSubstanceUnits("dimensionless")
    model.setExtentUnits("dimensionless")
    model.setVolumeUnits("dimensionless")


class _Writer:
    """Fill one model."""

    def __init__(self, libsbml: Any, model: Any, settings: Any):
        self.libsbml, self.model, self.settings = libsbml, model, settings

    def formula(self, text: str) -> Any:
        parsed = self.libsbml.parseL3FormulaWithSettings(text, self.settings)
        if parsed is None:
            raise OutputError(f"libSBML cannot read '{text[:80]}': {self.libsbml.getLastParseL3Error()}")
        return parsed

    def quantities(self, equations: Equations) -> None:
        for constant in equations.constants:
            self._note(self._parameter(constant.identifier, constant.value, constant.day, True), constant)
        for switch in equations.switches:
            self._note(self._parameter(switch.identifier, switch.value, switch.day, False), switch)
        for assignment in equations.assignments:
            made = self._parameter(assignment.identifier, None, assignment.day, False)
            _tell(made, assignment.meaning)
        if equations.reactions:
            self._species(equations)
            return
        for variable in equations.variables:
            _tell(self._parameter(variable.identifier, variable.start, 0, False), variable.meaning)

    def _species(self, equations: Equations) -> None:
        body = self.model.createCompartment()
        body.setId("body")
        body.setConstant(True)
        body.setSize(1.0)
        body.setSpatialDimensions(3)
        body.setUnits("dimensionless")
        for variable in equations.variables:
            species = self.model.createSpecies()
            species.setId(variable.identifier)
            _tell(species, variable.meaning)
            species.setCompartment("body")
            species.setInitialAmount(variable.start)
            species.setHasOnlySubstanceUnits(True)
            species.setBoundaryCondition(False)
            species.setConstant(False)

    def _parameter(self, identifier: str, value: float | None, day: int, constant: bool) -> Any:
        made = self.model.createParameter()
        made.setId(identifier)
        made.setConstant(constant)
        made.setUnits(UNIT_OF_DAY[day])
        if value is not None:
            made.setValue(value)
        return made

    def _note(self, made: Any, constant: Constant) -> None:
        _tell(made, constant.meaning)
        if constant.doi:
            _annotate(made, (constant.doi,))

    def rules(self, equations: Equations) -> None:
        for assignment in equations.assignments:
            rule = self.model.createAssignmentRule()
            rule.setVariable(assignment.identifier)
            rule.setMath(self.formula(assignment.formula))
        if equations.reactions:
            return
        for variable in equations.variables:
            rule = self.model.createRateRule()
            rule.setVariable(variable.identifier)
            rule.setMath(self.formula(variable.rate))

    def events(self, equations: Equations) -> None:
        for jump in sorted(equations.jumps, key=lambda jump: (jump.at_day, jump.order)):
            event = self.model.createEvent()
            event.setId(jump.identifier)
            _tell(event, jump.meaning)
            event.setUseValuesFromTriggerTime(False)
            trigger = event.createTrigger()
            trigger.setInitialValue(True)
            trigger.setPersistent(True)
            trigger.setMath(self.formula(f"time >= {jump.at_day!r} day"))
            event.createPriority().setMath(self.formula(f"{1000 - jump.order} dimensionless"))
            for name, formula in jump.changes:
                change = event.createEventAssignment()
                change.setVariable(name)
                change.setMath(self.formula(formula))

    def reactions(self, equations: Equations) -> None:
        for reaction in equations.reactions:
            made = self.model.createReaction()
            made.setId(reaction.identifier)
            _tell(made, reaction.meaning)
            made.setReversible(False)
            for names, create in ((reaction.uses, made.createReactant), (reaction.makes, made.createProduct)):
                for name in dict.fromkeys(names):
                    part = create()
                    part.setSpecies(name)
                    part.setStoichiometry(float(names.count(name)))
                    part.setConstant(True)
            made.createKineticLaw().setMath(self.formula(reaction.rate))


def _tell(made: Any, meaning: str) -> None:
    """Note what something is; names stay free, since programs show them in place of ids and want them unique."""
    if meaning.strip():
        made.setNotes(f"<p xmlns='http://www.w3.org/1999/xhtml'>{escape(meaning)}</p>")


def _cite(model: Any, dois: tuple[str, ...]) -> None:
    if dois:
        _annotate(model, dois)


def _annotate(made: Any, dois: tuple[str, ...]) -> None:
    import libsbml

    made.setMetaId(f"meta_{made.getId()}")
    term = libsbml.CVTerm()
    term.setQualifierType(libsbml.BIOLOGICAL_QUALIFIER)
    term.setBiologicalQualifierType(libsbml.BQB_IS_DESCRIBED_BY)
    for doi in dois:
        term.addResource(f"https://identifiers.org/doi:{doi}")
    made.addCVTerm(term)
