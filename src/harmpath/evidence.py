"""What every finding carries: where it comes from, what the data covers, and what was not looked at.

A finding is built from at least one :data:`Evidence`. "Nothing found" is never said without a :class:`Coverage`, and
what was not looked at is a :class:`NotAssessed` with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

__all__ = [
    "CatalogueEvidence",
    "Coverage",
    "DocumentEvidence",
    "ElementEvidence",
    "Evidence",
    "MeasurementEvidence",
    "NotAssessed",
    "RecordEvidence",
    "SourceCoverage",
    "require_evidence",
]


@dataclass(frozen=True, slots=True)
class ElementEvidence:
    """An element of the device model (component, channel, signal, loss, ...)."""

    kind: ClassVar[str] = "model-element"
    id: str
    """The element's id in device.yaml."""
    note: str = ""
    """The attribute that matters, e.g. ``authentication: none``."""


@dataclass(frozen=True, slots=True)
class RecordEvidence:
    """A record of a public source."""

    kind: ClassVar[str] = "public-record"
    source: str
    """The source's short name, e.g. ``nvd``, ``cisa-kev``, ``openfda-recall``."""
    id: str
    """The record's own identifier, e.g. ``CVE-2019-10964``."""
    as_of: str = ""
    """ISO date of the statement or snapshot used; empty when the source gives none."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class DocumentEvidence:
    """A span of one of the device's own documents."""

    kind: ClassVar[str] = "document-span"
    document: str
    """File name relative to the project folder."""
    start: int
    """First character, 0-based, in the extracted text."""
    end: int
    """One past the last character."""
    text: str
    """The quoted span."""
    page: int | None = None
    """1-based page, where the format has pages."""


@dataclass(frozen=True, slots=True)
class CatalogueEvidence:
    """An entry of the knowledge that harmpath ships (rule, weakness, technique, control, causal factor)."""

    kind: ClassVar[str] = "catalogue-entry"
    catalogue: str
    """The catalogue's name, e.g. ``attack-rules``."""
    id: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class MeasurementEvidence:
    """A measured figure: an attack on the model, a simulated patient, a detector."""

    kind: ClassVar[str] = "measurement"
    what: str
    value: float
    unit: str = ""
    low: float | None = None
    """Lower end of the confidence interval, when the result is stochastic."""
    high: float | None = None
    n: int | None = None
    """How many samples the figure rests on."""
    seed: int | None = None
    note: str = ""


Evidence: TypeAlias = ElementEvidence | RecordEvidence | DocumentEvidence | CatalogueEvidence | MeasurementEvidence


def require_evidence(finding: str, evidence: Iterable[Evidence]) -> None:
    """Raise ValueError when a finding is built without evidence (rule 1 of the house)."""
    if not tuple(evidence):
        raise ValueError(f"{finding} has no evidence")


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """Something that was not looked at, or could not be, with the reason; never silence."""

    subject: str
    """What was not assessed: an element id, a technology, a whole reading."""
    reason: str
    remedy: str = ""
    """What would let harmpath assess it."""


@dataclass(frozen=True, slots=True)
class SourceCoverage:
    """What one source contributed to an answer."""

    source: str
    as_of: str
    """ISO date of the newest statement held; empty when the source gives none."""
    records: int
    by_year: Mapping[int, int] = field(default_factory=dict)
    """Records held per year of their identifier (CVE year, recall year, ...)."""
    note: str = ""
    """Known holes, e.g. "2021 stops in October"."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the data behind an answer covers; part of every answer that rests on data."""

    sources: tuple[SourceCoverage, ...]
    missing: tuple[NotAssessed, ...] = ()
    """Sources that the answer would normally use and that were not there."""

    def statement(self) -> str:
        """The coverage as one sentence for a reader."""
        if not self.sources:
            held = "No public records were available"
        else:
            parts = (f"{s.source} ({s.records:,} records, as of {s.as_of or 'unknown date'})" for s in self.sources)
            held = "Rests on " + ", ".join(parts)
        lacking = "; not available: " + ", ".join(m.subject for m in self.missing) if self.missing else ""
        return held + lacking + "."
