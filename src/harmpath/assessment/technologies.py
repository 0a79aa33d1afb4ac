"""Every technology of the device: what device.yaml says, and what the SBOMs list, joined where they are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harmpath.assessment.model import ProposalRow, TechnologyRow
from harmpath.assessment.proposals import propose
from harmpath.assessment.rows import evidence_rows
from harmpath.device.elements import Technology
from harmpath.device.model import Device
from harmpath.device.project import Project
from harmpath.device.sbom import Sbom, SbomComponent, completeness, read_sbom
from harmpath.errors import Problem
from harmpath.evidence import DocumentEvidence, ElementEvidence, Evidence, NotAssessed

__all__ = ["Technologies", "collect"]


@dataclass(frozen=True)
class Technologies:
    """What was collected, and what could not be."""

    rows: tuple[TechnologyRow, ...]
    findings: tuple[Problem, ...]
    """What the SBOMs lack."""
    not_assessed: tuple[NotAssessed, ...]
    proposals: tuple[ProposalRow, ...] = ()


def collect(project: Project, verdicts: Mapping[str, str] = MappingProxyType({})) -> Technologies:
    """Technologies of the project, sorted by id; those that a document names are proposed until they are accepted.

    Raises:
        InputError: an SBOM of the project cannot be read.
    """
    rows: dict[str, TechnologyRow] = {}
    for element, technology in _declared(project.device):
        _add(rows, element, technology, "device.yaml", (ElementEvidence(element, f"uses {_full(technology)}"),))
    findings: list[Problem] = []
    homeless: list[NotAssessed] = []
    for path in project.sboms():
        sbom = read_sbom(path)
        findings += [*sbom.problems, *completeness(sbom)]
        for component in sbom.components:
            element = _element(project.device, component, rows)
            if not element:
                homeless.append(_homeless(sbom, component))
            _add(rows, element, _technology(component), sbom.file, (_quote(sbom, component),))
    proposals, unread = propose(project, tuple(rows.values()), verdicts)
    for proposal in proposals:
        if proposal.decision == "accepted":
            _accept(project.device, rows, proposal)
    return Technologies(tuple(rows[k] for k in sorted(rows)), tuple(findings), (*homeless, *unread), proposals)


def _accept(device: Device, rows: dict[str, TechnologyRow], proposal: ProposalRow) -> None:
    """A proposal the analyst accepted becomes a technology, on the component that bears the name in the document."""
    wanted = proposal.component.casefold()
    element = next((c.id for c in device.components if wanted and wanted in (c.id, c.label.casefold())), "")
    technology = Technology.model_construct(
        name=proposal.name, version=proposal.version, vendor=proposal.vendor, cpe=proposal.cpe, purl=None,
        supported_until=None, note="",
    )  # fmt: skip
    source = proposal.evidence[0].source
    evidence = tuple(DocumentEvidence(e.source, e.start or 0, e.end or 0, e.text, e.page) for e in proposal.evidence)
    _add(rows, element, technology, source, evidence)


def _declared(device: Device) -> Iterator[tuple[str, Technology]]:
    for component in device.components:
        yield from ((component.id, t) for t in component.technologies)
    for channel in device.channels:
        yield from ((channel.id, t) for t in channel.technologies)


def _technology(component: SbomComponent) -> Technology:
    """An SBOM entry as a technology; texts longer than a model allows are cut, not refused."""
    return Technology.model_construct(
        name=component.name[:200],
        version=component.version[:120] or None,
        vendor=component.supplier[:200] or None,
        cpe=component.cpe[:500] or None,
        purl=component.purl[:500] or None,
        supported_until=component.end_of_support[:200] or None,
        note="",
    )


def _element(device: Device, component: SbomComponent, rows: dict[str, TechnologyRow]) -> str:
    """Where in the device an SBOM entry belongs: as it says, or where the same technology is declared."""
    if component.element in device.by_id:
        return component.element
    same = [r for r in rows.values() if _same(r, component)]
    return same[0].element if same else ""


def _same(row: TechnologyRow, component: SbomComponent) -> bool:
    if component.purl and row.purl == component.purl:
        return True
    if component.cpe and row.cpe == component.cpe:
        return True
    return _slug(row.name) == _slug(component.name) and (row.version or "") == component.version


def _homeless(sbom: Sbom, component: SbomComponent) -> NotAssessed:
    who = f"{component.name} {component.version}".strip()
    return NotAssessed(
        f"{who} ({sbom.file})",
        "The SBOM does not say which component it is part of, so its vulnerabilities license no attack step.",
        "Add the property harmpath:element with the component's id, or declare the technology in device.yaml.",
    )


def _quote(sbom: Sbom, component: SbomComponent) -> Evidence:
    return DocumentEvidence(sbom.file, 0, 0, f"{component.place}: {component.name} {component.version}".strip())


def _full(technology: Technology) -> str:
    return f"{technology.name} {technology.version or ''}".strip()


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "x"


def _add(
    rows: dict[str, TechnologyRow], element: str, technology: Technology, origin: str, evidence: tuple[Evidence, ...]
) -> None:
    parts = [
        "T",
        element or "unplaced",
        _slug(technology.name),
        _slug(technology.version) if technology.version else "",
    ]
    id_ = "-".join(p for p in parts if p)
    known = rows.get(id_)
    rows[id_] = TechnologyRow(
        id=id_,
        element=element,
        name=technology.name,
        version=technology.version or (known.version if known else None),
        vendor=(known.vendor if known else None) or technology.vendor,
        cpe=(known.cpe if known else None) or technology.cpe,
        purl=(known.purl if known else None) or technology.purl,
        supported_until=(known.supported_until if known else None) or technology.supported_until,
        origin=known.origin if known else origin,
        evidence=(known.evidence if known else ()) + evidence_rows(evidence),
    )
