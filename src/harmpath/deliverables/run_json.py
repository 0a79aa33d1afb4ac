"""run.json: what an assessment was made from, so that anyone can make it again.

No wall-clock time is in it: the same inputs give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from harmpath.assessment.model import Assessment

__all__ = ["RunInfo", "run_json"]


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What went in, beside the code."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every file read, by path inside the project."""
    seed: int = 0
    """Seed of every random choice."""
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Options of the command that change the result."""


def run_json(assessment: Assessment, run: RunInfo) -> bytes:
    """The file's bytes: UTF-8, keys sorted, a newline at the end."""
    value = {
        "schema": "harmpath-run-1",
        "harmpath": assessment.harmpath,
        "inputs": dict(run.inputs),
        "seed": run.seed,
        "options": dict(run.options),
        "data": {s.source: {"as_of": s.as_of, "records": s.records} for s in assessment.coverage.sources},
    }
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8")
