"""Each system constraint is some controller's responsibility."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ConstraintWithoutResponsibility(Check):
    """Each system constraint is some controller's responsibility."""

    id = "constraint-without-responsibility"
    severity = "warning"
    title = "Each system constraint is some controller's responsibility."
    why = "A constraint that no controller is responsible for is enforced by nobody."
    remedy = "Add its id to the 'constraints' of a responsibility."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        if not subject.device.responsibilities:
            return
        served = {c for r in subject.device.responsibilities for c in r.constraints}
        for constraint in subject.analysis.system_constraints:
            parents = {f"SC-{subject.device.hazard[h].id}" for h in constraint.hazards if h in subject.device.hazard}
            if constraint.id not in served and not parents & served:
                where = subject.paths.get(constraint.id) or subject.paths.get(constraint.hazards[0], ())
                yield Finding(constraint.id, f"No controller is responsible for {constraint.id}.", where)
