"""Some hazard leads to each loss."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class UnreferencedLoss(Check):
    """Some hazard leads to each loss."""

    id = "unreferenced-loss"
    severity = "warning"
    title = "Some hazard leads to each loss."
    why = "A loss that no hazard leads to is either out of scope or a hazard was overlooked."
    remedy = "Add the hazard that leads to it, or remove the loss."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        reached = {
            i for h in subject.device.hazards for i in (*h.losses, *(x for s in h.sub_hazards for x in s.losses))
        }
        for loss in subject.device.losses:
            if loss.id not in reached:
                yield Finding(loss.id, f"No hazard leads to the loss {loss.label}.")
