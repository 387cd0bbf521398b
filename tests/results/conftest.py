"""One invented run for all tests of this room."""

import pytest
from tests.synthetic_run import synthetic_run


@pytest.fixture(scope="session")
def run():
    return synthetic_run(arms=3, replicates=5)
