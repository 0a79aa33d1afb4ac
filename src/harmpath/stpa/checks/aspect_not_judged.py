"""Each of the seven aspects is judged."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.device.vocabulary import ASPECT_GROUP
from harmpath.stpa.checks.interface import Check, Finding, Subject


class AspectNotJudged(Check):
    """Each of the seven aspects is judged."""

    id = "aspect-not-judged"
    severity = "info"
    title = "Each of the seven aspects is judged."
    why = (
        "Too early and too late are different hazards, as are stopping too soon and applying too long; one "
        "does not stand for both."
    )
    remedy = "Judge the aspects that are left, or say why they are not hazardous."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for i, action in enumerate(subject.device.control_actions):
            judged = {j.type for j in action.unsafe}
            left = [
                a
                for a, group in ASPECT_GROUP.items()
                if a not in judged and any(ASPECT_GROUP[t] == group for t in judged)
            ]
            if left:
                yield Finding(
                    action.id, f"{action.label} is not judged for: {', '.join(left)}.", ("control_actions", i)
                )
