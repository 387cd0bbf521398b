"""Step 3. Circulation: a shed cell passes lungs and organs until a bed arrests it or it dies."""

from selfseed.processes.parameter import Parameter, Process

HAMZA = ("Hamza et al. 2021", "10.1038/s41467-021-25917-5")

PROCESS = Process(
    step=3,
    name="circulation",
    effect="A circulating cell dies in the blood or is arrested in a bed; its fate is an absorbing Markov chain.",
    equations=("circulation.arrest_probabilities", "circulation.standing_cells", "law.tumour_flow"),
    parameters=(
        Parameter("circulation.death_rate", "1/h", 12.0, 20.0, 0.0, 1e4,
                  "death of circulating cells in the blood, arrest not counted",
                  "mouse: half-lives of 40-260 s, Hamza et al. 2021; human: 82 s from Coumans et al. 2013",
                  "10.1038/s41467-021-25917-5", "derived",
                  alternatives=((0.4, "human half-life 1-2.4 h, Meng et al. 2004"),)),
        Parameter("circulation.lung_transit_share", "1", 0.2, 0.2, 0.0, 1.0,
                  "share of the circulation time spent on the way through the lungs", "no measurement found", "",
                  "assumed"),
        Parameter("circulation.arrest_lung", "1", 0.05, 0.1, 0.0, 1.0,
                  "chance of arrest in one passage of the lungs", *HAMZA, "derived",
                  alternatives=((0.98, "injected cultured cells, Cameron et al. 2000"),
                                (0.9999, "the filter of Scott et al. 2013"),
                                (0.001, "few enough for half-lives of hours, Meng et al. 2004"))),
        Parameter("circulation.arrest_organ", "1", 0.03, 0.05, 0.0, 1.0,
                  "chance of arrest in one passage of any other organ",
                  "low enough for half-lives of 40-260 s; no measurement found", "", "assumed",
                  alternatives=((0.24, "Peeters et al. 2011, central against peripheral vein"),
                                (0.001, "few enough for half-lives of hours, Meng et al. 2004"))),
        Parameter("circulation.arrest_liver_portal", "1", 0.05, 0.1, 0.0, 1.0,
                  "chance of arrest in one passage of the liver from the portal vein",
                  "as in the lungs; no measurement found", "", "assumed",
                  alternatives=((0.001, "few enough for half-lives of hours, Meng et al. 2004"),)),
        Parameter("circulation.tumour_flow", "1", 6.8e-3, 5.4e-6, 0.0, 0.5,
                  "share of the cardiac output that perfuses a tumour of 100 mm^3",
                  "mouse: mammary tumour 72j; human: 0.3 ml/min/g", "", "quoted"),
        Parameter("circulation.tumour_flow_exponent", "1", 0.7, 1.0, 0.0, 1.5,
                  "tumour flow goes with volume to this power", "flow per gram falls with size in mice", "",
                  "derived"),
    ),
)  # fmt: skip
