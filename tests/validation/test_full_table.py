"""Where the table of families is full, many seeds join others at once: as many, with the same spread, as one by one."""

import numpy as np
from tests.validation.arms import animals, arm, exponential, final_cells, implant, z_of_difference

from selfseed.kernels.delivery import TOGETHER

ANIMALS = 100
LARGE, SMALL = 30_000, 100
QUANTITIES = ("donor", "other", "lung", "asleep", "home again", "through the lung", "across", "in the lung", "spread")


def two_tumours(*, home=0.5, clusters=0.2, size=4.0):
    """Return two tumours that return much, without crowding, whose seeds in the lung sleep half of the time."""
    return arm(
        {"tumour": exponential(0.2, 0.05), "rival": exponential(0.1)},
        4.0,
        sites={"donor": "mammary_gland", "other": "mammary_gland", "lung": "lung"},
        procedures=[implant("tumour", 5e4), implant("rival", 3e4, "other"), implant("tumour", 2e4, "lung")],
        parameters={
            "shedding.rate": 0.05,
            "shedding.cluster_share": clusters,
            "shedding.cluster_size": size,
            "circulation.tumour_flow": 0.2,
            "circulation.tumour_flow_exponent": 0.0,
            "attraction.baseline": 5.0,
            "infiltration.crossing_rate": 1e3,
            "establishment.home": home,
            "establishment.lung": 0.2,
            "establishment.dormant_share": 0.5,
            "establishment.waking_rate": 0.0,
            "establishment.new_clump_share": 0.5,
        },
    )


def measure(outcomes):
    """Return what is counted in each animal, by name."""
    routes = np.array([outcome.routes.sum(axis=0) for outcome in outcomes])
    return {
        "donor": final_cells(outcomes, 0),
        "other": final_cells(outcomes, 1),
        "lung": final_cells(outcomes, 2),
        "asleep": np.array([outcome.record.dormant[-1, 2] for outcome in outcomes]),
        **dict(zip(("home again", "through the lung", "across", "in the lung"), routes.T, strict=True)),
        "spread": np.array([outcome.record.seeded[-1].sum() for outcome in outcomes]),
    }


def compare(clusters, names):
    """Return what is counted one by one, after it was found to be as what is counted where seeds join at once."""
    apart = animals(two_tumours(clusters=clusters), ANIMALS, seed=1, max_families=LARGE)
    assert not any(outcome.pooled for outcome in apart)
    joined = animals(two_tumours(clusters=clusters), ANIMALS, seed=2, max_families=SMALL)
    assert min(outcome.pooled for outcome in joined) > 20 * TOGETHER
    one_by_one, together = measure(apart), measure(joined)
    for name in names:
        assert abs(z_of_difference(one_by_one[name], together[name])) < 4.0, name
        squares = [(values[name] - values[name].mean()) ** 2 for values in (one_by_one, together)]
        assert abs(z_of_difference(*squares)) < 4.0, name
    return one_by_one


def test_many_single_seeds_at_once_are_as_seeds_one_by_one():
    one_by_one = compare(0.0, QUANTITIES)
    more = measure(animals(two_tumours(home=0.55, clusters=0.0), ANIMALS, seed=3, max_families=SMALL))
    for name in ("home again", "through the lung", "across", "spread"):
        assert z_of_difference(more[name], one_by_one[name]) > 5.0, name


def test_many_clusters_at_once_are_as_clusters_one_by_one():
    """Not what small families shed: one of a single cell has no clusters, and in a full table there is none."""
    one_by_one = compare(0.2, ("donor", "other", "asleep", "home again", "across", "in the lung"))
    larger = measure(animals(two_tumours(clusters=0.2, size=4.4), ANIMALS, seed=3, max_families=SMALL))
    assert z_of_difference(larger["asleep"], one_by_one["asleep"]) > 5.0


def test_the_seeds_of_a_full_table_are_counted_once():
    for outcome in animals(two_tumours(), 5, max_families=SMALL):
        assert outcome.flow[:, :, 2].sum() == outcome.routes.sum()
        assert outcome.families["cells"].sum() == outcome.record.cells[-1].sum() + outcome.record.dormant[-1].sum()
