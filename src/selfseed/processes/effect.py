"""Step 8. Effect: the CXCL1 of the seeds feeds stroma, vessels and growth of the whole deposit."""

from selfseed.processes.parameter import Parameter, Process

KIM = ("Kim et al. 2009: the effect is published, its size is not", "10.1016/j.cell.2009.11.025")

PROCESS = Process(
    step=8,
    name="effect",
    effect="The stroma of a deposit follows the mean CXCL1 of its cells with a lag and raises its capacity.",
    equations=("law.stroma_target",),
    parameters=(
        Parameter("effect.capacity_gain", "1", 0.8, 0.8, 0.0, 3.0,
                  "capacity goes with stroma to this power", *KIM, "assumed"),
        Parameter("effect.rate_gain", "1", 0.0, 0.0, 0.0, 3.0,
                  "growth rate goes with stroma to this power", *KIM, "assumed"),
        Parameter("effect.lag", "day", 4.0, 30.0, 0.01, 1e4,
                  "time in which the stroma follows", "no measurement found", "", "assumed"),
        Parameter("effect.native_weight", "1", 0.0, 0.0, 0.0, 1.0,
                  "how far the CXCL1 of cells that never left counts; 0: the growth curve measured on them "
                  "holds it already; 1: every cell counts alike", *KIM, "assumed"),
    ),
)  # fmt: skip
