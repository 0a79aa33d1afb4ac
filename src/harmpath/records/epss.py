"""FIRST's EPSS scores: the official daily CSV (comment line, header, commas) and files without a header.

Format: https://www.first.org/epss/data_stats. Each line is a CVE id, the score and its percentile, separated by
commas or semicolons.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from harmpath.records.model import Epss, is_cve_id
from harmpath.records.taking import Parsed

__all__ = ["SOURCE", "parse_scores"]

SOURCE = "epss"
_SCORE_DATE = re.compile(rb"score_date:(\d{4}-\d{2}-\d{2})")


def parse_scores(data: bytes, as_of: str) -> Parsed:
    """The scores; ``as_of`` (from the file's name) counts only where the file does not state its date."""
    stated = _SCORE_DATE.search(data[:512])
    parsed = Parsed(SOURCE, stated[1].decode() if stated else as_of)
    parsed.epss = _rows(data, parsed.as_of, parsed.skipped)
    return parsed


def _rows(data: bytes, as_of: str, skipped: Counter[str]) -> Iterator[tuple[str, Epss]]:
    for line in data.decode("utf-8-sig", "replace").splitlines():
        if not line or line[0] == "#" or line.lower().startswith("cve,epss"):
            continue
        parts = line.replace(";", ",").split(",")
        if len(parts) != 3 or not is_cve_id(parts[0]):
            skipped["not a line of CVE, score, percentile"] += 1
            continue
        try:
            score, percentile = float(parts[1]), float(parts[2])
        except ValueError:
            skipped["score is not a number"] += 1
            continue
        if 0 <= score <= 1 and 0 <= percentile <= 1:
            yield parts[0], Epss(score, percentile, as_of)
        else:
            skipped["score outside 0 to 1"] += 1
