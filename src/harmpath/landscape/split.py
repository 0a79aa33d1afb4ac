"""Which labelled recalls may be learnt from, and which are only for reporting; fixed before anything was trained.

The hand-labelled list that is at hand is one half of the published one: exactly the recall numbers whose SHA-256 is
even (all 597 are). For a recall number of that half, being absent from the list therefore *means* something: the study
did not count it as computer-related, or counted another number of the same event. For a number of the other half it
means nothing, so those are never used as negatives.

The half at hand is divided once more, by event, so that two numbers of one event never fall on different sides.
"""

from __future__ import annotations

import hashlib
from typing import Literal

__all__ = ["Part", "label_is_known", "part_of"]

Part = Literal["development", "report"]

_SALT = "harmpath landscape report part 1:"


def _digest(text: str) -> int:
    return int(hashlib.sha256(text.encode("utf-8")).hexdigest(), 16)


def label_is_known(recall_number: str) -> bool:
    """Whether the labelled half says anything about this recall number (``Z-0005-2007``)."""
    return _digest(recall_number.strip()) % 2 == 0


def part_of(event_id: str, recall_number: str) -> Part:
    """The part a recall belongs to: one event in three is held back for reporting.

    ``event_id`` is FDA's recall event id; when it is not known (empty), the recall number stands in for it.
    """
    key = event_id.strip().removesuffix(".0") or recall_number.strip()
    return "report" if _digest(_SALT + key) % 3 == 0 else "development"
