"""SARIF, CycloneDX VDR, OpenVEX and CSAF VEX: valid by the official schemas, complete, the same every time."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest

from harmpath.deliverables.vex_csaf import csaf_vex
from harmpath.deliverables.vex_cyclonedx import cyclonedx_vdr
from harmpath.deliverables.vex_openvex import openvex
from harmpath.deliverables.vex_sarif import sarif
from harmpath.deliverables.vex_statements import Document, Judgement, VexStatement, statements_of
from harmpath.records.memory import MemorySource
from harmpath.records.model import (
    AffectedPackage,
    Criterion,
    Cvss,
    Epss,
    Kev,
    Node,
    Statement,
    Weakness,
)
from harmpath.vulnerabilities import Product, match

DOCUMENT = Document(
    id="ACME-VEX-2026-001",
    timestamp="2026-11-24T12:00:00Z",
    device="Acme <pump> & meter",
    device_version="1.0",
    author="Acme Medical",
    namespace="https://acme.example/security",
    tool_version="0.1.0",
)
PRODUCTS = (
    Product("pump OS", cpe="cpe:2.3:o:acme:pump:1.5:*:*:*:*:*:*:*", version="1.5", ref="pump/os"),
    Product("pump OS", cpe="cpe:2.3:o:acme:pump:1.6:*:*:*:*:*:*:*", version="1.6"),
    Product("=cmd|'/c calc'!A1", purl="pkg:pypi/acme@1.0", ref="<script>"),
    Product("WPA2", ref="radio"),
)


def _source() -> MemorySource:
    def node(end: str) -> tuple[Node, ...]:
        return (Node("OR", False, (Criterion("cpe:2.3:o:acme:pump:*:*:*:*:*:*:*:*", end_excluding=end),)),)

    vectors = (
        Cvss("CVSS:3.1/AV:A/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "nvd@nist.gov", 8.8),
        Cvss("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "CNA"),
        Cvss("AV:A/AC:L/Au:N/C:P/I:P/A:P", "nvd@nist.gov", 5.8),
    )
    return MemorySource(
        [
            Statement(id="CVE-2024-0001", source="nvd", modified="2024-01-01", configurations=node("2.0"),
                      description="A <b>flaw</b>.", cvss=vectors, weaknesses=(Weakness("CWE-287", "nvd@nist.gov"),)),
            Statement(id="CVE-2024-0002", source="nvd", modified="2024-01-01", configurations=node("1.6")),
            Statement(id="PYSEC-2024-1", source="osv", modified="2024-01-01", document="PYSEC-2024-1",
                      packages=(AffectedPackage("PyPI", "acme", (("0", "2.0", ""),)),)),
        ],
        {"CVE-2024-0001": Kev("2024-02-01", "2024-01-15")},
        {"CVE-2024-0001": Epss(0.5, 0.9, "2024-02-01")},
    )  # fmt: skip


@pytest.fixture(scope="module")
def statements() -> tuple[VexStatement, ...]:
    source = _source()
    judgements = {
        ("pump/os", "CVE-2024-0001"): Judgement("affected", action="Update to 2.0."),
        ("pump/os", "CVE-2024-0002"): Judgement(
            "not_affected", "vulnerable_code_not_in_execute_path", "The service is not started."
        ),
        ("<script>", "PYSEC-2024-1"): Judgement("fixed"),
    }
    return statements_of(match(PRODUCTS, source), source, judgements)


def _schemas(archive: Path, pattern: str) -> dict[str, Any]:
    with tarfile.open(archive) as tar:
        return {
            member.name: json.load(io.TextIOWrapper(tar.extractfile(member), "utf-8"))  # type: ignore[arg-type]
            for member in tar
            if re.fullmatch(pattern, member.name)
        }


def _errors(schema: dict[str, Any], others: dict[str, Any], value: Any) -> list[str]:
    from jsonschema import Draft7Validator, Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT7

    registry: Registry[Any] = Registry().with_resources(
        (uri, Resource.from_contents(content, default_specification=DRAFT7)) for uri, content in others.items()
    )
    kind = Draft7Validator if "draft-07" in schema.get("$schema", "") else Draft202012Validator
    return [f"{list(e.absolute_path)}: {e.message[:200]}" for e in kind(schema, registry=registry).iter_errors(value)]


def test_the_statements_cover_all_four_statuses(statements: tuple[VexStatement, ...]) -> None:
    assert {s.judgement.status for s in statements} == {"affected", "not_affected", "fixed", "under_investigation"}


def test_cyclonedx_is_valid_by_the_official_schema(statements: tuple[VexStatement, ...], shared_data: Path) -> None:
    schemas = _schemas(shared_data / "tests" / "cyclonedx_spec_tests.tar.xz", r"schema/bom-1\.6\.schema\.json")
    # The archive has the BOM schema without its two helpers; neither licences nor signatures are written here.
    helpers = {
        "http://cyclonedx.org/schema/spdx.schema.json": {},
        "http://cyclonedx.org/schema/jsf-0.82.schema.json": {"definitions": {"signature": {}}},
    }
    document = cyclonedx_vdr(statements, DOCUMENT)
    assert _errors(schemas["schema/bom-1.6.schema.json"], helpers, document) == []
    refs = {c["bom-ref"] for c in document["components"]}
    assert {a["ref"] for v in document["vulnerabilities"] for a in v["affects"]} <= refs
    by_ref = {v["bom-ref"]: v for v in document["vulnerabilities"]}
    assert by_ref["CVE-2024-0001/pump/os"]["analysis"]["state"] == "exploitable"
    assert by_ref["CVE-2024-0002/pump/os"]["analysis"]["justification"] == "code_not_reachable"
    assert {r["method"] for r in by_ref["CVE-2024-0001/pump/os"]["ratings"]} == {"CVSSv31", "CVSSv4", "CVSSv2"}


def test_csaf_is_valid_by_the_official_schema(statements: tuple[VexStatement, ...], shared_data: Path) -> None:
    name = "csaf_2.0/json_schema/csaf_json_schema.json"
    schema = _schemas(shared_data / "tests" / "oasis_csaf_tests.tar.xz", re.escape(name))[name]
    # FIRST's CVSS schemas are not in the archive; the vectors are checked by scoring them.
    needed = ["version", "vectorString", "baseScore"]
    cvss = {
        f"https://www.first.org/cvss/cvss-v{v}.json": {
            "properties": {"version": {"const": v}},
            "required": needed if v == "2.0" else [*needed, "baseSeverity"],
        }
        for v in ("2.0", "3.0", "3.1")
    }
    document = csaf_vex(statements, DOCUMENT)
    assert _errors(schema, cvss, document) == []


def test_csaf_follows_the_vex_profile(statements: tuple[VexStatement, ...]) -> None:
    """CSAF 2.0, tests 6.1.1 (ids resolve), 6.1.6 (no contradiction), 6.1.7, 6.1.27.8 to 6.1.27.10."""
    document = csaf_vex(statements, DOCUMENT)
    tree = document["product_tree"]
    known = {p["product_id"] for p in tree["full_product_names"]}
    known |= {r["full_product_name"]["product_id"] for r in tree["relationships"]}
    known.add(tree["branches"][0]["branches"][0]["branches"][0]["product"]["product_id"])
    for relationship in tree["relationships"]:
        assert {relationship["product_reference"], relationship["relates_to_product_reference"]} <= known
    for vulnerability in document["vulnerabilities"]:
        assert "cve" in vulnerability or "ids" in vulnerability
        status = vulnerability["product_status"]
        named = [ref for refs in status.values() for ref in refs]
        assert set(named) <= known and len(named) == len(set(named))
        explained = {i for f in vulnerability.get("flags", []) for i in f["product_ids"]}
        explained |= {i for t in vulnerability.get("threats", []) for i in t["product_ids"]}
        assert set(status.get("known_not_affected", [])) <= explained
        helped = {i for r in vulnerability.get("remediations", []) for i in r["product_ids"]}
        assert set(status.get("known_affected", [])) <= helped
        for score in vulnerability.get("scores", []):
            assert set(score["products"]) <= set(named)


def test_openvex_has_what_the_specification_asks_for(statements: tuple[VexStatement, ...]) -> None:
    """OpenVEX 0.2.0: the fields that its JSON Schema requires, and its conditions per status."""
    document = openvex(statements, DOCUMENT)
    assert document["@context"] == "https://openvex.dev/ns/v0.2.0"
    assert set(document) == {"@context", "@id", "author", "timestamp", "version", "tooling", "statements"}
    assert len(document["statements"]) == len(statements)
    allowed = {
        "vulnerability",
        "products",
        "status",
        "status_notes",
        "justification",
        "impact_statement",
        "action_statement",
    }
    for written in document["statements"]:
        assert set(written) <= allowed
        assert set(written["vulnerability"]) == {"@id", "name"}
        assert written["products"][0]["@id"].startswith("https://acme.example/security/device/Acme%20%3Cpump")
        if written["status"] == "not_affected":
            assert written["justification"] or written["impact_statement"]
        if written["status"] == "affected":
            assert written["action_statement"]
        identifiers = written["products"][0]["subcomponents"][0].get("identifiers", {})
        assert set(identifiers) <= {"purl", "cpe22", "cpe23"}


def test_sarif_has_what_the_specification_asks_for(statements: tuple[VexStatement, ...]) -> None:
    """SARIF 2.1.0: rules and results agree (3.27.5, 3.27.6), levels (3.27.10), suppressions (3.35)."""
    (run,) = sarif(statements, DOCUMENT)["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [r["id"] for r in rules] == sorted({s.id for s in statements})
    assert len(run["results"]) == len(statements)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note", "none")
        assert result["message"]["text"]
        assert (result["level"] == "none") == bool(result.get("suppressions"))
    prints = [r["partialFingerprints"]["harmpath/v1"] for r in run["results"]]
    assert len(prints) == len(set(prints))
    severity = {r["id"]: r["properties"].get("security-severity") for r in rules}
    assert severity["CVE-2024-0001"] == "8.8"


@pytest.mark.parametrize("writer", [cyclonedx_vdr, csaf_vex, openvex, sarif])
def test_the_same_statements_in_any_order_give_the_same_bytes(
    writer: Any, statements: tuple[VexStatement, ...]
) -> None:
    assert json.dumps(writer(statements, DOCUMENT)) == json.dumps(writer(statements[::-1], DOCUMENT))


@pytest.mark.parametrize("writer", [cyclonedx_vdr, csaf_vex, openvex, sarif])
def test_every_vulnerability_of_every_component_is_said(writer: Any, statements: tuple[VexStatement, ...]) -> None:
    text = json.dumps(writer(statements, DOCUMENT))
    for statement in statements:
        assert statement.id in text


def test_a_judgement_must_be_complete() -> None:
    for wrong in (("not_affected",), ("affected",), ("not_affected", "because")):
        with pytest.raises(ValueError, match=r"needs|justification"):
            Judgement(*wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("writer", [csaf_vex, openvex])
def test_vex_without_statements_is_refused(writer: Any) -> None:
    with pytest.raises(ValueError, match="at least one"):
        writer((), DOCUMENT)
