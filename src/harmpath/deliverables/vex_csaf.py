"""CSAF 2.0, profile 5 (VEX): https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html, section 4.5.

CSAF 2.0 has room for CVSS 2 and 3 only; a CVSS 4 vector is given as a note.
"""

from __future__ import annotations

from typing import Any

from harmpath.deliverables.vex_statements import Document, Status, VexStatement, component_ids, grouped
from harmpath.vulnerabilities import Product, Score

__all__ = ["csaf_vex"]

_GROUP: dict[Status, str] = {
    "affected": "known_affected",
    "not_affected": "known_not_affected",
    "fixed": "fixed",
    "under_investigation": "under_investigation",
}


def csaf_vex(statements: tuple[VexStatement, ...], document: Document) -> dict[str, Any]:
    """The document as JSON-ready values; the same input gives the same document. At least one statement is needed."""
    if not statements:
        raise ValueError("a CSAF VEX document needs at least one vulnerability")
    ids = {product: f"{ref}@{document.device}" for product, ref in component_ids(statements).items()}
    return {
        "document": _head(document),
        "product_tree": _tree(ids, document),
        "vulnerabilities": [_vulnerability(name, group, ids) for name, group in grouped(statements).items()],
    }


def _head(document: Document) -> dict[str, Any]:
    return {
        "category": "csaf_vex",
        "csaf_version": "2.0",
        "title": f"Vulnerabilities of {document.device} {document.device_version}",
        "publisher": {"category": "vendor", "name": document.author, "namespace": document.namespace},
        "notes": [
            {
                "category": "general",
                "title": "Method",
                "text": "Components were matched with public vulnerability records. A product without a judgement by "
                "its maker is under investigation; the notes of each vulnerability say why it was matched.",
            }
        ],
        "tracking": {
            "id": document.id,
            "status": "final",
            "version": str(document.version),
            "initial_release_date": document.timestamp,
            "current_release_date": document.timestamp,
            "generator": {"engine": {"name": "harmpath", "version": document.tool_version or "0"}},
            "revision_history": [
                {
                    "date": document.timestamp,
                    "number": str(n),
                    "summary": "Issued." if n == 1 else "Brought up to date.",
                }
                for n in range(1, document.version + 1)
            ],
        },
    }


def _tree(ids: dict[Product, str], document: Document) -> dict[str, Any]:
    """The components as products, each related to the device that it is a part of."""
    device_id = f"device@{document.device}"
    device = {
        "category": "vendor",
        "name": document.author,
        "branches": [
            {
                "category": "product_name",
                "name": document.device,
                "branches": [
                    {
                        "category": "product_version",
                        "name": document.device_version,
                        "product": {"name": f"{document.device} {document.device_version}", "product_id": device_id},
                    }
                ],
            }
        ],
    }
    parts = [_component(product, f"part:{ref}") for product, ref in sorted(ids.items(), key=lambda item: item[1])]
    relationships = [
        {
            "category": "default_component_of",
            "product_reference": f"part:{ref}",
            "relates_to_product_reference": device_id,
            "full_product_name": {
                "name": f"{product.name} {product.version}".strip() + f" in {document.device}",
                "product_id": ref,
            },
        }
        for product, ref in sorted(ids.items(), key=lambda item: item[1])
    ]
    return {"branches": [device], "full_product_names": parts, "relationships": relationships}


def _component(product: Product, ref: str) -> dict[str, Any]:
    helper = {k: v for k, v in (("cpe", product.cpe), ("purl", product.purl)) if v}
    component: dict[str, Any] = {"name": f"{product.name} {product.version}".strip(), "product_id": ref}
    if helper:
        component["product_identification_helper"] = helper
    return component


def _vulnerability(name: str, group: list[VexStatement], ids: dict[Product, str]) -> dict[str, Any]:
    first = group[0]
    status: dict[str, list[str]] = {}
    for statement in group:
        status.setdefault(_GROUP[statement.judgement.status], []).append(ids[statement.product])
    written: dict[str, Any] = {"cve": name} if first.is_cve else {"ids": [{"system_name": "OSV", "text": name}]}
    written["notes"] = [_note(statement, ids) for statement in group]
    written["product_status"] = {key: sorted(set(refs)) for key, refs in sorted(status.items())}
    written["flags"] = [
        {"label": s.judgement.justification, "product_ids": [ids[s.product]]}
        for s in group
        if s.judgement.justification
    ]
    written["threats"] = [
        {"category": "impact", "details": s.judgement.impact, "product_ids": [ids[s.product]]}
        for s in group
        if s.judgement.status == "not_affected" and s.judgement.impact
    ]
    written["remediations"] = [
        {"category": "mitigation", "details": s.judgement.action, "product_ids": [ids[s.product]]}
        for s in group
        if s.judgement.status == "affected"
    ]
    written["scores"] = _scores(group, ids)
    written["notes"] += [
        {"category": "other", "title": "CVSS 4.0", "text": f"{s.vector} ({s.base}, {s.source})"}
        for s in first.scores
        if s.version == "4.0"
    ]
    return {key: value for key, value in written.items() if value != []}


def _note(statement: VexStatement, ids: dict[Product, str]) -> dict[str, str]:
    condition = f"; only if {statement.condition}" if statement.condition else ""
    text = f"{ids[statement.product]}: {statement.confidence}: {'; '.join(statement.because)}{condition}"
    return {"category": "details", "title": "Why it was matched", "text": text}


def _scores(group: list[VexStatement], ids: dict[Product, str]) -> list[dict[str, Any]]:
    """One score object: CSAF allows a product one score per CVSS version (mandatory test 6.1.7)."""
    chosen: dict[str, Score] = {}
    for score in group[0].scores:
        key = "cvss_v2" if score.version == "2.0" else "cvss_v3" if score.version.startswith("3") else ""
        if key:
            chosen.setdefault(key, score)
    # A product with a score has to be one that may be affected: no score is stated for what is fixed or not affected.
    products = [ids[s.product] for s in group if s.judgement.status in ("affected", "under_investigation")]
    if not chosen or not products:
        return []
    written: dict[str, Any] = {"products": sorted(set(products))}
    for key, score in sorted(chosen.items()):
        written[key] = {"version": score.version, "vectorString": score.vector, "baseScore": score.base}
        if key == "cvss_v3":
            written[key]["baseSeverity"] = score.severity.upper()
    return [written]
