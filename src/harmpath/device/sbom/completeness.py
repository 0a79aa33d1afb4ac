"""Is an SBOM complete enough to submit? NTIA's minimum elements (2021) and FDA's two additions (V.A.4).

NTIA: supplier, component name, version, other unique identifier, dependency relationship, author, timestamp.
FDA: level of support and end-of-support date for each component, or a justification.
"""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.device.sbom.model import Sbom
from harmpath.errors import Problem

__all__ = ["completeness"]

_FIELDS = (
    ("supplier", "ntia-supplier", "no supplier", "Give the supplier's name."),
    ("version", "ntia-version", "no version", "Give the version, or the hash of what is used."),
    (
        "support_level",
        "fda-support-level",
        "no level of support",
        "Say: actively maintained, no longer maintained, abandoned.",
    ),
    ("end_of_support", "fda-end-of-support", "no end-of-support date", "Give the date, or justify why there is none."),
)


def completeness(sbom: Sbom) -> tuple[Problem, ...]:
    """What is missing, component by component, then for the whole file."""
    return (*_components(sbom), *_document(sbom))


def _components(sbom: Sbom) -> Iterator[Problem]:
    for component in sbom.components:
        who = f"{component.name} {component.version}".strip()
        for attribute, code, said, remedy in _FIELDS:
            if not getattr(component, attribute):
                yield Problem(code, f"{who} ({component.place}): {said}.", sbom.file, remedy=remedy, severity="warning")
        if not (component.cpe or component.purl or component.hashes):
            said = f"{who} ({component.place}): no unique identifier."
            remedy = "Give a purl, a CPE or a hash; without one, vulnerabilities can only be matched by name."
            yield Problem("ntia-identifier", said, sbom.file, remedy=remedy, severity="warning")


def _document(sbom: Sbom) -> Iterator[Problem]:
    checks = (
        (sbom.author, "ntia-author", "The SBOM names no author.", "Name who made it."),
        (sbom.timestamp, "ntia-timestamp", "The SBOM has no timestamp.", "Say when it was made."),
        (sbom.dependencies, "ntia-dependencies", "The SBOM states no dependencies.", "State what contains what."),
        (sbom.subject, "ntia-subject", "The SBOM does not say what it is of.", "Name the device and version."),
    )
    for value, code, said, remedy in checks:
        if not value:
            yield Problem(code, said, sbom.file, remedy=remedy, severity="warning")
