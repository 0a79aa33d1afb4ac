"""A control action leads to another component."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ActionOnItself(Check):
    """A control action leads to another component."""

    id = "action-on-itself"
    severity = "warning"
    title = "A control action leads to another component."
    why = "An action on oneself is a part of the control algorithm and belongs inside the controller."
    remedy = "Model the part that is controlled as a component of its own."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, action in enumerate(subject.device.control_actions):
            if action.source == action.target:
                yield Finding(
                    action.id, f"{action.label} leads from {action.source} to itself.", ("control_actions", i, "to")
                )
