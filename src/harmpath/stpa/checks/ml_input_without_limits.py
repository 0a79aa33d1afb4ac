"""Signals that feed an ML engine have limits."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class MlInputWithoutLimits(Check):
    """Signals that feed an ML engine have limits."""

    id = "ml-input-without-limits"
    severity = "warning"
    title = "Signals that feed an ML engine have limits."
    why = (
        "Strict verification of inputs is the first measure against evasion; it needs a range or a fastest "
        "plausible change."
    )
    remedy = "Give the signal 'range', 'physiological' or 'max_rate'."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for signal in subject.device.signals:
            if signal.feeds and not (signal.range or signal.physiological or signal.max_rate):
                yield Finding(signal.id, f"{signal.label} feeds {', '.join(signal.feeds)} and has no limits.")
