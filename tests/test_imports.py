"""What is loaded when: the front doors answer at once because they load nothing heavy."""

import subprocess
import sys

import pytest

import selfseed

HEAVY = ("numpy", "numba", "pandas", "pydantic", "matplotlib", "scipy", "xarray", "zarr", "pint", "yaml", "jinja2")

LOADED_BY_HELP = """
import sys
from selfseed.doors import cli
sys.argv = ["selfseed", "--help"]
try:
    cli.main()
except SystemExit as end:
    assert end.code == 0
"""


def heavy_modules_after(code: str) -> str:
    tell = f"\nimport sys; print('loaded:', *[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code + tell], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_importing_selfseed_loads_nothing_heavy():
    assert heavy_modules_after("import selfseed") == "loaded:"


def test_help_loads_nothing_heavy():
    assert heavy_modules_after(LOADED_BY_HELP) == "loaded:"


def test_a_heavy_module_would_be_noticed():
    assert heavy_modules_after("import numpy") == "loaded: numpy"


def test_the_front_door_offers_what_it_names():
    assert set(selfseed.__all__) <= set(dir(selfseed))
    for name in selfseed.__all__:
        assert getattr(selfseed, name) is not None


def test_the_room_of_virtual_patients_offers_what_it_names_and_reads_without_an_engine():
    from selfseed import cohort

    assert set(cohort.__all__) == set(dir(cohort))
    for name in cohort.__all__:
        assert getattr(cohort, name).__module__.startswith("selfseed.") if name[0].islower() else True
        assert getattr(cohort, name) is not None
    loaded = heavy_modules_after("import selfseed; selfseed.cohort.read('breast-cohort')").split()
    assert not {"numba", "pandas", "matplotlib", "zarr"} & set(loaded)


def test_an_unknown_name_of_the_room_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'selfseed.cohort' has no attribute 'run_cohorts'"):
        _ = selfseed.cohort.run_cohorts


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'selfseed' has no attribute 'simulat'"):
        _ = selfseed.simulat
