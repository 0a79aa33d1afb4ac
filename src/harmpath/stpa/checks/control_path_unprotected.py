"""Channels that carry therapy, alarms or updates are authenticated and intact."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks._protections import weak_protections
from harmpath.stpa.checks.interface import Check, Finding, Subject


class ControlPathUnprotected(Check):
    """Channels that carry therapy, alarms or updates are authenticated and intact."""

    id = "control-path-unprotected"
    severity = "warning"
    title = "Channels that carry therapy, alarms or updates are authenticated and intact."
    why = "On such a channel an adversary can forge, change or replay the action itself; no belief need be falsified."
    remedy = "Protect the channel, or record the control that does; write down what is known of its protections."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        critical = {"therapy", "alarm", "update", "configuration"}
        seen: set[str] = set()
        for action in subject.device.control_actions:
            for id_ in action.via:
                channel = subject.device.channel.get(id_)
                if action.kind in critical and channel and id_ not in seen:
                    weak = weak_protections(channel)
                    if weak:
                        seen.add(id_)
                        yield Finding(id_, f"{channel.label} carries {action.label} ({action.kind}) with {weak}.")
