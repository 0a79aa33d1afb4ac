"""Each signal informs a process model or an ML engine."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class UnusedSignal(Check):
    """Each signal informs a process model or an ML engine."""

    id = "unused-signal"
    severity = "info"
    title = "Each signal informs a process model or an ML engine."
    why = (
        "A signal that nobody uses need not be collected, protected or transmitted; or its use is missing "
        "from the model."
    )
    remedy = "Name it in a process-model variable or in 'feeds', or remove it."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        used = {s for m in subject.device.process_models for v in m.variables for s in v.signals}
        for signal in subject.device.signals:
            if signal.id not in used and not signal.feeds:
                yield Finding(signal.id, f"Nothing uses the signal {signal.label}.")
