"""What is desired is not judged hazardous."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks._clashes import clash_findings
from harmpath.stpa.checks.interface import Check, Finding, Subject


class DesiredButHazardous(Check):
    """What is desired is not judged hazardous."""

    id = "desired-but-hazardous"
    severity = "error"
    title = "What is desired is not judged hazardous."
    why = "If the device has to do in a context what is hazardous in it, its purpose contradicts its safety."
    remedy = "Narrow the context of the desired action or of the judgement."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        yield from clash_findings(subject, "desired", "{one} is desired where {two} judges it hazardous ({example}).")
