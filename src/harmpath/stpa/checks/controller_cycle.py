"""Controllers do not command one another in a circle."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.stpa.checks.interface import Check, Finding, Subject
from harmpath.stpa.graphs import shortest_cycle, strong_components


class ControllerCycle(Check):
    """Controllers do not command one another in a circle."""

    id = "controller-cycle"
    severity = "warning"
    title = "Controllers do not command one another in a circle."
    why = "In a circle nobody has the last word: each can undo the other's action, and responsibility cannot be placed."
    remedy = "Decide which controls which, and model the way back as feedback."

    def find(self, subject: Subject) -> Iterator[Finding]:
        """Every place where the statement is not true."""
        for cycle in cycles(subject):
            message = f"Controllers command one another in a circle: {' -> '.join([*cycle, cycle[0]])}."
            yield Finding(cycle[0], message)


_TELLING = frozenset({"alarm", "advice", "diagnosis"})
"""What tells a person something leaves the decision to them; that they then command the device is no circle."""


def cycles(subject: Subject) -> list[list[str]]:
    """One cycle, the shortest from its first id, for each group of controllers that reach one another."""
    edges: dict[str, list[str]] = {}
    for action in subject.device.control_actions:
        if action.source != action.target and action.kind not in _TELLING:
            edges.setdefault(action.source, []).append(action.target)
    return sorted(shortest_cycle(edges, set(g)) for g in strong_components(edges) if len(g) > 1)
