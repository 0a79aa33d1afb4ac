"""Each controller has a process model."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ControllerWithoutProcessModel(Check):
    """Each controller has a process model."""

    id = "controller-without-process-model"
    severity = "warning"
    title = "Each controller has a process model."
    why = (
        "Most accidents begin with a controller that believes something false; without a process model nobody "
        "can ask what."
    )
    remedy = "Add its process model: variables, their states and the signals they come from."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for controller in subject.controllers:
            if controller not in subject.device.models_of:
                yield Finding(controller, f"The controller {controller} has no process model.")
