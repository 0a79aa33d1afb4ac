"""The id of a judgement is its own."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class JudgementIdTaken(Check):
    """The id of a judgement is its own."""

    id = "judgement-id-taken"
    severity = "error"
    title = "The id of a judgement is its own."
    why = "Decisions and traces name findings by id; one id for two things sends them to the wrong one."
    remedy = "Choose another id, or leave it out."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        taken: dict[str, str] = {}
        for i, action in enumerate(subject.device.control_actions):
            for j, judgement in enumerate(action.unsafe):
                if judgement.id is None:
                    continue
                other = taken.get(judgement.id) or ("an element" if judgement.id in subject.device.by_id else "")
                if other:
                    message = f"The judgement's id '{judgement.id}' already belongs to {other}."
                    yield Finding(action.id, message, ("control_actions", i, "unsafe", j, "id"))
                taken.setdefault(judgement.id, f"a judgement of {action.id}")
