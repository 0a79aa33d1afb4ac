"""CycloneDX 1.6 vulnerability disclosure report (VDR) with VEX analyses.

Format: https://cyclonedx.org/docs/1.6/json/. The components that the statements name are in the document, so that
every ``ref`` resolves inside it.
"""

from __future__ import annotations

import uuid
from typing import Any

from harmpath.deliverables.vex_statements import Document, VexStatement, component_ids, grouped
from harmpath.vulnerabilities import Product, Score

__all__ = ["cyclonedx_vdr"]

_STATE = {
    "affected": "exploitable",
    "not_affected": "not_affected",
    "fixed": "resolved",
    "under_investigation": "in_triage",
}
_JUSTIFICATION = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
_METHOD = {"2.0": "CVSSv2", "3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}


def cyclonedx_vdr(statements: tuple[VexStatement, ...], document: Document) -> dict[str, Any]:
    """The document as JSON-ready values; the same input gives the same document."""
    ids = component_ids(statements)
    serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{document.namespace}/{document.id}")
    tool = {"type": "application", "name": "harmpath", "version": document.tool_version}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": document.version,
        "metadata": {
            "timestamp": document.timestamp,
            "tools": {"components": [tool]},
            "supplier": {"name": document.author, "url": [document.namespace]},
            "component": {
                "type": "device",
                "bom-ref": "device",
                "name": document.device,
                "version": document.device_version,
            },
        },
        "components": [_component(product, ref) for product, ref in sorted(ids.items(), key=lambda item: item[1])],
        "vulnerabilities": [
            _vulnerability(statement, ids[statement.product])
            for group in grouped(statements).values()
            for statement in group
        ],
    }


def _component(product: Product, ref: str) -> dict[str, Any]:
    component: dict[str, Any] = {"type": "application", "bom-ref": ref, "name": product.name}
    for key, value in (("version", product.version), ("cpe", product.cpe), ("purl", product.purl)):
        if value:
            component[key] = value
    if product.vendor:
        component["supplier"] = {"name": product.vendor}
    return component


def _vulnerability(statement: VexStatement, ref: str) -> dict[str, Any]:
    record = statement.record
    judgement = statement.judgement
    written: dict[str, Any] = {
        # One vulnerability may be judged differently for two components: each judgement is an entry of its own.
        "bom-ref": f"{statement.id}/{ref}",
        "id": statement.id,
        "source": _source(statement),
        "ratings": [_rating(score) for score in statement.scores],
        "cwes": sorted({int(w.cwe[4:]) for w in record.weaknesses if w.cwe[4:].isdigit()}) if record else [],
        "analysis": {"state": _STATE[judgement.status]},
        "affects": [{"ref": ref}],
        "properties": _properties(statement),
    }
    if record and record.description:
        written["description"] = record.description
    if judgement.justification:
        written["analysis"]["justification"] = _JUSTIFICATION[judgement.justification]
    if judgement.impact:
        written["analysis"]["detail"] = judgement.impact
    if judgement.action:
        written["recommendation"] = judgement.action
    return {key: value for key, value in written.items() if value not in ([], "")}


def _source(statement: VexStatement) -> dict[str, str]:
    if statement.is_cve:
        return {"name": "NVD", "url": f"https://nvd.nist.gov/vuln/detail/{statement.id}"}
    return {"name": "OSV", "url": f"https://osv.dev/vulnerability/{statement.id}"}


def _rating(score: Score) -> dict[str, Any]:
    return {
        "source": {"name": score.source},
        "score": score.base,
        "severity": score.severity,
        "method": _METHOD[score.version],
        "vector": score.vector,
    }


def _properties(statement: VexStatement) -> list[dict[str, str]]:
    record = statement.record
    values: list[tuple[str, str]] = [("harmpath:confidence", statement.confidence)]
    values += [("harmpath:because", text) for text in statement.because]
    if statement.condition:
        values.append(("harmpath:condition", statement.condition))
    if record and record.kev:
        values.append(("harmpath:known-exploited", record.kev.date_added or "yes"))
    if record and record.epss:
        values.append(("harmpath:epss", f"{record.epss.score:.5f}"))
        values.append(("harmpath:epss-as-of", record.epss.as_of))
    return [{"name": name, "value": value} for name, value in values]
