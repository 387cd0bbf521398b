"""`selfseed explain --why RUN` tells what each mechanism did, in tables or as JSON."""

import json

from tests.validation.kim import CONTROL, kim

from selfseed.engine import simulate


def test_the_command_tells_tables_or_json(ask_here, tmp_path):
    simulate(kim(CONTROL), seed=5, replicates=4).save(tmp_path / "run")
    told = ask_here("explain", "--why", "run", "--quiet")
    assert told.returncode == 0 and told.stderr == ""
    assert "crowding relief × niche" in told.stdout and "95 %" in told.stdout
    plain = json.loads(ask_here("explain", "--why", "run", "--json", "--quiet").stdout)
    assert plain["arm"] == CONTROL and plain["same_bits"] is True
    assert len({part["part"] for part in plain["parts"]}) == 24


def test_explain_wants_a_scenario_or_a_run(ask_here):
    assert ask_here("explain").returncode == 2
    assert ask_here("explain", "kim2009-two-gland", "--why", ".").returncode == 2
