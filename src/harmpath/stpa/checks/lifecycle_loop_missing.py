"""The life of each ML engine is controlled from data collection to monitoring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from harmpath.device.vocabulary import LifecycleStage
from harmpath.stpa.checks.interface import Check, Finding, Subject


class LifecycleLoopMissing(Check):
    """The life of each ML engine is controlled from data collection to monitoring."""

    id = "lifecycle-loop-missing"
    severity = "info"
    title = "The life of each ML engine is controlled from data collection to monitoring."
    why = (
        "Poisoned data, a swapped model or unnoticed drift enter there; what is not in the control structure "
        "is not analysed."
    )
    remedy = "Add control actions with 'stage' and 'engine' for the stages that are missing."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        held = {(a.engine, a.stage) for a in subject.device.control_actions}
        for engine in subject.device.ml_engines:
            missing = [s for s in get_args(LifecycleStage) if s != "use" and not held & {(engine.id, s), (None, s)}]
            if missing:
                yield Finding(engine.id, f"No control action governs {', '.join(missing)} of {engine.label}.")
