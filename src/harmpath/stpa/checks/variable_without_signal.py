"""Each process-model variable is formed from a signal."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class VariableWithoutSignal(Check):
    """Each process-model variable is formed from a signal."""

    id = "variable-without-signal"
    severity = "warning"
    title = "Each process-model variable is formed from a signal."
    why = "A belief that nothing informs can only be right by chance; an attacker need not even falsify anything."
    remedy = "Name the signals it is formed from, or the feedback that carries them."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for _, variable in subject.device.variable.values():
            if not variable.signals and not variable.derivative_of:
                yield Finding(variable.id, f"No signal tells the controller about {variable.label}.")
