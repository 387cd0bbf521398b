"""Step 9. Treatment: genes, surgery, radiation, drugs, filters, killer cells; and what measuring adds."""

from selfseed.processes.parameter import Parameter, Process

PROCESS = Process(
    step=9,
    name="treatment and measurement",
    effect="A gene is silenced or raised in a clone, cells are implanted or injected, a tumour is cut out or "
    "irradiated; drugs take ligands, receptors, enzymes or growth away by their concentration, filters take cells.",
    equations=(
        "law.share_left", "law.joint_share", "law.chemotherapy_death", "law.surviving_share", "law.killing_rate",
    ),
    parameters=(
        Parameter("treatment.knock_down", "1", 0.15, 0.15, 0.0, 1.0,
                  "expression that a knock-down leaves, where an arm states none", "usual shRNA efficiency 80-90 %",
                  "", "assumed"),
        Parameter("treatment.residual", "1", 0.0, 0.0, 0.0, 1.0,
                  "share of cells that surgery leaves, where a resection states none", "complete excision", "",
                  "assumed"),
        Parameter("treatment.sensitivity", "1", 1.0, 1.0, 0.0, 100.0,
                  "fold of the kill by chemotherapy; 0 for a resistant clone", "1 by definition", "", "assumed",
                  "clone"),
        Parameter("treatment.alpha", "1/Gy", 0.3, 0.08, 0.0, 5.0,
                  "radiation: logarithm of the cells killed per dose, the part that goes with the dose",
                  "human: Qi et al. 2011, breast; mouse: usual for cell lines", "", "memory",
                  "clone", alternatives=((0.3, "breast cancer cell lines"),)),
        Parameter("treatment.alpha_beta", "Gy", 4.0, 4.0, 0.1, 100.0,
                  "radiation: dose at which the part that goes with its square is as large",
                  "START trials, breast, 3.5-4.6 Gy", "", "memory", "clone",
                  alternatives=((2.9, "Qi et al. 2011"), (10.0, "most carcinomas"))),
        Parameter("treatment.kills", "1/day", 0.0, 0.0, 0.0, 1e4,
                  "cells of other clones that one cell of an engineered killer clone kills a day at most",
                  "Reinshagen et al. 2018: such cells kill; the rate is not stated", "10.1126/scitranslmed.aao3240",
                  "assumed", "clone"),
        Parameter("measurement.volume_error", "1", 0.164, 0.1, 0.0, 2.0,
                  "standard deviation of the logarithm of a measured volume", "residual of the refit of 66 "
                  "LM2-4LUC+ tumours, Vaghi et al. 2020", "10.1371/journal.pcbi.1007178", "derived"),
        Parameter("measurement.detection_limit", "1", 1e4, 1e6, 1.0, 1e12,
                  "fewest labelled cells that are seen in a tumour", "order of ex vivo bioluminescence", "",
                  "assumed"),
    ),
)  # fmt: skip
