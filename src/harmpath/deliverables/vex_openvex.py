"""OpenVEX 0.2.0 (https://github.com/openvex/spec): one statement per vulnerability and status."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from harmpath.deliverables.vex_statements import Document, VexStatement, component_ids, grouped
from harmpath.vulnerabilities import Product

__all__ = ["openvex"]


def openvex(statements: tuple[VexStatement, ...], document: Document) -> dict[str, Any]:
    """The document as JSON-ready values; the same input gives the same document. At least one statement is needed."""
    if not statements:
        raise ValueError("an OpenVEX document needs at least one statement")
    ids = component_ids(statements)
    base = document.namespace.rstrip("/")
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"{base}/vex/{quote(document.id)}",
        "author": document.author,
        "timestamp": document.timestamp,
        "version": document.version,
        "tooling": f"harmpath {document.tool_version}".strip(),
        "statements": [_statement(s, ids, document) for group in grouped(statements).values() for s in group],
    }


def _statement(statement: VexStatement, ids: dict[Product, str], document: Document) -> dict[str, Any]:
    judgement = statement.judgement
    base = document.namespace.rstrip("/")
    device = f"{base}/device/{quote(document.device)}/{quote(document.device_version)}"
    written: dict[str, Any] = {
        "vulnerability": {"@id": f"{base}/vulnerability/{quote(statement.id)}", "name": statement.id},
        "products": [{"@id": device, "subcomponents": [_component(statement.product, ids, base)]}],
        "status": judgement.status,
    }
    notes = [*statement.because, *([f"only if {statement.condition}"] if statement.condition else [])]
    written["status_notes"] = f"{statement.confidence}: " + "; ".join(notes)
    if judgement.status == "not_affected":
        if judgement.justification:
            written["justification"] = judgement.justification
        if judgement.impact:
            written["impact_statement"] = judgement.impact
    if judgement.status == "affected":
        written["action_statement"] = judgement.action
    return written


def _component(product: Product, ids: dict[Product, str], base: str) -> dict[str, Any]:
    identifiers = {k: v for k, v in (("purl", product.purl), ("cpe23", product.cpe)) if v}
    if product.cpe and not product.cpe.startswith("cpe:2.3:"):
        identifiers["cpe22"] = identifiers.pop("cpe23")
    component: dict[str, Any] = {"@id": product.purl or f"{base}/component/{quote(ids[product])}"}
    if identifiers:
        component["identifiers"] = identifiers
    return component
