"""Channels that carry what a model or controller relies on are authenticated and intact."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks._protections import weak_protections
from harmpath.stpa.checks.interface import Check, Finding, Subject


class FeedbackPathUnprotected(Check):
    """Channels that carry what a model or controller relies on are authenticated and intact."""

    id = "feedback-path-unprotected"
    severity = "warning"
    title = "Channels that carry what a model or controller relies on are authenticated and intact."
    why = "False data on such a channel reaches the model as if it were measured."
    remedy = "Protect the channel, or record the control that does; write down what is known of its protections."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        relied = {s for m in subject.device.process_models for v in m.variables for s in v.signals}
        carried: dict[str, list[str]] = {}
        for signal in subject.device.signals:
            if signal.id in relied or signal.feeds:
                for id_ in signal.via:
                    carried.setdefault(id_, []).append(signal.id)
        for id_, signals in sorted(carried.items()):
            channel = subject.device.channel.get(id_)
            weak = weak_protections(channel) if channel else ""
            if channel and weak:
                yield Finding(id_, f"{channel.label} carries {', '.join(sorted(set(signals)))} with {weak}.")
