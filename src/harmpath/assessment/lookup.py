"""Known vulnerabilities of one SBOM or one project, in the form that ``harmpath vulnerabilities --json`` publishes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from harmpath.assessment.knowledge import source_of
from harmpath.assessment.model import CoverageRow, NotAssessedRow
from harmpath.assessment.rows import coverage_row, not_assessed_rows
from harmpath.assessment.technologies import collect
from harmpath.device.project import Project
from harmpath.device.sbom import Sbom
from harmpath.evidence import Coverage
from harmpath.records import Vulnerability
from harmpath.vulnerabilities import Match, Product, match
from harmpath.vulnerabilities.scores import primary_score

__all__ = ["ComponentRef", "Found", "Lookup", "Scores", "lookup_project", "lookup_sbom"]


class ComponentRef(msgspec.Struct, frozen=True, kw_only=True):
    """The component a vulnerability was found in, or not."""

    bom_ref: str
    name: str
    version: str
    cpe: str
    purl: str


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """How bad and how likely to be exploited, as published; None where no source says it."""

    cvss_version: str | None = None
    cvss_vector: str | None = None
    cvss: float | None = None
    severity: str | None = None
    epss: float | None = None
    epss_percentile: float | None = None
    known_exploited: bool = False
    ssvc_exploitation: str | None = None
    weaknesses: tuple[str, ...] = ()


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One vulnerability of one component, with the reason."""

    component: ComponentRef
    cve: str
    confidence: str
    because: tuple[str, ...]
    condition: str
    scores: Scores


class NotFound(msgspec.Struct, frozen=True, kw_only=True):
    """A component without a match, and why; never to be read as safe."""

    component: ComponentRef
    reason: str
    nearest: tuple[str, ...]


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer."""

    schema: str = "harmpath-vulnerabilities-1"
    coverage: CoverageRow
    matches: tuple[Found, ...]
    unmatched: tuple[NotFound, ...]
    not_assessed: tuple[NotAssessedRow, ...]


def lookup_sbom(sbom: Sbom, store: Path | None) -> Lookup:
    """Vulnerabilities of every component of an SBOM; the other components are its platform.

    Raises:
        StoreError: the store that was named cannot be opened.
    """
    products = [Product(c.name, c.version, c.supplier, c.cpe, c.purl, c.ref) for c in sbom.components]
    return _lookup(products, (), store)


def lookup_project(project: Project, store: Path | None) -> Lookup:
    """Vulnerabilities of every technology of a project, from its facts tables and the store.

    Raises:
        InputError: a file of the project is wrong.
        StoreError: the store that was named cannot be opened.
    """
    rows = collect(project).rows
    products = [Product(t.name, t.version or "", t.vendor or "", t.cpe or "", t.purl or "", t.id) for t in rows]
    return _lookup(products, project.facts(), store)


def _lookup(products: Sequence[Product], facts: Sequence[Path], store: Path | None) -> Lookup:
    source, missing = source_of(facts, store)
    found = match(products, source, [p.cpe for p in products if p.cpe])
    records = {cve: source.get(cve) for cve in sorted({m.cve for m in found.matches})}
    return Lookup(
        coverage=coverage_row(Coverage(found.coverage.sources, (*found.coverage.missing, *missing))),
        matches=tuple(_found(m, records[m.cve]) for m in found.matches),
        unmatched=tuple(
            NotFound(component=_component(u.product), reason=u.reason, nearest=u.nearest) for u in found.unmatched
        ),
        not_assessed=not_assessed_rows("vulnerabilities", found.not_assessed),
    )


def _component(product: Product) -> ComponentRef:
    return ComponentRef(
        bom_ref=product.ref, name=product.name, version=product.version, cpe=product.cpe, purl=product.purl
    )


def _found(one: Match, record: Vulnerability | None) -> Found:
    return Found(
        component=_component(one.product),
        cve=one.cve,
        confidence=one.confidence,
        because=one.because,
        condition=one.condition,
        scores=_scores(record) if record else Scores(),
    )


def _scores(record: Vulnerability) -> Scores:
    score = primary_score(record)
    return Scores(
        cvss_version=score.version if score else None,
        cvss_vector=score.vector if score else None,
        cvss=score.base if score else None,
        severity=score.severity if score else None,
        epss=record.epss.score if record.epss else None,
        epss_percentile=record.epss.percentile if record.epss else None,
        known_exploited=record.kev is not None,
        ssvc_exploitation=record.ssvc.exploitation if record.ssvc else None,
        weaknesses=tuple(dict.fromkeys(w.cwe for w in record.weaknesses)),
    )
