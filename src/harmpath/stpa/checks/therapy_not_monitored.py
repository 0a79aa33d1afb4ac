"""Some unsafe control action of each therapy can be watched at run time."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject
from harmpath.stpa.monitors import monitor_rules


class TherapyNotMonitored(Check):
    """Some unsafe control action of each therapy can be watched at run time."""

    id = "therapy-not-monitored"
    severity = "info"
    title = "Some unsafe control action of each therapy can be watched at run time."
    why = "A monitor independent of the model catches what falsified data makes it do."
    remedy = "Give a judgement of the action a context in process-model variables with ranges."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        watched = {r.control_action for r in monitor_rules(subject.device, subject.analysis).rules}
        for action in subject.device.control_actions:
            if action.kind == "therapy" and action.unsafe and action.id not in watched:
                yield Finding(action.id, f"No monitor rule can be generated for {action.label}.")
