"""What is said about each vulnerability of each component: the common input of the VEX, VDR and SARIF writers.

A match without the analyst's decision is *under investigation*: a tool's finding is never stated as a vendor's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from harmpath.records import Vulnerability, VulnerabilitySource
from harmpath.vulnerabilities import Confidence, Matches, Product, Score, scores_of

__all__ = ["JUSTIFICATIONS", "Document", "Judgement", "Status", "VexStatement", "statements_of"]

Status = Literal["affected", "not_affected", "fixed", "under_investigation"]
"""The four statuses of VEX (CISA, Minimum Requirements for VEX, 2023)."""

JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
"""Why a product is not affected (CISA, VEX Status Justifications, 2022)."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The analyst's word on one vulnerability of one component."""

    status: Status
    justification: str = ""
    """One of :data:`JUSTIFICATIONS`, for ``not_affected``."""
    impact: str = ""
    """Why it is not affected, in words."""
    action: str = ""
    """What to do, for ``affected``."""

    def __post_init__(self) -> None:
        if self.status == "not_affected" and not (self.justification or self.impact):
            raise ValueError("'not_affected' needs a justification or a statement of impact")
        if self.justification and self.justification not in JUSTIFICATIONS:
            raise ValueError(f"{self.justification!r} is not a VEX justification")
        if self.status == "affected" and not self.action:
            raise ValueError("'affected' needs a statement of what to do")


@dataclass(frozen=True, slots=True)
class VexStatement:
    """One vulnerability of one component."""

    id: str
    product: Product
    judgement: Judgement
    confidence: Confidence
    because: tuple[str, ...]
    condition: str
    record: Vulnerability | None
    """What is known about the vulnerability; None when the source does not hold it."""
    scores: tuple[Score, ...] = ()

    @property
    def is_cve(self) -> bool:
        """Whether the id is a CVE (else an advisory's own)."""
        return self.id.startswith("CVE-")


@dataclass(frozen=True, slots=True)
class Document:
    """What the writers need to know besides the statements. Nothing here comes from a clock."""

    id: str
    """The document's own id, e.g. ``ACME-VEX-2026-001``."""
    timestamp: str
    """When the document is issued: RFC 3339 with a zone, e.g. ``2026-11-24T12:00:00Z``."""
    device: str
    """Name of the device the components belong to."""
    device_version: str
    author: str
    """Who makes the statements: the device's maker."""
    namespace: str
    """A URL under the author's control; identifiers are made below it."""
    version: int = 1
    tool_version: str = ""
    """Version of harmpath."""
    file: str = "device.yaml"
    """The file in which the components are described."""


def statements_of(
    matches: Matches, source: VulnerabilitySource, judgements: Mapping[tuple[str, str], Judgement] | None = None
) -> tuple[VexStatement, ...]:
    """One statement per match, in the order of the matches.

    ``judgements``: (``Product.ref``, vulnerability id) -> the analyst's word.
    """
    decided = judgements or {}
    open_question = Judgement("under_investigation")
    statements = []
    for found in matches.matches:
        record = source.get(found.cve)
        statements.append(
            VexStatement(
                id=found.cve,
                product=found.product,
                judgement=decided.get((found.product.ref, found.cve), open_question),
                confidence=found.confidence,
                because=found.because,
                condition=found.condition,
                record=record,
                scores=scores_of(record) if record else (),
            )
        )
    return tuple(statements)


def grouped(statements: tuple[VexStatement, ...]) -> dict[str, list[VexStatement]]:
    """Vulnerability id -> its statements, ids in order."""
    found: dict[str, list[VexStatement]] = {}
    for statement in sorted(statements, key=lambda s: (s.id, s.product.ref, s.product.name, s.product.version)):
        found.setdefault(statement.id, []).append(statement)
    return found


def component_ids(statements: tuple[VexStatement, ...]) -> dict[Product, str]:
    """Component -> an id that is unique in the document: its ref where it has one, else its place."""
    products = sorted({s.product for s in statements}, key=lambda p: (p.ref, p.name, p.version, p.cpe, p.purl))
    ids: dict[Product, str] = {}
    for place, product in enumerate(products, 1):
        wanted = product.ref or f"component-{place}"
        ids[product] = wanted if wanted not in ids.values() else f"{wanted}-{place}"
    return ids
