"""Clashes between rules as findings; three checks each report one kind."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Finding, Subject

__all__ = ["clash_findings"]


def clash_findings(subject: Subject, kind: str, message: str) -> Iterator[Finding]:
    """A finding for each clash of the kind; ``message`` has places for one, two and example."""
    for i, clash in subject.clashes:
        if clash.kind == kind:
            one, two = clash.rules
            example = ", ".join(f"{v}={s}" for v, s in clash.example) or "any context"
            path = subject.judgement_paths.get(one, ("control_actions", i))
            yield Finding(one, message.format(one=one, two=two, example=example), path)
