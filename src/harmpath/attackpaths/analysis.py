"""``analyse``: every goal of the device, the cheapest ways to reach it, and the Reach per ML input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

from harmpath.attackpaths.hypergraph import UNREACHED
from harmpath.attackpaths.placement import Placement, existing_placements
from harmpath.attackpaths.problem import Problem, Solution, problem_for
from harmpath.attackpaths.reach import Reach, reach_of
from harmpath.attackpaths.relations import zone_kind
from harmpath.attackpaths.results import AttackAnalysis, AttackPath, Counts, Step, Unreachable
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.attackpaths.writing import path_of
from harmpath.catalogue.controls import SecurityControl, security_controls
from harmpath.catalogue.rules import AttackRule, attack_rules
from harmpath.catalogue.vocabulary import PEOPLE, POSITIONS
from harmpath.device.goals import Goal, goals_of
from harmpath.device.model import Device
from harmpath.evidence import CatalogueEvidence, ElementEvidence, Evidence, NotAssessed

__all__ = ["analyse", "placements_for"]

_KEYS = {"update_authenticity": "update.authenticity", "training_integrity": "training.data_integrity"}
"""Where device.yaml states what rules call by these names."""

Controls = Literal["none", "existing"] | Sequence[Placement]


def placements_for(device: Device, controls: Controls) -> tuple[Placement, ...]:
    """The placements that a ``controls`` argument stands for."""
    if controls == "none":
        return ()
    if controls == "existing":
        return existing_placements(device)
    return tuple(sorted({p for p in controls if isinstance(p, Placement)}))


def analyse(
    device: Device,
    vulnerabilities: Sequence[KnownVulnerability],
    *,
    controls: Controls = "none",
    k: int = 10,
    positions: Sequence[str] = POSITIONS,
    goals: Sequence[Goal] | None = None,
    rules: Sequence[AttackRule] | None = None,
    catalogue: Sequence[SecurityControl] | None = None,
) -> AttackAnalysis:
    """Find what an attacker can reach.

    Args:
        device: the model.
        vulnerabilities: known vulnerabilities of its components and channels.
        controls: ``none`` (the protections as stated, no named control), ``existing`` (with the implemented controls
            of device.yaml), or placements.
        k: how many paths per goal, cheapest first.
        positions: attacker positions to start from.
        goals: goals to look at; all of the device when None.
        rules: attack rules; the shipped ones when None.
        catalogue: security controls; the shipped ones when None.
    """
    used_rules = attack_rules() if rules is None else tuple(sorted(rules, key=lambda r: r.id))
    used_controls = security_controls() if catalogue is None else tuple(catalogue)
    problem = problem_for(device, vulnerabilities, used_rules, used_controls, positions)
    placed = placements_for(device, controls)
    solution = problem.solve(placed)
    wanted = goals_of(device) if goals is None else tuple(sorted(set(goals)))
    paths = _paths(solution, wanted, k)
    missed = [goal for goal in wanted if not solution.reached(goal)]
    return AttackAnalysis(
        paths=paths,
        reach=_reach(problem, solution, paths, placed),
        unreachable=tuple(_why(problem, goal, placed) for goal in missed),
        not_assessed=_not_assessed(problem, solution, vulnerabilities, placed),
        controls=placed,
        counts=_counts(problem, solution, wanted, missed),
    )


def _paths(solution: Solution, wanted: Sequence[Goal], k: int) -> tuple[AttackPath, ...]:
    written: dict[tuple[int, tuple[str, ...], tuple[str, ...]], Step] = {}
    facts = ((goal, fact) for goal in wanted if (fact := solution.goal_fact(goal)) is not None)
    return tuple(
        path_of(solution.problem, goal, derivation, written)
        for goal, fact in facts
        for derivation in solution.derivations.cheapest(fact, k)
    )


def _reach(
    problem: Problem, solution: Solution, paths: tuple[AttackPath, ...], placed: Sequence[Placement]
) -> tuple[Reach, ...]:
    graph, grounding = problem.graph, problem.grounding
    operations: dict[str, set[str]] = defaultdict(set)
    for kind in ("falsify-signal", "withhold-signal"):
        for signal in problem.device.signals:
            fact = graph.number.get((kind, signal.id))
            for step in graph.into[fact] if fact is not None else ():
                if solution.usable(step):
                    operations[signal.id] |= set(grounding.rules[grounding.rule[step]].operations)
    by_signal: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        if path.goal.kind in ("falsify-signal", "withhold-signal"):
            by_signal[path.goal.target].append(path.id)
    controlled = {e for (c, e), f in graph.number.items() if c == "execute" and solution.best.value[f] < UNREACHED}
    limiting: dict[str, dict[str, str]] = defaultdict(dict)
    for p in placed:
        control = problem.placements.control.get(p.control)
        if control is not None and control.limits and problem.placements.applies(control, p.element):
            limiting[control.limits].setdefault(p.element, control.id)
    return reach_of(problem.device, operations, {s: tuple(i) for s, i in by_signal.items()}, controlled, limiting)


def _why(problem: Problem, goal: Goal, placed: Sequence[Placement]) -> Unreachable:
    """What keeps the attacker from the easiest path that the device would offer without any protection or control."""
    bare = problem.bare
    fact = bare.goal_fact(goal)
    found = bare.derivations.cheapest(fact, 1) if fact is not None else ()
    if not found:
        return Unreachable(goal, "No attack rule leads here from the considered positions, whatever the protections.")
    grounding, graph = bare.problem.grounding, bare.problem.graph
    kept: dict[Evidence, str] = {}
    for step in found[0].steps:
        rule, binding = grounding.rules[grounding.rule[step]], grounding.binding(step)
        for element, protection in problem.weak_licences(rule, binding):
            level = problem.level(element, protection)
            if level in ("strong", "not-applicable"):
                note = f"{protection}: {level}"
                kept[ElementEvidence(element, note)] = f"{element} has {note}"
        for placement in problem.placements.removing(rule, binding, graph.facts[graph.head[step]][1]):
            if placement in placed:
                evidence = CatalogueEvidence("security-controls", placement.control, f"on {placement.element}")
                kept[evidence] = f"{placement} is in place"
    said = "; ".join(kept.values()) or "the controls in place close it"
    return Unreachable(goal, f"The easiest way in is closed: {said}.", tuple(kept))


def _not_assessed(
    problem: Problem, solution: Solution, vulnerabilities: Sequence[KnownVulnerability], placed: Sequence[Placement]
) -> tuple[NotAssessed, ...]:
    device, grounding = problem.device, problem.grounding
    unknown: set[tuple[str, str]] = set()
    for step, number in enumerate(grounding.rule):
        rule = grounding.rules[number]
        if rule.licences and not rule.uses_vulnerability and solution.usable(step):
            pairs = problem.weak_licences(rule, grounding.binding(step))
            unknown |= {(e, p) for e, p in pairs if problem.level(e, p) == "unknown"}
    found = [
        NotAssessed(
            element,
            f"{protection} is unknown and was treated as absent.",
            f"State {_KEYS.get(protection, f'protections.{protection}')} of {element} in device.yaml.",
        )
        for element, protection in sorted(unknown)
    ]
    found += [
        NotAssessed(
            c.id, "Its zone is unknown; it was taken to be within anyone's reach.", f"State the zone of {c.id}."
        )
        for c in device.components
        if c.kind not in PEOPLE and zone_kind(device, c.id) == "unknown"
    ]
    known = set(device.component) | set(device.channel)
    found += [
        NotAssessed(v.id, f"It is a vulnerability of '{v.element}', which is no component or channel of the model.")
        for v in sorted(vulnerabilities, key=lambda v: (v.id, v.element))
        if v.element not in known
    ]
    found += [
        NotAssessed(str(p), "The control cannot be placed there, or is not in the catalogue; it was not counted.")
        for p in placed
        if p.control not in problem.placements.control
        or not problem.placements.applies(problem.placements.control[p.control], p.element)
    ]
    left_out = [p for p in POSITIONS if p not in problem.positions]
    found += [NotAssessed(f"position {p}", "Attackers in this position were left out on request.") for p in left_out]
    return tuple(found)


def _counts(problem: Problem, solution: Solution, wanted: Sequence[Goal], missed: Sequence[Goal]) -> Counts:
    return Counts(
        rules=len(problem.grounding.rules),
        rules_applied=len(set(problem.grounding.rule)),
        facts=len(problem.graph.facts),
        facts_reached=len(solution.best.order),
        steps=len(problem.graph.head),
        steps_removed=len(solution.removed),
        goals=len(wanted),
        goals_reached=len(wanted) - len(missed),
    )
