"""What each source's reader makes of its format, and the rules by which sources are merged."""

from __future__ import annotations

import json

from harmpath.records import cve5, epss, nvd, osv, overrides
from harmpath.records.merge import merge
from harmpath.records.model import Criterion, Node, Statement, Weakness

from .conftest import nvd_feed, nvd_item

CPE = "cpe:2.3:a:acme:pump:*:*:*:*:*:*:*:*"


def _only(parsed: object) -> Statement:
    (statement,) = parsed.statements  # type: ignore[attr-defined]
    return statement


def test_feed_and_page_say_the_same() -> None:
    item = nvd_item("CVE-2024-0001", cpe=CPE, versionStartIncluding="1.0", versionEndExcluding="2.0")
    one = _only(nvd.parse_feed(nvd_feed(item)))
    page = {
        "format": "NVD_CVE", "timestamp": "2024-02-01T00:00:00.000",
        "vulnerabilities": [{"cve": {
            "id": "CVE-2024-0001", "published": "2024-01-01T00:00Z", "lastModified": "2024-01-02T00:00Z",
            "vulnStatus": "Analyzed", "descriptions": [{"lang": "es", "value": "x"}, {"lang": "en", "value": "a flaw"}],
            "metrics": {"cvssMetricV31": [{"source": "nvd@nist.gov", "cvssData": {
                "vectorString": "CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "baseScore": 8.8}}]},
            "weaknesses": [{"source": "nvd@nist.gov", "description": [{"lang": "en", "value": "CWE-287"}]}],
            "configurations": [{"nodes": [{"operator": "OR", "negate": False, "cpeMatch": [
                {"criteria": CPE, "versionStartIncluding": "1.0", "versionEndExcluding": "2.0"}]}]}],
            "references": [{"url": "https://example.org"}]}}]}  # fmt: skip
    two = _only(nvd.parse_page(json.dumps(page).encode()))
    for part in ("id", "modified", "published", "description", "weaknesses", "cvss", "configurations", "references"):
        assert getattr(one, part) == getattr(two, part), part


def test_and_configuration_with_children_keeps_its_shape() -> None:
    node = {"operator": "AND", "children": [
        {"operator": "OR", "cpe_match": [{"vulnerable": True, "cpe23Uri": CPE}]},
        {"operator": "OR", "negate": True, "cpe_match": [{"vulnerable": False, "cpe23Uri": CPE}]}]}  # fmt: skip
    item = {**nvd_item("CVE-2024-0001"), "configurations": {"nodes": [node]}}
    (tree,) = _only(nvd.parse_feed(nvd_feed(item))).configurations
    assert (tree.operator, [c.negate for c in tree.children]) == ("AND", [False, True])
    assert [c.criteria[0].vulnerable for c in tree.children] == [True, False]


def test_node_that_names_nothing_is_left_out() -> None:
    item = {**nvd_item("CVE-2024-0001"), "configurations": {"nodes": [{"operator": "AND", "children": []}]}}
    assert _only(nvd.parse_feed(nvd_feed(item))).configurations == ()


def test_rejected_record_is_known_as_rejected() -> None:
    item = nvd_item("CVE-2024-0001", text="** REJECT ** do not use")
    assert _only(nvd.parse_feed(nvd_feed(item))).rejected


def test_cve_record_bounds_an_open_cpe_by_its_versions() -> None:
    record = {
        "dataType": "CVE_RECORD",
        "cveMetadata": {"cveId": "CVE-2024-0001", "state": "PUBLISHED", "dateUpdated": "2024-01-01T00:00:00Z"},
        "containers": {"cna": {}, "adp": [{
            "providerMetadata": {"shortName": "CISA-ADP", "dateUpdated": "2024-05-01T00:00:00Z"},
            "affected": [{"cpes": [CPE], "versions": [
                {"version": "1.0", "lessThan": "2.0", "status": "affected"},
                {"version": "0", "lessThanOrEqual": "0.9", "status": "affected"},
                {"version": "5.0", "status": "affected"},
                {"version": "9.0", "status": "unaffected"}]}],
            "problemTypes": [{"descriptions": [{"cweId": "CWE-121"}]}],
            "metrics": [{"other": {"type": "ssvc", "content": {"timestamp": "2024-05-01T00:00:00Z", "options": [
                {"Exploitation": "poc"}, {"Automatable": "yes"}, {"Technical Impact": "total"}]}}}]}]},
    }  # fmt: skip
    statement = _only(cve5.parse_record(json.dumps(record).encode()))
    (tree,) = statement.configurations
    assert {c.bounds() for c in tree.criteria} == {">= 1.0, < 2.0", "<= 0.9", ">= 5.0, <= 5.0"}
    assert statement.modified == "2024-05-01T00:00:00Z"
    assert statement.weaknesses == (Weakness("CWE-121", "CISA-ADP"),)
    assert statement.ssvc is not None
    assert (statement.ssvc.exploitation, statement.ssvc.automatable, statement.ssvc.technical_impact) == (
        "poc", "yes", "total")  # fmt: skip


def test_official_epss_file_states_its_own_date() -> None:
    parsed = epss.parse_scores(
        b"#model_version:v2025.03.14,score_date:2026-08-16T00:00:00+0000\ncve,epss,percentile\nCVE-1999-0001,0.01,0.5\n",
        "2001-01-01",
    )
    ((identifier, score),) = parsed.epss
    assert (identifier, score.score, score.as_of) == ("CVE-1999-0001", 0.01, "2026-08-16")


def test_osv_events_become_intervals_and_versions_stay_text() -> None:
    text = b"""id: PYSEC-2024-1
modified: 2024-01-01T00:00:00Z
aliases: [CVE-2024-0001, GHSA-x]
affected:
- package: {ecosystem: PyPI, name: A_b.C}
  ranges:
  - type: ECOSYSTEM
    events:
    - introduced: "0"
    - fixed: 1.10
    - introduced: 2.0
    - last_affected: 2.20
    - introduced: 3.0
"""
    statement = _only(osv.parse_yaml(text))
    assert (statement.id, statement.document) == ("CVE-2024-0001", "PYSEC-2024-1")
    assert statement.packages[0].name == "a-b-c"
    assert statement.packages[0].ranges == (("0", "1.10", ""), ("2.0", "", "2.20"), ("3.0", "", ""))


def _tree(end: str) -> tuple[Node, ...]:
    return (Node("OR", False, (Criterion(CPE, end_excluding=end),)),)


def test_nvd_configurations_stand_against_a_newer_override_and_the_contradiction_is_noted() -> None:
    stated = [
        Statement(
            id="CVE-2024-0001", source="nvd-overrides", modified="2026-01-01", configurations=_tree("1"), note="why"
        ),
        Statement(id="CVE-2024-0001", source="nvd", modified="2024-01-01", configurations=_tree("2")),
    ]
    record = merge("CVE-2024-0001", stated, None, None)
    assert record.configurations == _tree("2")
    assert record.configurations_by is not None and record.configurations_by.source == "nvd"
    assert "why" in record.notes[0]


def test_override_fills_in_where_nvd_has_no_configuration() -> None:
    stated = [
        Statement(id="CVE-2024-0001", source="nvd", modified="2024-01-01", description="text"),
        Statement(id="CVE-2024-0001", source="vulnrichment", modified="2024-02-01", configurations=_tree("3")),
        Statement(id="CVE-2024-0001", source="nvd-overrides", modified="2024-01-01", configurations=_tree("1")),
    ]
    record = merge("CVE-2024-0001", stated, None, None)
    assert (record.configurations, record.description) == (_tree("1"), "text")
    assert record.notes == ()


def test_newer_of_nvd_and_cve_record_decides_whether_it_is_rejected() -> None:
    def merged(nvd_date: str, cve_date: str) -> bool:
        stated = [
            Statement(id="CVE-2024-0001", source="nvd", modified=nvd_date, rejected=False),
            Statement(id="CVE-2024-0001", source="vulnrichment", modified=cve_date, rejected=True),
        ]
        return merge("CVE-2024-0001", stated, None, None).rejected

    assert merged("2024-01-01", "2024-02-01")
    assert not merged("2024-03-01", "2024-02-01")


def test_override_document() -> None:
    annotation = {"cve_id": "CVE-2024-0001", "modified": "2024-08-01", "reason": "too wide"}
    configuration = {"nodes": [{"operator": "OR", "cpeMatch": [{"criteria": CPE}]}]}
    document = {"_annotation": annotation, "cve": {"configurations": [configuration]}}
    statement = _only(overrides.parse_override(json.dumps(document).encode()))
    assert (statement.source, statement.note, len(statement.configurations)) == ("nvd-overrides", "too wide", 1)
