"""assessment.json: the published values, and their JSON Schema."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from harmpath.assessment.model import Assessment

__all__ = ["assessment_json", "assessment_schema", "schema_json"]


def assessment_json(assessment: Assessment) -> bytes:
    """The file's bytes: UTF-8, keys sorted, indented, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(assessment, order="sorted"), indent=1) + b"\n"


def assessment_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of assessment.json, made from the classes that define it."""
    schema = msgspec.json.schema(Assessment)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "harmpath assessment",
        "description": "What harmpath says about one device: the content of assessment.json.",
        **schema,
    }


def schema_json() -> bytes:
    """The schema as a file: UTF-8, keys sorted, a newline at the end."""
    return (json.dumps(assessment_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")
