"""Every hazardous unsafe control action has a controller constraint."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class UcaWithoutConstraint(Check):
    """Every hazardous unsafe control action has a controller constraint."""

    id = "uca-without-constraint"
    severity = "error"
    title = "Every hazardous unsafe control action has a controller constraint."
    why = "The constraint is what the design is held to; without it nothing prevents the unsafe control action."
    remedy = "Give the judgement an aspect and a control action from which the constraint can be derived."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        inverted = {c.uca for c in subject.analysis.controller_constraints}
        for uca in subject.analysis.hazardous:
            if uca.id not in inverted:
                yield Finding(
                    uca.id, f"{uca.id} has no controller constraint.", subject.judgement_paths.get(uca.id, ())
                )
