"""Step 7. Change of clone: a division may yield a daughter of another clone."""

from selfseed.processes.parameter import Parameter, Process

PROCESS = Process(
    step=7,
    name="change of clone",
    effect="At a division one daughter changes to another clone with a small probability.",
    parameters=(
        Parameter("change.rate", "1", 1e-7, 1e-7, 0.0, 0.5,
                  "chance per division, for a clone change that states none", "order of Haeno et al. 2012",
                  "10.1016/j.cell.2011.11.060", "memory"),
    ),
)  # fmt: skip
