"""What is believed differs from what is so."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class BelievesWhatIsSo(Check):
    """What is believed differs from what is so."""

    id = "believes-what-is-so"
    severity = "warning"
    title = "What is believed differs from what is so."
    why = "A judgement whose belief equals the actual state describes no false belief; its scenarios make no sense."
    remedy = "Correct the believed state, or leave 'believed' out."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, action in enumerate(subject.device.control_actions):
            for j, judgement in enumerate(action.unsafe):
                for variable, state in judgement.believed.items():
                    if judgement.context.get(variable) == state:
                        message = f"{action.label}: {variable} is {state} and is believed to be {state}."
                        yield Finding(action.id, message, ("control_actions", i, "unsafe", j, "believed", variable))
