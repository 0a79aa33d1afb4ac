"""NVD-shaped CPE configurations that others publish for CVEs which NVD has not analysed.

Format: https://github.com/anchore/nvd-data-overrides (CC0): one file per CVE, an ``_annotation`` that says why, and
the ``configurations`` of API 2.0.
"""

from __future__ import annotations

import msgspec

from harmpath.records.model import Statement, is_cve_id
from harmpath.records.nvd import Configuration2, configurations_of
from harmpath.records.taking import MAX_TEXT, Parsed, RecordError, day

__all__ = ["SOURCE", "parse_override"]

SOURCE = "nvd-overrides"


class _Annotation(msgspec.Struct):
    cve_id: str
    description: str = ""
    modified: str = ""
    published: str = ""
    reason: str = ""
    references: list[str] = []


class _Cve(msgspec.Struct):
    configurations: list[Configuration2] = []


class _Override(msgspec.Struct, rename={"annotation": "_annotation"}):
    annotation: _Annotation
    cve: _Cve


_decoder = msgspec.json.Decoder(_Override)


def parse_override(data: bytes) -> Parsed:
    """One override document. Raises msgspec.DecodeError when it is damaged."""
    override = _decoder.decode(data)
    parsed = Parsed(SOURCE, day(override.annotation.modified))
    try:
        parsed.statements = iter((_statement(override),))
    except RecordError as error:
        parsed.skipped[str(error)] += 1
    return parsed


def _statement(override: _Override) -> Statement:
    annotation = override.annotation
    if not is_cve_id(annotation.cve_id):
        raise RecordError("not a CVE id")
    return Statement(
        id=annotation.cve_id,
        source=SOURCE,
        modified=annotation.modified,
        published=annotation.published,
        description=annotation.description[:MAX_TEXT],
        configurations=configurations_of(override.cve.configurations),
        references=len(annotation.references),
        note=annotation.reason[:MAX_TEXT],
    )
