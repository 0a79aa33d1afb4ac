"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), for code hosts and CI that show findings."""

from __future__ import annotations

import hashlib
from typing import Any

from harmpath.deliverables.vex_statements import Document, VexStatement, grouped

__all__ = ["sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {"affected": "error", "under_investigation": "warning"}


def sarif(statements: tuple[VexStatement, ...], document: Document) -> dict[str, Any]:
    """The log as JSON-ready values; what is fixed or not affected is a suppressed result, not a missing one."""
    groups = grouped(statements)
    rules = [_rule(name, group[0]) for name, group in groups.items()]
    places = {name: place for place, name in enumerate(groups)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "harmpath",
                        **({"version": document.tool_version} if document.tool_version else {}),
                        "rules": rules,
                    }
                },
                "results": [_result(s, places[name], document) for name, group in groups.items() for s in group],
                "columnKind": "unicodeCodePoints",
            }
        ],
    }


def _rule(name: str, statement: VexStatement) -> dict[str, Any]:
    record = statement.record
    tags = sorted({w.cwe for w in record.weaknesses}) if record else []
    properties: dict[str, Any] = {"tags": ["security", *tags]}
    if statement.scores:
        properties["security-severity"] = f"{statement.scores[0].base:.1f}"
    rule: dict[str, Any] = {"id": name, "shortDescription": {"text": name}, "properties": properties}
    if record and record.description:
        rule["fullDescription"] = {"text": record.description}
    if statement.is_cve:
        rule["helpUri"] = f"https://nvd.nist.gov/vuln/detail/{name}"
    return rule


def _result(statement: VexStatement, place: int, document: Document) -> dict[str, Any]:
    judgement, product = statement.judgement, statement.product
    what = f"{product.name} {product.version}".strip()
    condition = f"; only if {statement.condition}" if statement.condition else ""
    text = f"{what}: {statement.id} ({statement.confidence}): {'; '.join(statement.because)}{condition}"
    where = product.ref or what
    result: dict[str, Any] = {
        "ruleId": statement.id,
        "ruleIndex": place,
        "level": _LEVEL.get(judgement.status, "none"),
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": document.file}},
                "logicalLocations": [{"name": what, "fullyQualifiedName": where, "kind": "module"}],
            }
        ],
        # The same finding in the next run has the same fingerprint, wherever its lines have moved.
        "partialFingerprints": {"harmpath/v1": hashlib.sha256(f"{statement.id}|{where}".encode()).hexdigest()},
        "properties": {"confidence": statement.confidence, "status": judgement.status},
    }
    if judgement.status in ("fixed", "not_affected"):
        reason = judgement.impact or judgement.justification or "fixed"
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    return result
