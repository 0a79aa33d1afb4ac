"""Some control action reaches the patient's care."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class LoopNeverClosed(Check):
    """Some control action reaches the patient's care."""

    id = "loop-never-closed"
    severity = "info"
    title = "Some control action reaches the patient's care."
    why = "A model in which no action reaches a patient, a person or an actuator cannot say who is hurt, or how."
    remedy = "Add the control action that acts on the patient, or on the person or actuator that does."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        ends = {"patient", "clinician", "operator", "actuator", "display"}
        kinds = {
            subject.device.component[a.target].kind
            for a in subject.device.control_actions
            if a.target in subject.device.component
        }
        if subject.device.control_actions and not kinds & ends:
            yield Finding(
                "control_actions", "No control action reaches a person, a display or an actuator.", ("control_actions",)
            )
