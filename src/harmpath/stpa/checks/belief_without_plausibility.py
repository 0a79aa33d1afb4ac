"""What a belief is formed from has limits that can be checked."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class BeliefWithoutPlausibility(Check):
    """What a belief is formed from has limits that can be checked."""

    id = "belief-without-plausibility"
    severity = "info"
    title = "What a belief is formed from has limits that can be checked."
    why = "Without an accepted range or a fastest plausible change, no receiver can refuse a falsified value."
    remedy = "Give the signal 'range', 'physiological' or 'max_rate'."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        relied = {s for m in subject.device.process_models for v in m.variables for s in v.signals}
        for signal in subject.device.signals:
            if signal.id in relied and not (signal.range or signal.physiological or signal.max_rate):
                yield Finding(signal.id, f"{signal.label} has neither a range nor a fastest plausible change.")
