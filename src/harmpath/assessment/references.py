"""The promise of ``assessment.json``: ids are unique, and whatever names an id names one that is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from harmpath.assessment.model import Assessment
from harmpath.device.model import Device

__all__ = ["broken_references", "ids_of"]


def ids_of(device: Device, a: Assessment) -> Counter[str]:
    """Every id that the assessment declares, with how often it does."""
    declared = Counter(element.id for _, element in device.elements())
    for group in (
        a.technologies,
        a.proposals,
        a.matches,
        a.unsafe_control_actions,
        a.constraints,
        a.loss_scenarios,
        a.formal_scenarios,
        a.context_tables,
        a.monitor_rules,
        a.lifecycle_loops,
        a.ai_threats,
        a.attack_paths,
        a.attack_scenarios,
        a.reach,
        a.risks,
        a.controls,
        a.cut_sets,
        a.precedents,
    ):
        declared.update(row.id for row in group)
    return declared


def broken_references(device: Device, a: Assessment) -> tuple[str, ...]:
    """What is named and not there, and what is there twice; empty when the promise holds."""
    declared = ids_of(device, a)
    twice = [f"{id_} is declared {n} times" for id_, n in sorted(declared.items()) if n > 1]
    missing = [f"{where} names {id_}" for where, id_ in _named(a) if id_ and id_ not in declared]
    return tuple(twice + sorted(set(missing)))


def _named(a: Assessment) -> Iterator[tuple[str, str]]:
    yield from _named_by_stpa(a)
    for trace in a.traces:
        yield "a trace", trace.source
        yield "a trace", trace.target
    for match in a.matches:
        yield match.id, match.technology
    for unmatched in a.unmatched:
        yield "an unmatched technology", unmatched.technology
    for path in a.attack_paths:
        steps = {step.id for step in path.steps}
        for step in path.steps:
            yield step.id, step.element
            yield from ((step.id, match) for match in step.vulnerabilities)
            yield from ((f"{path.id}/{step.id}", required) for required in step.requires if required not in steps)
        yield from ((path.id, control) for control in path.cut_by)
    for reach in a.reach:
        yield reach.id, reach.feature
        yield reach.id, reach.engine
        yield from ((reach.id, signal) for signal in reach.signals)
    for scenario in a.attack_scenarios:
        yield from ((scenario.id, id_) for ids in scenario.ids.values() for id_ in ids)
    for risk in a.risks:
        yield risk.id, risk.scenario
        yield from ((risk.id, id_) for id_ in (*risk.unsafe_control_actions, *risk.hazards, *risk.losses))
    for decision in a.decisions:
        if decision.status == "applied":
            yield "a decision", decision.finding
    yield from (("the summary", element) for element in a.summary.protect_first)


def _named_by_stpa(a: Assessment) -> Iterator[tuple[str, str]]:
    for formal in a.formal_scenarios:
        yield from ((formal.id, id_) for id_ in (formal.uca, *formal.refined_by))
    for table in a.context_tables:
        yield from ((table.id, id_) for id_ in (table.control_action, *table.variables))
        yield from ((table.id, variable) for clash in table.clashes for variable in clash.example)
        rules = (rule for clash in table.clashes for rule in clash.rules[clash.kind == "desired" :])
        yield from ((table.id, rule) for rule in rules)
    for rule in a.monitor_rules:
        yield from ((rule.id, id_) for id_ in (rule.uca, rule.control_action, *rule.hazards))
    for loop in a.lifecycle_loops:
        elements = (loop.engine, *loop.controllers, *loop.control_actions, *loop.feedback, *loop.unsafe_control_actions)
        yield from ((loop.id, id_) for id_ in elements)
    for threat in a.ai_threats:
        yield from ((threat.id, id_) for id_ in (threat.engine, *threat.addressed_by, *threat.scenarios))
