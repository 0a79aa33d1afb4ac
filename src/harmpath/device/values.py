"""Small values that a device file writes as text: ids, intervals, rates, lists of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from pydantic_core import core_schema

__all__ = ["Element", "Id", "Ids", "Interval", "Rate", "Strict", "Text", "Version"]

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.\-]{0,63}$")]
"""Starts with a letter; letters, digits, ``_ . -``; at most 64 characters. Safe in HTML, CSV, file names and URLs."""

Text = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
"""Prose for people. Escaped wherever it is printed."""

Version = Annotated[
    str,
    StringConstraints(max_length=120, strip_whitespace=True),
    WithJsonSchema({"type": ["string", "number"], "maxLength": 120}),
]
"""A version as written; editors may see ``4.2`` as a number, harmpath keeps the text."""


def _as_list(value: Any) -> Any:
    """A single id stands for a list of one."""
    return [value] if isinstance(value, str) else value


Ids = Annotated[
    tuple[Id, ...],
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""A list of ids; one id may be written without the brackets."""


class Strict(BaseModel):
    """Base of everything read from a file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Element(Strict):
    """Something with an id that other parts of the model and the results refer to."""

    id: Id
    name: Text = ""

    @property
    def label(self) -> str:
        """The name for people, or the id where there is none."""
        return self.name or self.id


_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_INTERVAL = re.compile(rf"^\s*([\[(\]])\s*({_NUMBER}|-?inf|MIN)\s*[,;]\s*({_NUMBER}|\+?inf|MAX)\s*([\])\[])\s*$")
_SECONDS = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Interval:
    """A range of numbers such as ``[54, 70)``; ``MIN``/``-inf`` and ``MAX``/``inf`` leave an end open."""

    low: float
    high: float
    low_closed: bool = True
    high_closed: bool = True

    @classmethod
    def parse(cls, value: Any) -> Interval:
        """Read ``[a, b)`` text or a two-item list; ValueError says what is expected."""
        if isinstance(value, cls):
            return value
        if isinstance(value, (list, tuple)) and len(value) == 2:
            value = f"[{value[0]}, {value[1]}]"
        found = _INTERVAL.match(value) if isinstance(value, str) else None
        if not found:
            raise ValueError("expected an interval such as [40, 400] or '[54, 70)'")
        opening, low_text, high_text, closing = found.groups()
        low = float("-inf") if low_text in ("MIN", "-inf") else float(low_text)
        high = float("inf") if high_text in ("MAX", "inf", "+inf") else float(high_text)
        if low > high:
            raise ValueError(f"the lower end {low_text} is above the upper end {high_text}")
        if low == high and (opening != "[" or closing != "]"):
            raise ValueError("the interval holds no number; close both ends")
        return cls(low, high, opening == "[", closing == "]")

    def __contains__(self, number: float) -> bool:
        above = number >= self.low if self.low_closed else number > self.low
        below = number <= self.high if self.high_closed else number < self.high
        return above and below

    def overlaps(self, other: Interval) -> bool:
        """True when some number lies in both."""
        low, low_open = max((i.low, not i.low_closed) for i in (self, other))
        high, high_closed = min((i.high, i.high_closed) for i in (self, other))
        return low < high or (low == high and high_closed and not low_open)

    def __str__(self) -> str:
        low = "-inf" if self.low == float("-inf") else f"{self.low:g}"
        high = "inf" if self.high == float("inf") else f"{self.high:g}"
        return f"{'[' if self.low_closed else '('}{low}, {high}{']' if self.high_closed else ')'}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        pair = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
        return {"anyOf": [{"type": "string", "examples": ["[54, 70)"]}, pair]}


@dataclass(frozen=True, slots=True)
class Rate:
    """An amount per time such as ``4 mg/dL/min``, ``1 / 5 min``; kept per second."""

    per_second: float
    text: str

    @classmethod
    def parse(cls, value: Any) -> Rate:
        """Read ``amount [unit] / [n] s|min|h|d``; ValueError says what is expected."""
        if isinstance(value, cls):
            return value
        text = str(value)
        amount, slash, rest = text.rpartition("/")
        found = re.match(r"^\s*(\d+(?:\.\d+)?)?\s*(s|sec|min|h|d)\s*$", rest) if slash else None
        number = re.match(rf"^\s*({_NUMBER})", amount)
        if not found or not number:
            raise ValueError("expected an amount per time such as '1 / 5 min' or '4 mg/dL / min'")
        seconds = float(found[1] or 1) * _SECONDS[found[2]]
        if seconds <= 0:
            raise ValueError("the time of a rate must be above zero")
        return cls(float(number[1]) / seconds, text.strip())

    @property
    def period_seconds(self) -> float | None:
        """Seconds between two events, when the rate counts events."""
        return 1 / self.per_second if self.per_second > 0 else None

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string", "examples": ["1 / 5 min", "4 mg/dL / min"]}
