"""The manifest says where a run came from, in the shape of tskit's provenance schema 1.0.0."""

import hashlib
import json
import resource
from datetime import UTC, datetime

import jsonschema
import pytest

from selfseed import __version__
from selfseed.results import build_manifest, hash_files

TEXT = {"type": "string", "minLength": 1}
TSKIT = {
    "type": "object",
    "required": ["schema_version", "software", "parameters", "environment"],
    "properties": {
        "schema_version": {"const": "1.0.0"},
        "software": {"type": "object", "required": ["name", "version"], "properties": {"name": TEXT, "version": TEXT}},
        "parameters": {"type": "object"},
        "environment": {
            "type": "object",
            "properties": {"os": {"type": "object"}, "libraries": {"type": "object"}},
        },
        "resources": {
            "type": "object",
            "additionalProperties": {"type": "number"},
            "required": ["elapsed_time", "user_time", "sys_time", "max_memory"],
        },
    },
}
"""The constraints of the schema; resources, optional there, are promised here."""


@pytest.fixture
def manifest(run, tmp_path):
    (tmp_path / "mice.tsv").write_text("volume\n")
    return build_manifest(
        run.scenario, run.arrays, run.tables, seed=7, replicates=5, engine="stochastic",
        started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), elapsed_s=1.25,
        usage_before=resource.getrusage(resource.RUSAGE_SELF), notes=("a note",),
        inputs=hash_files([tmp_path / "mice.tsv"]),
    )  # fmt: skip


def test_it_fits_the_schema_and_is_json(manifest):
    jsonschema.validate(json.loads(json.dumps(manifest, allow_nan=False)), TSKIT)


def test_a_manifest_without_its_software_would_be_noticed(manifest):
    del manifest["software"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(manifest, TSKIT)


def test_it_tells_what_is_needed_to_run_again(manifest):
    assert manifest["software"]["version"] == __version__
    assert {"seed": 7, "replicates": 5, "engine": "stochastic"}.items() <= manifest["parameters"].items()
    assert manifest["environment"]["libraries"]["numpy"]["version"][0].isdigit()
    assert manifest["notes"] == ["a note"]


def test_it_tells_what_the_run_cost(manifest):
    assert manifest["resources"]["elapsed_time"] == 1.25
    assert 0 <= manifest["resources"]["user_time"] < 60
    assert 1e7 < manifest["resources"]["max_memory"] < 1e11
    assert manifest["started"] == "2026-01-02T03:04:05Z" < manifest["ended"]


def test_question_answer_and_input_are_hashed(run, manifest):
    assert manifest["arrays_sha256"] == run.sha256
    assert manifest["inputs"] == [{"name": "mice.tsv", "sha256": hashlib.sha256(b"volume\n").hexdigest()}]
    assert len(manifest["scenario_sha256"]) == 64


def test_another_question_would_be_noticed(run, manifest):
    other = build_manifest(
        run.scenario.at("establishment.home", 0.5), run.arrays, run.tables, seed=7, replicates=5,
        engine="stochastic", started=datetime.now(UTC), elapsed_s=1.0,
    )  # fmt: skip
    assert other["scenario_sha256"] != manifest["scenario_sha256"]
