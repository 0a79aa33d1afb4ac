"""The project states the responsibilities of its controllers."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class NoResponsibilities(Check):
    """The project states the responsibilities of its controllers."""

    id = "no-responsibilities"
    severity = "info"
    title = "The project states the responsibilities of its controllers."
    why = "Responsibilities tie system constraints to controllers; the control structure is derived from them."
    remedy = "Add 'responsibilities': controller, constraints (SC-<hazard>) and what it must do."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        if subject.controllers and not subject.device.responsibilities:
            yield Finding("responsibilities", "No controller's responsibility is stated.", ())
