"""What is controlled reports back to its controller."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class MissingFeedback(Check):
    """What is controlled reports back to its controller."""

    id = "missing-feedback"
    severity = "warning"
    title = "What is controlled reports back to its controller."
    why = "Without feedback the process model goes stale and the controller acts on what it once believed."
    remedy = (
        "Add a feedback from it (or from a sensor that watches it) to the controller, or a signal to a "
        "process variable."
    )

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        heard = {(f.source, f.target) for f in subject.device.feedback}
        informed = {f.target for f in subject.device.feedback}
        informed |= {m.controller for m in subject.device.process_models for v in m.variables if v.signals}
        seen: set[tuple[str, str]] = set()
        for i, action in enumerate(subject.device.control_actions):
            pair = (action.target, action.source)
            machine = subject.device.component.get(action.target)
            direct = machine is not None and machine.kind not in ("patient", "display")
            if pair not in seen and (pair not in heard if direct else action.source not in informed):
                seen.add(pair)
                message = f"{action.source} controls {action.target}, and no feedback comes back from it."
                yield Finding(action.id, message, ("control_actions", i))
