"""Each requirement says how it is verified."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class RequirementNotVerified(Check):
    """Each requirement says how it is verified."""

    id = "requirement-not-verified"
    severity = "info"
    title = "Each requirement says how it is verified."
    why = "A submission shows for every requirement the test, analysis or inspection that verifies it."
    remedy = "Fill in 'verified_by'."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for requirement in subject.device.requirements:
            if not requirement.verified_by:
                yield Finding(requirement.id, f"Nothing says how {requirement.label} is verified.")
