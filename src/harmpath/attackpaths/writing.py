"""From step numbers to what people read: steps with sentences and evidence, paths with ids and levels."""

from __future__ import annotations

import hashlib
import re

from harmpath.attackpaths.costs import metrics_of, path_exploitability
from harmpath.attackpaths.derivations import Derivation
from harmpath.attackpaths.problem import Problem
from harmpath.attackpaths.results import AttackPath, Step
from harmpath.attackpaths.vulnerability import KnownVulnerability
from harmpath.catalogue.rules import AttackRule
from harmpath.catalogue.vocabulary import GAIN_WORDS
from harmpath.device.goals import Goal
from harmpath.evidence import CatalogueEvidence, ElementEvidence, Evidence, RecordEvidence

__all__ = ["licence_of", "path_of"]

_PLACEHOLDER = re.compile(r"\{([A-Z][A-Z0-9]*|vulnerabilities)\}")
_NAMED = 3
"""How many vulnerabilities a sentence names."""


def licence_of(rule: AttackRule) -> str:
    """What kind of thing licenses the steps of a rule."""
    if rule.uses_vulnerability:
        return "vulnerability"
    return "missing-protection" if rule.licences else "inherent"


_Written = dict[tuple[int, tuple[str, ...], tuple[str, ...]], Step]


def path_of(problem: Problem, goal: Goal, derivation: Derivation, written: _Written | None = None) -> AttackPath:
    """The path that a derivation describes.

    Args:
        problem: the graph it belongs to.
        goal: what it reaches.
        derivation: step numbers, what is needed first.
        written: steps written before, by number, positions and required steps; paths share most of their steps.
    """
    written = {} if written is None else written
    steps: list[Step] = []
    positions: dict[int, tuple[str, ...]] = {}
    """Fact to the positions needed for it."""
    graph = problem.graph
    for fact in problem.start:
        positions[fact] = (graph.facts[fact][1],)
    by_head: dict[int, str] = {}
    groups = []
    for number in derivation.steps:
        needed = graph.body[number]
        where = tuple(sorted({p for f in needed for p in positions[f]}))
        requires = tuple(by_head[f] for f in needed if f in by_head)
        step = written.get((number, where, requires))
        if step is None:
            step = written[number, where, requires] = _step(problem, number, where, requires)
        steps.append(step)
        positions[graph.head[number]] = where
        by_head[graph.head[number]] = step.id
        used = _vulnerabilities(problem, number)
        groups += [used] if used else []
    digest = hashlib.sha256("\n".join([goal.id, *sorted(s.id for s in steps)]).encode()).hexdigest()[:6]
    elements = dict.fromkeys(e for s in steps for e in _elements(problem, s))
    places = steps[-1].positions
    return AttackPath(
        id=f"AP-{goal.id}-{digest}",
        goal=goal,
        cost=derivation.cost,
        positions=places,
        steps=tuple(steps),
        elements=tuple(elements),
        vulnerabilities=tuple(dict.fromkeys(v for s in steps for v in s.vulnerabilities)),
        exploitability=path_exploitability(problem.scale, places, [s.metrics for s in steps], groups),
    )


def _vulnerabilities(problem: Problem, number: int) -> tuple[KnownVulnerability, ...]:
    rule = problem.grounding.rules[problem.grounding.rule[number]]
    return problem.vulnerabilities_of(rule, problem.grounding.binding(number))


def _elements(problem: Problem, step: Step) -> list[str]:
    """The model elements a step involves: what it needs, what stands on the way, what it gains."""
    known = problem.device.by_id
    witnesses = problem.rule[step.rule].witnesses
    involved = [e for _, e in step.given] + [v for k, v in step.binding if k not in witnesses] + [step.element]
    return [e for e in involved if e in known]


def _step(problem: Problem, number: int, positions: tuple[str, ...], requires: tuple[str, ...]) -> Step:
    grounding, graph = problem.grounding, problem.graph
    rule = grounding.rules[grounding.rule[number]]
    binding = grounding.binding(number)
    gains, element = graph.facts[graph.head[number]]
    vulnerabilities = problem.vulnerabilities_of(rule, binding)
    telling = (f"{k}={v}" for k, v in sorted(binding.items()) if k not in rule.witnesses)
    identity = "\n".join([rule.id, gains, element, *telling])
    return Step(
        id=f"ST-{rule.id}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}",
        rule=rule.id,
        title=rule.title,
        sentence=_sentence(rule, binding, vulnerabilities),
        element=element,
        gains=gains,
        positions=positions,
        given=tuple(graph.facts[f] for f in graph.body[number]),
        requires=requires,
        binding=tuple(sorted(binding.items())),
        licence=licence_of(rule),
        evidence=_evidence(problem, rule, binding, element, vulnerabilities),
        vulnerabilities=tuple(v.id for v in vulnerabilities),
        techniques=rule.ids.items(),
        cost=graph.cost[number],
        metrics=metrics_of(rule, vulnerabilities),
        removed_by=problem.placements.removing(rule, binding, element),
    )


def _sentence(rule: AttackRule, binding: dict[str, str], vulnerabilities: tuple[KnownVulnerability, ...]) -> str:
    names = [v.id for v in vulnerabilities[:_NAMED]]
    more = len(vulnerabilities) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    words = binding | {"vulnerabilities": listed}
    if rule.uses_vulnerability and "K" in binding:  # the variable of what a vulnerability gives
        words["K"] = GAIN_WORDS[binding["K"]]
    return _PLACEHOLDER.sub(lambda m: words[m[1]], rule.says)


def _evidence(
    problem: Problem,
    rule: AttackRule,
    binding: dict[str, str],
    element: str,
    vulnerabilities: tuple[KnownVulnerability, ...],
) -> tuple[Evidence, ...]:
    found: list[Evidence] = [CatalogueEvidence("attack-rules", rule.id, rule.inherent)]
    for place, protection in problem.weak_licences(rule, binding):
        level = problem.level(place, protection)
        note = f"{protection}: {level}" + (", treated as absent" if level == "unknown" else "")
        found.append(ElementEvidence(place, note))
    for v in vulnerabilities:
        found += v.evidence
        if v.exploited:
            found.append(RecordEvidence("cisa-kev", v.id, note="known to be exploited"))
    if rule.inherent:
        found += [ElementEvidence(binding[v]) for v in rule.on] or [ElementEvidence(element)]
    return tuple(dict.fromkeys(found))
