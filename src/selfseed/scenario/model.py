"""What is asked: a scenario, frozen and complete, every number in the unit that its field names."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from selfseed.processes import FILTERS, GENE_ALIASES, GENES, ORGANS, PARAMETERS, ROUTES
from selfseed.scenario.drugs import MOST_DOSES, Drug
from selfseed.scenario.kinds import Doi, Label, Name, Number, OneOf, OrOne, TableValues, Whole, number_of
from selfseed.scenario.part import Part
from selfseed.scenario.switches import SWITCHES

LONGEST_DAYS = 50 * 365.25
MOST_CLONES, MOST_SITES, MOST_ARMS, MOST_PROCEDURES = 50, 50, 200, 1000
MOST_DRUGS = 50
MOST_CELLS = 1e12


def _each_gene_once(expression: object) -> object:
    if isinstance(expression, Mapping):
        seen: dict[str, object] = {}
        for given in expression:
            gene = GENE_ALIASES.get(str(given).upper(), str(given).upper())
            if gene in seen:
                raise ValueError(f"{seen[gene]} and {given} are the same gene; keep one")
            seen[gene] = given
    return expression


Named = Annotated[str, Name()]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]
Gene = Annotated[str, OneOf(GENES, GENE_ALIASES)]
Organ = Annotated[str, OneOf(ORGANS, {})]
Draw = Annotated[str, OneOf(("vein", "artery"), {})]
Fold = Annotated[float, Number("1", 0.0, 1000.0, "fold of the parental level")]
Day = Annotated[float, Number("day", 0.0, LONGEST_DAYS, "time since the start")]
Cells = Annotated[float, Number("cells", 1.0, MOST_CELLS, "number of cells")]
Settings = Annotated[Mapping[str, float], TableValues()]


class Clone(Part):
    """Cells that share a phenotype; what is not set comes from the clone named by ``from``, then from the table."""

    from_: Named | None = Field(
        default=None, alias="from", description="the clone from which everything not set is taken"
    )
    label: Annotated[str | None, Label()] = Field(default=None, description="the label that the cells carry, or none")
    expression: Annotated[Mapping[Gene, Fold], BeforeValidator(_each_gene_once)] = Field(
        default_factory=dict, description="expression of each gene relative to the parental line"
    )
    growth: Annotated[Mapping[str, float | str], TableValues("growth.")] = Field(default_factory=dict)
    shedding: Annotated[Mapping[str, float], TableValues("shedding.")] = Field(default_factory=dict)
    attraction: Annotated[Mapping[str, float], TableValues("attraction.")] = Field(default_factory=dict)
    treatment: Annotated[Mapping[str, float], TableValues("treatment.")] = Field(default_factory=dict)
    tropism: Mapping[Organ, Fold] = Field(
        default_factory=dict, description="fold on the chance to take root in each organ"
    )


class CloneChange(Part):
    """One daughter of a dividing cell becomes a cell of another clone."""

    from_: Named = Field(alias="from")
    to: Named
    rate: Annotated[float, number_of(PARAMETERS["change.rate"])] | None = Field(
        default=None, description="chance per division"
    )


class Site(Part):
    """A place where a tumour is, may arrive, or is looked for."""

    organ: Organ


class Implant(Part):
    """Cells of a clone are put into a site."""

    implant: Named = Field(description="the clone")
    site: Named
    cells: Cells
    at: Day = 0.0


class When(Part):
    """What something waits for: that a tumour has grown."""

    site: Named
    reaches: Annotated[float, Number("mm", 0.01, 1000.0, "diameter of a sphere of its volume")]


class Dated(Part):
    """Something that is done on a day, or so many days after a tumour has grown to a size."""

    at: Day | None = Field(default=None, description="the day; with 'when', days after it")
    when: When | None = Field(default=None, description="what it waits for")

    @model_validator(mode="after")
    def _has_a_date(self) -> Self:
        if self.at is None and self.when is None:
            raise ValueError("say when: 'at: 40 day' or 'when: {site: ..., reaches: 20 mm}'")
        return self


class Inject(Dated):
    """Cells of a clone are put into the blood."""

    inject: Named = Field(description="the clone")
    route: Annotated[str, OneOf(ROUTES, {})]
    cells: Cells


class Irradiate(Dated):
    """The tumour at a site, or its bed, is irradiated."""

    irradiate: Named = Field(description="the site")
    dose: Annotated[float, Number("Gy", 0.001, 100.0, "dose of one fraction")]
    fractions: Annotated[int, Whole(1, 100, "number of fractions")] = 1
    every: Annotated[float, Number("day", 0.01, 1000.0, "interval between fractions")] = 1.0


class Give(Dated):
    """A drug is given; what is not said is as usual for it."""

    give: Named = Field(description="the drug")
    dose: Annotated[float, Number("mg/kg", 1e-6, 1e5, "of each dose")] | None = None
    every: Annotated[float, Number("day", 0.01, 1000.0, "interval between doses")] | None = None
    doses: Annotated[int, Whole(1, MOST_DOSES, "number of doses")] | None = None


class Filter(Dated):
    """Circulating tumour cells are filtered out of the blood."""

    filter: Annotated[str, OneOf(FILTERS, {})] = Field(description="where it sits")
    site: Named | None = Field(default=None, description="the site whose vein it sits in")
    removes: Annotated[float, Number("1", 0.0, 1.0, "share of the cells that pass it which it holds back")]
    flow: Annotated[float, Number("ml/min", 1e-3, 1e4, "blood that passes a filter in a peripheral vein")] | None = None
    days: Annotated[float, Number("day", 0.01, LONGEST_DAYS, "how long it stays")] | None = None

    @model_validator(mode="after")
    def _knows_its_vein(self) -> Self:
        drains = self.filter == "draining vein"
        if drains and (self.site is None or self.flow is not None):
            raise ValueError("a filter in the draining vein needs 'site', and takes its whole flow: no 'flow'")
        if not drains and (self.flow is None or self.site is not None):
            raise ValueError("a filter in a peripheral vein needs 'flow', the blood that passes it, and no 'site'")
        return self


class Resect(Dated):
    """The tumour at a site is cut out."""

    resect: Named = Field(description="the site")
    residual: Annotated[float, number_of(PARAMETERS["treatment.residual"])] | None = Field(
        default=None, description="share of cells that stays"
    )


class Timed(Part):
    """Something that is measured at stated times, at regular intervals, or both."""

    at: Annotated[tuple[Day, ...], OrOne()] = ()
    every: Annotated[float, Number("day", 0.01, LONGEST_DAYS, "interval between measurements")] | None = None

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        if not self.at and self.every is None:
            raise ValueError("say when: 'at: 60 day' or 'every: 2 day'")
        return self


class Volume(Timed):
    """The volume of the tumours at some sites."""

    volume: Annotated[tuple[Named, ...], Field(min_length=1), OrOne()]


class LabelShare(Timed):
    """The share of the cells at some sites that carries a label."""

    label_share: Named = Field(description="the label")
    sites: Annotated[tuple[Named, ...], Field(min_length=1), OrOne()]
    detection_limit: Annotated[float, Number("cells", 1.0, MOST_CELLS)] | None = Field(
        default=None, description="fewest labelled cells that count as seeded"
    )


class Ctc(Timed):
    """Circulating tumour cells per ml of drawn blood."""

    ctc: Annotated[tuple[Draw, ...], Field(min_length=1), OrOne()]


def _tags(*parts: type[Part]) -> Discriminator:
    """Tell parts apart by the key that only one of them has: the first field of its own."""
    kinds = {next(name for name in part.__annotations__): part for part in parts}

    def tag(value: object) -> str | None:
        keys = value if isinstance(value, Mapping) else type(value).model_fields if isinstance(value, Part) else ()
        return next((f"<{part.__name__}>" for key, part in kinds.items() if key in keys), None)

    return Discriminator(
        tag, custom_error_type="kind", custom_error_message="{words}", custom_error_context={"words": ", ".join(kinds)}
    )


Procedure = Annotated[
    Annotated[Implant, Tag("<Implant>")]
    | Annotated[Inject, Tag("<Inject>")]
    | Annotated[Resect, Tag("<Resect>")]
    | Annotated[Irradiate, Tag("<Irradiate>")]
    | Annotated[Give, Tag("<Give>")]
    | Annotated[Filter, Tag("<Filter>")],
    _tags(Implant, Inject, Resect, Irradiate, Give, Filter),
]
Measurement = Annotated[
    Annotated[Volume, Tag("<Volume>")] | Annotated[LabelShare, Tag("<LabelShare>")] | Annotated[Ctc, Tag("<Ctc>")],
    _tags(Volume, LabelShare, Ctc),
]


class KnockDown(Part):
    """A gene is silenced in a clone."""

    gene: Gene
    clone: Named
    remaining: Annotated[float, number_of(PARAMETERS["treatment.knock_down"])] | None = Field(
        default=None, description="share of the expression that remains"
    )


class OverExpress(Part):
    """A gene is raised in a clone."""

    gene: Gene
    clone: Named
    fold: Annotated[float, Number("1", 1.0, 1000.0, "fold of the clone's own expression")]


class Arm(Part):
    """What differs in one group of animals or patients; an empty arm differs in nothing."""

    description: Prose = ""
    knock_down: tuple[KnockDown, ...] = ()
    over_express: tuple[OverExpress, ...] = ()
    swap: Mapping[Named, Named] = Field(default_factory=dict, description="clone to take the place of a clone")
    remove: tuple[Annotated[int, Whole(0, MOST_PROCEDURES)], ...] = Field(
        default=(), description="procedures to leave out, counted from 0"
    )
    add: tuple[Procedure, ...] = Field(default=(), max_length=MOST_PROCEDURES)
    parameters: Settings = Field(default_factory=dict)


class Numerics(Part):
    """How finely the engines compute."""

    step: Annotated[float, Number("day", 1e-4, 100.0, "longest step")] | None = Field(
        None, description="longest step; without it 0.42 over the fastest growth rate, half a day for LM2"
    )
    exact_below: Annotated[
        int, Whole(0, 1_000_000, "events expected in a step below which every event is simulated")
    ] = 200
    max_families: Annotated[int, Whole(100, 10_000_000, "seed families kept per replicate")] = 5_000
    cohorts: Annotated[int, Whole(1, 1000, "groups of clumps of like size in a conglomerate")] = 12


class Scenario(Part):
    """A self-seeding experiment: host, clones, sites, what is done, what is measured.

    Every number is in the unit of its field: days, cells, or the unit of the table of parameters.
    Make one with `read`, `from_dict` or ``Scenario.from_dict``: these also check what no single field can show.
    """

    selfseed: Literal[1] = Field(description="version of this format")
    title: Sentence = ""
    description: Prose = ""
    references: tuple[Annotated[str, Doi()], ...] = ()
    host: Annotated[Literal["mouse", "human"], OneOf(("mouse", "human"), {})]
    clones: Mapping[Named, Clone] = Field(min_length=1, max_length=MOST_CLONES)
    clone_changes: tuple[CloneChange, ...] = Field(default=(), max_length=MOST_CLONES**2)
    sites: Mapping[Named, Site] = Field(min_length=1, max_length=MOST_SITES)
    drugs: Mapping[Named, Drug] = Field(
        default_factory=dict, max_length=MOST_DRUGS, description="drugs besides those that come with selfseed"
    )
    procedures: tuple[Procedure, ...] = Field(default=(), max_length=MOST_PROCEDURES)
    parameters: Settings = Field(default_factory=dict, description="values that replace those of the table")
    arms: Mapping[Named, Arm] = Field(
        default_factory=lambda: {"control": Arm()},
        min_length=1,
        max_length=MOST_ARMS,
        description="the groups; all are compared with the first",
    )
    switch_off: tuple[Annotated[str, OneOf(tuple(SWITCHES), {})], ...] = Field(
        default=(), description="copies of the first arm in which one mechanism is off"
    )
    uncertain: Annotated[Mapping[str, tuple[float, ...]], TableValues(many=True)] = Field(
        default_factory=dict, description="values to show the outcome for, where the literature leaves them open"
    )
    measurements: tuple[Measurement, ...] = Field(min_length=1, max_length=200)
    duration: Annotated[float, Number("day", 0.01, LONGEST_DAYS, "time from the first procedure to the end")]
    replicates: Annotated[int, Whole(1, 1_000_000, "animals or patients in each arm")]
    seed: Annotated[int, Whole(0, 2**63 - 1, "seed of the random numbers")] | None = None
    numerics: Numerics = Numerics()

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "Scenario":
        """Return the scenario that a mapping describes, with the keys of the YAML form.

        Raises
        ------
        ScenarioError
            With every problem, each at its dotted path.
        """
        from selfseed.scenario.read import from_dict

        return from_dict(document)

    def at(self, name: str, value: float | str) -> "Scenario":
        """Return a copy in which the parameter ``name`` has ``value``, wherever no arm or clone sets its own.

        Raises
        ------
        ScenarioError
            When the table has no such parameter or does not allow the value.
        """
        document = self.model_dump(by_alias=True, exclude_unset=True)
        return self.from_dict(document | {"parameters": {**self.parameters, name: value}})
