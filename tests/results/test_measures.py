"""A site is seeded when enough labelled cells are there that came by blood."""

from dataclasses import replace

import numpy as np
import pytest
from tests.synthetic_run import synthetic_scenario

from selfseed.results import measures

DONOR, RECIPIENT = 0, 1


def with_end(run, name, site, value):
    """Return a run in which ``name`` is ``value`` at the end, in the first arm and first mouse."""
    values = run.arrays[name].values.copy()
    values[0, 0, -1, site] = value
    return replace(run, arrays=run.arrays.assign({name: (run.arrays[name].dims, values)}))


def recipient_with(run, parental, labelled, came_by_blood):
    run = with_end(run, "cells", RECIPIENT, [parental, labelled, 0.0])
    run = with_end(run, "label_share", RECIPIENT, labelled / max(parental + labelled, 1.0))
    return with_end(run, "seeded_cells", RECIPIENT, came_by_blood)


@pytest.mark.parametrize(
    "parental, labelled, came_by_blood, expected",
    [
        (1e7, 1000.0, 1000.0, True),
        (1e7, 999.0, 999.0, False),
        (1e7, 5000.0, 0.0, False),  # a clone change within the tumour gave the label
        (1e7, 0.0, 5000.0, False),  # what came carries no label
        (0.0, 0.0, 0.0, False),
    ],
)
def test_seeded_means_labelled_and_come_by_blood_and_seen(run, parental, labelled, came_by_blood, expected):
    assert measures.is_seeded(recipient_with(run, parental, labelled, came_by_blood), "recipient")[0, 0] == expected


def test_labelled_cells_that_were_implanted_are_no_seeds(run):
    assert not measures.is_seeded(with_end(run, "seeded_cells", DONOR, 999.0), "donor")[0, 0]
    assert measures.is_seeded(with_end(run, "seeded_cells", DONOR, 1000.0), "donor")[0, 0]


def test_a_site_without_cells_has_no_label_share_and_no_logarithm(run):
    empty = with_end(recipient_with(run, 0.0, 0.0, 0.0), "volume", RECIPIENT, 0.0)
    assert np.isnan(measures.label_share(empty, "recipient")[0, 0])
    assert np.isnan(measures.log_volume(empty, "recipient")[0, 0])
    assert np.isfinite(measures.log_volume(run, "recipient")).all()


def test_measured_sites_come_in_the_order_of_the_body_with_their_day_and_limit(run):
    readings = measures.readings(run)
    assert list(readings) == ["donor", "recipient", "control"]
    assert readings["recipient"] == measures.Reading("recipient", "GFP", 60.0, 1000.0)


def test_without_a_label_whatever_came_by_blood_counts(run):
    document = synthetic_scenario(arms=3).model_dump(by_alias=True, exclude_unset=True)
    document["measurements"] = [{"ctc": ["vein"], "at": 30.0}]
    unlabelled = replace(run, scenario=run.scenario.from_dict(document))
    assert len(measures.readings(unlabelled)) == 7
    assert measures.readings(unlabelled)["lung"].label is None
    assert np.isnan(measures.label_share(unlabelled, "lung")).all()
    limit = measures.readings(unlabelled)["recipient"].detection_limit
    expected = run.arrays.seeded_cells.values[:, :, -1, RECIPIENT] >= limit
    assert (measures.is_seeded(unlabelled, "recipient") == expected).all()


def test_seeds_are_counted_over_all_routes(run):
    assert (measures.seeds(run, "donor") == run.arrays.seeds_by_route.sel(site="donor").sum("route").values).all()
