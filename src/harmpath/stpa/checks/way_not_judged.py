"""Each control action is judged in all four ways of being unsafe."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.device.control import ControlAction
from harmpath.stpa.checks.interface import Check, Finding, Subject


class WayNotJudged(Check):
    """Each control action is judged in all four ways of being unsafe."""

    id = "way-not-judged"
    severity = "warning"
    title = "Each control action is judged in all four ways of being unsafe."
    why = (
        "The four ways (not provided, provided, timing, duration) are what makes STPA complete; a missing one "
        "hides hazards."
    )
    remedy = "Add a judgement of this way: hazards, or not_hazardous with the reason."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for uca in subject.analysis.unsafe_control_actions:
            action = subject.device.by_id[uca.control_action][1]
            if uca.status == "not-assessed" and isinstance(action, ControlAction) and action.unsafe:
                yield Finding(uca.control_action, f"{action.label} is not judged: {uca.group}.")
