"""What was published as an ordering comes out on the presets of the catalogue, each with its negative control."""

import pytest
from verification.claim import AGREES, DIFFERS, SHOWN
from verification.experiments import CLAIMS

SEED = 2009
QUICK = {
    "experiment 4", "experiment 7", "injected cells", "experiment 14d", "experiment 19a", "experiment 20", "one way",
}  # fmt: skip
KNOWN_TO_DIFFER = {"experiment 5b", "experiment 8b", "experiment 19b", "experiment 21b", "count at 2.7 mm"}
BY_NAME = {claim.identifier: claim for claim in CLAIMS}


def by_cost(claim):
    return pytest.param(claim, id=claim.identifier, marks=() if claim.identifier in QUICK else pytest.mark.slow)


@pytest.mark.parametrize("claim", [by_cost(claim) for claim in CLAIMS if claim.identifier not in KNOWN_TO_DIFFER])
def test_a_published_finding_comes_out_and_its_control_is_noticed(claim):
    measured = claim.measure(SEED)
    assert measured.verdict in (AGREES, SHOWN), measured.text
    assert measured.control_holds, measured.control


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(KNOWN_TO_DIFFER))
def test_what_differs_from_the_publication_is_said_with_its_reason(name):
    measured = BY_NAME[name].measure(SEED)
    assert measured.verdict == DIFFERS
    assert measured.why and measured.control_holds


def test_what_is_only_recalled_is_never_asserted():
    assert all(claim.measure(SEED).verdict == SHOWN for claim in CLAIMS if claim.grade == "memory")
