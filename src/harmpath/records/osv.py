"""OSV documents, as the Python Packaging Advisory Database (YAML) and osv.dev (JSON) publish them.

Format: https://ossf.github.io/osv-schema/. An advisory is filed under its CVE alias where it has exactly one, else
under its own id, so that it merges with what NVD says about the same CVE.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

from harmpath.records.model import AffectedPackage, Cvss, Statement, is_cve_id
from harmpath.records.taking import MAX_TEXT, MAX_VERSION, Parsed, RecordError, day

__all__ = ["SOURCE", "normal_package_name", "parse_json", "parse_yaml"]

SOURCE = "osv"
MAX_YAML = 8 * 1024 * 1024
"""Bytes of one YAML advisory; the largest PyPA advisory is under 100 kB."""


class _Package(msgspec.Struct):
    ecosystem: str
    name: str


class _Range(msgspec.Struct):
    type: str = ""
    events: list[dict[str, str]] = []


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] = []
    versions: list[str] = []


class _Severity(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Advisory(msgspec.Struct):
    id: str
    modified: str = ""
    published: str = ""
    withdrawn: str = ""
    aliases: list[str] = []
    details: str = ""
    severity: list[_Severity] = []
    affected: list[_Affected] = []
    references: list[Any] = []


def normal_package_name(ecosystem: str, name: str) -> str:
    """The name as the ecosystem compares it; PyPI by PEP 503, others as written."""
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name


def parse_json(data: bytes) -> Parsed:
    """One OSV document in JSON. Raises msgspec.DecodeError when it is damaged."""
    return _parsed(msgspec.json.decode(data, type=_Advisory))


def parse_yaml(data: bytes) -> Parsed:
    """One OSV document in YAML. Raises msgspec.ValidationError or yaml.YAMLError when it is damaged."""
    if len(data) > MAX_YAML:
        raise RecordError(f"larger than {MAX_YAML >> 20} MB")
    if b"&" in data and b"*" in data and any(isinstance(t, yaml.AliasToken) for t in yaml.scan(data, yaml.CLoader)):
        raise RecordError("uses YAML aliases, which no advisory needs")
    # The safe C loader builds no objects from tags; dates arrive as datetime and are written back as ISO text.
    return _parsed(msgspec.convert(yaml.load(data, Loader=_TextLoader), type=_Advisory))  # noqa: S506


class _TextLoader(yaml.CSafeLoader):
    """The safe loader with times and numbers left as the text that was written (``1.10`` is a version)."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _parsed(advisory: _Advisory) -> Parsed:
    parsed = Parsed(SOURCE, day(advisory.modified))
    parsed.statements = _statements(advisory, parsed.skipped)
    return parsed


def _statements(advisory: _Advisory, skipped: Counter[str]) -> Iterator[Statement]:
    if not re.fullmatch(r"[A-Za-z]+-[\w:.-]{1,64}", advisory.id):
        skipped["not an advisory id"] += 1
        return
    cves = sorted(a for a in {advisory.id, *advisory.aliases} if is_cve_id(a))
    try:
        packages = tuple(sorted((_package(a) for a in advisory.affected if a.package), key=msgspec.structs.astuple))
    except RecordError as error:
        skipped[str(error)] += 1
        return
    vectors = tuple(Cvss(s.score[:256], advisory.id) for s in advisory.severity if s.type.startswith("CVSS"))
    for identifier in cves or [advisory.id]:
        yield Statement(
            id=identifier,
            source=SOURCE,
            modified=advisory.modified,
            document=advisory.id,
            published=advisory.published,
            rejected=False,
            status="Withdrawn" if advisory.withdrawn else "",
            description=advisory.details[:MAX_TEXT],
            cvss=vectors,
            packages=() if advisory.withdrawn else packages,
            references=len(advisory.references),
        )


def _package(affected: _Affected) -> AffectedPackage:
    assert affected.package is not None
    ranges: list[tuple[str, str, str]] = []
    for stated in affected.ranges:
        if stated.type in ("ECOSYSTEM", "SEMVER"):
            ranges.extend(_intervals(stated.events))
    texts = [affected.package.name, *affected.versions, *(text for triple in ranges for text in triple)]
    if any(len(text) > MAX_VERSION for text in texts):
        raise RecordError(f"version or package name longer than {MAX_VERSION} characters")
    ecosystem = affected.package.ecosystem[:64]
    name = normal_package_name(ecosystem, affected.package.name)
    return AffectedPackage(ecosystem, name, tuple(ranges), tuple(affected.versions) if not ranges else ())


def _intervals(events: list[dict[str, str]]) -> Iterator[tuple[str, str, str]]:
    """OSV's event list as (introduced, fixed, last_affected) intervals; the schema lists events in version order."""
    introduced: str | None = None
    for event in events:
        if "introduced" in event:
            if introduced is not None:
                yield introduced, "", ""
            introduced = event["introduced"]
        elif introduced is not None and ("fixed" in event or "last_affected" in event):
            yield introduced, event.get("fixed", ""), event.get("last_affected", "")
            introduced = None
    if introduced is not None:
        yield introduced, "", ""
