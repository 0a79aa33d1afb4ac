"""Every hazardous unsafe control action has loss scenarios."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class UcaWithoutScenario(Check):
    """Every hazardous unsafe control action has loss scenarios."""

    id = "uca-without-scenario"
    severity = "error"
    title = "Every hazardous unsafe control action has loss scenarios."
    why = "Without a scenario nobody has asked how it could come about, and no measure can be traced to it."
    remedy = "Name an existing controller, its process model, the channels and the target of the control action."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for uca in subject.analysis.hazardous:
            if not subject.analysis.scenarios_of.get(uca.id):
                yield Finding(uca.id, f"{uca.id} has no loss scenario.", subject.judgement_paths.get(uca.id, ()))
