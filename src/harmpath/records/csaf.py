"""CISA's industrial control system medical advisories (ICSMA) as CSAF 2.0 documents.

Format: https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html. The advisories name vendors, products and versions
in free text and carry no CPE; what they add to NVD is the medical product's own name, CISA's vector and the weakness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from harmpath.records.model import AdvisoryProduct, Cvss, Statement, Weakness, is_cve_id
from harmpath.records.taking import MAX_TEXT, MAX_VERSION, Parsed, RecordError, day

__all__ = ["SOURCE", "parse_advisory"]

SOURCE = "cisa-csaf"
MAX_DEPTH = 16
"""Nesting of product branches; CISA's own are three deep (vendor, product, version)."""


class _Publisher(msgspec.Struct):
    namespace: str = ""
    name: str = ""


class _Tracking(msgspec.Struct):
    id: str
    current_release_date: str = ""
    initial_release_date: str = ""


class _Document(msgspec.Struct):
    tracking: _Tracking
    publisher: _Publisher = msgspec.field(default_factory=_Publisher)
    title: str = ""


class _Product(msgspec.Struct):
    product_id: str
    name: str = ""


class _Branch(msgspec.Struct):
    category: str = ""
    name: str = ""
    branches: list[_Branch] = []
    product: _Product | None = None


class _Tree(msgspec.Struct):
    branches: list[_Branch] = []


class _Cwe(msgspec.Struct):
    id: str = ""


class _Note(msgspec.Struct):
    category: str = ""
    text: str = ""


class _Vector(msgspec.Struct):
    vectorString: str = ""
    baseScore: float | None = None


class _Score(msgspec.Struct):
    cvss_v2: _Vector | None = None
    cvss_v3: _Vector | None = None


class _Status(msgspec.Struct):
    known_affected: list[str] = []


class _Vulnerability(msgspec.Struct):
    cve: str = ""
    cwe: _Cwe | None = None
    notes: list[_Note] = []
    scores: list[_Score] = []
    product_status: _Status = msgspec.field(default_factory=_Status)
    references: list[msgspec.Raw] = []


class _Advisory(msgspec.Struct):
    document: _Document
    product_tree: _Tree = msgspec.field(default_factory=_Tree)
    vulnerabilities: list[_Vulnerability] = []


_decoder = msgspec.json.Decoder(_Advisory)


def parse_advisory(data: bytes) -> Parsed | None:
    """One CISA advisory; None when another party published it. Raises msgspec.DecodeError when it is damaged."""
    advisory = _decoder.decode(data)
    if not advisory.document.publisher.namespace.startswith("https://www.cisa.gov"):
        return None
    parsed = Parsed(SOURCE, day(advisory.document.tracking.current_release_date))
    parsed.statements = _statements(advisory, parsed.skipped)
    return parsed


def _statements(advisory: _Advisory, skipped: Counter[str]) -> Iterator[Statement]:
    try:
        products = dict(_products(advisory.product_tree.branches, "", "", 0))
    except RecordError as error:
        skipped[str(error)] += len(advisory.vulnerabilities)
        return
    for vulnerability in advisory.vulnerabilities:
        if not is_cve_id(vulnerability.cve):
            skipped["not a CVE id"] += 1
            continue
        affected = {products[p] for p in vulnerability.product_status.known_affected if p in products}
        stated = [v for s in vulnerability.scores for v in (s.cvss_v3, s.cvss_v2) if v is not None and v.vectorString]
        vectors = {Cvss(v.vectorString[:256], "CISA", v.baseScore) for v in stated}
        tracking = advisory.document.tracking
        yield Statement(
            id=vulnerability.cve,
            source=SOURCE,
            modified=tracking.current_release_date,
            document=tracking.id[:64],
            published=tracking.initial_release_date,
            description=next((n.text for n in vulnerability.notes if n.category == "summary"), "")[:MAX_TEXT],
            weaknesses=(Weakness(vulnerability.cwe.id, "CISA"),) if vulnerability.cwe and vulnerability.cwe.id else (),
            cvss=tuple(sorted(vectors, key=lambda v: v.vector)),
            products=tuple(sorted(affected, key=msgspec.structs.astuple)),
            references=len(vulnerability.references),
            note=advisory.document.title[:512],
        )


def _products(branches: list[_Branch], vendor: str, name: str, depth: int) -> Iterator[tuple[str, AdvisoryProduct]]:
    if depth > MAX_DEPTH:
        raise RecordError(f"product tree nested deeper than {MAX_DEPTH}")
    for branch in branches:
        if len(branch.name) > MAX_VERSION:
            raise RecordError(f"product name or version longer than {MAX_VERSION} characters")
        here_vendor = branch.name if branch.category == "vendor" else vendor
        here_name = branch.name if branch.category == "product_name" else name
        if branch.product is not None:
            version = branch.name if branch.category.startswith("product_version") else ""
            yield branch.product.product_id, AdvisoryProduct(here_vendor, here_name or branch.product.name, version)
        yield from _products(branch.branches, here_vendor, here_name, depth + 1)
