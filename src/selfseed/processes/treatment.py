"""Step 9. Interventions: knock-down, over-expression, injection, surgery; and what measuring adds."""

from selfseed.processes.parameter import Parameter, Process

PROCESS = Process(
    step=9,
    name="treatment and measurement",
    effect="A gene is silenced or raised in a clone, cells are implanted or injected, a tumour is cut out.",
    parameters=(
        Parameter("treatment.knock_down", "1", 0.15, 0.15, 0.0, 1.0,
                  "expression that a knock-down leaves, where an arm states none", "usual shRNA efficiency 80-90 %",
                  "", "assumed"),
        Parameter("treatment.residual", "1", 0.0, 0.0, 0.0, 1.0,
                  "share of cells that surgery leaves, where a resection states none", "complete excision", "",
                  "assumed"),
        Parameter("measurement.volume_error", "1", 0.164, 0.1, 0.0, 2.0,
                  "standard deviation of the logarithm of a measured volume", "residual of the refit of 66 "
                  "LM2-4LUC+ tumours, Vaghi et al. 2020", "10.1371/journal.pcbi.1007178", "derived"),
        Parameter("measurement.detection_limit", "1", 1e4, 1e6, 1.0, 1e12,
                  "fewest labelled cells that are seen in a tumour", "order of ex vivo bioluminescence", "",
                  "assumed"),
    ),
)  # fmt: skip
