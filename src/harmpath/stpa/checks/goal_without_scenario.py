"""Everything an attacker could want leads to some scenario."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.device.goals import goals_of
from harmpath.stpa.checks.interface import Check, Finding, Subject


class GoalWithoutScenario(Check):
    """Everything an attacker could want leads to some scenario."""

    id = "goal-without-scenario"
    severity = "warning"
    title = "Everything an attacker could want leads to some scenario."
    why = (
        "An attack path to such a goal ends in nothing: its risk cannot be judged because no unsafe control "
        "action follows."
    )
    remedy = "Judge the control actions that follow from it, or tie the signal or output to the action it influences."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        asked = {g for s in subject.security_scenarios for g in s.goals}
        missing: dict[str, list[str]] = {}
        for goal in goals_of(subject.device):
            if goal not in asked:
                missing.setdefault(goal.target, []).append(goal.kind)
        for target, kinds in sorted(missing.items()):
            if subject.device.by_id[target][0] in ("signal", "model-output", "ml-engine"):
                yield Finding(target, f"No scenario follows if an attacker achieves on {target}: {', '.join(kinds)}.")
