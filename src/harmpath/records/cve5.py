"""CVE JSON 5 records with CISA's "vulnrichment" container: SSVC decisions, CVSS, CWE and CPE.

Format: https://github.com/CVEProject/cve-schema and https://github.com/cisagov/vulnrichment (CC0). The CPE names in
``affected`` carry no configuration; each becomes one criterion, bounded by the version list beside it.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from harmpath.records.model import Criterion, Cvss, Node, Ssvc, Statement, Weakness, is_cve_id
from harmpath.records.taking import MAX_TEXT, MAX_VERSION, Parsed, RecordError, day

__all__ = ["SOURCE", "parse_record"]

SOURCE = "vulnrichment"
_OPEN = frozenset({"", "0", "*", "-", "n/a", "unspecified"})
"""What CNAs write where there is no lower bound."""


class _Metadata(msgspec.Struct):
    cveId: str
    state: str = ""
    datePublished: str = ""
    dateUpdated: str = ""


class _Version(msgspec.Struct):
    version: str = ""
    status: str = "affected"
    lessThan: str = ""
    lessThanOrEqual: str = ""


class _Affected(msgspec.Struct):
    cpes: list[str] = []
    versions: list[_Version] = []


class _Text(msgspec.Struct):
    lang: str = "en"
    value: str = ""


class _Problem(msgspec.Struct):
    cweId: str = ""


class _ProblemType(msgspec.Struct):
    descriptions: list[_Problem] = []


class _Vector(msgspec.Struct):
    vectorString: str = ""
    baseScore: float | None = None


class _Other(msgspec.Struct):
    type: str = ""
    content: msgspec.Raw = msgspec.Raw(b"{}")


class _SsvcContent(msgspec.Struct):
    options: list[dict[str, str]] = []
    timestamp: str = ""


class _Metric(msgspec.Struct):
    cvssV2_0: _Vector | None = None
    cvssV3_0: _Vector | None = None
    cvssV3_1: _Vector | None = None
    cvssV4_0: _Vector | None = None
    other: _Other | None = None


class _Provider(msgspec.Struct):
    shortName: str = ""
    dateUpdated: str = ""


class _Container(msgspec.Struct):
    affected: list[_Affected] = []
    descriptions: list[_Text] = []
    problemTypes: list[_ProblemType] = []
    metrics: list[_Metric] = []
    references: list[msgspec.Raw] = []
    providerMetadata: _Provider = msgspec.field(default_factory=_Provider)


class _Containers(msgspec.Struct):
    cna: _Container = msgspec.field(default_factory=_Container)
    adp: list[_Container] = []


class _Record(msgspec.Struct):
    cveMetadata: _Metadata
    containers: _Containers


_decoder = msgspec.json.Decoder(_Record)


def parse_record(data: bytes) -> Parsed:
    """One CVE 5 record. Raises msgspec.DecodeError when it is damaged."""
    record = _decoder.decode(data)
    parsed = Parsed(SOURCE, day(record.cveMetadata.dateUpdated))
    try:
        parsed.statements = iter((_statement(record),))
    except RecordError as error:
        parsed.skipped[str(error)] += 1
    return parsed


def _statement(record: _Record) -> Statement:
    meta = record.cveMetadata
    if not is_cve_id(meta.cveId):
        raise RecordError("not a CVE id")
    containers = [record.containers.cna, *record.containers.adp]
    description = next((t.value for t in record.containers.cna.descriptions if t.lang.startswith("en")), "")
    weaknesses = {
        (p.cweId, c.providerMetadata.shortName)
        for c in containers
        for t in c.problemTypes
        for p in t.descriptions
        if p.cweId.startswith("CWE-") and p.cweId[4:].isdigit()
    }
    criteria = sorted({m for c in containers for a in c.affected for m in _criteria(a)}, key=msgspec.structs.astuple)
    return Statement(
        id=meta.cveId,
        source=SOURCE,
        modified=max([meta.dateUpdated, *(c.providerMetadata.dateUpdated for c in containers)]),
        published=meta.datePublished,
        rejected=meta.state == "REJECTED",
        status=meta.state.capitalize(),
        description=description[:MAX_TEXT],
        weaknesses=tuple(Weakness(cwe, who) for cwe, who in sorted(weaknesses)),
        cvss=tuple(v for c in containers for v in _vectors(c)),
        configurations=(Node("OR", False, tuple(criteria)),) if criteria else (),
        ssvc=next((s for c in containers for s in _ssvc(c)), None),
        references=len(record.containers.cna.references),
    )


def _vectors(container: _Container) -> Iterator[Cvss]:
    for metric in container.metrics:
        for vector in (metric.cvssV4_0, metric.cvssV3_1, metric.cvssV3_0, metric.cvssV2_0):
            if vector is not None and vector.vectorString:
                yield Cvss(vector.vectorString[:256], container.providerMetadata.shortName, vector.baseScore)


def _ssvc(container: _Container) -> Iterator[Ssvc]:
    for metric in container.metrics:
        if metric.other is None or metric.other.type != "ssvc":
            continue
        content = msgspec.json.decode(metric.other.content, type=_SsvcContent)
        points = {name: value for option in content.options for name, value in option.items()}
        yield Ssvc(
            points.get("Exploitation", ""),
            points.get("Automatable", ""),
            points.get("Technical Impact", ""),
            day(content.timestamp),
        )


def _criteria(affected: _Affected) -> Iterator[Criterion]:
    """A CPE that names its version stands as it is; one that leaves it open is bounded by the affected versions."""
    if not affected.cpes:
        return
    bounds = [_bounds(v) for v in affected.versions if v.status == "affected"] or [("", "", "", "")]
    for cpe in affected.cpes:
        parts = cpe.split(":")
        if len(cpe) > MAX_VERSION or any(len(text) > MAX_VERSION for bound in bounds for text in bound):
            raise RecordError(f"version or CPE name longer than {MAX_VERSION} characters")
        if len(parts) < 6 or parts[5] not in ("*", ""):
            yield Criterion(cpe)
        else:
            for start, exact, end_including, end_excluding in bounds:
                if exact:
                    yield Criterion(cpe, True, exact, "", exact, "")
                else:
                    yield Criterion(cpe, True, start, "", end_including, end_excluding)


def _bounds(version: _Version) -> tuple[str, str, str, str]:
    """(lower bound, exact version, upper bound included, upper bound excluded)."""
    lower = "" if version.version.lower() in _OPEN else version.version
    if version.lessThan and version.lessThan != "*":
        return lower, "", "", version.lessThan
    if version.lessThanOrEqual and version.lessThanOrEqual != "*":
        return lower, "", version.lessThanOrEqual, ""
    if version.lessThan or version.lessThanOrEqual:
        return lower, "", "", ""
    return "", lower, "", ""
