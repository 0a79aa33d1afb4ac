"""Each process-model variable matters to some judgement."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class UnusedVariable(Check):
    """Each process-model variable matters to some judgement."""

    id = "unused-variable"
    severity = "info"
    title = "Each process-model variable matters to some judgement."
    why = "A variable that no judgement names is either superfluous or a context that nobody has thought through."
    remedy = "Use it in the context of a judgement, or remove it."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        named = {
            v for a in subject.device.control_actions for j in a.unsafe for v in (*j.context, *j.any_of, *j.believed)
        }
        for _, variable in subject.device.variable.values():
            if variable.id not in named:
                yield Finding(variable.id, f"No judgement names the variable {variable.label}.")
