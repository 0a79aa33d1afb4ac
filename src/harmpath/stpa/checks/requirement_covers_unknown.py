"""What a requirement covers exists."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class RequirementCoversUnknown(Check):
    """What a requirement covers exists."""

    id = "requirement-covers-unknown"
    severity = "error"
    title = "What a requirement covers exists."
    why = "A requirement that points at nothing looks like coverage and is none."
    remedy = "Correct the id, or remove it; results keep their ids as long as what they say stays the same."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        known = subject.result_ids | set(subject.device.by_id)
        for i, requirement in enumerate(subject.device.requirements):
            for j, covered in enumerate(requirement.covers):
                if covered not in known:
                    message = f"{requirement.id} covers '{covered}', which does not exist."
                    yield Finding(requirement.id, message, ("requirements", i, "covers", j))
