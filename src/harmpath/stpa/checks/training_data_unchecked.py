"""Provenance and integrity of training data are checked."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class TrainingDataUnchecked(Check):
    """Provenance and integrity of training data are checked."""

    id = "training-data-unchecked"
    severity = "warning"
    title = "Provenance and integrity of training data are checked."
    why = "Poisoned examples cannot be told from honest ones once the model has learnt them."
    remedy = "Check provenance and integrity of training data, and record it as 'data_integrity' under 'training'."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, engine in enumerate(subject.device.ml_engines):
            if engine.training.data_integrity in ("none", "unknown"):
                message = f"Integrity of the training data of {engine.label} is {engine.training.data_integrity}."
                yield Finding(engine.id, message, ("ml_engines", i, "training"))
