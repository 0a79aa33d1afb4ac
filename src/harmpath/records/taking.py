"""What the readers of the public sources share: a parsed document, and a record that could not be taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from harmpath.records.model import Epss, Kev, Statement

__all__ = ["DAMAGED_RECORD", "MAX_TEXT", "MAX_VERSION", "Parsed", "RecordError", "day"]

MAX_TEXT = 64 * 1024
"""Characters of a description that are kept; the longest that NVD publishes is under 5,000."""
MAX_VERSION = 512
"""Characters of a version, bound or CPE name; a record with a longer one is skipped."""


class RecordError(ValueError):
    """One record of a document cannot be used; ``str()`` is the reason for the report."""


DAMAGED_RECORD = (msgspec.MsgspecError, RecordError, RecursionError, UnicodeDecodeError)
"""What reading one record may raise; the record is skipped with the reason."""


@dataclass(slots=True)
class Parsed:
    """What one document holds. The iterators are consumed once; ``skipped`` fills while they run."""

    source: str
    as_of: str = ""
    """ISO date of the document itself; empty when it states none."""
    statements: Iterator[Statement] = field(default_factory=lambda: iter(()))
    kev: Iterator[tuple[str, Kev]] = field(default_factory=lambda: iter(()))
    epss: Iterator[tuple[str, Epss]] = field(default_factory=lambda: iter(()))
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason -> number of records that were not taken."""


def day(timestamp: str) -> str:
    """The ISO date at the head of a timestamp; empty when there is none."""
    head = timestamp[:10]
    return head if len(head) == 10 and head[4] == head[7] == "-" and head.replace("-", "").isdigit() else ""
