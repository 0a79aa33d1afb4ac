"""Which controls, placed where, remove which steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from harmpath.attackpaths.grounding import Grounding
from harmpath.catalogue.controls import SecurityControl
from harmpath.catalogue.rules import AttackRule
from harmpath.device.model import Device

__all__ = ["SYSTEM", "Placement", "Placements", "existing_placements"]

SYSTEM: Final = "system"
"""Stands in place of an element's id for a control that is introduced once for all elements."""


@dataclass(frozen=True, slots=True, order=True)
class Placement:
    """A control on an element."""

    control: str
    element: str
    """Id of a component, channel or ML engine, or SYSTEM."""

    def __str__(self) -> str:
        return f"{self.control} on {self.element}"


def existing_placements(device: Device) -> tuple[Placement, ...]:
    """The controls that device.yaml says are implemented."""
    placed = (c for c in device.controls if c.status == "implemented")
    return tuple(sorted({Placement(c.control, element) for c in placed for element in c.on}))


class Placements:
    """What each possible placement removes, for one device and one catalogue of controls."""

    def __init__(self, device: Device, controls: Sequence[SecurityControl]) -> None:
        self._kind: dict[str, tuple[str, str]] = {}
        self._kind |= {c.id: ("component", c.kind) for c in device.components}
        self._kind |= {c.id: ("channel", c.medium) for c in device.channels}
        self._kind |= {e.id: ("engine", "") for e in device.ml_engines}
        self.control = {c.id: c for c in controls}
        self._raising: dict[str, list[SecurityControl]] = {}
        self._removing: dict[str, list[SecurityControl]] = {}
        self._patching: list[SecurityControl] = []
        for control in controls:
            for protection in control.raises:
                self._raising.setdefault(protection, []).append(control)
            for rule in control.removes:
                self._removing.setdefault(rule, []).append(control)
            if control.removes_vulnerabilities:
                self._patching.append(control)

    def applies(self, control: SecurityControl, element: str) -> bool:
        """True when the control can be placed on the element, or on the system as a whole."""
        if element == SYSTEM:
            return control.system_wide
        what, kind = self._kind.get(element, ("", ""))
        where = control.applies_to
        return (
            (what == "component" and kind in where.components)
            or (what == "channel" and kind in where.channels)
            or (what == "engine" and where.engines)
        )

    def removing(self, rule: AttackRule, binding: dict[str, str], element: str) -> tuple[Placement, ...]:
        """Every placement that removes a step: by its rule, binding and the element it gains a capability on."""
        found = set()
        for licence in rule.licences:
            place = binding[licence.variables[0]]
            candidates = self._patching
            if licence.predicate == "weak":
                candidates = [c for p in sorted(licence.arguments[1]) for c in self._raising.get(p, ())]
            found |= {self._placed(c, place) for c in candidates if self.applies(c, place)}
        for place in [binding[v] for v in rule.on] or [element]:
            found |= {self._placed(c, place) for c in self._removing.get(rule.id, ()) if self.applies(c, place)}
        return tuple(sorted(found))

    @staticmethod
    def _placed(control: SecurityControl, element: str) -> Placement:
        return Placement(control.id, SYSTEM if control.system_wide else element)

    def removed_by(self, grounding: Grounding, placed: Iterable[Placement]) -> frozenset[int]:
        """The steps that the placements remove. A placement where its control cannot be placed removes nothing."""
        raised: set[tuple[str, str]] = set()
        patched: set[str] = set()
        ruled: set[tuple[str, str]] = set()
        for p in placed:
            control = self.control.get(p.control)
            if control is None or not self.applies(control, p.element):
                continue
            places = [e for e in self._kind if self.applies(control, e)] if p.element == SYSTEM else [p.element]
            raised |= {(place, protection) for place in places for protection in control.raises}
            ruled |= {(place, rule) for place in places for rule in control.removes}
            if control.removes_vulnerabilities:
                patched.update(places)
        if not (raised or patched or ruled):
            return frozenset()
        return frozenset(self._removed(grounding, raised, patched, ruled))

    def _removed(
        self,
        grounding: Grounding,
        raised: set[tuple[str, str]],
        patched: set[str],
        ruled: set[tuple[str, str]],
    ) -> Iterable[int]:
        tests = [
            _test_of(rule, variables) for rule, variables in zip(grounding.rules, grounding.variables, strict=True)
        ]
        facts, head = grounding.graph.facts, grounding.graph.head
        for step, number in enumerate(grounding.rule):
            values, (weak, vulnerable, on, name) = grounding.values[step], tests[number]
            if (
                any((values[slot], protection) in raised for slot, protection in weak)
                or any(values[slot] in patched for slot in vulnerable)
                or any((values[slot], name) in ruled for slot in on)
                or (not on and (facts[head[step]][1], name) in ruled)
            ):
                yield step


def _test_of(rule: AttackRule, variables: tuple[str, ...]) -> tuple[list[tuple[int, str]], list[int], list[int], str]:
    """Where in a step's values the elements stand whose protection, vulnerability or control decides."""
    weak = [
        (variables.index(a.variables[0]), protection)
        for a in rule.licences
        if a.predicate == "weak"
        for protection in sorted(a.arguments[1])
    ]
    vulnerable = [variables.index(a.variables[0]) for a in rule.licences if a.predicate == "vulnerable"]
    return weak, vulnerable, [variables.index(v) for v in rule.on], rule.id
