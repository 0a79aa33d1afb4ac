"""Known vulnerabilities of one SBOM or one project, in the form that ``harmpath vulnerabilities --json`` publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from harmpath.assessment.knowledge import coverage_of, source_of
from harmpath.assessment.model import CoverageRow, NotAssessedRow
from harmpath.assessment.rows import coverage_row, not_assessed_rows
from harmpath.assessment.technologies import collect
from harmpath.device.project import open_project
from harmpath.device.sbom import read_sbom
from harmpath.records import Vulnerability, VulnerabilitySource
from harmpath.vulnerabilities import Match, Matches, Product, match
from harmpath.vulnerabilities.scores import primary_score

__all__ = ["ComponentRef", "Found", "Lookup", "Scores", "lookup", "matched", "products_of"]


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


def matched(
    products: Sequence[Product], facts: Sequence[Path], store: Path | None
) -> tuple[Matches, VulnerabilitySource]:
    """Matches of some products that are one another's platform, and the source they come from."""
    source, missing = source_of(facts, store)
    found = match(products, source, [p.cpe for p in products if p.cpe])
    return replace(found, coverage=coverage_of(found.coverage, missing)), source


def products_of(path: Path) -> tuple[list[Product], tuple[Path, ...]]:
    """Products of a project folder or of an SBOM file, and the facts tables beside them.

    Raises:
        InputError: the project or the SBOM cannot be read.
    """
    if path.is_dir() or path.name == "device.yaml":
        project = open_project(path)
        rows = collect(project).rows
        products = [Product(t.name, t.version or "", t.vendor or "", t.cpe or "", t.purl or "", t.id) for t in rows]
        return products, project.facts()
    sbom = read_sbom(path)
    return [Product(c.name, c.version, c.supplier, c.cpe, c.purl, c.ref) for c in sbom.components], ()


def lookup(path: Path, store: Path | None) -> Lookup:
    """Vulnerabilities of every technology of a project, or of every component of an SBOM.

    Raises:
        InputError: the project or the SBOM cannot be read.
        StoreError: the store that was named cannot be opened.
    """
    products, facts = products_of(path)
    found, source = matched(products, facts, store)
    records = {cve: source.get(cve) for cve in sorted({m.cve for m in found.matches})}
    return Lookup(
        coverage=coverage_row(found.coverage),
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
