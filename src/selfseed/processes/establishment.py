"""Step 6. Establishment: in tumour soil seeds survive often, in organs rarely; they may sleep there."""

from selfseed.processes.parameter import Parameter, Process

KIM = ("Kim et al. 2009", "10.1016/j.cell.2009.11.025")
LUZZI = ("Luzzi et al. 1998", "10.1016/S0002-9440(10)65628-3")
COUMANS = ("mouse: assumed; human: order of 1 per 6 x 10^7 shed cells, Coumans et al. 2013", "10.1186/1471-2407-13-283")
BREAST = (
    "mouse: assumed; human: one seed per 6 x 10^7 shed cells of a breast cancer, Coumans et al. 2013, shared out as "
    "its metastases at diagnosis, 51:24:20:6 in bone, lung, liver and brain, Wu et al. 2017",
    "10.1186/1471-2407-13-283",
)


def _organ(organ: str, mouse: float, human: float, source: tuple[str, str] = COUMANS) -> Parameter:
    return Parameter(
        f"establishment.{organ}", "1", mouse, human, 0.0, 1.0,
        f"chance that a cell which crossed into {organ.replace('_', ' ')} survives there, at tropism 1",
        *source, "assumed",
    )  # fmt: skip


PROCESS = Process(
    step=6,
    name="establishment",
    effect="A cell that crossed into a tumour needs little adaptation; in an organ few survive, and some sleep.",
    equations=("law.cluster_establishment",),
    parameters=(
        Parameter("establishment.home", "1", 1.0e-4, 1.0e-4, 0.0, 1.0,
                  "chance that a cell which crossed into a tumour survives there",
                  "Kim et al. 2009: that it is high is published, its size is not", KIM[1], "assumed"),
        Parameter("establishment.mammary_gland", "1", 0.0, 0.0, 0.0, 1.0,
                  "chance that a cell which crossed into a tumour-free mammary gland survives: never seen",
                  *KIM, "memory"),
        _organ("lung", 2e-6, 1.0e-7, BREAST),
        _organ("liver", 5e-7, 6.2e-7, BREAST),
        _organ("gut", 1e-8, 1e-9),
        _organ("bone", 1e-6, 1.4e-5, BREAST),
        _organ("brain", 5e-7, 6.3e-7, BREAST),
        _organ("kidney", 1e-8, 1e-9),
        _organ("muscle", 1e-9, 1e-10),
        _organ("skin", 1e-8, 1e-9),
        Parameter("establishment.new_clump_share", "1", 0.5, 0.5, 0.0, 1.0,
                  "share of seeds in a tumour that found a clump of their own instead of joining the mass",
                  "Norton 2005", "10.1634/theoncologist.10-6-370", "assumed",
                  alternatives=((0.0, "one mass, one Gompertz curve"), (1.0, "every seed a clump, Norton 2005"))),
        Parameter("establishment.cluster_efficiency", "1", 30.0, 30.0, 1.0, 1e3,
                  "chances that a cluster has where a single cell has one", "Aceto et al. 2014",
                  "10.1016/j.cell.2014.07.013", "read", alternatives=((23.0, "low end"), (50.0, "high end"))),
        Parameter("establishment.dormant_share", "1", 0.3, 0.9, 0.0, 1.0,
                  "share of seeds in organs that sleep as single cells; none do in tumour soil",
                  "mouse: 36 % in the liver, Luzzi et al. 1998; human: assumed", LUZZI[1], "memory"),
        Parameter("establishment.waking_rate", "1/day", 2e-3, 1.6e-4, 0.0, 10.0,
                  "rate at which a sleeping cell starts to divide",
                  "human: escape half-life of at least 12 years, Willis et al. 2010, "
                  "Cancer Res 70:4310; mouse: assumed", "", "derived"),
    ),
)  # fmt: skip
