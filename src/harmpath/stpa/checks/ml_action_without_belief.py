"""For actions that follow from an ML engine, a false belief is judged."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject
from harmpath.stpa.loop import engines_behind


class MlActionWithoutBelief(Check):
    """For actions that follow from an ML engine, a false belief is judged."""

    id = "ml-action-without-belief"
    severity = "info"
    title = "For actions that follow from an ML engine, a false belief is judged."
    why = (
        "A model acts on what its inputs tell it; judged without a false belief, false data never enters the analysis."
    )
    remedy = "Give a judgement 'context' and 'believed': what is so, and what the model is made to believe."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, action in enumerate(subject.device.control_actions):
            hazardous = [j for j in action.unsafe if j.hazards]
            if hazardous and engines_behind(subject.device, action) and not any(j.believed for j in hazardous):
                message = f"No judgement of {action.label} says what the model is made to believe."
                yield Finding(action.id, message, ("control_actions", i))
