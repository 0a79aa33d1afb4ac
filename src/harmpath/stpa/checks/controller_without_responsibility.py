"""Each controller has a responsibility."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ControllerWithoutResponsibility(Check):
    """Each controller has a responsibility."""

    id = "controller-without-responsibility"
    severity = "info"
    title = "Each controller has a responsibility."
    why = "A controller without one either does not belong in the control structure or its purpose was forgotten."
    remedy = "Say under 'responsibilities' what it must do."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        if not subject.device.responsibilities:
            return
        charged = {r.controller for r in subject.device.responsibilities}
        for controller in subject.controllers:
            if controller not in charged:
                yield Finding(controller, f"{controller} provides control actions but has no responsibility.")
