"""What every part of a scenario has in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of a scenario: it never changes and knows all of its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)
