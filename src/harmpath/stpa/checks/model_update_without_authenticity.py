"""New models are signed and the signature is checked."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class ModelUpdateWithoutAuthenticity(Check):
    """New models are signed and the signature is checked."""

    id = "model-update-without-authenticity"
    severity = "warning"
    title = "New models are signed and the signature is checked."
    why = "Whoever can replace the model decides every later answer."
    remedy = "Sign models and check the signature where they are loaded; record it under 'update' of the ML engine."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, engine in enumerate(subject.device.ml_engines):
            if engine.update and engine.update.authenticity in ("none", "weak", "unknown"):
                message = f"The authenticity of new models of {engine.label} is {engine.update.authenticity}."
                yield Finding(engine.id, message, ("ml_engines", i, "update"))
