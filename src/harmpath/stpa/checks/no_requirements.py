"""The project states safety requirements."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class NoRequirements(Check):
    """The project states safety requirements."""

    id = "no-requirements"
    severity = "info"
    title = "The project states safety requirements."
    why = (
        "Requirements are where the analysis meets design and verification; reviewers follow them from hazard to test."
    )
    remedy = "Add 'requirements' that say which scenarios, unsafe control actions or hazards they cover."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        if subject.analysis.hazardous and not subject.device.requirements:
            yield Finding("requirements", "No safety requirement is stated.", ())
