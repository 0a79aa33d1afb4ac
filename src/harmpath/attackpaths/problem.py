"""One device, its vulnerabilities and the catalogues, made into a graph once and asked many things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final

from harmpath.attackpaths.costs import step_cost, vulnerability_cost
from harmpath.attackpaths.derivations import Derivations
from harmpath.attackpaths.grounding import ground
from harmpath.attackpaths.hypergraph import UNREACHED, Best, cheapest
from harmpath.attackpaths.placement import Placement, Placements
from harmpath.attackpaths.relations import Relations, level_of, relations_of
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.controls import SecurityControl
from harmpath.catalogue.rules import AttackRule
from harmpath.catalogue.scales import exploitability_scale
from harmpath.catalogue.vocabulary import POSITIONS, PROTECTIONS
from harmpath.device.goals import Goal
from harmpath.device.model import Device

__all__ = ["Problem", "Solution", "problem_for"]

_KEPT: Final = 2
"""How many problems are kept: an assessment asks many things of the device as it is and as it would be bare."""
_recent: list[tuple[tuple[object, ...], Problem]] = []


class Problem:
    """The AND/OR graph of a device. Immutable once made."""

    def __init__(
        self,
        device: Device,
        vulnerabilities: Sequence[KnownVulnerability],
        rules: Sequence[AttackRule],
        controls: Sequence[SecurityControl],
        *,
        positions: Sequence[str] = POSITIONS,
        relations: Relations | None = None,
    ) -> None:
        self.device = device
        self._given = tuple(vulnerabilities)
        self.rule = {r.id: r for r in rules}
        self.scale = exploitability_scale()
        self._vulnerabilities: dict[tuple[str, str], list[KnownVulnerability]] = {}
        ranked = sorted(vulnerabilities, key=lambda v: (vulnerability_cost(self.scale, v), v.id))
        for v in ranked:
            for gain in dict.fromkeys(v.gains):
                self._vulnerabilities.setdefault((v.element, gain), []).append(v)
        elements = {
            "component": sorted(device.component),
            "channel": sorted(device.channel),
            "signal": sorted(device.signal),
            "ml-engine": sorted(e.id for e in device.ml_engines),
            "model-output": sorted(device.output),
            "control-action": sorted(a.id for a in device.control_actions),
        }
        self._levels: dict[tuple[str, str], str] = {}
        made = relations if relations is not None else relations_of(device, vulnerabilities)
        self.grounding = ground(rules, made, elements, self._cost)
        self.graph = self.grounding.graph
        self.placements = Placements(device, controls)
        self.positions = tuple(p for p in POSITIONS if p in positions)
        self.start = sorted(self.graph.fact(("at", p)) for p in self.positions)

    def level(self, element: str, protection: str) -> str:
        """The stated level of a protection."""
        found = self._levels.get((element, protection))
        if found is None:
            found = self._levels[element, protection] = level_of(self.device, element, protection)
        return found

    def vulnerabilities_of(self, rule: AttackRule, binding: dict[str, str]) -> tuple[KnownVulnerability, ...]:
        """The vulnerabilities of which any one licenses the step, cheapest first."""
        for licence in rule.licences:
            if licence.predicate == "vulnerable":
                element, position, privileges, interaction, gain = licence.arguments
                held = self._vulnerabilities.get((binding[str(element)], _bound(gain, binding)), [])
                return tuple(
                    v
                    for v in held
                    if v.position in position and v.privileges in privileges and v.user_interaction in interaction
                )
        return ()

    def _cost(self, rule: AttackRule, binding: dict[str, str]) -> int:
        if rule.uses_vulnerability:
            return vulnerability_cost(self.scale, self.vulnerabilities_of(rule, binding)[0])
        if not rule.licences:
            return step_cost(self.scale, rule, 0)
        weak = sum(1 for e, p in self.weak_licences(rule, binding) if self.level(e, p) == "weak")
        return step_cost(self.scale, rule, weak)

    def weak_licences(self, rule: AttackRule, binding: dict[str, str]) -> list[tuple[str, str]]:
        """The missing protections, as (element, protection), that license a step."""
        return [(binding[variable], protection) for variable, protection in rule.weak]

    @cached_property
    def bare(self) -> Solution:
        """What could be reached if no protection were there: shows what keeps an attacker out."""
        device = self.device
        relations = relations_of(device, self._given)
        elements = [*sorted(device.component), *sorted(device.channel), *sorted(e.id for e in device.ml_engines)]
        relations["weak"] = [(e, p) for e in elements for p in PROTECTIONS]
        rules, positions = self.grounding.rules, self.positions
        return Problem(device, self._given, rules, (), positions=positions, relations=relations).solve()

    def solve(self, placed: Iterable[Placement] = ()) -> Solution:
        """What can be reached with the given controls in place."""
        return Solution(self, self.placements.removed_by(self.grounding, placed))


def problem_for(
    device: Device,
    vulnerabilities: Sequence[KnownVulnerability],
    rules: Sequence[AttackRule],
    controls: Sequence[SecurityControl],
    positions: Sequence[str] = POSITIONS,
) -> Problem:
    """The problem for these very values; the last few are kept, so that asking again does not build it again.

    Kept by identity: all of the arguments are immutable, and comparing two devices costs more than it saves.
    """
    immutable = vulnerabilities if isinstance(vulnerabilities, tuple) else tuple(vulnerabilities)
    asked = (device, immutable, rules, controls)
    for key, problem in _recent:
        if all(a is b for a, b in zip(key, asked, strict=True)) and set(problem.positions) == set(positions):
            return problem
    made = Problem(device, immutable, rules, controls, positions=positions)
    _recent.append((asked, made))
    del _recent[:-_KEPT]
    return made


def _bound(gain: str | frozenset[str], binding: dict[str, str]) -> str:
    return binding[gain] if isinstance(gain, str) else next(iter(gain))


class Solution:
    """The fixpoint of a problem under one set of removed steps."""

    def __init__(self, problem: Problem, removed: frozenset[int]) -> None:
        self.problem = problem
        self.removed = removed
        self.best: Best = cheapest(problem.graph, problem.start, removed)
        self.derivations = Derivations(problem.graph, self.best, removed)

    def goal_fact(self, goal: Goal) -> int | None:
        """The number of a goal's fact; None when no rule leads to it."""
        return self.problem.graph.number.get((goal.kind, goal.target))

    def reached(self, goal: Goal) -> bool:
        """True when some derivation reaches the goal."""
        fact = self.goal_fact(goal)
        return fact is not None and self.best.value[fact] < UNREACHED

    def usable(self, step: int) -> bool:
        """True when the step is not removed and all it needs can be reached."""
        return step not in self.removed and all(self.best.value[f] < UNREACHED for f in self.problem.graph.body[step])
