"""Some unsafe control action leads to each hazard."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class HazardWithoutUca(Check):
    """Some unsafe control action leads to each hazard."""

    id = "hazard-without-uca"
    severity = "warning"
    title = "Some unsafe control action leads to each hazard."
    why = "A hazard that no unsafe control action leads to was stated and then not analysed."
    remedy = "Find the control action that leads to it, or say why none can."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        reached = {h for u in subject.analysis.hazardous for h in u.hazards}
        parents = {subject.device.hazard[h].id for h in reached if h in subject.device.hazard}
        for hazard in subject.device.hazards:
            parts = (hazard, *hazard.sub_hazards) if hazard.id not in reached else ()
            for part in parts:
                if part.id not in reached and not (part is hazard and hazard.id in parents):
                    yield Finding(part.id, f"No unsafe control action leads to {part.label}.")
