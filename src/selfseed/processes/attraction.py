"""Step 4. Attraction: the tumour's IL-6 and IL-8 make passing cells stop (the recipient's doing)."""

from selfseed.processes.parameter import Parameter, Process

KIM = ("Kim et al. 2009: the effect is published, its size is not", "10.1016/j.cell.2009.11.025")

VILALTA = (
    "Vilalta et al. 2014: irradiated tumours attract, and less without GM-CSF; size and time are not stated",
    "10.1016/j.celrep.2014.06.011",
)

PROCESS = Process(
    step=4,
    name="attraction",
    effect="What a passing cell senses is the contrast of receptor occupancy between tumour and plasma; "
    "responsive cells stop more often.",
    equations=("law.arrest_hazard", "law.occupancy", "law.tumour_concentration"),
    parameters=(
        Parameter("attraction.baseline", "1", 0.02, 0.02, 0.0, 10.0,
                  "hazard of arrest per passage of a tumour bed without attraction", *KIM, "assumed"),
        Parameter("attraction.il6_gain", "1", 6.0, 6.0, 0.0, 1e4,
                  "fold by which full IL-6 contrast raises the hazard", *KIM, "assumed"),
        Parameter("attraction.il8_gain", "1", 6.0, 6.0, 0.0, 1e4,
                  "fold by which full IL-8 contrast raises the hazard", *KIM, "assumed"),
        Parameter("attraction.synergy", "1", 1.0, 1.0, 0.0, 1.0,
                  "0: IL-6 and IL-8 act in sum (either suffices); 1: in product (both are needed)",
                  "Jayatilaka et al. 2017", "10.1038/ncomms15584", "memory",
                  alternatives=((0.0, "no gain from double block, Alraouji et al. 2021"),)),
        Parameter("attraction.il6_secretion", "ng/day", 1.0, 1.0, 0.0, 1e4,
                  "IL-6 secreted by 10^6 cells of expression 1", "range for MDA-MB-231 in culture 0.3-3", "",
                  "memory"),
        Parameter("attraction.il8_secretion", "ng/day", 5.0, 5.0, 0.0, 1e4,
                  "IL-8 secreted by 10^6 cells of expression 1", "range for MDA-MB-231 in culture 1-10", "",
                  "memory"),
        Parameter("attraction.tissue_loss", "1/s", 3e-4, 3e-4, 1e-6, 1.0,
                  "loss of cytokine from tumour tissue into blood and by uptake", "decay length 245-775 um", "",
                  "derived", alternatives=((1e-4, "slow end"), (1e-3, "fast end"))),
        Parameter("attraction.il6_kd", "nM", 0.03, 0.03, 1e-4, 1e3,
                  "IL-6 at which half of the receptor complexes are occupied", "high-affinity complex 10-50 pM", "",
                  "memory", alternatives=((5.5, "soluble receptor alone"),)),
        Parameter("attraction.il8_kd", "nM", 2.0, 2.0, 1e-4, 1e3,
                  "IL-8 at which half of CXCR1/CXCR2 are occupied", "CXCR1 and CXCR2 1-4 nM", "", "memory"),
        Parameter("attraction.il6_half_life", "h", 0.38, 0.38, 1e-3, 1e3,
                  "half-life of IL-6 in plasma", "rat, intravenous", "", "quoted",
                  alternatives=((15.5, "endogenous, with ongoing production"),)),
        Parameter("attraction.il8_half_life", "h", 0.25, 0.25, 1e-3, 1e3,
                  "half-life of IL-8 in plasma", "10-30 min", "", "memory"),
        Parameter("attraction.responsiveness", "1", 1.0, 1.0, 0.0, 100.0,
                  "how strongly a clone answers the contrast; aggressive clones answer more", *KIM, "assumed",
                  "clone"),
        Parameter("attraction.irradiated_gain", "1", 3.0, 3.0, 0.0, 1e4,
                  "fold by which GM-CSF of a tumour just irradiated raises the hazard", *VILALTA, "assumed"),
        Parameter("attraction.irradiated_half_life", "day", 7.0, 7.0, 0.01, 1e3,
                  "time in which what an irradiated tumour attracts with falls to half", *VILALTA, "assumed"),
    ),
)  # fmt: skip
