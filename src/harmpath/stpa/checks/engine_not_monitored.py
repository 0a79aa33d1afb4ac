"""Each ML engine is watched in use."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class EngineNotMonitored(Check):
    """Each ML engine is watched in use."""

    id = "engine-not-monitored"
    severity = "warning"
    title = "Each ML engine is watched in use."
    why = "Drift and attack both show as answers that no longer fit; unwatched, the patient is the first to notice."
    remedy = "Monitor performance and inputs in use, and record it as 'monitoring'."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for engine in subject.device.ml_engines:
            if engine.monitoring in ("none", "unknown"):
                yield Finding(engine.id, f"Monitoring of {engine.label} in use is {engine.monitoring}.")
