"""Some safety requirement covers each hazardous unsafe control action."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class UcaWithoutRequirement(Check):
    """Some safety requirement covers each hazardous unsafe control action."""

    id = "uca-without-requirement"
    severity = "info"
    title = "Some safety requirement covers each hazardous unsafe control action."
    why = "A hazard that is known but not turned into a requirement is not designed out or tested."
    remedy = "Add a requirement that covers it, one of its scenarios, its constraint or its hazard."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        if not subject.device.requirements:
            return
        constraints = {c.uca: c.id for c in subject.analysis.controller_constraints}
        for uca in subject.analysis.hazardous:
            scenarios = (s.id for s in subject.analysis.scenarios_of.get(uca.id, ()))
            related = {uca.id, constraints.get(uca.id, ""), *uca.hazards, *scenarios}
            if not related & subject.covered:
                yield Finding(uca.id, f"No requirement covers {uca.id}.", subject.judgement_paths.get(uca.id, ()))
