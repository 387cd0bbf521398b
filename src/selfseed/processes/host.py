"""The body in which everything happens: blood, its flow through the organs, cytokines of the host."""

from selfseed.processes.parameter import Parameter, Process

BROWN = ("Brown et al. 1997", "10.1177/074823379701300401")


RECALLED = ("recalled from physiology; verify", "")


def _flow(organ: str, mouse: float, human: float, source: tuple[str, str] = BROWN) -> Parameter:
    return Parameter(
        f"flow.{organ}", "1", mouse, human, 0.0, 0.6,
        f"share of the cardiac output that perfuses the {organ.replace('_', ' ')}", *source,
        "quoted" if source is BROWN else "memory",
    )  # fmt: skip


PROCESS = Process(
    step=0,
    name="host",
    effect="The heart drives the blood through the lungs and then through all organs side by side.",
    parameters=(
        Parameter("host.blood_volume", "ml", 2.0, 5000.0, 0.1, 1e4, "volume of the circulating blood",
                  *BROWN, "quoted"),
        Parameter("host.cytokine_volume", "ml", 5.0, 14000.0, 0.05, 1e5,
                  "volume in which secreted cytokines dilute: extracellular water", "a fifth of body weight", "",
                  "derived", alternatives=((1.0, "mouse plasma alone"),)),
        Parameter("host.cardiac_output", "ml/min", 7.2, 5600.0, 0.5, 2e4, "blood that passes the lungs per minute",
                  "mouse: a fit of the literature; human: the usual value", "", "quoted",
                  alternatives=((14.0, "mouse, Brown et al. 1997"),)),
        Parameter("host.plasma_il6", "pg/ml", 0.0, 6.6, 0.0, 1e5,
                  "IL-6 of the host in plasma that acts on tumour cells; mouse IL-6 is inert on human cells",
                  "Salgado et al. 2003", "10.1002/ijc.10833", "quoted",
                  alternatives=((1.5, "healthy women"), (25.3, "metastatic breast cancer"))),
        Parameter("host.plasma_il8", "pg/ml", 0.0, 9.0, 0.0, 1e5,
                  "IL-8 of the host in plasma; mice have no IL-8 gene",
                  "30 patients and 10 controls, Egypt J Immunol 2006", "", "quoted",
                  alternatives=((3.9, "healthy women"),)),
        _flow("mammary_gland", 0.01, 0.01, RECALLED),
        _flow("liver", 0.02, 0.046),
        _flow("gut", 0.141, 0.181),
        _flow("bone", 0.11, 0.045, RECALLED),
        _flow("brain", 0.033, 0.114, RECALLED),
        _flow("kidney", 0.091, 0.175),
        _flow("muscle", 0.16, 0.17, RECALLED),
        _flow("skin", 0.058, 0.058),
    ),
)  # fmt: skip
