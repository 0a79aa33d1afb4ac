"""assessment.json: the published values, and their JSON Schema."""

from __future__ import annotations

import json

import msgspec

from harmpath.assessment.model import Assessment
from harmpath.assessment.schemas import assessment_schema

__all__ = ["assessment_json", "schema_json"]


def assessment_json(assessment: Assessment) -> bytes:
    """The file's bytes: UTF-8, keys sorted, compact, a newline at the end."""
    return msgspec.json.encode(assessment, order="sorted") + b"\n"


def schema_json() -> bytes:
    """The schema as a file: UTF-8, keys sorted, a newline at the end."""
    return (json.dumps(assessment_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8")
