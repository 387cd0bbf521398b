"""The JSON Schema of a scenario, for editors that complete and check while one types."""

from copy import deepcopy
from functools import lru_cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from selfseed.scenario.model import Scenario


class _Untitled(GenerateJsonSchema):
    """Leave out titles that only repeat the key."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario; numbers with units are a number or a text."""
    return deepcopy(_schema())


@lru_cache(maxsize=1)
def _schema() -> dict[str, Any]:
    schema = Scenario.model_json_schema(by_alias=True, schema_generator=_Untitled)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {"title": "selfseed scenario"}
