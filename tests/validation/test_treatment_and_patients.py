"""What treatment and virtual patients are claimed to do comes out, and a number a tenth wrong is noticed."""

import pytest
from verification import of_patients, of_treatment
from verification.claim import AGREES, DIFFERS

SEED = 2009
KNOWN_TO_DIFFER = {"GBSG2 by size", "experiment 16"}
PATIENTS = {claim.identifier: claim for claim in of_patients.CLAIMS}
QUICK = {"V35"}
HELD_ELSEWHERE = {"radiation", "chemotherapy"}
"""By test_treatment, which is quicker."""


def by_cost(claim):
    return pytest.param(
        claim, id=claim.identifier, marks=pytest.mark.slow if claim.identifier in HELD_ELSEWHERE else ()
    )


@pytest.mark.parametrize("claim", [by_cost(claim) for claim in of_treatment.CLAIMS])
def test_a_treatment_does_what_its_formula_says_and_an_error_would_be_noticed(claim):
    measured = claim.measure(SEED)
    assert measured.verdict == AGREES, measured.text
    assert measured.control_holds, measured.control


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in PATIENTS]
)
def test_virtual_patients_are_as_published_or_it_is_said_why_not(name):
    measured = PATIENTS[name].measure(SEED)
    assert measured.verdict == (DIFFERS if name in KNOWN_TO_DIFFER else AGREES), measured.text
    assert measured.why or name in QUICK
    assert measured.control_holds, measured.control
