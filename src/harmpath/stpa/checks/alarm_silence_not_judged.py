"""An alarm that does not come is judged."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class AlarmSilenceNotJudged(Check):
    """An alarm that does not come is judged."""

    id = "alarm-silence-not-judged"
    severity = "error"
    title = "An alarm that does not come is judged."
    why = "Suppressing an alarm is what an adversary does to keep a hazard unseen; its absence must be on the record."
    remedy = "Judge 'not-provided' of the alarm: hazards, or not_hazardous with the reason."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, action in enumerate(subject.device.control_actions):
            if action.kind == "alarm" and not any(j.type == "not-provided" for j in action.unsafe):
                yield Finding(action.id, f"Nothing is said of {action.label} not being given.", ("control_actions", i))
