"""Responsibilities serve constraints that exist."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ResponsibilityOfUnknownConstraint(Check):
    """Responsibilities serve constraints that exist."""

    id = "responsibility-of-unknown-constraint"
    severity = "error"
    title = "Responsibilities serve constraints that exist."
    why = "A responsibility for a constraint that does not exist traces to nothing."
    remedy = "Use SC-<hazard id>, or the id of a constraint under 'system_constraints'."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        known = {c.id for c in subject.analysis.system_constraints}
        for i, duty in enumerate(subject.device.responsibilities):
            for j, constraint in enumerate(duty.constraints):
                if constraint not in known:
                    message = f"{duty.id} serves '{constraint}', which is not a system constraint."
                    yield Finding(duty.id, message, ("responsibilities", i, "constraints", j))
