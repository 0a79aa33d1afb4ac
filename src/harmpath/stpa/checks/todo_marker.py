"""No text is left to be written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject

_MARKER = re.compile(r"\b(TODO|TBD|FIXME|XXX)\b")


class TodoMarker(Check):
    """No text is left to be written."""

    id = "todo-marker"
    severity = "info"
    title = "No text is left to be written."
    why = "A marker left in the file ends up in the report."
    remedy = "Write what is missing."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for _, element in subject.device.elements():
            texts = [v for v in (element.name, *element.__dict__.values()) if isinstance(v, str)]
            marker = next((m.group() for t in texts if (m := _MARKER.search(t))), None)
            if marker:
                yield Finding(element.id, f"{element.id} still says {marker}.")
