"""The law, step by step: each process with its parameters; one table for engines, explanations and docs."""

from selfseed.processes import (
    attraction,
    change,
    circulation,
    effect,
    establishment,
    growth,
    host,
    infiltration,
    shedding,
    treatment,
)
from selfseed.processes.parameter import Parameter, Process
from selfseed.processes.words import (
    DRUG_ROUTES,
    DRUG_TARGETS,
    FILTERS,
    GENE_ALIASES,
    GENES,
    GROWTH_LAWS,
    ORGANS,
    ROUTES,
    SEED_ROUTES,
)

__all__ = [
    "DRUG_ROUTES",
    "DRUG_TARGETS",
    "FILTERS",
    "GENES",
    "GENE_ALIASES",
    "GROWTH_LAWS",
    "ORGANS",
    "PARAMETERS",
    "PROCESSES",
    "ROUTES",
    "SEED_ROUTES",
    "Parameter",
    "Process",
]

PROCESSES = (
    host.PROCESS,
    growth.PROCESS,
    shedding.PROCESS,
    circulation.PROCESS,
    attraction.PROCESS,
    infiltration.PROCESS,
    establishment.PROCESS,
    change.PROCESS,
    effect.PROCESS,
    treatment.PROCESS,
)
PARAMETERS = {parameter.name: parameter for process in PROCESSES for parameter in process.parameters}
