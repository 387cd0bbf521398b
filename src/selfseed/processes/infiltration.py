"""Step 5. Infiltration: an arrested cell crosses the vessel wall or is lost (the cell's doing)."""

from selfseed.processes.parameter import Parameter, Process

KIM = ("Kim et al. 2009: the genes are published, the rates are not", "10.1016/j.cell.2009.11.025")

PROCESS = Process(
    step=5,
    name="infiltration",
    effect="An arrested cell crosses at a rate that MMP1 and fascin-1 raise, or is washed away and dies.",
    equations=("law.infiltration_probability",),
    parameters=(
        Parameter("infiltration.crossing_rate", "1/day", 0.1, 0.1, 0.0, 1e3,
                  "crossing of the vessel wall by a cell of expression 1", *KIM, "assumed"),
        Parameter("infiltration.loss_rate", "1/day", 1.0, 1.0, 1e-6, 1e3,
                  "loss of arrested cells that have not crossed",
                  "between >80 % survival (Koop et al. 1995) and 1 % at 24 h (Fidler 1970)", "", "derived",
                  alternatives=((4.6, "1 % alive at 24 h, Fidler 1970"),)),
        Parameter("infiltration.track_share", "1", 0.2, 0.2, 0.0, 1.0,
                  "share of preformed tracks, where no MMP1 is needed",
                  "tracks exist: Kraning-Rush et al. 2013, PMC3601578; their share is not known", "", "assumed"),
        Parameter("infiltration.mmp1_exponent", "1", 1.0, 1.0, 0.0, 4.0,
                  "crossing outside of tracks goes with MMP1 to this power", *KIM, "assumed"),
        Parameter("infiltration.fscn1_exponent", "1", 1.0, 1.0, 0.0, 4.0,
                  "crossing goes with fascin-1 to this power", *KIM, "assumed"),
    ),
)  # fmt: skip
