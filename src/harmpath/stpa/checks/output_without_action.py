"""A control action follows from each output of an ML engine."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class OutputWithoutAction(Check):
    """A control action follows from each output of an ML engine."""

    id = "output-without-action"
    severity = "warning"
    title = "A control action follows from each output of an ML engine."
    why = "If nothing follows from an output its falsification harms nobody; or the action that follows is missing."
    remedy = "Name the output in 'outputs' of the control action that follows from it."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        followed = {o for a in subject.device.control_actions for o in a.outputs}
        for engine in subject.device.ml_engines:
            for output in engine.outputs:
                if output.id not in followed:
                    yield Finding(output.id, f"No control action follows from {output.label} of {engine.label}.")
