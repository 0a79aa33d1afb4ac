"""Either all states of a variable have a range, or none."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject


class SomeStatesWithoutRange(Check):
    """Either all states of a variable have a range, or none."""

    id = "some-states-without-range"
    severity = "info"
    title = "Either all states of a variable have a range, or none."
    why = "Monitor rules compare numbers with ranges; a state without one can be judged but not watched."
    remedy = "Give the remaining states a range."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for _, variable in subject.device.variable.values():
            bare = [s.id for s in variable.states if s.range is None]
            if bare and len(bare) < len(variable.states):
                yield Finding(variable.id, f"{variable.label}: no range for {', '.join(bare)}.")
