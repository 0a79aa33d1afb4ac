"""CISA's catalogue of known exploited vulnerabilities (KEV): the official JSON and CSV, and a CSV joined with EPSS.

Format: https://www.cisa.gov/known-exploited-vulnerabilities-catalog (JSON schema published there). The joined CSV
(``CVE,CVSS3,EPSS,EPSS Percentile,Description,Vendor,Product``) lists the same CVEs without CISA's dates.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from harmpath.records.model import Epss, Kev, is_cve_id
from harmpath.records.taking import DAMAGED_RECORD, Parsed, RecordError, day

__all__ = ["SOURCE", "parse_catalogue", "parse_csv", "parse_joined_csv"]

SOURCE = "cisa-kev"


class _Entry(msgspec.Struct):
    cveID: str
    vulnerabilityName: str = ""
    dateAdded: str = ""
    dueDate: str = ""
    knownRansomwareCampaignUse: str = ""


class _Catalogue(msgspec.Struct):
    vulnerabilities: list[msgspec.Raw]
    catalogVersion: str = ""
    dateReleased: str = ""


def parse_catalogue(data: bytes) -> Parsed:
    """The official JSON. Raises msgspec.DecodeError when it is damaged."""
    catalogue = msgspec.json.decode(data, type=_Catalogue)
    parsed = Parsed(SOURCE, day(catalogue.dateReleased) or day(catalogue.catalogVersion.replace(".", "-")))
    parsed.kev = _entries(catalogue.vulnerabilities, parsed.as_of, parsed.skipped)
    return parsed


def parse_csv(data: bytes, as_of: str) -> Parsed:
    """The official CSV, which does not state its own date: the caller knows ``as_of`` from the file's name.

    Raises csv.Error when it is damaged.
    """
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"))))
    parsed = Parsed(SOURCE, as_of)
    raws = (msgspec.json.encode({k: v for k, v in row.items() if isinstance(k, str) and v}) for row in rows)
    parsed.kev = _entries(raws, as_of, parsed.skipped)
    return parsed


def parse_joined_csv(data: bytes, as_of: str) -> Parsed:
    """KEV membership joined with EPSS scores of the same day. Raises csv.Error when it is damaged."""
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig", "replace"))))
    parsed = Parsed(SOURCE, as_of)
    good = []
    for row in rows:
        if is_cve_id(row.get("CVE") or ""):
            good.append(row)
        else:
            parsed.skipped["not a CVE id"] += 1
    parsed.kev = ((row["CVE"], Kev(as_of=as_of)) for row in good)
    parsed.epss = _scores(good, as_of, parsed.skipped)
    return parsed


def _entries(raws: Iterable[msgspec.Raw | bytes], as_of: str, skipped: Counter[str]) -> Iterator[tuple[str, Kev]]:
    for raw in raws:
        try:
            entry = msgspec.json.decode(raw, type=_Entry)
            if not is_cve_id(entry.cveID):
                raise RecordError("not a CVE id")
        except DAMAGED_RECORD as error:
            skipped[str(error)] += 1
            continue
        yield (
            entry.cveID,
            Kev(
                as_of=as_of,
                date_added=day(entry.dateAdded),
                due_date=day(entry.dueDate),
                ransomware=entry.knownRansomwareCampaignUse[:16],
                name=entry.vulnerabilityName[:256],
            ),
        )


def _scores(rows: list[dict[str, str]], as_of: str, skipped: Counter[str]) -> Iterator[tuple[str, Epss]]:
    for row in rows:
        try:
            score, percentile = float(row["EPSS"]), float(row["EPSS Percentile"])
        except (KeyError, TypeError, ValueError):
            skipped["EPSS is not a number"] += 1
            continue
        if 0 <= score <= 1 and 0 <= percentile <= 1:
            yield row["CVE"], Epss(score, percentile, as_of)
        else:
            skipped["EPSS outside 0 to 1"] += 1
