"""Tell by content, never by name, which public source a document is from, and hand it to that source's reader.

The only thing a file's name is asked for is a date (``_20260816`` or ``2026-08-16``), for the formats that do not
state when they were made.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from itertools import chain

import msgspec
import yaml

from harmpath.records import csaf, cve5, epss, kev, nvd, osv, overrides
from harmpath.records.model import Statement
from harmpath.records.taking import DAMAGED_RECORD, Parsed, RecordError

__all__ = ["DAMAGED", "date_in_name", "parse_as", "recognised"]

DAMAGED = (*DAMAGED_RECORD, yaml.YAMLError, csv.Error)
"""What a reader raises when the document as a whole cannot be used."""

_DATE = re.compile(r"(20\d\d)-?([01]\d)-?([0-3]\d)(?!\d)")
_EPSS = re.compile(rb"(?:\xef\xbb\xbf)?(?:#model_version|cve,epss,percentile|CVE-\d{4}-\d{4,8}[;,][01]?\.\d)", re.I)
_SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("wrapped", re.compile(rb'^\s*\{"cve": ?"CVE-[^}]*?"record": ?\{')),
    ("nvd-1.1", re.compile(rb'"CVE_data_type"\s*:\s*"CVE"\s*,\s*"CVE_data_format"|"CVE_Items"\s*:\s*\[')),
    ("nvd-2.0", re.compile(rb'"format"\s*:\s*"NVD_CVE"|"resultsPerPage"\s*:')),
    ("override", re.compile(rb'^\s*\{\s*"_annotation"\s*:')),
    ("cve5", re.compile(rb'"dataType"\s*:\s*"CVE_RECORD"')),
    ("kev", re.compile(rb'"catalogVersion"\s*:\s*"\d')),
    ("csaf", re.compile(rb'^\s*\{\s*"document"\s*:')),
    ("osv-json", re.compile(rb'^\s*\{(?=.*"id"\s*:)(?=.*"(?:modified|schema_version)"\s*:)(?=.*"affected"\s*:)', re.S)),
    ("osv-yaml", re.compile(rb"^id: [A-Z]+-[\w-]+\r?\n(?=.*^modified: )", re.S | re.M)),
    ("kev-csv", re.compile(rb'^(?:\xef\xbb\xbf)?"?cveID"?,"?vendorProject"?,')),
    ("kev-joined", re.compile(rb"^(?:\xef\xbb\xbf)?CVE,CVSS3,EPSS,EPSS Percentile,")),
    ("epss", _EPSS),
)


def recognised(head: bytes) -> str | None:
    """The format's short name, from the first few thousand bytes; None when it is no vulnerability record."""
    for name, sign in _SIGNS:
        found = sign.match(head) if name == "epss" else sign.search(head)
        if found:
            return name
    return None


def date_in_name(name: str) -> str:
    """The last date in a file's name as an ISO date; empty when there is none."""
    found = list(_DATE.finditer(name))
    return "-".join(found[-1].groups()) if found else ""


def parse_as(form: str, data: bytes, name: str) -> Parsed | None:
    """The document read as ``form``; None when it is of that format but not for harmpath. Raises :data:`DAMAGED`."""
    dated = date_in_name(name)
    readers: dict[str, Callable[[], Parsed | None]] = {
        "wrapped": lambda: _wrapped(data),
        "nvd-1.1": lambda: nvd.parse_feed(data),
        "nvd-2.0": lambda: nvd.parse_page(data),
        "override": lambda: overrides.parse_override(data),
        "cve5": lambda: cve5.parse_record(data),
        "kev": lambda: kev.parse_catalogue(data),
        "kev-csv": lambda: kev.parse_csv(data, dated),
        "kev-joined": lambda: kev.parse_joined_csv(data, dated),
        "csaf": lambda: csaf.parse_advisory(data),
        "osv-json": lambda: osv.parse_json(data),
        "osv-yaml": lambda: osv.parse_yaml(data),
        "epss": lambda: epss.parse_scores(data, dated),
    }
    return readers[form]()


class _Line(msgspec.Struct):
    src: str
    record: msgspec.Raw


def _wrapped(data: bytes) -> Parsed:
    """Lines of ``{"cve", "src", "record"}``: records of several sources, each as its source wrote it."""
    parsed = Parsed(nvd.SOURCE)
    parsed.statements = chain.from_iterable(_lines(data, parsed))
    return parsed


def _lines(data: bytes, parsed: Parsed) -> Iterator[Iterator[Statement]]:
    for line in data.splitlines():
        try:
            outer = msgspec.json.decode(line, type=_Line)
            inner = _record(outer)
        except DAMAGED as error:
            parsed.skipped[f"not the documented shape: {error}"] += 1
            continue
        yield inner.statements
        parsed.skipped.update(inner.skipped)


def _record(line: _Line) -> Parsed:
    record = bytes(line.record)
    match line.src:
        case "nvd-1.1":
            return nvd.parse_feed(b'{"CVE_Items":[' + record + b"]}")
        case "nvd-2.0":
            return nvd.parse_page(b'{"vulnerabilities":[{"cve":' + record + b"}]}")
        case "anchore-override":
            return overrides.parse_override(record)
        case "cve5-vulnrichment":
            return cve5.parse_record(record)
        case _:
            raise RecordError("unknown source of a wrapped record")
