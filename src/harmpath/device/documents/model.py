"""What a device document is once it is read, and what is found in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Literal

from harmpath.errors import Problem
from harmpath.evidence import DocumentEvidence, NotAssessed

Role = Literal["subject", "predicate", "test"]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document, as a range of ``Document.text``."""

    number: int
    """1-based."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one device document; every offset in a result counts characters of ``text``."""

    text: str
    pages: tuple[Page, ...] = ()
    """In order; empty where the format has no pages."""
    name: str = ""
    """The file as the user named it."""
    problems: tuple[Problem, ...] = ()
    """What could not be read as it should, with severity warning; the rest of the text is used."""
    not_assessed: tuple[NotAssessed, ...] = ()
    """Parts that hold no readable text (scanned pages) or were cut by a limit."""

    def page_at(self, offset: int) -> int | None:
        """The 1-based page that holds the character at ``offset``; None where the format has no pages."""
        if not self.pages:
            return None
        index = bisect_right([page.start for page in self.pages], offset) - 1
        return self.pages[max(index, 0)].number


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a technology is named; ``document.text[start:end] == text``."""

    start: int
    end: int
    text: str
    page: int | None = None

    def evidence(self, document: str) -> DocumentEvidence:
        """The mention as evidence of a finding."""
        return DocumentEvidence(document, self.start, self.end, self.text, self.page)


@dataclass(frozen=True, slots=True)
class Technology:
    """One technology with all its mentions in a document."""

    name: str
    """Normalised: the gazetteer's name, or the name a named app, server or service has in the text."""
    version: str | None
    """As written ("6.1 or above"); several are joined by "; "."""
    vendor: str | None
    category: str
    role: Role
    """Whose it is: the subject device's, only the predicate's, or only of the testing."""
    negated: bool
    """The document says the device does not have it."""
    component: str | None
    """The component or link the text binds it to."""
    mentions: tuple[Mention, ...]
    cpe: str | None
    """CPE 2.3 formatted string, where NVD has the product."""

    def to_json(self) -> dict[str, Any]:
        """The item of the command's JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "vendor": self.vendor,
            "category": self.category,
            "role": self.role,
            "negated": self.negated,
            "component": self.component,
            "mentions": [{"start": m.start, "end": m.end, "text": m.text, "page": m.page} for m in self.mentions],
            "cpe": self.cpe,
        }


@dataclass(frozen=True, slots=True)
class ProposedComponent:
    """A component the text names; a proposal for device.yaml, for the analyst to accept."""

    id: str
    name: str
    kind: str
    """``sensor``, ``meter``, ``app``, ``phone``, ``cloud``, ``pump``, ``instrument``, ``computer``, ``device``, ..."""
    technologies: tuple[str, ...]
    evidence: tuple[DocumentEvidence, ...]


@dataclass(frozen=True, slots=True)
class ProposedChannel:
    """A flow of data between two proposed components, with the sentence that says so."""

    source: str
    """Id of a proposed component."""
    target: str
    medium: tuple[str, ...]
    """Names of the technologies that carry it; empty where the text does not say."""
    evidence: tuple[DocumentEvidence, ...]


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything found in one document."""

    technologies: tuple[Technology, ...]
    proposed_components: tuple[ProposedComponent, ...] = ()
    proposed_channels: tuple[ProposedChannel, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """``{"technologies": [...]}`` as the command prints it."""
        return {"technologies": [technology.to_json() for technology in self.technologies]}
