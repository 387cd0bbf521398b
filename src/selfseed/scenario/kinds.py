"""The kinds of value that a scenario holds: numbers with units, names, words of the vocabulary, table entries.

Each is a marker for ``Annotated``: it reads what a user wrote, says what is allowed, and describes itself to editors.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from selfseed.base.errors import nearest
from selfseed.base.units import number_text, to_number, unit_text, with_unit
from selfseed.processes import GROWTH_LAWS, PARAMETERS, Parameter

_NAME = re.compile(r"\w(?:[\w .+-]{0,58}[\w.+-])?")
_DOI = re.compile(r"10\.\d{4,9}/\S{1,200}")


class _Kind(ABC):
    """Read, write and describe one kind of value: ``describe`` for editors, as JSON Schema."""

    @abstractmethod
    def read(self, value: object) -> object: ...

    def write(self, value: Any) -> object:
        return value

    @abstractmethod
    def describe(self) -> dict[str, Any]: ...

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        writing = core_schema.plain_serializer_function_ser_schema(self.write, when_used="json")
        return core_schema.no_info_plain_validator_function(self.read, serialization=writing)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.describe()


@dataclass(frozen=True)
class Number(_Kind):
    """A number in ``unit`` between ``low`` and ``high``, both allowed; a text may carry another unit."""

    unit: str
    low: float
    high: float
    meaning: str = ""

    def read(self, value: object) -> float:
        number = to_number(value, self.unit)
        if number < self.low:
            raise ValueError(f"must be >= {self._limit(self.low)}")
        if number > self.high:
            raise ValueError(f"must be <= {self._limit(self.high)}")
        return number

    def write(self, value: float) -> object:
        return _plain(value) if self.unit == "1" else with_unit(value, self.unit)

    def describe(self) -> dict[str, Any]:
        span = f"{number_text(self.low)} to {number_text(self.high)} {unit_text(self.unit)}".rstrip()
        description = f"{self.meaning} [{span}]".strip()
        usual = 1e6 if self.unit == "cells" else 1.0
        example = with_unit(min(max(usual, self.low), self.high), self.unit)
        return {"type": ["number", "string"], "description": description, "examples": [example]}

    def _limit(self, limit: float) -> str:
        return "0" if limit == 0 else with_unit(limit, self.unit)


@dataclass(frozen=True)
class Whole(_Kind):
    """A whole number between ``low`` and ``high``, both allowed."""

    low: int
    high: int
    meaning: str = ""

    def read(self, value: object) -> int:
        number: float = value if isinstance(value, int) and not isinstance(value, bool) else to_number(value, "1")
        if not self.low <= number <= self.high:
            bound, limit = (">=", self.low) if number < self.low else ("<=", self.high)
            raise ValueError(f"must be {bound} {limit}")
        if number != int(number):
            raise ValueError("must be a whole number")
        return int(number)

    def describe(self) -> dict[str, Any]:
        limits = {"minimum": self.low, "maximum": self.high}
        return {"type": "integer", **limits, "description": self.meaning, "examples": [max(1, self.low)]}


@dataclass(frozen=True)
class OneOf(_Kind):
    """One word of a fixed vocabulary; ``aliases`` maps other spellings, in capitals, to the word."""

    words: tuple[str, ...]
    aliases: Mapping[str, str]

    def read(self, value: object) -> str:
        word = value if isinstance(value, str) else ""
        if word in self.words:
            return word
        alias = self.aliases.get(word.upper()) or next((known for known in self.words if known == word.upper()), None)
        if alias:
            return alias
        close = nearest(word, (*self.words, *self.aliases))
        advice = f"did you mean '{close}'? " if close else ""
        raise ValueError(f"unknown; {advice}allowed: {', '.join(self.words)}")

    def describe(self) -> dict[str, Any]:
        return {"type": "string", "enum": [*self.words, *self.aliases]}


class Name(_Kind):
    """The name of a clone, site or arm: it stands in tables, figures and file names."""

    def read(self, value: object) -> str:
        whole_number = isinstance(value, int) and not isinstance(value, bool)
        if not (whole_number or isinstance(value, str)):
            raise ValueError("must be a name")
        if not _NAME.fullmatch(str(value)):
            raise ValueError("must be a name: 1 to 60 letters, digits, spaces and . + - _")
        return str(value)

    def describe(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{_NAME.pattern}$"}


class Label(Name):
    """The label that a clone carries, or "none"."""

    def read(self, value: object) -> str | None:  # type: ignore[override]
        is_none = value is None or (isinstance(value, str) and value.casefold() == "none")
        return None if is_none else super().read(value)

    def write(self, value: str | None) -> str:
        return value or "none"


class Doi(_Kind):
    """A digital object identifier."""

    def read(self, value: object) -> str:
        text = value.removeprefix("https://doi.org/").removeprefix("doi:").strip() if isinstance(value, str) else ""
        if not _DOI.fullmatch(text):
            raise ValueError("must be a DOI, like 10.1016/j.cell.2009.11.025")
        return text

    def describe(self) -> dict[str, Any]:
        return {"type": "string", "description": "a DOI", "examples": ["10.1016/j.cell.2009.11.025"]}


class OrOne:
    """Let a single word or number stand for a list of one."""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        several = handler(schema)
        return {"anyOf": [several["items"], several]}

    @staticmethod
    def read(value: object) -> object:
        return [value] if isinstance(value, str | int | float) else value


@dataclass(frozen=True)
class TableValues:
    """Values of entries of the one table of parameters whose name starts with ``prefix``, by the rest of the name.

    With ``many``, each entry takes a list of values.
    """

    prefix: str = ""
    many: bool = False

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def entry(parameter: Parameter) -> core_schema.TypedDictField:
            one = Annotated[float, number_of(parameter)]
            return core_schema.typed_dict_field(
                handler.generate_schema(tuple[one, ...] if self.many else one), required=False
            )

        fields = {
            name.removeprefix(self.prefix): entry(parameter)
            for name, parameter in PARAMETERS.items()
            if name.startswith(self.prefix) and (not self.prefix or parameter.scope == "clone")
        }
        if self.prefix == "growth.":
            law = handler.generate_schema(Annotated[str, OneOf(GROWTH_LAWS, {})])
            fields["law"] = core_schema.typed_dict_field(law, required=False)
        return core_schema.typed_dict_schema(fields, extra_behavior="forbid")


def number_of(parameter: Parameter) -> Number:
    """Return the kind of number that ``parameter`` is."""
    return Number(parameter.unit, parameter.low, parameter.high, parameter.meaning)


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) and abs(value) < 1e15 else value
