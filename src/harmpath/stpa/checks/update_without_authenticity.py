"""Updates of components are signed and the signature is checked."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class UpdateWithoutAuthenticity(Check):
    """Updates of components are signed and the signature is checked."""

    id = "update-without-authenticity"
    severity = "warning"
    title = "Updates of components are signed and the signature is checked."
    why = "Who can update a component decides what it does from then on."
    remedy = "Sign updates and check the signature where they are received; record it under 'update'."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, component in enumerate(subject.device.components):
            if component.update and component.update.authenticity in ("none", "weak", "unknown"):
                level = component.update.authenticity
                yield Finding(
                    component.id,
                    f"The authenticity of updates of {component.label} is {level}.",
                    ("components", i, "update"),
                )
