"""Write a scenario as YAML with all defaults spelled out; reading it back gives the same computation."""

from typing import Any

import yaml

from selfseed.base.units import with_unit
from selfseed.processes import PARAMETERS
from selfseed.scenario.document import Loader
from selfseed.scenario.kinds import number_of
from selfseed.scenario.model import Scenario
from selfseed.scenario.resolve import ResolvedMeasurement, label_of, resolve_measurements, table_values


def to_yaml(scenario: Scenario) -> str:
    """Return the resolved scenario as YAML: every entry of the table of parameters, every default, units.

    Notes
    -----
    ``resolve(read(to_yaml(scenario))) == resolve(scenario)``.
    """
    document = scenario.model_dump(mode="json", by_alias=True, exclude_none=True)
    document["parameters"] = {
        name: number_of(PARAMETERS[name]).write(value) for name, value in table_values(scenario).items()
    }
    for name, clone in document["clones"].items():
        document["clones"][name] = {"label": "none"} | clone | {"label": label_of(scenario, name) or "none"}
    document["measurements"] = [
        _times_last(entry, resolved)
        for entry, resolved in zip(document["measurements"], resolve_measurements(scenario), strict=True)
    ]
    return yaml.dump(_tidy(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _times_last(entry: dict[str, Any], resolved: ResolvedMeasurement) -> dict[str, Any]:
    times = {key: entry.pop(key) for key in ("at", "every") if key in entry}
    if resolved.detection_limit is not None:
        entry["detection_limit"] = with_unit(resolved.detection_limit, "cells")
    return entry | times


class _Dumper(yaml.SafeDumper):
    """Quote exactly what the reader would take for something else than text."""

    yaml_implicit_resolvers = Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: object) -> bool:
        """Write repeated values out."""
        return True


def _tidy(value: Any) -> Any:
    """Leave out empty lists, mappings and texts, which are the defaults."""
    if isinstance(value, dict):
        return {key: _tidy(entry) for key, entry in value.items() if entry not in ([], {}, "")}
    if isinstance(value, list):
        return [_tidy(entry) for entry in value]
    return value
