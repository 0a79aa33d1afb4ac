"""The JSON Schemas of what harmpath reads and writes, made from the classes that read and write it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["SCHEMAS", "assessment_schema"]


def assessment_schema() -> dict[str, Any]:
    """JSON Schema of ``assessment.json``."""
    import msgspec

    from harmpath.assessment.model import Assessment

    schema = msgspec.json.schema(Assessment)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "harmpath assessment, format 1",
        **schema,
    }


def _device() -> dict[str, Any]:
    from harmpath.device.schema import device_schema

    return device_schema()


def _decisions() -> dict[str, Any]:
    from harmpath.assessment.decisions import Decisions

    return Decisions.model_json_schema()


def _risk() -> dict[str, Any]:
    from harmpath.assessment.matrix import matrix_schema

    return matrix_schema()


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "assessment": assessment_schema,
    "decisions": _decisions,
    "device": _device,
    "risk": _risk,
}
"""Name to maker."""
