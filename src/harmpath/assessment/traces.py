"""Traceability: every typed link between two ids of an assessment, so that a reader can go either way."""

from __future__ import annotations

from collections.abc import Iterator

from harmpath.assessment.model import Assessment, TraceRow
from harmpath.device.model import Device

__all__ = ["RELATIONS", "trace_rows"]

RELATIONS = {
    "leads-to": "a hazard leads to a loss; an unsafe control action leads to a hazard",
    "inverts": "a constraint inverts a hazard or an unsafe control action",
    "of": "an unsafe control action is one way in which a control action is unsafe",
    "causes": "a loss scenario, formal scenario or attack scenario causes an unsafe control action",
    "realises": "an attack path realises a loss scenario",
    "tells": "an attack scenario tells an attack path",
    "assesses": "a risk assesses an attack path",
    "harms": "a risk is that a hazard comes about",
    "licenses": "a known vulnerability allows a step of an attack path",
    "known-in": "a known vulnerability is known in a technology",
    "used-by": "a technology is used by an element",
    "crosses": "an attack path crosses an element",
    "reaches": "an attack path reaches an ML input",
    "cuts": "a control cuts an attack path",
    "protects": "a control protects an element",
    "contains": "a cut set contains a control",
    "feeds": "a signal feeds an ML input",
    "refines": "a loss scenario refines a formal scenario",
    "judges": "a context table judges a control action",
    "watches": "a monitor rule watches for an unsafe control action",
    "governs": "a stage of its life governs an ML engine",
    "threatens": "an AI threat threatens an ML engine",
    "addresses": "a control, requirement, component or control action addresses an AI threat",
    "precedes": "a recall, event or advisory is a precedent of a loss scenario",
}
"""Each relation in words, read from source to target."""


def trace_rows(device: Device, a: Assessment) -> tuple[TraceRow, ...]:
    """Every link, sorted and without repeats."""
    links = {*_from_device(device), *_from_stpa(a), *_from_stpa_depth(a), *_from_paths(a), *_from_controls(a)}
    return tuple(TraceRow(source=s, relation=r, target=t) for s, r, t in sorted(links))


Link = tuple[str, str, str]


def _from_device(device: Device) -> Iterator[Link]:
    for hazard in device.hazards:
        yield from ((hazard.id, "leads-to", loss) for loss in hazard.losses)
        for sub in hazard.sub_hazards:
            yield from ((sub.id, "leads-to", loss) for loss in sub.losses or hazard.losses)
    for signal in device.signals:
        yield from ((signal.id, "feeds", feature) for feature in signal.feeds)


def _from_stpa(a: Assessment) -> Iterator[Link]:
    for uca in a.unsafe_control_actions:
        yield uca.id, "of", uca.control_action
        yield from ((uca.id, "leads-to", hazard) for hazard in uca.hazards)
    for constraint in a.constraints:
        if constraint.inverts:
            yield constraint.id, "inverts", constraint.inverts
    for scenario in a.loss_scenarios:
        yield scenario.id, "causes", scenario.uca
        yield from ((path, "realises", scenario.id) for path in scenario.attack_paths)
    for precedent in a.precedents:
        yield from ((precedent.id, "precedes", scenario) for scenario in precedent.scenarios)


def _from_stpa_depth(a: Assessment) -> Iterator[Link]:
    for formal in a.formal_scenarios:
        yield formal.id, "causes", formal.uca
        yield from ((scenario, "refines", formal.id) for scenario in formal.refined_by)
    for table in a.context_tables:
        yield table.id, "judges", table.control_action
    for rule in a.monitor_rules:
        yield rule.id, "watches", rule.uca
    for loop in a.lifecycle_loops:
        yield loop.id, "governs", loop.engine
    for threat in a.ai_threats:
        yield threat.id, "threatens", threat.engine
        yield from ((addressing, "addresses", threat.id) for addressing in threat.addressed_by)


def _from_paths(a: Assessment) -> Iterator[Link]:
    for technology in a.technologies:
        if technology.element:
            yield technology.id, "used-by", technology.element
    yield from ((match.id, "known-in", match.technology) for match in a.matches)
    for path in a.attack_paths:
        yield from ((match, "licenses", path.id) for match in path.vulnerabilities)
        yield from ((path.id, "crosses", element) for element in path.elements)
    for reach in a.reach:
        yield from ((path, "reaches", reach.feature) for path in reach.attack_paths)
    for scenario in a.attack_scenarios:
        yield scenario.id, "tells", scenario.attack_path
        yield from ((scenario.id, "causes", uca) for uca in scenario.unsafe_control_actions)
    for risk in a.risks:
        yield risk.id, "assesses", risk.attack_path
        yield from ((risk.id, "harms", hazard) for hazard in risk.hazards)


def _from_controls(a: Assessment) -> Iterator[Link]:
    for control in a.controls:
        if control.element:
            yield control.id, "protects", control.element
        yield from ((control.id, "cuts", path) for path in control.cuts)
    for cut in a.cut_sets:
        yield from ((cut.id, "contains", control) for control in cut.controls)
