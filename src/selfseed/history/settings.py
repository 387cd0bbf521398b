"""What virtual patients are made by, and patients as different as patients may be."""

from dataclasses import dataclass

import numpy as np

from selfseed.base.errors import Problem, ScenarioError, nearest

KINDS = ("mS", "S", "M", "R", "free")
"""What may seed what, in the order of the kernel's numbers; see ``Settings.kind``."""

RANGES: dict[str, tuple[float, float]] = {
    "detectable_sites": (1, 30),
    "capacity": (100, 1e8),
    "capacity_spread": (0, 3),
    "advantage": (0, 1),
    "mutation_rate": (0, 1),
    "driver_rate": (0, 1e-2),
    "migration_rate": (0, 1),
    "wave_mean": (0, 100),
    "new_site": (0, 1),
    "return_weight": (0, 1000),
    "room": (0, 1),
    "tracked_below": (10, 1e5),
    "most_generations": (10, 100_000),
    "samples_of_primary": (1, 20),
    "samples_of_metastasis": (1, 20),
    "concentration": (1e-3, 1e6),
    "smallest_observable": (1e-3, 0.5),
    "smallest_share": (0, 0.5),
    "coverage": (1, 1e6),
    "purity": (0.01, 1),
    "error_rate": (0, 0.5),
    "overdispersion": (0, 0.99),
}


@dataclass(frozen=True)
class Settings:
    """Hold what virtual patients are made by; the defaults are those of El-Kebir et al. 2018 where they have one.

    Parameters
    ----------
    kind : {"mS", "S", "M", "R", "free"}
        Which sites a wave may enter. mS: a new one, by one cell. S: a new one or one this site seeded before. M: any
        that closes no cycle. R: any, those that close a cycle five times as likely. free: any, see ``return_weight``.
        Except for free, patients are drawn anew until the true migration graph is of the kind: monoclonal for mS,
        polyclonal for S, M and R.
    detectable_sites : int, 1 to 30
        Growth ends when more sites than these are detectable.
    capacity : float, 100 to 1e8 [cells]
        The capacity of a site for cells with one driver mutation.
    capacity_spread : float, 0 to 3
        The standard deviation of the logarithm of the capacity between sites.
    advantage : float, 0 to 1
        The advantage of each driver mutation in an empty site.
    mutation_rate : float, 0 to 1 [1/division]
        New passenger mutations.
    driver_rate : float, 0 to 1e-2 [1/division]
        New driver mutations, for each driver present and one more.
    migration_rate : float, 0 to 1 [1/generation]
        Waves that leave, for each cell and each of its drivers.
    wave_mean : float, 0 to 100 [cells]
        Cells of a wave beyond the first, in the mean.
    new_site : float, 0 to 1
        The chance that a wave enters a new site.
    return_weight : float, 0 to 1000
        For free: how much likelier than others a site is from which the wave's cells may have come.
    room : float, 0 to 1
        The chance that a cell that entered a site grows in room of its own, not in that of cells with its drivers.
    tracked_below : float, 10 to 1e5 [cells]
        New mutations are followed in groups smaller than this: in larger ones they stay too rare to be seen there.
    most_generations : int, 10 to 100000 [generation]
    counts_as_back : bool
        Whether, of cells that came back into a site where their clone still lives without a mutation that tells the two
        apart, all count as come back, as in El-Kebir et al. 2018, or as stayed.
    samples_of_primary, samples_of_metastasis : int, 1 to 20
    concentration : float, 1e-3 to 1e6
        How closely a sample's shares of clones follow those of the site: their law is Dirichlet with this sum.
    smallest_observable : float, 1e-3 to 0.5
        Mutations and clones rarer than this in all sites are not seen at all.
    smallest_share : float, 0 to 0.5
        Clones rarer than this in a sample are absent from it.
    coverage : float, 1 to 1e6 [reads]
    purity : float, 0.01 to 1
    error_rate : float, 0 to 0.5
    overdispersion : float, 0 to 0.99
        See ``history.sequencing.sequence``.

    Raises
    ------
    ScenarioError
        If a value is out of its range.

    References
    ----------
    El-Kebir, Satas and Raphael (2018), https://doi.org/10.1038/s41588-018-0106-z
    """

    kind: str = "free"
    detectable_sites: int = 7
    capacity: float = 5e4
    capacity_spread: float = 0.0
    advantage: float = 0.1
    mutation_rate: float = 0.1
    driver_rate: float = 1e-7
    migration_rate: float = 1e-6
    wave_mean: float = 1.0
    new_site: float = 0.5
    return_weight: float = 1.0
    room: float = 0.0
    tracked_below: float = 500.0
    most_generations: int = 2000
    counts_as_back: bool = True
    samples_of_primary: int = 2
    samples_of_metastasis: int = 1
    concentration: float = 3.0
    smallest_observable: float = 0.05
    smallest_share: float = 0.1
    coverage: float = 200.0
    purity: float = 1.0
    error_rate: float = 0.0
    overdispersion: float = 0.0

    def __post_init__(self) -> None:
        problems = []
        if self.kind not in KINDS:
            close = nearest(self.kind, KINDS)
            hint = f"; did you mean {close!r}?" if close else ""
            problems.append(Problem("kind", f"= {self.kind!r}", f"must be one of {', '.join(KINDS)}{hint}"))
        for name, (least, most) in RANGES.items():
            if not least <= getattr(self, name) <= most:
                problems.append(Problem(name, f"= {getattr(self, name)}", f"must be {least:g} to {most:g}"))
        if problems:
            raise ScenarioError("the settings of virtual patients", problems)


def draw_settings(rng: np.random.Generator, kind: str | None = None) -> Settings:
    """Return settings drawn from broad laws: patients as different as patients may be.

    Parameters
    ----------
    rng : numpy.random.Generator
    kind : str, optional
        The kind of seeding; drawn unless told.
    """
    drawn = str(rng.choice(KINDS)) if kind is None else kind
    free = drawn == "free"
    capacity = _between(rng, 5e3, 1e5)
    return Settings(
        kind=drawn,
        detectable_sites=int(rng.integers(3, 11)),
        capacity=capacity,
        capacity_spread=float(rng.uniform(0, 0.7)) if free else 0.0,
        mutation_rate=_between(rng, 0.01, 1.0),
        driver_rate=_between(rng, 0.2, 5.0) * 5e-3 / capacity,
        migration_rate=_between(rng, 0.02, 0.1) / capacity,
        wave_mean=float(rng.uniform(0, 2)),
        new_site=float(rng.uniform(0.3, 0.8)),
        return_weight=_between(rng, 0.2, 5.0),
        room=float(rng.uniform(0, 0.3)) if free and rng.random() < 0.5 else 0.0,
        counts_as_back=bool(rng.random() < 0.5),
        samples_of_primary=int(rng.integers(1, 4)),
        samples_of_metastasis=int(rng.integers(1, 4)),
        smallest_share=float(rng.uniform(0.02, 0.1)),
        coverage=_between(rng, 50, 500),
        purity=float(rng.uniform(0.5, 1)),
        error_rate=float(rng.uniform(0, 0.002)),
    )


def _between(rng: np.random.Generator, least: float, most: float) -> float:
    """Return a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(least), np.log(most))))
