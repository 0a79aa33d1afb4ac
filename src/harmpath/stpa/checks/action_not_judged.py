"""Every control action has at least one judgement."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ActionNotJudged(Check):
    """Every control action has at least one judgement."""

    id = "action-not-judged"
    severity = "error"
    title = "Every control action has at least one judgement."
    why = "An action that nobody has looked at is not safe, it is unknown; its hazards are missing from every result."
    remedy = "Judge the four ways of being unsafe under 'unsafe'."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, action in enumerate(subject.device.control_actions):
            if not action.unsafe:
                yield Finding(action.id, f"No judgement of {action.label} is recorded.", ("control_actions", i))
