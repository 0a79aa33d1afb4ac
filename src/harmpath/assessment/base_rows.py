"""What every part of an assessment is made of: rows, their evidence, and what was not assessed."""

from __future__ import annotations

import msgspec

__all__ = [
    "EvidenceRow",
    "NotAssessedRow",
    "Row",
]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every row."""


class EvidenceRow(Row, frozen=True, omit_defaults=True):
    """One piece of evidence; ``kind`` says which of the optional fields are set (see :mod:`harmpath.evidence`)."""

    kind: str
    id: str = ""
    source: str = ""
    as_of: str = ""
    note: str = ""
    text: str = ""
    page: int | None = None
    start: int | None = None
    end: int | None = None
    value: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    n: int | None = None
    seed: int | None = None


class NotAssessedRow(Row, frozen=True):
    """Something that was not looked at, with the reason."""

    subject: str
    reason: str
    remedy: str
    reading: str
    """Which reading left it out: stpa, vulnerabilities, attack-paths, ..."""
