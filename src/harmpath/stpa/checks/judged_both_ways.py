"""No context is judged both hazardous and not hazardous."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks._clashes import clash_findings
from harmpath.stpa.checks.interface import Check, Finding, Subject


class JudgedBothWays(Check):
    """No context is judged both hazardous and not hazardous."""

    id = "judged-both-ways"
    severity = "error"
    title = "No context is judged both hazardous and not hazardous."
    why = "Two opposite judgements of one context cancel each other; one of them is wrong."
    remedy = "Narrow the context of one of them, or withdraw it."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        yield from clash_findings(subject, "conflict", "{one} and {two} judge the same context both ways ({example}).")
