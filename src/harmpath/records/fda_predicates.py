"""Which 510(k) named which as its predicate (edges extracted from FDA documents by 510k.fyi)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harmpath.records.fda_common import Quarantine, Row, delimited

__all__ = ["PREDICATE_COLUMNS", "is_predicates", "read_predicates"]

SOURCE = "fda-510k-predicates"
PREDICATE_COLUMNS = ("submission", "predicate")
_NUMBER = re.compile(r"(?:K|DEN|P|BK)\d{6}$")


def is_predicates(header: frozenset[str]) -> bool:
    """Whether a file with these column names holds predicate edges."""
    return header == {"device", "predicate"}


def read_predicates(path: Path, quarantine: Quarantine) -> Iterator[tuple[int, Row]]:
    """Every edge; an edge from a submission to itself is set aside."""
    for line, cell in delimited(path, quarantine):
        device, predicate = cell["device"].strip().upper(), cell["predicate"].strip().upper()
        if not _NUMBER.match(device) or not _NUMBER.match(predicate):
            quarantine.add(line, "submission-number", f"{device},{predicate}", whole_record=True)
        elif device == predicate:
            quarantine.add(line, "own-predicate", device, whole_record=True)
        else:
            yield line, {"submission": device, "predicate": predicate}
