"""Every array has a name, a unit and a meaning, and the shape that its coordinates allow."""

import numpy as np
import pint
import pytest

from selfseed.results.words import COLUMNS, COORDINATES, VARIABLES, dataset, table

COORDS = {
    "arms": ["a", "without return"],
    "arm_kinds": ["arm", "switch"],
    "times_day": [0, 1, 2],
    "sites": ["donor", "lung"],
    "clones": ["LM2"],
    "labels": [],
    "engine": "stochastic",
}
SIZES = {"arm": 2, "replicate": 4, "time": 3, "site": 2, "clone": 1, "label": 0}
SIZES |= {"draw": 2, "source": 3, "route": 4, "stage": 3, "entry": 10}


def arrays():
    return {name: np.zeros([SIZES[dim] for dim in variable.dims]) for name, variable in VARIABLES.items()}


def test_every_variable_and_coordinate_says_its_unit_and_its_meaning():
    made = dataset(arrays(), **COORDS)
    assert set(made.data_vars) == set(VARIABLES)
    assert set(made.coords) == set(COORDINATES)
    for name in made.variables:
        assert made[name].attrs["long_name"]
    for name in made.data_vars:
        pint.Unit(made[name].attrs["units"])
        assert made[name].dtype == np.float64
    assert made.sizes == SIZES
    assert made.attrs["engine"] == "stochastic"


def test_all_wrong_arrays_are_named_at_once():
    wrong = arrays() | {"volume": np.zeros((2, 4, 3, 1)), "colour": np.zeros(3)}
    del wrong["flow"]
    with pytest.raises(ValueError) as told:
        dataset(wrong, **COORDS)
    assert str(told.value) == (
        "colour is missing or unknown; flow is missing or unknown; "
        "volume has shape (2, 4, 3, 1) instead of (2, 4, 3, 2)"
    )


def test_arms_without_a_kind_are_noticed():
    with pytest.raises(ValueError, match="arm_kind has 1 entries for 2 arms"):
        dataset(arrays(), **COORDS | {"arm_kinds": ["arm"]})


@pytest.mark.parametrize("name", COLUMNS)
def test_a_table_has_the_promised_columns_in_order_and_type(name):
    made = table(name, {column: [kind(1)] for column, kind in reversed(COLUMNS[name].items())})
    assert list(made.columns) == list(COLUMNS[name])
    assert [type(value) for value in made.astype(object).iloc[0]] == list(COLUMNS[name].values())


def test_a_missing_or_unknown_column_is_named():
    columns = {column: [] for column in COLUMNS["deposits"]}
    with pytest.raises(ValueError, match="columns of deposits: .*'colour'"):
        table("deposits", columns | {"colour": []})
    del columns["site"]
    with pytest.raises(ValueError, match="columns of deposits: .*'site'"):
        table("deposits", columns)
