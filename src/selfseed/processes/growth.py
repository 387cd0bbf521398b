"""Step 1. Growth: cells divide and die; crowding slows division."""

from selfseed.processes.parameter import Parameter, Process

VAGHI = (
    "mouse: refit of 66 LM2-4LUC+ tumours of Vaghi et al. 2020; human: Norton 1988",
    "10.1371/journal.pcbi.1007178",
)

PROCESS = Process(
    step=1,
    name="growth",
    effect="Each cell divides and dies on its own; the more cells share a clump, the more rarely they divide.",
    equations=("law.growth_rate",),
    parameters=(
        Parameter("growth.initial_rate", "1/day", 0.558, 0.0312, 0.0, 5.0,
                  "net growth rate per cell in a tumour of 1 mm^3; the default is for Gompertz, set it for others",
                  *VAGHI, "derived", "clone",
                  alternatives=((0.257, "exponential law, the same tumours"), (0.351, "logistic law, the same"))),
        Parameter("growth.decay", "1/day", 0.0708, 0.00181, 1e-6, 5.0,
                  "Gompertz: loss of growth rate per e-fold in size", *VAGHI, "derived", "clone"),
        Parameter("growth.capacity", "mm^3", 1070.0, 3.1e7, 2.0, 1e9,
                  "logistic and von Bertalanffy: size at which growth ends", *VAGHI, "derived", "clone"),
        Parameter("growth.exponent", "1", 0.656, 0.5, 0.0, 0.999,
                  "power law and von Bertalanffy: growth goes with volume to this power",
                  "mouse: refit of 66 LM2-4LUC+ tumours of Vaghi et al. 2020; human: Hart et al. 1998", VAGHI[1],
                  "derived", "clone",
                  alternatives=((0.5, "Hart et al. 1998, breast screening"), (0.667, "surface growth"))),
        Parameter("growth.max_rate", "1/day", 0.837, 0.1, 0.0, 10.0,
                  "net growth rate per cell without any crowding; no clump grows faster",
                  "mouse: LM2-4LUC+ in culture, Vaghi et al. 2020; human: assumed", VAGHI[1], "quoted", "clone"),
        Parameter("growth.turnover", "1", 0.3, 0.8, 0.0, 0.99,
                  "deaths per division in an uncrowded clump", "no measurement found", "", "assumed", "clone"),
        Parameter("growth.visceral_pace", "1", 0.35, 1.0, 0.0, 10.0,
                  "pace of division and death in lung, liver, bone, brain and kidney, relative to the organs in "
                  "which growth curves were measured", "LM2 in mouse lung doubles in 3.3-4.3 days", "", "derived"),
        Parameter("growth.cell_density", "1/mm^3", 1e5, 1e5, 1e3, 1e7,
                  "tumour cells per volume of tumour", "Del Monte 2009", "10.4161/cc.8.3.7608", "read",
                  alternatives=((1e6, "the older rule of 10^9 per cm^3"),)),
        Parameter("growth.take", "1", 0.1, 0.1, 0.0, 1.0,
                  "share of implanted cells that survive the implantation", "no measurement found; 0.1 makes 10^6 "
                  "implanted cells start the 1 mm^3 at which measured growth curves begin", "", "assumed"),
        Parameter("growth.between_rate", "1", 0.195, 0.71, 0.0, 2.0,
                  "spread between animals: standard deviation of the logarithm of the initial rate",
                  *VAGHI, "derived"),
        Parameter("growth.between_decay", "1", 0.254, 0.71, 0.0, 2.0,
                  "spread between animals: standard deviation of the logarithm of the decay", *VAGHI, "derived"),
        Parameter("growth.between_correlation", "1", 0.948, 1.0, -1.0, 1.0,
                  "correlation of the two logarithms between animals", *VAGHI, "derived"),
    ),
)  # fmt: skip
