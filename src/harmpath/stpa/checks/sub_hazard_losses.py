"""The losses of a sub-hazard are among its hazard's."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class SubHazardLosses(Check):
    """The losses of a sub-hazard are among its hazard's."""

    id = "sub-hazard-losses"
    severity = "error"
    title = "The losses of a sub-hazard are among its hazard's."
    why = "A sub-hazard is a part of its hazard; a loss of its own would never be reached from the hazard."
    remedy = "Add the loss to the hazard, or take it from the sub-hazard."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, hazard in enumerate(subject.device.hazards):
            for j, sub in enumerate(hazard.sub_hazards):
                extra = sorted(set(sub.losses) - set(hazard.losses))
                if extra:
                    message = f"{sub.id} leads to {', '.join(extra)}, but its hazard {hazard.id} does not."
                    yield Finding(sub.id, message, ("hazards", i, "sub_hazards", j, "losses"))
