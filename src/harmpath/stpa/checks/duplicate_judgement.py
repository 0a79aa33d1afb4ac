"""No judgement is given twice."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class DuplicateJudgement(Check):
    """No judgement is given twice."""

    id = "duplicate-judgement"
    severity = "warning"
    title = "No judgement is given twice."
    why = "A repeated judgement counts twice and is changed in one place only."
    remedy = "Remove one of the two."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, action in enumerate(subject.device.control_actions):
            first: dict[str, int] = {}
            for j, judgement in enumerate(action.unsafe):
                content = repr([sorted(getattr(judgement, name).items()) for name in ("context", "any_of", "believed")])
                content += f"{judgement.type} {judgement.when}"
                if content in first:
                    message = (
                        f"{action.label}: judgement {j + 1} repeats judgement {first[content] + 1} ({judgement.type})."
                    )
                    yield Finding(action.id, message, ("control_actions", i, "unsafe", j))
                first.setdefault(content, j)
