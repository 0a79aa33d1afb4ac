"""Each process-model variable has states."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class VariableWithoutStates(Check):
    """Each process-model variable has states."""

    id = "variable-without-states"
    severity = "warning"
    title = "Each process-model variable has states."
    why = "A variable without states takes part in no context table, and no judgement can name it."
    remedy = "List its states, with ranges where it is a number."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for _, variable in subject.device.variable.values():
            if not variable.states:
                yield Finding(variable.id, f"The process-model variable {variable.label} has no states.")
