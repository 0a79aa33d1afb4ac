"""An SBOM in one form, whatever format it came in."""

from __future__ import annotations

from dataclasses import dataclass, field

from harmpath.errors import Problem

__all__ = ["Sbom", "SbomComponent"]


@dataclass(frozen=True, slots=True)
class SbomComponent:
    """One component, service, firmware or ML model that an SBOM lists."""

    ref: str
    """Its reference inside the file (bom-ref, SPDXID); made from its position when the file gives none."""
    name: str
    version: str = ""
    kind: str = ""
    """CycloneDX type: application, library, operating-system, firmware, machine-learning-model, service ..."""
    supplier: str = ""
    cpe: str = ""
    purl: str = ""
    licences: tuple[str, ...] = ()
    hashes: tuple[tuple[str, str], ...] = ()
    """Algorithm and value."""
    support_level: str = ""
    end_of_support: str = ""
    element: str = ""
    """Id of the device's component that it is part of (property ``harmpath:element``); empty when not said."""
    place: str = ""
    """Where in the file, e.g. ``components[3]``."""


@dataclass(frozen=True, slots=True)
class Sbom:
    """A bill of materials."""

    file: str
    format: str
    """E.g. ``CycloneDX 1.6`` or ``SPDX 2.3``."""
    subject: str = ""
    """What the SBOM is of."""
    subject_version: str = ""
    author: str = ""
    timestamp: str = ""
    components: tuple[SbomComponent, ...] = ()
    dependencies: int = 0
    """How many dependency relationships it states."""
    problems: tuple[Problem, ...] = field(default=())
    """What was skipped while reading, with the reason."""
