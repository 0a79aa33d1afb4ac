"""Each judgement fits some row of its context table."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject
from harmpath.stpa.contexts import unmatched_rules


class RuleMatchesNoRow(Check):
    """Each judgement fits some row of its context table."""

    id = "rule-matches-no-row"
    severity = "error"
    title = "Each judgement fits some row of its context table."
    why = "A judgement that fits no row says nothing, although it reads as if it did."
    remedy = "Name variables and states that the process model has."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, action in enumerate(subject.device.control_actions):
            for unmatched in unmatched_rules(subject.device, subject.analysis, action):
                yield Finding(
                    unmatched.subject,
                    f"{unmatched.subject}: {unmatched.reason}.",
                    ("control_actions", i),
                    unmatched.remedy,
                )
