"""In no context are both providing and not providing hazardous."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks._clashes import clash_findings
from harmpath.stpa.checks.interface import Check, Finding, Subject


class UnsafeEitherWay(Check):
    """In no context are both providing and not providing hazardous."""

    id = "unsafe-either-way"
    severity = "warning"
    title = "In no context are both providing and not providing hazardous."
    why = (
        "A controller that is wrong whatever it does has no safe choice left; the design must keep it out of "
        "that context."
    )
    remedy = "Narrow one of the contexts, or add a constraint that keeps the system out of it."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        message = "{one} and {two}: both providing and not providing are hazardous ({example})."
        yield from clash_findings(subject, "contradiction", message)
