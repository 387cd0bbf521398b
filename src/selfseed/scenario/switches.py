"""The switches: each turns off one way in which self-seeding can speed growth or happen at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Switch:
    """Say how a counterfactual copy of the control arm differs from it.

    Attributes
    ----------
    meaning : str
        What no longer happens.
    parameters : mapping of str to float
        The values that turn it off, in the units of the table of parameters.
    equal_growth : bool
        Whether cells that come into an implanted tumour grow like those that were implanted there.
    closed_routes : tuple of str
        The routes of ``selfseed.processes.SEED_ROUTES`` by which no cell takes root.
    """

    meaning: str
    parameters: Mapping[str, float] = field(default_factory=dict)
    equal_growth: bool = False
    closed_routes: tuple[str, ...] = ()


SWITCHES: Mapping[str, Switch] = {
    "return": Switch("no circulating cell takes root in a tumour", {"establishment.home": 0.0}),
    "crowding_relief": Switch("seeds join the mass, none founds a clump", {"establishment.new_clump_share": 0.0}),
    "selection": Switch("cells that come into a tumour grow like those it was made of", equal_growth=True),
    "niche": Switch(
        "stroma raises neither capacity nor growth rate", {"effect.capacity_gain": 0.0, "effect.rate_gain": 0.0}
    ),
    "attraction": Switch(
        "tumours attract no cells by IL-6 or IL-8", {"attraction.il6_gain": 0.0, "attraction.il8_gain": 0.0}
    ),
    "primary_route": Switch("no cell comes straight back into the tumour that shed it", closed_routes=("primary",)),
    "secondary_route": Switch(
        "no cell comes home from a tumour elsewhere, such as a metastasis", closed_routes=("secondary",)
    ),
    "cross_route": Switch("no cell of one tumour takes root in another", closed_routes=("cross",)),
}
