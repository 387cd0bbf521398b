"""Step 2. Shedding: tumours release single cells and clusters into the blood."""

from selfseed.processes.parameter import Parameter, Process

ACETO = ("Aceto et al. 2014", "10.1016/j.cell.2014.07.013")

PROCESS = Process(
    step=2,
    name="shedding",
    effect="A tumour releases single cells and, more rarely, clusters of kin into the blood that leaves it.",
    equations=("law.rhythm", "law.shedding_rate"),
    parameters=(
        Parameter("shedding.rate", "1/day", 1e-3, 2e-3, 0.0, 10.0,
                  "release events per cell in a tumour of the reference size",
                  "mouse: within the 10^3-10^6 cells per g and day of Hamza et al. 2021; human: 9 cells per litre at "
                  "2.7 mm, Coumans et al. 2013", "", "derived", "clone",
                  alternatives=((1e-5, "10^3 cells per g and day, Hamza et al. 2021"),
                                (3.2e-2, "3.2 x 10^6 cells per g and day, Butler & Gullino 1975"))),
        Parameter("shedding.size_exponent", "1", 1.0, 0.4, 0.0, 1.5,
                  "release goes with cells to this power: 1 per gram, 1/3 with diameter",
                  "mouse: per gram, Butler & Gullino 1975; human: with diameter, Coumans et al. 2013",
                  "10.1186/1471-2407-13-283", "derived",
                  alternatives=((0.333, "with diameter"), (0.667, "with surface"), (1.0, "per gram"))),
        Parameter("shedding.reference_cells", "1", 1e8, 1e8, 1.0, 1e14,
                  "tumour size at which the release rate is stated", "1 g at 10^5 cells per mm^3", "", "derived"),
        Parameter("shedding.most_fold", "1", 16.0, 4.0, 1.0, 1e6,
                  "most by which small size raises release per cell above the stated rate",
                  "mouse: 3.2 x 10^6 cells per g and day, the highest measured, Butler & Gullino 1975; human: with "
                  "more, tumours below 10^6 cells would lose cells faster than they grow", "", "derived",
                  alternatives=((16.0, "human: 9 cells per litre at 2.7 mm, Coumans et al. 2013"),)),
        Parameter("shedding.cluster_share", "1", 0.026, 0.026, 0.0, 1.0,
                  "share of release events that are clusters", *ACETO, "memory",
                  alternatives=((0.0, "plakoglobin silenced, Aceto et al. 2014"), (0.05, "high end, the same"))),
        Parameter("shedding.cluster_size", "1", 4.0, 4.0, 2.0, 100.0,
                  "mean cells of a cluster (2 and more, geometric)", *ACETO, "assumed"),
        Parameter("shedding.rhythm", "1", 0.0, 0.0, 0.0, 1.0,
                  "relative amplitude of the 24 h rhythm of release",
                  "off unless set; Diamantopoulou et al. 2022 found a rhythm", "10.1038/s41586-022-04875-y", "assumed",
                  alternatives=((0.57, "78 % of cells in the night draw"),)),
        Parameter("shedding.rhythm_peak", "h", 4.0, 4.0, 0.0, 24.0,
                  "hour of day at which release peaks; a scenario starts at 0 h", "Diamantopoulou et al. 2022",
                  "10.1038/s41586-022-04875-y", "quoted"),
    ),
)  # fmt: skip
