"""What is matched and what comes out: Product, Match, Unmatched, Matches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harmpath.evidence import Coverage, Evidence, NotAssessed, require_evidence

__all__ = ["CONFIDENCES", "Confidence", "Match", "Matches", "Product", "Reason", "Unmatched"]

Confidence = Literal["exact", "range", "conditional", "alias", "name-only"]
CONFIDENCES: tuple[Confidence, ...] = ("exact", "range", "conditional", "alias", "name-only")
"""Strongest first. exact: this product in this version is named. range: its version lies within stated bounds (or all
versions are affected). conditional: true if something holds that the device model does not state. alias: the product
was found under another name that the catalogue gives. name-only: a product of this name, the vendor being unstated."""

Reason = Literal["none-apply", "unknown-product", "ambiguous", "no-version", "not-covered", "bad-identifier"]


@dataclass(frozen=True, slots=True)
class Product:
    """A technology to look up. The more it states (CPE or purl, vendor, version), the stronger the answer."""

    name: str
    version: str = ""
    vendor: str = ""
    cpe: str = ""
    purl: str = ""
    ref: str = ""
    """The caller's id of the technology."""


@dataclass(frozen=True, slots=True)
class Match:
    """A vulnerability that applies, or may apply, to a product, with the reasons."""

    product: Product
    cve: str
    """The vulnerability's id; an advisory's own (``PYSEC-...``) where it has no CVE."""
    confidence: Confidence
    because: tuple[str, ...]
    """Which identifier was used, how its attributes relate, which bound was hit, what the platform nodes gave."""
    condition: str
    """For a conditional match: what has to be true. Empty when nothing is left open."""
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        require_evidence(f"match of {self.cve}", self.evidence)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A product for which no vulnerability is reported, and why; never to be read as "safe"."""

    product: Product
    code: Reason
    reason: str
    nearest: tuple[str, ...] = ()
    """Names that the records do hold and that come nearest."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The answer for a set of products."""

    matches: tuple[Match, ...]
    unmatched: tuple[Unmatched, ...]
    coverage: Coverage
    not_assessed: tuple[NotAssessed, ...] = field(default=())
    """Parts of a product's identity that could not be looked up although others were."""
